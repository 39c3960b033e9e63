"""Many invoices and credit notes at once, as an import brings them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.acts.drafting import DraftLine, default_mode, new_lines
from apps.billing.acts.history import CREATED, remember
from apps.billing.acts.issuing import ISSUING, copy_masters, freeze, is_rebate
from apps.billing.acts.numbering import check_given, next_numbers, refuse_taken, taken_numbers
from apps.billing.models import (
    Batch,
    Company,
    CreditNote,
    CreditNoteLine,
    Customer,
    DocumentLine,
    Invoice,
    InvoiceLine,
    PaymentTerm,
    TaxMode,
    note_changes,
)
from apps.billing.rules.documents import refuse_new_work, refuse_unfit
from apps.billing.rules.families import sold_instead, stands_for
from apps.billing.rules.limits import done_by_a_person, limit_now
from apps.billing.rules.objections import ToBe, objections
from apps.billing.sums.exchange_rates import RateBook, bear, take_rate
from apps.billing.sums.tax_rates import loaded, mark_used
from apps.billing.sums.totals import sum_up
from apps.core.money import figure
from apps.core.rows import insert_rows

PORTION = 500  # lines a transaction: under 200 ms on SQLite
Model = type[Invoice] | type[CreditNote]
LINES: dict[Model, type[InvoiceLine] | type[CreditNoteLine]] = {
    Invoice: InvoiceLine,
    CreditNote: CreditNoteLine,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftDocument:
    """A document to be. `number` is the one it came with; issued without one, it takes the next.

    Masters are saved records of one company, as just read: an issued document copies their texts.
    Lines without a tax rate of their own take the customer's, else the item's. What belongs to a
    `batch` is a draft that bears its number, and has passed every rule that issuing asks.
    """

    customer: Customer
    issue_date: date
    lines: Sequence[DraftLine]
    model: Model = Invoice
    number: str | None = None
    issued: bool = True
    batch: Batch | None = None
    terms: PaymentTerm | None = None  # invoices
    due_date: date | None = None  # invoices
    supply_date: date | None = None
    message: str = ""
    purchase_order_number: str = ""
    reason: str = ""  # credit notes
    invoice: Invoice | None = None  # credit notes: issued, or a draft of the same batch
    tax_mode: TaxMode | None = None  # the company's where it is not given
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    exchange_rate: Decimal | None = None  # the latest of its date where it is not given
    exchange_rate_date: date | None = None
    exchange_rate_source: str = ""

    def mode(self, company: Company) -> TaxMode:
        return self.tax_mode or default_mode(company)

    @property
    def is_to_fit(self) -> bool:
        """Whether it must be fit for the books now: drafts of a person need not be."""
        return self.issued or self.batch is not None


@dataclass(slots=True)
class Ready:
    """A document in memory with its lines, summed up."""

    draft: DraftDocument
    document: Invoice | CreditNote
    lines: list[DocumentLine]


class _Masters:
    """What all documents ask for, read once: limits, tax rates, exchange rates."""

    def __init__(self, documents: Sequence[DraftDocument], company: Company) -> None:
        self.company = company
        self.limits = {model: limit_now(ISSUING[model], company) for model in LINES}
        self.tax_rates = loaded(_tax_rate_ids(documents, company))
        foreign = {
            draft.customer.currency for draft in documents if draft.exchange_rate is None
        } - {company.home_currency}
        last = max(draft.issue_date for draft in documents)
        self.exchange_rates = RateBook(company, foreign, last)


def _tax_rate_ids(documents: Sequence[DraftDocument], company: Company) -> Iterator[int]:
    for draft in documents:
        for line in draft.lines:
            rate = line.tax_rate_id(draft.customer, draft.mode(company))
            if rate is not None:
                yield rate


@dataclass(frozen=True, slots=True)
class Prepared:
    """Documents worked out and checked, of which nothing is written: by place, from 0, those that are
    fit to be written, and the others with their sentences. What is taken out of `fit` is not written.
    """

    company: Company
    fit: dict[int, Ready]
    unfit: dict[int, list[str]]


def prepare_documents(documents: Sequence[DraftDocument], company: Company) -> Prepared:
    """Work out and check documents of one company, in memory: nothing is written."""
    documents = [_followed(draft) for draft in documents]
    built: dict[int, Ready] = {}
    unfit: dict[int, list[str]] = {}
    numbers = _taken(documents, company)
    masters = _Masters(documents, company)
    for place, draft in enumerate(documents):
        try:
            each = _build(draft, masters)
            number = _given(draft, company)
            if number and (draft.model.kind, number) in numbers:
                raise ValidationError("There is a document of this number already.")
            if number:
                numbers.add((draft.model.kind, number))
            built[place] = each
        except ValidationError as error:
            unfit[place] = error.messages
    for place, sentences in _what_cannot_leave(built):
        unfit[place] = sentences
    fit = {place: each for place, each in built.items() if place not in unfit}
    return Prepared(company, fit, unfit)


def write_documents(prepared: Prepared) -> list[Invoice | CreditNote]:
    """Write those that are fit, in the order given. Outside a transaction portions commit one by one."""
    ready = list(prepared.fit.values())
    for portion in _portions(ready):
        with transaction.atomic():
            _write(portion, prepared.company.pk)
    return [each.document for each in ready]


def create_documents(documents: Sequence[DraftDocument]) -> list[Invoice | CreditNote]:
    """Create documents of one company with their lines, issued or as drafts, in the order given.

    Raises ValidationError naming every document that is unfit, by its place and number, before
    anything is written. Outside a transaction portions commit one by one.
    """
    if not documents:
        return []
    company = Company.objects.get(pk=documents[0].customer.company_id)
    prepared = prepare_documents(documents, company)
    if prepared.unfit:
        raise ValidationError(
            [
                f"{_named(place + 1, documents[place])}: {' '.join(sentences)}"
                for place, sentences in prepared.unfit.items()
            ]
        )
    return write_documents(prepared)


def _followed(draft: DraftDocument) -> DraftDocument:
    """With the survivors in the place of a customer and items that were merged; not where it takes
    back what was sold to that customer."""
    if draft.invoice is not None:
        return draft
    lines = [
        line
        if line.item is None or line.item.merged_into_id is None
        else replace(line, item=sold_instead(line.item))
        for line in draft.lines
    ]
    return replace(draft, customer=stands_for(draft.customer), lines=lines)


def _named(place: int, draft: DraftDocument) -> str:
    name = f" ({draft.number})" if draft.number else ""
    return f"Document {place}{name}"


def _what_cannot_leave(built: Mapping[int, Ready]) -> Iterator[tuple[int, list[str]]]:
    """What the company's books could not hold, by the document's place."""
    bound = {place: each for place, each in built.items() if each.draft.is_to_fit}
    for each in bound.values():
        copy_masters(each.lines)
        each.document.number = each.draft.number
    found = objections([ToBe(each.document, each.lines) for each in bound.values()])
    for place, sentences in zip(bound, found, strict=True):
        if sentences:
            yield place, sentences


def _taken(documents: Sequence[DraftDocument], company: Company) -> set[tuple[str, str]]:
    """(kind, number) of those that documents here have already."""
    taken: set[tuple[str, str]] = set()
    for model in LINES:
        given = [
            draft.number.strip() for draft in documents if draft.number and draft.model is model
        ]
        taken |= {(model.kind, number) for number in taken_numbers(model, company, given)}
    return taken


def _given(draft: DraftDocument, company: Company) -> str | None:
    if draft.number is None:
        return None
    if not draft.is_to_fit:
        raise ValidationError("A draft has no number.")
    return check_given(draft.number, company)


def _refuse_large(document: Invoice | CreditNote, company: Company, limit: Decimal | None) -> None:
    if limit is not None and document.home_total > limit:
        home = company.home_currency
        raise ValidationError(
            f"{figure(document.home_total, home)} is above your limit of {figure(limit, home)} "
            f"{home}. Bring it as a draft and issue it on its page, where a "
            "second person can approve it."
        )


def _refuse_rebate(document: Invoice | CreditNote) -> None:
    if is_rebate(document) and done_by_a_person():
        raise ValidationError(
            "A credit note without an invoice needs a second person. Bring it as a draft and issue "
            "it on its page, where one can approve it."
        )


def _build(draft: DraftDocument, masters: _Masters) -> Ready:
    company = masters.company
    document = draft.model(
        company=company,
        batch=draft.batch,
        customer=draft.customer,
        issue_date=draft.issue_date,
        supply_date=draft.supply_date,
        currency=draft.customer.currency,
        message=draft.message,
        purchase_order_number=draft.purchase_order_number,
        tax_mode=draft.mode(company),
        discount_percent=draft.discount_percent,
        discount_amount=draft.discount_amount,
    )
    if isinstance(document, Invoice):
        document.terms, document.due_date = draft.terms, draft.due_date
    else:
        document.reason, document.invoice = draft.reason, draft.invoice
    _bear_rate(document, draft, masters)
    lines = new_lines(
        LINES[draft.model],
        draft.lines,
        customer=draft.customer,
        mode=document.tax_mode,
        rates=masters.tax_rates,
    )
    _clean(document)
    sum_up(document, lines)
    if draft.is_to_fit:
        company.refuse_closed(document.issue_date)
        refuse_new_work(document, lines)
        refuse_unfit(document, lines, company, may_come_along=draft.batch is not None)
    if draft.issued:
        _refuse_rebate(document)
        _refuse_large(document, company, masters.limits[draft.model])
    return Ready(draft, document, lines)


def _bear_rate(document: Invoice | CreditNote, draft: DraftDocument, masters: _Masters) -> None:
    if document.origin is not None:
        take_rate(document, masters.company)
        return
    if draft.exchange_rate is None:
        bear(document, masters.exchange_rates.rate_for(document.currency, document.issue_date))
        return
    document.exchange_rate = draft.exchange_rate
    document.exchange_rate_date = draft.exchange_rate_date
    document.exchange_rate_source = draft.exchange_rate_source


def _clean(document: Invoice | CreditNote) -> None:
    """Field by field; what points to other records is held by the database."""
    document.clean()
    document.clean_fields(
        exclude=[each.name for each in document._meta.concrete_fields if each.is_relation]
    )


def _portions(ready: Sequence[Ready]) -> Iterator[list[Ready]]:
    portion: list[Ready] = []
    size = 0
    for each in ready:
        if portion and size + len(each.lines) > PORTION:
            yield portion
            portion, size = [], 0
        portion.append(each)
        size += len(each.lines) + 1
    if portion:
        yield portion


def _write(portion: Sequence[Ready], company_id: int) -> None:
    # Under the lock the closing date and the numbers are looked at again: both may have moved.
    company = Company.locked(company_id)
    _number(portion, company)
    mark_used([line for each in portion if each.draft.issued for line in each.lines])
    for model, line_model in LINES.items():
        chosen = [each for each in portion if each.draft.model is model]
        if not chosen:
            continue
        documents = [each.document for each in chosen]
        # The models' own managers refuse set-based writes that leave no trace; this one leaves it.
        models.QuerySet(model).bulk_create(documents)  # type: ignore[arg-type] # of this model
        for each in chosen:
            for line in each.lines:
                line.document_id = each.document.pk
        lines = chain.from_iterable(each.lines for each in chosen)
        insert_rows(line_model, lines)
        remember(documents, CREATED, lines={each.document.pk: each.lines for each in chosen})
        note_changes(documents)


def _number(portion: Sequence[Ready], company: Company) -> None:
    """Give numbers in the order of the documents, and freeze what is issued."""
    series: dict[tuple[Model, int], list[Ready]] = {}
    given: dict[Model, list[Ready]] = {}
    for each in portion:
        if not each.draft.is_to_fit:
            continue
        company.refuse_closed(each.document.issue_date)
        if each.draft.number is not None:
            given.setdefault(each.draft.model, []).append(each)
        elif each.draft.issued:
            of = each.draft.model, each.document.issue_date.year
            series.setdefault(of, []).append(each)
    for model, chosen in given.items():
        numbers = [check_given(each.draft.number or "", company) for each in chosen]
        refuse_taken(model, company, numbers)
        for each, number in zip(chosen, numbers, strict=True):
            if each.draft.issued:
                freeze(each.document, each.lines, number, given=True)
            else:
                each.document.number, each.document.number_given = number, True
    for (model, year), chosen in series.items():
        numbers = next_numbers(model, company, year, len(chosen))
        for each, number in zip(chosen, numbers, strict=True):
            freeze(each.document, each.lines, number)
