"""What a restored company says to ledgers: nothing, before its books were connected and read anew."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q

from apps.billing.models import Company
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connections.stage import moved
from apps.connectors import registry
from apps.exchange.archive.reading import CannotRestore
from apps.sync.pull.feed import SURVEYED

RESTORED: Final = (
    "Restored from an archive. Connect it again to the same books: everything that stands there is "
    "read before anything is sent."
)


def refuse_books_of_another(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> None:
    """Raises `CannotRestore`. `rows` are connections that come, `names` those of their fields."""
    for row in rows:
        given = dict(zip(names, row, strict=True))
        books = {each: given[each] for each in ("system", "environment", "remote_company_id")}
        held = Connection.objects.filter(**books).first()
        if held is not None:
            raise CannotRestore(
                f"The books “{held.name}” belong to “{held.company}” here, and one set of books "
                "serves one company. Restore into another installation."
            )


def mark(company: Company) -> None:
    """Its connections are disconnected, and know that they are older than their books."""
    for each in Connection.objects.filter(company=company):
        system = registry.systems().get(each.system)
        kinds = [
            kind.value for kind in SURVEYED if system is None or system.capabilities.may_have(kind)
        ]
        moved(
            each,
            when=Q(),
            stage=Connection.Stage.DISCONNECTED,
            stage_reason=RESTORED,
            found_older_at=now(),
            read_anew=kinds,
        )
