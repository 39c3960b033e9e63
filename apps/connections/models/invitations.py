"""Invitations: who may not consent asks somebody who may."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Invitation(models.Model):
    """A link by e-mail to connect one company of ours with one system. It lets nobody in: whoever
    opens it signs in, and needs the right to connect."""

    company = models.ForeignKey("billing.Company", models.PROTECT, related_name="+")
    system = models.CharField(max_length=40)
    environment = models.CharField(max_length=20)
    email = models.EmailField("sent to")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-sent_at"]
        indexes = [models.Index(fields=["company", "-sent_at"], name="invitation_listed")]

    def __str__(self) -> str:
        return f"{self.system} for {self.company}, sent to {self.email}"

    @property
    def is_over(self) -> bool:
        return self.expires_at <= timezone.now()
