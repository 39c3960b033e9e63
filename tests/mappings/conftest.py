"""Paper's books with its chart read in, and what a company sells."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Item, PaymentMethod, PaymentTerm
from apps.connections import lifecycle
from apps.connections.models import Connection
from apps.mappings.codes import read_codes
from apps.mappings.fingerprint import fingerprint, refresh
from apps.mappings.models import RemoteCode
from tests.connections.conftest import company, connection, fay, paper  # noqa: F401 - fixtures


@pytest.fixture
def books(connection: Connection) -> Connection:  # noqa: F811 - the fixture
    read_codes(connection)
    return connection


@pytest.fixture
def code(books: Connection) -> Callable[[str], RemoteCode]:
    def named(name: str) -> RemoteCode:
        return RemoteCode.objects.get(connection=books, name=name)

    return named


@pytest.fixture
def mug(books: Connection) -> Item:
    return Item.objects.create(company=books.company, code="MUG", name="Mug")


@pytest.fixture
def card(books: Connection) -> PaymentMethod:
    return PaymentMethod.objects.create(company=books.company, name="Card", currency="GBP")


@pytest.fixture
def transfer(books: Connection) -> PaymentMethod:
    return PaymentMethod.objects.create(
        company=books.company, name="Transfer", currency="GBP", posts_to="bank"
    )


@pytest.fixture
def net_30(books: Connection) -> PaymentTerm:
    return PaymentTerm.objects.create(company=books.company, name="30 days", due_days=30)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The connections whose listeners were told."""
    heard: list[int] = []
    monkeypatch.setattr("apps.mappings.listeners", [heard.append])
    return heard


def go_live(books: Connection) -> None:
    """As after a matching test invoice, with what is in force now."""
    refresh(books)
    fields: dict[str, Any] = {
        "trial_matched_at": timezone.now(),
        "trial_fingerprint": fingerprint(books),
        "starts_on": date(2026, 1, 1),
    }
    Connection.objects.filter(pk=books.pk).update(**fields)
    books.refresh_from_db()
    lifecycle.go_live(books)
