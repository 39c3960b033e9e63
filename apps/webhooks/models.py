"""What systems told us by themselves: deliveries as they came, and the notices in them."""

from django.db import models
from django.db.models import Q

from apps.connections.models import Connection
from apps.connectors import registry


class Delivery(models.Model):
    """One signed request, kept as it came. Of equal ones that say nothing new, one is kept.

    `environment` is the one whose key had signed it; "" for a handshake, whose body is sealed until
    it was told back, and for those that were refused: a row for all of an hour (`times`), without a
    body.
    """

    class State(models.TextChoices):
        NEW = "new", "To be looked at"
        READ = "read", "Looked at"
        UNREADABLE = "unreadable", "Cannot be read"
        HANDSHAKE = "handshake", "Asks whether the address is ours"
        CONFIRMED = "confirmed", "Told back: the address is ours"
        NOT_OURS = "not_ours", "Asked about an address that is not ours"
        REFUSED = "refused", "Refused"

    class Reason(models.TextChoices):
        NOT_SIGNED = "not_signed", "It is not signed with a key of ours."
        UNEXPECTED = (
            "unexpected",
            ("It asks whether the address is ours, and nobody registered it from here just now."),
        )
        TOO_LONG = "too_long", "It is longer than 1 MiB."

    system = models.CharField(max_length=40, choices=registry.choices, editable=False)
    environment = models.CharField(max_length=20, blank=True, editable=False)
    identity = models.CharField(max_length=80, editable=False)
    body = models.BinaryField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="")
    times = models.PositiveIntegerField(default=1)
    notices_told = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "deliveries"
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


class Registration(models.Model):
    """Our address, registered with one set of books by a call; the key that they signed with, sealed
    for the connection, once they have said that it is theirs."""

    connection = models.OneToOneField(
        Connection, models.PROTECT, related_name="registration", editable=False
    )
    address = models.CharField(max_length=300, editable=False)
    remote_id = models.CharField(max_length=60, blank=True, editable=False)
    key = models.TextField(blank=True, editable=False)  # sealed
    asked_at = models.DateTimeField(editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.connection} at {self.address}"
