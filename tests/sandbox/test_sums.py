"""Tax and postings as pure functions: what must hold for every document, whatever is on it."""

import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.sandbox.quickbooks.currencies import home_cents, to_home, unit_of
from apps.sandbox.quickbooks.posting import ControlAccounts, postings
from apps.sandbox.quickbooks.taxes import (
    EXCLUDED,
    INCLUSIVE,
    NOT_APPLICABLE,
    Code,
    Line,
    Override,
    Rate,
    Taxed,
    Terms,
    spread,
    tax_document,
    totalled,
)
from apps.sandbox.quickbooks.wire import cents

# How many documents are drawn: 10,000 in .ci/run, 100,000 by hand.
DOCUMENTS = int(os.environ.get("TIEOUT_SUMS", "1000"))
CODES = (
    Code("S", (Rate("1", Decimal(20)),)),
    Code("R", (Rate("2", Decimal(5)),)),
    Code("Z", (Rate("3", Decimal(0)),)),
    Code("QC", (Rate("4", Decimal(5)), Rate("5", Decimal("9.975")))),
    Code("NON"),
)
CURRENCIES = {"USD": "1", "GBP": "1.2712345", "EUR": "1.0845", "JPY": "0.006712"}
RECEIVABLE, BANK, DISCOUNTS = 900, 901, 902
CONTROL = ControlAccounts(
    RECEIVABLE, BANK, {}, {str(rate): 100 + rate % 3 for rate in range(1, 6)}, 903
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[Line], Terms, str]:
    """Lines with codes, a mode, a discount no larger than the lines, and a currency."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    unit = unit_of(currency)
    mode = draw(st.sampled_from([EXCLUDED, INCLUSIVE, NOT_APPLICABLE]))
    amounts = draw(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=8))
    lines = []
    for whole in amounts:
        amount, code = whole * unit, draw(st.sampled_from(CODES))
        lines.append(Line(amount, code, amount if mode == INCLUSIVE else None))
    net = sum((line.amount for line in lines), Decimal(0)) / 2
    discount = draw(st.integers(0, int(net / unit))) * unit if draw(st.booleans()) else Decimal(0)
    terms = Terms(
        mode=mode,
        discount=discount,
        tax_after_discount=draw(st.booleans()),
        by_line=draw(st.booleans()),
        unit=unit,
    )
    return lines, terms, currency


def content_of(lines: list[Line], taxed: Taxed, currency: str) -> dict[str, Any]:
    """The document as the service would answer it, as far as the ledger reads it."""
    rows: list[dict[str, Any]] = [
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": net,
            "SalesItemLineDetail": {"ItemAccountRef": {"value": str(500 + at % 3)}},
        }
        for at, net in enumerate(taxed.nets)
    ]
    if taxed.discount:
        account = {"DiscountAccountRef": {"value": str(DISCOUNTS)}}
        rows.append(
            {
                "DetailType": "DiscountLineDetail",
                "Amount": taxed.discount,
                "DiscountLineDetail": account,
            }
        )
    taxes = [
        {"Amount": one.tax, "TaxLineDetail": {"TaxRateRef": {"value": one.rate.id}}}
        for one in taxed.taxes
    ]
    return {
        "Line": rows,
        "TxnTaxDetail": {"TaxLine": taxes},
        "TotalAmt": taxed.total,
        "ExchangeRate": Decimal(CURRENCIES[currency]),
        "CurrencyRef": {"value": currency},
        "DepositToAccountRef": {"value": str(BANK)},
    }


@settings(max_examples=DOCUMENTS, deadline=None)
@given(documents())
@pytest.mark.slow
def test_every_document_adds_up_and_its_credit_memo_cancels_it(
    document: tuple[list[Line], Terms, str],
) -> None:
    check(*document)


def check(lines: list[Line], terms: Terms, currency: str) -> None:
    """Net and tax make the total, debits the credits, and the credit memo leaves nothing."""
    taxed = tax_document(lines, terms)
    net = sum(taxed.nets, Decimal(0)) - taxed.discount
    assert taxed.total == net + taxed.tax
    assert all(one.tax == one.tax.quantize(terms.unit) for one in taxed.taxes)
    if terms.mode == INCLUSIVE and not (terms.discount and terms.tax_after_discount):
        gross = sum((line.amount for line in lines), Decimal(0))
        assert taxed.total == gross - taxed.discount
    for one in taxed.taxes if terms.mode == EXCLUDED else ():
        exact = one.net * one.rate.percent / 100
        allowed = terms.unit / 2 * (len(lines) if terms.by_line else 1)
        assert abs(one.tax - exact) <= allowed
    content = content_of(lines, taxed, currency)
    invoice = postings("Invoice", content, CONTROL)
    memo = postings("CreditMemo", content, CONTROL)
    assert sum(invoice.values()) == 0
    assert {account: invoice.get(account, 0) + memo.get(account, 0) for account in memo} == (
        dict.fromkeys(invoice, 0)
    )
    home_total = home_cents(cents(taxed.total), Decimal(CURRENCIES[currency]))
    assert invoice.get(RECEIVABLE, 0) == home_total
    paid = postings("SalesReceipt", content, CONTROL)
    assert paid.get(BANK, 0) == home_total
    back = postings("RefundReceipt", content, CONTROL)
    assert all(paid[account] + back[account] == 0 for account in paid)


@settings(max_examples=500, deadline=None)
@given(documents(), st.integers(-300, 300))
def test_a_tax_that_was_sent_is_what_is_answered_and_the_sums_still_hold(
    document: tuple[list[Line], Terms, str], off: int
) -> None:
    lines, terms, _ = document
    plain = tax_document(lines, terms)
    if not plain.taxes:
        return
    first = plain.taxes[0]
    wanted = first.tax + off * terms.unit
    for override in (
        Override(first.rate.id, wanted),
        Override(first.rate.id, None, off * terms.unit),
    ):
        forced = tax_document(lines, Terms(**{**vars(terms), "overrides": (override,)}))
        assert (forced.taxes[0].tax, forced.taxes[0].delta) == (wanted, off * terms.unit)
        assert forced.taxes[1:] == plain.taxes[1:]
        if terms.mode == INCLUSIVE and not (terms.discount and terms.tax_after_discount):
            assert forced.total == plain.total
        else:
            assert forced.total == plain.total + off * terms.unit
    summed = totalled(plain, plain.tax + off * terms.unit, terms.unit)
    assert summed.tax == plain.tax + off * terms.unit


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12), st.integers(0, 10**7))
def test_a_discount_is_spread_to_the_last_cent(parts: list[int], amount: int) -> None:
    over = [Decimal(part) / 100 for part in parts]
    whole = Decimal(amount) / 100
    shares = spread(whole, over, Decimal("0.01"))
    if sum(over):
        assert sum(shares) == whole
        for share, part in zip(shares, over, strict=True):
            assert abs(share - whole * part / sum(over)) < Decimal("0.01")


@settings(max_examples=1000, deadline=None)
@given(
    st.integers(1, 10**8),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=5),
    st.decimals("0.0001", "200", places=7),
)
def test_home_amounts_of_the_parts_make_the_whole(
    total: int, parts: list[int], rate: Decimal
) -> None:
    entries = {1: sum(parts)} | {10 + at: -part for at, part in enumerate(parts)}
    home = to_home(entries, rate, {1: home_cents(sum(parts), rate)})
    assert sum(home.values()) == 0
    assert home[1] == home_cents(sum(parts), rate)
    assert total


@settings(max_examples=500, deadline=None)
@given(
    st.integers(1, 10**7),
    st.decimals("0.01", "150", places=5),
    st.decimals("0.01", "150", places=5),
    st.integers(1, 99),
)
def test_payments_in_parts_clear_the_receivable_and_leave_the_difference(
    total: int, booked: Decimal, paid: Decimal, percent: int
) -> None:
    first = max(1, total * percent // 100)
    parts = [(0, first), (first, total)] if first < total else [(0, total)]
    receivable, difference, bank = home_cents(total, booked), 0, 0
    for before, after in parts:
        settled = home_cents(after, booked) - home_cents(before, booked)
        content = {
            "TotalAmt": Decimal(after - before) / 100,
            "UnappliedAmt": Decimal(0),
            "ExchangeRate": paid,
            "DepositToAccountRef": {"value": str(BANK)},
        }
        moved = postings("Payment", content, CONTROL, settled)
        assert sum(moved.values()) == 0
        receivable += moved.get(RECEIVABLE, 0)
        difference += moved.get(903, 0)
        bank += moved.get(BANK, 0)
    assert receivable == 0
    assert difference == home_cents(total, booked) - bank
