"""The same money on both sides: a payment or refund of theirs and one of ours that may be one."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.billing.models import Payment, Refund
from apps.billing.rules.families import with_aliases
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import PaymentSnapshot, RefundSnapshot
from apps.sync.models import Candidate, Reason, RemoteRecord, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.remote import as_object
from apps.sync.wording import day, money

NEAR = timedelta(days=7)
REMEDY = "Decide: the same money (link them), or two of them (keep both, with a reason)."
Arrival = RemoteRecord.Arrival


def look_for_same_money(
    connection: Connection, sync_record: SyncRecord, payment: Payment | Refund
) -> list[Candidate]:
    """Payments (refunds) over there that may be this one of ours, which is about to leave.

    They stand for nothing of ours and agree in customer or invoice, currency and amount within
    seven days. Each becomes a candidate, and both sides wait for a person; pairs that somebody
    decided to keep apart are not proposed again.
    """
    rows = RemoteRecord.objects.filter(
        connection=connection,
        of_kind=payment.kind,
        part="",
        sync_record=None,
        void=False,
        gone=False,
        currency=payment.currency,
        amount__in=_amounts(payment),
        dated__range=(payment.date - NEAR, payment.date + NEAR),
    )
    found = [row for row in rows if _touches(connection, row, payment)]
    return [each for row in found if (each := propose(row, sync_record, payment)) is not None]


def ours_like(
    connection: Connection, theirs: PaymentSnapshot, customer_id: int, invoices: Sequence[int]
) -> list[Payment]:
    """Payments of ours that an arriving one may be: received, and linked to nothing over there.

    `customer_id` and `invoices` are keys of ours. What came from other books may be typed here
    too.
    """
    near = Payment.objects.filter(
        company_id=connection.company_id,
        status=Payment.Status.RECEIVED,
        currency=theirs.currency,
        amount=theirs.amount,
        date__range=(theirs.paid_on - NEAR, theirs.paid_on + NEAR),
    ).order_by("date", "pk")
    by_invoice = set(
        near.filter(allocations__invoice__in=invoices, allocations__reversed_on=None).values_list(
            "pk", flat=True
        )
    )
    linked = set(
        RemoteRecord.objects.filter(
            connection=connection, sync_record__payment__in=near, retired=False
        ).values_list("sync_record__payment_id", flat=True)
    )
    ones = with_aliases([customer_id]) if near else set()
    return [
        each
        for each in near
        if each.pk not in linked and (each.customer_id in ones or each.pk in by_invoice)
    ]


def refunds_like(connection: Connection, theirs: RefundSnapshot, customer_id: int) -> list[Refund]:
    """Refunds of ours that an arriving one may be: made, and linked to nothing over there. What the
    bank took beside it may stand on their line or on one of its own."""
    near = Refund.objects.filter(
        company_id=connection.company_id,
        customer_id__in=with_aliases([customer_id]),
        status=Refund.Status.MADE,
        currency=theirs.currency,
        date__range=(theirs.paid_on - NEAR, theirs.paid_on + NEAR),
    ).order_by("date", "pk")
    linked = RemoteRecord.objects.filter(
        connection=connection, sync_record__refund=OuterRef("pk"), retired=False
    )
    alike = {theirs.amount, theirs.amount + theirs.fee + theirs.fee_tax}
    return [each for each in near.exclude(Exists(linked)) if alike & _amounts(each)]


def _amounts(money: Payment | Refund) -> set[Decimal]:
    """What it may come to over there."""
    return {money.amount, money.bank_amount} if isinstance(money, Refund) else {money.amount}


def propose(row: RemoteRecord, record: SyncRecord, payment: Payment | Refund) -> Candidate | None:
    """Let a person decide whether both are the same money; None where somebody said they are not."""
    with transaction.atomic():
        evidence = (
            f"{money(payment.amount, payment.currency)} of {payment.customer}: here on "
            f"{day(payment.date)}, there on {day(row.dated) if row.dated else 'an unknown day'}."
        )
        candidate, _ = Candidate.objects.get_or_create(
            remote_record=row, sync_record=record, defaults={"evidence": evidence}
        )
        if candidate.decision == Candidate.Decision.KEEP_BOTH:
            return None
        sentence = f"It may be the same money as a {payment.kind} over there: {evidence}"
        ties.hold(record, Reason.MAYBE_THE_SAME, sentence, REMEDY)
        row.arrival, row.waits_for = Arrival.WAITS, On.DECISION.of()
        row.sentence = f"It may be the same money as a {payment.kind} of yours: {evidence}"
        row.remedy = REMEDY
        row.save(update_fields=["arrival", "waits_for", "sentence", "remedy"])
        return candidate


def _touches(connection: Connection, row: RemoteRecord, payment: Payment | Refund) -> bool:
    """Whether theirs is of the same customer, or settles an invoice that ours settles."""
    its = RemoteRecord.objects.filter(
        connection=connection,
        part="",
        retired=False,
        gone=False,
        sync_record__customer__in=with_aliases([payment.customer_id]),
    )
    if row.customer_id_there and its.filter(remote_id=row.customer_id_there).exists():
        return True
    if isinstance(payment, Refund):
        return False
    settled = set(
        RemoteRecord.objects.filter(
            connection=connection,
            retired=False,
            part="",
            sync_record__invoice__allocations__payment=payment,
            sync_record__invoice__allocations__reversed_on=None,
        ).values_list("remote_id", flat=True)
    )
    if not settled:
        return False
    theirs = as_object(row, open_connector(connection)).snapshot
    return isinstance(theirs, PaymentSnapshot) and any(
        each.target_id in settled for each in theirs.allocations
    )
