"""What the sync log is narrowed by."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.backoffice.frame.screens import OwnFilter
from apps.backoffice.ledgers.status import KIND_WORDS
from apps.backoffice.worklist.failed import FAILED, failed
from apps.connections.automation import SENDING
from apps.sync.models import HELD_REASONS, On, Reason, State


class KindFilter(OwnFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return list(KIND_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in KIND_WORDS:
            return queryset
        # By its foreign key too: each kind has an index of its own, which finds the few of a rare one.
        return queryset.filter(kind=self.value(), **{f"{self.value()}__isnull": False})


class ReasonFilter(OwnFilter):
    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [
            (FAILED, "It failed (any reason)"),
            ("held", "Tieout is holding it (any reason)"),
            *(
                (On.BY_HAND.of(each.value), f"{each.gerund.capitalize()} is off")
                for each in SENDING
            ),
            *((each.value, str(each.label)) for each in Reason if each.value),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == FAILED:
            return failed(queryset)
        if self.value() == "held":
            held = queryset.filter(reason__gt="", reason__in=[each.value for each in HELD_REASONS])
            return held.exclude(state=State.IN_THE_BOOKS)
        if (self.value() or "").startswith(f"{On.BY_HAND}:"):
            return queryset.filter(waits_for__gt="", waits_for=self.value())
        if not self.value():
            return queryset
        return queryset.filter(reason__gt="", reason=self.value())
