"""An office whose books are asked by programs."""

import pytest

from tests.backoffice.people import make_people
from tests.backoffice.world import WholeWorld
from tests.kept_rows import kept
from tests.triggers.api.caller import Caller, Office


@pytest.fixture
def office(db: None) -> Office:
    return kept(Office)


@pytest.fixture
def fay(office: Office) -> Caller:
    """An accountant's key with every scope, for one company."""
    return office.caller()


@pytest.fixture
def whole(db: None) -> WholeWorld:
    """One of everything that the back office shows, also in the books of others."""
    return kept(_whole)


def _whole() -> WholeWorld:
    return WholeWorld(make_people()["Fay"])
