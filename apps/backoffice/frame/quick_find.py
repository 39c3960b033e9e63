"""Finding a record by whatever is known of it: number, customer, amount, their id, reference; of every
kind that this person sees, on one page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from apps.backoffice.frame.finding import FEW, look_up, on_the_way, places_of, words_of
from apps.backoffice.frame.formatting import money
from apps.core.together import Together

SHOWN: Final = 8  # of each kind
# Model, what it may be called exactly, and where its customer, day and amount stand.
KINDS: Final = (
    ("billing.Invoice", ("number",), "customer", "issue_date", "total"),
    ("billing.CreditNote", ("number",), "customer", "issue_date", "total"),
    ("billing.Payment", ("reference",), "customer", "date", "amount"),
    ("billing.Customer", ("code", "name"), "", "", ""),
    ("billing.Item", ("code",), "", "", "unit_price"),
    ("billing.Refund", ("reference",), "customer", "date", "amount"),
    ("billing.Deposit", ("reference",), "bank_account", "date", "total"),
    ("sync.RemoteRecord", ("remote_id", "number"), "connection", "dated", "amount"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One record, with what tells it from another."""

    name: str
    url: str
    who: str
    day: Any
    amount: SafeString | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hits:
    """Of one kind; `more` is the address of its list where there are others."""

    words: str
    hits: Sequence[Hit]
    more: str


class QuickFind:
    """Of the screen whose addresses the page stands below."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.find)  # type: ignore[attr-defined] # a mixin of admin classes
        name = self.url_name("find")  # type: ignore[attr-defined] # as above
        return [path("find/", view, name=name), *super().get_urls()]  # type: ignore[misc] # as above

    def find(self, request: HttpRequest) -> HttpResponse:
        if not any(may_see(request, label) for label, *_ in KINDS):
            raise PermissionDenied
        typed = request.GET.get("q", "").strip()[:200]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined] # as above
            "title": "Find",
            "trail": [("Find", "")],
            "typed": typed,
            "found": list(found(request, typed)) if typed else [],
        }
        return TemplateResponse(request, "backoffice/frame/find.html", context)


def found(request: HttpRequest, typed: str) -> Iterator[Hits]:
    """The keys of all kinds in one statement, then the rows of each that has some: exactly so called
    first, then in the order of its list."""
    asked, screens = Together(), {}
    for label, exactly, *_ in KINDS:
        if not may_see(request, label):
            continue
        screen = screens[label] = screen_of(label)
        asked.rows(label, _keys(screen, request, typed, exactly)[: SHOWN + 1], "pk")
    asked.ask()
    for label, _, who, day, amount in KINDS:
        keys = [key for (key,) in asked.rows_of(label)] if label in screens else []
        if keys:
            yield _hits(screens[label], typed, keys, who, day, amount)


def screen_of(label: str) -> Any:
    return admin.site._registry[apps.get_model(label)]


def may_see(request: HttpRequest, label: str) -> bool:
    return bool(screen_of(label).has_view_permission(request))


def _keys(
    screen: Any, request: HttpRequest, typed: str, exactly: Sequence[str]
) -> "QuerySet[Any, Any]":
    rows = screen.get_queryset(request)
    fields = screen.get_search_fields(request)
    places = places_of(screen.model, fields)
    for word in words_of(typed):
        if places is None:  # few rows, whose words no index knows
            rows = rows.filter(reduce(or_, (Q(**{f"{each}__icontains": word}) for each in fields)))
            continue
        keys = look_up(screen.model, places, word, screen.amount_fields)
        if keys is not None:
            rows = rows.filter(pk__in=keys[: FEW + 1])
        else:
            rows = rows.filter(reduce(or_, on_the_way(places, word, screen.amount_fields)))
    called = reduce(or_, (Q(**{f"{field}__iexact": typed}) for field in exactly))
    first = Case(When(called, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(first, *screen.get_ordering(request), "-pk")


def _hits(screen: Any, typed: str, keys: list[str], who: str, day: str, amount: str) -> Hits:
    many, keys = len(keys) > SHOWN, keys[:SHOWN]
    # Keys are those in sight; of the rows nothing is shown but what they say themselves.
    records = screen.model._default_manager.filter(pk__in=keys)
    rows = {str(each.pk): each for each in (records.select_related(who) if who else records)}
    hits = [
        Hit(
            name=screen.called(row),
            url=screen.page("change", row.pk),
            who=str(getattr(row, who)) if who else "",
            day=getattr(row, day) if day else None,
            amount=_amount(row, amount) if amount else "",
        )
        for row in (rows[key] for key in keys if key in rows)
    ]
    more = f"{screen.page('changelist')}?{urlencode({'q': typed})}" if many else ""
    return Hits(words=screen.words, hits=hits, more=more)


def _amount(row: Any, field: str) -> SafeString | str:
    amount = getattr(row, field)
    return money(amount, getattr(row, "currency", "")) if amount is not None else ""
