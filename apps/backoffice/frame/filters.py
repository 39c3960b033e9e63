"""The filters beside a list, of the theme, which offer nothing that is out of this person's sight."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.backoffice.frame.asked_once import asked_once
from apps.backoffice.frame.books import books_of
from apps.backoffice.frame.days import know_orders
from apps.billing.models import Company
from apps.billing.sight import in_sight
from apps.connections.models import Connection

if settings.ADMIN_THEME == "unfold":
    from unfold.contrib.filters.admin import AutocompleteSelectFilter as ThemedRelatedFilter
    from unfold.contrib.filters.admin import BooleanRadioFilter as YesNoFilter
    from unfold.contrib.filters.admin import ChoicesDropdownFilter as ChoicesFilter
    from unfold.contrib.filters.admin import DropdownFilter as OwnFilter
    from unfold.contrib.filters.admin import RelatedDropdownFilter as ThemedFewRelatedFilter

    from apps.backoffice.frame.day_filter import DayRangeFilter as DateFilter
else:
    from django.contrib.admin import BooleanFieldListFilter as YesNoFilter
    from django.contrib.admin import ChoicesFieldListFilter as ChoicesFilter
    from django.contrib.admin import (  # type: ignore[assignment] # ours in the other theme
        DateFieldListFilter as DateFilter,
    )
    from django.contrib.admin import RelatedFieldListFilter as ThemedFewRelatedFilter
    from django.contrib.admin import RelatedOnlyFieldListFilter as ThemedRelatedFilter
    from django.contrib.admin import SimpleListFilter as OwnFilter

__all__ = [
    "ChoicesFilter",
    "DateFilter",
    "FewRelatedFilter",
    "OwnFilter",
    "RelatedFilter",
    "YesNoFilter",
]


def all_in_sight(request: HttpRequest, model: type[Any]) -> list[Any]:
    """The few rows of such a model (companies, connections, methods) that this person sees, in its
    order; asked once in a request."""
    if model is Connection:
        return books_of(request)
    rows = in_sight(request.user, model._default_manager.all())
    found = asked_once((all_in_sight, model, request.user.pk), lambda: list(rows))
    if model is Company:
        know_orders(found)
    return found


class FewRelatedFilter(ThemedFewRelatedFilter):
    """A choice of all there are."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return [(each.pk, str(each)) for each in all_in_sight(request, field.related_model)]


class RelatedFilter(ThemedRelatedFilter):
    """A choice of too many to offer at once: what is chosen is looked for, and shown by name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for shown in super().choices(changelist):
            form = shown.get("form")
            if form is not None:
                field = form.fields[self.lookup_kwarg]
                field.queryset = in_sight(self.request.user, field.queryset.all())
            yield shown
