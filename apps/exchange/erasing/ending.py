"""The end of an erasure: its own row and history, its printed copies; and what stays, until when."""

from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from apps.billing.changes import made_by
from apps.billing.models import (
    Adjustment,
    CreditNote,
    Customer,
    Erasure,
    Invoice,
    Payment,
    Refund,
    Tombstone,
)
from apps.billing.rules.retention import kept_until, still_kept
from apps.core.deeds import Deed, What, tell
from apps.exchange.erasing.changing import told
from apps.exchange.erasing.marks import CONTACT, IDENTITY, LONG, TOWN, family_of, placeholder_of
from apps.exchange.erasing.tables import rows
from apps.exchange.models import IssuedPrint
from apps.staff.security import Kind, note

# What is entered in the books of a customer, and by which day.
_DATED: Final[tuple[tuple[Any, str], ...]] = (
    (Invoice, "issue_date"),
    (CreditNote, "issue_date"),
    (Payment, "date"),
    (Refund, "date"),
    (Adjustment, "date"),
)


def rest_kept_until(customer: Customer) -> date | None:
    """The last day on which what the books say of it has to stay; None where nothing has to."""
    company, family = customer.company, family_of(customer)
    days: list[date] = []
    for model, day in _DATED:
        entries = rows(model).filter(customer__in=family, **{f"{day}__isnull": False})
        if day == "issue_date":
            entries = entries.exclude(status="draft")
        days += entries.order_by(f"-{day}").values_list(day, flat=True)[:1]
    until = kept_until(days, last_month=company.year_ends_in, years=company.books_kept_years)
    return until if still_kept(until, company.today()) else None


def end(erasure: Erasure, rule: str) -> None:
    """Inside `lifted()`, in a transaction, once every table was gone through."""
    customer = erasure.customer
    is_whole = erasure.rest_kept_until is None
    if is_whole:
        _delete_prints(family_of(customer), rule)
    for each in Customer.objects.filter(pk__in=family_of(customer)).order_by("pk"):
        _erase_own_rows(each, rule, is_whole=is_whole)
    now = timezone.now()
    rows(Erasure).filter(pk=erasure.pk).update(done_at=now, moved_at=now, table="", after=0)
    # Why it was asked for, or refused before, may say who they are.
    rows(Erasure).filter(customer__in=family_of(customer)).update(why="", reason="")
    rest = (
        "whole."
        if is_whole
        else f"but what the books keep until {erasure.rest_kept_until:%-d %B %Y}."
    )
    note(
        Kind.ERASURE,
        f"{placeholder_of(customer)}: what was held of this customer is erased, {rest}",
        person=erasure.decided_by,
        customer=customer.pk,
        erasure=erasure.pk,
        rows=sum(erasure.counts.values()),
    )


def _erase_own_rows(customer: Customer, rule: str, *, is_whole: bool) -> None:
    """Its row and its history, past `save`: no revision goes over to any books."""
    blank: dict[str, Any] = dict.fromkeys(CONTACT, "")
    normal: dict[str, Any] = {}
    if is_whole:
        placeholder = placeholder_of(customer)
        blank |= dict.fromkeys((*IDENTITY, *TOWN), "") | {"name": placeholder}
        blank |= {"code": ""} if len(customer.code) >= LONG else {}
        normal = {"normal_name": placeholder.casefold(), "normal_tax_number": ""}
    rows(Customer).filter(pk=customer.pk).update(**blank, **normal)
    history = rows(Customer.history.model).filter(id=customer.pk)
    keys = list(history.values_list("pk", flat=True))
    history.update(**blank)
    told(Customer.history.model, keys, rule)
    customer.refresh_from_db()
    add_history(customer, None, "Erased")
    Tombstone.objects.get_or_create(
        public_id=customer.public_id, defaults={"erased_at": timezone.now()}
    )


def add_history(customer: Customer, by: Any, what: str) -> None:
    """A row of its history that says what was done about its erasure, and no reason: that may name
    it."""
    with made_by(by.pk if by is not None else None, reason=what):
        Customer.history.bulk_history_create(
            [customer], update=True, default_user=by, default_change_reason=what
        )


def _delete_prints(family: tuple[int, ...], rule: str) -> None:
    prints = rows(IssuedPrint).filter(
        Q(invoice__customer__in=family) | Q(credit_note__customer__in=family)
    )
    keys = list(prints.values_list("pk", flat=True))
    prints.delete()
    tell(Deed(what=What.PURGED, rule=rule, table="exchange.IssuedPrint", keys=keys))
