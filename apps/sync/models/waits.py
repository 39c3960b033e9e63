"""What a record waits for: a word with what it names, kept as text ("record:invoice:7")."""

from enum import StrEnum

from django.db.models import Q

from apps.connectors.snapshots import Kind


class On(StrEnum):
    """The kinds of waits, each with what ends it."""

    # Of a record of ours, which is planned again then (`release_the_waiting`):
    MAPPING = "mapping"  # "mapping:item:12": it is chosen on the mapping page
    ACCOUNT = "account"  # "account:receivable:EUR": their accounts are read again
    CLOSING_DATE = "closing_date"  # a lock date moved; of an arrival: ours moved
    RECORD = "record"  # "record:customer:7": it stands in their books
    IN_STEP = "in_step"  # "in_step:customer:7": a change of it went over
    ENDED = "ended"  # "ended:allocation:7": it is gone over there
    MATCH = (
        "match"  # "match:12": a person decides on the page Match whether it is that one of theirs
    )
    FIRST = "first"  # "first:payment": the first of its kind matched
    ACTIVE = "active"  # refused, since something it names is inactive there; nobody says what
    BY_HAND = "by_hand"  # "by_hand:on_issue": a person sends it, or switches that on again
    # What became of it over there could not be followed here, until that arrival is dealt with:
    ARRIVAL = "arrival"
    UNDONE = "undone"  # "undone:7": the same, once this bank deposit of ours is undone
    # Of an arrival of theirs, which is looked at again then (`ready_again`):
    DECISION = "decision"  # a person decides, and whoever decides makes it new again
    SYNC_RECORD = "sync_record"  # "sync_record:12": our own send of it is settled
    REMOTE_RECORD = "remote_record"  # "remote_record:12": that arrival is dealt with
    STANDING = "standing"  # "standing:12": that allocation of ours stands no longer

    @property
    def alone(self) -> bool:
        """Whether it names nothing beside itself."""
        return self in (On.CLOSING_DATE, On.ACTIVE, On.ARRIVAL, On.DECISION)

    @property
    def rows(self) -> Q:
        """Rows that wait for this."""
        return Q(waits_for=self.value) if self.alone else Q(waits_for__startswith=f"{self.value}:")

    def of(self, *names: object) -> "Wait":
        """The wait for this one: `On.RECORD.of(Kind.INVOICE, 7)`."""
        return Wait(":".join((self.value, *(str(each) for each in names))))


class Wait(str):
    """One wait, as it is kept; "" is none."""

    __slots__ = ()

    @property
    def on(self) -> On | None:
        return On(self.partition(":")[0]) if self else None

    @property
    def name(self) -> str:
        """What it names beside its word: "invoice:7"; "" where nothing."""
        return self.partition(":")[2]

    @property
    def key(self) -> int:
        """The key of the row that it names."""
        return int(self.rpartition(":")[2])

    @property
    def kind(self) -> Kind:
        """The kind of the record of ours that it names."""
        return Kind(self.name.partition(":")[0])


NO_WAIT = Wait()
# A wait that must be for one of these: what is in their books does not say what ours do.
UNFOLLOWED = (On.ARRIVAL, On.UNDONE)
