"""A batch: documents that were brought together, and wait together until somebody releases them."""

from django.db import models
from django.db.models import Q

from apps.billing.models.base import Remembered
from apps.billing.models.companies import Company
from apps.core.kept import KeptHistory, NeverDeleted


class Batch(NeverDeleted, Remembered):
    """Documents of an import. On hold they are drafts that bear the numbers they came with.

    `release_batch` issues them, `take_back_batch` deletes them: once either has begun, the other is
    refused. A release that was broken off is begun and not ended, and goes on when asked again.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="batches")
    name = models.CharField(max_length=200)
    brought_at = models.DateTimeField(auto_now_add=True)
    brought_by_id = models.BigIntegerField(null=True, editable=False)
    release_begun_at = models.DateTimeField(null=True, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    released_by_id = models.BigIntegerField(null=True, editable=False)
    taken_back_at = models.DateTimeField(null=True, editable=False)
    taken_back_by_id = models.BigIntegerField(null=True, editable=False)

    history = KeptHistory()

    class Meta:
        ordering = ["-brought_at", "-id"]
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_back_at=None) | Q(release_begun_at=None),
                name="batch_released_or_taken_back",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(release_begun_at__isnull=False),
                name="batch_release_has_begun",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on_hold(self) -> bool:
        return self.release_begun_at is None and self.taken_back_at is None
