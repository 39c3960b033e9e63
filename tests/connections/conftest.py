"""Paper on its server, a company, a connection to its books, and the same people as always."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group

from apps.billing.models import Company
from apps.connections import endpoints
from apps.connections.models import Connection
from apps.connectors.registry import systems
from apps.staff.access import set_up_roles
from apps.staff.models import User
from apps.staff.roles import RoleName
from tests.connections.bench import ledgers
from tests.connections.bench.server import CLIENT_ID, CLIENT_SECRET, Guild, guild_server
from tests.connections.paper import CLIENTS, Paper, paper_server, register
from tests.connections.people import a_company, a_connection


@pytest.fixture
def paper(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paper]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    endpoints.forget_discovered()
    with paper_server() as server:
        register(server.url)
        settings.LEDGER_CLIENTS = dict(CLIENTS)
        yield server
    endpoints.forget_discovered()
    systems().pop("paper", None)


@pytest.fixture
def guild(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guild]:
    """A service with every way in, and the connectors for them."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with guild_server() as server:
        settings.LEDGER_CLIENTS = {
            "GUILD_TEST_CLIENT_ID": CLIENT_ID,
            "GUILD_TEST_CLIENT_SECRET": CLIENT_SECRET,
        }
        ledgers.register_all(server.url)
        yield server
    ledgers.forget_all()


@pytest.fixture
def company(db: None) -> Company:
    return a_company()


@pytest.fixture
def connection(paper: Paper, company: Company) -> Connection:
    return a_connection(paper, company)


def a_person(email: str, role: RoleName | None) -> User:
    user = User.objects.create_user(email, every_company=True)
    if role is not None:
        user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.fixture
def fay(db: None) -> User:
    """Finance: she may."""
    set_up_roles()
    return a_person("fay@willow.test", RoleName.ACCOUNTANT)


@pytest.fixture
def vera(db: None) -> User:
    """She may only view."""
    set_up_roles()
    return a_person("vera@willow.test", RoleName.VIEWER)


@pytest.fixture
def otto(db: None) -> User:
    """He sees nothing."""
    return a_person("otto@willow.test", None)
