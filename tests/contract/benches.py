"""Where benches are found: beside a connector's tests, and by the entry point of a package."""

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import distributions

from tests.architecture.source import ROOT
from tests.contract.bench import System
from tests.worked.bench import SYSTEM as WORKED

GROUP = "tieout.benches"
# What `pip` would leave of the examples that stand beside the tests.
EXAMPLES = [str(each) for each in sorted(ROOT.glob("tests/*/installed"))]


def found_benches(path: Sequence[str] = (*sys.path, *EXAMPLES)) -> dict[str, System]:
    """By what they are called, mostly their system. Of a connector in `apps/connectors/<system>/` its bench is
    `tests/connectors/<system>/bench.py`; a package of somebody's names its own, as
    `<system> = <module>:SYSTEM` in the group `tieout.benches`. And the worked ledger's. `SWITCHED`
    beside SYSTEM are benches of the same system with something switched on."""
    found = [*_beside(), WORKED, *_installed(path)]
    return {each.called: each for each in found}


def _beside() -> Iterator[System]:
    for each in sorted(ROOT.glob("tests/connectors/*/bench.py")):
        module = import_module(f"tests.connectors.{each.parent.name}.bench")
        yield from (module.SYSTEM, *getattr(module, "SWITCHED", ()))


def _installed(path: Sequence[str]) -> Iterator[System]:
    for distribution in distributions(path=list(path)):
        for each in distribution.entry_points.select(group=GROUP):
            yield each.load()
