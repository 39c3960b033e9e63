"""Figures as of a day, in document currency: one function of dated entries, never above a document.

A record counts from its accounting date. What was void or cancelled counts on no day: ledgers empty
it at its own date, and so do we (`billing/acts/voiding.py`). An allocation counts from its date until the
day of its reversal, as far as both records that it joins have room for it on that day: what was
un-applied late and applied again earlier is not counted twice; what stands today goes first, then
what was un-applied last. So, once every date has come, the figures are the stored sums.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from apps.billing.models import (
    AccountRole,
    Adjustment,
    Allocation,
    Company,
    CreditNote,
    Customer,
    Invoice,
    Payment,
    Refund,
)
from apps.core.money import ZERO

READ_AT_ONCE = 2000  # rows
Node = tuple[str, int]  # the field by which an allocation names the record, and its key


@dataclass(slots=True)
class InvoiceThen:
    """An invoice on that day: total = paid + credited + written_off + due."""

    customer_id: int
    currency: str
    total: Decimal
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    written_off: Decimal = ZERO
    by_theirs: Decimal = ZERO  # of paid and credited: by entries that only their books hold

    @property
    def due(self) -> Decimal:
        return self.total - self.paid - self.credited - self.written_off


@dataclass(slots=True)
class OpenThen:
    """A credit note, payment, refund or adjustment on that day; `open` of it is not set off."""

    customer_id: int
    currency: str
    total: Decimal
    applied: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        return self.total - self.applied


@dataclass(slots=True)
class Then:
    """All that stood on a day, by key."""

    day: date
    invoices: dict[int, InvoiceThen] = field(default_factory=dict)
    credit_notes: dict[int, OpenThen] = field(default_factory=dict)
    payments: dict[int, OpenThen] = field(default_factory=dict)
    refunds: dict[int, OpenThen] = field(default_factory=dict)
    adjustments: dict[int, OpenThen] = field(default_factory=dict)
    # What money of one customer settled of another: customer and currency → given less had.
    passed_on: dict[tuple[int, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    # What is owed by customer and currency: below nil where they hold more than they owe.
    balances: dict[tuple[int, str], Decimal] = field(default_factory=dict)
    on_account: dict[tuple[int, str], Decimal] = field(default_factory=dict)


def as_of(company: Company, day: date, customer: Customer | None = None) -> Then:
    """The figures of a company, or of one of its customers, in a fixed number of queries.

    A parent's payment counts with who paid, and with whose invoice it settled as far as it did, as
    in the ledgers; what one customer's records are set against is there too, without its own
    balance.
    """
    then = Then(day)
    set_off = _allocations(company, customer, day)
    # Those of a company are a stream; those of one customer also say whose records they touch.
    allocations: Iterable[dict[str, Any]] = set_off
    if customer is None:
        allocations = set_off.iterator(READ_AT_ONCE)
    debits: set[int] = set()
    for name, (model, status, dated) in _STOOD.items():
        rows = model.objects.filter(company=company, status=status, **{f"{dated}__lte": day})
        if customer is not None:
            touched = {each[end] for each in set_off for end in _NAMED_BY[name]} - {None}
            rows = rows.filter(Q(customer=customer) | Q(pk__in=touched))
        if model is Adjustment:
            on_debit = rows.filter(side=Adjustment.Side.DEBIT)
            debits.update(on_debit.values_list("pk", flat=True))
        make = InvoiceThen if model is Invoice else OpenThen
        told = ("pk", "customer_id", "currency", "amount" if dated == "date" else "total")
        # Of these figures alone, as they come: a company may have a million invoices.
        for key, *figures in rows.order_by("pk").values_list(*told).iterator(READ_AT_ONCE):
            getattr(then, name)[key] = make(*figures)
    _set_off(then, allocations)
    _sum_up(then, debits, None if customer is None else customer.pk)
    return then


# Name in `Then` → (model, status in which it stands, its accounting date).
_STOOD: dict[str, tuple[type[Any], str, str]] = {
    "invoices": (Invoice, "issued", "issue_date"),
    "credit_notes": (CreditNote, "issued", "issue_date"),
    "payments": (Payment, "received", "date"),
    "refunds": (Refund, "made", "date"),
    "adjustments": (Adjustment, "made", "date"),
}
_SOURCES = {
    "payment_id": "payments",
    "credit_note_id": "credit_notes",
    "adjustment_id": "adjustments",
}
_TARGETS = {"invoice_id": "invoices", "refund_id": "refunds", "charge_id": "adjustments"}
_ENDS = (*_SOURCES, *_TARGETS)
_TOLD = (
    "adjustment__role",
    "outside_entry__is_money",
    "credit_note__relieves_id",
)  # what the part counts as
_NAMED_BY = {
    name: [end for end, where in {**_SOURCES, **_TARGETS}.items() if where == name]
    for name in _STOOD
}


def _allocations(
    company: Company, customer: Customer | None, day: date
) -> "QuerySet[Allocation, dict[str, Any]]":
    """Those of that day, what stands today first, then what was un-applied last."""
    rows = Allocation.objects.filter(
        Q(reversed_on=None) | Q(reversed_on__gt=day), company=company, date__lte=day
    )
    if customer is not None:
        touched = Q()
        for end in _ENDS:
            touched |= Q(**{f"{end.removesuffix('_id')}__customer": customer})
        rows = rows.filter(touched)
    standing = rows.order_by(F("reversed_on").desc(nulls_first=True), "-pk")
    return standing.values("amount", *_ENDS, *_TOLD)


def _set_off(then: Then, allocations: Iterable[dict[str, Any]]) -> None:
    for each in allocations:
        source, target = _end(then, each, _SOURCES), _end(then, each, _TARGETS)
        room = [_left(one) for one in (source, target) if one is not _OUTSIDE]
        part = min([each["amount"], *room])
        if part <= 0:
            continue
        if isinstance(source, OpenThen):
            source.applied += part
        if isinstance(target, OpenThen):
            target.applied += part
        elif isinstance(target, InvoiceThen):
            _settle(target, each, part)
            if isinstance(source, OpenThen) and source.customer_id != target.customer_id:
                then.passed_on[source.customer_id, source.currency] += part
                then.passed_on[target.customer_id, target.currency] -= part


class _Outside:
    """A document of theirs."""


_OUTSIDE = _Outside()


def _end(
    then: Then, allocation: dict[str, Any], ends: dict[str, str]
) -> InvoiceThen | OpenThen | _Outside | None:
    """None: void, cancelled, or of a later day."""
    for name, where in ends.items():
        if allocation[name] is not None:
            found: InvoiceThen | OpenThen | None = getattr(then, where).get(allocation[name])
            return found
    return _OUTSIDE


def _left(end: InvoiceThen | OpenThen | _Outside | None) -> Decimal:
    if isinstance(end, InvoiceThen):
        return end.due
    return end.open if isinstance(end, OpenThen) else ZERO


def _settle(invoice: InvoiceThen, allocation: dict[str, Any], part: Decimal) -> None:
    theirs = allocation["outside_entry__is_money"]
    if theirs is not None:
        invoice.by_theirs += part
    if allocation["credit_note__relieves_id"] is not None:
        invoice.written_off += part
    elif allocation["credit_note_id"] is not None or theirs is False:
        invoice.credited += part
    elif (
        theirs
        or allocation["payment_id"] is not None
        or allocation["adjustment__role"] == AccountRole.RETAINER
    ):
        invoice.paid += part
    else:
        invoice.written_off += part


def _sum_up(then: Then, debits: set[int], only: int | None) -> None:
    balances: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for invoice in then.invoices.values():
        balances[invoice.customer_id, invoice.currency] += invoice.total - invoice.by_theirs
    for rows, sign in ((then.credit_notes, -1), (then.payments, -1), (then.refunds, 1)):
        for row in rows.values():
            balances[row.customer_id, row.currency] += sign * row.total
    for pk, row in then.adjustments.items():
        balances[row.customer_id, row.currency] += row.total if pk in debits else -row.total
    for key, amount in then.passed_on.items():
        balances[key] += amount
    on_account: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in then.payments.values():
        on_account[row.customer_id, row.currency] += row.open
    for found in (balances, on_account):
        for customer_id, currency in list(found):
            if only not in (None, customer_id):
                del found[customer_id, currency]
    then.balances, then.on_account = dict(balances), dict(on_account)
