"""What was open at the cut-off on both sides, linked by a person."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models.base import MONEY
from apps.core.kept import NeverDeleted
from apps.sync.models.records import RemoteRecord, SyncRecord


class OpeningItem(NeverDeleted):
    """A record of ours of before the cut-off and theirs are one: neither is sent over.

    `ours` and `theirs` are what was open of each at the end of the day before the cut-off, in
    `currency`. Where they differ, `reason` says why that is accepted. One that was taken apart again
    keeps its row.
    """

    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="opening_items")
    remote_record = models.ForeignKey(RemoteRecord, models.PROTECT, related_name="opening_items")
    currency = models.CharField(max_length=3)
    ours = models.DecimalField(**MONEY)
    theirs = models.DecimalField(**MONEY)
    reason = models.CharField(max_length=200, blank=True)
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    linked_at = models.DateTimeField(auto_now_add=True)
    unlinked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    unlinked_at = models.DateTimeField(null=True)
    unlink_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sync_record"],
                condition=Q(unlinked_at__isnull=True),
                name="open_item_linked_once",
            ),
            models.UniqueConstraint(
                fields=["remote_record"],
                condition=Q(unlinked_at__isnull=True),
                name="their_open_item_linked_once",
            ),
            models.CheckConstraint(
                name="a_difference_at_the_cut_off_has_its_reason",
                condition=Q(ours=F("theirs")) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sync_record.subject} and {self.remote_record}"

    @property
    def difference(self) -> Decimal:
        """What more was open over there than here."""
        return self.theirs - self.ours
