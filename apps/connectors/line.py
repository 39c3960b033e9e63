"""A line: how requests travel to one set of books. Couriers know this, and not which way it is."""

import re
from typing import Protocol, Self

from apps.connectors.port import Reply, Request


class Line(Protocol):
    """One authorised line. `exchange` may be called by several threads and touches no row.

    `renew` may: it sees to a credential that will do for the next calls. Raises `ConnectionLost`
    where only a person can help, `TryLater` where it cannot be had now.
    """

    @property
    def adds(self) -> frozenset[str]:
        """Names of the headers that it puts on every request itself, in lower case."""
        ...

    def exchange(self, request: Request, *, deadline: float) -> Reply: ...

    def renew(self, *, seen_401: bool) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CREDENTIAL = re.compile(
    r"authori[sz]ation|cookie|password|secret|api-?key|(auth|access|csrf|xsrf|session)-?token"
    r"|session|signature",
    re.I,
)
_NOT_IN_A_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]|^[ \t]|[ \t]$")


def refuse_unfit(request: Request, adds: frozenset[str]) -> None:
    """Raise ValueError for headers that may not be stored, or would not be sent as they stand.

    A request is written down with its headers, so what lets us in is never among them: the line
    adds that. The message names the header and not its value.
    """
    seen: set[str] = set()
    for name, value in request.headers:
        lower = name.lower()
        if not _NAME.fullmatch(name) or lower in seen:
            raise ValueError(f"The header {name!r} has no fit name, or is given twice.")
        if _CREDENTIAL.search(name) or lower in adds:
            raise ValueError(f"The header {name!r} is the line's own: a request never bears it.")
        if _NOT_IN_A_VALUE.search(value):
            raise ValueError(f"The value of the header {name!r} cannot be sent as it stands.")
        seen.add(lower)
