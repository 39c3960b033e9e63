"""What was read over there, narrowed by what it is like and whose it is."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.backoffice.frame.screens import OwnFilter
from apps.backoffice.ledgers.status import KIND_WORDS


class TheirKindFilter(OwnFilter):
    """By what it is like here; what Tieout keeps nothing of is “other”."""

    title = "kind"
    parameter_name = "like"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [*KIND_WORDS.items(), ("other", "Other")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(of_kind="" if self.value() == "other" else self.value())


class TheirCustomerFilter(OwnFilter):
    """What is of one customer over there: its ids, as a comparison leads here with them."""

    title = "customer"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name, "")
        return [(asked, "The one that was asked for")] if asked else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(customer_id_there__in=str(self.value()).split(","))
