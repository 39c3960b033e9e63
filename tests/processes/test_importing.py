"""Killed at points drawn from a seed, an import stands whole."""

import re

import pytest

from tests.processes.apart import kills, played_killed

KILLS = kills(50)


@pytest.mark.slow
@pytest.mark.processes
def test_killed_at_fifty_points_each_row_stands_once() -> None:
    told = played_killed("importing", KILLS, database="killed_import")

    found = re.search(r"killed (\d+) times writing", told)
    assert found is not None, told
    assert int(found[1]) >= KILLS
