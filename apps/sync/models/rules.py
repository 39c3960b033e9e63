"""Which side wins in a field of a kind of records, as staff chose it for one connection."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from apps.billing.models.base import Remembered
from apps.connections.models import Connection
from apps.core.kept import KeptHistory


class Side(models.TextChoices):
    ASK = "ask", "Ask"
    OURS = "ours", "Tieout wins"
    THEIRS = "theirs", "Their books win"


class SideRule(Remembered):
    """Who wins in one field. Where there is none, `Side.ASK` holds.

    Only fields of the closed list may have one (`sync/rules/fields.py`), and only one connection of
    a company may win in a field: two masters of one value would set it to and fro without end.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="side_rules")
    kind = models.CharField(max_length=20)  # Kind of the connectors' snapshots
    field = models.CharField(max_length=40)  # of the snapshot
    side = models.CharField("who wins", max_length=6, choices=Side.choices, default=Side.ASK)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    history = KeptHistory()

    class Meta:
        ordering = ["connection", "kind", "field"]
        verbose_name = "rule"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "field"], name="one_rule_for_a_field"
            ),
            models.CheckConstraint(
                name="a_rule_names_a_side", condition=models.Q(side__in=Side.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.field}: {self.side}"

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """A rule is changed, never taken away: what it decided must stay explained."""
        raise ValidationError(f"{self} cannot be deleted. Choose another side for it.")
