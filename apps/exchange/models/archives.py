"""Who took a whole company out in a file."""

from django.conf import settings
from django.db import models

from apps.billing.models import Company
from apps.core.kept import NeverDeleted


class CompanyArchive(NeverDeleted):
    """An archive that was asked for; one that broke off has no end, no size and no checksum.

    The archive itself is kept by whoever took it, under a passphrase that is kept nowhere here.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="archives")
    taken_by = models.ForeignKey(  # nobody: by the command
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)  # of the sealed file

    class Meta:
        permissions = [("take_archive", "Can take a whole company as an archive")]
        ordering = ["-began_at", "-id"]

    def __str__(self) -> str:
        return f"{self.company}, {self.began_at:%-d %b %Y}"
