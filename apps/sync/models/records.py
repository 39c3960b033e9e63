"""Where each record of ours stands in each ledger, and what of theirs it owns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q

from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Customer,
    Deposit,
    Invoice,
    Item,
    Payment,
    Refund,
    Synced,
)
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind, Snapshot, from_json, to_json
from apps.core.kept import NeverDeleted
from apps.sync.models.news import NotedManager, note_news
from apps.sync.models.packing import packed, unpacked
from apps.sync.models.states import IN_DOUBT, UNDONE, Reason, State
from apps.sync.models.urgency import long_log
from apps.sync.models.waits import NO_WAIT, Wait

# Kind → the foreign key of a sync record that holds it.
SUBJECTS: dict[Kind, type[Synced]] = {
    Kind.CUSTOMER: Customer,
    Kind.ITEM: Item,
    Kind.INVOICE: Invoice,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.PAYMENT: Payment,
    Kind.ALLOCATION: Allocation,
    Kind.ADJUSTMENT: Adjustment,
    Kind.REFUND: Refund,
    Kind.DEPOSIT: Deposit,
}


AS_IT_WAS = (
    "It was open at the cut-off and is linked with theirs: Tieout does not write it there. What is "
    "paid or set against it since goes over."
)


def rows_of(kind: Kind) -> "models.QuerySet[Any]":
    """All our records of a kind; typed loosely, since each kind has fields of its own."""
    return SUBJECTS[kind]._base_manager.all()


def exactly_one_subject() -> Q:
    fields = [kind.value for kind in SUBJECTS]
    condition = Q()
    for held in fields:
        condition |= Q(kind=held) & Q(**{f"{name}__isnull": name != held for name in fields})
    return condition


class SyncRecord(NeverDeleted):
    """One record of ours on one connection: which revision should be there, which is.

    The intent (`intent_*`, `call`) is written before a call leaves. A create's identity is
    (connection, record, generation), of a further step with its name; a re-create after a remote
    delete takes a new generation. Partly there, it waits with its next step due at once.
    `waits_for` names what would let it be planned again (`awaits` reads it); `checked_at` is when
    that was last looked at.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="sync_records")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="sync_records")
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="sync_records")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="sync_records")
    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, null=True, related_name="sync_records"
    )
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="sync_records")
    allocation = models.ForeignKey(
        Allocation, models.PROTECT, null=True, related_name="sync_records"
    )
    adjustment = models.ForeignKey(
        Adjustment, models.PROTECT, null=True, related_name="sync_records"
    )
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="sync_records")
    deposit = models.ForeignKey(Deposit, models.PROTECT, null=True, related_name="sync_records")

    wanted = models.PositiveIntegerField()
    sent = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True, default="")
    sentence = models.TextField(blank=True)  # what happened: theirs when refused, ours when held
    remedy = models.CharField(max_length=300, blank=True)  # what a person does next
    waits_for = models.CharField(max_length=80, blank=True)
    checked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    generation = models.PositiveIntegerField(default=1)
    # The step that is due over there, in the connector's words; "" before the first, and for what
    # has no other.
    step = models.CharField(max_length=40, blank=True, default="")
    # How many steps were taken since it was last whole there, or since a person let it go on.
    steps = models.PositiveIntegerField(default=0)
    # At most so many in a call: one that came to nothing as a whole is halved. None: no limit.
    rides_with = models.PositiveSmallIntegerField(null=True)
    intent_revision = models.PositiveIntegerField(null=True)
    call = models.ForeignKey("sync.Call", models.SET_NULL, null=True, related_name="carries")
    # A person let it go over, whatever is switched off, since it last came to rest.
    let_go_at = models.DateTimeField(null=True)
    # Of before the cut-off, and linked with theirs by a person once: Tieout never writes it there.
    opening = models.BooleanField(default=False)
    # A person has what a run made there taken back: over there it is to be void or deleted, whatever
    # stands here. None again once a person sends it anew, or leaves it there.
    undo = models.ForeignKey("sync.Undo", models.PROTECT, null=True, related_name="records")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = NotedManager()

    class Meta:
        permissions = [
            ("retry", "Can send again"),
            ("decide", "Can decide conflicts and possible doubles"),
            ("recreate", "Can create again what was deleted over there"),
            ("send_test_invoice", "Can send a test invoice"),
        ]
        constraints = [
            models.CheckConstraint(
                name="sync_record_has_one_subject", condition=exactly_one_subject()
            ),
            *[
                models.UniqueConstraint(
                    fields=["connection", kind.value],
                    condition=Q(**{f"{kind.value}__isnull": False}),
                    name=f"{kind.value}_once_per_connection",
                )
                for kind in SUBJECTS
            ],
            models.CheckConstraint(
                name="sent_never_beyond_wanted", condition=Q(sent__lte=F("wanted"))
            ),
            models.CheckConstraint(
                name="handed_over_is_a_revision",
                condition=~Q(state="handed_over") | Q(intent_revision__isnull=False),
            ),
            models.CheckConstraint(
                name="a_person_is_told_why", condition=~Q(state="needs_person") | ~Q(sentence="")
            ),
        ]
        indexes = [
            # In this order: of two that fit alike SQLite takes by the order in which they were made.
            models.Index(fields=["connection", "state", "kind"], name="sync_record_by_state"),
            # "due_at is known" follows from any comparison with it, which every planner sees; a
            # condition on states is lost on SQLite, where they are bound parameters.
            models.Index(
                fields=["connection", "kind", "due_at", "id"],
                name="sync_record_due_of_kind",
                condition=Q(due_at__isnull=False),
            ),
            *long_log(),
            models.Index(
                fields=["due_at", "connection"],
                name="sync_record_due_at",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["connection", "waits_for"],
                name="sync_record_waits",
                condition=Q(waits_for__gt=""),
            ),
            models.Index(
                fields=["connection", "kind"], name="sync_record_opening", condition=Q(opening=True)
            ),
            models.Index(
                fields=["connection", "kind"],
                name="sync_record_undone",
                condition=Q(undo__isnull=False),
            ),
            models.Index(
                fields=["connection"],
                name="sync_record_let_go",
                condition=Q(let_go_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} in {self.connection_id}"

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            super().save(*args, **options)
            note_news([self], options.get("update_fields"))

    @property
    def subject_id(self) -> int:
        """The key of our record."""
        return int(getattr(self, f"{self.kind}_id"))

    @property
    def subject(self) -> Synced:
        found: Synced = getattr(self, self.kind)
        return found

    @property
    def identity(self) -> str:
        """What a create of it, or the step that is due, is known by, whatever revision it carries."""
        whole = f"{self.connection_id}-{self.pk}-{self.generation}"
        return f"{whole}-{self.step}" if self.step else whole

    @property
    def awaits(self) -> Wait:
        """`waits_for`, read."""
        return Wait(self.waits_for)

    @property
    def in_doubt(self) -> bool:
        """Whether it may stand in their books without our knowing: nothing is sent or decided
        about it before that is found out."""
        return self.state in (*IN_DOUBT, State.HANDED_OVER) or (
            self.state == State.NEEDS_PERSON and self.reason == Reason.ANSWER_LOST
        )

    # What becomes of it, in memory: the caller saves, whole batches at once.

    def plan_again(self) -> None:
        """Whatever held it up is looked at anew, with the next run. What may have arrived without
        our knowing is never sent anew: where a person was to look, Tieout asks once more itself."""
        if not self.in_doubt:
            self.plan_anew()
        elif self.state == State.NEEDS_PERSON:
            self.state, self.due_at = State.UNKNOWN, now()
            self.sentence = "The answer was lost; Tieout looks again whether it arrived."
            self.remedy = "Nothing to do."

    def let_go(self) -> None:
        """A person says that it is to go: planned again, and sent whatever is switched off."""
        self.let_go_at = now()
        self.plan_again()

    def plan_anew(self) -> None:
        """It is surely not there as it should be: planned and sent with the next run."""
        self.tries = self.steps = 0
        self.wait(now(), Reason.NONE, "")

    def wait(
        self,
        until: datetime | None,
        reason: Reason,
        sentence: str,
        remedy: str = "",
        waits_for: Wait = NO_WAIT,
    ) -> None:
        """It goes on by itself: at that moment, or (None) once what it waits for has happened."""
        self.state, self.due_at = State.WAITING, until
        self._say(reason, sentence, remedy, waits_for)

    def hold(self, reason: Reason, sentence: str, remedy: str, waits_for: Wait = NO_WAIT) -> None:
        """A person decides before anything more happens to it."""
        self.state, self.due_at = State.NEEDS_PERSON, None
        self._say(reason, sentence, remedy, waits_for)
        self.checked_at = now()

    def hold_unreadable(self, name: str, what: str) -> None:
        """Their object holds a field that cannot be read, so nothing is written over it."""
        self.hold(
            Reason.UNREADABLE,
            f"It stands in {name} and cannot be read there: {what}.",
            f"Put it right in {name}; Tieout reads it again once it is changed there.",
        )

    def calm(self) -> None:
        """Their books hold what was sent; where a newer revision is wanted, that is planned."""
        if self.wanted > self.sent:
            self.wait(now(), Reason.NONE, "")
        else:
            self.state, self.due_at = State.IN_THE_BOOKS, None
            self._say(Reason.NONE, AS_IT_WAS if self.opening else "")

    def leave_out(self, reason: Reason, sentence: str) -> None:
        """It does not belong into their books, for this reason."""
        self.state, self.due_at = State.LEFT_OUT, None
        self._say(reason, sentence)

    def rest(self, *, taken_back: bool) -> None:
        """Their books hold what was sent; of what was taken back with a run, that it is gone."""
        if taken_back and self.undo_id is not None:
            self.leave_out(Reason.UNDONE, UNDONE)
        else:
            self.calm()

    def end(self) -> None:
        """It is gone over there, and cancelled, void or reversed here."""
        self.state, self.due_at = State.GONE, None
        self._say(Reason.GONE, "It has ended on both sides, and nothing is left to do.")

    def _say(
        self, reason: Reason, sentence: str, remedy: str = "", waits_for: Wait = NO_WAIT
    ) -> None:
        self.reason, self.sentence = reason, sentence
        self.remedy, self.waits_for = remedy[:300], waits_for[:80]


class Agreed(models.Model):
    """What both sides last agreed a record is: the base of every three-way compare."""

    record = models.OneToOneField(SyncRecord, models.CASCADE, primary_key=True)
    packed_snapshot = models.BinaryField()
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"agreed {self.record_id}"

    @property
    def snapshot(self) -> Snapshot:
        return from_json(self.record.kind, unpacked(self.packed_snapshot))

    @staticmethod
    def pack(snapshot: Snapshot) -> bytes:
        return packed(to_json(snapshot))


class Intended(models.Model):
    """What left with a record's call and has no outcome yet.

    Its answer is read against this: what was changed here since, in the record or in what it
    carries inside, did not leave with it.
    """

    record = models.OneToOneField(
        SyncRecord, models.CASCADE, primary_key=True, related_name="intended"
    )
    packed_snapshot = models.BinaryField()
    carried = models.JSONField(default=list)  # allocations in it: key, revision, target's kind, id

    def __str__(self) -> str:
        return f"intended {self.record_id}"

    @property
    def snapshot(self) -> Snapshot:
        return from_json(self.record.kind, unpacked(self.packed_snapshot))


class RemoteRecord(NeverDeleted):
    """One object of theirs. `sync_record` is the record of ours that it stands for itself; none:
    only theirs. What it carries or helps besides hangs on `Tie`.

    None is ever deleted: merge and re-create add and retire.
    """

    class Arrival(models.TextChoices):
        """How the last version read was dealt with."""

        NEW = "new", "To be looked at"
        APPLIED = "applied", "Applied here"
        ECHO = "echo", "Our own"
        ONLY_THEIRS = "only_theirs", "Only over there"
        WAITS = "waits", "Waits for something"
        NEEDS_PERSON = "needs_person", "Needs a person"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="remote_records")
    kind = models.CharField(max_length=40)  # their kind
    remote_id = models.CharField(max_length=60)
    part = models.CharField(max_length=120, blank=True, default="")
    of_kind = models.CharField(max_length=20, blank=True)  # the kind of ours it is like
    sync_record = models.ForeignKey(
        SyncRecord, models.PROTECT, null=True, related_name="remote_records"
    )
    retired = models.BooleanField(default=False)  # belonged to it once: merged or re-created
    # Tieout wrote it there. Never guessed from a marker, which not every object has room for.
    made_here = models.BooleanField(default=False)
    version = models.CharField(max_length=60, blank=True)
    remote_updated_at = models.DateTimeField(null=True)
    marker = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=500, blank=True)
    customer_id_there = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    balance = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    dated = models.DateField(null=True)
    void = models.BooleanField(default=False)
    gone = models.BooleanField(default=False)
    # The field that could not be read, and what it holds; "" where all could.
    unreadable = models.CharField(max_length=200, blank=True, default="")
    packed_raw = models.BinaryField()
    arrival = models.CharField(max_length=12, choices=Arrival.choices, default=Arrival.NEW)
    sentence = models.TextField(blank=True)
    remedy = models.CharField(max_length=300, blank=True)
    waits_for = models.CharField(max_length=80, blank=True)
    first_read_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Their id first: a customer of theirs is looked for by it, without their word for one.
            models.UniqueConstraint(
                fields=["connection", "remote_id", "kind", "part"], name="remote_record_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "customer_id_there", "currency", "amount", "dated"],
                name="remote_record_same_money",
            ),
            models.Index(fields=["sync_record"], name="remote_record_of"),
            models.Index(fields=["connection", "kind", "number"], name="remote_record_number"),
            models.Index(fields=["connection", "arrival", "id"], name="remote_record_arrived"),
            models.Index(
                fields=["connection", "of_kind", "read_at"],
                name="remote_record_only_theirs",
                condition=Q(sync_record__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number or self.name or self.remote_id}"

    @property
    def awaits(self) -> Wait:
        """`waits_for`, read."""
        return Wait(self.waits_for)

    @property
    def raw(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = unpacked(self.packed_raw)
        return found
