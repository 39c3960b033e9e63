"""Whatever a receipt was, is and becomes: its money stands once, and its plan comes to an end."""

import itertools
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.errors import RecordRefused
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import PaymentSnapshot
from apps.connectors.xero.plan import Planner
from apps.connectors.xero.todo import Todo
from apps.connectors.xero.wire import dump
from tests.connectors.xero import answers
from tests.connectors.xero.answers import TODAY, against, payment, push, whole, xero

INVOICES = ("i1", "i2", "i3")
HUNDRED = Decimal(100)


class Books:
    """As much of their books as a plan sees: receipts by id, written by the planned calls."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.raws: dict[tuple[str, str], dict[str, Any]] = {}
        self.ids = itertools.count(1)

    def objects(self) -> list[RemoteObject]:
        return [whole(kind, raw) for (kind, _), raw in self.raws.items()]

    def money(self) -> Decimal:
        found = (each.amount or Decimal(0) for each in self.objects() if not each.void)
        return sum(found, Decimal(0))

    def execute(self, todo: Todo) -> None:
        body = json.loads(dump(todo.body)) if todo.body is not None else {}
        if todo.method == "PUT" and todo.plural:
            self.made(todo.kind, body)
            return
        assert todo.key is not None
        raw = self.raws[todo.key[:2]]
        if body == {"Status": "DELETED"}:
            raw["Status"] = "DELETED"
        elif todo.method == "DELETE":
            part = todo.path.rpartition("/")[2]
            raw["Allocations"] = [
                each for each in raw["Allocations"] if each["AllocationID"] != part
            ]
        else:
            for each in body["Allocations"]:
                more = {"AllocationID": f"a{next(self.ids)}"}
                raw["Allocations"].append(each | more)
            set_off = sum(each["Amount"] for each in raw["Allocations"])
            assert set_off <= raw["Total"], "more is set against documents than was received"

    def made(self, kind: str, body: dict[str, Any]) -> None:
        own = f"{kind}{next(self.ids)}"
        contact = {"Contact": {"ContactID": answers.CONTACT}, "CurrencyCode": self.currency}
        if kind == "Payment":
            raw = body | {"PaymentID": own, "Invoice": body["Invoice"] | contact}
        elif kind == "BatchPayment":
            raw = body | {"BatchPaymentID": own} | contact
        else:
            assert body["Type"] == "RECEIVE-OVERPAYMENT"
            amount = body["LineItems"][0]["LineAmount"]
            raw = body | contact | {"OverpaymentID": own, "Total": amount, "Allocations": []}
        self.raws[kind, own] = raw | {"Status": "AUTHORISED"}


@st.composite
def receipts(draw: st.DrawFn, currency: str) -> PaymentSnapshot:
    """100 in all, set against some of three invoices, today or later, or nothing, or cancelled."""
    cuts = sorted(draw(st.lists(st.integers(1, 100), max_size=3, unique=True)))
    amounts = [b - a for a, b in itertools.pairwise([0, *cuts])]
    parts = [
        against(
            target,
            str(amount),
            currency=currency,
            applied_on=TODAY + timedelta(days=draw(st.sampled_from([0, 0, 5]))),
        )
        for target, amount in zip(draw(st.permutations(INVOICES)), amounts, strict=False)
    ]
    more: dict[str, Any] = {"currency": currency}
    if currency != "GBP":
        more["exchange_rate"] = Decimal("0.8")
    if draw(st.integers(0, 9)) == 0:
        more["cancelled"] = True
    if draw(st.integers(0, 9)) == 0:
        more["paid_on"] = date(2026, 11, 19)
    return payment("100.00", *parts, **more)


@pytest.mark.parametrize("currency", ["GBP", "USD"])
@given(data=st.data())
def test_its_money_stands_once_whatever_it_becomes(currency: str, data: st.DataObject) -> None:
    planner = Planner("GBP", "tax_types")
    books = Books(currency)
    for _ in range(data.draw(st.integers(1, 4))):
        wanted = xero().project(data.draw(receipts(currency)))
        assert isinstance(wanted, PaymentSnapshot)
        for _ in range(20):
            stands = books.objects()
            # What was retired stands for it no more.
            counting = [each for each in stands if not each.void]
            try:
                todo = planner.todo_of(push(wanted, *counting))
            except RecordRefused:
                break  # a person looks; nothing was written
            if todo is None:
                if not wanted.cancelled:
                    assert books.money() == HUNDRED
                break
            books.execute(todo)
            assert books.money() <= HUNDRED, "the money stands twice"
        else:
            raise AssertionError("the plan comes to no end")
