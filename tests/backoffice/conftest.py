"""A world to look at and people to look at it."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.staff.models import User
from tests.backoffice.desk import Desk
from tests.backoffice.people import make_people
from tests.backoffice.world import WholeWorld, World


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return World(people["Fay"])


@pytest.fixture
def whole(people: dict[str, User]) -> WholeWorld:
    return WholeWorld(people["Fay"])


@pytest.fixture
def browse(people: dict[str, User]) -> Callable[[str], Client]:
    """`browse("Fay")`: a client signed in as Fay; `browse("")`: nobody."""

    def as_(name: str) -> Client:
        client = Desk()
        if name:
            client.force_login(people[name])
        return client

    return as_
