"""A company of one person: said once, with a reason, by the one who does everything."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.kept import KEPT, KeptQuerySet, NeverDeleted


class OnePersonDeclaration(NeverDeleted):
    """While it stands, its person may give access and work on the books.

    Who, why and when are written once; `ended_at` once more, when a second person is there. An ended
    one never stands again.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="declarations"
    )
    reason = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(KeptQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="declared_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person} does everything: {self.reason}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk is not None:
            before = type(self)._base_manager.get(pk=self.pk)
            same = ("person_id", "reason", "made_at")
            if before.ended_at is not None or any(
                getattr(before, name) != getattr(self, name) for name in same
            ):
                raise ValidationError(KEPT)
        super().save(*args, **options)
