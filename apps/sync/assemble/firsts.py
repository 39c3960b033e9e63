"""Nothing of a kind leaves by itself before its first was sent on a person's word, and matched."""

from collections.abc import Iterable
from functools import cached_property

from apps.billing.models import Synced
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.assemble.obstacles import Assembled, Obstacle
from apps.sync.models import TRIED_FIRST, Reason, rows_of
from apps.sync.models.waits import On
from apps.sync.want.firsts import open_kinds

REMEDY = "Send one of them on the page “First of its kind” of these books: the others then follow."


class Firsts:
    """Which kinds wait on one connection, found out once a run. `let` is what a person sends now."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._let: frozenset[tuple[Kind, int]] = frozenset()

    @cached_property
    def _closed(self) -> frozenset[Kind]:
        return frozenset(TRIED_FIRST) - open_kinds(self.connection)

    def let(self, records: Iterable[Synced]) -> None:
        """These records of ours alone may leave of their kinds, whether those are open or not."""
        self._let = frozenset((Kind(each.kind), each.pk) for each in records)

    def stops(self, made: Assembled) -> Obstacle | None:
        """What keeps a record back of which nothing stands there; None where it may leave, goes
        nowhere anyway, or something is to be put right first."""
        if made.kind not in TRIED_FIRST or made.kind not in self._closed:
            return None
        if (made.kind, made.pk) in self._let or made.taken_back or made.left_out:
            return None
        if any(each.reason != Reason.WAITS_FOR_RECORD for each in made.obstacles):
            return None
        name, word = self.connection.system_name, rows_of(made.kind).model._meta.verbose_name
        return Obstacle(
            reason=Reason.FIRST_OF_ITS_KIND,
            sentence=f"no {str(word).lower()} was tried in {name} yet under what is chosen now",
            remedy=REMEDY,
            waits_for=On.FIRST.of(made.kind),
        )
