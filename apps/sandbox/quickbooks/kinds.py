"""The register of kinds: how each is called, built, indexed, linked, voided and asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from django.db.models import Q

from ..models import StoredObject
from . import faults, filing
from .book import Book
from .filing import Content, Filed
from .query import Condition


@dataclass(frozen=True)
class Options:
    """What a call says beside its body."""

    include: frozenset[str] = frozenset()
    # How many bytes came with it.
    size: int | None = None


# (book, what was sent, the object as it stands or None, options of the call) -> new content
Build = Callable[[Book, Mapping[str, Any], StoredObject | None, Options], Content]


@dataclass(frozen=True)
class Kind(Filed):
    """One kind of object.

    `columns` are properties a query may filter and order by beside the common ones; `counted` says
    that queries answer a totalCount.
    """

    build: Build
    _: KW_ONLY
    columns: tuple[str, ...] = ()
    counted: bool = False
    # Called with the object before and after (None: created, deleted): moves what it is linked to.
    relink: Callable[[Book, StoredObject | None, StoredObject | None], None] | None = None
    void: Callable[[Book, StoredObject], Content] | None = None
    void_by: str = ""
    deletable: bool = False
    # What is computed when it is read: balances.
    enrich: Callable[[Book, list[StoredObject]], None] | None = None
    creatable: bool = True
    # Whether the change feed covers it.
    tracked: bool = True
    # Conditions on the members of its lists, by name, and what answers them together.
    members: tuple[str, ...] = ()
    narrow: Callable[[Sequence[Condition]], Q] | None = None
    # Queries of most kinds must spell the name exactly; of some, another spelling is documented.
    asked_as: str = ""

    @property
    def path(self) -> str:
        return self.name.lower()


_KINDS: dict[str, Kind] = {}
_PATHS: dict[str, Kind] = {}
_ASKED: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    _KINDS[kind.name] = kind
    _PATHS[kind.path] = kind
    _ASKED[kind.name] = _ASKED[kind.asked_as or kind.name] = kind
    filing.note(kind)
    return kind


def kind_of(name: str) -> Kind:
    return _KINDS[name]


def kind_known(name: str) -> bool:
    return name in _KINDS


def kind_at(path: str) -> Kind | None:
    """The kind a path segment names, as `invoice`."""
    return _PATHS.get(path)


def kind_asked(name: str) -> Kind:
    """The kind a query names: spelt exactly, or as that kind may be."""
    if name not in _ASKED:
        raise faults.Refused("4001", f"QueryValidationError: {name} is not a queryable entity")
    return _ASKED[name]


def all_kinds() -> list[Kind]:
    return list(_KINDS.values())
