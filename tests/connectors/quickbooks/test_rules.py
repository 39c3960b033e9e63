"""What QuickBooks cannot hold is said before any call, and what it will book is known before it."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from apps.connectors.quickbooks.rules import effect, objections, project
from apps.connectors.quickbooks.taxes import AUTOMATED, MANUAL, NONE, TAX_CODES
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
    TaxAmount,
)
from tests.connectors.quickbooks.strategies import credit_notes, invoices, payments

DAY = date(2026, 3, 1)
CUSTOMER = CustomerSnapshot(marker="m", name="Brass & Oak", currency="USD")
ITEM = ItemSnapshot(marker="m", code="HOUR", name="Hour", account_id="16")
LINE = Line(
    key="1", net=Decimal(10), unit_price=Decimal(10), item_id="1", account_id="16", description="x"
)
INVOICE = InvoiceSnapshot(
    marker="m",
    number="INV-1",
    customer_id="1",
    issue_date=DAY,
    currency="USD",
    lines=(LINE,),
    net=Decimal(10),
    tax=Decimal(0),
    total=Decimal(10),
)
PAYMENT = PaymentSnapshot(
    marker="m", customer_id="1", paid_on=DAY, currency="USD", amount=Decimal(10), account_id="1"
)
PART = AllocationSnapshot(
    marker="m",
    source=Kind.PAYMENT,
    source_id="",
    target_kind=Kind.INVOICE,
    target_id="5",
    amount=Decimal(10),
    currency="USD",
    applied_on=DAY,
    customer_id="1",
)


@pytest.mark.parametrize(
    "fits",
    [
        CUSTOMER,
        ITEM,
        INVOICE,
        PAYMENT,
        dataclasses.replace(PART, source=Kind.CREDIT_NOTE, source_id="8"),
        dataclasses.replace(CUSTOMER, name="Over: there\tLtd", phone="+44 (0)20 7946 - 0000 x 12"),
        dataclasses.replace(CUSTOMER, address=Address(lines=tuple("ABCDEFGH"))),
        dataclasses.replace(INVOICE, void=True),
    ],
)
def test_what_fits_meets_no_objection(fits: Snapshot) -> None:
    assert objections(fits, "USD") == ()


@pytest.mark.parametrize(
    ("record", "change", "said"),
    [
        (CUSTOMER, {"name": " \t "}, "name"),
        (CUSTOMER, {"name": "x" * 501}, "501"),
        (CUSTOMER, {"email": "x" * 101}, "e-mail"),
        (CUSTOMER, {"phone": "1" * 22}, "telephone"),
        (CUSTOMER, {"currency": "EUR"}, "EUR"),
        (ITEM, {"account_id": ""}, "income account"),
        (ITEM, {"description": "x" * 4001}, "4001"),
        (INVOICE, {"number": "x" * 22}, "22"),
        (INVOICE, {"number": ""}, "number"),
        (INVOICE, {"message": "x" * 1001}, "message"),
        (INVOICE, {"currency": "EUR"}, "EUR"),
        (INVOICE, {"tax": Decimal(2), "total": Decimal(12)}, "tax"),
        (INVOICE, {"lines": ()}, "line"),
        (INVOICE, {"net": Decimal(11)}, "add up"),
        (INVOICE, {"total": Decimal(-1)}, "below nil"),
        (INVOICE, {"lines": (dataclasses.replace(LINE, item_id=""),)}, "no item"),
        (INVOICE, {"lines": (dataclasses.replace(LINE, net=Decimal("9.999")),)}, "decimals"),
        (PAYMENT, {"amount": Decimal("1.005")}, "decimals"),
        (PAYMENT, {"reference": "x" * 22}, "reference"),
        (PAYMENT, {"amount": Decimal(5), "allocations": (PART,)}, "More is set"),
        (PAYMENT, {"allocations": (dataclasses.replace(PART, target_id=""),)}, "not in QuickBooks"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    record: Any, change: dict[str, Any], said: str
) -> None:
    found = objections(dataclasses.replace(record, **change), "USD")
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


# --- Tax ----------------------------------------------------------------------------------------

TAXED = dataclasses.replace(
    INVOICE,
    lines=(dataclasses.replace(LINE, tax_code_id="3", tax=Decimal("1.50")),),
    tax=Decimal("1.50"),
    total=Decimal("11.50"),
    taxes=(
        TaxAmount(rate_id="6", net=Decimal(10), tax=Decimal("1.00")),
        TaxAmount(rate_id="5", net=Decimal(10), tax=Decimal("0.50")),
    ),
)
UNTAXED_LINE = dataclasses.replace(LINE, key="2", net=Decimal(0), quantity=Decimal(0))


@pytest.mark.parametrize("regime", [TAX_CODES, MANUAL, AUTOMATED])
def test_a_taxed_document_meets_no_objection_where_tax_is_on(regime: str) -> None:
    assert objections(TAXED, "USD", regime) == ()


@pytest.mark.parametrize(
    ("regime", "change", "said"),
    [
        (NONE, {}, "switched off"),
        (NONE, {"tax": Decimal(0), "total": Decimal(10), "taxes": ()}, "switched off"),
        (TAX_CODES, {"lines": (*TAXED.lines, UNTAXED_LINE)}, "Line 2 has no tax code"),
        (TAX_CODES, {"taxes": TAXED.taxes[:1]}, "by rate"),
        (TAX_CODES, {"taxes": ()}, "by rate"),
        (TAX_CODES, {"tax": Decimal(2)}, "add up to its total"),
        (MANUAL, {"lines": (LINE,)}, "none of its lines"),
        (AUTOMATED, {"lines": (dataclasses.replace(LINE, tax_code_id="NON"),)}, "none of its"),
        (
            MANUAL,
            {"lines": (*TAXED.lines, dataclasses.replace(UNTAXED_LINE, tax_code_id="4"))},
            "2 tax codes",
        ),
        (AUTOMATED, {"tax": Decimal("1.505"), "total": Decimal("11.505")}, "The tax has more"),
    ],
)
def test_tax_that_a_regime_cannot_hold_is_said_in_a_sentence(
    regime: str, change: dict[str, Any], said: str
) -> None:
    found = objections(dataclasses.replace(TAXED, **change), "USD", regime)
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


def test_lines_without_tax_need_no_code_in_the_us() -> None:
    several = dataclasses.replace(TAXED, lines=(*TAXED.lines, UNTAXED_LINE))
    assert objections(several, "USD", MANUAL) == objections(several, "USD", AUTOMATED) == ()


def test_a_line_that_only_says_something_needs_no_code() -> None:
    words = Line(key="2", net=Decimal(0), description="As agreed")
    assert (
        objections(dataclasses.replace(TAXED, lines=(*TAXED.lines, words)), "USD", TAX_CODES) == ()
    )


def test_what_a_regime_holds_of_tax() -> None:
    for regime, code, rates in (
        (TAX_CODES, "3", ["5", "6"]),
        (MANUAL, "3", ["5", "6"]),
        (AUTOMATED, "TAX", []),
        (NONE, "", []),
    ):
        held = project(TAXED, regime)
        assert isinstance(held, InvoiceSnapshot)
        assert held.lines[0].tax_code_id == code
        assert [each.rate_id for each in held.taxes] == rates
        assert held.lines[0].tax == 0
        assert project(held, regime) == held


# --- Currencies ---------------------------------------------------------------------------------

DINARS = dataclasses.replace(
    INVOICE,
    currency="KWD",
    exchange_rate=Decimal("3.25"),
    home_total=Decimal("32.50"),
)


def test_books_of_several_currencies_take_any_that_fits_two_decimals() -> None:
    assert objections(DINARS, "USD", several=True) == ()
    fine = dataclasses.replace(
        DINARS,
        lines=(dataclasses.replace(LINE, net=Decimal("10.005"), unit_price=Decimal("10.005")),),
        net=Decimal("10.005"),
        total=Decimal("10.005"),
    )
    found = objections(fine, "USD", several=True)
    assert [sentence for sentence in found if "more than 2 decimals" in sentence]


def test_a_worth_at_home_that_follows_from_no_rate_of_theirs_is_refused() -> None:
    fine = dataclasses.replace(DINARS, exchange_rate=Decimal("3.25000004"))
    assert objections(fine, "USD", several=True) == ()
    much = dataclasses.replace(
        fine,
        lines=(dataclasses.replace(LINE, net=Decimal(1000000), unit_price=Decimal(1000000)),),
        net=Decimal(1000000),
        total=Decimal(1000000),
        home_total=Decimal("3250000.04"),
    )
    (sentence,) = objections(much, "USD", several=True)
    assert "3250000.00 USD instead of 3250000.04 USD" in sentence


@pytest.mark.parametrize("rate", ["0", "-1"])
def test_a_rate_is_above_nil(rate: str) -> None:
    found = objections(
        dataclasses.replace(DINARS, exchange_rate=Decimal(rate)), "USD", several=True
    )
    assert [sentence for sentence in found if "above nil" in sentence]


# --- Effect -------------------------------------------------------------------------------------


def by_account(snapshot: Snapshot) -> dict[str, Decimal]:
    return {each.account_id: each.debit - each.credit for each in effect(snapshot, "USD")}


def test_the_receivable_is_owed_gross_and_each_rate_its_tax() -> None:
    assert by_account(TAXED) == {
        "receivable": Decimal("11.50"),
        "16": -10,
        "tax:5": Decimal("-0.50"),
        "tax:6": -1,
    }
    # Where they choose the rates, nobody knows them before.
    assert by_account(dataclasses.replace(TAXED, taxes=()))["tax"] == Decimal("-1.50")


def test_the_rounding_of_a_rate_falls_on_the_largest_income() -> None:
    euros = dataclasses.replace(
        TAXED, currency="EUR", exchange_rate=Decimal("1.111"), home_total=Decimal("12.78")
    )
    # 10 x 1.111 = 11.11; 0.50 x 1.111 = 0.56; 1.00 x 1.111 = 1.11; 11.50 x 1.111 = 12.7765
    assert by_account(euros) == {
        "receivable": Decimal("12.78"),
        "16": Decimal("-11.11"),
        "tax:5": Decimal("-0.56"),
        "tax:6": Decimal("-1.11"),
    }
    assert by_account(dataclasses.replace(euros, home_total=Decimal("12.77")))["16"] == Decimal(
        "-11.10"
    )


def test_what_a_document_and_its_money_will_book() -> None:
    assert by_account(INVOICE) == {"receivable": 10, "16": -10}
    assert by_account(PAYMENT) == {"1": 10, "receivable": -10}
    assert by_account(PART) == {}
    assert by_account(dataclasses.replace(INVOICE, void=True)) == {}
    assert by_account(dataclasses.replace(PAYMENT, cancelled=True)) == {}


@given(invoices() | credit_notes() | payments())
def test_debits_equal_credits(ours: Snapshot) -> None:
    found = effect(ours, "USD")
    assert sum(each.debit for each in found) == sum(each.credit for each in found)
    assert all((each.debit > 0) != (each.credit > 0) for each in found)


@given(invoices())
def test_a_credit_note_books_the_reverse_of_its_invoice(invoice: InvoiceSnapshot) -> None:
    credit = CreditNoteSnapshot(
        **{name: getattr(invoice, name) for name in CreditNoteSnapshot.__dataclass_fields__}
    )
    mirrored = {account: -amount for account, amount in by_account(credit).items()}
    assert by_account(invoice) == mirrored
