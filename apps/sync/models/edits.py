"""Changes by hand to what stood in the books, and the note of each that is read on both sides."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Snapshot, from_json
from apps.core.kept import NeverDeleted
from apps.sync.models.packing import unpacked
from apps.sync.models.records import RemoteRecord, SyncRecord


def new_reference() -> str:
    return f"note-{uuid.uuid4().hex[:12]}"


class Edit(NeverDeleted):
    """Somebody changed by hand what stood in the books: here, and it went over; or over there.

    It asks for a note of why. Where a reason was given with the change, that is the note. One that
    is written goes over there as well, where their ledger has a place for it, and is found there by
    its `reference`; `where` names the place. Nothing that it says changes once it was written.
    """

    class Side(models.TextChoices):
        HERE = "here", "In Tieout"
        THERE = "there", "Over there"

    class State(models.TextChoices):
        ASKS = "asks", "Asks for a note"
        DUE = "due", "Its note goes over"
        LEFT = "left", "Unknown whether its note arrived"
        BOTH = "both", "Noted on both sides"
        HERE = "here", "Noted here alone"
        REFUSED = "refused", "Its note was not taken there"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="edits")
    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="edits")
    side = models.CharField(max_length=5, choices=Side.choices)
    what = models.TextField()  # the fields that changed, with both values, as staff read them
    dated = models.DateField()  # its accounting day before the change: whether its month is closed
    # Which change it is: of ours the revision that went over, of theirs their object and version.
    revision = models.PositiveIntegerField(null=True)
    remote_record = models.ForeignKey(RemoteRecord, models.PROTECT, null=True, related_name="edits")
    version = models.CharField(max_length=64, blank=True)
    # Of theirs: what they have had since, also after ours was sent. What is left as it is there is
    # told once, and not with whatever else changes there later.
    packed_there = models.BinaryField(null=True)
    by = models.ForeignKey(  # of one here; who it was over there is not told
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    found_at = models.DateTimeField(default=now)

    note = models.TextField(blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    noted_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=20, unique=True, default=new_reference, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKS)
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    where = models.CharField(max_length=80, blank=True)
    sentence = models.TextField(blank=True)  # why it is not read over there
    written_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-found_at", "-id"]
        verbose_name = "change by hand"
        verbose_name_plural = "changes by hand"
        permissions = [
            ("note_edit", "Can note why something in the books was changed by hand"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sync_record", "revision"],
                condition=Q(side="here"),
                name="an_edit_here_is_its_revision",
            ),
            models.UniqueConstraint(
                fields=["remote_record", "version"],
                condition=Q(side="there"),
                name="an_edit_there_is_its_version",
            ),
            models.CheckConstraint(
                name="an_edit_tells_which",
                condition=Q(side="here", revision__isnull=False, remote_record=None)
                | Q(side="there", revision=None, remote_record__isnull=False),
            ),
            models.CheckConstraint(
                name="only_one_without_a_note_asks",
                condition=Q(state="asks", note="", noted_at=None)
                | (~Q(state="asks") & ~Q(note="") & Q(noted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="a_note_that_goes_is_due",
                condition=Q(state__in=["due", "left"], due_at__isnull=False)
                | (~Q(state__in=["due", "left"]) & Q(due_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "due_at"],
                name="edit_notes_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["connection", "found_at"],
                name="edits_that_ask",
                condition=Q(state__in=["asks", "refused"]),
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def there(self) -> Snapshot | None:
        """What they have had since, as their ledger holds it; None of what is gone, and of one here."""
        if self.packed_there is None:
            return None
        return from_json(self.sync_record.kind, unpacked(self.packed_there))

    @property
    def is_undone(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state in (self.State.ASKS, self.State.REFUSED)

    # What becomes of it, in memory: the caller saves.

    def take_note(self, text: str, *, by: int | None, there: bool, otherwise: str) -> None:
        """Its note is written: it goes over (`there`), or stays here for the reason `otherwise`."""
        self.note, self.noted_by_id, self.noted_at = text, by, now()
        if there:
            self.send_now()
        else:
            self.stay_here(otherwise)

    def send_now(self) -> None:
        self.tries = 0
        self.wait(timedelta(0))

    def wait(self, until: timedelta) -> None:
        self.state, self.due_at, self.sentence = self.State.DUE, now() + until, ""

    def leave(self, until: timedelta) -> None:
        """Its note leaves now: were its answer lost, it is looked for then."""
        self.state, self.due_at = self.State.LEFT, now() + until
        self.tries += 1

    def arrive(self, where: str) -> None:
        self.state, self.due_at, self.sentence = self.State.BOTH, None, ""
        self.where, self.written_at = where[:80], now()

    def stay_here(self, sentence: str) -> None:
        self.state, self.due_at, self.sentence = self.State.HERE, None, sentence

    def be_refused(self, sentence: str) -> None:
        self.state, self.due_at, self.sentence = self.State.REFUSED, None, sentence
