"""What is gone through: every table, so that a new one cannot be forgotten; what stays is named here."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.staff.models import User

FAR: Final = 4  # foreign keys between a row and its company

# The books: they say to whom, as long as books are kept.
_BOOKS: Final = (
    "billing.Invoice billing.InvoiceLine billing.CreditNote billing.CreditNoteLine billing.Payment "
    "billing.Allocation billing.Adjustment billing.Refund billing.Deposit billing.DepositLine "
    "billing.OutsideEntry billing.OutsideDeposit billing.Approval billing.KeptBoth "
    "billing.HistoricalInvoice billing.HistoricalCreditNote billing.HistoricalPayment "
    "billing.HistoricalAllocation billing.HistoricalAdjustment billing.HistoricalRefund "
    "billing.HistoricalDeposit billing.HistoricalOutsideEntry billing.HistoricalApproval "
    "exchange.IssuedPrint reconciliation.BooksProof reconciliation.ClosedMonth "
    "reconciliation.ReviewWeek"
)
BOOKS: Final = frozenset(_BOOKS.split())
# Of the books, what stands on paper as it was issued or signed; the rest of their text is remarks.
PAPER: Final = frozenset(
    {
        *("message", "purchase_order_number", "terms_text", "taxes", "lines_then", "description"),
        *("customer_name", "customer_address", "customer_tax_number", "pdf", "content"),
    }
)
# What no walk goes through, model or app → why.
NEVER_WALKED: Final[Mapping[str, str]] = {
    "billing.Customer": "Its own row and history are erased field by field; others are of others.",
    "billing.HistoricalCustomer": "Likewise.",
    "billing.Company": "Whose books they are.",
    "billing.HistoricalCompany": "Likewise.",
    "billing.Erasure": "Why it was asked for is erased with it.",
    "billing.Tombstone": "A key, and no name.",
    "billing.OneTimeKey": "Forms that were sent once: keys and marks.",
    "staff.User": "People who work here are erased by a rule of their own.",
    "staff.HistoricalUser": "Likewise.",
    "account": "How people who work here sign in.",
    "auth": "Roles, which are code.",
    "contenttypes": "Django's own.",
    "mfa": "Second factors of people who work here.",
    "sessions": "Who is signed in: signed, and gone within days.",
    "usersessions": "Likewise.",
    "socialaccount": "Who is who in the sign-in of the company's people.",
    "django_q": "Tasks: they carry keys of rows and no data.",
    "trail": "Digests, which cannot be turned back, and what they are of.",
}
# Columns that hold what only machines read: sealed, or a checksum of something.
MACHINES: Final = ("password", "token", "secret", "sealed", "digest", "sha256", "fingerprint")
# By these, programs find a row again, here or over there: another value would lose it.
IDENTIFIERS: Final = frozenset(
    {
        *("number", "prefix", "code", "item_code", "tax_code", "normal_code", "document"),
        *("remote_id", "customer_id_there", "remote_company_id", "outside_id", "public_id"),
        *("kind", "of_kind", "their_kind", "outside_kind", "part", "version", "marker", "trace_id"),
        *("currency", "home_currency", "bank_currency", "country", "language", "environment"),
        *("key", "idempotency_key", "identity", "waits_for"),
        *("position", "members", "carried", "origin", "made_in", "roles", "scopes"),
        *("system", "method", "content_type", "format", "cron", "profile", "lease_holder"),
        *("exchange_rate_source", "tax_rounding", "invoice_ids", "needs", "step", "field"),
    }
)
# Parts of a row that the audit trail seals by themselves.
PARTS: Final = {"sync.Call": "bodies", "billing.Approval": "request"}
HISTORY_OF_DRAFTS: Final = frozenset({"billing.HistoricalInvoice", "billing.HistoricalCreditNote"})


@cache
def walked() -> tuple[type[models.Model], ...]:
    """Every table but those of `NEVER_WALKED`, in an order of their labels."""
    found = [each for each in apps.get_models(include_auto_created=True) if _is_walked(each)]
    return tuple(sorted(found, key=lambda each: each._meta.label))


def _is_walked(model: type[models.Model]) -> bool:
    if model._meta.label in NEVER_WALKED or model._meta.app_label in NEVER_WALKED:
        return False
    return model._meta.managed and not model._meta.proxy and bool(columns_of(model))


def columns_of(model: type[models.Model]) -> list[Any]:
    """Those that may hold somebody's words."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    return [
        each
        for each in model._meta.concrete_fields
        if isinstance(each, kinds)
        and not each.primary_key
        and not each.choices
        and not is_fixed(model, each.name)
    ]


def is_fixed(model: type[models.Model], name: str) -> bool:
    """Whether only machines read this column, or find the row by it."""
    if name == "path":  # of a file; that of a call is an address that may hold anything
        return model._meta.label == "exchange.FileImport"
    return name in IDENTIFIERS or any(word in name for word in MACHINES)


def rows(model: Any) -> "models.QuerySet[Any]":
    """Past managers that refuse or filter."""
    return models.QuerySet(model)


def rows_of_company(model: type[models.Model], company: int) -> "models.QuerySet[Any]":
    """Its rows of this company; and those that are nobody's, such as what a key of the API was told."""
    paths = paths_to_company(model)
    if not paths:
        return rows(model)
    mine, nobodys = Q(), Q()
    for path in paths:
        mine |= Q(**{path: company})
        nobodys &= Q(**{f"{path}__isnull": True})
    return rows(model).filter(mine | nobodys)


def is_somebodys(model: type[models.Model]) -> bool:
    """Whether each row is of a company."""
    paths = paths_to_company(model)
    return any("__" not in path and not model._meta.get_field(path).null for path in paths)


@cache
def paths_to_company(model: type[models.Model]) -> tuple[str, ...]:
    """The shortest ways over foreign keys to a company, as look-ups; none where it is nobody's."""
    ways: list[tuple[str, Any]] = [("", model)]
    for _ in range(FAR):
        found, further = [], []
        for way, here in ways:
            for field in here._meta.concrete_fields:
                to = field.related_model
                if not isinstance(field, models.ForeignKey) or to in (User, model):
                    continue
                if to is Company:
                    found.append(f"{way}{field.name}")
                else:
                    further.append((f"{way}{field.name}__", to))
        if found:
            return tuple(found)
        ways = further
    return ()
