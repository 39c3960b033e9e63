"""A higher limit, or none, that one administrator wants and a second one agrees to."""

from django.db import models
from django.db.models import F, Q

from apps.billing.models.approvals import ActLimit
from apps.billing.models.base import MONEY
from apps.staff.models.second import AskedOfASecond


class LimitRequest(AskedOfASecond):
    """What a limit should be, and what it was when that was asked for, in home currency; None is no
    limit. Decided once, by another person than who asked."""

    limit = models.ForeignKey(ActLimit, models.PROTECT, related_name="requests")
    before = models.DecimalField(**MONEY, null=True)
    amount = models.DecimalField(**MONEY, null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["limit"], condition=Q(state="waiting"), name="one_open_request_of_a_limit"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="limit_raised_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.limit}: {self.get_state_display().lower()}"
