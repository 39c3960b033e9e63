"""How a company's regime reads codes off a sale and answers its tax."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from . import faults, fields
from .book import Book
from .currencies import rounded
from .filing import Content
from .tax_tables import PROFILES
from .taxes import (
    EXCLUDED,
    INCLUSIVE,
    NIL,
    NO_TAX,
    NOT_APPLICABLE,
    Code,
    Line,
    Override,
    Rate,
    RateTax,
    Taxed,
    Terms,
    UnknownRate,
    tax_document,
    totalled,
)

MODES = (EXCLUDED, INCLUSIVE, NOT_APPLICABLE)


@dataclass(frozen=True)
class Sale:
    """What the tax of a sale depends on beside its lines, as it was sent."""

    content: Content
    customer: Content
    sent_tax: Mapping[str, Any]
    mode: str
    unit: Decimal


@dataclass(frozen=True)
class Answer:
    taxed: Taxed
    detail: Content


class Regime(Protocol):
    """One way of taxing; a company's profile names it."""

    def mode(self, sent: Any) -> str:
        """Whether prices include tax; raises for a word that is none of theirs."""

    def line_code(self, book: Book, sent: str | None, mode: str) -> str | None:
        """The tax code a line is answered with; raises when the sent one is not theirs."""

    def document(self, book: Book, sale: Sale, lines: Sequence[Content], terms: Terms) -> Answer:
        """The sums over the lines of items, and the TxnTaxDetail they are answered with."""


class SalesTaxOff:
    """A US company that does not use sales tax: every tax that is sent is dropped."""

    def mode(self, sent: Any) -> str:
        return EXCLUDED

    def line_code(self, book: Book, sent: str | None, mode: str) -> str | None:
        return us_code(sent)

    def document(self, book: Book, sale: Sale, lines: Sequence[Content], terms: Terms) -> Answer:
        nets = tuple(Decimal(line["Amount"]) for line in lines)
        return Answer(Taxed(nets, (), terms.discount), {"TotalTax": 0})


class ByLine:
    """Outside the US: a code on every line, amounts with or without tax, overrides per rate."""

    def mode(self, sent: Any) -> str:
        if sent in fields.ABSENT:
            return EXCLUDED
        return fields.choice(*MODES)(sent, "GlobalTaxCalculation")

    def line_code(self, book: Book, sent: str | None, mode: str) -> str | None:
        if sent in (None, ""):
            if mode == NOT_APPLICABLE:
                return None
            raise faults.business(
                "Make sure all your transactions have a GST/HST rate before you save.",
                "TaxCodeRef",
            )
        book.referred("TaxCode", str(sent))
        if not sales_rates(book, str(sent)):
            raise faults.business("This tax code is not for sales.", "TaxCodeRef")
        return sent

    def document(self, book: Book, sale: Sale, lines: Sequence[Content], terms: Terms) -> Answer:
        day = sale.content["TxnDate"]
        found = [
            code_of(book, line["SalesItemLineDetail"].get("TaxCodeRef"), day) for line in lines
        ]
        if sale.mode == INCLUSIVE:
            for line, code in zip(lines, found, strict=True):
                with_gross(line, code, sale.unit)
        rows = [lined(line, code) for line, code in zip(lines, found, strict=True)]
        if sale.mode == NOT_APPLICABLE:
            return Answer(tax_document(rows, terms), {"TotalTax": 0})
        taxed = taxed_with(rows, terms, sale.sent_tax)
        return Answer(taxed, {"TotalTax": taxed.tax, "TaxLine": tax_lines(taxed.taxes)})


