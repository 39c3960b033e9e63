"""Kinds of which the first real record is a test: sent alone, compared, and then the others follow."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.kept import NeverDeleted
from apps.sync.models.records import SyncRecord

# An allocation goes with its payment or its credit note, and has no test of its own.
TRIED_FIRST = (Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.REFUND, Kind.DEPOSIT)


class FirstOfKind(NeverDeleted):
    """How the first record of a kind fared on a connection. Without a row the kind is closed.

    `record` is the one that was tried last. It matched where `opened_at` says when; `opened_by` is
    the person who sent it, nobody where the connection was in use before firsts were tried.
    `fingerprint` is of the settings and mappings that it was tried under (`mappings/fingerprint.py`):
    the kind is open while it equals the one in force.
    """

    class Of(models.TextChoices):
        CREDIT_NOTE = Kind.CREDIT_NOTE.value, "Credit notes"
        PAYMENT = Kind.PAYMENT.value, "Payments"
        REFUND = Kind.REFUND.value, "Refunds"
        DEPOSIT = Kind.DEPOSIT.value, "Bank deposits"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="firsts")
    kind = models.CharField(max_length=12, choices=Of.choices)
    record = models.ForeignKey(SyncRecord, models.PROTECT, null=True, related_name="tried_as_first")
    tried_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    # Where nothing can be read back: how the person knows that it stands there as it is here.
    confirmation = models.CharField(max_length=300, blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        permissions = [("send_first", "Can send the first of a kind")]
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind"], name="first_of_kind_once"),
            models.CheckConstraint(
                name="first_is_of_a_kind_that_is_tried",
                condition=Q(kind__in=[each.value for each in TRIED_FIRST]),
            ),
            models.CheckConstraint(
                name="an_open_kind_says_when_and_under_what",
                condition=Q(opened_at=None, opened_by=None, fingerprint="", confirmation="")
                | (Q(opened_at__isnull=False) & ~Q(fingerprint="")),
            ),
            models.CheckConstraint(
                name="who_opened_a_kind_tried_a_record",
                condition=Q(opened_by=None, confirmation="")
                | Q(opened_by__isnull=False, record__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} in {self.connection_id}"
