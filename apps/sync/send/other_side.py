"""Before a change of ours leaves: whether the other side has the say in that field, or changed it too.

A field in which their books win does not leave: ours follows what stands there, and what was
written here is kept. A document's field that was changed there and left there is put before a
person, or settled by the rule, before a later change of ours would go over it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import Kind, Snapshot, to_json
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.ruled import (
    differences_of,
    follow,
    not_taken_over,
    note_by_rule,
    wins_words,
)
from apps.sync.assemble import Assembled
from apps.sync.lease import Lease
from apps.sync.models import Conflict, Side, SyncRecord, rows_of
from apps.sync.rules.choosing import Rules, rules_of
from apps.sync.rules.fields import CHOICES, FOLLOWED
from apps.sync.rules.resolve import Stands, resolve
from apps.sync.there import ties
from apps.sync.there.compare import Clash, with_value

# Beside what staff may choose: never by a rule, but not sent over what was moved there either.
ASKED = {Kind.INVOICE: ("due_date",)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """Fields of one record in which our change meets the other side, by how that ends."""

    rules: Rules
    theirs_win: tuple[Clash, ...] = ()
    ours_win: tuple[Clash, ...] = ()
    asked: tuple[Clash, ...] = ()

    @property
    def is_free(self) -> bool:
        return not (self.theirs_win or self.ours_win or self.asked)


class OtherSide:
    """Of one run of one connection."""

    def __init__(self, connection: Connection, connector: Connector, lease: Lease) -> None:
        self.connection = connection
        self.connector = connector
        self.lease = lease
        self._rules: dict[Kind, Rules] = {}

    @cached_property
    def books(self) -> Books:
        return Books(self.connection, self.connector)

    def look_afresh(self) -> None:
        """Before each batch: staff may have chosen otherwise."""
        self._rules.clear()

    def meets(
        self,
        record: SyncRecord,
        made: Assembled,
        base: Snapshot,
        known: Callable[[], Snapshot | None],
    ) -> bool:
        """Whether something had to be settled first; the record is then due again, or held.

        `base` is what both sides agreed on, `known` gives what stands there as last read.
        """
        kind = Kind(record.kind)
        if made.snapshot is None or kind not in CHOICES:
            return False
        if kind in FOLLOWED and not self._is_won_there(kind):
            return False  # what theirs changed alone was taken over when it arrived
        before, ours = self.books.projected(base), self.books.projected(made.snapshot)
        if not any(_moved(kind, before, ours, before)):
            return False
        there = known()
        found = self._meeting(
            record, before, ours, before if there is None else self.books.projected(there)
        )
        if found.is_free:
            return False
        self._settle(record, made, base, found)
        return True

    def _rules_of(self, kind: Kind) -> Rules:
        if kind not in self._rules:
            self._rules[kind] = rules_of(self.connection, kind)
        return self._rules[kind]

    def _is_won_there(self, kind: Kind) -> bool:
        return any(each.side == Side.THEIRS for each in self._rules_of(kind).values())

    def _meeting(
        self, record: SyncRecord, base: Snapshot, ours: Snapshot, theirs: Snapshot
    ) -> Meeting:
        kind = Kind(record.kind)
        rules = self._rules_of(kind)
        ends: dict[Stands, list[Clash]] = {}
        for each in _moved(kind, base, ours, theirs):
            rule = rules.get(each.path)
            side = Side.ASK if rule is None else Side(rule.side)
            if side == Side.THEIRS and _a_person_said_so(record, each):
                continue
            if kind in FOLLOWED and side != Side.THEIRS:
                continue
            stands = resolve(
                each.base, each.ours, each.theirs, side, followed=kind in FOLLOWED
            ).stands
            ends.setdefault(stands, []).append(each)
        return Meeting(
            rules=rules,
            theirs_win=tuple(ends.get(Stands.THEIRS, ())),
            ours_win=tuple(ends.get(Stands.OURS, ())),
            asked=tuple(ends.get(Stands.OPEN, ())),
        )

    def _settle(self, planned: SyncRecord, made: Assembled, base: Snapshot, found: Meeting) -> None:
        """Nothing is done of what somebody wished or decided meanwhile: it is planned again."""
        kind = Kind(planned.kind)
        with transaction.atomic():
            self.lease.confirm()
            Company.locked(self.connection.company_id)
            record = SyncRecord.objects.select_for_update().get(pk=planned.pk)
            subject = rows_of(kind).get(pk=record.subject_id)
            as_planned = (record.state, record.wanted) == (planned.state, planned.wanted)
            if not as_planned or subject.revision != made.revision:
                return
            try:
                with transaction.atomic():
                    if found.theirs_win:
                        taken = differences_of(found.theirs_win)
                        follow(self.books, subject, taken, reason=wins_words(self.books))
            except ValidationError as refused:
                not_taken_over(self.books, record, refused)
                return
            record = SyncRecord.objects.get(pk=record.pk)  # with our record as it is now
            for each in found.theirs_win:
                note_by_rule(record, each, found.rules, Conflict.Decision.THEIRS)
            for each in found.ours_win:
                note_by_rule(record, each, found.rules, Conflict.Decision.OURS)
            ours = self.books.ours(record)
            agreed = base
            for each in found.theirs_win:
                # As ours holds it: what it could not take exactly is no change of ours to be sent.
                held = each.theirs if ours is None else getattr(ours, each.path)
                agreed = with_value(agreed, each.path, held)
            for each in found.ours_win:
                agreed = with_value(agreed, each.path, each.theirs)
            ties.agree(record, agreed)
            if found.asked:
                put_before_a_person(self.books, record, found.asked)
            else:
                ties.wanted_again(record, subject.revision, sent=record.sent)


def _moved(kind: Kind, base: Snapshot, ours: Snapshot, theirs: Snapshot) -> Iterator[Clash]:
    """Fields that ours changed since both sides agreed, with what stands there."""
    for name in (*CHOICES[kind], *ASKED.get(kind, ())):
        was, mine, yours = (getattr(each, name) for each in (base, ours, theirs))
        if mine != was:
            yield Clash(path=name, base=was, ours=mine, theirs=yours)


def _a_person_said_so(record: SyncRecord, clash: Clash) -> bool:
    """Whether the last word about this very value was a person's, and said that ours stands."""
    decided = Conflict.objects.filter(
        sync_record=record, path=clash.path, decision__in=["ours", "theirs"]
    )
    last = decided.order_by("-decided_at", "-pk").first()
    return (
        last is not None
        and last.rule_id is None
        and last.decision == Conflict.Decision.OURS
        and last.ours == to_json(clash.ours)
    )
