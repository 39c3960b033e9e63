"""A person's consent: the page they are sent to, the state they must bring back, what it opens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.billing.models import Company
from apps.connections import books, granting, oauth
from apps.connections.books import Asked
from apps.connections.endpoints import App, app_of
from apps.connections.granting import Given
from apps.connections.models import Connection, ConsentState, Grant
from apps.connections.ways import pair_headers
from apps.connectors.access import Key, Opened, Session
from apps.connectors.errors import ConnectionLost, ConnectorError
from apps.staff.models import User

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
    address = oauth.consent_address(
        app, redirect_uri=oauth.callback_address(app.system), state=state
    )
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


@sensitive_variables()
def finish(visitor: Visitor, system: str, answer: dict[str, str]) -> Connection | Grant:
    """Take what the provider's page brought back: a connection, or `ConsentRefused`.

    A grant, where it opens several sets of books and a person chooses among them. `answer` is the
    query of the callback. The state is used up whatever else happens.
    """
    state = answer.get("state", "")
    row = take_state(visitor, system, state)
    app = app_of(system, row.environment)
    if answer.get("error") or not answer.get("code"):
        raise ConsentRefused(
            f"{app.name} was not connected: access was not allowed on its page.",
            "Start again when you are ready.",
        )
    access = oauth.rules_of(app)
    remote_id = answer.get(access.company_parameter, "")
    if access.organisations is None and not remote_id:
        raise ConsentRefused(f"{app.name} did not say which company was chosen. Start again.")
    try:
        pair = oauth.exchange_code(
            app,
            code=answer["code"],
            redirect_uri=oauth.callback_address(system),
            state=state,
        )
    except (oauth.GrantRefused, ConnectorError) as trouble:
        raise ConsentRefused(f"{trouble} Start again.") from None
    given = Given(
        app=app, user=visitor.user, pair=pair, headers=pair_headers(access, pair.access_token)
    )
    return taken(asked_of(row), given, remote_id)


def taken(asked: Asked, given: Given, remote_id: str) -> Connection | Grant:
    """What was just given, kept: as the one set of books that it opens, or as a grant of which a
    person chooses. Raises `ConsentRefused`; a consent that is not kept is given back."""
    remote_ids = {remote_id}
    try:
        opened = granting.opened_by(asked, given)
        if opened is None:
            return granting.connected(asked, given, remote_id)
        remote_ids = {each.remote_id for each in opened.organisations}
        return _chosen_again_or_kept(asked, given, opened)
    except IntegrityError:
        raise ConsentRefused("Somebody else connected these books a moment ago.") from None
    except (books.Unsuitable, ConnectorError) as refusal:
        granting.given_back(given, remote_ids)
        sentences = refusal.sentences if isinstance(refusal, books.Unsuitable) else (str(refusal),)
        raise ConsentRefused(*sentences, *where_another_is_got(given.app, refusal)) from None


def where_another_is_got(app: App, refusal: Exception) -> tuple[str, ...]:
    """The connector's sentence about it, where a key or login was what they did not accept."""
    if isinstance(refusal, ConnectionLost | oauth.GrantRefused) and isinstance(
        app.access, Key | Session
    ):
        return (app.access.another,) if app.access.another else ()
    return ()


def asked_company(state: str) -> Company | None:
    """The same where there is such a state, used or not."""
    rows = ConsentState.objects.select_related("company").filter(digest=_digest(state))
    row = rows.first()
    return None if row is None else row.company


def company_of(state: str) -> Company:
    """The company of ours for which this state was made."""
    return ConsentState.objects.select_related("company").get(digest=_digest(state)).company


def asked_of(state: ConsentState) -> Asked:
    return Asked(
        company=state.company,
        system=state.system,
        environment=state.environment,
        connection=state.connection,
        second_books=state.second_books,
        by=state.user,
    )


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


def _chosen_again_or_kept(asked: Asked, given: Given, opened: Opened) -> Connection | Grant:
    name = given.app.name
    if not opened.organisations:
        raise books.Unsuitable(f"This access opens no organisation of {name}.")
    again = asked.connection
    if again is None:
        with transaction.atomic():
            return granting.saved(given, opened=opened)
    renews = granting.filled_in_again(asked, given)
    wanted = [again, *(books.living_on(renews) if renews else ())]
    listed = {each.remote_id for each in opened.organisations}
    missed = sorted({str(each) for each in wanted if each.remote_company_id not in listed})
    if missed:
        raise books.Unsuitable(
            f"This access does not open {', '.join(missed)}. Nothing was changed: connect again, "
            "and allow the same organisation."
        )
    with transaction.atomic():
        grant = granting.saved(given, opened=opened, renews=renews)
    return granting.connected_by(grant, asked, again.remote_company_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
