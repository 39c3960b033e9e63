"""`python -m tests.upgrade FILE`: fill the empty database at hand as the first version left one, bring
it up to date, and print what its books say. `python -m tests.upgrade keep` (once in the life of the
product) writes the kept file from the database at hand.
"""

import json
import os
import sys
from pathlib import Path


def main(what: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    from tests.upgrade.figures import figures
    from tests.upgrade.rows import FIGURES, FIRST, KEPT, keep, put_back

    if what == "keep":
        keep(KEPT)
        FIGURES.write_text(json.dumps(figures(), indent=1, ensure_ascii=False) + "\n")
        return
    for label, name in FIRST:
        call_command("migrate", label, name, verbosity=0)
    made = put_back(Path(what))
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps({"made": made, "figures": figures()}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
