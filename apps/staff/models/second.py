"""What one administrator asks for and a second one agrees to."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.core.kept import NeverDeleted


class AskedOfASecond(NeverDeleted):
    """A request that another person than who asked decides, once."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Agreed"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk is not None:
            stored = type(self)._base_manager.values_list("state", flat=True).get(pk=self.pk)
            if stored != self.State.WAITING:
                raise ValidationError("This request is decided already.")
        super().save(*args, **options)

    def refuse_decided(self) -> None:
        """Raises `ValidationError` where somebody decided it meanwhile."""
        if not self.is_waiting:
            raise ValidationError(f"This request is {self.get_state_display().lower()} already.")

    def refuse_own(self, by: Any) -> None:
        """Raises `ValidationError` for whoever asked."""
        if self.asked_by_id == by.pk:
            raise ValidationError(
                "You asked for this yourself, so a second administrator has to decide it."
            )

    def decide(self, by: Any, state: str, reason: str = "") -> None:
        self.state, self.reason = state, reason
        self.decided_by, self.decided_at = by, timezone.now()
        self.save()
