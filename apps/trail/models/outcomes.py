"""What was done by rule, and what verifications found."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.kept import Kept, NeverDeleted

__all__ = ["RuledDeed", "Verification"]


class RuledDeed(Kept):
    """Rows were purged, changed or brought back by a rule. `mark` is under the trail's key: a deed that
    somebody writes into the table by hand excuses nothing. `keys` are ranges, both ends included."""

    what = models.CharField(max_length=10)
    rule = models.CharField(max_length=200)
    table = models.CharField(max_length=80, blank=True)
    part = models.CharField(max_length=20, blank=True)
    keys = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    company_id = models.BigIntegerField(null=True)
    mark = models.BinaryField()
    under = models.CharField(max_length=8)
    done_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.what}: {self.count} of {self.table}"


class Verification(NeverDeleted):
    """One look through the whole trail, or a part. `findings` are the first of them, as JSON: what,
    sentence, company; `count` is how many there are."""

    class State(models.TextChoices):
        ASKED = "asked", "Waits for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        BROKEN = "broken", "Broke off"

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField("asked", default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("ended", null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    entries = models.PositiveBigIntegerField("entries read", default=0)
    rows = models.PositiveBigIntegerField("rows compared", default=0)
    unsealed = models.PositiveBigIntegerField("not sealed yet", default=0)
    head_number = models.BigIntegerField("head", default=0)
    head_link = models.CharField(max_length=64, blank=True)
    count = models.PositiveIntegerField("findings", default=0)
    findings = models.JSONField(default=list)

    class Meta:
        verbose_name = "verification of the audit trail"
        verbose_name_plural = "audit trail"
        ordering = ["-id"]
        permissions = [("verify_trail", "Can have the audit trail verified")]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="asked"),
                name="one_verification_waits",
            )
        ]

    def __str__(self) -> str:
        return f"Verification of {self.asked_at:%-d %B %Y, %H:%M} UTC"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.ASKED, self.State.RUNNING)
