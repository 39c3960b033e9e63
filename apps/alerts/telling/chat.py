"""A chat's webhook: its address was typed by a person, so it must be public, and nothing but counts and
names of books goes there."""

import json
from collections.abc import Sequence
from typing import Final

from django.core.exceptions import ValidationError

from apps.alerts.models import Event
from apps.alerts.telling.letters import letter_lines
from apps.connections.transport import USER_AGENT
from apps.connections.typed_addresses import (
    NOT_PUBLIC,
    CannotLookUp,
    checked_address,
    session,
    well_formed,
)
from apps.connectors import http
from apps.connectors.moments import within
from apps.connectors.port import Fate
from apps.exchange.schedules.posting import Later, Refused

SECONDS: Final = 10.0
KEPT: Final = 2_000  # bytes of its answer; nobody reads them
TEST: Final = "This is a test by Tieout: alerts will arrive here."


def refuse_unfit(address: str) -> None:
    """Raises `Refused` for what is not to be sent to, such as a private network, and `Later` where
    the name leads nowhere now."""
    try:
        checked_address(address)
    except CannotLookUp as unknown:
        raise Later(unknown.message) from None
    except ValidationError as unfit:
        raise Refused(unfit.message) from None


def tell(address: str, events: Sequence[Event]) -> None:
    """Raises `Refused`, `Later`, and OSError where nobody knows whether it arrived."""
    send(address, text(events))


def text(events: Sequence[Event]) -> str:
    """A line for each alert; what a chat takes for markup is taken out."""
    return "\n".join(
        f"{what}: {_plain(words)} <{_plain(link)}|Open>"
        for what, words, link in letter_lines(events)
    )


def send(address: str, words: str) -> None:
    """Raises `Refused`, `Later`, and OSError where nobody knows whether it arrived."""
    try:
        fit = well_formed(address)
    except ValidationError as unfit:
        raise Refused(unfit.message) from None
    with session() as line:
        reply = http.exchange(
            line,
            "POST",
            fit,
            headers={"content-type": "application/json", "user-agent": USER_AGENT},
            body=json.dumps({"text": words}).encode(),
            until=within(SECONDS),
            at_most=KEPT,
        )
    if reply.problem == http.NotPublic.__name__:
        raise Refused(NOT_PUBLIC)
    if reply.fate is Fate.UNSENT:
        raise Later(f"The chat could not be reached ({reply.problem}).")
    if reply.fate is Fate.LOST:
        raise OSError(f"the chat broke off before it answered ({reply.problem})")
    if reply.status in (408, 429) or reply.status >= 500:
        raise Later(f"The chat answered {reply.status}.")
    if not 200 <= reply.status < 300:
        raise Refused(f"The chat answered {reply.status}. Enter its address again.")


def _plain(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
