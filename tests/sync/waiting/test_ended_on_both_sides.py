"""Taken back there, then here too: nobody is told any more that somebody must act."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    cancel_payment,
    cancel_refund,
    make_deposit,
    pay_refund,
    undo_deposit,
    void,
)
from apps.connectors.snapshots import RefundSnapshot
from apps.sync.models import RemoteRecord, State
from apps.sync.waiting.stranded import end_the_stranded
from tests.books import Books
from tests.factories import make_invoice, make_payment
from tests.sync.stage import Stage
from tests.sync.theirs import row_of, their_id

Arrival = RemoteRecord.Arrival
ON = date(2026, 3, 20)
TAKES_BACK = {
    "payment": cancel_payment, "invoice": void, "refund": cancel_refund, "deposit": undo_deposit,
}  # fmt: skip


def made_here(books: Books, kind: str) -> Any:
    invoice = make_invoice(company=books.company)
    if kind == "invoice":
        return invoice
    return make_payment(customer=invoice.customer, method=books.method)


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        ("payment", "void_payment"),
        ("payment", "delete_payment"),
        pytest.param("invoice", "delete_invoice", marks=pytest.mark.slow),
    ],
)
def test_what_ended_there_and_then_here_asks_nobody_any_more(
    books: Books, kind: str, act: str
) -> None:
    record = made_here(books, kind)
    books.run()
    [there] = books.record(record).remote_records.filter(retired=False, part="")
    books.server.act(books.realm, act, id=their_id(books, record))
    books.run()
    row = row_of(books, there.kind, there.remote_id)
    held = books.record(record)
    assert (held.state, row.arrival) == (State.NEEDS_PERSON, Arrival.NEEDS_PERSON)
    assert row.sentence == held.sentence != ""

    record.refresh_from_db()
    TAKES_BACK[kind](record, reason="Taken back there", on=ON)
    books.run()

    ended = books.record(record)
    assert ended.state in (State.GONE, State.IN_THE_BOOKS)
    assert ended.wanted == ended.sent
    assert "Nothing sends it again" not in ended.sentence
    assert (ended.remedy, ended.waits_for) == ("", "")
    row.refresh_from_db()
    assert row.arrival in (Arrival.APPLIED, Arrival.ECHO)
    assert (row.sentence, row.remedy, row.waits_for) == ("", "", "")
    before = list(RemoteRecord.objects.order_by("pk").values())
    books.run()
    assert list(RemoteRecord.objects.order_by("pk").values()) == before


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["refund", "deposit"])
def test_money_that_ended_there_and_then_here_asks_nobody_any_more(kind: str) -> None:
    stage = Stage()
    payment = make_payment(customer=stage.customer, method=stage.cards)
    paid = stage.tie(payment)
    record: Any
    if kind == "refund":
        record = pay_refund(
            payment, amount=Decimal(20), on=ON, method=stage.cards, reason="Paid twice"
        )
    else:
        record = make_deposit(stage.bank, date=ON, payments=[payment])
    agreed: Any = stage.deposit((f"payment:{paid}", "100"))
    if kind == "refund":
        agreed = RefundSnapshot(
            marker=record.public_id.hex,
            customer_id=stage.customer_id,
            paid_on=ON,
            currency="GBP",
            amount=Decimal(20),
        )
    remote_id = stage.tie(record, agreed)
    row = stage.put(agreed, remote_id, gone=True)
    stage.apply()
    row.refresh_from_db()
    assert row.arrival == Arrival.NEEDS_PERSON

    TAKES_BACK[kind](record, reason="Taken back there", on=ON)
    end_the_stranded(stage.connection)
    stage.apply()

    row.refresh_from_db()
    assert row.arrival in (Arrival.APPLIED, Arrival.ECHO)
    assert (row.sentence, row.remedy) == ("", "")
    assert stage.record(record).state == State.GONE
