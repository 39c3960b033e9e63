"""Reports over HTTP: chosen, shown, opened down to the record, and taken away as files."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from apps.billing.models import Company, Customer
from apps.exchange.reports.catalogue import REPORTS
from tests.billing.standing.test_by_hand import make_spring
from tests.kept_rows import kept

Browse = Callable[[str], Client]
ROLL = "receivable-roll-forward"
MARCH = {"since": "2026-03-01", "on": "2026-03-31"}


@pytest.fixture
def company(people: dict[str, Any]) -> Company:
    return kept(make_spring)


def address(name: str, page: str = "report") -> str:
    return reverse(f"admin:billing_company_{page}", args=[name])


def links(html: str, of: str) -> list[str]:
    return [
        each.replace("&amp;", "&") for each in re.findall(r'href="([^"]+)"', html) if of in each
    ]


def test_the_menu_leads_to_every_report(company: Company, browse: Browse) -> None:
    vera, index = browse("Vera"), reverse("admin:billing_company_reports")

    assert index in vera.get(reverse("admin:index")).content.decode()
    page = vera.get(index).content.decode()
    assert all(address(name) in page for name in REPORTS)


@pytest.mark.parametrize("name", list(REPORTS))
@pytest.mark.variants
def test_each_report_opens_and_comes_as_every_file(
    company: Company, browse: Browse, name: str
) -> None:
    vera, asked = browse("Vera"), {**MARCH, "customer": "Bell & Daughters"}
    page = vera.get(address(name), asked)

    assert page.status_code == 200
    assert b"t-error" not in page.content
    for kind, begins in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF")):
        answer = vera.get(address(name), {**asked, "as": kind})
        assert answer.content.startswith(begins), kind
        assert f"{name}-2026-03-31.{kind}" in answer.headers["Content-Disposition"]


def test_a_figure_opens_its_records(company: Company, browse: Browse) -> None:
    vera = browse("Vera")
    page = vera.get(address(ROLL), MARCH).content.decode()
    invoiced = next(each for each in links(page, "behind") if "column=invoiced" in each)
    behind = vera.get(invoiced).content.decode()

    assert "<h2>EUR, EUR</h2>" in behind
    record = links(behind, "/billing/invoice/")[-1]
    assert vera.get(record).status_code == 200
    total = vera.get(links(page, "column=closing")[-1] + "&as=csv").content.decode("utf-8-sig")
    assert parse_qs(urlsplit(links(page, "column=closing")[-1]).query)["currency"] == ["GBP"]
    assert total.splitlines()[0] == '"Record","Date","Currency","Amount"'
    assert sum(float(each.rsplit(",", 1)[1]) for each in total.splitlines()[1:]) == 1150


def test_a_workbook_holds_numbers(company: Company, browse: Browse) -> None:
    answer = browse("Vera").get(address(ROLL), {**MARCH, "as": "xlsx"})
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()

    assert rows[0][:3] == ["Receivable in", "Shown in", "Opening"]
    assert rows[-1][0] == "Total GBP"
    assert rows[-1][-1] == 1150


def test_as_known_earlier_it_is_what_was_signed_and_says_what_came_since(
    company: Company, browse: Browse
) -> None:
    vera = browse("Vera")
    known = {**MARCH, "known_on": "2026-04-02", "known_at": "10:00"}
    page = vera.get(address(ROLL), known).content.decode()

    assert "2 April 2026, 10:00" in page
    assert "1,090.00" in page
    later = vera.get(links(page, "later")[0]).content.decode()
    assert "What this report did not know yet" in later
    assert "90.00" in later
    answer = vera.get(links(page, "later")[0] + "&as=csv")
    csv = answer.content.decode("utf-8-sig")
    assert "later-entries-2026-03-31-known-2026-04-02-1000.csv" in str(answer.headers)
    assert [each.split(",")[2] for each in csv.splitlines()] == [
        *('"Field"', '"Invoices"', '"Written off"')
    ]


@pytest.mark.parametrize("page", ["report", "behind", "later"])
def test_who_may_not_view_the_books_may_view_no_report(
    company: Company, browse: Browse, page: str
) -> None:
    assert browse("Otto").get(address(ROLL, page), MARCH).status_code in (302, 403)
    assert browse("").get(address(ROLL, page), MARCH).status_code == 302


def test_days_the_wrong_way_round_are_told(company: Company, browse: Browse) -> None:
    page = browse("Vera").get(address(ROLL), {"since": "2026-04-01", "on": "2026-03-01"})

    assert "The first day lies after the last." in page.content.decode()


@pytest.mark.parametrize(
    "query", [{"column": "no such"}, {"column": "closing", "group": "{"}, {"column": "closing", "group": "7"}]
)  # fmt: skip
def test_what_no_page_wrote_is_not_found(
    company: Company, browse: Browse, query: dict[str, str]
) -> None:
    assert browse("Vera").get(address(ROLL, "behind"), {**MARCH, **query}).status_code == 404


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Nobody", "No customer of"),
        ("e", "More than one customer is called like that: Bell &amp; Daughters, Hofladen."),
        ("hof", "Balance"),
    ],
)
def test_whose_account_it_is_is_told_by_a_name(
    company: Company, browse: Browse, typed: str, told: str
) -> None:
    page = browse("Vera").get(address("customer-account"), {**MARCH, "customer": typed})

    assert told in page.content.decode()


def test_a_customers_page_leads_to_the_account_and_that_to_the_statement(
    company: Company, browse: Browse
) -> None:
    vera, customer = browse("Vera"), Customer.objects.get(name="Hofladen")
    record = vera.get(reverse("admin:billing_customer_change", args=[customer.pk]))
    account = vera.get(links(record.content.decode(), "customer-account")[0])
    statement = vera.get(links(account.content.decode(), "/statement/")[0])

    assert statement.content.startswith(b"%PDF")


def test_without_a_company_the_way_to_one_is_shown(people: Any, browse: Browse) -> None:
    assert "There is no company yet" in browse("Vera").get(address(ROLL)).content.decode()
