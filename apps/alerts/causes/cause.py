"""One thing that is wrong, however many records it holds up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlencode

from django.urls import reverse

from apps.alerts.models import Kind
from apps.connections.models import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """`name` tells it from others of its kind at the same place; `count` are the records that it holds
    up. `sentence` says what happened, `remedy` what to do, `page` (a path) where."""

    kind: Kind
    name: str = ""
    company: int | None = None
    connection: int | None = None
    count: int = 1
    sentence: str
    remedy: str
    page: str

    @property
    def key(self) -> str:
        """The same each time it is seen, and of no other cause."""
        where = f"{self.company or ''}:{self.connection or ''}"
        return f"{self.kind.value}:{where}:{self.name}"[:200]


class Where(TypedDict):
    company: int
    connection: int


def at(connection: Connection) -> Where:
    """Where a cause is that concerns one set of books."""
    return {"company": connection.company_id, "connection": connection.pk}


def list_page(model: str, **asked: object) -> str:
    """The list of a model ("sync_syncrecord"), with what it is filtered by."""
    return _with(reverse(f"admin:{model}_changelist"), asked)


def page(model: str, key: int) -> str:
    return reverse(f"admin:{model}_change", args=[key])


def _with(address: str, asked: Mapping[str, object]) -> str:
    return f"{address}?{urlencode(asked)}" if asked else address


def counted(count: int, one: str, many: str) -> str:
    """“1 record”, “1,000 records”."""
    return f"{count:,} {one if count == 1 else many}"
