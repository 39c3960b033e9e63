"""Records of ours as anybody might type them, for round trips through QuickBooks' JSON."""

import dataclasses
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from apps.connectors.quickbooks.documents import is_only_words
from apps.connectors.quickbooks.taxes import AUTOMATED, MANUAL, TAX_CODES
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
    TaxAmount,
)
from apps.core.money import rounded

markers = st.uuids().map(lambda each: each.hex)
ids = st.integers(1, 10**6).map(str)
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
names = st.text(
    st.one_of(st.characters(categories=("L", "N", "P", "S")), st.sampled_from(" :\t\n")),
    min_size=1,
    max_size=60,
).filter(lambda each: each.strip(" :\t\n") != "")
dates = st.dates(date(1990, 1, 1), date(2090, 1, 1))
amounts = st.decimals("0.01", "99999999.99", places=2)
any_amounts = st.decimals("-999999.99", "999999.99", places=2)
prices = st.decimals("0", "99999", places=6)
quantities = st.decimals("-9999", "9999", places=4)

addresses = st.builds(
    Address,
    lines=st.lists(words, max_size=7).map(tuple),
    city=words,
    region=words,
    postal_code=words,
    country=st.sampled_from(["", "GB", "US", "us", "Germany", "USA", "Nowhereland"]),
)
customers = st.builds(
    CustomerSnapshot,
    marker=markers,
    name=names,
    email=st.sampled_from(["", "ap@brass.example", " ap@brass.example "]),
    phone=st.text("0123456789 ()+-", max_size=30),
    address=addresses,
    currency=st.just("USD"),
    active=st.booleans(),
)
items = st.builds(
    ItemSnapshot,
    marker=markers,
    code=names.map(lambda each: each[:40]),
    name=names,
    description=words,
    unit_price=st.none() | prices,
    account_id=ids,
    active=st.booleans(),
)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """One line; most nets are quantity × price, some have a discount taken off."""
    quantity, price = draw(quantities), draw(prices)
    net = rounded(quantity * price, "USD")
    if draw(st.booleans()):
        net = draw(any_amounts)
    return Line(
        key="1",
        net=net,
        description=draw(words),
        quantity=quantity,
        unit_price=price,
        item_id=draw(ids),
    )


@st.composite
def invoices(draw: st.DrawFn) -> InvoiceSnapshot:
    listed = tuple(draw(st.lists(lines(), min_size=1, max_size=6)))
    total = sum((line.net for line in listed), Decimal(0))
    return InvoiceSnapshot(
        marker=draw(markers),
        number=draw(st.text("ABC-/0123456789", min_size=1, max_size=21)),
        customer_id=draw(ids),
        issue_date=draw(dates),
        due_date=draw(st.none() | dates),
        terms_id=draw(st.sampled_from(["", "4"])),
        currency="USD",
        lines=listed,
        net=total,
        tax=Decimal(0),
        total=total,
        message=draw(words),
        memo=draw(words.filter(lambda each: not each.startswith("Voided"))),
        address=draw(addresses),
    )


@st.composite
def taxed_invoices(draw: st.DrawFn) -> tuple[str, InvoiceSnapshot]:
    """A regime and an invoice that it can hold, in dollars or at a rate."""
    regime = draw(st.sampled_from([TAX_CODES, MANUAL, AUTOMATED]))
    plain = draw(invoices())
    codes = ["4"] if regime == MANUAL else ["4", "5", "12"]
    if regime == AUTOMATED:
        codes = ["TAX"]
    untaxed = [] if regime == TAX_CODES else ["", "NON"]
    coded = tuple(
        dataclasses.replace(
            line, tax_code_id="" if is_only_words(line) else draw(st.sampled_from(codes + untaxed))
        )
        for line in plain.lines
    )
    taxed = any(line.tax_code_id in codes for line in coded)
    by_rate = draw(st.dictionaries(ids, any_amounts, max_size=3)) if taxed else {}
    tax = sum(by_rate.values(), Decimal(0))
    currency, rate = draw(st.sampled_from([("USD", "1"), ("EUR", "1.0837"), ("GBP", "1.2712345")]))
    total = plain.net + tax
    return regime, dataclasses.replace(
        plain,
        lines=coded,
        tax=tax,
        total=total,
        taxes=tuple(
            TaxAmount(rate_id=rate_id, net=plain.net, tax=amount)
            for rate_id, amount in by_rate.items()
        ),
        currency=currency,
        exchange_rate=Decimal(rate),
        home_total=rounded(total * Decimal(rate), "USD"),
    )


@st.composite
def credit_notes(draw: st.DrawFn) -> CreditNoteSnapshot:
    alike = draw(invoices())
    return CreditNoteSnapshot(
        **{name: getattr(alike, name) for name in CreditNoteSnapshot.__dataclass_fields__}
    )


@st.composite
def payments(draw: st.DrawFn) -> PaymentSnapshot:
    paid_on = draw(dates)
    parts = draw(st.lists(st.tuples(ids, amounts, st.booleans()), max_size=5))
    return PaymentSnapshot(
        marker=draw(markers),
        customer_id=draw(ids),
        paid_on=paid_on,
        currency="USD",
        amount=sum((amount for _, amount, _ in parts), draw(amounts)),
        account_id=draw(ids),
        method_id=draw(st.sampled_from(["", "2"])),
        reference=draw(st.text("TRX-0123456789 ", max_size=21)),
        memo=draw(words.filter(lambda each: not each.startswith("Voided"))),
        allocations=tuple(
            AllocationSnapshot(
                marker=draw(markers),
                source=Kind.PAYMENT,
                source_id="",
                target_kind=Kind.INVOICE,
                target_id=target,
                amount=amount,
                currency="USD",
                applied_on=draw(dates),
                cancelled=cancelled,
            )
            for target, amount, cancelled in parts
        ),
    )
