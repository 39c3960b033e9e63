"""A portion of a file's documents judged: new and fit, unchanged, or refused with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.acts.bulk import DraftDocument, DraftLine, Prepared, prepare_documents
from apps.billing.acts.drafting import BY_DEFAULT
from apps.billing.models import Batch, Company, Customer, Invoice, TaxMode
from apps.connectors.profiles import Field
from apps.core.money import ZERO
from apps.exchange.documents import ReadDocument, ReadLine, Refusal
from apps.exchange.imports.assembling import Gathered
from apps.exchange.imports.comparing import MODELS, Standing
from apps.exchange.imports.controls import LineWorth, Worth
from apps.exchange.imports.controls import difference as control_difference
from apps.exchange.imports.masters import Masters, customer_key
from apps.exchange.imports.origins import Origins
from apps.exchange.imports.tally import Outcome, Tally


@dataclass(slots=True)
class Judged:
    """What a portion came to. `prepared` is of those that are new and fit, ready to be written."""

    new: list[Gathered] = field(default_factory=list)
    unchanged: list[Gathered] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    prepared: Prepared | None = None

    def count(self, tally: Tally) -> None:
        for some, outcome in ((self.new, Outcome.NEW), (self.unchanged, Outcome.UNCHANGED)):
            for each in some:
                if each.document is not None:
                    tally.take(each.document, outcome, each.rows)
        of_document: dict[str, list[Refusal]] = {}
        for refusal in self.refusals:
            of_document.setdefault(refusal.document, []).append(refusal)
        for refusals in of_document.values():
            tally.refuse(refusals)


def judge(portion: Sequence[Gathered], masters: Masters, batch: Batch | None = None) -> Judged:
    """Hold documents of a file against what stands here. Nothing is written, unless `batch` is given:
    then customers and items that the new ones need are."""
    company = masters.company
    judged = Judged(refusals=[refusal for each in portion for refusal in each.refusals])
    read = [each for each in portion if each.document is not None]
    documents = [each.document for each in read if each.document]
    standing = Standing(documents, company, masters.profile, masters.rates)
    new: list[Gathered] = []
    for each in read:
        assert each.document is not None
        if each.document not in standing:
            new.append(each)
        elif difference := standing.difference(each.document):
            judged.refusals += refusals(
                each, f"there is one of this number already, and {difference}"
            )
        else:
            judged.unchanged.append(each)
    _prepare(new, masters, batch, judged)
    return judged


def _prepare(new: list[Gathered], masters: Masters, batch: Batch | None, judged: Judged) -> None:
    masters.find(new)
    origins = Origins([each.document for each in new if each.document], masters.company, batch)
    fit: list[Gathered] = []
    drafts: list[DraftDocument] = []
    for each in new:
        try:
            _refuse_what_is_missing(each, masters)
            draft = _draft(each, masters, batch, origins)
        except ValidationError as error:
            judged.refusals += refusals(each, " ".join(error.messages))
        else:
            fit.append(each)
            drafts.append(draft)
    if batch is not None:
        masters.save_new({key for each in fit for key in _named(each)}, batch)
    judged.prepared = prepare_documents(drafts, masters.company) if drafts else None
    unfit = _unfit(fit, judged.prepared) if judged.prepared else {}
    for place, each in enumerate(fit):
        if place in unfit:
            judged.refusals += refusals(each, unfit[place])
        else:
            judged.new.append(each)


def _unfit(fit: Sequence[Gathered], prepared: Prepared) -> dict[int, str]:
    """What the books refuse, and what comes to other amounts here than in the file, by place."""
    unfit = {place: " ".join(sentences) for place, sentences in prepared.unfit.items()}
    for place, each in enumerate(fit):
        assert each.document is not None
        if place in unfit or not each.document.tells_more:
            continue
        if _is_judged_later(each, prepared, place):
            continue
        ready = prepared.fit[place]
        document = ready.document
        sentence = control_difference(
            each.document,
            Worth(document.net, document.tax, document.total),
            [LineWorth(line.net, line.tax, line.tax_code) for line in ready.lines],
        )
        if sentence:
            unfit[place] = sentence
            del prepared.fit[place]
    return unfit


def _is_judged_later(gathered: Gathered, prepared: Prepared, place: int) -> bool:
    """Whether what is left of the invoice that it takes back is known only once documents further up
    in the file are written."""
    document = prepared.fit[place].document
    is_only_checked = document.batch_id is None
    waits = gathered.after_credits or (gathered.with_origin and document.origin is None)
    return is_only_checked and waits


def _named(gathered: Gathered) -> list[str]:
    assert gathered.customer is not None, "what was taken has a customer"
    return [customer_key(gathered.customer), *(item.key for item in gathered.items)]


def _refuse_what_is_missing(gathered: Gathered, masters: Masters) -> None:
    for key in _named(gathered):
        if key in masters.unfit:
            raise ValidationError(masters.unfit[key])
    document = gathered.document
    assert document is not None
    assert gathered.customer is not None
    if document.text(Field.STATUS) == "void":
        raise ValidationError("it is void in the file, so nothing of it is in the books")
    if document.text(Field.BAD_DEBT):
        raise ValidationError(
            f"it books a bad debt of {document.text(Field.BAD_DEBT)}. Write that off on its page here"
        )
    if (terms := document.text(Field.TERMS)) and terms.lower() not in masters.terms:
        raise ValidationError(
            f"there are no payment terms {terms} here. Add them under Payment terms"
        )
    customer = masters.customers[customer_key(gathered.customer)]
    if customer.currency != document.currency:
        raise ValidationError(
            f"{customer} is invoiced in {customer.currency} here, and this is in "
            f"{document.currency or 'no currency'}"
        )


def _draft(
    gathered: Gathered, masters: Masters, batch: Batch | None, origins: Origins
) -> DraftDocument:
    """Raises ValidationError where a tax rate or the invoice that it takes back is not known."""
    document, customer = gathered.document, gathered.customer
    assert document is not None
    assert customer is not None
    buyer = masters.customers[customer_key(customer)]
    invoice = origins.of(gathered)
    terms = document.text(Field.TERMS).lower()
    return DraftDocument(
        model=MODELS[document.kind],
        customer=buyer,
        issue_date=document.dated,
        number=document.number,
        issued=False,
        batch=batch or Batch(company=masters.company),
        purchase_order_number=document.text(Field.PURCHASE_ORDER),
        message=document.text(Field.MESSAGE),
        due_date=document.day(Field.DUE_DATE),
        supply_date=document.day(Field.SUPPLY_DATE),
        terms=masters.terms[terms] if terms else None,
        tax_mode=_mode(document),
        discount_percent=document.number_of(Field.DOCUMENT_DISCOUNT_PERCENT) or None,
        discount_amount=document.number_of(Field.DOCUMENT_DISCOUNT) or None,
        exchange_rate=_exchange_rate(document, masters.company),
        exchange_rate_date=document.day(Field.RATE_DATE),
        exchange_rate_source=document.text(Field.RATE_SOURCE),
        invoice=invoice,
        reason=document.text(Field.REASON),
        lines=[_line(line, document, buyer, masters, origins, invoice) for line in document.lines],
    )


def _line(
    line: ReadLine,
    document: ReadDocument,
    customer: Customer,
    masters: Masters,
    origins: Origins,
    invoice: Invoice | None,
) -> DraftLine:
    item = masters.items.get(line.item_key)
    plain = line.tax_code is None and not line.told
    return DraftLine(
        item=item,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        discount_amount=line.discount_amount,
        tax_rate=BY_DEFAULT if plain else masters.rates.meant(line, document.dated, customer, item),
        credits=None if plain else origins.line(line, invoice),
    )


def _mode(document: ReadDocument) -> TaxMode | None:
    told = document.text(Field.PRICES)
    if told and told not in TaxMode.values:
        raise ValidationError(f"“{told}” does not say whether its amounts are with or without tax")
    return TaxMode(told) if told else None


def _exchange_rate(document: ReadDocument, company: Company) -> Decimal | None:
    """As the file tells; of what is in home currency there is none to be chosen."""
    rate = document.number_of(Field.EXCHANGE_RATE)
    if document.currency == company.home_currency and rate == 1:
        return None
    return rate


def refusals(gathered: Gathered, sentence: str) -> list[Refusal]:
    """Every row of a document that was read and is not taken, with what it came to."""
    document = gathered.document
    assert document is not None
    sign = -1 if document.kind == "credit_note" else 1
    amounts: dict[int, Decimal] = {}
    for line in document.lines:
        booked = sign * line.booked(document.currency)
        amounts[line.row] = amounts.get(line.row, ZERO) + booked
    return [
        Refusal(
            row=row,
            document=document.number,
            sentence=sentence,
            day=document.dated,
            currency=document.currency,
            amount=amount,
        )
        for row, amount in amounts.items()
    ]
