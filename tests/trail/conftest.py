"""A company with a bit of everything, all of it sealed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.staff.models import User
from apps.trail import sealing
from apps.trail.heads import keep
from apps.trail.links import head
from tests.backoffice.people import make_people
from tests.exchange.archive.world import FullWorld
from tests.kept_rows import kept
from tests.trail.sealed import SealedWorld


@pytest.fixture
def heads(settings: Any, tmp_path: Path) -> Path:
    """This host keeps the heads of the trail there."""
    settings.TRAIL_HEADS_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)


@pytest.fixture
def world(people: dict[str, User]) -> FullWorld:
    return kept(FullWorld, people["Fay"])


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pass of the sealer is as if an hour had passed since the one before."""
    monkeypatch.setattr(sealing, "BEHIND", timedelta(0))


@pytest.fixture
def sealed(people: dict[str, User], heads: Path, hours: None) -> FullWorld:
    """All of the world is sealed, once for all tests; this host keeps its head."""
    world = kept(SealedWorld, people["Fay"])
    keep(*head())
    return world
