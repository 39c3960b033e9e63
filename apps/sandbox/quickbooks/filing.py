"""How objects of a kind are filed in a book: under which names, numbers, days and amounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import date
from typing import Any

from ..models import StoredObject
from .wire import cents

Content = dict[str, Any]

# Customers, vendors and employees share one set of names.
NAME_KINDS = ("Customer", "Vendor", "Employee")
DELETED_SUFFIX = " (deleted)"


def nothing_open(content: Content) -> int:
    return 0


def customer_of(content: Content) -> str | None:
    reference = content.get("CustomerRef")
    return reference["value"] if reference else None


@dataclass(frozen=True)
class Filed:
    """What a book must know of a kind. `list_name` is what faults call its list."""

    name: str
    _: KW_ONLY
    is_transaction: bool = False
    list_name: str = ""
    # What its name is unique by, where that is not the name itself.
    naming: Callable[[Content], str] | None = None
    # What is open on the customer's account, in signed cents; None: the linking keeps the column.
    open_amount: Callable[[Content], int] | None = nothing_open
    party: Callable[[Content], str | None] = customer_of

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


_FILED: dict[str, Filed] = {}


def note(kind: Filed) -> None:
    _FILED[kind.name] = kind


def filed(name: str) -> Filed:
    return _FILED[name]
