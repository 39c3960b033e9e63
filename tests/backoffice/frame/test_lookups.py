"""Lists filter by what they offer: a look-up made up in the address is refused on every one."""

import logging
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import SuspiciousOperation
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.backoffice.frame.screens import RecordAdmin
from apps.billing.models import Approval
from apps.staff.models import User
from tests.all_rights import give_every_permission
from tests.backoffice.world import WholeWorld

pytestmark = pytest.mark.django_db

# Ways to compare that no filter of ours offers: a letter at a time, and patterns that never end.
HOW = ("regex", "iregex", "startswith", "contains", "gte", "in", "isnull")


@pytest.fixture
def sees_all(people: dict[str, User], browse: Callable[[str], Client]) -> Client:
    give_every_permission(people["Fay"])
    return browse("Fay")


def address_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def hostile(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Every field of the list's own model, and of what hangs on it, compared in every way."""
    for field in model._meta.get_fields():
        if not field.is_relation:
            yield from ((f"{field.name}__{how}", "a") for how in HOW if how != "isnull")
        elif field.related_model is not None:
            remote = field.related_model
            yield from (
                (f"{field.name}__{each.name}__{how}", "a")
                for each in remote._meta.concrete_fields
                if not each.is_relation
                for how in ("regex", "startswith")
            )
    yield from (("pk__in", "1,2"), ("id__gte", "0"))


def test_the_list_of_hostile_look_ups_has_those_that_read_passwords() -> None:
    asked = {name for name, _ in hostile(User)}
    assert {"password__regex", "password__startswith", "name__regex"} <= asked
    assert "requested_by__password__startswith" in {name for name, _ in hostile(Approval)}


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("staff_user", "password__regex"),
        ("staff_user", "password__startswith"),
        ("staff_user", "name__regex"),
        ("staff_user", "groups__name__startswith"),
        ("triggers_apikey", "user__password__startswith"),
        ("triggers_apikey", "digest__startswith"),
        ("billing_approval", "requested_by__password__regex"),
        ("billing_customer", "name__regex"),
    ],
)
def test_an_administrator_reads_nothing_by_asking_letter_by_letter(
    model: str, asked: str, people: dict[str, User], browse: Callable[[str], Client]
) -> None:
    answer = browse("Ada").get(reverse(f"admin:{model}_changelist"), {asked: "^p"})
    assert answer.status_code == 400


@pytest.fixture
def unlogged() -> Iterator[None]:
    """No refusal is logged. pytest keeps each record for its report, with the frames of its traceback and
    all that the page had read: thousands of them are 3 GB."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_a_look_up_that_no_list_offers_is_refused(sees_all: Client, unlogged: None) -> None:
    """Refused, as Django answers one that it disallows; a word that it does not know leads back. Each is
    asked of its list itself, as somebody who has signed in already; the ends of each by a browser."""
    fay, passed, tried = User.objects.get(name="Fay"), [], 0
    for model, screen in admin.site._registry.items():
        address, offered = address_of(model), {name for name, _ in offers(screen)}
        asked = [pair for pair in hostile(model) if pair[0] not in offered]
        tried += len(asked)
        assert not refuses(screen, fay, "q", ""), "what every list takes"
        passed += [
            (model.__name__, name) for name, value in asked if not refuses(screen, fay, name, value)
        ]
        for name, value in (*asked[:1], *asked[-1:]):
            answer = sees_all.get(address, {name: value})
            if answer.status_code != 400 and not leads_back(answer):
                passed.append((model.__name__, name))
    assert passed == []
    assert tried > 3000


def refuses(screen: Any, user: User, name: str, value: str) -> bool:
    """Whether the list does, of somebody whose rights were read before."""
    request = RequestFactory().get(address_of(screen.model), {name: value})
    request.user = user
    try:
        return leads_back(screen.changelist_view(request))
    except SuspiciousOperation:
        return True  # is answered with 400


def leads_back(answer: Any) -> bool:
    return answer.status_code == 302 and "e=1" in answer["Location"]


def offers(screen: Any) -> Iterator[tuple[str, str]]:
    """(parameter, value) of every choice of every filter that this list shows now, and of its
    quick links."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(name="Fay")
    listing = screen.get_changelist_instance(request)
    for spec in listing.filter_specs:
        yield from values_of(spec)
    for _, query in getattr(screen, "quick", ()):
        yield from parse_qsl(query.removeprefix("?"))


def values_of(spec: Any) -> Iterator[tuple[str, str]]:
    """One parameter of each kind that the filter takes, with a value that it offers."""
    choices = [value for value, *_ in getattr(spec, "lookup_choices", ()) if value is not None]
    if isinstance(spec, SimpleListFilter):
        yield from ((spec.parameter_name, str(value)) for value in choices)
        return
    for name in filter(None, spec.expected_parameters()):
        if name.endswith(("_from", "_to")):
            yield name, "2026-11-20"
        elif name.endswith("__isnull"):
            yield name, "True"
        elif choices:
            yield from ((name, str(value)) for value in choices)
        elif not name.endswith("-order"):
            yield name, "1"


@pytest.mark.slow
def test_every_filter_and_quick_link_works(whole: WholeWorld, sees_all: Client) -> None:
    broken, tried = [], 0
    for model, screen in admin.site._registry.items():
        if not isinstance(screen, RecordAdmin):
            continue  # the queue's own
        for pair in sorted({*offers(screen)}):
            answer = sees_all.get(f"{address_of(model)}?{urlencode([pair])}")
            tried += 1
            if answer.status_code != 200:
                broken.append((model.__name__, pair, answer.status_code))
    assert broken == []
    assert tried > 120


@pytest.mark.slow
def test_the_links_of_pages_to_lists_work(whole: WholeWorld, sees_all: Client) -> None:
    """What other pages ask of a list: found in the pages themselves."""
    found: set[str] = set()

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            target = dict(attrs).get("href") or ""
            if tag == "a" and target.startswith("/admin/") and "?" in target:
                found.add(target)

    for model, screen in admin.site._registry.items():
        row = whole.records.get(model)
        pages = [address_of(model)]
        if row is not None and isinstance(screen, RecordAdmin):
            pages.append(screen.page("change", row.pk))
        for page in [reverse("admin:index"), *pages]:
            Links().feed(sees_all.get(page).content.decode(errors="replace"))
    refused = []
    for target in sorted(found):
        answer = sees_all.get(target)
        if answer.status_code == 400 or leads_back(answer):
            refused.append(target)
    assert len(found) > 25
    assert refused == []


def test_search_and_order_are_no_look_ups(whole: WholeWorld, sees_all: Client) -> None:
    answer = sees_all.get(reverse("admin:staff_user_changelist"), {"q": "Fay", "o": "-2", "p": "1"})
    assert answer.status_code == 200
    assert "fay@example.com" in answer.content.decode()
