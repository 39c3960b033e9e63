"""The full world, all of it sealed: made once for all tests that look at it, or attack it."""

from datetime import timedelta

import pytest

from apps.staff.models import User
from apps.trail import sealing
from apps.trail.sealing import seal
from tests.exchange.archive.world import FullWorld


class SealedWorld(FullWorld):
    """Every pass of its sealer is as if an hour had passed, so that all lies below the floors."""

    def __init__(self, boss: User) -> None:
        super().__init__(boss)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sealing, "BEHIND", timedelta(0))
            for _ in range(3):
                assert seal().ended
