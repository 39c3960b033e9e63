"""Batches: the documents of an import wait on hold together, and are released or taken back whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count
from django.utils import timezone

from apps.billing.acts.bulk.documents import LINES, PORTION, Model
from apps.billing.acts.history import CHANGED, DELETED, remember
from apps.billing.acts.issuing import FROZEN, ISSUING, freeze, is_rebate, post
from apps.billing.changes import maker, quietly
from apps.billing.models import (
    Batch,
    Company,
    CreditNote,
    Document,
    DocumentLine,
    Invoice,
    note_changes,
)
from apps.billing.rules.documents import refuse_new_work, refuse_unfit
from apps.billing.rules.limits import done_by_a_person, limit_now
from apps.billing.rules.objections import ToBe, objections
from apps.billing.sums.remainders import credited_before
from apps.billing.sums.tax_rates import hold_rates, loaded, mark_used
from apps.billing.sums.totals import sum_up, write_lines
from apps.core.money import figure

# What issuing writes on a document that came with its number.
ISSUED = [
    *("status", "number", "number_given", "issued_at", "issued_by_id", "discount_item"),
    *("customer_name", "customer_address", "customer_tax_number", "tax_rounding"),
    *("discount", "net", "tax", "total", "home_total", "home_tax", "taxes"),
    *("revision", "updated_at"),
]


@dataclass(kw_only=True, slots=True)
class Sweep:
    """What one pass over a batch came to: how many were issued, and the others by their number with
    the sentences why they stay on hold."""

    issued: int = 0
    unfit: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    document: Invoice | CreditNote
    lines: list[DocumentLine]


def look_through(batch: Batch) -> Sweep:
    """Which of its documents could not be issued now by whoever asks, and why. Nothing is written."""
    return _sweep(batch, _unfit)


def release_batch(batch: Batch, *, leave_unfit: bool = False) -> Sweep:
    """Issue its documents on the numbers they came with, in portions that commit one by one.

    Raises ValidationError before any is issued where some are unfit, unless these are to be left
    on hold. Broken off, it goes on when it is called again.
    """
    if not leave_unfit and (unfit := look_through(batch).unfit):
        raise ValidationError(_refusals(unfit))
    return release_some(batch)


def release_some(batch: Batch, goes_on: Callable[[], bool] = lambda: True) -> Sweep:
    """The same for as long as `goes_on`, asked between portions; what is unfit stays on hold."""
    begin_release(batch)
    with quietly(batch.pk):
        sweep = _sweep(batch, _issue, goes_on)
    end_release(batch)
    return sweep


def take_back_batch(batch: Batch) -> int:
    """Delete its documents while they are on hold, in portions; the number. Numbers are free again.

    Raises ValidationError once its release has begun: what is issued is voided or credited.
    """
    begin_taking_back(batch, instead="Void or credit its documents.")
    taken = 0
    for model in reversed(LINES):  # credit notes before the invoices that they take back
        while deleted := _delete_some(batch, model):
            taken += deleted
    return taken


# --- Released or taken back, never both -----------------------------------------------------------


def begin_release(batch: Batch) -> None:
    """From here it can only be released. Raises ValidationError where it was taken back."""
    with transaction.atomic():
        held = _locked(batch)
        if held.taken_back_at is not None:
            raise ValidationError(f"“{held}” was taken back.")
        if held.release_begun_at is None:
            held.release_begun_at = timezone.now()
            held.save()
    batch.refresh_from_db()


def end_release(batch: Batch) -> None:
    """It is released once none of its documents waits any more. Whoever keeps other things in it asks
    for this when none of those does."""
    with transaction.atomic():
        held = _locked(batch)
        waits = any(_drafts(held, model).exists() for model in LINES)
        if held.released_at is None and not waits:
            held.released_at, held.released_by_id = timezone.now(), maker().user_id
            held.save()
    batch.refresh_from_db()


def begin_taking_back(batch: Batch, *, instead: str) -> None:
    """From here it can only be taken back. Raises ValidationError once its release has begun, with
    what may be done `instead`."""
    with transaction.atomic():
        held = _locked(batch)
        if held.release_begun_at is not None:
            raise ValidationError(f"“{held}” was released, so it cannot be taken back. {instead}")
        if held.taken_back_at is None:
            held.taken_back_at, held.taken_back_by_id = timezone.now(), maker().user_id
            held.save()
    batch.refresh_from_db()


# --- Release ------------------------------------------------------------------------------------


def _locked(batch: Batch) -> Batch:
    return Batch.objects.select_for_update().get(pk=batch.pk)


def _sweep(
    batch: Batch,
    do: "Callable[[Sequence[_Draft], Batch, Sweep], None]",
    goes_on: Callable[[], bool] = lambda: True,
) -> Sweep:
    """Each of its drafts once, in portions of one transaction each."""
    sweep = Sweep()
    for model in LINES:
        after = 0
        while keys := _next(batch, model, after):
            after = keys[-1]
            with transaction.atomic():
                do(_read(batch, model, keys), batch, sweep)
            if not goes_on():
                return sweep
    return sweep


def _drafts(batch: Batch, model: Model) -> "models.QuerySet[Document]":
    return model._base_manager.filter(batch=batch, status=Document.Status.DRAFT)


def _next(batch: Batch, model: Model, after: int) -> list[int]:
    """The keys of the next drafts, as many as have a portion of lines, at least one."""
    rows = _drafts(batch, model).filter(pk__gt=after).order_by("pk")
    keys: list[int] = []
    lines = 0
    for pk, count in rows.annotate(of_lines=Count("lines")).values_list("pk", "of_lines")[:PORTION]:
        lines += count
        if keys and lines > PORTION:
            break
        keys.append(pk)
    return keys


def _read(batch: Batch, model: Model, keys: Sequence[int]) -> list[_Draft]:
    """Their company locked, they as they stand with their lines; those issued meanwhile left out."""
    company = Company.locked(batch.company_id)
    # Not joined: a terms or a discount item may be none, and such a join cannot be locked.
    rows = _drafts(batch, model).filter(pk__in=keys).select_for_update().order_by("pk")
    documents = {each.pk: each for each in rows.prefetch_related("customer")}
    stored = LINES[model].objects.filter(document__in=documents).select_related("item")
    lines: dict[int, list[DocumentLine]] = {pk: [] for pk in documents}
    for line in stored.order_by("document", "position", "id"):
        lines[line.document_id].append(line)
    rate_ids = {each.tax_rate_id for some in lines.values() for each in some} - {None}
    hold_rates(rate_ids)
    rates = loaded(each for each in rate_ids if each is not None)
    for document in documents.values():
        document.company = company
        for line in lines[document.pk]:
            line.document = document
            if line.tax_rate_id is not None:
                line.tax_rate = rates[line.tax_rate_id]
    return [_Draft(document, lines[pk]) for pk, document in documents.items()]  # type: ignore[arg-type] # of the model


def _unfit(drafts: Sequence[_Draft], batch: Batch, sweep: Sweep) -> None:
    _fit(drafts, batch, sweep)


def _fit(drafts: Sequence[_Draft], batch: Batch, sweep: Sweep) -> list[_Draft]:
    """Those that could be issued, worked out in memory; of each other one it is told why not."""
    fit: list[_Draft] = []
    for each in drafts:
        try:
            _refuse(each, batch)
            fit.append(each)
        except ValidationError as error:
            sweep.unfit[_named(each)] = error.messages
    found = objections([ToBe(each.document, each.lines) for each in fit])
    for each, sentences in zip(fit, found, strict=True):
        if sentences:
            sweep.unfit[_named(each)] = sentences
    return [each for each, sentences in zip(fit, found, strict=True) if not sentences]


def _named(draft: _Draft) -> str:
    document = draft.document
    return f"{str(document._meta.verbose_name).capitalize()} {document.number}"


def _refuse(draft: _Draft, batch: Batch) -> None:
    document, company = draft.document, draft.document.company
    company.refuse_closed(document.issue_date)
    sum_up(document, draft.lines)
    refuse_new_work(document, draft.lines)
    refuse_unfit(document, draft.lines, company, may_come_along=True)
    if not done_by_a_person():
        return
    if is_rebate(document) and batch.brought_by_id in (None, maker().user_id):
        raise ValidationError(
            "A credit note without an invoice needs a second person: somebody else than who brought "
            "it releases it."
        )
    limit = limit_now(ISSUING[type(document)], company)
    if limit is not None and document.home_total > limit:
        home = company.home_currency
        raise ValidationError(
            f"{figure(document.home_total, home)} is above your limit of {figure(limit, home)} "
            f"{home}: somebody with a higher one releases it."
        )


def _issue(drafts: Sequence[_Draft], batch: Batch, sweep: Sweep) -> None:
    alone: list[_Draft] = []
    for each in _fit(drafts, batch, sweep):
        if not _mirrors(each.document):
            alone.append(each)
            continue
        try:
            with transaction.atomic():
                _refuse_out_of_turn(each.document)
                post(each.document)  # what it takes back of its invoice is for its own act to say
            sweep.issued += 1
        except ValidationError as error:
            sweep.unfit[_named(each)] = error.messages
    changed: list[DocumentLine] = []
    for each in alone:
        before = [_frozen(line) for line in each.lines]
        freeze(each.document, each.lines, each.document.number or "", given=True)
        each.document.revision += 1
        each.document.updated_at = timezone.now()
        changed += [
            line for line, was in zip(each.lines, before, strict=True) if was != _frozen(line)
        ]
    if alone:
        _write(alone, changed)
    sweep.issued += len(alone)


def _refuse_out_of_turn(document: Document) -> None:
    """What is left of an invoice for one of its credits hangs on those that came before it."""
    assert isinstance(document, CreditNote)
    assert document.invoice is not None
    waits = credited_before(document.invoice, document).filter(status=CreditNote.Status.DRAFT)
    if before := waits.first():
        raise ValidationError(
            f"Credit note {before.number}, which takes {document.invoice} back before it, is still "
            "on hold."
        )


def _mirrors(document: Document) -> bool:
    return isinstance(document, CreditNote) and document.invoice_id is not None


def _frozen(line: DocumentLine) -> list[object]:
    return [getattr(line, name) for name in FROZEN]


def _write(drafts: Sequence[_Draft], changed: Sequence[DocumentLine]) -> None:
    documents = [each.document for each in drafts]
    model: Model = type(documents[0])
    mark_used([line for each in drafts for line in each.lines])
    write_lines(changed, FROZEN)
    fields = [*ISSUED, *(("terms_text", "due_date") if model is Invoice else ())]
    # The model's own manager refuses set-based writes that leave no trace; this one leaves it.
    models.QuerySet(model).bulk_update(documents, fields)  # type: ignore[arg-type] # of this model
    remember(documents, CHANGED, lines={each.document.pk: each.lines for each in drafts})
    note_changes(documents)


def _refusals(unfit: dict[str, list[str]]) -> list[str]:
    told = [f"{name}: {' '.join(sentences)}" for name, sentences in unfit.items()]
    if len(told) > SHOWN:
        return [*told[:SHOWN], f"… and {len(told) - SHOWN} more."]
    return told


SHOWN = 20  # documents named in one refusal


# --- Take back ----------------------------------------------------------------------------------


def _delete_some(batch: Batch, model: Model) -> int:
    with transaction.atomic():
        keys = _next(batch, model, 0)
        if not keys:
            return 0
        drafts = _read(batch, model, keys)
        remember(
            [each.document for each in drafts],
            DELETED,
            lines={each.document.pk: each.lines for each in drafts},
        )
        # Whole at once: deleting one by one would ask for each whether it is a draft, which the
        # lock has answered.
        for table, named in ((LINES[model], "document__in"), (model, "pk__in")):
            rows: models.QuerySet[models.Model] = models.QuerySet(table)
            rows.filter(**{named: keys})._raw_delete(using=rows.db)
        return len(drafts)


def held_documents(batch: Batch) -> Iterator[tuple[Model, int]]:
    """How many drafts of each kind wait in it."""
    for model in LINES:
        yield model, _drafts(batch, model).count()
