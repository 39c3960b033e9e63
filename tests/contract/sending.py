"""A record of ours on its way into books of theirs, step by step, as the engine sends it."""

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.connectors.errors import OutcomeUnknown
from apps.connectors.figures import with_decimals
from apps.connectors.port import Connector, Outcome, Push, RemoteObject, Request, Unsettled
from apps.connectors.snapshots import Kind, Snapshot, kind_of
from apps.sync.calls.progress import moved
from tests.contract.bench import BenchCourier

MANY = 300  # more steps than any record of these tests has

Key = tuple[str, str, str]  # their kind, id, part


class NothingKnown:
    """An engine that holds nothing of theirs yet."""

    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        return list(versions)

    def written(self, since: datetime) -> int:
        return 0


@dataclass
class Record:
    """What the engine would hold of a record of ours."""

    ref: int
    kind: Kind
    snapshot: Snapshot
    stands: dict[Key, RemoteObject] = field(default_factory=dict)
    agreed: Snapshot | None = None
    step: str = ""
    generation: int = 1

    @property
    def id(self) -> str:
        return next(iter(self.stands.values())).remote_id

    @property
    def ids(self) -> list[str]:
        return [each.remote_id for each in self.stands.values()]


class Sending:
    """Sends records through one connector, and notes what came of it. `home` is their currency."""

    def __init__(self, connector: Connector, courier: BenchCourier, home: str) -> None:
        self.connector, self.courier, self.home = connector, courier, home
        self.refs = itertools.count(1)

    @property
    def writes(self) -> list[Request]:
        return [each for each in self.courier.sent if each.writes]

    def record(self, snapshot: Snapshot) -> Record:
        return Record(next(self.refs), kind_of(snapshot), self._projected(snapshot))

    def changed(self, record: Record, **fields: Any) -> Record:
        record.snapshot = self._projected(dataclasses.replace(record.snapshot, **fields))
        return record

    def step(self, record: Record) -> Outcome:
        """One push of it, and what came of it taken note of."""
        (outcome,) = self.connector.push([self.push_of(record)], self.courier)
        return self.noted(record, outcome)

    def steps_of(self, record: Record) -> list[str]:
        """Do all steps of it; their names. An error is raised."""
        names = []
        for _ in range(MANY):
            names.append(record.step)
            outcome = self.step(record)
            if outcome.error:
                raise outcome.error
            if not record.step:
                return names
        raise AssertionError(f"the steps of a {record.kind} come to no end: {names[-5:]}")

    def send(self, record: Record) -> Record:
        self.steps_of(record)
        return record

    def sent(self, snapshot: Snapshot) -> Record:
        return self.send(self.record(snapshot))

    def settle(
        self, record: Record, *, believe_absence: bool = True, replay: bool | None = None
    ) -> Outcome:
        """About the last write that left for it; by its key where it has one."""
        request = next(each for each in reversed(self.writes) if each.members == (record.ref,))
        unsettled = Unsettled(
            request=request,
            pushes=(self.push_of(record),),
            may_replay=bool(request.key) if replay is None else replay,
            believe_absence=believe_absence,
        )
        before = len(self.writes)
        (outcome,) = self.connector.settle(unsettled, self.courier)
        allowed = {_bytes(request)} if unsettled.may_replay else set()
        assert {_bytes(each) for each in self.writes[before:]} <= allowed
        return self.noted(record, outcome)

    def noted(self, record: Record, outcome: Outcome) -> Outcome:
        assert outcome.ref == record.ref
        before = list(record.stands.values())
        for place, each in enumerate(outcome.remote):
            key = (each.kind, each.remote_id, each.part)
            if place == 0 or key in record.stands:
                record.stands[key] = each
        for key in outcome.retired:
            record.stands.pop(key, None)
        if outcome.error is None:
            again = outcome.next_step and outcome.next_step == record.step
            assert not again or moved(before, record.stands.values())
            assert not outcome.next_step or outcome.next_step in self.connector.capabilities.steps
            record.step = outcome.next_step
            record.agreed = record.agreed if record.step else record.snapshot
        else:
            assert outcome.error.sentence, "an empty message is itself a fault"
            if not isinstance(outcome.error, OutcomeUnknown):
                record.generation += 1
        return outcome

    def push_of(self, record: Record) -> Push:
        stands = tuple(record.stands.values())
        standing = [each for each in stands if not each.gone] or list(stands)
        known = (
            self.connector.together(standing) if len(standing) > 1 else next(iter(standing), None)
        )
        return Push(
            ref=record.ref,
            kind=record.kind,
            snapshot=record.snapshot,
            identity=f"1-{record.ref}-{record.generation}-{record.step}",
            known=known,
            agreed=record.agreed,
            stands=stands,
            step=record.step,
        )

    def _projected(self, snapshot: Snapshot) -> Snapshot:
        return self.connector.project(with_decimals(snapshot, self.home))


def _bytes(request: Request) -> tuple[object, ...]:
    """What of a request the other side sees."""
    return request.method, request.path, request.query, request.headers, request.body
