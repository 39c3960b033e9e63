"""A typed date means one day: in the company's order, spelled out, never another one."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.test import Client
from django.urls import reverse

import apps.backoffice as backoffice
from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.asking import Asking
from apps.backoffice.frame.days import DayField, DayInput, Order, read, show_days_of, spelled
from apps.backoffice.frame.screens import DateFilter
from apps.billing.models import Company, Invoice, Payment
from apps.core.dates import usual_date_order
from tests.all_rights import give_every_permission
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import WholeWorld, World
from tests.factories import make_company

Browse = Callable[[str], Client]
APRIL, MARCH = date(2026, 4, 3), date(2026, 3, 4)


@pytest.mark.parametrize(
    ("country", "order"),
    [("US", "mdy"), ("GB", "dmy"), ("CA", "ymd"), ("JP", "ymd"), ("DE", "dmy"), ("FR", "dmy"),
     ("AU", "dmy"), ("PH", "mdy"), ("SE", "ymd"), ("us", "mdy"), ("", "dmy"), ("XX", "dmy")],
)  # fmt: skip
def test_a_company_types_days_as_its_country_does(country: str, order: str) -> None:
    assert usual_date_order(country) == order
    assert Company(country=country).types_dates == order
    assert Company(country=country, date_order="ymd").types_dates == "ymd"


@pytest.mark.parametrize(
    ("typed", "order", "meant"),
    [
        ("03/04/2026", "dmy", APRIL),
        ("03/04/2026", "mdy", MARCH),
        ("03/04/2026", "ymd", None),
        ("3.4.26", "dmy", APRIL),
        ("3-4-26", "mdy", MARCH),
        ("26-04-03", "ymd", APRIL),
        *((text, order, APRIL) for order in ("dmy", "mdy", "ymd")
          for text in ("2026-04-03", "2026/4/3", "3 Apr 2026", "3 April 2026", "April 3, 2026")),
        ("25/12/2026", "mdy", None),
        ("12/25/2026", "dmy", None),
        ("31/02/2026", "dmy", None),
        ("03/04/026", "dmy", None),
        ("03042026", "dmy", None),
        ("tomorrow", "dmy", None),
    ],
)  # fmt: skip
def test_what_is_typed_is_read_in_the_order_shown_or_with_the_year_first(
    typed: str, order: str, meant: date | None
) -> None:
    assert read(typed, Order(order)) == meant


@pytest.mark.parametrize(
    ("country", "shown", "words"),
    [("US", "04/03/2026", "Friday, April 3, 2026"), ("GB", "03/04/2026", "Friday 3 April 2026"),
     ("CA", "2026-04-03", "Friday 3 April 2026")],
)  # fmt: skip
def test_a_field_shows_its_companys_order_and_spells_the_day_out(
    country: str, shown: str, words: str
) -> None:
    show_days_of(Company(country=country))
    drawn = DayInput().render("on", APRIL)
    assert f'value="{shown}"' in drawn
    assert words in drawn
    order = Company(country=country).types_dates
    assert f'name="on-order" value="{order}"' in drawn
    assert spelled(APRIL, order) == words


def test_what_was_shown_is_what_is_read_whatever_the_company_became() -> None:
    show_days_of(Company(country="GB"))
    field, posted = DayField(), {"on": "03/04/2026", "on-order": "mdy"}
    assert field.clean(field.widget.value_from_datadict(posted, {}, "on")) == MARCH
    with pytest.raises(forms.ValidationError, match="dd/mm/yyyy"):
        field.clean(field.widget.value_from_datadict({"on": "31/31/2026"}, {}, "on"))


@pytest.mark.django_db
def test_where_companies_differ_the_year_comes_first() -> None:
    make_company(country="GB")
    show_days_of(None)
    assert 'value="03/04/2026"' in DayInput().render("on", APRIL)
    make_company(country="US")
    assert 'value="2026-04-03"' in DayInput().render("on", APRIL)


@pytest.mark.parametrize(("country", "meant"), [("US", date(2026, 3, 4)), ("GB", date(2026, 4, 3))])
def test_money_is_received_on_the_day_that_was_meant(
    country: str, meant: date, world: World, browse: Browse
) -> None:
    world.company.country = country
    world.company.save()
    address = page(world.open_invoice.customer, "receive-payment")
    form = {
        "amount": "5",
        "date": "03/04/2026",
        "how": "account",
        "method": str(world.payment.method_id),
    }
    assert browse("Fay").post(address, form).status_code == 302
    assert Payment.objects.latest("pk").date == meant


@pytest.mark.parametrize(("country", "meant"), [("US", date(2026, 3, 4)), ("GB", date(2026, 4, 3))])
def test_a_draft_bears_the_day_that_was_meant(
    country: str, meant: date, world: World, browse: Browse
) -> None:
    world.company.country = country
    world.company.save()
    form = {
        "company": world.company.pk,
        "customer": world.draft.customer_id,
        "issue_date": "03/04/2026",
        "tax_mode": "exclusive",
        "lines-TOTAL_FORMS": "0",
        "lines-INITIAL_FORMS": "0",
    }
    answer = browse("Cleo").post(reverse("admin:billing_invoice_add"), form)
    assert answer.status_code == 302, answer.context["errors"]
    assert Invoice.objects.latest("pk").issue_date == meant


@pytest.mark.parametrize(("country", "found"), [("US", True), ("GB", False)])
def test_a_list_is_filtered_by_the_day_that_was_meant(
    country: str, found: bool, world: World, browse: Browse
) -> None:
    """The open invoice is of 30 October 2026; 11/10/2026 is 10 November in the US."""
    world.company.country = country
    world.company.save()
    address = reverse("admin:billing_invoice_changelist")
    query = {"issue_date_to": "11/10/2026", "issue_date_to-order": world.company.types_dates.value}
    listed = browse("Fay").get(address, query)
    assert listed.status_code == 200
    assert (str(world.open_invoice.number) in listed.content.decode()) == found
    unread = browse("Fay").get(address, {**query, "issue_date_to": "99/99/2026"})
    assert "is no day here" in unread.content.decode()


# --- every field -----------------------------------------------------------------------------------


def form_classes() -> Iterator[type[forms.BaseForm]]:
    """Every form class of the back office, found by importing all of it."""
    for each in pkgutil.walk_packages(backoffice.__path__, f"{backoffice.__name__}."):
        if ".management." not in each.name:
            importlib.import_module(each.name)
    todo: list[Any] = [forms.BaseForm]
    seen = set()
    while todo:
        for each in todo.pop().__subclasses__():
            if each not in seen:
                seen.add(each)
                todo.append(each)
                if each.__module__.startswith("apps.backoffice"):
                    yield each


def days_of(form: Any) -> list[tuple[str, Any]]:
    fields = getattr(form, "base_fields", {})
    return [(name, field) for name, field in fields.items()
            if isinstance(field, forms.DateField | forms.DateTimeField)]  # fmt: skip


def test_every_day_of_every_form_is_typed_in_the_one_way() -> None:
    found = 0
    for form in form_classes():
        for name, field in days_of(form):
            assert isinstance(field, DayField), f"{form.__name__}.{name}"
            assert isinstance(field.widget, DayInput), f"{form.__name__}.{name}"
            found += 1
    assert found >= 8


def test_every_day_of_every_screen_and_filter_is_typed_in_the_one_way(
    whole: WholeWorld, browse: Browse
) -> None:
    request: Any = browse("Fay").get("/admin/").wsgi_request
    request.user = give_every_permission(request.user)
    names = set()
    for model, screen in admin.site._registry.items():
        # What nobody adds is only ever looked at or changed.
        form = screen.get_form(request, change=not screen.has_add_permission(request))
        assert issubclass(form, Asking), model
        for name, field in days_of(form):
            assert isinstance(field, DayField), (model, name)
            names.add(f"{model.__name__}.{name}")
        for inline in screen.get_inline_instances(request):
            for name, field in days_of(inline.get_formset(request).form):
                assert isinstance(field, DayField), (model, name)
        for filtered in screen.list_filter:
            kind = filtered[1] if isinstance(filtered, tuple) else None
            if kind is DateFilter:
                assert all(isinstance(field, DayField) for field in
                           kind.form_class(name="x").fields.values()), filtered  # fmt: skip
            assert kind is DateFilter or "Date" not in getattr(kind, "__name__", ""), filtered
    assert {
        "Invoice.issue_date",
        "Invoice.due_date",
        "TaxRate.valid_from",
        "ExchangeRate.date",
    } <= names


def test_every_act_that_asks_can_ask_back() -> None:
    assert issubclass(ActForm, Asking)
