"""What systems told us by themselves: deliveries as they came, and the notices in them."""

from django.db import models
from django.db.models import Q

from apps.connections.models import Connection
from apps.connectors import registry


class Delivery(models.Model):
    """One signed request, kept as it came. Of equal ones that say nothing new, one is kept.

    `environment` is the one whose key had signed it; "" for a handshake, whose body is sealed.
    """

    class State(models.TextChoices):
        NEW = "new", "To be looked at"
        READ = "read", "Looked at"
        UNREADABLE = "unreadable", "Cannot be read"
        HANDSHAKE = "handshake", "Asks whether the address is ours"

    system = models.CharField(max_length=40, choices=registry.choices, editable=False)
    environment = models.CharField(max_length=20, blank=True, editable=False)
    identity = models.CharField(max_length=80, editable=False)
    body = models.BinaryField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    notices_told = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "environment", "identity"], name="delivery_once"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="new"), name="delivery_new"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.received_at:%Y-%m-%d %H:%M:%S}"


class Notice(models.Model):
    """One event of a delivery: this object of theirs has changed. `kind` is the one it is read by,
    "" where only the feed tells it."""

    class State(models.TextChoices):
        WAITING = "waiting", "To be read"
        READ = "read", "Read"
        WITH_THE_FEED = "feed", "Read with everything that changed"
        KNOWN = "known", "Read before as it is"
        NOT_WANTED = "not_wanted", "Of a kind that is not kept here"
        NOT_CONNECTED = "not_connected", "Of books that are not connected"
        NOT_LIVE = "not_live", "Of books that are not live"

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="notices")
    connection = models.ForeignKey(Connection, models.PROTECT, null=True, related_name="+")
    identity = models.CharField(max_length=64, unique=True)
    company = models.CharField("company id over there", max_length=80)
    word = models.CharField("their word", max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    remote_id = models.CharField(max_length=60)
    told_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=14, choices=State.choices)

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "id"], condition=Q(state="waiting"), name="notice_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word} {self.remote_id}"
