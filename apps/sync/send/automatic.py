"""What of a run's work may leave by itself: what is switched off waits until a person lets it go."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.connections.automation import SENDING, Automation, off
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.calls.outcomes import Sent
from apps.sync.lease import Lease
from apps.sync.models import On, Reason, RemoteRecord, State, SyncRecord
from apps.sync.send.plan import Plan
from apps.sync.want.by_hand import forget_the_done
from apps.sync.want.wishes import DOCUMENTS, ON_DEMAND, ended_here

MONEY = tuple(kind for kind in Kind if kind not in DOCUMENTS and kind not in ON_DEMAND)
# What is not there yet, by the event that sends it: a new customer or item goes with what needs it.
NEW = {Automation.ON_ISSUE: DOCUMENTS, Automation.ON_MONEY: MONEY}
# Where an entry, or the payment that an allocation sets against something, came from.
MADE_IN = {
    kind: "allocation__payment__made_in" if kind == Kind.ALLOCATION else f"{kind.value}__made_in"
    for kind in MONEY
}
REMEDY = (
    "Send it now, or switch it on again under “What happens by itself” on the page of the "
    "connection."
)


class Automatic:
    """Of one run, by what was switched off when it began: the courier lets nothing leave once
    more was switched off meanwhile."""

    def __init__(self, connection: Connection, name: str, lease: Lease) -> None:
        self.connection = connection
        self.name = name
        self.lease = lease
        self.off = off(connection, SENDING)

    def keep_back_the_new(self, kinds: Collection[str]) -> None:
        """Before masters are wished for: what is not there yet takes none over with it while it
        waits. What was taken back here needs no call, and goes its way."""
        there = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False)
        new = [(each, kind) for each in NEW if each in self.off for kind in NEW[each]]
        found = [(each, kind) for each, kind in new if kind in kinds]
        if not found:
            return
        with transaction.atomic():
            self.lease.confirm()
            for automation, kind in found:
                rows = self._not_let_go(kind).filter(sent=0).exclude(ended_here(kind))
                self._wait(rows.exclude(Exists(there)), automation, self._not_there(automation))

    def keep_back(self, plan: Plan) -> None:
        """Take out of a plan what would leave and is switched off. What needs no call is settled by
        then, and what stands in the way of the others was told, as ever."""
        back: dict[tuple[Automation, Kind], list[int]] = {}
        for push in plan.pushes:
            automation = automation_of(push.kind, plan.sent[push.ref])
            if automation in self.off:
                back.setdefault((automation, push.kind), []).append(push.ref)
        if not back:
            return
        with transaction.atomic():
            self.lease.confirm()
            for (automation, kind), refs in back.items():
                self._keep(plan, automation, kind, refs)

    def forget_the_done(self) -> None:
        if self.off:
            forget_the_done(self.connection)

    def _keep(self, plan: Plan, automation: Automation, kind: Kind, refs: list[int]) -> None:
        """What a person lets go this moment leaves as it was planned. What was taken back meanwhile
        and never left stays due: it is planned again, and needs no call."""
        rows = self._not_let_go(kind).filter(pk__in=refs).order_by("pk")
        keys = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        kept = SyncRecord.objects.filter(pk__in=keys)
        ended = set(kept.filter(ended_here(kind)).values_list("pk", flat=True))
        new = {pk for pk in keys if plan.sent[pk].creates}
        self._wait(kept.filter(pk__in=new - ended), automation, self._not_there(automation))
        self._wait(
            kept.filter(pk__in=ended - new),
            automation,
            f"It was taken back here and still stands in {self.name}: {automation.gerund} is "
            "switched off.",
        )
        self._wait(
            kept.exclude(pk__in=new | ended),
            automation,
            f"It is otherwise here than in {self.name}: {automation.gerund} is switched off.",
        )
        plan.pushes[:] = [each for each in plan.pushes if each.ref not in keys]
        for pk in keys:
            del plan.sent[pk]

    def _not_there(self, automation: Automation) -> str:
        return f"It is not in {self.name} yet: {automation.gerund} is switched off."

    def _not_let_go(self, kind: Kind) -> QuerySet[SyncRecord]:
        """Of what is due, what nobody sent by hand, is not half there already, and was not made in
        other books of the company: what those hold is told to these whatever is switched off."""
        rows = SyncRecord.objects.filter(
            connection=self.connection,
            kind=kind,
            state=State.WAITING,
            due_at__lte=now(),
            let_go_at=None,
            step="",
            opening=False,
        )
        if kind not in MADE_IN:
            return rows
        here = ("", self.connection.origin)
        return rows.filter(Q(**{f"{MADE_IN[kind]}__in": here}) | Q(**{MADE_IN[kind]: None}))

    @staticmethod
    def _wait(rows: QuerySet[SyncRecord], automation: Automation, sentence: str) -> None:
        rows.update(
            due_at=None,
            reason=Reason.NOT_BY_ITSELF,
            sentence=sentence,
            remedy=REMEDY,
            waits_for=On.BY_HAND.of(automation.value),
            changed_at=now(),
        )


def automation_of(kind: Kind, sent: Sent) -> Automation | None:
    """The event by which a push leaves; None where it goes with what needs it."""
    if kind in MONEY:
        return Automation.ON_MONEY
    if not sent.creates:
        return Automation.ON_CHANGE
    return Automation.ON_ISSUE if kind in DOCUMENTS else None
