"""The document as issued: its first print, made when it is first needed and kept for good.

Not made at issue: half a million imported documents, which nobody prints, would take a day and a
database of their own. What it shows is read as it was at issue, so it does not matter when.
"""

import hashlib
import json
from typing import Any

from django.db import models, transaction

from apps.billing.changes import maker
from apps.billing.models import Company, CreditNote, Document, Invoice
from apps.exchange.models import IssuedPrint
from apps.exchange.printing.documents import (
    print_as_issued,
    print_as_it_stands,
    refuse_unprintable,
)
from apps.exchange.printing.paper import TEMPLATE_VERSION
from apps.exchange.printing.words import language_of

# What may change on an issued document, and stands on its paper.
OPEN = ("message", "purchase_order_number", "due_date")
# What changes by an amendment alone.
FROZEN = (
    *("number", "issue_date", "supply_date", "currency", "exchange_rate", "tax_mode"),
    *("net", "tax", "total", "home_total", "home_tax", "taxes"),
    *("customer_name", "customer_address", "customer_tax_number"),
)
FROZEN_ON_LINES = (
    *("item_code", "description", "quantity", "unit_price", "discount_percent", "discount_net"),
    *("tax_code", "tax_percent", "tax_treatment", "net"),
)
THEN = "_then"  # what an open field was, as an attribute
# Of a rate and a component here; their code, name and percentage are frozen beside them.
KEYS_IN_TAXES = frozenset({"rate_id", "component_id"})


def kept_print(document: Document) -> IssuedPrint:
    """The first print of an issued document, made now where there is none.

    Raises `CannotPrint` for a draft, and for what is no document for a customer.
    """
    found = _prints(document).first()
    if found is not None:
        return found
    refuse_unprintable(document)
    then, company = as_issued(document), company_then(document)
    language = language_of(company)
    pdf = print_as_issued(then, company, language)
    with transaction.atomic():
        # Two at once make the same bytes; the second finds the row of the first.
        made, _ = IssuedPrint.objects.get_or_create(
            **_named(document),
            defaults={
                "company_id": document.company_id,
                "language": language,
                "template_version": TEMPLATE_VERSION,
                "pdf": pdf,
                "size": len(pdf),
                "sha256": digest(pdf),
                "frozen_sha256": frozen_digest(document),
                "made_by_id": maker().user_id,
            },
        )
    return made


def print_now(document: Document, language: str = "") -> bytes:
    """What a person gets who asks for its PDF: the first print while nothing happened to it since,
    else a copy that says what did; in another language than the company's always a copy."""
    first = kept_print(document)
    if language in ("", first.language) and not has_moved(document):
        return bytes(first.pdf)
    return print_as_it_stands(document, document.company, language or first.language)


def has_moved(document: Document) -> bool:
    """Whether it stands otherwise than it was issued: paid, credited, void, or another message."""
    if document.status == Document.Status.VOID:
        return True
    if isinstance(document, Invoice) and (
        document.paid or document.credited or document.written_off
    ):
        return True
    if isinstance(document, CreditNote) and document.applied:
        return True
    then = _open_then(document)
    changed = any(value != getattr(document, name) for name, value in then.items())
    return changed or is_amended(document)


def with_what_moved(rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    """Documents with what `has_moved` asks of each, in the same question."""
    history: Any = rows.model.history.model
    then = _first_rows(
        history.objects.filter(id=models.OuterRef("pk")),
        models.OuterRef("issue_date"),
        models.OuterRef("total"),
    )
    names = [name for name in OPEN if hasattr(rows.model, name)]
    known = {f"{name}{THEN}": models.Subquery(then.values(name)[:1]) for name in names}
    return (
        rows.select_related("issued_print")
        .defer("issued_print__pdf")
        .annotate(row_then=models.Subquery(then.values("history_id")[:1]), **known)
    )


def is_amended(document: Document) -> bool:
    """Whether it was given other lines or another date since its first print was made."""
    if "issued_print" in document._state.fields_cache:
        first = document._state.fields_cache["issued_print"]
        return first is not None and first.frozen_sha256 != frozen_digest(document)
    digests = _prints(document).values_list("frozen_sha256", flat=True)
    return any(each != frozen_digest(document) for each in digests)


def frozen_digest(document: Document) -> str:
    """SHA-256 of what is frozen on it: the same in every database, whatever keys its rows have."""
    model = type(document)
    (head,) = model.objects.filter(pk=document.pk).values(*FROZEN)
    head["taxes"] = [
        {name: each[name] for name in each if name not in KEYS_IN_TAXES} for each in head["taxes"]
    ]
    lines = document.lines.order_by("position", "id").values_list(*FROZEN_ON_LINES)
    stored = json.dumps([head, *lines], default=str, sort_keys=True)
    return digest(stored.encode())


def as_issued(document: Document) -> Document:
    """A copy in memory with its open fields as they were when it was issued, or amended."""
    model = type(document)
    copy = model.objects.select_related("customer", "company").get(pk=document.pk)
    for name, value in _open_then(document).items():
        setattr(copy, name, value)
    return copy


def _open_then(document: Document) -> dict[str, Any]:
    """Its open fields as they were when it was issued, or amended; {} where nobody kept them."""
    names = _open(document)
    if hasattr(document, "row_then"):  # of `with_what_moved`
        if document.row_then is None:
            return {}
        return {name: getattr(document, f"{name}{THEN}") for name in names}
    history: Any = document.history  # type: ignore[attr-defined] # the concrete class's
    rows = _first_rows(history.all(), document.issue_date, document.total)
    return dict(rows.values(*names).first() or {})


def _first_rows(history: "models.QuerySet[Any]", issue_date: Any, total: Any) -> Any:
    rows = history.filter(status=Document.Status.ISSUED, issue_date=issue_date, total=total)
    return rows.order_by("history_date", "history_id")


def company_then(document: Document) -> Company:
    """The company as its letterhead was when the document was issued, as far as its history goes."""
    rows = document.company.history.filter(history_date__lte=document.issued_at)
    row = rows.order_by("-history_date", "-history_id").first()
    then: Company = document.company if row is None else row.instance
    return then


def digest(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def _open(document: Document) -> list[str]:
    return [name for name in OPEN if hasattr(document, name)]


def _named(document: Document) -> dict[str, Document]:
    return {"invoice" if isinstance(document, Invoice) else "credit_note": document}


def _prints(document: Document) -> "models.QuerySet[IssuedPrint]":
    rows: models.QuerySet[IssuedPrint] = IssuedPrint.objects.filter(**_named(document))
    return rows
