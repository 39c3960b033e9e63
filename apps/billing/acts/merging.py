"""Two customers or two items become one, or are kept as two for good."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from apps.billing.changes import made_by, maker
from apps.billing.models import (
    Allocation,
    Company,
    CreditNote,
    Customer,
    Invoice,
    Item,
    KeptBoth,
)
from apps.billing.rules.documents import require_reason
from apps.billing.rules.families import stands_for, with_aliases
from apps.core.likeness import same_tax_number

DOCUMENTS: tuple[type[Invoice] | type[CreditNote], ...] = (Invoice, CreditNote)
ITEMS_OF_A_COMPANY = ("discount_item", "plain_item", "bad_debt_item")


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """How many drafts went over to the survivor."""

    drafts: int


def merge_customers(loser: Customer, survivor: Customer, *, reason: str) -> Moved:
    """Make a customer an alias of another: no new work for it, what is issued keeps it, its open
    drafts go to the other.

    Raises ValidationError, in a sentence for staff, where the two cannot be one: another company,
    currency or tax number, sub-customers, or one of them is an alias of the other already.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        Company.locked(loser.company_id)
        rows = Customer.objects.select_for_update().order_by("pk")
        both = rows.in_bulk([loser.pk, survivor.pk])
        gone, stays = both[loser.pk], both[survivor.pk]
        refuse_unlike(gone, stays)
        drafts = 0
        for model in DOCUMENTS:
            # Of a credit note that mirrors an invoice the customer is the invoice's.
            own = Q(customer=gone, status="draft")
            if model is CreditNote:
                own &= Q(invoice=None)
            for draft in model.objects.select_for_update().filter(own).order_by("pk"):
                draft.customer = stands_for(stays)
                draft.save()
                drafts += 1
        gone.merged_into, gone.active = stays, False
        gone.save()
        loser.refresh_from_db()
    return Moved(drafts=drafts)


def refuse_unlike(loser: Customer, survivor: Customer) -> None:
    """Raise ValidationError, in words for staff, where the two cannot be one customer."""
    if loser.company_id != survivor.company_id:
        raise ValidationError(f"{survivor} belongs to another company.")
    if loser.merged_into is not None:
        raise ValidationError(f"{loser} was merged into {loser.merged_into} already.")
    if stands_for(survivor).pk == loser.pk:
        raise ValidationError(f"{survivor} is {loser}, or was merged into it.")
    if loser.currency != survivor.currency:
        raise ValidationError(
            f"{loser} is invoiced in {loser.currency}, {survivor} in {survivor.currency}: they "
            "cannot be one customer."
        )
    numbers = loser.tax_number, survivor.tax_number
    if all(numbers) and not same_tax_number(*numbers):
        raise ValidationError(
            f"{loser} has the tax number {loser.tax_number}, {survivor} has "
            f"{survivor.tax_number}: they are two persons, and cannot be one customer."
        )
    if loser.children.exists():
        raise ValidationError(f"{loser} has sub-customers. Put them under another customer first.")


def part_customers(customer: Customer, *, reason: str) -> None:
    """Take a merge back: the alias is a customer of its own again. Drafts stay where they went.

    Raises ValidationError where it is no alias, or money of the one settles what the other owes.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        Company.locked(customer.company_id)
        customer.hold()
        if customer.merged_into is None:
            raise ValidationError(f"{customer} was not merged.")
        ones = with_aliases([customer.pk]) - {customer.pk}
        standing = Allocation.objects.filter(reversed_on=None)
        across = [
            Q(**{f"{paid}__customer": customer.pk, "invoice__customer__in": ones})
            | Q(**{f"{paid}__customer__in": ones, "invoice__customer": customer.pk})
            for paid in ("payment", "credit_note")
        ]
        if any(standing.filter(each).exists() for each in across):
            raise ValidationError(
                f"Money of {customer} settles what {customer.merged_into} owes, or the other way "
                "round. Un-apply that first, then take the merge back."
            )
        customer.merged_into, customer.active = None, True
        customer.save()


def merge_items(loser: Item, survivor: Item, *, reason: str) -> Moved:
    """Sell one item instead of another: lines of open drafts take the survivor and keep their
    text, price and tax; issued documents keep what stands in them; the loser is sold no more.

    Raises ValidationError where the two cannot be one, or the company itself uses the loser.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(loser.company_id)
        both = Item.objects.select_for_update().order_by("pk").in_bulk([loser.pk, survivor.pk])
        gone, stays = both[loser.pk], both[survivor.pk]
        _refuse_unlike_items(gone, stays, company)
        drafts = 0
        for model in DOCUMENTS:
            bearing = model.objects.filter(status="draft", lines__item=gone).values_list(
                "pk", flat=True
            )
            for draft in (
                model.objects.select_for_update().filter(pk__in=set(bearing)).order_by("pk")
            ):
                for line in draft.lines.filter(item=gone):
                    line.item = stays
                    line.save()
                draft.save()
                drafts += 1
        gone.merged_into, gone.active = stays, False
        gone.save()
        loser.refresh_from_db()
    return Moved(drafts=drafts)


def _refuse_unlike_items(loser: Item, survivor: Item, company: Company) -> None:
    if loser.company_id != survivor.company_id:
        raise ValidationError(f"{survivor} belongs to another company.")
    if loser.pk == survivor.pk:
        raise ValidationError("Choose another item: this one cannot be merged into itself.")
    for one in (loser, survivor):
        if one.merged_into is not None:
            raise ValidationError(f"{one} was merged into {one.merged_into} already.")
    for name in ITEMS_OF_A_COMPANY:
        if getattr(company, f"{name}_id") == loser.pk:
            words = name.replace("_", " ")
            raise ValidationError(
                f"{loser} is the {words} of {company}. Choose another one there first."
            )


def part_items(item: Item, *, reason: str) -> None:
    """Take a merge of items back: it may be sold again. Drafts stay as they are."""
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        item.hold()
        if item.merged_into is None:
            raise ValidationError(f"{item} was not merged.")
        item.merged_into, item.active = None, True
        item.save()


def keep_both(record: Customer | Item, others: Iterable[Customer | Item], *, reason: str) -> int:
    """They look like one and are two: never asked about again. Returns how many pairs are new."""
    reason = require_reason(reason)
    kept = 0
    with transaction.atomic():
        for other in others:
            first, second = sorted([record, other], key=lambda each: each.pk)
            name = record.kind
            _, new = KeptBoth.objects.get_or_create(
                company_id=record.company_id,
                **{name: first, f"other_{name}": second},
                defaults={"reason": reason[:200], "decided_by_id": maker().user_id},
            )
            kept += new
    return kept
