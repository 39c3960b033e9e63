"""The newest records to which each type of event happened, whether or not anybody was listening."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Max, Q, QuerySet

from apps.billing.models import Company, Document, Payment, Refund
from apps.connections.models import Connection, Grant
from apps.reconciliation.models import KeptComparison
from apps.sync.models import RemoteRecord, State, SyncRecord
from apps.triggers.shapes import (
    AgreementShape,
    ConnectionShape,
    StandingShape,
    agreement_shape,
    connection_shape,
    rows_of,
    standing_shape,
)

Happened = Sequence[tuple[Any, datetime]]


def issued_invoices(company: Company, count: int) -> Happened:
    rows = rows_of("invoice").filter(company=company, status=Document.Status.ISSUED)
    return _newest(rows, "issued_at", count)


def paid_invoices(company: Company, count: int) -> Happened:
    paid = _issued(company).filter(balance_due=0, paid__gt=0)
    rows = paid.annotate(settled_at=Max("allocations__updated_at"))
    return _newest(rows, "settled_at", count)


def voided_invoices(company: Company, count: int) -> Happened:
    rows = rows_of("invoice").filter(company=company, status=Document.Status.VOID)
    return _newest(rows, "updated_at", count)


def overdue_invoices(company: Company, count: int) -> Happened:
    open_ones = _issued(company).filter(balance_due__gt=0, due_date__lt=company.today())
    return [(each, each.updated_at) for each in open_ones.order_by("-due_date", "-pk")[:count]]


def payments(company: Company, count: int) -> Happened:
    rows = rows_of("payment").filter(company=company, status=Payment.Status.RECEIVED)
    return _newest(rows, "created_at", count)


def returned_payments(company: Company, count: int) -> Happened:
    return _newest(_refunds(company).exclude(why=Refund.Why.REFUND), "created_at", count)


def refunds(company: Company, count: int) -> Happened:
    return _newest(_refunds(company).filter(why=Refund.Why.REFUND), "created_at", count)


def credit_notes(company: Company, count: int) -> Happened:
    rows = rows_of("credit_note").filter(company=company, status=Document.Status.ISSUED)
    return _newest(rows, "issued_at", count)


def deposits(company: Company, count: int) -> Happened:
    return _newest(rows_of("deposit").filter(company=company, status="made"), "created_at", count)


def new_customers(company: Company, count: int) -> Happened:
    return _newest(rows_of("customer").filter(company=company), "created_at", count)


def changed_customers(company: Company, count: int) -> Happened:
    rows = rows_of("customer").filter(company=company, revision__gt=1)
    return _newest(rows, "updated_at", count)


def in_books(company: Company, count: int) -> Happened:
    return _records(company, Q(state=State.IN_THE_BOOKS, sent__gt=0), count)


def failed(company: Company, count: int) -> Happened:
    return _records(company, Q(state=State.NEEDS_PERSON), count)


def lost_connections(company: Company, count: int) -> Happened:
    rows = Connection.objects.filter(company=company, grant__status=Grant.Status.LOST)
    found = rows.select_related("company").order_by("-pk")[:count]
    return [(each, each.last_ok_at or each.created_at) for each in found]


def broken_agreements(company: Company, count: int) -> Happened:
    differs = KeptComparison.objects.filter(of_now=True, agrees=False)
    rows = differs.filter(connection__company=company)
    found = rows.select_related("connection__company").order_by("-ended_at")[:count]
    return [(each, each.ended_at) for each in found if each.ended_at is not None]


def standing(record: SyncRecord) -> StandingShape:
    theirs = RemoteRecord.objects.filter(sync_record=record, retired=False).order_by("pk").first()
    return standing_shape(record, theirs)


def connection(connection: Connection) -> ConnectionShape:
    return connection_shape(connection)


def agreement(comparison: KeptComparison) -> AgreementShape:
    return agreement_shape(comparison.connection, comparison)


def _issued(company: Company) -> QuerySet[Any]:
    return rows_of("invoice").filter(company=company, status=Document.Status.ISSUED)


def _refunds(company: Company) -> QuerySet[Any]:
    return rows_of("refund").filter(company=company, status=Refund.Status.MADE)


def _newest(rows: QuerySet[Any], moment: str, count: int) -> Happened:
    """By the field or annotation that says when it happened."""
    found = rows.order_by(F(moment).desc(nulls_last=True), "-pk")[:count]
    return [(each, getattr(each, moment) or each.created_at) for each in found]


def _records(company: Company, wanted: Q, count: int) -> Happened:
    rows = SyncRecord.objects.filter(wanted, connection__company=company)
    found = rows.select_related("connection__company").order_by("-changed_at", "-pk")[:count]
    return [(each, each.changed_at) for each in found]
