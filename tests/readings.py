"""Which readings of the simulated ledgers a run goes through."""

import os
from collections.abc import Sequence
from typing import TypeVar

Reading = TypeVar("Reading")
EVERY = "TIEOUT_EVERY_READING"


def some_of(readings: Sequence[Reading], each: int) -> list[Reading]:
    """Each so-many-th, from the first; all where `TIEOUT_EVERY_READING` is set, by hand: together
    they would keep CI from ending in its time."""
    return list(readings) if os.environ.get(EVERY) else list(readings[::each])
