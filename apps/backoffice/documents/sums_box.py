"""What a document comes to, on its page: net, discount, tax per rate, total, home currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TypedDict

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import strip_tags

from apps.backoffice.documents.line_pages import line_sums
from apps.backoffice.frame.formatting import amount_text, figure, percent
from apps.billing.models import CreditNote, Document, Invoice
from apps.billing.models.documents import TaxMode, TaxShare

MODE_WORDS = {
    TaxMode.EXCLUSIVE: "Prices are without tax",
    TaxMode.INCLUSIVE: "Prices include the tax",
    TaxMode.NONE: "Not taxed at all",
}


class Told(TypedDict):
    """A row as a script writes it: texts, and how its amount looks."""

    words: str
    note: str
    figure: str
    currency: str
    strong: bool
    negative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: words, what they are said of, and an amount; None where it cannot be said yet."""

    words: str
    amount: Decimal | None
    currency: str
    note: str = ""
    strong: bool = False

    def told(self) -> Told:
        return Told(
            words=self.words,
            note=self.note,
            figure=amount_text(self.amount, self.currency),
            currency="" if self.amount is None else self.currency,
            strong=self.strong,
            negative=self.amount is not None and self.amount < 0,
        )


def sums_box(request: HttpRequest, document: Document) -> str:
    context = {
        "caption": sums_caption(document),
        "rows": list(sums_rows(document)),
        "settled": list(_settled(document)) if not document.is_draft else [],
    }
    return render_to_string("backoffice/documents/sums.html", context, request)


def sums_caption(document: Document) -> str:
    """“Prices are without tax. Tax is rounded on each line.”"""
    rounding = document.company.TaxRounding(document.tax_rounding).label.lower()
    return f"{MODE_WORDS[TaxMode(document.tax_mode)]}. Tax is rounded {rounding}."


def sums_rows(document: Document) -> Iterator[Row]:
    """What it comes to, from the lines down to its total, in home currency too where it has another."""
    of = partial(Row, currency=document.currency)
    lines = line_sums(document)
    if lines.off:
        before = document.net + lines.off
        yield of(words="Lines before discounts", note="without tax", amount=before)
        words = _discount_words(document, lines.of_lines)
        yield of(words="Discounts", note=words, amount=-lines.off)
    yield of(words="Net", amount=document.net)
    yield from _tax(document)
    yield of(words="Total", amount=document.total, strong=True)
    home = document.company.home_currency
    if document.currency != home:
        yield _at_home(document, home)


def _at_home(document: Document, home: str) -> Row:
    """Its total in home currency, and by which rate of which day."""
    words = f"Total in {home}"
    if document.is_draft and document.exchange_rate_date is None:
        return Row(words=words, note="no rate yet", amount=None, currency=home)
    dated = document.exchange_rate_date
    of_day = f", {date_format(dated, 'j M Y')}" if dated else ""
    rate = strip_tags(figure(document.exchange_rate, 2))
    note = f"1 {document.currency} = {rate} {home} ({document.exchange_rate_source or 'typed in'}{of_day})"
    return Row(words=words, note=note, amount=document.home_total, currency=home)


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
        yield Row(words="Tax", amount=document.tax, currency=document.currency)


def _tax_row(words: str, share: TaxShare, currency: str) -> Row:
    return Row(
        words=f"Tax {words}",
        note=f"on {amount_text(share.base, currency)}",
        amount=share.tax,
        currency=currency,
    )


def _settled(document: Document) -> Iterator[Row]:
    """What became of the total, three figures apart, and what is left of it."""
    of = partial(Row, currency=document.currency)
    if isinstance(document, Invoice):
        yield of(words="Paid", amount=document.paid)
        yield of(words="Credited", amount=document.credited)
        yield of(words="Written off and deducted", amount=document.written_off)
        if document.is_issued:
            yield of(words="Balance due", amount=document.balance_due, strong=True)
    if isinstance(document, CreditNote):
        yield of(words="Applied and refunded", amount=document.applied)
        if document.is_issued:
            yield of(words="Open credit", amount=document.open_credit, strong=True)
