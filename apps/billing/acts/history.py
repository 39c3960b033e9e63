"""What history keeps of a document: its lines as they were, in the row of its header."""

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db import models
from django.utils import timezone

from apps.billing.changes import maker
from apps.billing.models import (
    CreditNote,
    Deposit,
    DepositLine,
    Document,
    DocumentLine,
    Invoice,
    Synced,
)
from apps.core.rows import insert_values

CREATED, CHANGED, DELETED = "+", "~", "-"


def line_then(line: DocumentLine) -> dict[str, Any]:
    """A line as JSON: amounts as texts without superfluous zeros, item and rate by code and id.

    Tax and discount stand there where the line bears one.
    """
    return {
        "position": line.position,
        "item": line.item_id,
        "item_code": line.item_code,
        "description": line.description,
        "quantity": _text(line.quantity),
        "unit_price": _text(line.unit_price),
        "net": _text(line.net),
        "tax": _text(line.tax),
        **_tax_then(line),
        **_discount_then(line),
    }


def _tax_then(line: DocumentLine) -> dict[str, Any]:
    if line.tax_rate_id is None:
        return {}
    return {
        "tax_rate": line.tax_rate_id,
        "tax_code": line.tax_code,
        "tax_percent": None if line.tax_percent is None else _text(line.tax_percent),
        "tax_treatment": line.tax_treatment,
    }


def _discount_then(line: DocumentLine) -> dict[str, str]:
    discounts = {
        "discount_percent": line.discount_percent,
        "discount_amount": line.discount_amount,
        "discount_net": line.discount_net or None,
    }
    return {name: _text(amount) for name, amount in discounts.items() if amount is not None}


def _text(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def keep_lines(
    sender: type[models.Model], instance: models.Model, history_instance: Any, **_: Any
) -> None:
    """Fill the lines into the history row of a document that is about to be written."""
    if isinstance(instance, Invoice | CreditNote):
        # Asked afresh: lines that were prefetched may be older than the ones just written.
        lines = instance.lines.order_by("position", "id")
        history_instance.lines_then = [line_then(line) for line in lines]
    if isinstance(instance, Deposit):
        stored = instance.new_lines or instance.lines.order_by("position", "id")
        history_instance.lines_then = [deposit_line_then(line) for line in stored]


def remember(
    records: Sequence[Synced],
    kind: str,
    *,
    lines: dict[int, Sequence[DocumentLine]] | None = None,
) -> None:
    """Write one history row per record, set-based, for records of one model just written.

    `lines` holds the lines of documents by the id of their document.
    """
    if not records:
        return
    rows = type(records[0]).history.model  # type: ignore[attr-defined] # simple-history adds it
    made, now = maker(), timezone.now()
    reason = records[0]._change_reason or None
    own = {
        "history_date": now,
        "history_type": kind,
        "history_user": made.user_id,
        "history_change_reason": reason,
    }
    kept = [field.attname for field in rows.tracked_fields]
    fields = [rows._meta.get_field(name) for name in own]
    fields += [rows._meta.get_field(field.name) for field in rows.tracked_fields]
    with_lines = [each for each in rows._meta.concrete_fields if each.name == "lines_then"]
    fields += with_lines
    of_all, values = tuple(own.values()), attrgetter(*kept)
    # What was just written is new here, so the guard of the history's own manager is not needed.
    insert_values(
        rows,
        fields,
        [
            (*of_all, *values(record), *([_lines_then(record, lines)] if with_lines else ()))
            for record in records
        ],
    )


def _lines_then(
    record: Synced, lines: dict[int, Sequence[DocumentLine]] | None
) -> list[dict[str, Any]]:
    if not isinstance(record, Document):
        return []
    return [line_then(line) for line in (lines or {}).get(record.pk, ())]


def deposit_line_then(line: DepositLine) -> dict[str, Any]:
    """A line of a bank deposit as JSON, its amount as a text."""
    return {
        "position": line.position,
        "payment": line.payment_id,
        "refund": line.refund_id,
        "role": line.role,
        "description": line.description,
        "amount": _text(line.amount),
        "standing": line.standing,
    }
