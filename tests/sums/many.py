"""Lay a hundred thousand documents beside the ledger's sums, and print what came of it.

    uv run python -m tests.sums.many --count 100000 --seed 2026 --jobs 2

Each document is drawn from the seed and its own number: `--only N` lays that one again, and says
what it is. Ends with 1 where a figure differs that must not.
"""

import argparse
import os
import pprint
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sums.drawing import Drawn

Key = tuple[str, str, str, str]  # regime, rounding, mode, currency
# `by …`: the largest, of what the column before counts.
COLUMNS = (
    *("documents", "differ", "refused"),
    *(
        "own tax",
        "by units",
        "other rule",
        "by pennies",
        "split",
        "by parts",
        "home tax",
        "by cents",
    ),
)


@dataclass
class Tally:
    """Counts per key, the largest differences, and the numbers of the documents that fail."""

    counts: dict[Key, Counter[str]] = field(default_factory=dict)
    failed: list[tuple[int, str]] = field(default_factory=list)

    def add(self, key: Key, counts: Counter[str]) -> None:
        sums = self.counts.setdefault(key, Counter())
        for name, count in counts.items():
            sums[name] = max(sums[name], count) if name.startswith("by ") else sums[name] + count


def numbered(seed: int, number: int) -> "Drawn":
    from tests.sums.drawing import Seeded, drawn

    return drawn(Seeded(f"{seed}/{number}"))


def lay_some(seed: int, numbers: Sequence[int]) -> Tally:
    set_up()
    from tests.sums.laying import lay

    tally = Tally()
    for number in numbers:
        document = numbered(seed, number)
        terms = document.terms
        key = (document.regime, terms.rounding, terms.mode, terms.currency)
        counts = Counter({"documents": 1})
        try:
            found = lay(document)
        except Exception:
            counts["differ"] += 1
            tally.failed.append((number, traceback.format_exc(limit=-3)))
        else:
            counts["refused"] += found.refused
            counts["own tax"] += bool(found.own_tax)
            counts["by units"] = found.own_tax
            counts["other rule"] += bool(found.other_rule)
            counts["by pennies"] = found.other_rule
            counts["split"] += bool(found.split)
            counts["by parts"] = found.split
            counts["home tax"] += bool(found.home_tax)
            counts["by cents"] = found.home_tax
        tally.add(key, counts)
    return tally


def set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def together(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.failed += one.failed
        for key, counts in one.counts.items():
            whole.add(key, counts)
    return whole


def table(tally: Tally) -> None:
    heads = ("regime", "rounding", "prices", "currency", *COLUMNS)
    widths = [max(len(head), 15 if head == "regime" else 9) for head in heads]
    print("  ".join(head.ljust(width) for head, width in zip(heads, widths, strict=True)))
    sums = Tally()
    for key in sorted(tally.counts):
        cells = [*key, *(f"{tally.counts[key][name]:,}" for name in COLUMNS)]
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))
        sums.add(("all", "", "", ""), tally.counts[key])
    whole = sums.counts.get(("all", "", "", ""), Counter())
    cells = ["all", "", "", "", *(f"{whole[name]:,}" for name in COLUMNS)]
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))


def over_http(count: int, seed: int, jobs: int) -> int:
    """Through engine and ledger: a test, since it needs a database and a server of its own."""
    began = time.monotonic()
    test = ["tests/sums/test_over_http.py", "-q", "-m", "slow", "-n", str(jobs), "-rA"]
    told = {**os.environ, "TIEOUT_OVER_HTTP": str(count), "TIEOUT_SEED": str(seed)}
    code = subprocess.run([sys.executable, "-m", "pytest", *test], env=told, check=False).returncode
    print(
        f"\n{count:,} documents and a credit note of every third: {time.monotonic() - began:.1f} seconds"
    )
    return code


def main() -> int:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--count", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--only", type=int, help="lay the one document of this number again")
    asked.add_argument("--over-http", type=int, help="carry this many into a simulated QuickBooks")
    given = asked.parse_args()
    if given.over_http:
        return over_http(given.over_http, given.seed, given.jobs)
    set_up()
    if given.only is not None:
        from tests.sums.laying import lay

        document = numbered(given.seed, given.only)
        pprint.pprint(document)
        print(lay(document))
        return 0
    began = time.monotonic()
    shares = [range(start, given.count, given.jobs) for start in range(given.jobs)]
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        tally = together(pool.map(lay_some, [given.seed] * given.jobs, shares))
    table(tally)
    for number, why in sorted(tally.failed)[:5]:
        print(f"\ndocument {number} (again: --seed {given.seed} --only {number}):\n{why}")
    seconds = time.monotonic() - began
    print(f"\n{given.count:,} documents, {len(tally.failed):,} differ, {seconds:.1f} seconds")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
