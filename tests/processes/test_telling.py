"""Two workers that send events, killed at points drawn from a seed: each arrives, in order."""

import pytest

from tests.processes.apart import kills, played_killed


@pytest.mark.slow
@pytest.mark.processes
def test_two_workers_killed_again_and_again_lose_no_event_and_keep_the_order() -> None:
    said = played_killed("telling", kills(10), database="killed_telling")
    assert "killed" in said
