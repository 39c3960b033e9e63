"""Django's command line for Tieout."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["runsandbox"]:
        # The simulated ledgers are an island: installed only in a process that serves them.
        os.environ.setdefault("TIEOUT_SANDBOX_DATABASE", ".local/sandbox.sqlite3")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
