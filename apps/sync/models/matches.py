"""What a person decided about a customer or an item that may stand on both sides."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.billing.models import Customer, Item
from apps.connections.models import Connection
from apps.core.kept import EngineManager, NeverDeleted
from apps.sync.models.records import RemoteRecord

STANDS = Q(withdrawn_at__isnull=True)


class MatchDecision(NeverDeleted):
    """Whether one of ours and one of theirs are the same, or that ours is to be created there.

    "Create there" is about whatever of theirs was read before it: what is read later and is like
    ours is asked about. Decided anew, the one before is withdrawn and stays as it was, reason and
    all.
    """

    class Decision(models.TextChoices):
        SAME = "same", "The same: linked"
        NOT_THE_SAME = "not_the_same", "Not the same"
        CREATE_THERE = "create_there", "Create it there"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="match_decisions")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="match_decisions"
    )
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="match_decisions")
    remote_record = models.ForeignKey(
        RemoteRecord, models.PROTECT, null=True, related_name="match_decisions"
    )
    decision = models.CharField(max_length=12, choices=Decision.choices)
    evidence = models.TextField(blank=True)  # what spoke for and against it then
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)  # taken back: it decides nothing any more
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = EngineManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="match_is_of_one_record",
                condition=Q(customer__isnull=True, item__isnull=False)
                | Q(customer__isnull=False, item__isnull=True),
            ),
            models.CheckConstraint(
                name="created_there_names_none_of_theirs",
                condition=Q(decision="create_there", remote_record__isnull=True)
                | Q(decision__in=["same", "not_the_same"], remote_record__isnull=False),
            ),
            *[
                constraint
                for kind in ("customer", "item")
                for constraint in (
                    models.UniqueConstraint(
                        fields=["connection", kind, "remote_record"],
                        condition=STANDS
                        & Q(**{f"{kind}__isnull": False, "remote_record__isnull": False}),
                        name=f"one_decision_of_{kind}_and_theirs",
                    ),
                    models.UniqueConstraint(
                        fields=["connection", kind],
                        condition=STANDS
                        & Q(**{f"{kind}__isnull": False, "remote_record__isnull": True}),
                        name=f"{kind}_created_there_once",
                    ),
                )
            ],
        ]

    def __str__(self) -> str:
        return f"{self.customer or self.item}: {self.get_decision_display()}"
