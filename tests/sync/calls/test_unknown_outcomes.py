"""An outcome stays unknown until something is said about the very call: nothing is made twice.

One record of every kind loses its answer after the commit; then its replay meets an answer that is
none; then the ledger is well again. In the end each stands there once and is in the books.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils.timezone import now

from apps.billing.actions import (
    allocate,
    deduct,
    make_deposit,
    pay_refund,
    receive_payment,
)
from apps.billing.models import BankAccount
from apps.connections.models import Connection
from apps.connectors.errors import CannotTell
from apps.connectors.port import Outcome
from apps.connectors.quickbooks.connector import QuickBooks
from apps.connectors.snapshots import Kind
from apps.sync.calls.courier import Settling, request_of
from apps.sync.decide.acts import retry, send_anew
from apps.sync.lease import Lease
from apps.sync.models import Call, Reason, State, SyncRecord
from apps.sync.run import Crew
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_item
from tests.kept_books import live_books_after
from tests.sandbox_server import SandboxServer

BATCH = {"endpoint": "batch"}
MARCH_9, MARCH_20 = date(2026, 3, 9), date(2026, 3, 20)
ENTITIES = (
    "Customer",
    "Item",
    "Invoice",
    "CreditMemo",
    "Payment",
    "JournalEntry",
    "Purchase",
    "Deposit",
)
# Invoices 300, credit notes 50, money 127 of which 60 went back and 50 to the bank, a charge of 3.
BOOKED = {
    "Accounts Receivable (A/R)": Decimal(180),
    "Sales of Product Income": Decimal(-250),
    "Bank Charges": Decimal(3),
    "Undeposited Funds": Decimal(17),
    "Checking": Decimal(50),
}


@pytest.fixture(autouse=True)
def soon(settings: Any, ledger: SandboxServer) -> None:
    """The simulated ledger executes nothing late by itself."""
    settings.SYNC_PROVIDER_TIMEOUT = 0.05


@pytest.fixture
def prepared(ledger: SandboxServer, soon: None, db: None) -> Books:
    return live_books_after(one_of_every_kind, ledger)[0]


@pytest.fixture
def lost(ledger: SandboxServer, soon: None, db: None) -> Books:
    """One of every kind stands there, and no answer told it."""
    return live_books_after(every_answer_lost, ledger)[0]


def every_answer_lost(books: Books) -> None:
    one_of_every_kind(books)
    books.server.arm(books.realm, "lose_after_commit", times=1000, match=BATCH)
    books.run(get=False)
    books.server.disarm(books.realm)


def one_of_every_kind(books: Books) -> None:
    """What they need is in the books; they themselves are not yet. All amounts in GBP."""
    company, method = books.company, books.method
    assert method is not None
    books.map_role("bank_charge", "Bank Charges")
    bank = BankAccount.objects.create(company=company, name="Checking", currency="GBP")
    books.map_proposed()
    customer, item = make_customer(company), make_item(company)
    first = make_invoice(customer=customer, lines=[(item, 1, 100)])
    note = make_credit_note(customer=customer, lines=[(item, 1, 40)])
    paid = receive_payment(customer=customer, amount=Decimal(50), date=MARCH_9, method=method)
    books.run()
    # A customer and an item go with the invoice that needs them.
    make_invoice(company=company, lines=[(make_item(company), 1, 100)])
    make_credit_note(customer=customer, lines=[(item, 1, 10)])
    receive_payment(customer=customer, amount=Decimal(17), date=MARCH_9, method=method)
    allocate(note, first, Decimal(40), on=MARCH_20)
    deduct(first, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept by the bank")
    extra = receive_payment(customer=customer, amount=Decimal(60), date=MARCH_9, method=method)
    pay_refund(extra, amount=Decimal(60), on=MARCH_20, method=method, reason="Too much")
    make_deposit(bank, date=MARCH_20, payments=[paid])


def runs(books: Books, count: int) -> None:
    """Runs as ticks would start them: every wait has passed, theirs and ours, and where their
    authorisation was refused somebody has connected again."""
    for _ in range(count):
        time.sleep(0.06)
        SyncRecord.objects.filter(due_at__gt=now()).update(due_at=now())
        Connection.objects.filter(pk=books.connection.pk).update(
            paused_until=None, stage=Connection.Stage.LIVE
        )
        books.run(get=False)


@pytest.fixture
def unreachable(settings: Any) -> Iterator[Callable[[bool], None]]:
    """Nobody listens at their address, or somebody does again."""
    there = settings.SIMULATED_LEDGERS_URL

    def switch(on: bool) -> None:
        settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:9" if on else there

    yield switch
    switch(False)


def assert_once_and_in_the_books(books: Books) -> None:
    left = SyncRecord.objects.filter(connection=books.connection).exclude(state=State.IN_THE_BOOKS)
    assert [(str(each), each.state, each.sentence) for each in left] == []
    assert marked_twice(books) == []
    assert books.trial_balance() == BOOKED


def marked_twice(books: Books) -> list[str]:
    """Notes with our marker that stand on two objects of a kind."""
    notes = Counter(
        f"{entity} {each.get('PrivateNote') or each.get('Notes')}"
        for entity in ENTITIES
        for each in books.theirs(entity)
        if each.get("PrivateNote") or each.get("Notes")
    )
    return sorted(note for note, count in notes.items() if count > 1)


BAD_REPLAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "connection refused": ("", {}),
    "too late": ("", {}),
    "lost before commit": ("lose_before_commit", {}),
    "lost after commit": ("lose_after_commit", {}),
    "429": ("status", {"status": 429, "retry_after": 1}),
    "429 after commit": ("status", {"status": 429, "after_commit": True}),
    "403": ("status", {"status": 403}),
    "403 of a gateway": ("status", {"status": 403, "body": "html"}),
    "401 that does not renew": ("status", {"status": 401}),
    "500": ("status", {"status": 500}),
    "503 after commit": ("status", {"status": 503, "after_commit": True}),
    "malformed": ("malformed", {}),
    "empty": ("empty_200", {"after_commit": True}),
    "a system fault": ("fault_in_200", {"code": "10000"}),
}


# Two ways through the engine each time; the others when asked for. The connector alone meets all of
# them with every kind in tests/contract.
EACH_WAY = ("too late", "403")


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        each if each in EACH_WAY else pytest.param(each, marks=pytest.mark.slow)
        for each in BAD_REPLAYS
    ],
)
def test_a_replay_without_an_answer_leaves_every_kind_unknown_under_its_key(
    lost: Books, settings: Any, unreachable: Callable[[bool], None], answer: str
) -> None:
    books = lost
    unknown = {each.pk: each.call_id for each in SyncRecord.objects.filter(state=State.UNKNOWN)}
    keys = dict(Call.objects.filter(pk__in=unknown.values()).values_list("pk", "key"))
    kinds = set(SyncRecord.objects.filter(pk__in=unknown).values_list("kind", flat=True))
    assert len(kinds) == 8  # all that the lost customer and item do not keep waiting

    fault, told = BAD_REPLAYS[answer]
    unreachable(answer == "connection refused")
    if answer == "too late":
        settings.SYNC_CALL_DEADLINE = 0
    if fault:
        books.server.arm(books.realm, fault, times=1000, match=BATCH, **told)
    runs(books, 3)
    books.server.disarm(books.realm)
    unreachable(False)
    settings.SYNC_CALL_DEADLINE = 5

    # Found by looking, or still unknown under the same call: never sent under another key.
    later = Call.objects.filter(connection=books.connection, pk__gt=max(keys)).exclude(key="")
    assert [
        (call.key, pk)
        for call in later
        for pk in set(call.members) & set(unknown)
        if call.key != keys[unknown[pk]]
    ] == []
    for record in SyncRecord.objects.filter(pk__in=unknown):
        assert (record.state, record.call_id) in (
            (State.UNKNOWN, unknown[record.pk]),
            (State.IN_THE_BOOKS, unknown[record.pk]),
        )
    runs(books, 6)
    assert_once_and_in_the_books(books)


GATES: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "retry_after": 1},
    "403": {"status": 403},
    "401": {"status": 401},
}


@pytest.mark.parametrize(
    "gate",
    [each if each == "429" else pytest.param(each, marks=pytest.mark.slow) for each in GATES],
)
@pytest.mark.slow
def test_what_a_gateway_turned_away_after_the_commit_is_not_sent_under_another_key(
    prepared: Books, gate: str
) -> None:
    books = prepared
    books.server.arm(
        books.realm, "status", times=1000, match=BATCH, after_commit=True, **GATES[gate]
    )
    runs(books, 1)
    unknown = SyncRecord.objects.filter(state=State.UNKNOWN)
    assert unknown.count() == 1  # the connection pauses with the first
    assert unknown.get().sentence
    runs(books, 11)
    books.server.disarm(books.realm)
    runs(books, 3)

    assert_once_and_in_the_books(books)


def test_a_gateway_is_believed_where_the_books_would_refuse_a_double(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a connector says of a ledger whose numbers are unique: sent again, refused, adopted."""
    kinds = frozenset({Kind.CUSTOMER, Kind.INVOICE})
    claims = dataclasses.replace(QuickBooks.capabilities, refuses_doubles=kinds)
    monkeypatch.setattr(QuickBooks, "capabilities", claims)
    invoice = make_invoice(company=books.company)
    books.server.arm(
        books.realm,
        "status",
        status=429,
        after_commit=True,
        match={**BATCH, "contains": '"Invoice"'},
    )

    runs(books, 1)
    assert books.record(invoice).state == State.WAITING
    runs(books, 1)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert len(books.theirs("Invoice")) == 2


