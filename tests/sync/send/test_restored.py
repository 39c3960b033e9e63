"""A database that is older than the books: what it forgot is read and taken up, never sent again."""

import dataclasses
import json
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.utils.timezone import now

from apps.billing.actions import (
    credit_invoice,
    deduct,
    issue,
    make_deposit,
    pay_refund,
    receive_payment,
)
from apps.billing.models import BankAccount
from apps.connections.models import Connection
from apps.reconciliation.compare import compare
from apps.sync.calls import witness
from apps.sync.calls.time_given import Yielding
from apps.sync.decide.adopt import link
from apps.sync.lease import Lease
from apps.sync.models import Call, Reason, RemoteRecord, Run, State, SyncRecord
from apps.sync.pull.reread import Means, read_all
from apps.sync.run import Crew, run_connection
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item
from tests.older_database import Copy, begin_anew

pytestmark = pytest.mark.django_db

KINDS = ("Customer", "Item", "Invoice", "CreditMemo", "Payment", "JournalEntry", "Purchase", "Deposit")  # fmt: skip
MARCH_20 = date(2026, 3, 20)


@pytest.fixture
def live(books: Books) -> Books:
    books.map_role("bank_charge", "Bank Charges")
    books.map_role("early_discount", "Discounts given")
    BankAccount.objects.create(company=books.company, name="Checking", currency="GBP")
    books.map_proposed()
    return books


@pytest.fixture(autouse=True)
def _another_process_afterwards() -> Any:
    yield
    begin_anew()


def enter_everything(books: Books) -> list[Any]:
    """One of each kind that Tieout sends, and what hangs on them."""
    customer, item = make_customer(books.company), make_item(books.company)
    paid, short, returned, open_one = (
        make_invoice(customer=customer, lines=[(item, 1, "100.00")]) for _ in range(4)
    )
    assert books.method is not None
    payment = receive_payment(
        customer=customer,
        amount=Decimal(160),
        date=date(2026, 3, 16),
        method=books.method,
        apply=[(paid, Decimal(100)), (short, Decimal(50))],
    )
    deduct(short, role="bank_charge", amount=Decimal(4), on=MARCH_20, reason="Kept")
    note = credit_invoice(returned, reason="Sent back", on=MARCH_20)
    issue(note)
    pay_refund(payment, amount=Decimal(10), on=MARCH_20, method=books.method, reason="Too much")
    banked = receive_payment(
        customer=customer, amount=Decimal(30), date=date(2026, 3, 17), method=books.method
    )
    account = BankAccount.objects.get(company=books.company)
    make_deposit(account, date=MARCH_20, payments=[banked])
    return [paid, short, returned, open_one, payment, note, banked]


def counts(books: Books) -> dict[str, int]:
    return {kind: len(books.theirs(kind)) for kind in KINDS}


def run(books: Books, *, times: int = 3, get: bool | None = None) -> list[Any]:
    runs = [run_connection(books.connection.pk, get=get) for _ in range(times)]
    assert all(runs)
    return runs


def assert_in_the_books(books: Books) -> None:
    left = SyncRecord.objects.filter(connection=books.connection).exclude(state=State.IN_THE_BOOKS)
    assert [(str(each), each.state, each.sentence) for each in left] == []
    waiting = RemoteRecord.objects.filter(
        connection=books.connection, arrival__in=["new", "waits", "needs_person"]
    )
    assert [(str(each), each.sentence) for each in waiting] == []


def by_memory(tmp_path: Path, settings: Any) -> Callable[[], None]:
    """The process that sent goes on while the database under it is put back."""
    return lambda: None


def by_file(tmp_path: Path, settings: Any) -> Callable[[], None]:
    """Tieout is stopped, restored and started again on the host that sent."""
    settings.SYNC_WITNESS_DIR = str(tmp_path / "witness")
    return begin_anew


def by_what_arrives(tmp_path: Path, settings: Any) -> Callable[[], None]:
    """It is restored on another host, which knows nothing: their books show it."""
    return begin_anew


