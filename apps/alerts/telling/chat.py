"""A chat's webhook: its address was typed by a person, so it must be public, and nothing but counts and
names of books goes there."""

import json
import os
import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from apps.alerts.models import Event
from apps.alerts.telling.letters import letter_lines
from apps.connections.endpoints import NotOffered, require_secure
from apps.connections.transport import USER_AGENT
from apps.connectors import http
from apps.connectors.moments import within
from apps.connectors.port import Fate
from apps.exchange.schedules.posting import Later, Refused

SECONDS: Final = 10.0
NOT_PUBLIC: Final = "This address lies in a private network. Enter the one that the chat gave you."
NOT_SECURE: Final = "Enter an address that begins with https://."
UNKNOWN: Final = "This address could not be found. Enter the one that the chat gave you."
TEST: Final = "This is a test by Tieout: alerts will arrive here."


def refuse_unfit(address: str) -> None:
    """Raises `Refused` for what is not https or leads into a private network; only tests and the demo
    may use this very machine, by the setting that allows it for simulated ledgers."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(NOT_SECURE)
    try:
        require_secure(address)
    except NotOffered:
        raise Refused(NOT_SECURE) from None
    if not is_open_to_this_machine() and not http.is_public(_found(parts.hostname)):
        raise Refused(NOT_PUBLIC)


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
    refuse_unfit(address)
    with http.pooled_session(1, public_only=not is_open_to_this_machine()) as session:
        reply = http.exchange(
            session,
            "POST",
            address,
            headers={"content-type": "application/json", "user-agent": USER_AGENT},
            body=json.dumps({"text": words}).encode(),
            until=within(SECONDS),
        )
    if reply.fate is Fate.UNSENT:
        raise Later(f"The chat could not be reached ({reply.problem}).")
    if reply.fate is Fate.LOST:
        raise OSError(f"the chat broke off before it answered ({reply.problem})")
    if reply.status in (408, 429) or reply.status >= 500:
        raise Later(f"The chat answered {reply.status}.")
    if not 200 <= reply.status < 300:
        raise Refused(f"The chat answered {reply.status}. Enter its address again.")


def is_open_to_this_machine() -> bool:
    """`connections.checks` refuses this setting in production."""
    return bool(os.environ.get("OAUTHLIB_INSECURE_TRANSPORT"))


def _found(host: str) -> list[str]:
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(host, None)]
    except OSError:
        raise Later(UNKNOWN) from None


def _plain(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
