"""What allocations set against what, in words with links, for every page of money."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import link
from apps.backoffice.frame.parts import count_of, part_of
from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Invoice,
    OutsideEntry,
    Payment,
    Refund,
)

Record = Invoice | CreditNote | Payment | Adjustment | Refund | OutsideEntry
ENDS = ("payment__customer", "credit_note__customer", "adjustment__customer",
        "outside_entry__customer", "invoice", "refund", "charge")  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One allocation as seen from one of its ends."""

    allocation: Allocation
    other: SafeString | str


def words_of(record: Record) -> str:
    """“Invoice INV-7”, “Payment CHQ-12”, “Bad debts 30.00 GBP”."""
    if isinstance(record, Payment):
        return f"Payment {record.reference or record}"
    if isinstance(record, Invoice):
        return f"Invoice {record}"
    if isinstance(record, CreditNote):
        return f"{'Credit note' if record.relieves_id is None else 'Bad debt'} {record}"
    return str(record)


def link_to(record: Record) -> SafeString:
    if isinstance(record, OutsideEntry):
        return _only_there(record.label)
    meta = record._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
    return link(address, words_of(record))


def source_words(allocation: Allocation) -> str:
    return words_of(allocation.source)


def target_words(allocation: Allocation) -> str:
    target = allocation.target
    return words_of(target) if target else f"{_outside(allocation)} (only over there)"


def _outside(allocation: Allocation) -> str:
    return allocation.outside_label or allocation.outside_id


def _target_link(allocation: Allocation) -> SafeString:
    target = allocation.target
    if target is not None:
        return link_to(target)
    return _only_there(_outside(allocation))


def _only_there(label: str) -> SafeString:
    return format_html('{} <span class="t-quiet t-small">only over there</span>', label)


def allocations_box(
    request: HttpRequest,
    title: str,
    record: Any,
    *,
    towards: bool,
    empty: str,
    by: str = "allocations",
    notes: Iterable[CreditNote] = (),
) -> str:
    """The box of what is applied to a record, or of it. `towards` names the target of each, else its
    source; `by` is what the record calls them."""
    allocations = getattr(record, by)
    count = count_of(record, "applied_count", allocations.count)
    part = part_of(request, "applied", "applied amounts", count, lambda: _in_order(allocations))
    lines = [
        Line(allocation=each, other=_target_link(each) if towards else link_to(each.source))
        for each in part.rows
    ]
    context = {
        "title": title,
        "column": "Against" if towards else "From",
        "lines": lines,
        "part": part,
        "empty": empty,
        "notes": list(notes),
        "differences": any(each.exchange_difference for each in part.rows),
        "home": record.company.home_currency,
    }
    return render_to_string("backoffice/money/allocations.html", context, request)


def _in_order(allocations: Any) -> Any:
    return allocations.select_related(*ENDS).order_by("date", "id")