@pytest.mark.parametrize(
    ("found", "sent_before"),
    [
        pytest.param(by_memory, "documents", marks=pytest.mark.slow),
        (by_file, "nothing"),
        (by_what_arrives, "documents"),
        pytest.param(by_what_arrives, "nothing", marks=pytest.mark.slow),
    ],
)
@pytest.mark.variants
@pytest.mark.slow
def test_what_a_restored_database_forgot_is_taken_up_and_nothing_is_sent_twice(
    live: Books, tmp_path: Path, settings: Any, found: Any, sent_before: str
) -> None:
    then = found(tmp_path, settings)
    if sent_before == "documents":
        first = make_invoice(customer=make_customer(live.company), lines=[(make_item(live.company), 1, 10)])  # fmt: skip
        run(live, times=1)
        assert live.record(first).state == State.IN_THE_BOOKS
    else:
        run(live, times=1)
    enter_everything(live)
    copy = Copy(live)
    run(live, times=2)
    assert_in_the_books(live)
    before, money = counts(live), live.trial_balance()
    keys = set(Call.objects.exclude(key="").values_list("key", flat=True))

    copy.restore()
    assert not RemoteRecord.objects.filter(of_kind="payment", sync_record__isnull=False).exists()
    then()
    runs = run(live)

    assert counts(live) == before
    assert live.trial_balance() == money
    assert_in_the_books(live)
    assert "older than these books" in runs[0].sentence
    live.connection.refresh_from_db()
    assert live.connection.found_older_at is not None
    assert live.connection.read_anew == []
    assert [each.sentence for each in runs[1:]] == ["", ""]
    assert compare(live.connection).differences == []
    # What goes on from here has keys of its own: the ledger would repeat its answer to an old one.
    later = make_invoice(customer=make_customer(live.company, name="Someone else"))
    run(live, times=1)
    assert live.record(later).state == State.IN_THE_BOOKS
    assert len(live.theirs("Invoice")) == before["Invoice"] + 1
    since = Call.objects.filter(started_at__gt=runs[0].started_at).exclude(key="")
    assert not keys & set(since.values_list("key", flat=True))


def an_invoice(books: Books) -> None:
    make_invoice(customer=make_customer(books.company, name="Amy"))


def a_credit_note(books: Books) -> None:
    invoice = make_invoice(customer=make_customer(books.company, name="Amy"))
    issue(credit_invoice(invoice, reason="Sent back", on=MARCH_20))


def an_adjustment(books: Books) -> None:
    invoice = make_invoice(customer=make_customer(books.company, name="Amy"))
    deduct(invoice, role="bank_charge", amount=Decimal(4), on=MARCH_20, reason="Kept")


def a_refund(books: Books) -> None:
    customer = make_customer(books.company, name="Amy")
    assert books.method is not None
    payment = receive_payment(
        customer=customer, amount=Decimal(60), date=MARCH_20, method=books.method
    )
    pay_refund(payment, amount=Decimal(10), on=MARCH_20, method=books.method, reason="Too much")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("enter", "kind"),
    [
        (an_invoice, "invoice"),
        (a_credit_note, "credit_note"),
        (an_adjustment, "adjustment"),
        (a_refund, "refund"),
    ],
)
def test_what_was_entered_after_the_copy_is_told_as_made_by_tieout(
    live: Books, enter: Callable[[Books], None], kind: str
) -> None:
    run(live, times=1)
    copy = Copy(live)
    enter(live)
    run(live, times=1)
    copy.restore()

    run(live)

    told = RemoteRecord.objects.filter(connection=live.connection, of_kind=kind, sync_record=None)
    assert [each.arrival for each in told] == [RemoteRecord.Arrival.NEEDS_PERSON]
    assert "Tieout made it" in told[0].sentence
    assert told[0].remedy


@pytest.mark.slow
def test_a_number_given_again_is_held_by_what_tieout_made_and_said_so(live: Books) -> None:
    run(live, times=1)
    copy = Copy(live)
    make_invoice(customer=make_customer(live.company, name="Amy"))
    run(live, times=1)
    copy.restore()

    again = make_invoice(customer=make_customer(live.company, name="Amy"))
    run(live)
    made = live.record(again)
    if made.reason == Reason.WAITS_FOR_RECORD:
        # The customer too stands there under its old mark: a person links it first.
        customer = live.record(again.customer)
        assert "did not make it" not in customer.sentence
        row = RemoteRecord.objects.get(of_kind="customer", name="Amy")
        link(row, customer, user_id=live.fay.pk)
        run(live)
        made.refresh_from_db()

    assert made.reason == Reason.NUMBER_TAKEN
    assert "Tieout made it" in made.sentence
    assert "did not make it" not in made.sentence
    assert len([each for each in live.theirs("Invoice") if each["DocNumber"] == again.number]) == 1


