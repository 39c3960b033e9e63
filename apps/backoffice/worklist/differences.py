"""What differs between both sides: a list that lasts from comparison to comparison, and what fits each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import BAD, GOOD, ago, money, tag
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, OwnFilter, ReadOnlyAdmin
from apps.backoffice.ledgers.status import their_page
from apps.backoffice.worklist.fitting import our_pages, their_records, ways
from apps.reconciliation.models import Difference
from apps.staff.acts import ActName
from apps.sync.decide import acts


def stands_live(difference: Difference) -> bool:
    return difference.stands and difference.connection.is_live


def _read_now(request: HttpRequest, difference: Difference, answers: dict[str, Any]) -> str:
    started = acts.sync_now(difference.connection)
    said = "Their changes are read now" if started else "A run begins already, and reads them"
    return f"{said}. Compare both sides again afterwards: what differs no more ends by itself."


READ_NOW = ButtonAct(
    name="read-now",
    words="Read their changes now",
    permission=ActName.RETRY,
    when=stands_live,
    do=_read_now,
)


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
class DifferenceAdmin(ReadOnlyAdmin):
    list_words = "Differences"
    list_display = ["why_label", "sentence_shown", "amount_shown", "books", "since"]
    list_display_links = ["why_label"]
    list_filter = [StandingFilter, ("why", ChoicesFilter), ("connection", FewRelatedFilter)]
    list_select_related = ["connection__company"]
    search_fields = ["sentence"]
    quick = (
        ("Differs", "?standing=yes"),
        ("Differs no more", "?standing=no"),
        ("All", "?"),
    )
    acts = (READ_NOW,)
    fields = ["why_label", "sentence_shown", "books", "since", "seen"]
    readonly_fields = fields
    panels_first = True
    empty_sentence = "Nothing differs by the last comparison of each set of books."

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        context = {
            "record": record,
            "ours": our_pages(record),
            "theirs": [(their_page(each), str(each)) for each in their_records(record)],
            "ways": ways(record) if record.stands else [],
            "connection_url": reverse(
                "admin:connections_connection_change", args=[record.connection_id]
            ),
        }
        return [render_to_string("backoffice/worklist/difference.html", context, request)]

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
