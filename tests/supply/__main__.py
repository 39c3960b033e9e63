"""`python -m tests.supply bill FILE`: write the bill of materials and hold it against the lock.
`python -m tests.supply audit`: ask for known faults of what is locked. Each ends with 1 where it found any.
"""

import sys
from pathlib import Path

from tests.supply import bill
from tests.supply.audit import Standing, audit


def main(words: list[str]) -> int:
    match words:
        case ["bill", file]:
            path = Path(file)
            path.parent.mkdir(parents=True, exist_ok=True)
            bill.write(path)
            written, lock = bill.read(path)
            wrong = bill.faults(written, lock)
            print(
                "\n".join(wrong)
                or f"{len(written['components'])} packages, each with its checksums: {path}"
            )
            return 1 if wrong else 0
        case ["audit"]:
            verdict = audit()
            before = {
                Standing.LEFT_OUT: "pip-audit was left out, no advisory service answers here: "
            }
            between = "; " if verdict.standing is Standing.LEFT_OUT else "\n"
            print(before.get(verdict.standing, "") + between.join(verdict.sentences))
            return 1 if verdict.standing is Standing.FOUND else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
