"""Between two days: a filter of lists whose days are typed as everywhere else."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import INPUT_CLASSES

from apps.backoffice.frame.days import DayField, DayInput, Order, order_now, read

ENDS = ("_from", "_to")


class DayRangeForm(forms.Form):
    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for end, words in zip(ENDS, ("From", "To"), strict=True):
            attributes = {"class": " ".join(INPUT_CLASSES), "aria-label": words, "title": words}
            widget = DayInput(attrs=attributes)
            self.fields[name + end] = DayField(label=words, required=False, widget=widget)


class DayRangeFilter(RangeDateFilter):
    form_class = DayRangeForm

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.unread = False
        for end in ENDS:
            name = field_path + end
            shown = _last(params.pop(f"{name}-order", ""))
            typed = _last(params.get(name, ""))
            if typed:
                order = Order(shown) if shown in Order.values else order_now()
                day = read(typed, order)
                self.unread = self.unread or day is None
                params[name] = [typed if day is None else day.isoformat()]
        super().__init__(field, request, params, model, model_admin, field_path)

    def expected_parameters(self) -> list[str | None]:
        names = super().expected_parameters()
        return [*names, *(f"{name}-order" for name in names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        # What is no day is said beside its field; no list is shown that looks filtered and is not.
        if self.unread:
            return queryset.none()
        if isinstance(self.field, models.DateTimeField):
            return self._within(queryset)
        found: QuerySet[Any] | None = super().queryset(request, queryset)
        return found

    def _within(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of moments: from the first day's beginning to the last day's end, UTC."""
        first, last = (self._day(end) for end in ENDS)
        if first is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        if last is not None and last.date() < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": last + timedelta(days=1)})
        return queryset

    def _day(self, end: str) -> datetime | None:
        value = self.used_parameters.get(self.field_path + end)
        return datetime.combine(date.fromisoformat(str(value)), time.min, UTC) if value else None


def _last(value: Any) -> str:
    return str(value[-1] if isinstance(value, list) else value)
