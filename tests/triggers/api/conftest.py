"""An office whose books are asked by programs."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.backoffice.conftest import NOON, kept_since_the_morning
from tests.backoffice.people import make_people
from tests.backoffice.world import WholeWorld
from tests.triggers.api.caller import Caller, Office


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day on which these programs ask: days far from it are asked about."""
    with time_machine.travel(NOON):
        yield


@pytest.fixture
def office(db: None) -> Office:
    return kept_since_the_morning(Office)


@pytest.fixture
def fay(office: Office) -> Caller:
    """An accountant's key with every scope, for one company."""
    return office.caller()


@pytest.fixture
def whole(db: None) -> WholeWorld:
    """One of everything that the back office shows, also in the books of others."""
    return kept_since_the_morning(_whole)


def _whole() -> WholeWorld:
    return WholeWorld(make_people()["Fay"])
