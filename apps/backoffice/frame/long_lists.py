"""Lists of a million rows: counted no further than people read, and each page found by keys first.

What a page shows is joined, annotated and wide. Its fifty keys alone are read over an index, however
far down the list they are, and then only those fifty rows with all that is shown of them.
"""

from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.backoffice.frame.finding import FindsByKeys, Met
from apps.core.numbers import whole

COUNTED_ON_THE_WAY: Final = 1_000  # so many where rows are read in order until enough are met
COUNTED: Final = 10_000  # a filtered list of more rows is “more than” so many
ESTIMATED: Final = 100_000  # a whole table of more rows is counted as PostgreSQL's planner does
FURTHEST: Final = 20_000  # the page beyond which a filtered list is not counted on
FROM_THE_FRONT: Final = 250_000  # rows passed over of a list that is about so long

TOO_LONG_TO_SORT: Final = (
    f"More than {COUNTED:,} are in this list, and it is not sorted by this column: narrow it by a "
    "filter or the search first. It is shown in its own order."
)
TOO_MANY: Final = (
    f"Nothing was done: more than {COUNTED:,} are in this list. Narrow it by a filter or the search, "
    "or tick rows."
)


class LongPaginator(Paginator):
    """Pages of the rows of one model, in their order. What is `shown` of those of one page is read from
    all rows, where no search stands in the way; what a search has `met` by then is not counted again.

    `count` is what the pages are worked out from. Of a filtered list it ends a little behind the page
    that is asked for (`more`); of a whole table on PostgreSQL it may be `about` right.
    """

    object_list: QuerySet[Any]

    def __init__(
        self,
        rows: QuerySet[Any],
        per_page: int,
        *rest: Any,
        asked: int = 1,
        in_order: bool = False,
        met: Met | None = None,
        shown: QuerySet[Any] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(rows, per_page, *rest, **named)
        self.in_order = in_order
        self.met = met
        self.shown = rows if shown is None else shown
        counted = COUNTED_ON_THE_WAY if in_order else COUNTED
        self.most = counted + (min(asked, FURTHEST) - 1) * self.per_page

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if self._whole_table:
            return self._estimate or rows.count()
        return min(self.most, self._found)

    @property
    def more(self) -> bool:
        """Whether there are more rows than `count`."""
        return not self._whole_table and self._found > self.most

    @property
    def about(self) -> bool:
        return self._whole_table and bool(self._estimate)

    @property
    def is_unsure(self) -> bool:
        return self.more or self.about

    @property
    def words(self) -> str:
        """“About 1,200,000”, “More than 10,000”, “37”."""
        before = "More than " if self.more else "About " if self.about else ""
        return f"{before}{self.count:,}"

    @cached_property
    def _found(self) -> int:
        met = self.met
        if met is not None and (not met.least or met.count > self.most):
            return met.count
        # Of keys alone, so that nothing is worked out that is shown beside a row.
        rows = self.object_list if self.in_order else self.object_list.order_by()
        return rows.values("pk")[: self.most + 1].count()

    @property
    def _whole_table(self) -> bool:
        return not self.object_list.query.where and not self.object_list.query.distinct

    @cached_property
    def _estimate(self) -> int:
        """Rows of the table by the planner; nil where they are counted."""
        if connection.vendor != "postgresql":
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
                [connection.ops.quote_name(self.object_list.model._meta.db_table)],
            )
            told = int(cursor.fetchone()[0])
        return told if told > ESTIMATED else 0

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        skipped = (number - 1) * self.per_page
        size = min(self.per_page, self.count - skipped)
        keys = self._keys(skipped, size)
        rows = self.shown.filter(pk__in=keys).order_by(*self.object_list.query.order_by)
        rows.query.select_related = self.object_list.query.select_related
        return Page(rows, number, self)

    def _keys(self, skipped: int, size: int) -> list[Any]:
        rows = self.object_list
        # From the nearer end; where the count is about right, from the front as long as one may.
        far = FROM_THE_FRONT if self.about else self.count // 2
        if skipped > far and not self.more:
            rows, skipped = rows.reverse(), max(0, self.count - skipped - size)
        return list(rows.values_list("pk", flat=True)[skipped : skipped + size])


class LongList(ChangeList):
    """A list that is sorted by a column which has an index, or by any while it is short."""

    def _get_deterministic_ordering(self, ordering: Any) -> list[Any]:
        """Keys last, in the direction of what stands before them, as the indexes have them."""
        whole_order: list[Any] = super()._get_deterministic_ordering(ordering)  # type: ignore[misc] # Django's own
        first = whole_order[0]
        if whole_order[-1] == "-pk" and isinstance(first, str) and not first.startswith("-"):
            whole_order[-1] = "pk"
        return whole_order

    def get_results(self, request: HttpRequest) -> None:
        if ORDER_VAR in self.params and not self._has_index() and self._is_long():
            messages.warning(request, TOO_LONG_TO_SORT)
            del self.params[ORDER_VAR]
            self.queryset = self.queryset.order_by(*self.get_ordering(request, self.root_queryset))
        super().get_results(request)
        if not self.multi_page:  # what Django reads as it stands, by keys too
            found = self.result_count
            self.result_list = self.paginator.page(1).object_list if found else self.queryset.none()

    def _is_long(self) -> bool:
        rows = LongPaginator(self.queryset, self.list_per_page)
        return rows.more or rows.count > COUNTED

    def _has_index(self) -> bool:
        first = (self.queryset.query.order_by or ("pk",))[0]
        if not isinstance(first, str):
            return False
        opts = self.model._meta
        whole_ones = (each for each in opts.indexes if each.fields and each.condition is None)
        led = {each.fields[0].removeprefix("-") for each in whole_ones}
        return first.removeprefix("-") in {"pk", opts.pk.name, *led}


class LongLists(FindsByKeys):
    """Of a screen: its list is counted, read and searched as above."""

    show_full_result_count = False

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *rest: Any, **named: Any
    ) -> Any:
        """Also of the list's picker; the rows of a record's history are few."""
        if getattr(queryset, "model", None) is not self.model:  # type: ignore[attr-defined] # as below
            return super().get_paginator(request, queryset, per_page, *rest, **named)  # type: ignore[misc] # as below
        asked = whole(request.GET.get("p") or request.GET.get("page") or "") or 1
        met, where = getattr(request, "met", (None, None))
        named |= {
            "asked": asked,
            "in_order": getattr(request, "is_read_in_order", False),
            "met": met if queryset.query.where == where else None,
            "shown": self.get_queryset(request),  # type: ignore[attr-defined] # as below
        }
        return LongPaginator(queryset, per_page, *rest, **named)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], **named: Any
    ) -> HttpResponse | None:
        """“All of this list” is of a list whose length is known."""
        across = request.POST.get("select_across", "0") not in ("", "0")
        if across and queryset.order_by().values("pk")[: COUNTED + 1].count() > COUNTED:
            messages.error(request, TOO_MANY)
            return HttpResponseRedirect(request.get_full_path())
        answer: HttpResponse | None = super().response_action(request, queryset, **named)  # type: ignore[misc] # a mixin of admin classes
        return answer
