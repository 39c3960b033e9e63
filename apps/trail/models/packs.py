"""Packs for auditors: what was asked for, and the file that came of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.billing.models import Company
from apps.core.kept import NeverDeleted
from apps.exchange.models import PrivateFile


class AuditorPack(NeverDeleted):
    """A company's evidence of a period, both days included, as one ZIP.

    `sha256` is that of the ZIP. It stays here when the file is gone, so that a copy of it is known
    again. `head_number` and `head_link` are the head of the audit trail when the pack was made, and
    `findings` how many things its verification found then. `members` are the files in it, as JSON:
    name, rows (none of what is no table), sha256.
    """

    class State(models.TextChoices):
        ASKED = "asked", "Waits for a worker"
        RUNNING = "running", "Being made"
        READY = "ready", "Ready"
        BROKEN = "broken", "Broke off"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    first_day = models.DateField("from")
    last_day = models.DateField("to")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("asked", default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("ended", null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    members = models.JSONField(default=list)
    file = models.OneToOneField(PrivateFile, models.PROTECT, null=True, related_name="auditor_pack")
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    findings = models.PositiveIntegerField(null=True)
    head_number = models.BigIntegerField("head", default=0)
    head_link = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "pack for auditors"
        verbose_name_plural = "packs for auditors"
        ordering = ["-id"]
        permissions = [("make_pack", "Can make packs for auditors")]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="pack_of_a_period"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (Q(file__isnull=False) & ~Q(sha256="")),
                name="pack_is_ready_with_its_file",
            ),
            models.UniqueConstraint(
                fields=["company", "first_day", "last_day"],
                condition=Q(state="asked"),
                name="one_pack_of_a_period_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company}, {self.first_day:%-d %b %Y} to {self.last_day:%-d %b %Y}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.ASKED, self.State.RUNNING)
