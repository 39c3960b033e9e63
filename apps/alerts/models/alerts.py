"""One alert for each cause, and the events of its life."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.core.kept import NeverDeleted


class Severity(models.IntegerChoices):
    TO_KNOW = 1, "To know"
    TROUBLE = 2, "Trouble"
    URGENT = 3, "Urgent"


class Kind(models.TextChoices):
    """What may be wrong. A closed list."""

    FAILED = "failed", "Records failed"
    DECISION = "decision", "Records wait for a decision"
    ARRIVED = "arrived", "Arrivals could not be applied"
    CLOSED_MONTH = "closed_month", "Arrivals wait for our closing date"
    CONSENT = "consent", "Connection lost"
    ENDS_SOON = "ends_soon", "Consent ends soon"
    PAUSED = "paused", "Connection paused"
    UNREACHABLE = "unreachable", "Books cannot be reached"
    DIFFER = "differ", "Both sides differ"
    NOT_COMPARED = "not_compared", "Both sides could not be compared"
    IMPORT = "import", "Imports failed"
    EXPORT = "export", "Scheduled exports failed"
    LISTENER = "listener", "Events are not taken"
    LATE = "late", "Records are past their time"
    NOTHING_RAN = "nothing_ran", "Nothing runs"
    NOTHING_CAME = "nothing_came", "Nothing arrives"
    QUEUE = "queue", "Task queue is behind"
    WORKER = "worker", "No worker runs"
    TRAIL = "trail", "Audit trail broken"


SEVERITIES: Final[Mapping[str, Severity]] = {
    **dict.fromkeys(Kind.values, Severity.TROUBLE),
    Kind.DECISION: Severity.TO_KNOW,
    Kind.NOTHING_CAME: Severity.TO_KNOW,
    Kind.CONSENT: Severity.URGENT,
    Kind.NOTHING_RAN: Severity.URGENT,
    Kind.QUEUE: Severity.URGENT,
    Kind.WORKER: Severity.URGENT,
    Kind.TRAIL: Severity.URGENT,
}


# What silences the queue, and with it every other alert.
SILENCES: Final = frozenset({Kind.WORKER, Kind.QUEUE, Kind.NOTHING_RAN})


class Alert(NeverDeleted):
    """One cause, from when it was first seen until it is gone; the same cause again is another alert.

    `key` names the cause: its kind, whose it is, and what tells it from others. `count` is how many
    records it holds up now, `told_count` how many there were when people were last told. `gone_since`
    is when a look first missed it. Without a connection it is of the whole company, without a company
    of the installation. `page` is the path at which somebody can do something about it.
    """

    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="alerts")
    connection = models.ForeignKey(Connection, models.PROTECT, null=True, related_name="alerts")
    count = models.PositiveIntegerField("how many", default=1)
    sentence = models.TextField()
    remedy = models.CharField(max_length=300)
    page = models.CharField(max_length=300)
    opened_at = models.DateTimeField("since")
    grown_at = models.DateTimeField()  # when the count last changed
    gone_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField("ended", null=True)
    told_at = models.DateTimeField(null=True)
    told_count = models.PositiveIntegerField(default=0)
    times_told = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(closed_at=None), name="one_open_alert_for_a_cause"
            ),
            models.CheckConstraint(
                name="an_alert_says_what_and_where", condition=~Q(sentence="") & ~Q(page="")
            ),
        ]
        indexes = [models.Index(fields=["-closed_at"], name="alert_past")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.where}"

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.kind]

    @property
    def where(self) -> str:
        """Whose it is, as staff read it."""
        return str(self.connection or self.company or "this installation of Tieout")

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Event(NeverDeleted):
    """What happened to an alert that people are told of. `number` counts those of one alert: two
    workers that see the same write one row."""

    class What(models.TextChoices):
        OPENED = "opened", "Opened"
        GREW = "grew", "Grew"
        STANDS = "stands", "Still stands"
        CLOSED = "closed", "Over"

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=6, choices=What.choices)
    count = models.PositiveIntegerField()
    at = models.DateTimeField()
    addressed = models.BooleanField(default=False)  # whom to tell was worked out

    class Meta:
        ordering = ["alert", "number"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "number"], name="an_event_happens_once")
        ]
        indexes = [
            models.Index(fields=["id"], name="event_to_address", condition=Q(addressed=False))
        ]

    def __str__(self) -> str:
        return f"{self.alert}: {self.get_what_display()}"


class Pulse(models.Model):
    """When a duty last ran in a worker: a worker that writes no more is gone."""

    name = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
