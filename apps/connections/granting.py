"""From what lets us in to a grant's row, and from a grant to the books that it opens."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.views.decorators.debug import sensitive_variables

from apps.connections import books, oauth, tell
from apps.connections.books import Asked
from apps.connections.buckets import before_they_are_saved
from apps.connections.courier import ReadCourier, Unmetered
from apps.connections.endpoints import App
from apps.connections.lifecycle import open_connector
from apps.connections.lines import line_of, line_to
from apps.connections.models import Connection, Grant
from apps.connections.oauth import Pair
from apps.connections.sealed import seal, seal_secrets
from apps.connections.ways import access_of
from apps.connectors import port
from apps.connectors.access import Headers, OAuth, Opened, Organisation
from apps.connectors.errors import ConnectorError
from apps.connectors.line import Line
from apps.staff.models import User
from apps.staff.security import Kind, note

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What lets us in, before anything of it is saved. `headers` is what goes with each call."""

    app: App
    user: User
    pair: Pair
    headers: Headers = field(repr=False)
    filled_in: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: str = ""


def connected(asked: Asked, given: Given, remote_id: str) -> Connection:
    """The one set of books that this opens, connected. With `remote_id` "" the company that
    answers tells its id. Raises `Unsuitable`, `ConnectorError`, `IntegrityError`; then nothing is
    saved."""
    theirs = _company_read(asked, remote_id, _line_of(given))
    remote_id = remote_id or theirs.remote_id
    held = books.target(asked, remote_id, theirs)
    with transaction.atomic():
        grant = saved(given, renews=filled_in_again(asked, given))
        return _written(asked, held, remote_id, theirs, grant)


def connected_by(grant: Grant, asked: Asked, remote_id: str) -> Connection:
    """Another set of books on a grant that there is. Raises as `connected`."""
    theirs = _company_read(asked, remote_id, line_of(_unsaved(asked, remote_id, grant)))
    held = books.target(asked, remote_id, theirs)
    with transaction.atomic():
        return _written(asked, held, remote_id, theirs, grant)


def opened_by(asked: Asked, given: Given) -> Opened | None:
    """What it opens, asked before it is saved; None where that is one set of books."""
    lists = given.app.access.organisations
    if lists is None:
        return None
    line = _line_of(given)
    with ReadCourier(_unsaved(asked, ""), line=line, buckets=Unmetered()) as courier:
        return lists(courier)


def opened_now(grant: Grant, asked: Asked) -> Opened | None:
    """The same of a saved grant."""
    lists = access_of(grant).organisations
    if lists is None:
        return None
    line = line_of(_unsaved(asked, "", grant))
    with ReadCourier(_unsaved(asked, ""), line=line, buckets=Unmetered()) as courier:
        return lists(courier)


@sensitive_variables()
def saved(given: Given, *, opened: Opened | None = None, renews: Grant | None = None) -> Grant:
    """The grant's row. Who consents again, or fills in anew, renews the row that there is: all the
    books on it go on. Runs inside the caller's transaction."""
    app = given.app
    person = opened.person if opened else ""
    held = renews or (
        Grant.objects.filter(system=app.system, environment=app.environment, person=person).first()
        if person
        else None
    )
    grant = held or Grant(system=app.system, environment=app.environment, person=person)
    scopes = " ".join(app.access.scopes) if isinstance(app.access, OAuth) else ""
    fields: dict[str, Any] = {
        **seal(grant, given.pair),
        **(seal_secrets(grant, given.filled_in) if given.filled_in else {}),
        "scopes": (given.pair.scopes or scopes)[:500],
        "address": given.address,
        "granted_by": given.user,
        "status": Grant.Status.ACTIVE,
        "lost_reason": "",
    }
    if opened is not None:
        fields["organisations"] = [asdict(each) for each in opened.organisations]
    if held is not None:
        # A renewal that is on its way saves nothing: its version has passed.
        Grant.objects.filter(pk=held.pk).update(**fields, token_version=F("token_version") + 1)
        return Grant.objects.get(pk=held.pk)
    for name, value in fields.items():
        setattr(grant, name, value)
    grant.save()
    return grant


def filled_in_again(asked: Asked, given: Given) -> Grant | None:
    """What staff fill in again replaces what they filled in, for all the books on it."""
    if asked.connection is None or isinstance(given.app.access, OAuth):
        return None
    return asked.connection.grant


def organisations_of(grant: Grant) -> tuple[Organisation, ...]:
    """What it opened when it was last asked."""
    return tuple(Organisation(**each) for each in grant.organisations)


@sensitive_variables()
def given_back(given: Given, remote_ids: set[str]) -> None:
    """End a consent that we do not keep, unless books of ours live on what it opens: at some
    providers that would end their grant too. Best effort: what cannot be told runs out by itself.
    """
    app, pair = given.app, given.pair
    if not isinstance(app.access, OAuth):
        return
    if books.living(app.system, app.environment, remote_ids).exists():
        return
    try:
        oauth.revoke(app, pair.refresh_token or pair.access_token)
    except ConnectorError as trouble:
        log.info("A consent that was not kept could not be given back: %s", trouble.sentence)


def _line_of(given: Given) -> Line:
    return line_to(given.app, given.headers, given.address, given.filled_in)


def _written(
    asked: Asked, held: Connection | None, remote_id: str, theirs: port.Company, grant: Grant
) -> Connection:
    connection = books.written(asked, held, remote_id, theirs, grant)
    books.note_company(connection, theirs)
    words = f"{connection.company} was connected to {connection.name} in {connection.system_name}."
    note(Kind.CONNECTED, words, connection=connection.pk, again=held is not None)
    transaction.on_commit(partial(tell, connection.pk))
    return connection


def _company_read(asked: Asked, remote_id: str, line: Line) -> port.Company:
    """Their company, read before anything is saved."""
    unsaved = _unsaved(asked, remote_id)
    buckets = before_they_are_saved(unsaved) or Unmetered()
    with ReadCourier(unsaved, line=line, buckets=buckets) as courier:
        return open_connector(unsaved).company(courier)


def _unsaved(asked: Asked, remote_id: str, grant: Grant | None = None) -> Connection:
    return Connection(
        company=asked.company,
        grant=grant,
        system=asked.system,
        environment=asked.environment,
        remote_company_id=remote_id,
        home_currency=asked.company.home_currency,
    )
