"""What happened, in the words of the field, frozen as it is told."""

import uuid
from typing import Final

from django.db import models

from apps.billing.models import Company
from apps.connections.clock import now


class EventType(models.TextChoices):
    """Closed, and part of the contract: a type may be added, none changes its meaning."""

    INVOICE_ISSUED = "invoice.issued", "Invoice issued"
    INVOICE_PAID = "invoice.paid", "Invoice paid"
    INVOICE_VOIDED = "invoice.voided", "Invoice voided"
    INVOICE_OVERDUE = "invoice.overdue", "Invoice overdue"
    PAYMENT_RECEIVED = "payment.received", "Payment received"
    PAYMENT_RETURNED = "payment.returned", "Payment returned"
    CREDIT_NOTE_ISSUED = "credit_note.issued", "Credit note issued"
    REFUND_PAID = "refund.paid", "Refund paid"
    DEPOSIT_MADE = "deposit.made", "Bank deposit made"
    CUSTOMER_CREATED = "customer.created", "Customer created"
    CUSTOMER_UPDATED = "customer.updated", "Customer updated"
    RECORD_IN_BOOKS = "record.in_books", "Record in the books"
    SYNC_FAILED = "sync.failed", "Record needs a person"
    CONNECTION_LOST = "connection.lost", "Connection lost"
    AGREEMENT_BROKEN = "agreement.broken", "Both sides differ"


# Of the envelope and of what it holds; another number only where a field was taken out.
VERSION: Final = 1


class Listening(models.Model):
    """Since when anybody listens to a company. What happened before is told to nobody.

    Its row is locked by whoever turns changes into events, so that those of one company are made one
    after the other, in the order in which they are told.
    """

    company = models.OneToOneField(Company, models.PROTECT, related_name="listening")
    since = models.DateTimeField(default=now)
    # Invoices whose due date lies before it were looked at.
    overdue_until = models.DateField(null=True)
    woken_at = models.DateTimeField(null=True)  # a task that reads its changes was enqueued

    def __str__(self) -> str:
        return f"{self.company} since {self.since:%Y-%m-%d %H:%M}"


def event_id() -> str:
    return f"evt_{uuid.uuid4().hex}"


class Event(models.Model):
    """One thing that happened to one record, told at most once for each endpoint that wants it.

    `key` is what happened, so that the same is never an event twice: its type, the record, and which
    time it was where it can happen again. `body` is the envelope to the byte, as it was when the event
    was made: it is signed, and every attempt and every replay sends it again. Events of one record
    are in order by `id`. A `quiet` one (an import, what was taken over at the start, an undone run)
    is remembered and goes to nobody unless a person says so; it has no body until then.
    """

    public_id = models.CharField(max_length=40, unique=True, default=event_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="events")
    type = models.CharField(max_length=30, choices=EventType.choices)
    # What it is about, for the order: a kind of billing's or a connection; its key.
    subject = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    happened_at = models.DateTimeField()
    made_at = models.DateTimeField(default=now)
    source = models.CharField(max_length=60, blank=True)  # the books it came from; "": Tieout
    revision = models.PositiveIntegerField(default=0)  # of its record, as it is told; 0: has none
    batch = models.ForeignKey(
        "billing.Batch", models.PROTECT, null=True, related_name="events"
    )  # the import that made it quiet
    quiet = models.BooleanField(default=False)
    body = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="an_event_is_made_once"),
            models.CheckConstraint(
                name="what_is_told_has_a_body", condition=models.Q(quiet=True) | ~models.Q(body="")
            ),
        ]
        indexes = [
            models.Index(fields=["company", "type", "-id"], name="event_by_type"),
            models.Index(fields=["subject", "subject_id", "id"], name="event_of_record"),
            models.Index(fields=["made_at"], name="event_to_purge"),
            models.Index(
                fields=["company", "batch"],
                name="event_quiet",
                condition=models.Q(quiet=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"