class ByDocument:
    """US by hand: one code for the document, lines marked TAX or NON."""

    def mode(self, sent: Any) -> str:
        return EXCLUDED

    def line_code(self, book: Book, sent: str | None, mode: str) -> str | None:
        return us_code(sent)

    def document(self, book: Book, sale: Sale, lines: Sequence[Content], terms: Terms) -> Answer:
        code = self.code(book, sale, lines)
        rows = marked(lines, code)
        taxed = taxed_with(rows, terms, sale.sent_tax)
        detail: Content = {"TotalTax": taxed.tax, "TaxLine": tax_lines(taxed.taxes)}
        if code.rates:
            detail = {"TxnTaxCodeRef": {"value": code.id}, **detail}
        return Answer(taxed, detail)

    def code(self, book: Book, sale: Sale, lines: Sequence[Content]) -> Code:
        """The code that was sent, else the customer's, else the company's own."""
        sent = fields.reference(sale.sent_tax.get("TxnTaxCodeRef"), "TxnTaxCodeRef")
        if sent:
            book.referred("TaxCode", sent)
            if not sales_rates(book, sent):
                raise faults.business("This tax code is not for sales.", "TxnTaxCodeRef")
        chosen = sent or sale.customer.get("DefaultTaxCodeRef", {}).get("value")
        return code_of(book, {"value": chosen or default_code(book)}, sale.content["TxnDate"])


class ByAddress(ByDocument):
    """US automated: the address decides, unless a TotalTax was sent with a line marked TAX."""

    def document(self, book: Book, sale: Sale, lines: Sequence[Content], terms: Terms) -> Answer:
        code = self.code(book, sale, lines)
        taxed = tax_document(marked(lines, code), terms)
        sent = sale.sent_tax.get("TotalTax")
        takes = book.settings["tax_override"] == "accept" and sent not in fields.ABSENT
        if takes and any(line_code(line) == "TAX" for line in lines):
            total = fields.decimal(sent, "TotalTax")
            if total and not taxed.taxes:
                home = code_of(book, {"value": default_code(book)}, sale.content["TxnDate"])
                code, taxed = home, tax_document(marked(lines, home), terms)
            if total != taxed.tax:
                taxed = totalled(taxed, total, terms.unit)
        detail: Content = {"TotalTax": taxed.tax, "TaxLine": tax_lines(taxed.taxes)}
        if taxed.taxes:
            detail = {"TxnTaxCodeRef": {"value": code.id}, **detail}
        return Answer(taxed, detail)

    def code(self, book: Book, sale: Sale, lines: Sequence[Content]) -> Code:
        """The code of the state the goods go to; none for an exempt customer or a state not served."""
        if sale.customer.get("TaxExemptionReasonId"):
            return NO_TAX
        address = sale.content.get("ShipAddr") or sale.content.get("BillAddr") or {}
        state = str(address.get("CountrySubDivisionCode", "")).upper()
        for one in book.everything("TaxCode"):
            if state and one.content["Name"] == state:
                return code_of(book, {"value": str(one.object_id)}, sale.content["TxnDate"])
        return NO_TAX


REGIMES: dict[str, Regime] = {
    "off": SalesTaxOff(),
    "by_line": ByLine(),
    "by_document": ByDocument(),
    "by_address": ByAddress(),
}


def regime_of(book: Book) -> Regime:
    return REGIMES[PROFILES[book.company.profile].regime]


# --- codes and rates -----------------------------------------------------------------------------
def us_code(sent: str | None) -> str:
    if sent not in (None, "", "TAX", "NON"):
        raise faults.Refused("6100", "Line tax code must be TAX or NON.", "TaxCodeRef")
    return sent or "NON"


def default_code(book: Book) -> str:
    return str(book.settings.get("default_tax_code") or "")


def sales_rates(book: Book, code_id: str) -> list[Content]:
    """The TaxRateDetail rows that a code asks on sales; empty for a code of purchases."""
    stored = book.find("TaxCode", int(code_id)) if code_id.isdigit() else None
    if stored is None:
        return []
    rows: list[Content] = stored.content.get("SalesTaxRateList", {}).get("TaxRateDetail", [])
    return rows


def code_of(book: Book, reference: Mapping[str, Any] | None, day: str) -> Code:
    """A code with the percentages that hold on a day."""
    identity = (reference or {}).get("value") or ""
    key = ("Code", f"{identity} {day}")
    if key not in book.facts:
        rows = sales_rates(book, identity)
        rates = [percent_on(book, row["TaxRateRef"]["value"], day) for row in rows]
        book.facts[key] = Code(identity, tuple(rates)) if rates else NO_TAX
    found: Code = book.facts[key]
    return found


