"""A portion of a file's documents judged: new and fit, unchanged, or refused with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.billing.acts.bulk import DraftDocument, DraftLine, Prepared, prepare_documents
from apps.billing.acts.drafting import BY_DEFAULT
from apps.billing.models import Batch
from apps.exchange.documents import ReadDocument, Refusal
from apps.exchange.imports.assembling import Gathered
from apps.exchange.imports.comparing import MODELS, Standing
from apps.exchange.imports.masters import Masters, customer_key
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
    standing = Standing([each.document for each in read if each.document], company)
    new: list[Gathered] = []
    for each in read:
        assert each.document is not None
        if each.document not in standing:
            new.append(each)
        elif difference := standing.difference(each.document):
            judged.refusals += refusals(
                each, f"there is one of this number already, and {difference}. Credit it instead"
            )
        else:
            judged.unchanged.append(each)
    _prepare(new, masters, batch, judged)
    return judged


def _prepare(new: list[Gathered], masters: Masters, batch: Batch | None, judged: Judged) -> None:
    masters.find(new)
    fit: list[Gathered] = []
    for each in new:
        if why := _what_is_missing(each, masters):
            judged.refusals += refusals(each, why)
        else:
            fit.append(each)
    if batch is not None:
        masters.save_new({key for each in fit for key in _named(each)})
    drafts = [_draft(each.document, each, masters, batch) for each in fit if each.document]
    judged.prepared = prepare_documents(drafts, masters.company) if drafts else None
    unfit = judged.prepared.unfit if judged.prepared else {}
    for place, each in enumerate(fit):
        if place in unfit:
            judged.refusals += refusals(each, " ".join(unfit[place]))
        else:
            judged.new.append(each)


def _named(gathered: Gathered) -> list[str]:
    assert gathered.customer is not None, "what was taken has a customer"
    return [customer_key(gathered.customer), *(item.code.lower() for item in gathered.items)]


def _what_is_missing(gathered: Gathered, masters: Masters) -> str:
    for key in _named(gathered):
        if key in masters.unfit:
            return masters.unfit[key]
    assert gathered.document is not None
    for line in gathered.document.lines:
        if line.tax_code and line.tax_code not in masters.tax_rates:
            return (
                f"row {line.row}: there is no tax rate {line.tax_code} here. Add it under Tax "
                "rates, or say in the layout which of ours is meant"
            )
    return ""


def _draft(
    document: ReadDocument, gathered: Gathered, masters: Masters, batch: Batch | None
) -> DraftDocument:
    assert gathered.customer is not None
    return DraftDocument(
        model=MODELS[document.kind],
        customer=masters.customers[customer_key(gathered.customer)],
        issue_date=document.dated,
        number=document.number,
        issued=False,
        batch=batch or Batch(company=masters.company),
        purchase_order_number=document.purchase_order_number,
        message=document.message,
        due_date=document.due,
        lines=[
            DraftLine(
                item=masters.items.get(line.item_code.lower()),
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount_percent=line.discount_percent,
                tax_rate=masters.tax_rates[line.tax_code] if line.tax_code else BY_DEFAULT,
            )
            for line in document.lines
        ],
    )


def refusals(gathered: Gathered, sentence: str) -> list[Refusal]:
    """Every row of a document that was read and is not taken, with what it came to."""
    document = gathered.document
    assert document is not None
    sign = -1 if document.kind == "credit_note" else 1
    return [
        Refusal(
            row=line.row,
            document=document.number,
            sentence=sentence,
            day=document.dated,
            currency=document.currency,
            amount=sign * line.booked(document.currency),
        )
        for line in document.lines
    ]
