"""Change a draft: what is said of its head, and its lines as a whole."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.acts.drafting import DraftLine, new_lines
from apps.billing.acts.issuing import company_of
from apps.billing.models import CreditNote, CreditNoteLine, Document, InvoiceLine
from apps.billing.models.base import Frozen
from apps.billing.sums.exchange_rates import take_rate
from apps.billing.sums.totals import lines_of, sum_up, write_lines
from apps.core.rows import insert_rows

SUMS = ["net", "tax", "discount_net"]


def redraft(
    document: Document, fields: Mapping[str, Any], lines: Sequence[DraftLine] | None = None
) -> None:
    """Change fields of a saved draft, and put `lines` in the place of its own where they are given.

    A draft follows its customer's currency; with another customer or date it takes the listed rate
    afresh, unless it has one of its own. Raises ValidationError, in a sentence for staff; the lines
    of a draft that credits an invoice are the invoice's, and stay.
    """
    with transaction.atomic():
        company = company_of(document)
        document.hold()
        document.company = company
        if not document.is_draft:
            raise Frozen(f"{document} is issued, so it cannot change. Credit it instead.")
        if isinstance(document, CreditNote) and document.origin is not None:
            _refuse_another_sale(fields, lines)
        before = document.customer_id
        for name, value in fields.items():
            setattr(document, name, value)
        if document.customer_id != before:
            document.currency = document.customer.currency
            if "exchange_rate" not in fields:
                document.exchange_rate = Decimal(1)
                document.exchange_rate_date, document.exchange_rate_source = None, ""
        document.clean()
        document.clean_fields(
            exclude=[each.name for each in document._meta.concrete_fields if each.is_relation]
        )
        take_rate(document, company)
        _write(document, lines)
        document.save()


def _refuse_another_sale(fields: Mapping[str, Any], lines: Sequence[DraftLine] | None) -> None:
    if lines is not None or "customer" in fields:
        raise ValidationError(
            "It credits an invoice, whose customer and lines it has. Delete this draft, and credit "
            "the invoice again."
        )


def _write(document: Document, lines: Sequence[DraftLine] | None) -> None:
    if lines is None:
        stored = lines_of(document)
        sum_up(document, stored)
        write_lines(stored, SUMS)
        return
    model = CreditNoteLine if isinstance(document, CreditNote) else InvoiceLine
    made = new_lines(model, lines, customer=document.customer, mode=document.tax_mode)
    sum_up(document, made)
    for each in made:
        each.document_id = document.pk
    # Lines of drafts leave no trace of their own: the document's history has them, and it is saved.
    models.QuerySet(model).filter(document=document.pk).delete()
    insert_rows(model, made)
