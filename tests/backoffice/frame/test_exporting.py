"""Every list leaves as a file as it is shown: filters, order, columns, figures as figures."""

import csv
import io
import logging
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.backoffice.frame.exporting import plain
from apps.backoffice.frame.formatting import amount_text, figure, link, money, tags
from apps.billing.models import Customer
from apps.exchange.exports.cells import Money
from apps.staff.models import User
from tests.all_rights import give_every_permission
from tests.backoffice.world import WholeWorld
from tests.factories import make_customer, make_invoice

Browse = Callable[[str], Client]
INVOICES = "admin:billing_invoice_export"


def rows_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200, response
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def taken(client: Client, name: str, query: str) -> list[list[str]]:
    return rows_of(client.get(f"{reverse(name)}?{query}"))


def test_every_list_has_a_file_of_what_it_shows(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    """Whatever a screen may list; each as many rows as the list."""
    everything = people["Otto"]
    give_every_permission(everything)
    client = browse("Otto")
    for model, screen in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_export"
        shown = screen.get_queryset(_asked(everything)).count()  # that it was taken is listed, too
        head, *rows = taken(client, name, "_format=csv")
        assert len(rows) == shown, model
        assert len(set(map(len, [head, *rows]))) == 1, model
        assert not any("<" in cell and ">" in cell for row in rows for cell in row), model


def _asked(user: User) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_filters_search_order_and_columns_hold_in_the_file(
    whole: WholeWorld, browse: Browse
) -> None:
    fay = browse("Fay")
    everything = taken(fay, INVOICES, "_format=csv")
    assert everything[0] == ["Number", "Customer", "Date", "Due date", "Status", "Total",
                             "Balance due", "In the books", "Currency"]  # fmt: skip
    drafts = taken(fay, INVOICES, "stands=draft&_format=csv")
    assert {row[4] for row in drafts[1:]} == {"Draft"}
    assert len(drafts) < len(everything)
    by_total = [
        Decimal(row[0]) for row in taken(fay, INVOICES, "o=6&_format=csv&_columns=money_total")[1:]
    ]
    assert by_total == sorted(by_total)
    assert len(by_total) > 2
    number = whole.open_invoice.number
    found = taken(fay, INVOICES, f"q={number}&_format=csv&_columns=name&_columns=issue_date")
    assert found == [["Number", "Date"], [number, "2026-10-30"]]
    # What the list does not show, and the record's page does.
    order = taken(fay, INVOICES, "_format=csv&_columns=name&_columns=purchase_order_number")
    assert ["PO 88"] in [row[1:] for row in order]


def test_amounts_and_days_are_figures_in_excel(whole: WholeWorld, browse: Browse) -> None:
    response = browse("Fay").get(f"{reverse(INVOICES)}?_format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    head = [cell.value for cell in sheet[1]]
    assert sheet.freeze_panes == "A2"
    row = next(
        each for each in sheet.iter_rows(min_row=2) if each[0].value == whole.open_invoice.number
    )
    total, day = row[head.index("Total")], row[head.index("Date")]
    assert (total.data_type, Decimal(str(total.value)), total.number_format) == (
        "n", whole.open_invoice.total.normalize(), "#,##0.00")  # fmt: skip
    assert (day.is_date, str(day.value)) == (True, "2026-10-30 00:00:00")


def test_a_file_asks_the_database_no_more_for_more_rows(whole: WholeWorld, browse: Browse) -> None:
    fay = browse("Fay")

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert len(taken(fay, INVOICES, "_format=csv")) > 3
            assert len(taken(fay, "admin:billing_customer_export", "_format=csv")) > 1
        return len(seen)

    asked()  # what is read once and kept
    before = asked()
    for _ in range(8):
        make_invoice(customer=make_customer(whole.company, name=f"More {_}"))
    assert asked() == before


def test_a_name_that_a_spreadsheet_would_run_is_text(whole: WholeWorld, browse: Browse) -> None:
    bad = '=HYPERLINK("http://evil.example","Pay here")'
    make_customer(whole.company, name=bad, phone="+44 20 7946 0000")
    query = "_columns=name&_columns=phone&q=HYPERLINK"
    rows = taken(browse("Fay"), "admin:billing_customer_export", f"_format=csv&{query}")
    assert rows[1] == [f"'{bad}", "'+44 20 7946 0000"]
    response = browse("Fay").get(f"{reverse('admin:billing_customer_export')}?_format=xlsx&{query}")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [
        (bad, "s"), ("+44 20 7946 0000", "s")]  # fmt: skip


def test_europeans_get_semicolons_and_decimal_commas(whole: WholeWorld, browse: Browse) -> None:
    response = browse("Fay").get(f"{reverse(INVOICES)}?_format=csv-european&_columns=money_total")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == '"Total";"Currency"'
    assert any(line.startswith("92,00;") for line in text.splitlines())


def test_only_who_may_look_may_take_and_it_is_logged(
    whole: WholeWorld, people: dict[str, User], browse: Browse, caplog: Any
) -> None:
    address = f"{reverse(INVOICES)}?_format=csv"
    assert browse("Otto").get(address).status_code == 403
    with caplog.at_level(logging.INFO, "apps.backoffice.frame.downloads"):
        rows = rows_of(browse("Vera").get(address))
    assert caplog.messages[-1:] == [
        f"export.done user={people['Vera'].pk} what=billing.invoice format=csv rows={len(rows) - 1}"
    ]


def test_the_page_says_what_will_come_and_keeps_the_filters(
    whole: WholeWorld, browse: Browse
) -> None:
    fay = browse("Fay")
    listed = fay.get(reverse("admin:billing_invoice_changelist") + "?stands=draft").content.decode()
    assert f"{reverse(INVOICES)}?stands=draft" in listed
    asked = fay.get(f"{reverse(INVOICES)}?stands=draft")
    page = asked.content.decode()
    assert '<input type="hidden" name="stands" value="draft">' in page
    assert "Purchase order number" in page
    without = fay.get(f"{reverse(INVOICES)}?_format=pdf").content.decode()
    assert "Select a valid choice" in without
    assert fay.get(f"{reverse(INVOICES)}?nonsense=1").status_code == 302


@pytest.mark.parametrize(
    ("shown", "cell"),
    [
        (money(Decimal("-7.50"), "GBP"), Money(Decimal("-7.50"), "GBP")),
        (money(None, "GBP"), None),
        (figure(Decimal("1.000000")), Decimal(1)),
        (amount_text(None, "GBP"), None),
        (link("/x", "Bell & <Daughters>"), "Bell & <Daughters>"),
        (tags([("In the books", "good"), ("Held", "bad")]), "In the books Held"),
        (date(2026, 1, 2), date(2026, 1, 2)),
        (True, True),
    ],
)
def test_what_a_list_shows_becomes_a_cell(shown: object, cell: object) -> None:
    assert plain(shown) == cell
    assert type(plain(shown)) is type(cell)


def test_a_related_record_is_called_by_its_name(db: None) -> None:
    assert plain(Customer(name="Bell")) == "Bell"
