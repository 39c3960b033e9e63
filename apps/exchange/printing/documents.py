"""Invoices and credit notes on paper. Every figure is one that billing stored with the document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.billing.models import (
    Company,
    CreditNote,
    Document,
    DocumentLine,
    Invoice,
    TaxMode,
    TaxShare,
)
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
    """What is printed, for whom, and how it is written."""

    document: Document
    lines: Sequence[DocumentLine]
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
    sheet = _Sheet(
        document=document,
        lines=list(document.lines.all()),
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
        "sums": [*_sums(sheet), *(_settled(sheet) if now else [])],
        "taxes": _taxes(sheet),
        "home": _home(sheet),
        "notes": _notes(sheet),
        "message": said(document.message),
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
    if document.purchase_order_number:
        found.append(fact(caption["order"], said(document.purchase_order_number)))
    return found


def _original(sheet: _Sheet, note: CreditNote) -> Iterable[dict[str, Any]]:
    if note.invoice is not None:
        yield fact(sheet.words["credits"], said(note.invoice.number or ""))
        yield fact(sheet.words["original_date"], sheet.write.day(note.invoice.issue_date))
    if note.reason:
        yield fact(sheet.words["reason"], said(note.reason))


# --- lines ---------------------------------------------------------------------------------------


def _columns(sheet: _Sheet) -> dict[str, Any]:
    inclusive = sheet.document.tax_mode == TaxMode.INCLUSIVE
    return {
        "price": sheet.words["price_with_tax" if inclusive else "price"],
        "discount": any(line.discount_net for line in sheet.lines),
        "tax": sheet.document.tax_mode != TaxMode.NONE,
        "tax_words": sheet.words[words.tax_word(sheet.company)],
    }


def _lines(sheet: _Sheet) -> Iterable[dict[str, Any]]:
    """Each line with what all lines up to it come to, for the foot of a page."""
    currency, write, so_far = sheet.document.currency, sheet.write, ZERO
    for place, line in enumerate(sheet.lines, start=1):
        so_far += line.net
        yield {
            "place": str(place),
            "text": said(line.description),
            "code": said(line.item_code),
            "quantity": write.quantity(line.quantity),
            "price": write.price(line.unit_price, currency),
            "discount": sheet.amount(-line.discount_net) if line.discount_net else "",
            "percent": _discount_percent(line, write),
            "tax": _rate(sheet, line.tax_treatment, line.tax_percent),
            "net": sheet.amount(line.net),
            "so_far": sheet.amount(so_far),
        }


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
    discounts = sum((line.discount_net for line in sheet.lines), ZERO)
    if discounts:
        yield _sum(caption["before_discount"], sheet.amount(document.net + discounts))
        yield _sum(caption["discount"], sheet.amount(-discounts))
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
    for key in ("paid", "credited", "written_off"):
        amount: Decimal = getattr(document, key)
        if amount:
            yield _sum(caption[key], sheet.amount(-amount))
    yield _sum(caption["balance_due"], sheet.amount(document.balance_due), "due")


def _taxes(sheet: _Sheet) -> list[dict[str, str]]:
    """Tax per rate and treatment: a row per component, or one where nothing is due."""
    document = sheet.document
    if document.tax_mode == TaxMode.NONE:
        return []
    shares: dict[str, list[TaxShare]] = {}
    for share in document.shares:
        shares.setdefault(share.code, []).append(share)
    treated = words.treatments(sheet.language)
    found: list[dict[str, str]] = []
    for code, lines in _by_code(sheet.lines).items():
        treatment = treated.get(lines[0].tax_treatment, "")
        net = sum((line.net for line in lines), ZERO)
        if code in shares and any(each.percent for each in shares[code]):
            found += [
                {
                    "treatment": treatment,
                    "name": shown(each.name),
                    "rate": sheet.write.percent(each.percent),
                    "base": sheet.amount(each.base),
                    "tax": sheet.amount(each.tax),
                }
                for each in shares[code]
            ]
        else:
            nil = sheet.write.percent(ZERO) if treatment else ""
            row = {"treatment": treatment, "name": "", "rate": nil}
            found.append({**row, "base": sheet.amount(net), "tax": sheet.amount(ZERO)})
    return found


def _by_code(lines: Sequence[DocumentLine]) -> dict[str, list[DocumentLine]]:
    """Lines by the tax code that they bear, "" for none, in the order in which codes first come."""
    found: dict[str, list[DocumentLine]] = {}
    for line in lines:
        found.setdefault(line.tax_code, []).append(line)
    return found


def _home(sheet: _Sheet) -> dict[str, str] | None:
    """Tax and total in home currency, with the rate; None on a document in home currency."""
    document, home = sheet.document, sheet.company.home_currency
    if document.currency == home:
        return None
    rate = sheet.words["exchange"].format(
        currency=document.currency, rate=sheet.write.quantity(document.exchange_rate), home=home
    )
    dated = document.exchange_rate_date
    source = shown(document.exchange_rate_source)
    told = [*([source] if source else []), *([sheet.write.short_day(dated)] if dated else [])]
    return {
        "words": sheet.words["in_home"].format(currency=home),
        "rate": f"{rate} ({', '.join(told)})" if told else rate,
        "net": sheet.write.amount(document.home_total - document.home_tax, home),
        "tax": sheet.write.amount(document.home_tax, home),
        "total": sheet.write.amount(document.home_total, home),
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