@pytest.mark.slow
def test_nothing_is_believed_while_what_was_sent_may_still_arrive(
    live: Books, settings: Any
) -> None:
    run(live, times=1)
    enter_everything(live)
    copy = Copy(live)
    run(live, times=1)
    before = counts(live)
    copy.restore()
    settings.SYNC_PROVIDER_TIMEOUT = 120

    (stopped,) = run(live, times=1)

    assert stopped.calls == 0
    assert "still arrive" in stopped.sentence
    live.connection.refresh_from_db()
    assert live.connection.paused_until is not None
    settings.SYNC_PROVIDER_TIMEOUT = 0.01
    Connection.objects.filter(pk=live.connection.pk).update(paused_until=None)
    run(live)
    assert counts(live) == before
    assert_in_the_books(live)


def test_reading_anew_goes_on_where_the_run_before_it_stopped(live: Books) -> None:
    run(live, times=1)
    time.sleep(0.25)  # as after any send: until nothing of it can still arrive there
    Connection.objects.update(read_anew=["invoice", "payment", "deposit"])
    live.connection.refresh_from_db()
    lease = Lease.acquire(live.connection.pk)
    assert lease is not None
    crew = Crew.open(
        live.connection,
        lease,
        Run.objects.create(connection=live.connection, duty="sync", started_at=now()),
    )
    means = Means(get=lambda: None, apply=lambda: None, must_stop=lambda: True)

    with pytest.raises(Yielding):
        read_all(live.connection, crew.connector, crew.courier, means)

    live.connection.refresh_from_db()
    assert live.connection.read_anew == ["payment", "deposit"]
    crew.close()
    lease.release()
    assert "older than these books" in run(live, times=1)[0].sentence


def test_a_process_that_begins_reads_once_before_it_sends_and_an_idle_one_not_at_all(
    live: Books,
) -> None:
    run(live, times=1)
    begin_anew()
    assert [each.calls for each in run(live, times=2)] == [0, 0]

    make_invoice(customer=make_customer(live.company, name="Amy"))
    first = run(live, times=1)[0]
    make_invoice(customer=make_customer(live.company, name="Bea"))
    second = run(live, times=1)[0]

    assert first.calls == second.calls + 1


def test_a_witness_that_is_damaged_or_cannot_be_kept_is_no_alarm(
    live: Books, tmp_path: Path, settings: Any
) -> None:
    settings.SYNC_WITNESS_DIR = str(tmp_path / "witness")
    make_invoice(customer=make_customer(live.company, name="Amy"))
    run(live, times=1)
    (file,) = (tmp_path / "witness").iterdir()
    assert json.loads(file.read_text())["call"] == Call.objects.exclude(key="").first().pk
    begin_anew()
    file.write_text("{")
    assert witness.doubt_of(live.connection) == ""
    settings.SYNC_WITNESS_DIR = str(file / "no-folder")
    make_invoice(customer=make_customer(live.company, name="Bea"))
    assert run(live, times=1)[0].sentence == ""


@pytest.mark.slow
def test_a_server_that_took_over_is_doubted_where_it_says_which_it_is(live: Books) -> None:
    make_invoice(customer=make_customer(live.company, name="Amy"))
    run(live, times=1)
    name = live.connection.public_id.hex
    known = witness._seen[name]
    assert bool(known.server) == (database.vendor == "postgresql")

    witness._seen[name] = dataclasses.replace(known, server="7300000000000000000 00000009")

    doubted = witness.doubt_of(live.connection)
    assert doubted == (witness.OTHER_SERVER if database.vendor == "postgresql" else "")
    for _ in range(3):  # what was sent may still arrive: then it is read a run later
        run(live, times=1)
        time.sleep(0.3)
    assert witness.doubt_of(live.connection) == ""


def test_the_database_keeps_through_a_power_cut_what_was_said_to_a_ledger(db: None) -> None:
    ask, durable = {
        "sqlite": ("PRAGMA synchronous", 2),  # FULL
        "postgresql": ("SHOW synchronous_commit", "on"),
    }[database.vendor]
    with database.cursor() as cursor:
        cursor.execute(ask)
        assert cursor.fetchone()[0] == durable
