"""What is wrong now, and what was: the list, and the page of each alert with whom it was told."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.alerts.models import SEVERITIES, Alert, Delivery, Severity
from apps.backoffice.alerts.standing import severity_tag
from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, WARN, ago, link, tag
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    DateFilter,
    FewRelatedFilter,
    OwnFilter,
    ReadOnlyAdmin,
)

STATE_COLOURS = {
    Delivery.State.WAITING: PLAIN,
    Delivery.State.SENDING: WARN,
    Delivery.State.SENT: GOOD,
    Delivery.State.REFUSED: BAD,
}
SHOWN = 100  # tellings of one alert


class StandsFilter(OwnFilter):
    title = "stands"
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("past", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("open", "past"):
            return queryset
        return queryset.filter(closed_at__isnull=self.value() == "open")


class SeverityFilter(OwnFilter):
    title = "severity"
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Severity.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kinds = [
            kind for kind, severity in SEVERITIES.items() if str(severity.value) == self.value()
        ]
        return queryset.filter(kind__in=kinds) if self.value() else queryset


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_words = "Alerts"
    list_display = [
        "what",
        "standing",
        "where_shown",
        "how_many",
        "since",
        "sentence_shown",
        "to_do",
    ]
    list_display_links = ["what"]
    list_filter = [
        StandsFilter,
        SeverityFilter,
        ("kind", ChoicesFilter),
        ("connection", FewRelatedFilter),
        ("opened_at", DateFilter),
    ]
    list_select_related = ["connection", "company"]
    quick = (("Open", "?stands=open"), ("Over", "?stands=past"), ("All", "?"))
    fields = ["standing", "where_shown", "how_many", "since", "ended", "sentence_shown", "to_do",
              "told"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "Nothing is wrong. What fails, differs or falls silent opens an alert here."

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What is open comes first, oldest and largest first; then what was over last."""
        return [F("closed_at").desc(nulls_first=True), "opened_at", "-count", "id"]

    def called(self, record: Any) -> str:
        return str(record)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        rows = Delivery.objects.filter(event__alert=record).select_related("event", "rule")
        told = list(rows.order_by("-id")[:SHOWN])
        context = {
            "rows": [(each, tag(each.get_state_display(), STATE_COLOURS[Delivery.State(each.state)]))
                     for each in told],
            "more": rows.count() - len(told),
        }  # fmt: skip
        return [render_to_string("backoffice/alerts/told.html", context, request)]

    @admin.display(description="What", ordering="kind")
    def what(self, alert: Alert) -> str:
        return alert.get_kind_display()

    @admin.display(description="Severity")
    def standing(self, alert: Alert) -> SafeString:
        return severity_tag(alert)

    @admin.display(description="Where", ordering="connection")
    def where_shown(self, alert: Alert) -> str:
        return alert.where[:1].upper() + alert.where[1:]

    @admin.display(description="How many", ordering="count")
    def how_many(self, alert: Alert) -> str:
        return f"{alert.count:,}"

    @admin.display(description="Since", ordering="opened_at")
    def since(self, alert: Alert) -> str:
        return f"{alert.opened_at:%-d %b %Y %H:%M} UTC, {ago(alert.opened_at)}"

    @admin.display(description="Ended")
    def ended(self, alert: Alert) -> str:
        if alert.closed_at is None:
            return "It still stands."
        return f"{alert.closed_at:%-d %b %Y %H:%M} UTC, {ago(alert.closed_at)}"

    @admin.display(description="What happened")
    def sentence_shown(self, alert: Alert) -> str:
        return alert.sentence

    @admin.display(description="What to do")
    def to_do(self, alert: Alert) -> SafeString | str:
        return link(alert.page, alert.remedy) if alert.is_open else "Nothing: its cause is gone."

    @admin.display(description="Told")
    def told(self, alert: Alert) -> str:
        times = "once" if alert.times_told == 1 else f"{alert.times_told:,} times"
        return f"{times}, last {ago(alert.told_at)}"
