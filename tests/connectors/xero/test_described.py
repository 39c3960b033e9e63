"""Every request that the connector composes, held against Xero's own description of its API.

It needs `openapi-core` and the description itself (`XERO_OPENAPI`, else beside the repository).
"""

import dataclasses
from typing import Any

import pytest

from apps.connectors.notes import Note
from apps.connectors.port import Purpose, Request
from apps.connectors.snapshots import Kind
from apps.connectors.xero.objects import PLURAL
from tests.connectors.xero import answers, test_settling
from tests.connectors.xero.answers import (
    ACCOUNTS,
    CREDIT,
    INVOICE,
    OTHER_INVOICE,
    Script,
    adjustment,
    against,
    credit_note,
    customer,
    envelope,
    invoice,
    payment,
    push,
    refund,
    said,
    whole,
    xero,
)
from tests.connectors.xero.described import DESCRIPTION, violations
from tests.connectors.xero.test_deposit_bodies import CARDS


def check(request: Request) -> None:
    """Raises what of a request is not as the description has it."""
    assert list(violations(request, None)) == []


def told() -> None:
    """Skips where there is no description, or nothing that reads it."""
    pytest.importorskip("openapi_core", reason="openapi-core is not installed")
    if not DESCRIPTION.exists():
        pytest.skip(f"Xero's description is not at {DESCRIPTION}")


FOREIGN = {"currency": "USD", "exchange_rate": answers.Decimal("0.8")}
MADE = [
    customer(),
    invoice(),
    invoice(**FOREIGN),
    credit_note(),
    adjustment(),
    adjustment(debits=True),
    payment("120.00", against(INVOICE, "120.00")),
    payment("150.00", against(INVOICE, "100.00"), against(OTHER_INVOICE, "50.00")),
    payment("130.00", **FOREIGN),
    refund(),
    CARDS,
    dataclasses.replace(CARDS, lines=CARDS.lines[2:], total=CARDS.lines[2].amount),
]


@pytest.mark.parametrize("snapshot", MADE)
def test_what_is_made_is_asked_for_as_described(snapshot: Any) -> None:
    told()
    names = {f"PUT {path}": answers.LOST for path in test_settling.PATHS}
    script = Script(names | {"GET Accounts": ACCOUNTS})
    list(xero().push([push(snapshot)], script))
    assert script.writes
    for each in script.asked:
        check(each)


def test_what_is_changed_is_asked_for_as_described() -> None:
    told()
    raw = answers.invoice_raw()
    paid = answers.payment_raw()
    credit = answers.credit_raw(Allocations=[answers.allocation_raw()])
    script = Script(
        {
            f"{method} {path}": answers.LOST
            for method in ("PUT", "POST", "DELETE")
            for path in test_settling.PATHS
        }
        | {
            f"GET Invoices/{INVOICE}": said(envelope(Invoices=[raw])),
            f"GET Payments/{answers.PAYMENT}": said(envelope(Payments=[paid])),
            f"GET CreditNotes/{CREDIT}": said(envelope(CreditNotes=[credit])),
        }
    )
    allocation = against(INVOICE, "40.00", source=Kind.CREDIT_NOTE, source_id=CREDIT)
    gone = against(INVOICE, "40.00", source=Kind.CREDIT_NOTE, source_id=CREDIT, cancelled=True)
    pushes = [
        push(invoice(void=True), whole("Invoice", raw), ref=1),
        push(payment("120.00", cancelled=True), whole("Payment", paid), ref=2),
        push(allocation, ref=3),
        push(gone, answers.objects("CreditNote", credit)[1], ref=4),
    ]
    list(xero().push(pushes, script))
    assert len(script.writes) == len(pushes)
    for each in script.asked:
        check(each)


@pytest.mark.parametrize("kind", ["Invoice", "CreditNote", "Payment", "BankTransaction"])
def test_what_is_noted_is_asked_for_as_described(kind: str) -> None:
    told()
    path = f"{PLURAL[kind]}/{INVOICE}/History"
    script = Script({f"PUT {path}": said(envelope(HistoryRecords=[{"Details": "Noted"}]))})
    words = "Invoice INV-1: recorded in Tieout by Fay. " + "x" * 3000
    xero().note(Note(kind=kind, remote_id=INVOICE, words=words, key="note 1"), script)
    (request,) = script.writes
    check(request)
    assert request.purpose is Purpose.NOTES
    assert request.body.count(b"x") == 2500 - 42


def test_what_is_read_is_asked_for_as_described() -> None:
    told()
    from tests.connectors.xero.test_feed import books, changes

    script = Script(books())
    changes(script)
    xero().ids(["Invoice", "Contact"], script)
    list(xero().find(Kind.INVOICE, ["INV-1"], script))
    list(xero().find(Kind.CREDIT_NOTE, ["CN-1"], script))
    for each in script.asked:
        check(each)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"Type":"ACCREC"', b'"Type":"SALE"'),
        (b'"Quantity":1', b'"Quantity":"one"'),
        (b'"ContactID":"aa', b'"ContactID":"no guid aa'),
    ],
)
def test_the_description_refuses_what_is_wrong(old: bytes, new: bytes) -> None:
    told()
    script = Script({"PUT Invoices": answers.LOST})
    list(xero().push([push(invoice())], script))
    (request,) = script.writes
    check(request)
    assert old in request.body
    with pytest.raises(AssertionError, match="PUT"):
        check(dataclasses.replace(request, body=request.body.replace(old, new)))
