"""An outcome stays unknown until something is said about the very call: nothing is made twice.

One record of every kind loses its answer after the commit; then its replay meets an answer that is
none; then the ledger is well again. In the end each stands there once and is in the books.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    deduct,
    make_deposit,
    pay_refund,
    receive_payment,
)
from apps.billing.models import BankAccount
from apps.connections.models import Connection
from apps.sync.models import Call, State, SyncRecord
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_item

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
    """Runs as ticks would start them: what their side asked us to wait for has passed, and where
    their authorisation was refused somebody has connected again."""
    for _ in range(count):
        time.sleep(0.22)
        Connection.objects.filter(pk=books.connection.pk).update(
            paused_until=None, stage=Connection.Stage.LIVE
        )
        books.run(get=False)


@pytest.fixture
def unreachable(settings: Any) -> Iterator[Callable[[bool], None]]:
    """Nobody listens at their address, or somebody does again."""
    app = settings.LEDGER_APPS["quickbooks"]["simulated"]
    api = app["api"]

    def switch(on: bool) -> None:
        app["api"] = "http://127.0.0.1:9" if on else api

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


@pytest.mark.parametrize("answer", BAD_REPLAYS)
def test_a_replay_without_an_answer_leaves_every_kind_unknown_under_its_key(
    books: Books, settings: Any, unreachable: Callable[[bool], None], answer: str
) -> None:
    one_of_every_kind(books)
    books.server.arm(books.realm, "lose_after_commit", times=1000, match=BATCH)
    books.run(get=False)
    books.server.disarm(books.realm)
    lost = {each.pk: each.call_id for each in SyncRecord.objects.filter(state=State.UNKNOWN)}
    keys = dict(Call.objects.filter(pk__in=lost.values()).values_list("pk", "key"))
    kinds = set(SyncRecord.objects.filter(pk__in=lost).values_list("kind", flat=True))
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
        for pk in set(call.members) & set(lost)
        if call.key != keys[lost[pk]]
    ] == []
    for record in SyncRecord.objects.filter(pk__in=lost):
        assert (record.state, record.call_id) in (
            (State.UNKNOWN, lost[record.pk]),
            (State.IN_THE_BOOKS, lost[record.pk]),
        )
    runs(books, 6)
    assert_once_and_in_the_books(books)
