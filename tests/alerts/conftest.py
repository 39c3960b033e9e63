"""A live connection, people, a mail server and a chat."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from apps.connections.models import Connection
from apps.staff.models import User
from tests.alerts.chat import Chat, chat_server
from tests.alerts.trouble import live_connection
from tests.backoffice.people import make_people
from tests.exchange.schedules.week import Inbox, mail_server
from tests.kept_rows import kept
from tests.sync.conftest import ledger as ledger  # the fixture

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = "https://tieout.example"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as found:
        yield found


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)


@pytest.fixture
def connection(people: dict[str, User]) -> Connection:
    return live_connection()


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    with mail_server(settings) as found:
        yield found


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    """On this machine, which only tests and the demo may talk to."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with chat_server() as found:
        yield found
