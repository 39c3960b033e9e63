"""What a document comes to, on its page: net, discount, tax per rate, total, home currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.http import HttpRequest
from django.template.loader import render_to_string

from apps.backoffice.documents.line_pages import line_sums
from apps.backoffice.frame.formatting import amount_text, percent
from apps.billing.models import CreditNote, Document, Invoice
from apps.billing.models.documents import TaxMode, TaxShare

MODE_WORDS = {
    TaxMode.EXCLUSIVE: "Prices are without tax",
    TaxMode.INCLUSIVE: "Prices include the tax",
    TaxMode.NONE: "Not taxed at all",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: words, what they are said of, and an amount in the document's currency."""

    words: str
    amount: Decimal
    note: str = ""
    strong: bool = False


def sums_box(request: HttpRequest, document: Document) -> str:
    company = document.company
    foreign = document.currency != company.home_currency
    context = {
        "document": document,
        "home": company.home_currency,
        "mode": MODE_WORDS[TaxMode(document.tax_mode)],
        "rounding": company.TaxRounding(document.tax_rounding).label.lower(),
        "rows": list(rows_of(document)),
        "settled": list(_settled(document)) if not document.is_draft else [],
        "foreign": foreign,
        "no_rate": foreign and document.is_draft and document.exchange_rate_date is None,
    }
    return render_to_string("backoffice/documents/sums.html", context, request)


def rows_of(document: Document) -> Iterator[Row]:
    """From the lines to the total."""
    lines = line_sums(document)
    if lines.off:
        before = document.net + lines.off
        yield Row(words="Lines before discounts", note="without tax", amount=before)
        words = _discount_words(document, lines.of_lines)
        yield Row(words="Discounts", note=words, amount=-lines.off)
    yield Row(words="Net", amount=document.net)
    yield from _tax(document)
    yield Row(words="Total", amount=document.total, strong=True)


def _discount_words(document: Document, of_lines: bool) -> str:
    """“on the lines”, “5 % on the whole”, “on the lines, and 5 % on the whole”."""
    if not document.discount:
        return "on the lines"
    whole = "on the whole"
    if document.discount_percent:
        whole = f"{percent(document.discount_percent)} {whole}"
    return f"on the lines, and {whole}" if of_lines else whole


def _tax(document: Document) -> Iterator[Row]:
    """Per rate; its components apart where it has several."""
    for code, found in groupby(document.shares, key=lambda share: share.code):
        shares = list(found)
        if len(shares) == 1:
            share = shares[0]
            yield _tax_row(f"{code} {percent(share.percent)}", share, document.currency)
            continue
        for share in shares:
            words = f"{code}, {share.name} {percent(share.percent)}"
            yield _tax_row(words, share, document.currency)
    if not document.taxes:
        yield Row(words="Tax", amount=document.tax)


def _tax_row(words: str, share: TaxShare, currency: str) -> Row:
    return Row(
        words=f"Tax {words}", note=f"on {amount_text(share.base, currency)}", amount=share.tax
    )


def _settled(document: Document) -> Iterator[Row]:
    """What became of the total, three figures apart, and what is left of it."""
    if isinstance(document, Invoice):
        yield Row(words="Paid", amount=document.paid)
        yield Row(words="Credited", amount=document.credited)
        yield Row(words="Written off and deducted", amount=document.written_off)
        if document.is_issued:
            yield Row(words="Balance due", amount=document.balance_due, strong=True)
    if isinstance(document, CreditNote):
        yield Row(words="Applied and refunded", amount=document.applied)
        if document.is_issued:
            yield Row(words="Open credit", amount=document.open_credit, strong=True)
