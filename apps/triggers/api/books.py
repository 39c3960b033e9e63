"""Where records stand in the accounting books, the connections, and whether both sides agree."""

from typing import Annotated, Any, Final
from uuid import UUID

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from ninja import Query, Router
from pydantic import Field

from apps.connections.models import Connection
from apps.reconciliation.models import KeptComparison
from apps.sync.models import RemoteRecord, State, SyncRecord
from apps.sync.models.records import SUBJECTS
from apps.triggers.api.answers import Answer
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import Moment
from apps.triggers.api.paging import AskedOfCompany, Page, cut, of_companies, page_of
from apps.triggers.api.problems import Problem
from apps.triggers.api.records import NOT_THERE
from apps.triggers.api.routes import route
from apps.triggers.models import Scope
from apps.triggers.shapes import (
    AgreementShape,
    ConnectionShape,
    StandingShape,
    agreement_shape,
    connection_shape,
    standing_shape,
)

router = Router(tags=["The books"])
KINDS: Final = tuple(kind.value for kind in SUBJECTS)
# What the names of records show of others.
NAMED_BY: Final = (
    *KINDS,
    *(f"allocation__{each}" for each in ("payment", "credit_note", "adjustment", "outside_entry")),
    *(f"allocation__{each}" for each in ("invoice", "refund", "charge")),
    "deposit__bank_account",
)


class AskedOfStandings(AskedOfCompany):
    state: Annotated[
        str | None,
        Field(
            pattern=f"^({'|'.join(State.values)})$", description="`needs_person`: to be seen to."
        ),
    ] = None
    kind: Annotated[str | None, Field(pattern=f"^({'|'.join(KINDS)})$")] = None
    record: Annotated[UUID | None, Field(description="The id of the record; needs `kind`.")] = None
    connection: UUID | None = None
    changed_since: Moment | None = None


@route(router, "GET", "/standings", scope=Scope.READ, right="sync.view_syncrecord",
       gives=Page[StandingShape])  # fmt: skip
def list_standings(request: Request, asked: Query[AskedOfStandings]) -> Answer:
    """List where records stand in the books. With `state=needs_person` it is what a person has to see
    to, with the reason and the next step."""
    theirs = RemoteRecord.objects.filter(retired=False).order_by("pk")
    records = SyncRecord.objects.select_related("connection__company", *NAMED_BY)
    rows: QuerySet[Any] = records.prefetch_related(
        Prefetch("remote_records", theirs, to_attr="theirs")
    )
    rows = of_companies(request, rows, asked, "connection__company")
    rows = _narrowed(rows, asked)
    return page_of(request, rows, asked, _standing)


@route(router, "GET", "/connections", scope=Scope.READ, right="connections.view_connection",
       gives=Page[ConnectionShape])  # fmt: skip
def list_connections(request: Request, asked: Query[AskedOfCompany]) -> Answer:
    """List the sets of books that are connected."""
    rows = of_companies(request, Connection.objects.select_related("company"), asked)
    return page_of(request, rows, asked, connection_shape)


@route(router, "GET", "/connections/{uuid:id}", scope=Scope.READ,
       right="connections.view_connection", gives=ConnectionShape)  # fmt: skip
def read_connection(request: Request, id: UUID) -> Answer:
    """Read a connection."""
    rows = Connection.objects.select_related("company")
    connection = rows.filter(company__in=request.auth.company_ids, public_id=id).first()
    if connection is None:
        raise Problem("not-found", NOT_THERE)
    return Answer(body=connection_shape(connection))


@route(router, "GET", "/agreements", scope=Scope.READ, right="reconciliation.view_keptcomparison",
       gives=Page[AgreementShape])  # fmt: skip
def list_agreements(request: Request, asked: Query[AskedOfCompany]) -> Answer:
    """List what the last comparison of each set of books found."""
    done = KeptComparison.objects.filter(
        connection=OuterRef("pk"), state=KeptComparison.State.DONE
    ).order_by("-ended_at")
    rows = Connection.objects.select_related("company").annotate(
        last_done=Subquery(done.values("pk")[:1])
    )
    found, address = cut(request, of_companies(request, rows, asked), asked)
    last = KeptComparison.objects.defer("found", "journal").in_bulk(
        [each.last_done for each in found if each.last_done is not None]
    )
    shown = [agreement_shape(each, last.get(each.last_done)) for each in found]
    return Answer(body=Page[AgreementShape](data=shown, next=address))


def _narrowed(rows: "QuerySet[Any]", asked: AskedOfStandings) -> "QuerySet[Any]":
    if asked.record is not None and asked.kind is None:
        words = "Say of which kind the record is."
        raise Problem("invalid", words, errors=[("kind", words)])
    if asked.record is not None:
        rows = rows.filter(**{f"{asked.kind}__public_id": asked.record})
    for name in ("state", "kind"):
        if (wanted := getattr(asked, name)) is not None:
            rows = rows.filter(**{name: wanted})
    if asked.connection is not None:
        rows = rows.filter(connection__public_id=asked.connection)
    if asked.changed_since is not None:
        rows = rows.filter(changed_at__gte=asked.changed_since)
    return rows


def _standing(record: Any) -> StandingShape:
    return standing_shape(record, record.theirs[0] if record.theirs else None)
