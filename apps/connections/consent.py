"""A person's consent: the page they are sent to, the state they must bring back, what it opens."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.billing.models import Company
from apps.connections import books, oauth
from apps.connections.courier import ReadCourier, Unmetered
from apps.connections.endpoints import App, app_of
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection, ConsentState, Grant
from apps.connections.tokens import seal
from apps.connections.transport import Line
from apps.connectors import port
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import system as system_of
from apps.staff.models import User

log = logging.getLogger(__name__)

STATE_LIVES = timedelta(minutes=10)
STATE_KEPT = timedelta(days=1)  # so that a late visitor is told "expired", not "unknown"


class ConsentRefused(Exception):
    """Why books were not connected: sentences for the person who tried."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Who is at the browser, and in which session."""

    user: User
    session_key: str


def start(
    visitor: Visitor,
    company: Company,
    app: App,
    *,
    connection: Connection | None = None,
    second_books: bool = False,
) -> str:
    """The address of the provider's consent page, with a fresh state of this session.

    `connection`: connect these books again. `second_books`: the person has said that the company
    shall have a second set. Raises `ConsentRefused`, `TryLater`.
    """
    if connection is None and not second_books:
        other = books.other_books(company)
        if other is not None:
            raise ConsentRefused(books.second_books_sentence(other))
    state = secrets.token_urlsafe(32)
    address = oauth.consent_address(app, redirect_uri=callback_address(app.system), state=state)
    now = timezone.now()
    ConsentState.objects.filter(expires_at__lt=now - STATE_KEPT).delete()
    ConsentState.objects.create(
        digest=_digest(state),
        session_digest=_digest(visitor.session_key),
        user=visitor.user,
        company=company,
        system=app.system,
        environment=app.environment,
        connection=connection,
        second_books=second_books,
        expires_at=now + STATE_LIVES,
    )
    return address


def callback_address(system: str) -> str:
    """The redirect address as registered at the provider, character by character."""
    return settings.SITE_URL.rstrip("/") + reverse("connections:callback", args=[system])


@sensitive_variables()
def finish(visitor: Visitor, system: str, answer: dict[str, str]) -> Connection:
    """Take what the provider's page brought back: a connection, or `ConsentRefused`.

    `answer` is the query of the callback. The state is used up whatever else happens.
    """
    asked = take_state(visitor, system, answer.get("state", ""))
    app = app_of(system, asked.environment)
    if answer.get("error") or not answer.get("code"):
        raise ConsentRefused(
            f"{app.name} was not connected: access was not allowed on its page.",
            "Start again when you are ready.",
        )
    rules = system_of(system).consent
    remote_id = answer.get(rules.company_parameter, "")
    if not remote_id:
        raise ConsentRefused(f"{app.name} did not say which company was chosen. Start again.")
    try:
        pair = oauth.exchange_code(app, code=answer["code"], redirect_uri=callback_address(system))
    except (oauth.GrantRefused, ConnectorError) as trouble:
        raise ConsentRefused(f"{trouble} Start again.") from None
    try:
        theirs = _company_read(app, asked.company, remote_id, pair.access_token)
        target = books.target(asked, remote_id, theirs)
        return _saved(asked, target, remote_id, theirs, pair)
    except IntegrityError:
        raise ConsentRefused("Somebody else connected these books a moment ago.") from None
    except (books.Unsuitable, ConnectorError) as refusal:
        _given_back(app, remote_id, pair)
        sentences = refusal.sentences if isinstance(refusal, books.Unsuitable) else (str(refusal),)
        raise ConsentRefused(*sentences) from None


@sensitive_variables()
def take_state(visitor: Visitor, system: str, state: str) -> ConsentState:
    """Use a state up: only in the session that asked, by the same person, once, in time."""
    now = timezone.now()
    held = ConsentState.objects.filter(
        digest=_digest(state),
        session_digest=_digest(visitor.session_key),
        user=visitor.user,
        system=system,
    )
    if held.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return held.select_related("company", "connection").get()
    row = held.first()
    if row is None:
        raise ConsentRefused(
            "This answer does not belong to a request made in this browser session.",
            "Nothing was connected.",
        )
    if row.used_at is not None:
        raise ConsentRefused("This answer was used already. Start again if you need to.")
    raise ConsentRefused("This took longer than 10 minutes, so the request has expired.")


@sensitive_variables()
def _company_read(app: App, company: Company, remote_id: str, token: str) -> port.Company:
    """Their company, read with the token just given, before anything is saved."""
    unsaved = Connection(
        company=company,
        system=app.system,
        environment=app.environment,
        remote_company_id=remote_id,
        home_currency=company.home_currency,
    )
    line = Line.with_token(app, token)
    with ReadCourier(unsaved, line=line, buckets=Unmetered()) as courier:
        return open_connector(unsaved).company(courier)


@sensitive_variables()
def _saved(
    asked: ConsentState,
    target: Connection | None,
    remote_id: str,
    theirs: port.Company,
    pair: oauth.Pair,
) -> Connection:
    """The grant and its connection, in one transaction with what they say about the company."""
    with transaction.atomic():
        connection = books.written(asked, target, remote_id, theirs, _granted(asked, pair))
        books.note_company(connection, theirs)
    return connection


@sensitive_variables()
def _granted(asked: ConsentState, pair: oauth.Pair) -> Grant:
    grant = Grant(
        system=asked.system,
        environment=asked.environment,
        scopes=pair.scopes or " ".join(system_of(asked.system).consent.scopes),
        granted_by=asked.user,
    )
    fields: dict[str, Any] = seal(grant, pair)
    for name, value in fields.items():
        setattr(grant, name, value)
    grant.save()
    return grant


@sensitive_variables()
def _given_back(app: App, remote_id: str, pair: oauth.Pair) -> None:
    """End a consent that we do not keep, unless books of ours live on it: at some providers that
    would end their grant too. Best effort: what cannot be told runs out by itself."""
    if Connection.objects.filter(
        system=app.system, environment=app.environment, remote_company_id=remote_id
    ).exists():
        return
    try:
        oauth.revoke(app, pair.refresh_token or pair.access_token)
    except ConnectorError as trouble:
        log.info("A consent that was not kept could not be given back: %s", trouble.sentence)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
