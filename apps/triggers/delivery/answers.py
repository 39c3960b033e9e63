"""What a receiver's answer means, and what is kept of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from apps.connectors.http import NotPublic
from apps.connectors.port import Fate, Reply
from apps.triggers.delivery.rhythm import asked_to_wait

KEPT: Final = 2_000  # characters of an answer
GONE: Final = 410
THROTTLED: Final = (429, 503)
ABSENT: Final = (502, 503, 504)  # what stands before it says that it does not answer

_UNREACHED: Final = {
    NotPublic.__name__: "Its name leads into a private network: nothing was sent.",
    "NameResolutionError": "Its name could not be found.",
    "SSLCertVerificationError": "Its certificate is not trusted: nothing was sent.",
}


class Verdict(StrEnum):
    TAKEN = "taken"
    GONE = "gone"  # it wants no more
    WAIT = "wait"  # it asks for time: no try is lost
    REFUSED = "refused"
    SILENT = "silent"  # it did not answer itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`wait_until` is what it asked for itself; `said` the beginning of what it answered, `peer` the IP
    address that did."""

    verdict: Verdict
    sentence: str
    seconds: float
    status: int | None = None
    said: str = ""
    problem: str = ""
    wait_until: datetime | None = None
    peer: str = ""

    @property
    def is_taken(self) -> bool:
        return self.verdict is Verdict.TAKEN


def read(reply: Reply, at: datetime) -> Answer:
    if reply.fate is not Fate.ANSWERED:
        return Answer(
            verdict=Verdict.SILENT,
            sentence=_why_silent(reply),
            seconds=reply.seconds,
            problem=reply.problem,
        )
    wait = asked_to_wait(reply.headers.get("retry-after", ""), at)
    verdict = _verdict(reply.status, wait)
    return Answer(
        verdict=verdict,
        sentence=_sentence(reply, verdict),
        seconds=reply.seconds,
        status=reply.status,
        said=_text(reply.body),
        peer=reply.peer,
        wait_until=wait if verdict is Verdict.WAIT else None,
    )


def _verdict(status: int, wait: datetime | None) -> Verdict:
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status == GONE:
        return Verdict.GONE
    if status in THROTTLED and wait is not None:
        return Verdict.WAIT
    return Verdict.SILENT if status in ABSENT else Verdict.REFUSED


def _sentence(reply: Reply, verdict: Verdict) -> str:
    status = reply.status
    if verdict is Verdict.TAKEN:
        return f"It was taken ({status})."
    if verdict is Verdict.GONE:
        return "It answered 410: it wants no more events."
    if verdict is Verdict.WAIT:
        return f"It answered {status} and asks for time."
    if 300 <= status < 400:
        elsewhere = _host(reply.headers.get("location", ""))
        to = f" to {elsewhere}" if elsewhere else " elsewhere"
        return (
            f"It answered {status}, which leads{to}. Tieout follows nobody: enter the last address."
        )
    if status in (401, 403):
        return f"It answered {status}: it does not let us in. See whether the address is complete."
    if status == 404:
        return "It answered 404: nobody listens at this address."
    if status == 429:
        return "It answered 429: too many at once."
    if status in ABSENT:
        return f"It answered {status}: it is not there at present."
    if status >= 500:
        return f"It answered {status}: an error on its side."
    return f"It answered {status}: it refuses the event."


def _why_silent(reply: Reply) -> str:
    if known := _UNREACHED.get(reply.problem):
        return known
    if reply.fate is Fate.UNSENT:
        return "It could not be reached."
    return f"It did not answer: the line broke off after {reply.seconds:.0f} s."


def _host(location: str) -> str:
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        return ""
    return host[:100] if host.isascii() and host.isprintable() else ""


def _text(body: bytes) -> str:
    """As it can be kept and shown: no database takes a NUL."""
    return body[: 4 * KEPT].decode(errors="replace").replace("\0", "�")[:KEPT]
