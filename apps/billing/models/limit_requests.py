"""A higher limit, or none, that one administrator wants and a second one agrees to."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.billing.models.approvals import ActLimit
from apps.billing.models.base import MONEY
from apps.core.kept import NeverDeleted


class LimitRequest(NeverDeleted):
    """What a limit should be, and what it was when that was asked for, in home currency; None is no
    limit. Decided once, by another person than who asked."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Agreed"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    limit = models.ForeignKey(ActLimit, models.PROTECT, related_name="requests")
    before = models.DecimalField(**MONEY, null=True)
    amount = models.DecimalField(**MONEY, null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

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

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk is not None:
            stored = type(self).objects.filter(pk=self.pk).values_list("state", flat=True).get()
            if stored != self.State.WAITING:
                raise ValidationError("This request is decided already.")
        super().save(*args, **options)
