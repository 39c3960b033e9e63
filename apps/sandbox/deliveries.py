"""What simulated systems tell by themselves: kept until control says how to send it. This machine only."""

import base64
import hashlib
import hmac
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from . import asking

Event = dict[str, Any]
KEY = "simulated-webhook-key"
SECONDS = 5
HOSTS = ("localhost", "127.0.0.1", "::1")
DELIVERING: asking.Spec = {
    "companies": asking.anything,
    "together": asking.flag,
    "backwards": asking.flag,
    "doubled": asking.flag,
    "forged": asking.flag,
}


class Sender:
    """One app's address. `header` bears the signature; `compose` makes a body of some events."""

    def __init__(self, header: str, compose: Callable[[list[Event]], bytes]) -> None:
        self.header = header
        self.compose = compose
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.address, self.key = "", KEY
        self.waiting: list[tuple[str, Event]] = []

    def point(self, address: str, key: str) -> None:
        if address and (urlsplit(address).hostname not in HOSTS or not address.startswith("http:")):
            raise ValueError("address is one of this machine, by http")
        with self.lock:
            self.address, self.key, self.waiting = address, key, []

    def note(self, company: str, events: list[Event]) -> None:
        if self.address:
            with self.lock:
                self.waiting += [(company, each) for each in events]

    def deliver(self, told: dict[str, Any]) -> list[int | None]:
        """What the receiver answered, None where it was not reached."""
        chosen = told.get("companies")
        with self.lock:
            sent = [each for each in self.waiting if chosen is None or each[0] in chosen]
            if not told.get("forged"):
                self.waiting = [each for each in self.waiting if each not in sent]
        events = [event for _, event in sent]
        if told.get("backwards"):
            events.reverse()
        bundles = [events] if told.get("together") and events else [[each] for each in events]
        key = "somebody else's" if told.get("forged") else self.key
        bodies = [self.compose(each) for each in bundles]
        times = 2 if told.get("doubled") else 1
        return [self.post(body, key) for body in bodies for _ in range(times)]

    def post(self, body: bytes, key: str) -> int | None:
        made = hmac.new(key.encode(), body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json",
            self.header: base64.b64encode(made).decode(),
        }
        request = urllib.request.Request(self.address, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return None
