"""Role × company × address × object, from the map of addresses: a new page cannot be forgotten."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.test import Client
from django.urls import reverse

from apps.backoffice.frame.screens import RecordAdmin
from apps.billing.models import CreditNote, Customer, Invoice, Item
from apps.billing.sight import Everybodys, belonging_of
from apps.exchange.reports.catalogue import REPORTS
from tests.backoffice.companies.pages import pages_of, pages_without
from tests.backoffice.frame.test_access import Page, one_of_each
from tests.backoffice.people import NAMES
from tests.backoffice.two_companies import CANARY, TwoCompanies
from tests.kept_rows import rows_of

Browse = Callable[[str], Client]
# Fay sees most; the others in the long run.
ROLES = [
    name if name == "Fay" else pytest.param(name, marks=pytest.mark.slow) for name in NAMES.values()
]
# By default one page of each screen and one of each kind; all of them in the long run.
SOME, ALL = "some", "all"
ASKED = [
    (SOME, "Fay"),
    *(pytest.param(ALL, name, marks=pytest.mark.slow) for name in NAMES.values()),
]
# Finds the word, and the page that says what was typed does not hold it.
PART = CANARY[1:-1]
# What a request leaves behind of itself, whatever it asked for.
TRACES = {"billing_onetimekey", "django_session", "staff_user", "staff_securityevent"}


def text_of(answer: Any) -> str:
    """What a person reads of an answer, of a file too."""
    body: Iterable[bytes] = (
        answer.streaming_content if getattr(answer, "streaming", False) else [answer.content]
    )
    return b"".join(body).decode("utf-8", "replace") + str(answer.headers)


def listed(wrong: list[Any]) -> str:
    return "\n".join(map(str, wrong))


def named_on(client: Client, addresses: Iterable[str]) -> list[tuple[str, object]]:
    """The pages that name the other company, and those that break."""
    wrong: list[tuple[str, object]] = []
    for address in addresses:
        answer = client.get(address)
        if answer.status_code >= 500 or answer.status_code == 400:
            wrong.append((address, answer.status_code))
        if CANARY in text_of(answer):
            wrong.append((address, "named"))
    return wrong


def asked_of(pages: Iterable[tuple[Any, str, Page]], asked: str) -> list[Page]:
    return one_of_each(pages) if asked == SOME else [page for _, _, page in pages]


@pytest.mark.parametrize(("asked", "name"), ASKED)
def test_a_record_of_another_company_is_one_that_does_not_exist(
    asked: str, name: str, two: TwoCompanies, browse: Browse
) -> None:
    client, wrong = browse(name), []
    before = {table: set(rows) for table, rows in rows_of().items()}
    pages = asked_of(pages_of(two.other), asked)
    for address, of_none in pages:
        for method in (client.get, client.post):
            theirs, none = method(address), method(of_none)
            if theirs.status_code not in (403, 404) or theirs.status_code != none.status_code:
                wrong.append((address, method.__name__, theirs.status_code, none.status_code))
            if CANARY in text_of(theirs):
                wrong.append((address, method.__name__, "named"))
    assert not wrong, listed(wrong)
    assert len(pages) > (90 if asked == SOME else 200)
    moved = [table for table, rows in rows_of().items() if set(rows) != before[table]]
    assert set(moved) <= TRACES
    # The same person still has their own.
    own = reverse("admin:billing_company_change", args=[two.own.company.pk])
    assert client.get(own).status_code == 200


@pytest.mark.parametrize(("asked", "name"), ASKED)
def test_no_page_names_another_company(
    asked: str, name: str, two: TwoCompanies, browse: Browse
) -> None:
    wrong = named_on(browse(name), asked_of(pages_without(), asked))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("asked", [SOME, pytest.param(ALL, marks=pytest.mark.slow)])
def test_whoever_sees_every_company_is_shown_the_word(
    asked: str, two: TwoCompanies, browse: Browse, people: Any
) -> None:
    """The word is there to be seen: else the tests beside this one could not fail."""
    people["Zoe"] = two.zoe
    assert two.marked > 60
    pages = asked_of(pages_without(), asked)
    found = {address for address, _ in named_on(browse("Zoe"), pages)}
    assert len(found) > 40


def lists() -> Iterator[tuple[Any, str]]:
    for model, screen in admin.site._registry.items():
        yield screen, reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def filtered(two: TwoCompanies) -> Iterator[str]:
    """Each list, searched for the word, and by each of its filters for what is of the other company."""
    for screen, address in lists():
        if screen.search_fields:
            yield f"{address}?q={PART}"
        for each in screen.list_filter:
            path = each[0] if isinstance(each, tuple) else None
            row = _reached(two.other.records.get(screen.model), path) if path else None
            if row is not None:
                yield f"{address}?{path}__id__exact={row.pk}"


def _reached(record: Any, path: str) -> Any:
    for name in path.split("__"):
        if record is None:
            return None
        try:
            if not record._meta.get_field(name).is_relation:
                return None
        except FieldDoesNotExist:
            return None
        found = getattr(record, name)
        record = found.first() if hasattr(found, "first") else found
    return record


@pytest.mark.slow
@pytest.mark.parametrize("name", ROLES)
def test_no_filter_and_no_search_finds_another_company(
    name: str, two: TwoCompanies, browse: Browse
) -> None:
    addresses = list(filtered(two))
    client, wrong = browse(name), []
    for address in addresses:
        if CANARY in text_of(client.get(address)):
            wrong.append(address)
    assert not wrong, listed(wrong)
    assert len(addresses) > 80


@pytest.mark.slow
@pytest.mark.parametrize("name", ROLES)
def test_no_file_of_a_list_holds_a_row_of_another_company(
    name: str, two: TwoCompanies, browse: Browse
) -> None:
    def files() -> Iterator[str]:
        for screen, address in lists():
            columns = [("_columns", str(each)) for each in screen.list_display]
            yield f"{address}export/?{urlencode([('_format', 'csv'), *columns])}"

    wrong = named_on(browse(name), files())
    assert not wrong, listed(wrong)


def choices() -> Iterator[tuple[str, dict[str, str]]]:
    """What each field that looks up records asks the server."""
    for screen, _ in lists():
        for each in [screen, *(inline(screen.model, admin.site) for inline in screen.inlines)]:
            for name in each.autocomplete_fields:
                meta = each.model._meta
                asked = {"app_label": meta.app_label, "model_name": meta.model_name}
                yield f"{meta.label}.{name}", {**asked, "field_name": name}


@pytest.mark.parametrize("name", ["Cleo", "Fay"])
def test_no_look_up_offers_a_record_of_another_company(
    name: str, two: TwoCompanies, browse: Browse
) -> None:
    client, asked = browse(name), list(choices())
    wrong = []
    for field, query in asked:
        for term in ("", CANARY):
            answer = client.get(reverse("admin:autocomplete"), {**query, "term": term})
            if CANARY in text_of(answer):
                wrong.append((field, term))
    for model in (Invoice, CreditNote):
        address = reverse(f"admin:billing_{model._meta.model_name}_line_defaults")
        for row in (two.other.records[Item], two.other.records[Customer]):
            query = {row._meta.model_name: row.pk, "tax_mode": "exclusive"}
            if CANARY in text_of(client.get(address, query)):
                wrong.append((address, str(query)))
        sums = reverse(f"admin:billing_{model._meta.model_name}_sums")
        theirs = {"company": two.own.company.pk, "customer": two.other.records[Customer].pk,
                  "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0",
                  "lines-0-item": two.other.records[Item].pk, "lines-0-quantity": "1"}  # fmt: skip
        if CANARY in text_of(client.post(sums, {**theirs, "one_time_key": ""})):
            wrong.append((sums, "typed"))
    assert not wrong, listed(wrong)
    assert len(asked) > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ROLES)
def test_no_report_tells_of_another_company(name: str, two: TwoCompanies, browse: Browse) -> None:
    def asked() -> Iterator[str]:
        customer, company = two.other.records[Customer], two.other.company.pk
        days = {"since": "2026-10-01", "on": "2026-11-28", "known_on": "2026-11-01"}
        for report in REPORTS.values():
            for whose in (company, two.own.company.pk):
                of = {"company": whose, **days, "customer": customer.name}
                page = reverse("admin:billing_company_report", args=[report.name])
                for query in (of, {**of, "as": "csv"}, {**of, "as": "pdf"}):
                    yield f"{page}?{urlencode(query)}"
                for column in report.columns:
                    for group in (customer.pk, two.other.records[Item].pk):
                        query = {**of, "column": column.name, "group": group, "currency": "GBP"}
                        yield f"{page}behind/?{urlencode(query)}"
                yield f"{page}later/?{urlencode(of)}"
        aged = reverse("admin:billing_customer_aged_receivables")
        yield f"{aged}?{urlencode({'company': company, 'on': '2026-11-28', 'language': 'en', 'print': '1'})}"

    wrong = []
    client = browse(name)
    for address in asked():
        text = text_of(client.get(address))
        typed = two.other.records[Customer].name
        for echo in (f"called “{typed}”", f'value="{typed}"', urlencode({"x": typed})[2:]):
            text = text.replace(echo, "").replace(echo.replace("&", "&amp;"), "")
        if CANARY in text:
            wrong.append(address)
    assert not wrong, listed(wrong)


def test_every_model_says_how_it_belongs_to_a_company() -> None:
    from django.apps import apps

    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label == "sandbox":
            continue
        said = belonging_of(model)
        if isinstance(said, Everybodys):
            assert said.reason.endswith(".")


def test_every_screen_stands_behind_the_one_door() -> None:
    assert [
        each for each in admin.site._registry.values() if not isinstance(each, RecordAdmin)
    ] == []
