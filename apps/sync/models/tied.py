"""What of theirs belongs to a record of ours without standing for it alone."""

from django.db import models

from apps.sync.models.records import RemoteRecord, SyncRecord


class Tie(models.Model):
    """A remote record that belongs to a record of ours without standing for it alone.

    One line of a payment of theirs may carry two allocations to one invoice, and one allocation of
    theirs be two of ours added up; a deduction has a journal beside the payment. `share` is this record's part of the amount, for money.
    """

    class Part(models.TextChoices):
        CARRIED = "carried", "Carried inside"
        JOURNAL = "journal", "Journal beside it"
        LINK = "link", "Links two others"
        CHARGE = "charge", "Stands in for it"
        ADDED = "added", "Added up with it"

    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="ties")
    remote_record = models.ForeignKey(RemoteRecord, models.PROTECT, related_name="ties")
    part = models.CharField(max_length=10, choices=Part.choices)
    share = models.DecimalField(max_digits=19, decimal_places=4, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sync_record", "remote_record"], name="tied_once")
        ]

    def __str__(self) -> str:
        return f"{self.remote_record_id} for {self.sync_record_id}"
