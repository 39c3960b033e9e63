"""Months that were closed with all that was asked before."""

from django.conf import settings
from django.db import models

from apps.billing.models import Company
from apps.core.kept import Kept


class ClosedMonth(Kept):
    """A month that somebody closed: each check as it read then, and what moved the receivable in it
    (`month_end.figures`), for good.

    A month that was opened and closed again has a row for each closing.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    last = models.DateField("up to and including")
    found = models.JSONField(default=list)
    figures = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-last", "-closed_at"]
        verbose_name = "closed month"

    def __str__(self) -> str:
        return f"{self.last:%B %Y}"
