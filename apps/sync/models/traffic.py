"""What was exchanged with a ledger: runs, calls, attempts, cursors."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.core.kept import EngineManager, NeverDeleted

# Of a run: it did something, or was stopped.
MOVED = (
    models.Q(pushed__gt=0)
    | models.Q(pulled__gt=0)
    | models.Q(refused__gt=0)
    | models.Q(outcome="stopped")
)


# What a run is for, as staff read it.
DUTIES = {
    "sync": "Send and get",
    "trial": "Test invoice",
    "first reading": "First reading",
    "first": "First of its kind",
    "proof": "Compare",
    "codes": "Read accounts",
}


class Run(NeverDeleted):
    """One pass over a connection: what it did and what it cost."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        YIELDED = "yielded", "Continued by the next run"
        STOPPED = "stopped", "Stopped"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="runs")
    duty = models.CharField(max_length=20)  # sync, trial, proof, codes
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    sentence = models.TextField(blank=True)
    pushed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    pulled = models.PositiveIntegerField(default=0)
    applied = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = EngineManager()

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="run_listed"),
            models.Index(fields=["-started_at"], name="run_dated"),
            # Most runs find that nothing has changed.
            models.Index(fields=["-started_at"], name="run_that_moved", condition=MOVED),
        ]

    def __str__(self) -> str:
        return f"{self.duty_words} of {self.started_at:%-d %b %Y %H:%M} UTC"

    @property
    def duty_words(self) -> str:
        return DUTIES.get(self.duty, self.duty)


class Call(NeverDeleted):
    """One exchange. Written with its exact headers and body before it leaves, so it can be
    replayed; what lets us in is not among them.

    `members` are the sync records it carries, in the order of the body. The answer is redacted.
    A replay is an exchange of its own, but its members go on pointing at the call that they left
    with: what is asked is what became of that one.
    """

    class State(models.TextChoices):
        INTENDED = "intended", "About to leave"
        ANSWERED = "answered", "Answered"
        UNSENT = "unsent", "Never left"
        LOST = "lost", "Answer lost"
        SETTLED = "settled", "Settled afterwards"

    BODIES: ClassVar = "bodies"  # the part of a call that is purged while its row stays

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="calls")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="exchanges")
    purpose = models.CharField(max_length=12)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=400)
    query = models.JSONField(default=list)
    headers = models.JSONField(default=list)  # [[name, value], …], in their order
    body = models.BinaryField(default=b"")  # compressed
    content_type = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=128, blank=True)
    # JSON of what stood there before it left: what settles a lost answer. It is never sent.
    evidence = models.TextField(blank=True, default="")
    members = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.INTENDED)
    fence = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField()
    replays = models.ForeignKey("self", models.PROTECT, null=True, related_name="replayed_by")
    # The last byte may have left until then, of the call or of a replay of it: their time-out
    # counts from here.
    may_have_left_until = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.BinaryField(default=b"")  # compressed, redacted
    seconds = models.FloatField(null=True)
    trace_id = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    objects = EngineManager()

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="call_listed"),
            models.Index(fields=["-started_at", "-id"], name="call_dated"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Attempt(NeverDeleted):
    """What one call meant for one record: the row of a step, whose call has its key."""

    class Result(models.TextChoices):
        DONE = "done", "In the books"
        STEP = "step", "Partly in the books"
        HANDED_OVER = "handed", "Handed over"
        REFUSED = "refused", "Rejected"
        LATER = "later", "Will be tried again"
        UNKNOWN = "unknown", "Outcome unknown"
        NEWER = "newer", "Changed over there"

    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="attempts")
    sync_record = models.ForeignKey("sync.SyncRecord", models.CASCADE, related_name="attempts")
    revision = models.PositiveIntegerField()
    step = models.CharField(max_length=40, blank=True, default="")
    result = models.CharField(max_length=10, choices=Result.choices)
    code = models.CharField(max_length=20, blank=True)
    sentence = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = EngineManager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.result} of {self.sync_record_id}"


class HistoryNote(NeverDeleted):
    """One note in the history of an object of theirs, for one creation of one record: due once it
    stands there, on its way before its call leaves, and never sent a second time after that."""

    class State(models.TextChoices):
        DUE = "due", "Due"
        LEFT = "left", "Sent"
        WRITTEN = "written", "Written"
        FAILED = "failed", "Not written"

    sync_record = models.ForeignKey("sync.SyncRecord", models.PROTECT, related_name="notes")
    generation = models.PositiveIntegerField()  # of the record: a re-create is another creation
    kind = models.CharField(max_length=40)  # theirs, of the object that it is a note on
    remote_id = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sync_record", "generation"], name="one_note_for_one_creation"
            )
        ]
        indexes = [
            models.Index(fields=["id"], name="notes_due", condition=models.Q(state="due")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.remote_id}: {self.get_state_display().lower()}"


class Cursor(models.Model):
    """How far we have read the other side: in their time, or where their feed counts by something
    else (versions, a token), at the position that they told."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="cursor")
    read_until = models.DateTimeField(null=True)
    position = models.TextField(blank=True, default="")
    saved_at = models.DateTimeField(default=now)  # in the engine's time: when we read so far
    idle_calls = models.PositiveSmallIntegerField(null=True)  # of the last reading without any news

    def __str__(self) -> str:
        return f"{self.connection_id} until {self.read_until or self.position}"


class Survey(models.Model):
    """How far the reading of everything over there has come, so that another run goes on with it.

    `position` is the connector's own, written with the rows of the page it lies behind. `began_at`
    is their time of the first page: what changed since is read from the feed once `ended`.
    """

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="survey")
    kinds = models.JSONField()
    position = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(null=True)
    ended = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.connection_id} behind {self.position or 'nothing'}"
