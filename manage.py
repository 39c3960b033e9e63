"""Django's command line for Tieout."""

import os
import sys

from config.local import turn_on_for
from config.safety import NotReady


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["runsandbox"]:
        # The simulated ledgers are an island: installed only in a process that serves them.
        os.environ.setdefault("TIEOUT_SANDBOX_DATABASE", ".local/sandbox.sqlite3")
    turn_on_for(sys.argv[1:])
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except NotReady as missing:
        # Whoever installs it reads what to give, not where in the source that was noticed.
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