def percent_on(book: Book, rate_id: str, day: str) -> Rate:
    """The newest of a rate's percentages that has begun; the oldest where none has."""
    content = book.referred("TaxRate", rate_id, allow_inactive=True).content
    steps = sorted(content["EffectiveTaxRate"], key=lambda step: str(step["EffectiveDate"]))
    begun = [step for step in steps if str(step["EffectiveDate"])[:10] <= day] or steps[:1]
    return Rate(rate_id, Decimal(begun[-1]["RateValue"]))


def line_code(line: Content) -> str:
    return str(line["SalesItemLineDetail"].get("TaxCodeRef", {}).get("value", ""))


def lined(line: Content, code: Code) -> Line:
    gross = line["SalesItemLineDetail"].get("TaxInclusiveAmt")
    return Line(Decimal(line["Amount"]), code, None if gross is None else Decimal(gross))


def with_gross(line: Content, code: Code, unit: Decimal) -> None:
    """Where a net amount alone was sent, what the customer pays is it and its tax."""
    detail = line["SalesItemLineDetail"]
    if "TaxInclusiveAmt" not in detail:
        net = Decimal(line["Amount"])
        gross = net + rounded(net * code.percent / 100, unit)
        line["SalesItemLineDetail"] = {**detail, "TaxInclusiveAmt": gross}


def marked(lines: Sequence[Content], code: Code) -> list[Line]:
    """US lines: those marked TAX under the document's code."""
    return [
        Line(Decimal(line["Amount"]), code if line_code(line) == "TAX" else NO_TAX)
        for line in lines
    ]


# --- what was sent, what is answered -------------------------------------------------------------
def taxed_with(rows: Sequence[Line], terms: Terms, sent: Mapping[str, Any]) -> Taxed:
    """The document with the taxes that were sent for single rates; 6000 for a rate of no line."""
    try:
        return tax_document(rows, replace(terms, overrides=overrides(sent)))
    except UnknownRate as unknown:
        raise faults.business(str(unknown), "TaxRateRef") from None


def overrides(sent: Mapping[str, Any]) -> tuple[Override, ...]:
    """Tax lines that force a sum: `PercentBased: false` with an Amount, or an OverrideDeltaAmount."""
    out = []
    for row in fields.rows(sent.get("TaxLine") or [], "TaxLine"):
        detail = row.get("TaxLineDetail") or {}
        rate = fields.reference(detail.get("TaxRateRef"), "TaxRateRef")
        if rate is None:
            raise faults.missing("TaxRateRef")
        amount = row.get("Amount")
        delta = detail.get("OverrideDeltaAmount")
        by_percent = detail.get("PercentBased")
        forced = by_percent not in fields.ABSENT and not fields.flag(by_percent, "PercentBased")
        if forced and amount not in fields.ABSENT:
            out.append(Override(rate, fields.decimal(amount, "TaxLine.Amount")))
        elif delta not in fields.ABSENT and fields.decimal(delta, "OverrideDeltaAmount"):
            out.append(Override(rate, None, fields.decimal(delta, "OverrideDeltaAmount")))
    return tuple(out)


def tax_lines(taxes: Sequence[RateTax]) -> list[Content]:
    """TxnTaxDetail.TaxLine: one a rate, in the order the lines bring them."""
    out = []
    for one in taxes:
        detail: Content = {
            "TaxRateRef": {"value": one.rate.id},
            "PercentBased": not one.overridden,
            "TaxPercent": one.rate.percent,
            "NetAmountTaxable": one.net,
        }
        if one.overridden and one.delta:
            detail["OverrideDeltaAmount"] = one.delta
        out.append({"Amount": one.tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail})
    return out


def terms_of(book: Book, sale: Sale, discount: Decimal = NIL) -> Terms:
    return Terms(
        mode=sale.mode,
        discount=discount,
        tax_after_discount=bool(sale.content.get("ApplyTaxAfterDiscount")),
        by_line=book.settings["tax_rounding"] == "line",
        unit=sale.unit,
    )
