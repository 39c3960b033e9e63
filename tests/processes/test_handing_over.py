"""Killed at points drawn from a seed, a run hands each record over once."""

import pytest

from tests.processes.apart import kills, played_killed

KILLS = kills(50)


@pytest.mark.slow
@pytest.mark.processes
def test_killed_at_fifty_points_nothing_is_handed_over_twice() -> None:
    told = played_killed("handing_over", KILLS, database="killed_hand_over")

    assert f"killed {KILLS} times" in told
