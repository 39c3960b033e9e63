"""Rights that one administrator wants to give and a second one agrees to."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.core.kept import NeverDeleted


class RightsRequest(NeverDeleted):
    """What a person should be allowed from now on, and what they were when it was asked for.

    Roles are lists of names. Decided once; by neither who asked nor the person it is about.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Agreed"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="rights_requests"
    )
    roles_before = models.JSONField(default=list)
    roles = models.JSONField(default=list)
    active_before = models.BooleanField()
    active = models.BooleanField()
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
                fields=["person"], condition=Q(state="waiting"), name="one_open_request_of_rights"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (
                    Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                    & ~Q(decided_by=F("person"))
                ),
                name="rights_given_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {' and '.join(self.roles) or 'no role'}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk is not None:
            stored = type(self).objects.filter(pk=self.pk).values_list("state", flat=True).get()
            if stored != self.State.WAITING:
                raise ValidationError("This request is decided already.")
        super().save(*args, **options)
