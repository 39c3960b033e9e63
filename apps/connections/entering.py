"""Connecting by what staff fill in: a key, a login, a folder."""

from collections.abc import Mapping

from django.views.decorators.debug import sensitive_variables

from apps.connections import books, ways
from apps.connections.books import Asked
from apps.connections.consent import ConsentRefused, taken, where_another_is_got
from apps.connections.endpoints import App
from apps.connections.granting import Given
from apps.connections.models import Connection, Grant
from apps.connections.oauth import GrantRefused
from apps.connections.sealed import secrets_of
from apps.connectors.access import FilledIn, Folder, OAuth
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import system
from apps.staff.models import User


@sensitive_variables()
def enter(
    user: User, asked: Asked, app: App, filled_in: Mapping[str, str], address: str = ""
) -> Connection | Grant:
    """Try what was filled in, and keep it: a connection, or a grant of which a person chooses.

    With `asked.connection` it replaces what was filled in before, for all books on that grant.
    Raises `ConsentRefused`; then nothing is saved.
    """
    access = filled_in_by_staff(app)
    if asked.connection is None and not asked.second_books:
        other = books.other_books(asked.company)
        if other is not None and access.organisations is None:
            raise ConsentRefused(books.second_books_sentence(other))
    try:
        pair = ways.first_pair(app, access, filled_in, address)
        headers = ways.first_headers(access, filled_in, pair)
    except GrantRefused as refusal:
        another = where_another_is_got(app, refusal)
        raise ConsentRefused(str(refusal), "Nothing was connected.", *another) from None
    except ConnectorError as trouble:
        another = where_another_is_got(app, trouble)
        raise ConsentRefused(trouble.sentence, trouble.remedy, *another) from None
    given = Given(
        app=app, user=user, pair=pair, headers=headers, filled_in=filled_in, address=address
    )
    remote_id = address if isinstance(access, Folder) else filled_in.get(access.company_field, "")
    return taken(asked, given, remote_id)


def filled_in_by_staff(app: App) -> FilledIn:
    """Its way in. Raises ValueError where that is a consent."""
    access = app.access
    if isinstance(access, OAuth):
        raise ValueError(f"{app.name} is entered by a consent.")
    return access


def can_be_replaced(connection: Connection) -> bool:
    """Whether what lets us in can be filled in anew at any time: a new key, another login."""
    access = system(connection.system).access
    return not isinstance(access, OAuth) and bool(access.fields)


@sensitive_variables()
def shown_of(connection: Connection) -> dict[str, str]:
    """What was filled in and is no secret, to be shown when it is filled in again."""
    grant, access = connection.grant, system(connection.system).access
    if grant is None or isinstance(access, OAuth):
        return {}
    shown = {"address": grant.address}
    if grant.secrets:
        held = secrets_of(grant)
        shown |= {each.name: held.get(each.name, "") for each in access.fields if not each.secret}
    return shown
