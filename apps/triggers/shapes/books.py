"""Where a record stands in the accounting books, and whether both sides agree, as others see it."""

from uuid import UUID

from apps.connections.models import Connection
from apps.reconciliation.models import KeptComparison
from apps.sync.models import HELD_REASONS, RemoteRecord, State, SyncRecord
from apps.triggers.shapes.links import page_of
from apps.triggers.shapes.parts import Company, Day, Moment, Shape, company_shape


class ConnectionShape(Shape):
    """One set of books. `stage`: setup, live, paused or disconnected; `problem` says in a sentence
    what stops it, "" where nothing does."""

    id: UUID
    company: Company
    name: str
    system: str
    stage: str
    problem: str
    last_ok_at: Moment | None
    page: str


class RecordBrief(Shape):
    """A record of Tieout: `kind` as in the addresses of the API."""

    kind: str
    id: UUID
    name: str
    page: str


class StandingShape(Shape):
    """Where one record stands in one set of books. `state` is one of waiting, on_its_way, unknown,
    handed_over, in_the_books, left_out, gone and needs_person; `reason` a code, `sentence` what
    happened in words, `remedy` what a person does next. `held_by` tells whose no it is where a
    person is needed: tieout or the books. `their_id` is "" where they have nothing of it."""

    record: RecordBrief
    connection: ConnectionShape
    state: str
    reason: str
    held_by: str
    sentence: str
    remedy: str
    revision_wanted: int
    revision_in_books: int
    their_id: str
    changed_at: Moment
    page: str


class AgreementShape(Shape):
    """What the last whole comparison of one set of books found. `agrees` is null where nothing was
    compared yet."""

    connection: ConnectionShape
    agrees: bool | None
    as_of: Day | None
    compared_at: Moment | None
    open_count: int
    sentence: str
    page: str


def connection_shape(connection: Connection) -> ConnectionShape:
    return ConnectionShape(
        id=connection.public_id,
        company=company_shape(connection.company),
        name=connection.name,
        system=connection.system,
        stage=connection.stage,
        problem="" if connection.is_live else connection.stage_reason,
        last_ok_at=connection.last_ok_at,
        page=page_of(connection),
    )


def standing_shape(record: SyncRecord, theirs: RemoteRecord | None) -> StandingShape:
    """`theirs` is the object that it stands as over there, if any."""
    subject = record.subject
    return StandingShape(
        record=RecordBrief(
            kind=record.kind, id=subject.public_id, name=str(subject), page=page_of(subject)
        ),
        connection=connection_shape(record.connection),
        state=record.state,
        reason=record.reason,
        held_by=held_by(record),
        sentence=record.sentence,
        remedy=record.remedy,
        revision_wanted=record.wanted,
        revision_in_books=record.sent,
        their_id=theirs.remote_id if theirs is not None else "",
        changed_at=record.changed_at,
        page=page_of(record),
    )


def held_by(record: SyncRecord) -> str:
    """Whose no it is, where a person is needed."""
    if record.state != State.NEEDS_PERSON:
        return ""
    return "tieout" if record.reason in HELD_REASONS else "books"


def agreement_shape(connection: Connection, last: KeptComparison | None) -> AgreementShape:
    """`last` is the last one that was done."""
    return AgreementShape(
        connection=connection_shape(connection),
        agrees=last.agrees if last is not None else None,
        as_of=last.on if last is not None else None,
        compared_at=last.ended_at if last is not None else None,
        open_count=last.open_count if last is not None else 0,
        sentence=last.sentence if last is not None else "",
        page=page_of(last if last is not None else connection),
    )
