"""Nothing that may stand there already is created there: what is held, and what a person then does."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Count, Max

from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import Kind
from apps.sync.assemble.obstacles import Obstacle
from apps.sync.match.decided import Decided
from apps.sync.match.likeness import APART
from apps.sync.match.pairs import MASTERS, Index, Pair
from apps.sync.match.reading import are_read
from apps.sync.match.sides import our_emails, ours_of, standing_alone
from apps.sync.models import On, Reason, SyncRecord

REMEDY = "Decide on the page “Match” of these books: the same, not the same, or create it there."
NOT_READ = 0  # in the place of a remote record: nobody knows yet whether there is one

State = tuple[int, datetime | None, int | None]


class Gate:
    """What one run may create of customers and items. Asks a few statements for each batch, however
    many records it holds; theirs are compared anew only where they are other ones than before."""

    def __init__(self, connection: Connection, connector: Connector) -> None:
        self.connection = connection
        self.connector = connector
        self._known: dict[Kind, tuple[State, Index]] = {}

    def held(self, kind: Kind, records: Collection[SyncRecord]) -> Mapping[int, Obstacle]:
        """Of these records, which have nothing there, those that are not created now: by the key of
        our record. One that a person sends as a new one, or again, has been decided about."""
        asked = {each.subject_id for each in records if each.generation == 1 and not each.step}
        if kind not in MASTERS or not asked:
            return {}
        ours = ours_of(self.connection, kind, asked)
        if self.connection.stage == Connection.Stage.SETUP and not are_read(self.connection):
            return {each.record.key: self._not_read() for each in ours if each.chosen_at is None}
        index = self._index(kind)
        if not index.records:
            return {}
        decided = Decided.of(self.connection, kind, asked)
        pairs = index.pairs(ours, decided)
        if any(each.likeness.figure < APART for each in pairs) and kind == Kind.CUSTOMER:
            # Rare: nothing but an e-mail address, which may be that of many.
            index.learn_shared(our_emails(self.connection))
            pairs = index.pairs(ours, decided)
        found: dict[int, Pair] = {}
        for pair in pairs:
            found.setdefault(pair.ours, pair)
        return {
            key: self._like(index.records[pair.theirs].name, pair) for key, pair in found.items()
        }

    def _index(self, kind: Kind) -> Index:
        said = standing_alone(self.connection, kind).aggregate(
            rows=Count("pk"), latest=Max("read_at"), last=Max("pk")
        )
        state = (said["rows"], said["latest"], said["last"])
        known = self._known.get(kind)
        if known is None or known[0] != state:
            known = state, Index.of(self.connection, self.connector, kind)
            self._known[kind] = known
        return known[1]

    def _like(self, name: str, pair: Pair) -> Obstacle:
        return Obstacle(
            reason=Reason.MAYBE_THE_SAME,
            sentence=f"it may be the same as “{name}” in {self.connector.capabilities.name}",
            remedy=REMEDY,
            waits_for=On.MATCH.of(pair.theirs),
        )

    def _not_read(self) -> Obstacle:
        name = self.connector.capabilities.name
        return Obstacle(
            reason=Reason.MAYBE_THE_SAME,
            sentence=f"Tieout has not read yet whether {name} has it already",
            remedy=f"Wait until the customers and items of {name} are read, then try again.",
            waits_for=On.MATCH.of(NOT_READ),
        )
