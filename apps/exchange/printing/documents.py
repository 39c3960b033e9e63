"""Invoices and credit notes on paper. Every figure is one that billing stored with the document, or
takes apart (a line's own discount, its share of the document's)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import (
    Company,
    CreditNote,
    Document,
    DocumentLine,
    Invoice,
    TaxMode,
    TaxRate,
    TaxShare,
)
from apps.billing.sums.discounts import PricedLine, priced_lines
from apps.core.money import ZERO
from apps.exchange.printing import words
from apps.exchange.printing.figures import Writer
from apps.exchange.printing.paper import (
    CannotPrint,
    addressed,
    fact,
    paper,
    taxed_under,
    typeset,
    with_country,
    writer_for,
)
from apps.exchange.printing.script import said, shown


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sheet:
    """What is printed, as issued or as it stands `now`, for whom, and how it is written."""

    document: Document
    lines: Sequence[DocumentLine]
    priced: Sequence[PricedLine]
    now: bool
    company: Company
    language: str
    write: Writer
    words: dict[str, str]

    def amount(self, amount: Decimal) -> str:
        return self.write.amount(amount, self.document.currency)


def refuse_unprintable(document: Document) -> None:
    """Raise `CannotPrint` for what is no document for a customer."""
    if document.is_draft:
        raise CannotPrint(f"{document} is not issued yet. Issue it first, then print it.")
    if isinstance(document, CreditNote) and document.relieves_id is not None:
        raise CannotPrint(
            f"{document} writes off a bad debt: it is no credit to the customer, so it is not "
            "printed for them."
        )
    if isinstance(document, Invoice) and document.recovers_id is not None:
        raise CannotPrint(
            f"{document} books a bad debt again: it is no sale, so it is not printed for the "
            "customer. Print the invoice itself."
        )


def print_as_issued(document: Document, company: Company, language: str) -> bytes:
    """As it left: nothing of what was paid, credited or void since. `company` as it was then."""
    return _print(document, company, language, now=False)


def print_as_it_stands(document: Document, company: Company, language: str) -> bytes:
    """A copy with what was paid, credited, written off or void by now."""
    return _print(document, company, language, now=True)


def _print(document: Document, company: Company, language: str, *, now: bool) -> bytes:
    refuse_unprintable(document)
    assert document.issued_at is not None  # a draft was refused
    data = document_data(document, company, language, now=now)
    return typeset("document", data, dated=document.issued_at)


def document_data(
    document: Document, company: Company, language: str, *, now: bool
) -> dict[str, Any]:
    """What `templates/document.typ` takes: texts alone, every figure as it is to be read."""
    lines = list(document.lines.all())
    sheet = _Sheet(
        document=document,
        lines=lines,
        priced=priced_lines(document, lines),
        now=now,
        company=company,
        language=language,
        write=writer_for(company, language),
        words=words.captions(language),
    )
    kind = title_key(document, company)
    title = sheet.words[kind]
    data = paper(company, language, title=f"{title} {shown(document.number or '')}")
    data |= {
        "kind": title,
        "number": said(document.number or ""),
        "party": _party(sheet),
        "facts": _facts(sheet),
        "columns": _columns(sheet),
        "lines": list(_lines(sheet)),
        "kept_together": _kept_together(sheet),
        "sums": [*_sums(sheet), *(_settled(sheet) if now else [])],
        "taxes": _taxes(sheet),
        "home": _home(sheet),
        "notes": _notes(sheet),
        "message": said("" if _is_done(sheet) else document.message),
        "currency": document.currency,
    }
    if now:
        data["mark"] = _mark(sheet)
        data["copy"] = sheet.words["mark_copy"]
        today = sheet.write.day(company.today())
        data["as_printed"] = sheet.words["as_printed"].format(date=today)
    return data


def title_key(document: Document, company: Company) -> str:
    """The key of what the document is called."""
    return "credit_note" if isinstance(document, CreditNote) else words.invoice_title(company)


# --- the head ------------------------------------------------------------------------------------


def _party(sheet: _Sheet) -> dict[str, Any]:
    document = sheet.document
    label = "credited_to" if isinstance(document, CreditNote) else "billed_to"
    return addressed(
        sheet.words[label],
        document.customer_name,
        with_country(document.customer_address, sheet.write),
        taxed_under(document.customer_tax_number, document.customer.country, sheet.language),
    )


def _facts(sheet: _Sheet) -> list[dict[str, Any]]:
    document, caption, write = sheet.document, sheet.words, sheet.write
    of_note = isinstance(document, CreditNote)
    found = [
        fact(
            caption["credit_note_number" if of_note else "invoice_number"],
            said(document.number or ""),
        ),
        fact(caption["date" if of_note else "issue_date"], write.day(document.issue_date)),
    ]
    if not of_note:
        supplied = document.supply_date or document.issue_date
        found.append(fact(caption["supply_date"], write.day(supplied)))
    if isinstance(document, Invoice) and document.due_date is not None:
        found.append(fact(caption["due_date"], write.day(document.due_date)))
    if isinstance(document, Invoice) and document.terms_text:
        found.append(fact(caption["terms"], said(document.terms_text)))
    if isinstance(document, CreditNote):
        found += _original(sheet, document)
    if sheet.now and document.voided_on is not None:
        found.append(fact(caption["voided_on"], write.day(document.voided_on)))
    if document.purchase_order_number:
        found.append(fact(caption["order"], said(document.purchase_order_number)))
    return found


def _original(sheet: _Sheet, note: CreditNote) -> Iterable[dict[str, Any]]:
    if note.invoice is not None:
        original = sheet.words["numbered_of"].format(
            number=note.invoice.number, date=sheet.write.day(note.invoice.issue_date)
        )
        yield fact(sheet.words["credits"], said(original))
    if note.reason:
        yield fact(sheet.words["reason"], said(note.reason))


# --- lines ---------------------------------------------------------------------------------------


def _columns(sheet: _Sheet) -> dict[str, Any]:
    inclusive = sheet.document.tax_mode == TaxMode.INCLUSIVE
    return {
        "price": sheet.words["price_with_tax" if inclusive else "price"],
        "discount": any(line.discount for line in sheet.priced),
        "amount": sheet.words["amount_with_tax" if inclusive else "amount"],
        "tax": sheet.document.tax_mode != TaxMode.NONE,
        "tax_words": sheet.words[words.tax_word(sheet.company)],
    }


def _lines(sheet: _Sheet) -> Iterable[dict[str, Any]]:
    """Each line with what all lines up to it come to, for the foot of a page."""
    currency, write, so_far = sheet.document.currency, sheet.write, ZERO
    both = zip(sheet.lines, sheet.priced, strict=True)
    for place, (line, priced) in enumerate(both, start=1):
        so_far += priced.amount
        yield {
            "place": str(place),
            "text": said(line.description),
            "code": said(line.item_code),
            "quantity": write.quantity(line.quantity),
            "price": write.price(line.unit_price, currency),
            "discount": sheet.amount(-priced.discount) if priced.discount else "",
            "percent": _discount_percent(line, write),
            "tax": _rate(sheet, line.tax_treatment, line.tax_percent),
            "amount": sheet.amount(priced.amount),
            "so_far": sheet.amount(so_far),
        }


# What is kept together with the sums must fit on a page with them.
SHORT_TEXT, SHORT_ROWS = 200, 6


def _kept_together(sheet: _Sheet) -> int:
    """How many of the last lines, two at most, stand on the page of the sums."""
    kept = 0
    for line in sheet.lines[:-3:-1]:
        rows = said(line.description)["lines"]
        if len(line.description) > SHORT_TEXT or len(rows) > SHORT_ROWS:
            break
        kept += 1
    return kept


def _discount_percent(line: DocumentLine, write: Writer) -> str:
    return write.percent(line.discount_percent) if line.discount_percent else ""


def _rate(sheet: _Sheet, treatment: str, percent: Decimal | None) -> str:
    """“20 %”; where no tax is due, why."""
    if not treatment:
        return ""
    if percent:
        return sheet.write.percent(percent)
    return words.treatments(sheet.language)[treatment]


# --- sums ----------------------------------------------------------------------------------------


def _sum(label: str, value: str, weight: str = "") -> dict[str, str]:
    return {"label": label, "value": value, "weight": weight}


def _sums(sheet: _Sheet) -> Iterable[dict[str, str]]:
    document, caption = sheet.document, sheet.words
    if document.discount:
        whole = sum((line.amount for line in sheet.priced), ZERO)
        label = caption["document_discount"]
        if document.discount_percent:
            label = f"{label} {sheet.write.percent(document.discount_percent)}"
        inclusive = document.tax_mode == TaxMode.INCLUSIVE
        yield _sum(caption["subtotal_with_tax" if inclusive else "subtotal"], sheet.amount(whole))
        yield _sum(label, sheet.amount(-document.discount))
    if document.tax_mode != TaxMode.NONE:
        yield _sum(caption["net"], sheet.amount(document.net))
        yield _sum(caption[words.tax_word(sheet.company)], sheet.amount(document.tax))
    total = "total_credit" if isinstance(document, CreditNote) else "total"
    yield _sum(f"{caption[total]} ({document.currency})", sheet.amount(document.total), "total")


def _settled(sheet: _Sheet) -> Iterable[dict[str, str]]:
    """What happened to it since it was issued."""
    document, caption = sheet.document, sheet.words
    if document.status == Document.Status.VOID:
        return
    if isinstance(document, CreditNote):
        if document.applied:
            yield _sum(caption["applied"], sheet.amount(-document.applied))
            yield _sum(caption["open_credit"], sheet.amount(document.open_credit), "due")
        return
    assert isinstance(document, Invoice)  # there is no third kind
    yield from _paid(sheet, document)
    for key in ("credited", "written_off"):
        amount: Decimal = getattr(document, key)
        if amount:
            yield _sum(caption[key], sheet.amount(-amount))
    yield _sum(caption["balance_due"], sheet.amount(document.balance_due), "due")


SINGLE_PAYMENTS = 8  # as many stand on paper each with its date


def _paid(sheet: _Sheet, invoice: Invoice) -> Iterable[dict[str, str]]:
    """What was paid, by the dates of the payments; money of other books bears no date here."""
    rows = invoice.allocations.filter(reversed_on=None, payment__isnull=False)
    by_date: dict[date, Decimal] = {}
    for on, amount in rows.order_by("payment__date").values_list("payment__date", "amount"):
        by_date[on] = by_date.get(on, ZERO) + amount
    if len(by_date) > SINGLE_PAYMENTS:
        by_date = {}
    for on, amount in by_date.items():
        label = sheet.words["paid_on"].format(date=sheet.write.short_day(on))
        yield _sum(label, sheet.amount(-amount))
    rest = invoice.paid - sum(by_date.values(), ZERO)
    if rest:
        yield _sum(sheet.words["paid"], sheet.amount(-rest))


def _is_done(sheet: _Sheet) -> bool:
    """Whether nothing is to be paid any more: its message, which says how to, is left out then."""
    document = sheet.document
    if not sheet.now:
        return False
    if document.status == Document.Status.VOID:
        return True
    return isinstance(document, Invoice) and document.balance_due <= 0


def _taxes(sheet: _Sheet) -> list[dict[str, str]]:
    """Tax per rate: a row under its name, or one per component under both; where nothing is due,
    how the law treats it."""
    document = sheet.document
    if document.tax_mode == TaxMode.NONE:
        return []
    shares: dict[str, list[TaxShare]] = {}
    for share in document.shares:
        shares.setdefault(share.code, []).append(share)
    treated, names = words.treatments(sheet.language), _rate_names(document)
    found: list[dict[str, str]] = []
    for code, lines in _by_code(sheet.lines).items():
        net = sum((line.net for line in lines), ZERO)
        own = shares.get(code, [])
        if any(each.percent for each in own):
            found += [
                {
                    "rate_name": shown(names.get(each.rate_id, "")),
                    "component": shown(each.name) if len(own) > 1 else "",
                    "rate": sheet.write.percent(each.percent),
                    "base": sheet.amount(each.base),
                    "tax": sheet.amount(each.tax),
                }
                for each in own
            ]
        else:
            treatment = treated.get(lines[0].tax_treatment, "")
            nil = sheet.write.percent(ZERO) if treatment else ""
            row = {"rate_name": treatment, "component": "", "rate": nil}
            found.append({**row, "base": sheet.amount(net), "tax": sheet.amount(ZERO)})
    return found


def _rate_names(document: Document) -> dict[int, str]:
    """What the rates were called when it was issued, as far as their history goes, by their keys."""
    keys = {share.rate_id for share in document.shares}
    if not keys:
        return {}
    then = TaxRate.history.filter(id__in=keys, history_date__lte=document.issued_at)
    rows = then.order_by("history_date", "history_id").values_list("id", "name")
    return dict(TaxRate.objects.filter(pk__in=keys).values_list("pk", "name")) | dict(rows)


def _by_code(lines: Sequence[DocumentLine]) -> dict[str, list[DocumentLine]]:
    """Lines by the tax code that they bear, "" for none, in the order in which codes first come."""
    found: dict[str, list[DocumentLine]] = {}
    for line in lines:
        found.setdefault(line.tax_code, []).append(line)
    return found


def _home(sheet: _Sheet) -> dict[str, Any] | None:
    """The sums in home currency, with the rate; None on a document in home currency."""
    document, home = sheet.document, sheet.company.home_currency
    if document.currency == home:
        return None
    rate = sheet.words["exchange"].format(
        currency=document.currency, rate=sheet.write.quantity(document.exchange_rate), home=home
    )
    dated = document.exchange_rate_date
    source = shown(document.exchange_rate_source)
    told = [*([source] if source else []), *([sheet.write.short_day(dated)] if dated else [])]
    sums = {"total": document.home_total}
    if document.tax_mode != TaxMode.NONE:
        taxes = {words.tax_word(sheet.company): document.home_tax}
        sums = {"net": document.home_total - document.home_tax, **taxes, **sums}
    return {
        "rate": f"{rate} ({', '.join(told)})" if told else rate,
        "sums": [
            {
                "label": f"{sheet.words[key]} {sheet.words['in_home'].format(currency=home)}",
                "value": sheet.write.amount(amount, home),
            }
            for key, amount in sums.items()
        ],
    }


def _notes(sheet: _Sheet) -> list[str]:
    """What the law wants the customer to read, once for each treatment."""
    if sheet.document.tax_mode == TaxMode.NONE:
        return []
    told = words.notes(sheet.language)
    found = dict.fromkeys(line.tax_treatment for line in sheet.lines)
    return [told[treatment] for treatment in found if treatment in told]


def _mark(sheet: _Sheet) -> dict[str, str] | None:
    document = sheet.document
    if document.status == Document.Status.VOID:
        return {"words": sheet.words["mark_void"], "tone": "bad"}
    if isinstance(document, Invoice) and document.paid and document.balance_due <= 0:
        return {"words": sheet.words["mark_paid"], "tone": "good"}
    return None
