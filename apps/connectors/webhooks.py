"""What a system tells us by itself, as data and pure functions of its connector: `WEBHOOKS`.

A delivery is believed only by its signature, and even then it says no more than *look at this*: the
object is read by `Connector.read` and takes the way of everything that is read.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.connectors.port import Courier, RemoteObject

Headers = Mapping[str, str]  # names in lower case


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that a delivery tells: of which of their companies, which object.

    `word` is theirs for its kind (`Webhooks.kinds` reads it). `identity` is the same whenever the
    same event is delivered; "" where nothing tells one event from the next. `at` is their time of
    the change: an object that was read as of then or later need not be read. None where they do not
    say, and where the object ended, which its own time need not show.
    """

    company: str
    word: str
    remote_id: str
    identity: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Handshake:
    """They ask whether the address is ours. `verifier` is to be told back, and then is the key."""

    company: str
    remote_id: str  # of the registration
    verifier: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Registering:
    """Of a system at which the address is registered by a call, and whose key comes by a first
    delivery that no key of ours signs.

    `register` (company, address, courier) lets that delivery come, again where the address is
    registered already, and gives the id of the registration. `handshake` (body, headers) reads it
    where it is signed by what it brings; `brought` reads one that was found to be. `tell_back`: whether
    they say that it is the key of that registration. `company` is whose a body says it is, "" where
    it says nothing; raises nothing. `withdraw` (company, registration, courier) ends the
    registration, one that is gone already too. `register`, `tell_back` and `withdraw` raise what the
    courier raises.
    """

    register: Callable[[str, str, Courier], str]
    handshake: Callable[[bytes, Headers], Handshake | None]
    brought: Callable[[bytes], Handshake | None]
    tell_back: Callable[[Handshake, Courier], bool]
    withdraw: Callable[[str, str, Courier], None]
    company: Callable[[bytes], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhooks:
    """How a system's deliveries are signed and read.

    `signed` (key, raw body, headers) compares in constant time. `events` raises ValueError for a
    body that it cannot read. `kinds`: their word → the kind that `Connector.read` takes; "" where
    the object cannot be read alone, and their changes are read sooner instead; what is not in it is
    not wanted. `belongs` says of an object that was read whether their feed would have told it.
    `repeats`: two equal bodies may be two changes, since nothing in them tells one from the other.
    """

    signed: Callable[[str, bytes, Headers], bool]
    events: Callable[[bytes], tuple[Event, ...]]
    kinds: Mapping[str, str]
    where: str  # a sentence: where the address is entered over there, and what the key is
    belongs: Callable[[RemoteObject], bool] = lambda remote: True
    repeats: bool = False
    registering: Registering | None = None  # else the address and the key are entered by hand


def digest(key: str, message: bytes) -> str:
    """base64 of HMAC-SHA256, the key as text."""
    return base64.b64encode(hmac.new(key.encode(), message, hashlib.sha256).digest()).decode()


def same(given: str, right: str) -> bool:
    """In constant time; an empty one is never right."""
    return bool(given) and hmac.compare_digest(given.encode(), right.encode())
