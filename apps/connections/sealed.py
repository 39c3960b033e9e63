"""What lets us in, sealed on a grant's row for this row alone, and opened again."""

import json
from collections.abc import Mapping

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from apps.connections.models import Grant
from apps.connections.oauth import Pair
from apps.connectors.errors import ConnectionLost
from apps.connectors.registry import system
from apps.core.sealing import CannotOpen, Sealer


@sensitive_variables()
def seal(grant: Grant, pair: Pair) -> dict[str, object]:
    """The fields of a grant that hold the pair."""
    return {
        "access_token": _sealed(grant, pair.access_token),
        "refresh_token": _sealed(grant, pair.refresh_token),
        "access_expires_at": pair.access_expires_at,
        "refresh_expires_at": pair.refresh_expires_at,
        "refresh_hard_expires_at": pair.refresh_hard_expires_at or grant.refresh_hard_expires_at,
    }


@sensitive_variables()
def seal_secrets(grant: Grant, filled_in: Mapping[str, str]) -> dict[str, object]:
    """The field of a grant that holds what staff filled in."""
    return {"secrets": _sealed(grant, json.dumps(dict(filled_in)))}


@sensitive_variables()
def secrets_of(grant: Grant) -> dict[str, str]:
    """What staff filled in, in clear."""
    found: dict[str, str] = json.loads(opened(grant, grant.secrets))
    return found


@sensitive_variables()
def opened(grant: Grant, sealed: str) -> str:
    """A token of this grant in clear. Raises `ConnectionLost` where no key of ours opens it."""
    try:
        return Sealer(settings.TOKEN_KEYS).open(sealed, grant.public_id)
    except CannotOpen as reason:
        raise ConnectionLost(
            f"The stored authorisation of {name_of(grant)} cannot be opened: {reason}",
            remedy=connect_again(grant),
        ) from None


@sensitive_variables()
def locked_out(grant: Grant | None) -> str:
    """Why this grant lets nobody in, as a sentence for staff; "" where it does as far as we can tell.

    Looked at anew each time and written nowhere: a process that was given too few keys must not end
    what the others use.
    """
    if grant is None:
        return "The authorisation is gone."
    if grant.status != Grant.Status.ACTIVE:
        return grant.lost_reason or "The authorisation is gone."
    keys = Sealer(settings.TOKEN_KEYS)
    for sealed in filter(None, (grant.secrets, grant.access_token, grant.refresh_token)):
        try:
            keys.open(sealed, grant.public_id)
        except CannotOpen:
            return (
                f"The stored authorisation of {name_of(grant)} cannot be opened any more: the key that "
                "sealed it is gone."
            )
    return ""


def name_of(grant: Grant) -> str:
    return system(grant.system).capabilities.name


def connect_again(grant: Grant) -> str:
    return f"Connect {name_of(grant)} again."


@sensitive_variables()
def _sealed(grant: Grant, text: str) -> str:
    return Sealer(settings.TOKEN_KEYS).seal(text, grant.public_id)
