"""Whatever one object of theirs holds, it is read or told as unreadable, and never raises; a null is
never a figure."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.quickbooks.lists import balances_of, rates_of
from apps.connectors.quickbooks.objects import object_of, objects_of
from apps.connectors.snapshots import to_json
from tests.contract.stage import TODAY

HOME = "GBP"
HEAD: dict[str, Any] = {
    "Id": "12",
    "SyncToken": "3",
    "MetaData": {
        "CreateTime": "2026-03-01T09:00:00-07:00",
        "LastUpdatedTime": "2026-03-02T09:00:00-07:00",
    },
    "domain": "QBO",
    "sparse": False,
}
SALE: dict[str, Any] = {
    **HEAD,
    "TxnDate": "2026-03-01",
    "DocNumber": "INV-1",
    "PrivateNote": "Tieout 0123456789abcdef0123456789abcdef",
    "CustomerRef": {"value": "7", "name": "Brass & Oak"},
    "CurrencyRef": {"value": "EUR", "name": "Euro"},
    "ExchangeRate": 0.85,
    "BillAddr": {"Id": "4", "Line1": "1 Dock Street", "City": "Leeds"},
    "Line": [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": 100.5,
            "Description": "Advice",
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "3"},
                "Qty": 2,
                "UnitPrice": 50.25,
                "TaxCodeRef": {"value": "20"},
            },
        },
        {"Amount": 100.5, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ],
    "TxnTaxDetail": {
        "TotalTax": 20.1,
        "TaxLine": [
            {
                "Amount": 20.1,
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {"TaxRateRef": {"value": "5"}, "NetAmountTaxable": 100.5},
            }
        ],
    },
    "TotalAmt": 120.6,
    "HomeTotalAmt": 102.51,
    "Balance": 20.6,
    "DueDate": "2026-03-31",
    "LinkedTxn": [{"TxnId": "44", "TxnType": "Payment"}],
}
WHOLE: dict[str, dict[str, Any]] = {
    "Customer": {
        **HEAD,
        "DisplayName": "Brass & Oak",
        "Active": True,
        "Balance": 12.5,
        "PrimaryEmailAddr": {"Address": "ap@brass.example"},
        "PrimaryPhone": {"FreeFormNumber": "+44 20"},
        "BillAddr": {"Line1": "1 Dock Street"},
        "CurrencyRef": {"value": "GBP"},
    },
    "Item": {
        **HEAD,
        "Name": "HOUR Advice",
        "Sku": "HOUR",
        "Type": "Service",
        "UnitPrice": 80,
        "IncomeAccountRef": {"value": "1"},
    },
    "Invoice": SALE,
    "CreditMemo": SALE,
    "SalesReceipt": {**SALE, "DepositToAccountRef": {"value": "35"}},
    "RefundReceipt": {**SALE, "DepositToAccountRef": {"value": "35"}},
    "Payment": {
        **HEAD,
        "TxnDate": "2026-03-01",
        "CustomerRef": {"value": "7"},
        "CurrencyRef": {"value": "GBP"},
        "TotalAmt": 50,
        "UnappliedAmt": 10,
        "PaymentRefNum": "TRX-1",
        "DepositToAccountRef": {"value": "35"},
        "Line": [
            {"Amount": 60, "LinkedTxn": [{"TxnId": "12", "TxnType": "Invoice"}]},
            {"Amount": 20, "LinkedTxn": [{"TxnId": "13", "TxnType": "CreditMemo"}]},
        ],
    },
    "JournalEntry": {
        **HEAD,
        "TxnDate": "2026-03-01",
        "PrivateNote": "Tieout 0123456789abcdef0123456789abcdef",
        "Line": [
            {
                "Amount": 5,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}}
                | entity,
            }
            for side, account, entity in (
                ("Debit", "60", {}),
                ("Credit", "84", {"Entity": {"Type": "Customer", "EntityRef": {"value": "7"}}}),
            )
        ],
    },
    "Purchase": {
        **HEAD,
        "TxnDate": "2026-03-01",
        "PrivateNote": "Tieout 0123456789abcdef0123456789abcdef",
        "PaymentType": "Cash",
        "AccountRef": {"value": "35"},
        "EntityRef": {"value": "7", "type": "Customer"},
        "TotalAmt": 5,
        "Line": [
            {
                "Amount": 5,
                "DetailType": "AccountBasedExpenseLineDetail",
                "AccountBasedExpenseLineDetail": {
                    "AccountRef": {"value": "84"},
                    "CustomerRef": {"value": "7"},
                },
            }
        ],
    },
    "Deposit": {
        **HEAD,
        "TxnDate": "2026-03-01",
        "DepositToAccountRef": {"value": "35"},
        "TotalAmt": 45,
        "CashBack": {"AccountRef": {"value": "36"}, "Amount": 2},
        "Line": [
            {"Amount": 50, "LinkedTxn": [{"TxnId": "12", "TxnType": "Payment", "TxnLineId": "0"}]},
            {
                "Amount": -3,
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": {"value": "60"}},
            },
        ],
    },
}

Place = tuple[str | int, ...]


def places_in(found: Any, at: Place = ()) -> list[Place]:
    """Every place in it, itself left out."""
    if not isinstance(found, dict | list):
        return []
    inside = found.items() if isinstance(found, dict) else enumerate(found)
    here: list[Place] = []
    for name, each in inside:
        here += [(*at, name), *places_in(each, (*at, name))]
    return here


def put(found: Any, place: Place, value: Any) -> Any:
    """The same with another value in one place; with `...` without it."""
    changed = copy.deepcopy(found)
    inside = changed
    for step in place[:-1]:
        inside = inside[step]
    if value is ...:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    return changed


PLACES = [(kind, place) for kind, whole in WHOLE.items() for place in places_in(whole)]
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([1e300, 1e-300, 10**400]))
absurd = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        numbers,
        st.text(max_size=8),
        st.sampled_from(["n/a", "0000-00-00", "NaN", "Infinity", "1E+999999", "2026-W10-1", "\0"]),
        st.sampled_from(["Invoice", "CreditMemo", "JournalEntry", "Deposit", "Voided", "GBP"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["value", "Amount", "TxnId", "Line"]), inner, max_size=3),
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_object_is_read(kind: str) -> None:
    found = objects_of(kind, WHOLE[kind], HOME)
    assert [each.unreadable for each in found] == [None] * len(found)


@given(st.sampled_from(PLACES), st.one_of(st.just(...), absurd))
def test_no_object_raises_whatever_it_holds(place: tuple[str, Place], value: Any) -> None:
    kind, at = place
    source = put(WHOLE[kind], at, value)
    found = objects_of(kind, source, HOME)
    assert found
    for each in found:
        assert each.unreadable is None or each.snapshot is each.amount is each.dated is None
        assert each.amount is None or each.amount.is_finite()
        if each.snapshot is not None:
            json.dumps(to_json(each.snapshot), default=str)
        again = object_of(kind, each.raw, HOME)
        assert (again.part, again.unreadable) == (each.part, each.unreadable)


FIGURES = ("TotalAmt", "Balance", "UnappliedAmt", "Amount", "TotalTax", "ExchangeRate")
SUBTOTAL = ("Line", 1, "Amount")  # of a sale: worked out there, and not read
NEVER_NIL = [
    (kind, place)
    for kind, place in PLACES
    if place[-1] in FIGURES and not (WHOLE[kind].get("DocNumber") and place == SUBTOTAL)
]


@pytest.mark.parametrize("value", [None, "", "n/a", "NaN", True, [], 1e300, float("inf")])
@pytest.mark.parametrize(("kind", "place"), NEVER_NIL)
def test_what_is_no_figure_is_never_nil(kind: str, place: Place, value: Any) -> None:
    (found,) = objects_of(kind, put(WHOLE[kind], place, value), HOME)
    assert found.unreadable is not None
    assert found.unreadable.field.endswith(str(place[-1]))
    assert (found.remote_id, found.version, found.snapshot) == ("12", "3", None)


@pytest.mark.parametrize("kind", [each for each in WHOLE if "TotalAmt" in WHOLE[each]])
def test_a_total_that_is_missing_is_never_nil(kind: str) -> None:
    (found,) = objects_of(kind, put(WHOLE[kind], ("TotalAmt",), ...), HOME)
    assert found.unreadable is not None
    assert (found.unreadable.field, found.unreadable.value) == ("TotalAmt", "missing")


@pytest.mark.parametrize("gone", ["TxnId", "TxnType"])
@pytest.mark.parametrize("value", [..., None, "", {}, True])
def test_a_link_without_its_target_is_not_left_aside(gone: str, value: Any) -> None:
    source = put(WHOLE["Payment"], ("Line", 0, "LinkedTxn", 0, gone), value)
    (found,) = objects_of("Payment", source, HOME)
    assert found.unreadable is not None
    assert gone in found.unreadable.field


@pytest.mark.parametrize("value", ["0000-00-00", "2026-02-30", "2026-W10-1", "n/a", 20260301, None])
@pytest.mark.parametrize("kind", [each for each in WHOLE if "TxnDate" in WHOLE[each]])
def test_a_day_that_is_none_is_told(kind: str, value: Any) -> None:
    (found,) = objects_of(kind, {**WHOLE[kind], "TxnDate": value}, HOME)
    assert found.unreadable is not None
    assert found.unreadable.field == "TxnDate"


@pytest.mark.parametrize("percent", [None, "", "n/a", "NaN"])
def test_a_rate_without_a_percentage_is_not_one_of_nil(percent: Any) -> None:
    rates = [{"Id": "1", "Name": "VAT", "RateValue": percent}, {"Id": "2", "RateValue": 0}]
    found = rates_of(rates, [], TODAY)
    assert {each: rate.part.percent for each, rate in found.items()} == {"2": Decimal(0)}


@pytest.mark.parametrize("cell", [{}, {"value": None}, {"value": "n/a"}, {"value": "Infinity"}])
def test_a_trial_balance_with_a_hole_is_not_believed(cell: dict[str, Any]) -> None:
    row = {"ColData": [{"value": "Checking", "id": "35"}, {"value": "12.50"}, cell]}
    with pytest.raises((ValueError, ArithmeticError)):
        balances_of({"Rows": {"Row": [row]}})
