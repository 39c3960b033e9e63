"""The register of kinds: how each is called, built, indexed, linked, voided and asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from . import faults
from .wire import cents

if TYPE_CHECKING:
    from ..models import StoredObject
    from .book import Book

Content = dict[str, Any]
# (book, what was sent, the object as it stands or None, options of the call) -> new content
Build = Callable[["Book", Mapping[str, Any], "StoredObject | None", "Options"], Content]

# Customers, vendors and employees share one set of names.
NAME_KINDS = ("Customer", "Vendor", "Employee")
DELETED_SUFFIX = " (deleted)"


@dataclass(frozen=True)
class Options:
    """What a call says beside its body."""

    include: frozenset[str] = frozenset()


def nothing_open(content: Content) -> int:
    return 0


def customer_of(content: Content) -> str | None:
    reference = content.get("CustomerRef")
    return reference["value"] if reference else None


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    `list_name` is what faults call its list; `columns` are properties a query may filter and order
    by beside the common ones; `counted` says that queries answer a totalCount.
    """

    name: str
    build: Build
    is_transaction: bool = False
    list_name: str = ""
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
    # What its name is unique by, where that is not the name itself.
    naming: Callable[[Content], str] | None = None
    # What is open on the customer's account, in signed cents; None: the linking keeps the column.
    open_amount: Callable[[Content], int] | None = nothing_open
    party: Callable[[Content], str | None] = customer_of

    @property
    def path(self) -> str:
        return self.name.lower()

    def index(self, stored: StoredObject) -> None:
        """Fill the columns from the content."""
        content = stored.content
        if self.is_transaction:
            stored.doc_number = content.get("DocNumber", "")
            stored.txn_date = date.fromisoformat(content["TxnDate"])
            party = self.party(content)
            stored.customer = int(party) if party else None
            stored.total = cents(content.get("TotalAmt", 0))
            if stored.deleted:
                stored.open_amount = 0
            elif self.open_amount is not None:
                stored.open_amount = self.open_amount(content)
        else:
            stored.active = content.get("Active", True)
            if self.naming is not None:
                stored.name_key = self.naming(content)
                return
            name = (
                content.get("DisplayName")
                or content.get("FullyQualifiedName")
                or content.get("Name", "")
            )
            stored.name_key = folded(name)


def folded(name: str) -> str:
    """A name as uniqueness compares it: an inactive one still owns its name."""
    return name.removesuffix(DELETED_SUFFIX).strip().lower()


_KINDS: dict[str, Kind] = {}
_PATHS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    _KINDS[kind.name] = kind
    _PATHS[kind.path] = kind
    return kind


def kind_of(name: str) -> Kind:
    return _KINDS[name]


def kind_known(name: str) -> bool:
    return name in _KINDS


def kind_at(path: str) -> Kind | None:
    """The kind a path segment names, as `invoice`."""
    return _PATHS.get(path)


def kind_asked(name: str) -> Kind:
    """The kind a query names: spelt exactly."""
    if name not in _KINDS:
        raise faults.Refused("4001", f"QueryValidationError: {name} is not a queryable entity")
    return _KINDS[name]


def all_kinds() -> list[Kind]:
    return list(_KINDS.values())
