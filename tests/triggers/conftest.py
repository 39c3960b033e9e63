"""A company that is listened to, and a receiver on this machine, which only tests may send to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from apps.billing.models import Company
from apps.triggers.delivery import sending
from apps.triggers.models import Endpoint
from tests.factories import make_company
from tests.triggers.happened import listen
from tests.triggers.receiver import Receiver, receiving

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with receiving() as found:
        yield found


@pytest.fixture
def listened(db: None) -> Company:
    return make_company(legal_name="Thornfield Trading Ltd")


@pytest.fixture
def endpoint(listened: Company, receiver: Receiver) -> Endpoint:
    return listen(listened, receiver)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A time that tests move; the database's is left alone."""
    monkeypatch.setattr(sending, "measure", lambda: None)
    with time_machine.travel(NOON, tick=False) as found:
        yield found
