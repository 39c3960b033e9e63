"""The page on which something of a connector is switched on for one set of books."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.actions import make_deposit
from apps.billing.models import BankAccount
from apps.connections.models import Connection
from apps.connections.switching import switch
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from apps.sync.models import Reason, State, SyncRecord
from tests.backoffice.world import make_connection
from tests.factories import make_company, make_method, make_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(people: dict[str, User]) -> Connection:
    return make_connection(make_company(), system="xero", name="Thornfield in Xero")


def address(books: Connection, page: str = "switches") -> str:
    return reverse(f"admin:connections_connection_{page}", args=[books.pk])


def test_fay_switches_on_and_off_and_the_page_and_the_history_say_so(
    books: Connection, browse: Callable[[str], Client]
) -> None:
    fay = browse("Fay")
    page = fay.get(address(books)).content.decode()
    assert "Bank deposits as receive-money transactions" in page
    assert "What was left out before stays left out" in page
    assert "press Retry" in page

    answer = fay.post(address(books), {"bank_deposits": "on"}, follow=True)
    assert "On from now: Bank deposits as receive-money transactions." in answer.content.decode()
    books.refresh_from_db()
    assert books.switched_on == ["bank_deposits"]
    latest = books.history.first()
    assert (latest.switched_on, latest.history_user.name) == (["bank_deposits"], "Fay")
    shown = fay.get(address(books, "change")).content.decode()
    assert "What you can switch on" in shown
    told = fay.get(address(books, "history")).content.decode()
    assert "bank deposits" in told

    answer = fay.post(address(books), {}, follow=True)
    assert "stays as it is" in answer.content.decode()
    books.refresh_from_db()
    assert books.switched_on == []


@pytest.mark.parametrize("name", ["Vera", "Cleo", "Ada", "Otto", ""])
def test_nobody_else_does(name: str, books: Connection, browse: Callable[[str], Client]) -> None:
    client = browse(name)
    assert client.get(address(books)).status_code in (302, 403, 404)
    answer = client.post(address(books), {"bank_deposits": "on"})
    assert answer.status_code in (302, 403, 404)
    books.refresh_from_db()
    assert books.switched_on == []


def test_books_without_anything_to_switch_show_nothing_of_it(
    people: dict[str, User], browse: Callable[[str], Client]
) -> None:
    books = make_connection(make_company())
    shown = browse("Fay").get(address(books, "change")).content.decode()
    assert "switch on" not in shown.lower()


def test_what_was_left_out_has_a_retry_once_it_is_switched_on(
    books: Connection, browse: Callable[[str], Client]
) -> None:
    company = books.company
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    cards = make_method(company, posts_to="clearing", bank_account=bank)
    deposit = make_deposit(
        bank, date=date(2026, 11, 20), payments=[make_payment(company=company, method=cards)]
    )
    sentence = books.capabilities.cannot[Kind.DEPOSIT]
    assert "is switched on for the connection" in sentence
    record = SyncRecord.objects.create(
        connection=books, kind=Kind.DEPOSIT, deposit=deposit, wanted=1,
        state=State.LEFT_OUT, reason=Reason.CANNOT_HOLD, sentence=sentence,
    )  # fmt: skip
    retry = reverse("admin:sync_syncrecord_retry", args=[record.pk])
    page = reverse("admin:billing_deposit_change", args=[deposit.pk])
    fay = browse("Fay")
    assert retry not in fay.get(page).content.decode()

    switch(books, ["bank_deposits"])
    assert retry in fay.get(page).content.decode()
    fay.post(retry, {})
    record.refresh_from_db()
    assert record.state == State.WAITING
