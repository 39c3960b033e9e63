"""A document of ours in the ledger's words, and what the ledger's own functions make of it.

Called in one process without a database: `tax_document` and `postings` of the simulated
QuickBooks, which was written from its documentation and shares no line with `billing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from apps.billing.sums.totals import RateTerms, Sums
from apps.sandbox.quickbooks.currencies import unit_of
from apps.sandbox.quickbooks.posting import ControlAccounts, postings
from apps.sandbox.quickbooks.taxes import (
    EXCLUDED,
    INCLUSIVE,
    NO_TAX,
    Code,
    Line,
    Override,
    Rate,
    Taxed,
    Terms,
    tax_document,
    totalled,
)
from tests.sums.drawing import RATES, ZERO, Drawn, value_of

RECEIVABLE, BANK = 900, 901
# Three income accounts take the lines in turn; every rate of theirs is owed to one of four agencies.
INCOMES = (500, 501, 502)
TAX_PAYABLE = {
    str(component.id): 100 + component.id % 4 for rate in RATES for component in rate.components
}
CONTROL = ControlAccounts(RECEIVABLE, BANK, {}, TAX_PAYABLE, 903)


def code_of(rate: RateTerms | None) -> Code:
    if rate is None:
        return NO_TAX
    return Code(str(rate.id), tuple(Rate(str(one.id), one.percent) for one in rate.components))


def terms_of(document: Drawn) -> Terms:
    return Terms(
        mode=EXCLUDED,
        by_line=document.terms.rounding == "line",
        unit=unit_of(document.terms.currency),
    )


def sent_lines(document: Drawn, sums: Sums) -> list[Line]:
    """What leaves is the net, whatever our prices are."""
    taxed = document.terms.mode != "none"
    return [
        Line(line.net, code_of(drawn.rate) if taxed else NO_TAX)
        for drawn, line in zip(document.lines, sums.lines, strict=True)
    ]


def worked_out(document: Drawn, sums: Sums, *, other_rule: bool = False) -> Taxed:
    """Their own tax on the net amounts that we send, rounded by our rule or by the other one."""
    terms = terms_of(document)
    if other_rule:
        terms = replace(terms, by_line=not terms.by_line)
    return tax_document(sent_lines(document, sums), terms)


def with_ours(document: Drawn, sums: Sums) -> Taxed:
    """What they hold when our tax goes beside the net amounts: per rate, or as one sum where they
    work it out by the address."""
    plain = worked_out(document, sums)
    if document.regime == "automated":
        return totalled(plain, sums.tax, unit_of(document.terms.currency))
    ours = tuple(Override(str(one.component_id), one.tax) for one in sums.shares)
    lines, terms = sent_lines(document, sums), terms_of(document)
    return tax_document(lines, replace(terms, overrides=ours))


def from_prices(document: Drawn, values: Sequence[Decimal]) -> Taxed:
    """Their own sums from amounts that include tax: `values` are the lines' after every discount."""
    lines = [
        Line(value, code_of(drawn.rate), value)
        for drawn, value in zip(document.lines, values, strict=True)
    ]
    return tax_document(lines, replace(terms_of(document), mode=INCLUSIVE))


def values_after_discounts(document: Drawn) -> list[Decimal]:
    """Each line after its own discount and its share of the document's, by largest remainder: the
    first of equal remainders is served first. Written apart from ours and from theirs."""
    terms, currency = document.terms, document.terms.currency
    values = [value_of(line, currency) for line in document.lines]
    whole = sum(values, ZERO)
    unit = unit_of(currency) if currency != "KWD" else Decimal("0.001")
    discount = terms.discount_amount or ZERO
    if terms.discount_percent is not None:
        # Half a unit and more goes up: what is left after it is cut off says so.
        units = whole * terms.discount_percent / 100 / unit
        discount = (units // 1 + (1 if units % 1 * 2 >= 1 else 0)) * unit
    if not discount:
        return values
    parts, remainders = [], []
    for value in values:
        # In fractions: of decimals that were divided equal remainders are not equal.
        exact = Fraction(discount) * Fraction(value) / Fraction(whole) / Fraction(unit)
        parts.append(int(exact) * unit)
        remainders.append(exact - int(exact))
    missing = int((discount - sum(parts, ZERO)) / unit)
    for at in sorted(range(len(parts)), key=lambda at: -remainders[at])[:missing]:
        parts[at] += unit
    return [value - part for value, part in zip(values, parts, strict=True)]


def content_of(document: Drawn, taxed: Taxed) -> dict[str, Any]:
    """The document as the service would answer it, as far as its ledger reads it."""
    rows: list[dict[str, Any]] = [
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": net,
            "SalesItemLineDetail": {"ItemAccountRef": {"value": str(INCOMES[at % 3])}},
        }
        for at, net in enumerate(taxed.nets)
    ]
    taxes = [
        {"Amount": one.tax, "TaxLineDetail": {"TaxRateRef": {"value": one.rate.id}}}
        for one in taxed.taxes
    ]
    return {
        "Line": rows,
        "TxnTaxDetail": {"TaxLine": taxes},
        "TotalAmt": taxed.total,
        "ExchangeRate": document.terms.exchange_rate,
        "CurrencyRef": {"value": document.terms.currency},
        "DepositToAccountRef": {"value": str(BANK)},
    }


def booked(kind: str, content: Mapping[str, Any]) -> dict[int, Decimal]:
    """Debit less credit per account, in home currency."""
    return {
        account: Decimal(cents).scaleb(-2)
        for account, cents in postings(kind, content, CONTROL).items()
    }
