"""What an auditor takes away: comparisons and closed months as they were signed."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.core.kept import Kept
from apps.reconciliation.models.comparisons import KeptComparison
from apps.reconciliation.models.months import ClosedMonth


class BooksProof(Kept):
    """All that a proof of the books says, as it was when somebody signed it, for good.

    `content` is JSON (`proof/content.py`) as a text, and `sha256` the checksum of its bytes in UTF-8:
    page and paper are made of it alone. It is of one comparison, or of a closed month with the
    comparisons that it rests on.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    comparison = models.OneToOneField(
        KeptComparison, models.PROTECT, null=True, related_name="proof"
    )
    closed_month = models.OneToOneField(
        ClosedMonth, models.PROTECT, null=True, related_name="proof"
    )
    agrees = models.BooleanField(null=True)  # None: of a month without books to hold it against
    content = models.TextField()
    sha256 = models.CharField("checksum", max_length=64)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["-signed_at", "-id"]
        verbose_name = "books proof"
        permissions = [("sign_proof", "Can sign a comparison")]
        constraints = [
            models.CheckConstraint(
                name="a_proof_is_of_one_thing",
                condition=Q(comparison__isnull=False, closed_month=None)
                | Q(comparison=None, closed_month__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparison or self.closed_month}"

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def is_whole(self) -> bool:
        """Whether the content still comes to its checksum."""
        return checksum(self.content) == self.sha256


def checksum(content: str) -> str:
    """SHA-256 in hexadecimal, as `sha256sum` tells it of the file."""
    return hashlib.sha256(content.encode()).hexdigest()
