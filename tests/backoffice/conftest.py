"""A world to look at and people to look at it."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import time_machine
from django.test import Client

from apps.alerts import watching
from apps.connectors.moments import moment
from apps.staff.models import User
from tests.backoffice.desk import Desk
from tests.backoffice.people import make_people
from tests.backoffice.world import WholeWorld, World
from tests.kept_rows import kept

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
Made = TypeVar("Made")


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day on which these people sit at their desks: days far from it are asked about."""
    with time_machine.travel(NOON):
        yield


@pytest.fixture(autouse=True)
def no_page_asks_after_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a worker runs is asked once in fifteen seconds, on whichever page comes then: no count of
    questions hangs on that. `watching.forget()` has it asked."""
    monkeypatch.setattr(watching, "ASKED_EACH", math.inf)
    monkeypatch.setattr(watching, "_banner", watching._Banner(asked=moment()))


def kept_since_the_morning(make: Callable[..., Made], *given: Any) -> Made:
    """What was made before these people sat down: what they do then is later than all of it."""
    with time_machine.travel(NOON - timedelta(hours=1)):
        return kept(make, *given)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept_since_the_morning(make_people)


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return kept_since_the_morning(World, people["Fay"])


@pytest.fixture
def whole(people: dict[str, User]) -> WholeWorld:
    return kept_since_the_morning(WholeWorld, people["Fay"])


@pytest.fixture
def browse(people: dict[str, User]) -> Callable[[str], Client]:
    """`browse("Fay")`: a client signed in as Fay; `browse("")`: nobody."""

    def as_(name: str) -> Client:
        client = Desk()
        if name:
            client.force_login(people[name])
        return client

    return as_
