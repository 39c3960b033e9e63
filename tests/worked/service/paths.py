"""What each request does: from a method, a path and a body to a status and what is answered."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .books import CANCELLED, Books, Thing
from .kinds import BY_PLURAL, ID, KINDS, kind_of
from .values import Reader, Refused, Spec, day, moment, money, text, whole, written

CHANGES_A_PAGE = 100
MOST_A_PAGE = 50
ALLOCATION = Spec({"invoice": ID, "amount": money, "dated": day}, {})
NO_BODY = Spec({}, {})
SETTLING = ("receipt", "credit")
ACTS = {
    "send": ("invoice", "credit"),
    "void": ("invoice", "credit"),
    "cancel": ("receipt", "refund"),
}
Answer = tuple[int, Any]


@dataclass
class Asked:
    """One request, its address taken apart."""

    method: str
    address: str
    body: Any = None
    version: str | None = None
    parts: list[str] = field(init=False)
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        split = urlsplit(self.address)
        self.parts = split.path.strip("/").split("/")
        self.query = dict(parse_qsl(split.query, keep_blank_values=True))

    def told(self, **readers: Reader) -> dict[str, Any]:
        """The query, read; 400 names what is unknown or not understood."""
        read = {}
        for name, value in self.query.items():
            if name not in readers:
                raise Refused(400, "unknown_field", f"Nothing is asked by {name} here.", name)
            try:
                read[name] = readers[name](value)
            except ValueError as wrong:
                raise Refused(400, "not_understood", f"{name}: {wrong}.", name) from wrong
        return read

    def told_all(self, **readers: Reader) -> dict[str, Any]:
        read = self.told(**readers)
        for name in readers:
            if name not in read:
                raise Refused(400, "missing", f"{name} is missing.", name)
        return read


def answer(books: Books, asked: Asked) -> Answer:
    """Execute a request; Refused where it is."""
    whole_house = {
        "organisation": _organisation,
        "counts": _counts,
        "receivable": _receivable,
        "changes": _changes,
    }
    first, rest = asked.parts[0], asked.parts[1:]
    if not rest and asked.method == "GET" and first in whole_house:
        return 200, whole_house[first](books, asked)
    if first not in BY_PLURAL:
        raise _nothing(asked)
    if not rest:
        return _of_a_kind(books, asked)
    if len(rest) == 1:
        return _of_one(books, asked)
    thing = books.find(kind_of(first), rest[0])
    if rest[1] == "allocations" and thing.kind.name in SETTLING:
        return _of_allocations(books, asked, thing)
    if len(rest) == 2 and asked.method == "POST" and thing.kind.name in ACTS.get(rest[1], ()):
        return _act(books, asked, thing)
    raise _nothing(asked)


def _nothing(asked: Asked) -> Refused:
    return Refused(404, "not_found", f"There is no {asked.method} /{'/'.join(asked.parts)}.")


# --- the whole organisation --------------------------------------------------------------------
def _organisation(books: Books, asked: Asked) -> Any:
    asked.told()
    return {
        "id": books.id,
        "name": books.name,
        "country": books.country,
        "home_currency": books.home_currency,
        "now": written(books.clock.now()),
    }


def _counts(books: Books, asked: Asked) -> Any:
    asked.told()
    return {name: len(books.things[name]) for name in KINDS}


def _receivable(books: Books, asked: Asked) -> Any:
    return books.receivable(asked.told_all(dated=day)["dated"])


def _changes(books: Books, asked: Asked) -> Any:
    """Each object once, at its last change, of those changed at `since` or later."""
    told = asked.told(since=moment, after=whole)
    if "since" not in told:
        raise Refused(400, "missing", "since is missing.", "since")
    changed = [one for one in books.all() if one.changed_at >= told["since"]]
    changed.sort(key=lambda one: one.changed_at)
    start = told.get("after", 0)
    page = changed[start : start + CHANGES_A_PAGE]
    return {
        "items": [{"kind": one.kind.name, "id": one.id, "version": one.version} for one in page],
        "more": len(changed) > start + CHANGES_A_PAGE,
        "now": written(books.clock.now()),
    }


# --- objects -----------------------------------------------------------------------------------
def _of_a_kind(books: Books, asked: Asked) -> Answer:
    kind = kind_of(asked.parts[0])
    if asked.method == "POST":
        asked.told()
        return 201, books.create(kind, asked.body).shown()
    if asked.method != "GET":
        raise _nothing(asked)
    readers = {"after": whole, "limit": whole, "remark": text(0, 200)}
    if kind.found_by:
        readers[kind.found_by] = text(0, 200)
    told = asked.told(**readers)
    limit = told.get("limit", MOST_A_PAGE)
    if not 1 <= limit <= MOST_A_PAGE:
        raise Refused(400, "not_understood", f"limit is from 1 to {MOST_A_PAGE}.", "limit")
    # They lie in the order of their ids, which are given one after the other.
    found = _found(books.things[kind.name].values(), told, kind.found_by)
    page = list(islice(found, limit + 1))
    return 200, {"items": [one.shown() for one in page[:limit]], "more": len(page) > limit}


def _found(things: Iterable[Thing], told: dict[str, Any], found_by: str) -> Iterable[Thing]:
    after, remark, wanted = told.get("after", 0), told.get("remark", ""), told.get(found_by)
    for one in things:
        if int(one.id) <= after or remark not in one.fields["remark"]:
            continue
        if wanted is None or one.fields[found_by] == wanted:
            yield one


def _of_one(books: Books, asked: Asked) -> Answer:
    asked.told()
    thing = books.find(kind_of(asked.parts[0]), asked.parts[1])
    if asked.method == "GET":
        return 200, thing.shown()
    if asked.method == "DELETE":
        books.delete(thing)
        return 204, None
    if asked.method != "PUT":
        raise _nothing(asked)
    if asked.version is None:
        raise Refused(428, "no_version", "If-Match with the version is wanted.")
    try:
        version = whole(asked.version)
    except ValueError as wrong:
        raise Refused(400, "not_understood", f"If-Match: {wrong}.") from wrong
    books.replace(thing, version, asked.body)
    return 200, thing.shown()


def _act(books: Books, asked: Asked, thing: Thing) -> Answer:
    asked.told()
    NO_BODY.whole(asked.body or {})
    if asked.parts[2] == "send":
        books.send(thing)
    else:
        books.end(thing, "void" if asked.parts[2] == "void" else CANCELLED)
    return 200, thing.shown()


def _of_allocations(books: Books, asked: Asked, source: Thing) -> Answer:
    asked.told()
    rest = asked.parts[3:]
    if asked.method == "GET" and not rest:
        return 200, {"items": [one.as_json() for one in source.allocations.values()]}
    if asked.method == "POST" and not rest:
        told = ALLOCATION.whole(asked.body)
        amount = Decimal(told["amount"])
        return 201, books.allocate(source, told["invoice"], amount, told["dated"]).as_json()
    if asked.method == "DELETE" and len(rest) == 1:
        books.take_off(source, rest[0])
        return 204, None
    raise _nothing(asked)
