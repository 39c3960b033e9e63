"""What happens to a connection after consent: opened, read again, live, paused, disconnected."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.views.decorators.debug import sensitive_variables

from apps.connections import books, clock, oauth
from apps.connections.courier import ReadCourier
from apps.connections.endpoints import app_of
from apps.connections.models import Connection, Grant
from apps.connections.sealed import name_of, opened
from apps.connections.stage import moved, pausing
from apps.connections.times import today_in
from apps.connections.ways import access_of
from apps.connectors import port
from apps.connectors.access import Folder, Mailbox, OAuth
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import system, systems
from apps.staff.security import Kind, note

Stage = Connection.Stage


def open_connector(connection: Connection) -> port.Connector:
    """The connector that speaks for these books. It makes no call and needs no authorisation."""
    company = connection.company

    def today() -> date:
        return today_in(company)

    return system(connection.system).connect(
        port.Settings(
            remote_company_id=connection.remote_company_id,
            home_currency=connection.home_currency,
            tax_regime=connection.tax_regime,
            multi_currency=connection.multi_currency,
            switches=frozenset(connection.switched_on),
            there=dict(connection.settings_there),
            today=today,
            now=clock.now,
        )
    )


def refresh_company(connection: Connection) -> port.Company:
    """Read their company again (daily): its name, its closing date, whether we may still serve it.

    Raises what the courier and the connector raise.
    """
    with ReadCourier(connection) as courier:
        theirs = open_connector(connection).company(courier)
    take_company(connection, theirs)
    return theirs


def take_company(connection: Connection, theirs: port.Company) -> None:
    """Keep what was just read of their company. A live connection that we may no longer serve, or
    whose tax regime changed, is paused in the UPDATE that notes it."""
    fields = books.as_read(theirs)
    read_at = fields.pop("company_read_at")
    if theirs.tax_regime != connection.tax_regime:
        fields |= books.regime_changed(connection)
    complaints = books.objections(connection.company, theirs, connection.system)
    if complaints:
        fields |= pausing(" ".join(complaints))
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(company_read_at=read_at)
        stored = Connection.objects.get(pk=connection.pk)
        if complaints or any(getattr(stored, name) != fields[name] for name in fields):
            moved(connection, when=Q(), **fields)
        books.note_company(connection, theirs)
    connection.refresh_from_db()


def go_live(connection: Connection) -> None:
    """Open automation. Raises `ValidationError` with what stands in the way.

    The condition is in the UPDATE itself, so a mapping changed in this moment is not overlooked.
    """
    tested = (
        Q(trial_matched_at__isnull=False)
        & ~Q(trial_fingerprint="")
        & Q(trial_fingerprint=F("settings_fingerprint"))
    )
    ready = Q(
        stage__in=[Stage.SETUP, Stage.PAUSED, Stage.LIVE],
        grant__status=Grant.Status.ACTIVE,
        starts_on__isnull=False,
    )
    if not moved(connection, when=ready & tested, stage=Stage.LIVE, stage_reason=""):
        connection.refresh_from_db()
        raise ValidationError(_not_ready(connection))


def set_cut_off(connection: Connection, day: date) -> None:
    """Nothing dated before this day is sent. It is no part of what a test invoice proves."""
    moved(connection, when=~Q(starts_on=day) | Q(starts_on=None), starts_on=day)


def pause(connection: Connection, reason: str) -> None:
    """Stop automation, with a reason in plain words. Nothing that waits is lost."""
    if not reason.strip():
        raise ValidationError("Say why it is paused.")
    moved(connection, when=Q(stage=Stage.LIVE), stage=Stage.PAUSED, stage_reason=reason[:300])


def disconnect(connection: Connection, reason: str = "") -> str:
    """End the consent at the provider and erase its tokens here; the connection keeps everything.

    Answers "" when the provider has confirmed, else a sentence: what a person does over there.
    Tokens are erased here either way. A grant that other books still live on is never ended: these
    alone are left, where the provider knows how; and so are the last ones of a provider whose grants
    nobody can end from here.
    """
    grant = connection.grant
    left = ""
    if grant is not None:
        grant.refresh_from_db()
        others = books.living_beside(connection)
        alone = others or _is_left_alone(grant)
        left = _leave(connection, grant) if alone else _end(grant)
    with transaction.atomic():
        done = moved(
            connection,
            when=~Q(stage=Stage.DISCONNECTED),
            stage=Stage.DISCONNECTED,
            stage_reason=(reason or "Disconnected here.")[:300],
        )
        if done:
            words = f"{connection.company} was disconnected from {connection.name}."
            note(Kind.DISCONNECTED, words, connection=connection.pk, reason=reason[:300])
        if grant is not None:
            books.retire(grant.pk)
    connection.refresh_from_db()
    return left


def _is_left_alone(grant: Grant) -> bool:
    """Where a set of books can be left, and a grant cannot be ended."""
    access = access_of(grant)
    if not isinstance(access, OAuth) or access.leave is None:
        return False
    return not systems()[grant.system].environments[grant.environment].revocation


def _leave(connection: Connection, grant: Grant) -> str:
    """End the access to these books alone; "" or a sentence about what could not be told."""
    access = access_of(grant)
    if not isinstance(access, OAuth) or access.leave is None:
        return ""
    try:
        with ReadCourier(connection) as courier:
            access.leave(connection.remote_company_id, courier)
    except ConnectorError as trouble:
        return (
            f"{trouble.sentence} Tieout has let go of {connection.name}, and {name_of(grant)} may "
            f"still list it: remove it from what Tieout may see in {name_of(grant)}."
        )
    return ""


@sensitive_variables()
def _end(grant: Grant) -> str:
    """Tell the provider; "" or a sentence about what could not be told."""
    name, access = name_of(grant), access_of(grant)
    if grant.status == Grant.Status.REVOKED or isinstance(access, Folder | Mailbox):
        return ""
    if not isinstance(access, OAuth):
        return f"What was filled in is erased here, and {name} still accepts it: withdraw it there."
    try:
        token = opened(grant, grant.refresh_token) or opened(grant, grant.access_token)
        oauth.revoke(app_of(grant.system, grant.environment), token)
    except ConnectorError as trouble:
        return (
            f"{trouble.sentence} Tieout has erased its access, and {name} may still list it: "
            f"remove Tieout from the connected apps in {name}."
        )
    return ""


def _not_ready(connection: Connection) -> str:
    grant = connection.grant
    if connection.stage == Stage.DISCONNECTED or grant is None:
        return f"{connection} is disconnected. Connect it again first."
    if grant.status != Grant.Status.ACTIVE:
        return f"{grant.lost_reason} Connect {connection.system_name} again first."
    if connection.starts_on is None:
        return "Choose the cut-off first: the day from which documents are sent."
    if connection.trial_matched_at is None:
        return "Send a test invoice first: it must arrive and match."
    return "Settings or mappings have changed since the test invoice. Send another one first."
