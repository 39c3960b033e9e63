"""Which invoice is the best test, and why: one that shows most of what can go wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q

from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.choices import missing
from apps.sync.models import State
from apps.sync.want.wishes import in_scope
from apps.sync.wording import listed

LOOKED_AT = 200  # of the latest invoices
TRIED = 5  # of the best of them


@dataclass(frozen=True, slots=True)
class Proposed:
    """An issued invoice that is not in their books yet, and in a sentence why this one."""

    invoice: Invoice
    why: str


def proposed(connection: Connection) -> Proposed | None:
    """The one with the most of: tax, a discount, two lines or more, the home currency; the latest
    of several. What lacks a mapping comes last. None where nothing is issued yet."""
    there = Q(sync_records__connection=connection, sync_records__state=State.IN_THE_BOOKS)
    latest = in_scope(connection, Kind.INVOICE).filter(total__gt=0).exclude(there)
    keys = list(latest.order_by("-issue_date", "-pk").values_list("pk", flat=True)[:LOOKED_AT])
    rows = Invoice._base_manager.filter(pk__in=keys).select_related("customer")
    counted = rows.annotate(
        of_lines=Count("lines"), lowered=Count("lines", filter=Q(lines__discount_net__gt=0))
    )
    ranked = sorted(
        counted,
        key=lambda each: (len(list(_shows(each))), each.issue_date, each.pk),
        reverse=True,
    )
    best = next(
        (each for each in ranked[:TRIED] if not missing(connection, invoices=[each])),
        ranked[0] if ranked else None,
    )
    if best is None:
        return None
    shows = [*_shows(best)]
    return Proposed(best, f"Proposed because it has {listed(shows)}." if shows else "")


def _shows(invoice: Invoice) -> Iterator[str]:
    """What of it can go wrong, in words."""
    counted: dict[str, int] = vars(invoice)
    if invoice.tax:
        yield "tax"
    if counted["lowered"]:
        yield "a discount"
    if counted["of_lines"] > 1:
        yield f"{counted['of_lines']} lines"
