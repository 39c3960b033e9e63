"""Files that were kept for people, and who downloaded them."""

import uuid

from django.conf import settings
from django.db import models

from apps.billing.models import Company
from apps.core.kept import Kept, NeverDeleted


class PrivateFile(NeverDeleted):
    """A file as it was made: sealed on the disk under `stored_as`, its checksum here.

    `needs` are the permissions ("app.codename") without which nobody gets it. After `kept_until` the
    file goes; this row stays, with its checksum and who downloaded it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    name = models.CharField("file", max_length=160)
    content_type = models.CharField(max_length=100)
    needs = models.JSONField(default=list)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField("SHA-256", max_length=64)
    made_at = models.DateTimeField("made", auto_now_add=True)
    kept_until = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = "file"
        indexes = [
            models.Index(
                fields=["kept_until"],
                name="file_still_there",
                condition=models.Q(gone_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stored_as(self) -> str:
        return f"kept/{self.public_id}"


class FileDownload(Kept):
    """Who downloaded a file, and when."""

    file = models.ForeignKey(PrivateFile, models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.user} at {self.at}"
