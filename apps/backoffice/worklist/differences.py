"""What differs between both sides: a list that lasts from comparison to comparison, and what fits each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import Act, ButtonAct
from apps.backoffice.frame.formatting import BAD, GOOD, ago, money, tag
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, OwnFilter, ReadOnlyAdmin
from apps.backoffice.frame.whom_to_ask import ToldWhomToAsk
from apps.backoffice.ledgers.status import their_page
from apps.backoffice.worklist.difference_acts import (
    ACTS,
    COMPARE_AGAIN,
    LEAVE_OUT,
    READ_NOW,
    left_out,
    their_records,
)
from apps.backoffice.worklist.fitting import Way, our_pages, ways
from apps.reconciliation.models import Difference

ALWAYS: tuple[Act, ...] = (READ_NOW, COMPARE_AGAIN, LEAVE_OUT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A way with the buttons that this person may press, and whether a right is all that lacks."""

    way: Way
    buttons: Sequence[tuple[ButtonAct, str]]
    lacks_right: bool


class StandingFilter(OwnFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("yes", "Differs"), ("no", "Differs no more")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(ended_at__isnull=self.value() == "yes")
        return queryset


@admin.register(Difference)
class DifferenceAdmin(ToldWhomToAsk, ReadOnlyAdmin):
    list_words = "Differences"
    list_display = ["why_label", "sentence_shown", "amount_shown", "books", "since"]
    list_display_links = ["why_label"]
    list_filter = [StandingFilter, ("why", ChoicesFilter), ("connection", FewRelatedFilter)]
    list_select_related = ["connection__company", "connection__grant"]
    search_fields = ["sentence"]
    quick = (
        ("Differs", "?standing=yes"),
        ("Differs no more", "?standing=no"),
        ("All", "?"),
    )
    acts = ACTS
    fields = ["why_label", "sentence_shown", "books", "since", "seen"]
    readonly_fields = fields
    panels_first = True
    empty_sentence = "Nothing differs by the last comparison of each set of books."

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        context = {
            "record": record,
            "ours": our_pages(record),
            "theirs": [(their_page(each), str(each)) for each in their_records(record)],
            "ways": list(self._ways(request, record)) if record.stands else [],
            "left_out": left_out(record),
        }
        return [render_to_string("backoffice/worklist/difference.html", context, request)]

    def acts_for(self, request: HttpRequest, record: Any) -> list[Act]:
        """What settles it stands beside the sentence that says why."""
        return [each for each in ALWAYS if each.offered(request, record)]

    def _ways(self, request: HttpRequest, record: Difference) -> Iterator[Shown]:
        for way in ways(record):
            fit = [each for each in way.acts if each.when(record)]
            yield Shown(
                way=way,
                buttons=[
                    (each, self.page(each.name, record.pk))
                    for each in fit
                    if each not in ALWAYS and may(request, each.permission)
                ],
                lacks_right=bool(fit) and not any(may(request, each.permission) for each in fit),
            )

    def called(self, record: Any) -> str:
        return f"{record.get_why_display()} in {record.connection}"

    @admin.display(description="Why", ordering="why")
    def why_label(self, difference: Difference) -> SafeString:
        return tag(difference.get_why_display(), BAD if difference.stands else GOOD)

    @admin.display(description="What differs", ordering="sentence")
    def sentence_shown(self, difference: Difference) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', difference.sentence)

    @admin.display(description="Theirs less ours", ordering="amount")
    def amount_shown(self, difference: Difference) -> SafeString | str:
        if difference.amount is None or not difference.currency:
            return "–"
        return money(difference.amount, difference.currency)

    @admin.display(description="Books", ordering="connection__name")
    def books(self, difference: Difference) -> str:
        return str(difference.connection)

    @admin.display(description="Since", ordering="found_at")
    def since(self, difference: Difference) -> str:
        return ago(difference.found_at)

    @admin.display(description="Seen last", ordering="seen_at")
    def seen(self, difference: Difference) -> str:
        if difference.ended_at is None:
            return ago(difference.seen_at)
        return f"{ago(difference.seen_at)}; it differs no more since {ago(difference.ended_at)}"
