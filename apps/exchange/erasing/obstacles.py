"""What has to be done first: open money, drafts, and what is still to be sent, each with the remedy."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Q

from apps.billing.models import Approval, CreditNote, Customer, Invoice, Payment
from apps.exchange.erasing.marks import family_of
from apps.exchange.erasing.owned import ways
from apps.sync.models import State, SyncRecord

# Nothing more is to come of it, here or over there.
ENDED = (State.IN_THE_BOOKS, State.LEFT_OUT, State.GONE)


def in_the_way(customer: Customer) -> list[str]:
    """Sentences, each with what to do; empty where it can be erased."""
    if customer.merged_into_id is not None:
        return [
            f"It was merged into {customer.merged_into}, which is the same customer: ask on that page."
        ]
    return list(_in_the_way(family_of(customer)))


def _in_the_way(family: tuple[int, ...]) -> Iterator[str]:
    of_them = Q(customer__in=family)
    drafts = sum(
        model.objects.filter(of_them, status="draft").count() for model in (Invoice, CreditNote)
    )
    if drafts:
        yield f"{_many(drafts, 'draft')} of it: issue or delete each first."
    owed = Invoice.objects.filter(of_them, status="issued").exclude(balance_due=0)
    if count := owed.count():
        yield (
            f"{_many(count, 'invoice')} not settled: receive what is owed, credit it, or write it off "
            "first."
        )
    credit = CreditNote.objects.filter(of_them, status="issued").exclude(open_credit=0)
    if count := credit.count():
        yield f"{_many(count, 'credit note')} not used up: apply or refund the rest first."
    rest = Payment.objects.filter(of_them, status="received").exclude(on_account=0)
    if count := rest.count():
        yield f"{_many(count, 'payment')} not applied whole: apply or refund the rest first."
    if count := _theirs(Approval, family).filter(state=Approval.State.WAITING).count():
        yield f"{_many(count, 'approval')} waiting: have each decided or withdrawn first."
    unsent = _theirs(SyncRecord, family).exclude(state__in=ENDED)
    if count := unsent.count():
        names = unsent.order_by("connection__name").values_list("connection__name", flat=True)
        yield (
            f"{_many(count, 'record')} of it not finished in {', '.join(names.distinct())}: each has to "
            "be sent, or decided on the list of what waits there, first."
        )


def _theirs(model: Any, family: tuple[int, ...]) -> "models.QuerySet[Any]":
    condition = Q()
    for way in ways(model):
        condition |= Q(**{f"{way}__in": family})
    return models.QuerySet(model).filter(condition)


def _many(count: int, what: str) -> str:
    return f"There {'is' if count == 1 else 'are'} {count:,} {what}{'' if count == 1 else 's'}"
