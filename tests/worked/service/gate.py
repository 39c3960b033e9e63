"""Who gets in: keys, sessions that end, and how many requests a minute."""

import math
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .books import Books
from .clock import Clock
from .values import Refused

SESSION_LASTS = timedelta(seconds=900)
A_MINUTE = timedelta(seconds=60)
MOST_A_MINUTE = 120


@dataclass
class Member:
    """An organisation, its key, and the requests of the last minute."""

    books: Books
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    lately: deque[datetime] = field(default_factory=deque)


@dataclass
class Gate:
    """All organisations. Not safe by itself under threads: the service has one lock."""

    clock: Clock
    members: dict[str, Member] = field(default_factory=dict)
    sessions: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def make(self, name: str, country: str, home_currency: str) -> Member:
        books = Books(f"W{1001 + len(self.members)}", name, country, home_currency, self.clock)
        member = self.members[books.id] = Member(books)
        return member

    def of_key(self, key: object) -> Member | None:
        for member in self.members.values():
            if member.key == key:
                return member
        return None

    def open(self, key: object) -> dict[str, object]:
        """A new session; those that are open stay so."""
        member = self.of_key(key)
        if member is None:
            raise Refused(403, "unknown_key", "This key opens nothing.", "key")
        session = secrets.token_hex(16)
        self.sessions[session] = (member.books.id, self.clock.now() + SESSION_LASTS)
        return {"session": session, "expires_in": int(SESSION_LASTS.total_seconds())}

    def end(self, organisation: str | None) -> int:
        """End the sessions of one organisation, or of all; how many there were."""
        ended = [
            session
            for session, (owner, _) in self.sessions.items()
            if organisation in (None, owner)
        ]
        for session in ended:
            del self.sessions[session]
        return len(ended)

    def enter(self, session: str | None, organisation: str | None) -> Member:
        """The organisation that a request is for; Refused without a session that opens it."""
        owner, ends = self.sessions.get(session or "", ("", self.clock.now()))
        if ends <= self.clock.now():
            raise Refused(401, "no_session", "There is no such session, or it has ended.")
        if organisation != owner:
            words = "X-Organisation names no organisation of this session."
            raise Refused(404, "unknown_organisation", words)
        return self.members[owner]

    def count(self, member: Member) -> int:
        """Count a request of an organisation and give how many are left; Refused above the limit.

        The minute rolls; what is refused is not counted. A clock that was set back forgets."""
        now = self.clock.now()
        while member.lately and not now - A_MINUTE < member.lately[0] <= now:
            member.lately.popleft()
        if len(member.lately) >= MOST_A_MINUTE:
            wait = math.ceil((member.lately[0] + A_MINUTE - now).total_seconds())
            words = f"There are {MOST_A_MINUTE} requests a minute."
            raise Refused(429, "too_many", words, retry_after=wait)
        member.lately.append(now)
        return MOST_A_MINUTE - len(member.lately)
