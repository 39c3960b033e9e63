"""Who listens, and each delivery with what became of it."""

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.billing.models.base import Remembered
from apps.connections.clock import now
from apps.core.kept import KeptHistory, NeverDeleted
from apps.core.sealing import Sealer
from apps.triggers.models.events import Event, EventType


class Endpoint(Remembered, NeverDeleted):
    """An address that wants to know of some types of events of one company.

    Typed by a person here, or subscribed by Zapier, Make or another program through the API with a
    key (`by_key`, its public id). The address and both secrets are sealed: whoever has them can read
    along or forge. While `secret_before` is valid each delivery bears both signatures. A `gone` one
    was unsubscribed, or answered 410; an `off` one failed for days, or was switched off by a person.
    `paused_until` is when an endpoint that does not answer is tried again, all of its deliveries
    waiting meanwhile; `failing_since` the first failure since it last took something.
    """

    class Origin(models.TextChoices):
        PERSON = "person", "Entered here"
        API = "api", "Subscribed by a program"

    class State(models.TextChoices):
        ON = "on", "In use"
        OFF = "off", "Switched off"
        GONE = "gone", "Unsubscribed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="endpoints")
    name = models.CharField(max_length=80, help_text="What it is for, such as “Paid → #sales”.")
    types = models.JSONField("events", default=list, blank=True)  # values of EventType; empty: all
    host = models.CharField("goes to", max_length=253, blank=True, editable=False)
    sealed_address = models.TextField(editable=False)
    sealed_secret = models.TextField(editable=False)
    sealed_secret_before = models.TextField(blank=True, editable=False)
    secret_before_until = models.DateTimeField(null=True, editable=False)
    origin = models.CharField(
        max_length=6, choices=Origin.choices, default=Origin.PERSON, editable=False
    )
    by_key = models.UUIDField("subscribed with the key", null=True, editable=False)
    state = models.CharField(max_length=4, choices=State.choices, default=State.ON, editable=False)
    reason = models.CharField(max_length=300, blank=True, editable=False)  # why off or gone
    paused_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # in a row
    last_delivered_at = models.DateTimeField(null=True, editable=False)
    is_slow = models.BooleanField(default=False, editable=False)  # by its last answer
    # Who sends to it now, so that two workers never send to one at once.
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = KeptHistory(
        excluded_fields=[
            "sealed_address", "sealed_secret", "sealed_secret_before", "paused_until",
            "failing_since", "failures", "last_delivered_at", "is_slow", "claim", "claimed_until",
        ]
    )  # fmt: skip

    class Meta:
        ordering = ["company", "name"]
        verbose_name = "receiver"  # as staff read it
        permissions = [
            ("add_listener", "Can add and change where events go"),
            ("replay_event", "Can send events again"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if unknown := sorted(set(self.types) - set(EventType.values)):
            raise ValidationError({"types": f"There is no event called {', '.join(unknown)}."})

    def wants(self, type: str) -> bool:
        return not self.types or type in self.types

    @property
    def address(self) -> str:
        """Raises `CannotOpen` where the key that sealed it is lost."""
        return _sealer().open(self.sealed_address, self.public_id)

    @address.setter
    def address(self, address: str) -> None:
        self.host = (urlsplit(address).hostname or "")[:253]
        self.sealed_address = _sealer().seal(address, self.public_id)

    @property
    def secrets(self) -> tuple[str, ...]:
        """`whsec_…`, the current one first; the one before as long as it is valid. Raises
        `CannotOpen` likewise."""
        found = [_sealer().open(self.sealed_secret, self.public_id)]
        if self.secret_before_until is not None and self.secret_before_until > now():
            found.append(_sealer().open(self.sealed_secret_before, self.public_id))
        return tuple(found)

    def take_secret(self, secret: str, *, before_until: datetime | None = None) -> None:
        """From now on it signs with this one, and until then with the one before it too."""
        self.sealed_secret_before = self.sealed_secret if before_until is not None else ""
        self.secret_before_until = before_until
        self.sealed_secret = _sealer().seal(secret, self.public_id)


def _sealer() -> Sealer:
    return Sealer(settings.TOKEN_KEYS)


class Delivery(models.Model):
    """One event for one endpoint; `number` above 0: sent again because a person said so.

    Delivered in order for each record: one waits as long as an earlier one of the same record at the
    same endpoint waits. `due_at` is None once it has ended.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"
        CANCELLED = "cancelled", "Cancelled"

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    number = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=now)
    sentence = models.CharField(max_length=300, blank=True)  # how the last try ended
    made_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(  # of one that was sent again
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event", "number"], name="delivered_once_for_each_asking"
            ),
            models.CheckConstraint(
                name="what_waits_is_due",
                condition=Q(state="waiting", due_at__isnull=False)
                | (~Q(state="waiting") & Q(due_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at", "id"],
                name="delivery_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_listed"),
            models.Index(
                fields=["endpoint", "event", "number"],
                name="delivery_in_order",
                condition=Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event.type} to {self.endpoint}"


class DeliveryAttempt(models.Model):
    """One request of ours and its answer; `status` is None where none came."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=now)
    seconds = models.FloatField()
    ip = models.GenericIPAddressField(null=True)  # which it went to
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True)  # its first 2,000 characters

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.delivery}: {self.status or self.problem}"
