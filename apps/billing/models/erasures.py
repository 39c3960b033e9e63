"""That what is held of a customer be erased: who asked, who agreed, how far it has come."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models.customers import Customer
from apps.staff.models.second import AskedOfASecond


class Erasure(AskedOfASecond):
    """Asked for by one person, agreed to by another, then gone through by the queue, table by table.

    `table` and `after` say how far it has come: the label of a model, and the last key gone by
    there. `counts` are rows that were changed, `left` rows that hold its name and are not its own,
    both by label. What the books have to say stays until `rest_kept_until`; the same request goes
    through all of it again after that day, and then nothing is left (None).
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="erasures")
    # Nobody: it was erased before, and a backup or an archive brought it back.
    asked_by = models.ForeignKey(  # type: ignore[assignment] # elsewhere it is somebody
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    why = models.CharField(max_length=200, blank=True)
    again = models.BooleanField(default=False)
    rest_kept_until = models.DateField(null=True)
    table = models.CharField(max_length=100, blank=True)
    after = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    left = models.JSONField(default=dict)
    moved_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("ask_erasure", "Can ask for the erasure of customers"),
            ("erase_customer", "Can erase what is held of customers"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state__in=["waiting", "approved"]),
                name="one_erasure_of_a_customer",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(again=True)
                | (
                    Q(asked_by__isnull=False)
                    & Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                ),
                name="erased_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure of customer {self.customer_id}: {self.get_state_display().lower()}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.APPROVED and self.done_at is None


class Tombstone(models.Model):
    """A customer that was erased, by the key that backups and archives know it by; no name is in it.

    It has no foreign key: it is kept also where the customer is not, or not yet again.
    """

    public_id = models.UUIDField(unique=True)
    erased_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.public_id)
