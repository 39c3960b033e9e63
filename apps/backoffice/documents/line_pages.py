"""The lines of a document in pages of fifty: what of them one page shows, and what all come to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest

from apps.core.money import ZERO
from apps.core.numbers import whole

PER_PAGE: Final = 50
ASKED: Final = "lines"  # in the address: the number of a page, or `LAST`
LAST: Final = "last"
KEPT: Final = "_line_page"
STORED: Final = Decimal("0.0001")  # SQLite adds up in binary fractions

DISCOUNTED = (Q(discount_percent__isnull=False) & ~Q(discount_percent=0)) | (
    Q(discount_amount__isnull=False) & ~Q(discount_amount=0)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinePage:
    """Of `count` lines those from the `first` to the `last`, counted from one."""

    number: int
    count: int
    lines: list[Any]

    @property
    def first(self) -> int:
        return (self.number - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        return min(self.number * PER_PAGE, self.count)

    @property
    def many(self) -> bool:
        return self.count > PER_PAGE

    @property
    def here(self) -> str:
        return _span(self.first, self.last)

    @property
    def pages(self) -> list[tuple[int, str]]:
        """(number, “101–150”) of each page."""
        starts = range(1, self.count + 1, PER_PAGE)
        return [
            (number, _span(first, min(first + PER_PAGE - 1, self.count)))
            for number, first in enumerate(starts, start=1)
        ]


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LineSums:
    """Of all lines of a document: what discounts took off, and whether a line has one of its own."""

    off: Decimal
    of_lines: bool


def line_page(request: HttpRequest, document: Any) -> LinePage:
    """The page of lines that the address asks for: the nearest one where there is none of its number.

    While a page is shown, asked of the database once; what is written is held against what stands.
    """
    reads = request.method in ("GET", "HEAD")
    kept: LinePage | None = document.__dict__.get(KEPT) if reads else None
    if kept is None:
        kept = _asked(request, document)
        if reads:
            setattr(document, KEPT, kept)
    return kept


def _asked(request: HttpRequest, document: Any) -> LinePage:
    if document.pk is None:
        return LinePage(number=1, count=0, lines=[])
    known = hasattr(document, "line_count")  # of `with_lines_counted`; None where it has none
    count = (document.line_count or 0) if known else document.lines.count()
    pages = max(1, -(-count // PER_PAGE))
    asked = request.GET.get(ASKED, "")
    number = pages if asked == LAST else min(max(whole(asked) or 1, 1), pages)
    rows = document.lines.select_related("item", "tax_rate")
    lines = list(rows[(number - 1) * PER_PAGE : number * PER_PAGE])
    for line in lines:
        line.document = document
    return LinePage(number=number, count=count, lines=lines)


def with_lines_counted(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Documents with how many lines each has and what their discounts come to."""
    model = rows.model._meta.get_field("lines").related_model
    its = model._base_manager.filter(document=OuterRef("pk")).order_by()
    per_document = its.values("document")
    return rows.annotate(
        line_count=Subquery(per_document.annotate(found=Count("pk")).values("found")),
        lines_off=Subquery(per_document.annotate(found=Sum("discount_net")).values("found")),
        lines_discounted=Exists(its.filter(DISCOUNTED)),
    )


def line_sums(document: Any) -> LineSums:
    """Of all lines, whatever page of them is shown."""
    if hasattr(document, "lines_off"):  # of `with_lines_counted`
        off, of_lines = document.lines_off, document.lines_discounted
    else:
        off = document.lines.aggregate(found=Sum("discount_net"))["found"]
        of_lines = document.lines.filter(DISCOUNTED).exists()
    return LineSums(off=(off or ZERO).quantize(STORED), of_lines=of_lines)
