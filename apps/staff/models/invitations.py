"""How a new person gets in: a link by mail that they open once and choose a password with."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone

LIFE: Final = timedelta(days=3)


class Invitation(models.Model):
    """A link for one person. The newest counts: one that is sent again ends those before it.

    The link bears a token of Django's kind over this row (`staff/inviting.py`), so that nothing that
    opens it stands in the database.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="invitations")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # None: by the command
    sent_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    # The operator of the host gives somebody back their access: they may choose a password even where
    # only the company's sign-in counts.
    recovers = models.BooleanField(default=False)
    # Why the letter did not leave; empty where it did.
    failed = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Invitation of {self.person}"

    def is_open(self, moment: datetime | None = None) -> bool:
        moment = moment or timezone.now()
        return self.used_at is None and self.withdrawn_at is None and moment < self.ends_at
