"""Allocations: setting money, credit notes and adjustments against what is owed, and back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import DecimalField, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from apps.billing.changes import made_by, maker
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Allocation,
    Company,
    CreditNote,
    Document,
    Invoice,
    OutsideEntry,
    Payment,
    Refund,
)
from apps.billing.models.base import MONEY
from apps.billing.rules.documents import day, require_amount, require_reason
from apps.billing.rules.families import are_one, pays_for, related
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.billing.rules.value import still_received
from apps.billing.sums.home_values import Record, Source, Target, end_of, open_amount, part_of
from apps.core.money import figure
from apps.staff.acts import ActName


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """A document in their books that is not ours (a journal, an invoice typed over there)."""

    kind: str  # their word for it
    id: str  # theirs
    label: str = ""  # what staff read: its number or date


def allocate(
    source: Source,
    target: Target | None,
    amount: Decimal,
    *,
    on: date,
    outside: Outside | None = None,
) -> Allocation:
    """Set `amount` of a source against a target of ours, or against a document of theirs.

    A payment or an issued credit note is set against an invoice, or against the refund that pays
    it out; a payment also against the adjustment that takes it up; an adjustment that credits
    against an invoice, as is an entry of the other books; a retainer that is used also against the
    refund that pays it out. A payment of a parent is also set against invoices of its
    sub-customers. What takes a deduction back is settled by the credit note that did it,
    or by the deduction itself. `on` is the allocation's own date: not before either record, and in
    an open month. Amounts are in the currency both share. Raises ValidationError, in a sentence for
    staff.
    """
    if (target is None) == (outside is None):
        raise ValidationError("Choose either an invoice or a document of the other books.")
    with transaction.atomic():
        company = Company.locked(source.company_id)
        source.hold()
        source.company = company
        _refuse_source(source, amount, on)
        if target is not None:
            target.hold()
            target.company = company
            _refuse_pair(source, target)
            _refuse_target(source, target, amount, on)
        elif isinstance(source, Adjustment | OutsideEntry):
            raise ValidationError(f"{source} can only be set against an invoice.")
        company.refuse_closed(on)
        worth = part_of(source, amount)
        taken = worth if target is None else part_of(target, amount)
        allocation = Allocation(
            company=company,
            date=on,
            currency=source.currency,
            amount=amount,
            home_amount=taken,
            exchange_difference=worth - taken,
        )
        for record in (source, target):
            if record is not None:
                setattr(allocation, end_of(record), record)
        if outside is not None:
            allocation.outside_kind = outside.kind
            allocation.outside_id = outside.id
            allocation.outside_label = outside.label
        allocation.save_by_act()
        _rewrite_for(source, target)
    return allocation


def reverse(allocation: Allocation, *, on: date, reason: str) -> None:
    """Un-apply: the allocation ends on that day, with a reason; nothing is deleted.

    Raises ValidationError when it is reversed already, `on` lies before it or in a closed month,
    it is a part of a refund or adjustment, which is cancelled as a whole, or the other books made
    it of an entry of theirs.
    """
    reason = require_reason(reason)
    if allocation.outside_entry is not None and not maker().origin:
        raise ValidationError(
            f"{allocation.outside_entry} was set against it over there: un-apply it there, and it "
            "is open here too."
        )
    with transaction.atomic(), made_by(reason=reason):
        whole = allocation.refund or allocation.charge or allocation.adjustment
        if whole is not None:
            raise ValidationError(f"It belongs to “{whole}” and ends with it. Cancel that instead.")
        _refuse_by_itself(allocation)
        with still_received(*customers_of([allocation])):
            take_back(allocation, on=on, reason=reason)
        refuse_above_limit(
            Wish(
                act=ActName.UN_APPLY,
                record=allocation,
                amount=home_amount(allocation),
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def is_of_bad_debt(allocation: Allocation) -> bool:
    """Whether it writes a bad debt off with its tax, or a credit note takes such a one back."""
    note, invoice = allocation.credit_note, allocation.invoice
    return note is not None and (
        note.relieves_id is not None or (invoice is not None and books_again(note, invoice))
    )


def books_again(note: CreditNote, invoice: Invoice) -> bool:
    """Whether this note made the invoice, to take a bad debt back with its tax.

    What books one again is settled at once by what it was made for: a note, or money that came. A
    note may be set against the latter afterwards, as against any invoice.
    """
    if invoice.recovers_id is None:
        return False
    first = invoice.allocations.order_by("pk").first()
    return first is not None and first.credit_note_id == note.pk


def _refuse_by_itself(allocation: Allocation) -> None:
    """A bad debt with its tax is written off, and booked again by a credit note, as a whole."""
    if not is_of_bad_debt(allocation):
        return
    note = allocation.credit_note
    if note is not None and note.relieves_id is not None:
        raise ValidationError(f"{note} writes it off. Undo that write-off instead.")
    raise ValidationError(
        f"{note} takes a write-off back with its tax, and ends with it. Void {note} instead."
    )


def take_back(allocation: Allocation, *, on: date, reason: str) -> None:
    """Un-apply as a part of a larger act, whose limit holds for the whole."""
    with transaction.atomic():
        company = Company.locked(allocation.company_id)
        source, target = allocation.source, allocation.target
        source.hold()
        if target is not None:
            target.hold()
        allocation.hold()
        if allocation.reversed_on is not None:
            raise ValidationError(f"It was un-applied already, on {day(allocation.reversed_on)}.")
        if on < allocation.date:
            raise ValidationError(
                f"It was applied on {day(allocation.date)}; it cannot be un-applied before."
            )
        company.refuse_closed(on)
        allocation.reversed_on = on
        allocation.reversal_reason = reason
        allocation.save_by_act()
        _rewrite_for(source, target)


def rewrite_sums(
    *,
    payments: Collection[int] = (),
    credit_notes: Collection[int] = (),
    invoices: Collection[int] = (),
) -> None:
    """Derive what is paid, credited, written off and applied from the allocations that stand, by primary keys.

    One statement for each model. The records' revisions stay: these columns are sums of what has
    revisions of its own, and raising them would send every document again with each payment.
    The models' own managers refuse `update()`, hence the plain query sets.
    """
    for model, keys in ((Payment, payments), (CreditNote, credit_notes), (Invoice, invoices)):
        if keys:
            models.QuerySet(model).filter(pk__in=keys).update(**sums_of(model))


def sums_of(model: type[models.Model]) -> dict[str, Coalesce]:
    """What its columns of sums have to be, as expressions of the row."""
    if model is not Invoice:
        return {"applied": _standing("payment" if model is Payment else "credit_note")}
    return {
        # A retainer that is used was paid before: it is no write-off.
        "paid": _standing("invoice", models.Q(payment__isnull=False) | A_RETAINER | OUTSIDE_MONEY),
        "credited": _standing("invoice", A_CREDIT | OUTSIDE_CREDIT),
        "written_off": _standing(
            "invoice", (models.Q(adjustment__isnull=False) & ~A_RETAINER) | A_RELIEF
        ),
    }


# What they set against it: money, or a credit of whatever kind. Nobody wrote anything off here.
OUTSIDE_MONEY = models.Q(outside_entry__is_money=True)
OUTSIDE_CREDIT = models.Q(outside_entry__is_money=False)
A_RELIEF = models.Q(credit_note__relieves__isnull=False)
A_CREDIT = models.Q(credit_note__isnull=False, credit_note__relieves__isnull=True)
A_RETAINER = models.Q(adjustment__isnull=False, adjustment__role=AccountRole.RETAINER)


def _standing(end: str, source: models.Q | None = None) -> Coalesce:
    """The sum of the standing allocations at this end, as an expression of the row there."""
    money: DecimalField[Decimal, Decimal] = DecimalField(**MONEY)
    sums = (
        Allocation.objects.filter(source or models.Q(), **{end: OuterRef("pk")}, reversed_on=None)
        .order_by()
        .values(end)
        # SQLite adds in binary fractions: rounded, the sum is the amount again.
        .annotate(sum=Round(Sum("amount"), precision=4))
        .values("sum")
    )
    return Coalesce(Subquery(sums), Value(Decimal(0)), output_field=money)


def _rewrite_for(source: Source, target: Target | None) -> None:
    rewrite_sums(
        payments=[source.pk] if isinstance(source, Payment) else (),
        credit_notes=[source.pk] if isinstance(source, CreditNote) else (),
        invoices=[target.pk] if isinstance(target, Invoice) else (),
    )
    if isinstance(source, Payment):
        source.refresh_from_db(fields=["applied", "on_account"])
    elif isinstance(source, CreditNote):
        source.refresh_from_db(fields=["applied", "open_credit"])
    if isinstance(target, Invoice):
        target.refresh_from_db(fields=["paid", "credited", "written_off", "balance_due"])


def refuse_unfit_pair(source: Source, target: Target | None, amount: Decimal, *, on: date) -> None:
    """Raise where this much of the source cannot be set against the target on this day. Both are
    as stored, under their locks."""
    _refuse_source(source, amount, on)
    if target is not None:
        _refuse_pair(source, target)
        _refuse_target(source, target, amount, on)


def _refuse_source(source: Source, amount: Decimal, on: date) -> None:
    require_amount(amount, source.currency)
    if isinstance(source, OutsideEntry):
        return  # what is left of it, and since when, their books know
    if not _is_live(source):
        raise ValidationError(f"{source} is {source.get_status_display().lower()}.")
    dated, left = dated_on(source), open_amount(source)
    if on < dated:
        raise ValidationError(f"{source} is dated {day(dated)}; it cannot be applied before.")
    if amount > left:
        raise ValidationError(
            f"Only {figure(left, source.currency)} {source.currency} of {source} is left, "
            f"not {figure(amount, source.currency)}."
        )


def _refuse_pair(source: Source, target: Target) -> None:
    """What may be set against what."""
    sides = Adjustment.Side
    if isinstance(source, CreditNote) and source.relieves_id is not None:
        _refuse_relief(source, target)
    if isinstance(source, Adjustment) and (
        source.side != sides.CREDIT
        or not (
            isinstance(target, Invoice)
            or _takes_back(target, source)
            or (isinstance(target, Refund) and source.role == AccountRole.RETAINER)
        )
    ):
        raise ValidationError(f"{source} cannot be set against {target}.")
    if isinstance(target, Adjustment) and (
        target.side != sides.DEBIT
        or not (isinstance(source, Payment) or target.reverses_id is not None)
    ):
        raise ValidationError(f"{source} cannot be set against {target}.")


def _refuse_relief(note: CreditNote, target: Target) -> None:
    """A bad debt is no credit to the customer, though the other books may have taken it off the
    invoice that it writes off; another application of theirs is taken as it is."""
    if isinstance(target, Invoice) and (maker().origin or target.pk == note.relieves_id):
        return
    raise ValidationError(f"{note} writes {note.relieves} off, and cannot be set against {target}.")


def _takes_back(target: Target, deduction: Adjustment) -> bool:
    return isinstance(target, Adjustment) and target.reverses_id == deduction.pk


def _refuse_target(source: Source, target: Target, amount: Decimal, on: date) -> None:
    if not _is_live(target):
        raise ValidationError(
            f"{target} is {target.get_status_display().lower()}, so nothing can be applied."
        )
    if target.company_id != source.company_id or not _of_one_hand(source, target):
        raise ValidationError(f"{target} is of another customer.")
    if target.currency != source.currency:
        raise ValidationError(f"{target} is in {target.currency}, not {source.currency}.")
    dated, left = dated_on(target), open_amount(target)
    if on < dated:
        raise ValidationError(f"{target} is dated {day(dated)}; nothing can be applied before.")
    if amount > left:
        raise ValidationError(
            f"Only {figure(left, target.currency)} {target.currency} of {target} is due, "
            f"not {figure(amount, target.currency)}."
        )


def _of_one_hand(source: Source, target: Target) -> bool:
    """Of one customer; money also of a parent. Credits cross from one customer of a family to
    another only over there, and are taken as they arrive."""
    if source.customer_id == target.customer_id or are_one(source.customer, target.customer):
        return True
    if not isinstance(target, Invoice):
        return False
    if isinstance(source, Payment):
        return pays_for(source.customer_id, target.customer)
    return bool(maker().origin) and related(source.customer, target.customer)


def customers_of(allocations: Collection[Allocation]) -> set[int]:
    """Keys of the customers that these touch: who paid, and whose invoice it settled."""
    ends = [(each.source, each.target) for each in allocations]
    return {one.customer_id for both in ends for one in both if one is not None}


def dated_on(record: Record) -> date:
    """The accounting date of what an allocation joins."""
    return record.issue_date if isinstance(record, Document) else record.date


def _is_live(record: Record) -> bool:
    if isinstance(record, OutsideEntry):
        return True
    if isinstance(record, Document):
        return record.is_issued
    return record.is_received if isinstance(record, Payment) else record.is_made