def test_nothing_but_its_own_bytes_leaves_while_a_call_is_settled(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.server.arm(books.realm, "lose_before_commit", match={**BATCH, "contains": '"Invoice"'})
    books.run(get=False)
    call = books.record(invoice).call
    assert call is not None
    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    crew = Crew.open(books.connection, lease, call.run)
    crew.courier.intends({}, settling=Settling(call))
    other = dataclasses.replace(request_of(call), key="another")

    with pytest.raises(ValueError, match="its own bytes"):
        list(crew.courier.carry([other]))

    crew.close()
    lease.release()


@pytest.mark.slow
def test_a_replay_that_is_lost_begins_their_time_out_anew(books: Books, settings: Any) -> None:
    invoice = make_invoice(company=books.company)
    match = {**BATCH, "contains": '"Invoice"'}
    books.server.arm(books.realm, "lose_before_commit", times=2, match=match)
    books.run(get=False)
    first = books.record(invoice).call
    assert first is not None
    runs(books, 1)

    first.refresh_from_db()
    replay = first.replayed_by.get()
    assert first.may_have_left_until == replay.may_have_left_until == replay.answered_at
    record = books.record(invoice)
    assert (record.state, record.call_id, record.generation) == (State.UNKNOWN, first.pk, 1)

    # Asked too early it is not asked at all; afterwards its absence is believed.
    settings.SYNC_PROVIDER_TIMEOUT = 60
    runs(books, 1)
    assert books.record(invoice).state == State.UNKNOWN
    settings.SYNC_PROVIDER_TIMEOUT = 0.05
    runs(books, 2)
    record = books.record(invoice)
    assert (record.state, record.generation) == (State.IN_THE_BOOKS, 2)
    assert first.replayed_by.count() == 1
    assert len(books.theirs("Invoice")) == 2


def test_a_key_that_outlived_its_life_is_not_replayed_and_the_record_is_looked_for(
    books: Books, settings: Any
) -> None:
    there, lost = (make_invoice(company=books.company) for _ in range(2))
    books.server.arm(books.realm, "lose_after_commit", match={**BATCH, "contains": '"Invoice"'})
    books.run(get=False)
    settings.SYNC_KEY_LIFE = 0
    keys = set(Call.objects.filter(connection=books.connection).values_list("key", flat=True))
    runs(books, 2)

    assert {books.record(each).state for each in (there, lost)} == {State.IN_THE_BOOKS}
    assert set(Call.objects.exclude(key="").values_list("key", flat=True)) <= keys
    assert not Call.objects.exclude(replays=None).exists()
    assert len(books.theirs("Invoice")) == 3


def test_retry_of_what_is_unknown_asks_again_and_sends_nothing(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.server.arm(books.realm, "lose_after_commit", match={**BATCH, "contains": '"Invoice"'})
    books.run(get=False)
    record = books.record(invoice)
    call = record.call_id
    record.hold(Reason.ANSWER_LOST, "Tieout cannot find out whether it arrived.", "Look there.")
    record.save()

    done, refused = retry([record])

    assert (done, refused) == (1, [])
    record = books.record(invoice)
    assert (record.state, record.call_id) == (State.UNKNOWN, call)
    runs(books, 1)
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert len(books.theirs("Invoice")) == 2


def test_what_nobody_can_tell_waits_for_a_person_who_looks_and_sends_it_again(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(self: QuickBooks, unsettled: Any, courier: Any) -> Iterator[Outcome]:
        for push in unsettled.pushes:
            yield Outcome(ref=push.ref, error=CannotTell("These books cannot be asked for it."))

    monkeypatch.setattr(QuickBooks, "settle", cannot)
    invoice = make_invoice(company=books.company)
    books.server.arm(books.realm, "lose_before_commit", match={**BATCH, "contains": '"Invoice"'})
    books.run(get=False)
    runs(books, 2)
    held = books.record(invoice)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.ANSWER_LOST)
    assert "cannot be asked" in held.sentence
    assert "Send it again" in held.remedy
    with pytest.raises(ValidationError):
        send_anew(held, user_id=books.fay.pk, reason=" ")

    send_anew(held, user_id=books.fay.pk, reason="Looked: it is not there")
    runs(books, 1)

    assert (books.record(invoice).state, books.record(invoice).generation) == ("in_the_books", 2)
    assert len(books.theirs("Invoice")) == 2


@pytest.mark.parametrize(
    "again",
    [
        {"status": 429},
        pytest.param({"status": 500}, marks=pytest.mark.slow),
        pytest.param({"status": 403}, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
@pytest.mark.variants
def test_a_lost_change_is_made_once_whatever_its_replay_meets(
    books: Books, fault: str, again: dict[str, Any]
) -> None:
    invoice = make_invoice(company=books.company)
    books.run(get=False)
    version = int(books.their_invoice(invoice.number)["SyncToken"])
    invoice.message = "Thank you, Amy"
    invoice.save()
    books.server.arm(books.realm, fault, match=BATCH)
    books.run(get=False)
    books.server.arm(books.realm, "status", times=1, match=BATCH, **again)
    runs(books, 4)

    there = books.their_invoice(invoice.number)
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert there["CustomerMemo"]["value"] == "Thank you, Amy"
    assert int(there["SyncToken"]) == version + 1
