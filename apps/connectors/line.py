"""A line: how requests travel to one set of books. Couriers know this, and not which way it is."""

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol, Self

from apps.connectors.port import Reply, Request


class Line(Protocol):
    """One authorised line. `exchange` may be called by several threads and touches no row; only of a
    system with one call in flight at a time does the thread of the run call it, without a transaction,
    and then it may. Nothing leaves after `until` (a `moment()`), whatever stopped this process meanwhile, and the answer is
    waited for no longer: others believe then that nothing leaves any more.

    `renew` may: it sees to a credential that will do for the next calls. Raises `ConnectionLost`
    where only a person can help, `TryLater` where it cannot be had now.
    """

    @property
    def adds(self) -> frozenset[str]:
        """Names of the headers that it puts on every request itself, in lower case."""
        ...

    def exchange(self, request: Request, *, until: float) -> Reply: ...

    def renew(self, *, seen_401: bool) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CREDENTIAL = re.compile(
    r"authori[sz]ation|cookie|password|secret|api-?key"
    r"|(auth|access|refresh|id|csrf|xsrf|session)-?token|session|signature",
    re.I,
)
_CREDENTIAL_ITSELF = re.compile(r"\b(?:Bearer|Basic)\s+\S", re.I)
LONGEST_EVIDENCE = 2000  # characters
_NOT_IN_A_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]|^[ \t]|[ \t]$")


def refuse_unfit(request: Request, adds: frozenset[str]) -> None:
    """Raise ValueError for what may not be stored, or would not be sent as it stands.

    A request is written down with its headers, so what lets us in is never among them: the line
    adds that. The message names the header and not its value.
    """
    seen: set[str] = set()
    for name, value in request.headers:
        lower = name.lower()
        if not _NAME.fullmatch(name) or lower in seen:
            raise ValueError(f"The header {name!r} has no fit name, or is given twice.")
        if _is_credential(name) or lower in adds:
            raise ValueError(f"The header {name!r} is the line's own: a request never bears it.")
        if _NOT_IN_A_VALUE.search(value):
            raise ValueError(f"The value of the header {name!r} cannot be sent as it stands.")
        seen.add(lower)
    if request.evidence:
        if not request.writes:
            raise ValueError("A read bears no evidence: nothing of it is settled later.")
        _refuse_unfit_evidence(request.evidence, adds)


def _is_credential(name: str) -> bool:
    return bool(_CREDENTIAL.search(name.replace("_", "-")))


def _refuse_unfit_evidence(evidence: str, adds: frozenset[str]) -> None:
    if len(evidence) > LONGEST_EVIDENCE:
        raise ValueError(f"The evidence is longer than {LONGEST_EVIDENCE} characters.")
    try:
        said = json.loads(evidence)
    except ValueError:
        raise ValueError("The evidence is no JSON.") from None
    named = any(_is_credential(name) or name.lower() in adds for name in _names_in(said))
    if named or _CREDENTIAL_ITSELF.search(evidence):
        raise ValueError("The evidence names what lets us in: no row may hold that.")


def _names_in(said: Any) -> Iterator[str]:
    """The names of all fields, however deep."""
    within = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    if isinstance(said, dict):
        yield from said
    for each in within:
        yield from _names_in(each)
