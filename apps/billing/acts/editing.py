"""What may still change on an issued invoice."""

from datetime import date
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.acts.issuing import company_of
from apps.billing.changes import made_by
from apps.billing.models import Document, Invoice
from apps.billing.rules.documents import require_reason


class _Unchanged:
    """Stands for an argument that was not given: None is a due date's own value."""


UNCHANGED: Final = _Unchanged()


def change_open_fields(
    document: Document,
    *,
    message: str | _Unchanged = UNCHANGED,
    purchase_order_number: str | _Unchanged = UNCHANGED,
    due_date: date | _Unchanged = UNCHANGED,
    reason: str = "",
) -> bool:
    """Change the message, the purchase-order number or, with a reason, an invoice's due date.

    Returns whether anything differed; when nothing does, nothing is written.
    """
    with transaction.atomic(), made_by(reason=reason.strip()):
        company_of(document)
        document.hold()
        if not document.is_issued:
            raise ValidationError(f"{document} is not issued.")
        wanted: dict[str, str | date] = {
            name: value
            for name, value in (
                ("message", message),
                ("purchase_order_number", purchase_order_number),
                ("due_date", due_date),
            )
            if not isinstance(value, _Unchanged) and value != getattr(document, name, None)
        }
        if not wanted:
            return False
        if "due_date" in wanted:
            _check_due_date(document, reason)
        for name, value in wanted.items():
            setattr(document, name, value)
        document.clean_fields(
            exclude=[field.name for field in document._meta.fields if field.name not in wanted]
        )
        document.clean()
        document.save()
    return True


def _check_due_date(document: Document, reason: str) -> None:
    if not isinstance(document, Invoice):
        raise ValidationError("A credit note has no due date.")
    require_reason(reason)
