"""Killed at points drawn from a seed, payments of a file stand once each."""

import re

import pytest

from tests.processes.apart import kills, played_killed

KILLS = kills(8)


@pytest.mark.slow
@pytest.mark.processes
def test_killed_on_its_way_each_payment_stands_once() -> None:
    told = played_killed("bringing_money", KILLS, database="killed_money")

    found = re.search(r"(\d+) times releasing", told)
    assert found is not None, told
    assert int(found[1]) >= min(2, KILLS - KILLS // 2)
