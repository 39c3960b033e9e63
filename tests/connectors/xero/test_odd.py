"""Whatever a field of theirs holds: one object stops itself alone, and nothing is guessed."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.port import RemoteObject
from tests.connectors.xero import answers
from tests.connectors.xero.answers import Script, envelope, objects, said, xero
from tests.connectors.xero.test_feed import LISTS, books, changes

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just([]), st.just({}),
    st.just([None]), st.just({"a": {"b": []}}), st.floats(allow_nan=False, allow_infinity=False),
    st.just("n/a"), st.just("/Date(99999999999999999999)/"), st.just("0000-00-00"),
)  # fmt: skip

OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "Contacts": ("Contact", answers.contact_raw()),
    "Items": (
        "Item",
        {"ItemID": "i", "Code": "A", "Name": "A", "SalesDetails": {"UnitPrice": 1.0}},
    ),
    "Invoices": ("Invoice", answers.invoice_raw()),
    "CreditNotes": ("CreditNote", answers.credit_raw(Allocations=[answers.allocation_raw()])),
    "Payments": ("Payment", answers.payment_raw()),
    "BatchPayments": ("BatchPayment", answers.batch_raw()),
    "BankTransactions": ("BankTransaction", answers.bank_raw(Type="SPEND")),
    "Overpayments": (
        "Overpayment",
        answers.overpayment_raw(Allocations=[answers.allocation_raw(30.0)], RemainingCredit=90.0),
    ),
}
assert set(OBJECTS) <= set(LISTS)


def places(raw: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    listed = (
        raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    )
    for name, each in listed:
        found += places(each, (*path, name))
    return found


def spoilt(raw: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(raw)
    within: Any = made
    for name in path[:-1]:
        within = within[name]
    within[path[-1]] = value
    return made


@pytest.mark.variants(keep=2)
@pytest.mark.parametrize("listed", sorted(OBJECTS))
@given(data=st.data())
def test_an_odd_value_anywhere_is_told_or_read_and_breaks_nothing(
    listed: str, data: st.DataObject
) -> None:
    kind, raw = OBJECTS[listed]
    path = data.draw(st.sampled_from(places(raw)))
    odd = spoilt(raw, path, data.draw(ODD))
    for each in objects(kind, odd):
        assert isinstance(each, RemoteObject)
        if each.unreadable:
            assert (each.snapshot, each.amount, each.dated) == (None, None, None)
            assert each.unreadable.field
        assert xero().parse(each.kind, each.raw) == each or each.gone
    # Beside one that is whole, which arrives all the same.
    whole = {**raw, "InvoiceNumber": "whole"}
    # Batches are read where a payment names one.
    inside = [answers.payment_raw(BatchPaymentID=answers.BATCH)] if "Batch" in listed else []
    paid = {} if listed == "Payments" else {"GET Payments": said(envelope(Payments=inside))}
    script = Script(
        books(**{listed: said(envelope(**{listed: [odd, whole]}))})
        | paid
        | {"GET Accounts": answers.ACCOUNTS}
        | {"GET Invoices": said(envelope(Invoices=[odd, whole] if listed == "Invoices" else []))}
        | {
            f"GET Invoices/{one}": answers.NOT_THERE
            for one in (answers.INVOICE, answers.OTHER_INVOICE)
        }
    )
    arrived = [each for page in changes(script) for each in page.objects]
    assert any(not each.unreadable for each in arrived)
