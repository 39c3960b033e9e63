"""Addresses that a person or a program gave us to send to: judged when they are given, and each time
they are used.

https on a usual port, to the public internet, and where the operator listed what of it
(`PUBLIC_RECEIVERS`), to that alone. What lies in the own network is for the operator to
list (`RECEIVERS_IN_OWN_NETWORK`): that may be http, and at the port that was listed with it. A
redirect is never followed, and no proxy of the host is asked.
"""

import os
import re
import socket
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

import idna
import requests
from django.conf import settings
from django.core.exceptions import ValidationError

from apps.connectors import http
from apps.connectors.reach import (
    USUAL_PORTS,
    WITH_THIS_MACHINE,
    NotReachable,
    Reach,
    address_of,
    look_up,
    reach_of,
)

LONGEST: Final = 2000
PORTS: Final = {"http": 80, "https": 443}

NOT_SECURE: Final = "Enter an address that begins with https://."
NOT_PUBLIC: Final = (
    "This address lies in a private network. Enter a public one, or let an operator list it in "
    "RECEIVERS_IN_OWN_NETWORK."
)
NOT_LISTED: Final = (
    "Nothing is sent to {name} from here. Enter the address of a receiver that is used here, or let an operator "
    "list it in PUBLIC_RECEIVERS."
)
UNKNOWN: Final = "This address could not be found. Look for a typing error in its name."
ODD: Final = "This is no address of the web. Enter it as its owner gave it, without blanks."
PERSON_IN_IT: Final = "Leave out the name and password before the @: Tieout sends none."
ODD_NUMBER: Final = "Write the address with a name, or as four plain numbers such as 203.0.113.7."
PORT: Final = (
    "Tieout sends to the ports 443, 80 and 8443 alone. Enter an address with one of these."
)
_ODD: Final = re.compile(r"[\x00-\x20\x7f\\]")
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.ASCII)


class CannotLookUp(ValidationError):
    """The name leads nowhere now; it may another time."""


def checked_address(text: str) -> str:
    """The address as it will be used. Raises ValidationError in words where it is not to be used, and
    `CannotLookUp` where its name leads nowhere."""
    address = well_formed(text)
    name, port = _place(urlsplit(address))
    try:
        look_up(name, port, reach())
    except NotReachable:
        raise ValidationError(NOT_PUBLIC) from None
    except (socket.gaierror, UnicodeError):
        raise CannotLookUp(UNKNOWN) from None
    return address


def well_formed(text: str) -> str:
    """The address in one way of writing it, judged by its text alone: what `session` sends to judges
    where the name leads. Raises ValidationError in words."""
    text = text.strip(" ")
    if not text or len(text) > LONGEST or _ODD.search(text):
        raise ValidationError(ODD)
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ValidationError(ODD) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValidationError(NOT_SECURE)
    if "@" in parts.netloc:
        raise ValidationError(PERSON_IN_IT)
    if "%" in parts.netloc:
        raise ValidationError(ODD)
    name = _one_way(parts.hostname)
    own = reach().names_own(name, port)
    if parts.scheme != "https" and not own:
        raise ValidationError(NOT_SECURE)
    if port not in USUAL_PORTS and not own:
        raise ValidationError(PORT)
    if not own and (name == "localhost" or name.endswith((".localhost", ".localdomain"))):
        raise ValidationError(NOT_PUBLIC)
    if not own and settings.PUBLIC_RECEIVERS and not _is_listed(name):
        raise ValidationError(NOT_LISTED.format(name=name))
    shown = f"[{name}]" if ":" in name else name
    if port != PORTS[parts.scheme]:
        shown = f"{shown}:{port}"
    return urlunsplit((parts.scheme, shown, parts.path or "/", parts.query, ""))


def reach() -> Reach:
    """How far such an address may lead. `connections.checks` refuses the setting of tests and the
    demo, which opens this machine, in production."""
    if os.environ.get("OAUTHLIB_INSECURE_TRANSPORT"):
        return WITH_THIS_MACHINE
    return _reach_of(tuple(settings.RECEIVERS_IN_OWN_NETWORK))


def session(size: int = 1) -> requests.Session:
    """A line to such addresses: what a name leads to is judged as it is connected."""
    return http.pooled_session(size, reach=reach())


_reach_of = lru_cache(maxsize=8)(reach_of)


def _is_listed(name: str) -> bool:
    """By its own name, or below one that is listed with a point before it."""
    return any(
        name == each.lower() or (each.startswith(".") and name.endswith(each.lower()))
        for each in settings.PUBLIC_RECEIVERS
    )


def _one_way(host: str) -> str:
    """A host in small letters of ASCII. Raises ValidationError for what another reader of addresses
    might take for another one."""
    host = unicodedata.normalize("NFKC", host).lower().removesuffix(".")
    if ":" in host:
        found = address_of(host)
        if found is None:
            raise ValidationError(ODD)
        return str(found)
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii").lower()
        except idna.IDNAError:
            raise ValidationError(ODD) from None
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # By the rules of the web a name that ends in a number is an old address (WHATWG URL, 3.5).
        if address_of(host) is None:
            raise ValidationError(ODD_NUMBER)
        return host
    if len(host) > 253 or not all(_NAME.fullmatch(each) for each in labels):
        raise ValidationError(ODD)
    return host


def _place(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or PORTS[parts.scheme]
