"""The lines of a document in parts: what of them one page shows, and what all come to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest

from apps.backoffice.frame.parts import Part, count_of, counted, part_of
from apps.core.money import ZERO

ASKED: Final = "lines"  # in the address
KEPT: Final = "_line_page"
STORED: Final = Decimal("0.0001")  # SQLite adds up in binary fractions

DISCOUNTED = (Q(discount_percent__isnull=False) & ~Q(discount_percent=0)) | (
    Q(discount_amount__isnull=False) & ~Q(discount_amount=0)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LineSums:
    """Of all lines of a document: what discounts took off, and whether a line has one of its own."""

    off: Decimal
    of_lines: bool


def line_page(request: HttpRequest, document: Any) -> Part:
    """The lines that the address asks for.

    While a page is shown, asked of the database once; what is written is held against what stands.
    """
    reads = request.method in ("GET", "HEAD")
    kept: Part | None = document.__dict__.get(KEPT) if reads else None
    if kept is None:
        kept = _asked(request, document)
        if reads:
            setattr(document, KEPT, kept)
    return kept


def _asked(request: HttpRequest, document: Any) -> Part:
    stands = document.pk is not None
    count = count_of(document, "line_count", lambda: document.lines.count()) if stands else 0
    rows = lambda: document.lines.select_related("item", "tax_rate")  # noqa: E731 # asked for if any
    found = part_of(request, ASKED, "lines", count, rows)
    for line in found.rows:
        line.document = document
    return found


def with_lines_counted(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Documents with how many lines each has and what their discounts come to."""
    model = rows.model._meta.get_field("lines").related_model
    its = model._base_manager.filter(document=OuterRef("pk")).order_by()
    off = its.values("document").annotate(found=Sum("discount_net"))
    return rows.annotate(
        line_count=counted(model._base_manager.all(), "document"),
        lines_off=Subquery(off.values("found")),
        lines_discounted=Exists(its.filter(DISCOUNTED)),
    )


def line_sums(document: Any) -> LineSums:
    """Of all lines, whatever part of them is shown."""
    if hasattr(document, "lines_off"):  # of `with_lines_counted`
        off, of_lines = document.lines_off, document.lines_discounted
    else:
        off = document.lines.aggregate(found=Sum("discount_net"))["found"]
        of_lines = document.lines.filter(DISCOUNTED).exists()
    return LineSums(off=(off or ZERO).quantize(STORED), of_lines=of_lines)
