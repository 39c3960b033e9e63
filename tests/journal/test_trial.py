"""The test invoice where nothing can be read back: they confirm it, and a named person has seen it."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame import once
from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.mappings.choices import missing
from apps.mappings.fingerprint import fingerprint
from apps.sync.decide.acts import go_live
from apps.sync.models import State
from apps.sync.trial.by_word import confirm_trial
from apps.sync.trial.running import TrialResult, run_trial
from tests.factories import make_invoice
from tests.journal.books import JournalBooks
from tests.journal.test_taxes import NO_TAX, invoiced, keep_as_cash_book

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def setup(books: JournalBooks) -> JournalBooks:
    """Connected, and not tested yet."""
    Connection.objects.update(
        stage=Connection.Stage.SETUP,
        trial_matched_at=None,
        trial_fingerprint="",
        confirmed_at=timezone.now(),
        confirmed_by=books.fay,
        checked=dict.fromkeys(books.connection.capabilities.checks, "yes"),
        settings_fingerprint=fingerprint(books.connection),
    )
    books.connection.refresh_from_db()
    return books


def tried(books: JournalBooks, invoice: Invoice) -> TrialResult:
    return run_trial(books.connection, invoice, user_id=books.fay.pk)


def confirmed(books: JournalBooks) -> Invoice:
    """A test invoice that they have confirmed, in as many attempts as it takes."""
    invoice = make_invoice(company=books.company)
    for _ in range(2):
        assert not tried(books, invoice).asks_word
        books.office.work()
    result = tried(books, invoice)
    assert (result.matched, result.asks_word) == (False, True)
    return invoice


def test_it_says_each_time_how_far_it_is(setup: JournalBooks) -> None:
    invoice = make_invoice(company=setup.company)
    assert "is not in Journal yet" in tried(setup, invoice).sentence
    setup.office.work()
    assert tried(setup, invoice).sentence.endswith(", not confirmed yet.")
    assert tried(setup, invoice).sentence.endswith(", not confirmed yet.")
    assert len(setup.handed("invoice")) == 1
    setup.office.work()
    result = tried(setup, invoice)
    assert result.sentence == (
        f"Journal has confirmed {invoice.number}. What stands there cannot be read back."
    )
    with pytest.raises(ValidationError, match="Send a test invoice first"):
        go_live(setup.connection)


def test_a_named_person_who_has_seen_it_lets_it_go_live(setup: JournalBooks) -> None:
    invoice = confirmed(setup)
    with pytest.raises(ValidationError, match="Say how you know"):
        confirm_trial(setup.connection, invoice, user_id=setup.fay.pk, words=" ")

    confirm_trial(setup.connection, invoice, user_id=setup.fay.pk, words="Page 7 of the journal")

    setup.connection.refresh_from_db()
    assert setup.connection.trial_confirmed_by == setup.fay
    assert setup.connection.trial_confirmation == "Page 7 of the journal"
    assert setup.connection.trial_matched_at is not None
    go_live(setup.connection)
    setup.connection.refresh_from_db()
    assert setup.connection.is_live
    assert setup.record(invoice).state == State.IN_THE_BOOKS


def test_nobody_vouches_for_what_they_have_not_confirmed(setup: JournalBooks) -> None:
    invoice = make_invoice(company=setup.company)
    with pytest.raises(ValidationError, match="has not confirmed"):
        confirm_trial(setup.connection, invoice, user_id=setup.fay.pk, words="Seen")


@pytest.mark.parametrize(
    "missing",
    [{"trial_confirmed_by": None}, {"trial_confirmation": ""}, {"trial_matched_at": None}],
)
def test_no_row_says_so_without_who_when_and_how(
    setup: JournalBooks, missing: dict[str, Any]
) -> None:
    confirm_trial(setup.connection, confirmed(setup), user_id=setup.fay.pk, words="Seen")
    with pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.update(**missing)


def test_the_page_asks_for_it_and_keeps_who_said_so(
    setup: JournalBooks, admin_client: Client, admin_user: Any
) -> None:
    invoice = confirmed(setup)
    page = reverse("admin:connections_connection_test-invoice", args=[setup.connection.pk])
    asked = posted(admin_client, page, invoice=invoice.pk)
    assert "They have it" in asked, re.findall(r"t-error[^>]*>(.{200})", asked, re.S)
    assert "It stands there as it is here" in asked

    said = posted(admin_client, page, seen=invoice.pk, known_by="Page 7 of the journal")

    assert "It matched" in said
    setup.connection.refresh_from_db()
    assert setup.connection.trial_confirmed_by == admin_user


def test_the_page_says_how_far_it_is_and_not_that_it_did_not_match(
    setup: JournalBooks, admin_client: Client
) -> None:
    """Its item is with them, then the invoice is, then a person is asked."""
    invoice = make_invoice(company=setup.company)
    page = reverse("admin:connections_connection_test-invoice", args=[setup.connection.pk])
    for heading in ("It is handed over", "It is handed over", "They have it"):
        shown = posted(admin_client, page, invoice=invoice.pk)
        assert heading in shown
        assert "It did not match" not in shown
        setup.office.work()


def test_a_test_invoice_that_did_not_leave_was_not_compared(
    setup: JournalBooks, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_as_cash_book(monkeypatch)
    taxed = invoiced(setup, percent=20)
    page = reverse("admin:connections_connection_test-invoice", args=[setup.connection.pk])
    shown = posted(admin_client, page, invoice=taxed.pk)
    while "It is handed over" in shown:  # its customer and item go all the same
        setup.office.work()
        shown = posted(admin_client, page, invoice=taxed.pk)
    assert "Tieout is holding it" in shown
    assert NO_TAX in shown
    assert "It did not match" not in shown


def test_a_ledger_without_accounts_asks_for_none(setup: JournalBooks, admin_client: Client) -> None:
    """Neither for a test invoice nor for the company, and the page says why."""
    invoice = make_invoice(company=setup.company)
    assert missing(setup.connection, invoices=[invoice]) == missing(setup.connection) == []
    page = reverse("admin:connections_connection_map", args=[setup.connection.pk])
    shown = admin_client.get(page).content.decode()
    assert "Journal has no chart of accounts" in shown
    assert "<select" not in shown


def posted(client: Client, page: str, **fields: Any) -> str:
    """With the key that the page gave to be used once."""
    shown = client.get(page).content.decode()
    key = re.search(rf'name="{once.FIELD}" value="([^"]+)"', shown)
    assert key is not None
    answer = client.post(page, {once.FIELD: key[1], "shown": fields.get("invoice", ""), **fields})
    assert answer.status_code == 200, answer.content[:300]
    return str(answer.content.decode())
