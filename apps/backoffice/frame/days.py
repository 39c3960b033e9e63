"""Days: the one way to type one, and what is overdue by each company's own calendar.

A field shows a day in its company's order, says the order, and spells the day out with the name
of its month beside it. What is typed is read in the order that the field was shown with, or with
the year first; never in another one.
"""

import re
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.asked_once import asked_once, known_already
from apps.billing.models import Company
from apps.billing.rules.days import Sense

Order = Company.DateOrder

HINTS: Final = {
    Order.DAY_FIRST: "dd/mm/yyyy",
    Order.MONTH_FIRST: "mm/dd/yyyy",
    Order.YEAR_FIRST: "yyyy-mm-dd",
}
SHOWN: Final = {
    Order.DAY_FIRST: "%d/%m/%Y",
    Order.MONTH_FIRST: "%m/%d/%Y",
    Order.YEAR_FIRST: "%Y-%m-%d",
}
NAMED = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y")
FIGURES = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})")
THIS_CENTURY = 2000

_company: ContextVar[Company | None] = ContextVar("company whose days are shown", default=None)


def overdue() -> Q:
    """Invoices with money still due after their due date, each by its own company's day."""
    late = Q(pk__in=[])
    for company in Company.objects.all():
        late |= Q(company=company, due_date__lt=company.today())
    return late & Q(status="issued", balance_due__gt=0)


# --- in which order ------------------------------------------------------------------------------


def show_days_of(company: Company | None) -> None:
    """From here to the end of the request, days are shown in this company's order."""
    _company.set(company)


def know_orders(companies: Iterable[Company]) -> None:
    """These are the companies of whoever asks: what order they have is not asked of them again."""
    known_already(_orders, {each.types_dates for each in companies})


def order_now() -> Order:
    """The order of the company at hand; of all companies where they agree; else the year first."""
    company = _company.get()
    if company is not None:
        return company.types_dates
    orders = asked_once(_orders, _orders)
    if not orders:
        return Order.DAY_FIRST
    return next(iter(orders)) if len(orders) == 1 else Order.YEAR_FIRST


def _orders() -> set[Order]:
    return {each.types_dates for each in Company.objects.only("date_order", "country")}


def read(text: str, order: Order) -> date | None:
    """The day that was typed; None where it is none in this order.

    The year first, or the month by its name, is read in every order. Two figures of a year are of
    this century.
    """
    text = " ".join(text.split())
    for form in NAMED:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 # a day has no time zone
        except ValueError:
            continue
    figures = FIGURES.fullmatch(text)
    if figures is None:
        return None
    parts = figures.groups()
    letters = Order.YEAR_FIRST if len(parts[0]) == len("2026") else order
    found = dict(zip(letters, parts, strict=True))
    if len(found["y"]) not in (2, 4):
        return None
    year = int(found["y"]) + (THIS_CENTURY if len(found["y"]) == len("26") else 0)
    try:
        return date(year, int(found["m"]), int(found["d"]))
    except ValueError:
        return None


def spelled(day: date, order: Order | None = None) -> str:
    """“Friday 3 April 2026”; “Friday, April 3, 2026” where the month comes first."""
    if (order or order_now()) == Order.MONTH_FIRST:
        return f"{day:%A, %B} {day.day}, {day.year}"
    return f"{day:%A} {day.day} {day:%B} {day.year}"


# --- fields --------------------------------------------------------------------------------------


class DayInput(forms.DateInput):
    """A text field with the day spelled out beside it, and a calendar to choose from."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = data.get(name)
        if not isinstance(typed, str) or not typed.strip():
            return typed
        shown = data.get(f"{name}-order", "")
        order = Order(shown) if shown in Order.values else order_now()
        day = read(typed, order)
        return typed if day is None else day.isoformat()

    def format_value(self, value: Any) -> str:
        day = _as_day(value)
        return day.strftime(SHOWN[order_now()]) if day else str(value or "")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        order, day = order_now(), _as_day(value)
        hints = {"placeholder": HINTS[order], "autocomplete": "off", "data-day": order.value}
        typed = super().render(name, value, {**hints, **(attrs or {})}, renderer)
        return format_html(
            '<span class="t-day">{}<input type="hidden" name="{}-order" value="{}">'
            '<output class="t-spelled">{}</output></span>',
            typed,
            name,
            order.value,
            spelled(day, order) if day else "",
        )


def _as_day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value or "")
    except (TypeError, ValueError):
        return None


class DayField(forms.DateField):
    """A typed day. `sense` says what it is of."""

    widget = DayInput

    def __init__(self, *, sense: Sense = Sense.ANY, **options: Any) -> None:
        super().__init__(**options)
        self.sense = sense

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        day = _as_day(value)
        if day is None:
            hint = HINTS[order_now()]
            raise ValidationError(f"“{value}” is no day here. Type it as {hint}, or as 3 Apr 2026.")
        return day
