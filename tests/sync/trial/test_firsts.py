"""Of credit notes, payments, refunds and bank deposits the first goes alone, on a person's word."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame import once
from apps.billing.actions import cancel_payment
from apps.billing.changes import made_by
from apps.billing.models import Payment
from apps.connections.models import Connection
from apps.connectors.snapshots import CreditNoteSnapshot, Kind, PaymentSnapshot, Snapshot
from apps.mappings.choices import set_mapping
from apps.sync import tasks
from apps.sync.decide.acts import retry, send_now, sync_now
from apps.sync.lease import Lease
from apps.sync.mapped.impact import asks_for_new_firsts
from apps.sync.models import TRIED_FIRST, Call, FirstOfKind, Reason, State, SyncRecord
from apps.sync.trial.alone import Busy, Ended, Way
from apps.sync.trial.firsts import run_first
from apps.sync.want.firsts import open_kinds
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.kept_books import live_books_after
from tests.reconciliation.shop import Shop
from tests.sandbox_server import SandboxServer
from tests.sync.assemble.test_foretold import SERVICES
from tests.sync.theirs import change_there
from tests.sync.trial.first_of_each import shut, tried_kind_by_kind
from tests.sync.trial.test_faults import Translation

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_of_each_kind_one_goes_alone_and_then_the_others(ledger: SandboxServer) -> None:
    assert tried_kind_by_kind(Shop(ledger)) == [*TRIED_FIRST]


def a_payment_that_waits(books: Books) -> Payment:
    shut(books.connection)
    payment = make_payment(invoice=make_invoice(company=books.company), method=books.method)
    books.run()
    return payment


@pytest.fixture
def held(ledger: SandboxServer) -> tuple[Books, Payment]:
    """Live, no kind open, and a payment that waits for the first of its kind."""
    return live_books_after(a_payment_that_waits, ledger)


# --- No other way ---------------------------------------------------------------------------------


def by_task(books: Books, payment: Payment, client: Client) -> None:
    tasks.tick()
    tasks.sweep_all()
    tasks.sync_connection(books.connection.pk)


def by_run_now(books: Books, payment: Payment, client: Client) -> None:
    sync_now(books.connection)
    books.run()


def by_retry(books: Books, payment: Payment, client: Client) -> None:
    count, refused = retry([books.record(payment)])
    assert count == 0
    assert "decide first" in refused[0]
    books.run()


def by_send_now(books: Books, payment: Payment, client: Client) -> None:
    send_now(books.connection, Kind.PAYMENT, payment.pk)
    books.run()


def by_button(books: Books, payment: Payment, client: Client) -> None:
    page = reverse("admin:sync_syncrecord_retry", args=[books.record(payment).pk])
    client.post(page, {once.FIELD: once.new_key()})
    books.run()


def by_command(books: Books, payment: Payment, client: Client) -> None:
    told = f"from apps.sync.run import run_connection; run_connection({books.connection.pk})"
    call_command("shell", "-c", told)


def by_save_of_its_record(books: Books, payment: Payment, client: Client) -> None:
    """In a shell: it is made due by hand."""
    record = books.record(payment)
    record.plan_anew()
    record.save()
    books.run()


def by_save_of_the_kind(books: Books, payment: Payment, client: Client) -> None:
    """In a shell: the kind is opened by hand, with no test behind it."""
    row = FirstOfKind(connection=books.connection, kind=Kind.PAYMENT, opened_at=timezone.now())
    refused = pytest.raises(IntegrityError, match="an_open_kind_says_when_and_under_what")
    with refused, transaction.atomic():
        row.save()
    row.fingerprint = "made up"
    row.save()
    books.run()


def by_another_kind(books: Books, payment: Payment, client: Client) -> None:
    """A credit note that matched opens no payments."""
    note = make_credit_note(company=books.company)
    assert run_first(books.connection, note, user_id=books.fay.pk).matched
    books.run()


WAYS = [by_task, by_run_now, by_retry, by_send_now, by_button, by_command, by_save_of_its_record,
        by_save_of_the_kind, by_another_kind]  # fmt: skip


@pytest.mark.variants(keep=4)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_payment_goes_before_its_first(
    way: Callable[[Books, Payment, Client], None],
    held: tuple[Books, Payment],
    admin_client: Client,
) -> None:
    books, payment = held
    way(books, payment, admin_client)
    assert books.theirs("Payment") == []
    record = books.record(payment)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.FIRST_OF_ITS_KIND)
    assert Kind.PAYMENT not in open_kinds(books.connection)
    opened = FirstOfKind.objects.filter(connection=books.connection, kind=Kind.PAYMENT)
    assert not opened.filter(opened_by__isnull=False).exists()


def test_nobody_tries_while_a_run_is_under_way_or_before_it_is_live(
    held: tuple[Books, Payment],
) -> None:
    books, payment = held
    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    with pytest.raises(Busy):
        run_first(books.connection, payment, user_id=books.fay.pk)
    lease.release()
    Connection.objects.filter(pk=books.connection.pk).update(stage=Connection.Stage.PAUSED)
    books.connection.refresh_from_db()
    with pytest.raises(ValidationError, match="Go live first"):
        run_first(books.connection, payment, user_id=books.fay.pk)
    assert books.theirs("Payment") == []


# --- What is not held -----------------------------------------------------------------------------


def test_what_is_held_takes_no_customer_over_and_what_stands_there_is_changed(
    books: Books,
) -> None:
    sent = make_payment(invoice=make_invoice(company=books.company), method=books.method)
    books.run()
    shut(books.connection)
    customers = len(books.theirs("Customer"))
    on_account = make_payment(company=books.company, method=books.method)
    sent.memo = "Known by its remittance"
    sent.save()

    books.run()

    assert books.record(on_account).reason == Reason.FIRST_OF_ITS_KIND
    assert len(books.theirs("Customer")) == customers
    assert books.record(sent).state == State.IN_THE_BOOKS
    assert books.record(sent).sent == sent.revision


def test_what_was_taken_back_here_is_left_out_and_not_held(held: tuple[Books, Payment]) -> None:
    books, payment = held
    cancel_payment(payment, reason="A typing error", on=payment.date)
    books.run()
    assert books.record(payment).state == State.LEFT_OUT


# --- A difference ---------------------------------------------------------------------------------


def test_money_on_another_account_is_named_keeps_the_kind_closed(
    held: tuple[Books, Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    books, payment = held
    checking = books.code("Checking").remote_id

    def elsewhere(snapshot: Snapshot) -> Snapshot:
        if isinstance(snapshot, PaymentSnapshot):
            return replace(snapshot, account_id=checking)
        return snapshot

    way = Translation(monkeypatch, elsewhere)
    second = make_payment(invoice=make_invoice(company=books.company), method=books.method)

    result = run_first(books.connection, payment, user_id=books.fay.pk)

    assert result.ended is Ended.DIFFERS, result.sentence
    assert [row.field for row in result.rows if not row.agrees] == ["Account of the money"]
    [advice] = result.advice
    assert advice.sentence == (
        "Account of the money: QuickBooks has Checking instead of Undeposited Funds."
    )
    assert (advice.subject, advice.pk) == ("method_account", payment.method_id)
    assert Kind.PAYMENT not in open_kinds(books.connection)
    books.run()
    assert books.record(second).reason == Reason.FIRST_OF_ITS_KIND
    [there] = books.theirs("Payment")

    # An account is theirs to keep on every write: it is put right there, and compared again.
    assert not result.in_place
    way.mended()
    account = {"value": books.code("Undeposited Funds").remote_id}
    change_there(books, "Payment", there["Id"], DepositToAccountRef=account)
    assert "press “Compare it again”" in result.remedy
    again = run_first(books.connection, payment, user_id=books.fay.pk, way=Way.COMPARE)
    assert again.matched, (again.sentence, [row for row in again.rows if not row.agrees])
    asked = Call.objects.filter(run=books.connection.runs.filter(duty="first").latest("pk"))
    assert [each.may_have_left_until for each in asked] == [None], "it is read, and nothing written"
    books.run()
    assert books.record(second).state == State.IN_THE_BOOKS


@pytest.mark.slow
def test_a_credit_note_of_another_day_is_named_and_corrected_in_place(
    books: Books, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut(books.connection)
    note = make_credit_note(company=books.company)

    def dated_otherwise(snapshot: Snapshot) -> Snapshot:
        if isinstance(snapshot, CreditNoteSnapshot):
            return replace(snapshot, issue_date=snapshot.issue_date.replace(day=3))
        return snapshot

    way = Translation(monkeypatch, dated_otherwise)
    result = run_first(books.connection, note, user_id=books.fay.pk)
    assert result.ended is Ended.DIFFERS, result.sentence
    assert "It is dated otherwise there" in " ".join(each.sentence for each in result.advice)
    assert Kind.CREDIT_NOTE not in open_kinds(books.connection)
    assert result.in_place

    way.mended()
    page = reverse("admin:connections_connection_first-of-its-kind", args=[books.connection.pk])
    told = posted(admin_client, page, kind="credit_note", record=note.pk, way="compare")
    assert "It went over and differs in 1 field" in told
    [differs] = re.findall(r"<h3>What differs</h3>.*?</table>", told, re.DOTALL)
    assert ("Date" in differs, "Total" in differs) == (True, False)
    assert [
        told.count(f">{words}</button>") for words in ("Compare it again", "Correct it there")
    ] == [1, 1]
    again = run_first(books.connection, note, user_id=books.fay.pk, way=Way.CORRECT)
    assert again.matched, (again.sentence, [row for row in again.rows if not row.agrees])
    assert len(books.theirs("CreditMemo")) == 1
    assert Kind.CREDIT_NOTE in open_kinds(books.connection)


# --- A mapping that changes -----------------------------------------------------------------------


def test_a_change_of_what_it_relied_on_asks_for_a_new_one_and_taking_it_back_does_not(
    books: Books,
) -> None:
    assert open_kinds(books.connection) == set(TRIED_FIRST)
    services = books.code(SERVICES)
    assert asks_for_new_firsts(books.connection, [(("income", None), services)]) == [
        Kind.CREDIT_NOTE
    ]
    with made_by(books.fay.pk, reason="Moved"):
        set_mapping(books.connection, "income", code=services)
    assert open_kinds(books.connection) == set(TRIED_FIRST) - {Kind.CREDIT_NOTE}
    with made_by(books.fay.pk, reason="Moved back"):
        set_mapping(books.connection, "income", code=books.code(books.income))
    assert open_kinds(books.connection) == set(TRIED_FIRST)


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.slow
def test_the_page_proposes_shows_sends_and_compares(
    held: tuple[Books, Payment], admin_client: Client, admin_user: Any
) -> None:
    books, payment = held
    page = reverse("admin:connections_connection_first-of-its-kind", args=[books.connection.pk])
    seen = admin_client.get(page).content.decode()
    assert "Proposed because it has an invoice that it settles." in seen
    assert "Waits for its first" in seen
    assert "Nothing to try yet" in seen
    assert "1 payment would be sent" in seen
    work = admin_client.get(reverse("admin:index")).content.decode()
    assert "Payments wait for their first in" in work
    log = admin_client.get(reverse("admin:sync_syncrecord_changelist")).content.decode()
    assert f"{page}?kind=payment" in log
    own = reverse("admin:billing_payment_change", args=[payment.pk])
    assert "Send the first of its kind" in admin_client.get(own).content.decode()

    other = make_payment(invoice=make_invoice(company=books.company), method=books.method)
    books.run()
    form = {"kind": "payment", "record": other.pk, "shown": payment.pk}
    shown = posted(admin_client, page, **form)
    assert "What happens on this page" in shown, "what was not shown is shown, and not sent"
    assert books.theirs("Payment") == []

    sent = posted(admin_client, page, **{**form, "shown": other.pk})

    assert "It matched" in sent
    assert "Payments go by themselves from now on" in sent
    assert "What QuickBooks booked, as it was read back" in sent
    assert len(books.theirs("Payment")) == 1
    row = FirstOfKind.objects.get(connection=books.connection, kind="payment")
    assert (row.record, row.opened_by) == (books.record(other), admin_user)
    run = books.connection.runs.filter(duty="first").latest("pk")
    assert (run.asked_by, run.outcome) == (admin_user, "done")
    assert "on the word of" in admin_client.get(page).content.decode()


def posted(client: Client, page: str, **fields: Any) -> str:
    answer = client.post(page, {once.FIELD: once.new_key(), **fields})
    assert answer.status_code == 200, answer.content[:300]
    return str(answer.content.decode())


def test_what_was_never_sent_is_not_compared(held: tuple[Books, Payment]) -> None:
    books, payment = held
    with pytest.raises(ValidationError, match="is not in QuickBooks yet: send it first"):
        run_first(books.connection, payment, user_id=books.fay.pk, way=Way.COMPARE)
    assert not books.connection.runs.filter(duty="first").exists()


def test_a_kind_that_they_have_not_is_never_asked_about(books: Books) -> None:
    payment = make_payment(company=books.company, method=books.method)
    with pytest.raises(ValidationError, match="open already"):
        run_first(books.connection, payment, user_id=books.fay.pk)
    assert not SyncRecord.objects.filter(reason=Reason.FIRST_OF_ITS_KIND).exists()
