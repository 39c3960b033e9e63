"""Export for another system: choose a file, see what will come of it, take it."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client

from apps.exchange.exports.layouts import layouts
from apps.staff.access import set_up_roles
from apps.staff.models import User
from tests.backoffice.world import WholeWorld
from tests.exchange.exports.validator import faults
from tests.factories import make_invoice

Browse = Callable[[str], Client]


def page(whole: WholeWorld, query: str = "") -> str:
    return f"/admin/billing/company/{whole.company.pk}/export-for-another/?{query}"


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_every_file_is_offered_with_its_product(whole: WholeWorld, browse: Browse) -> None:
    text = browse("Vera").get(page(whole)).content.decode()
    assert text.count('href="?file=') == len(layouts()) + 2
    assert "Sage Accounting" in text
    company = browse("Vera").get(f"/admin/billing/company/{whole.company.pk}/change/")
    assert "Export for another system" in company.content.decode()


def test_our_own_files_come_as_a_workbook_too(whole: WholeWorld, browse: Browse) -> None:
    fay = browse("Fay")
    shown = fay.get(page(whole, "file=native-documents&act=look")).content.decode()
    assert "Download as Excel" in shown
    response = fay.get(page(whole, "file=native-documents&act=workbook"))
    assert response["Content-Disposition"].endswith('.xlsx"')
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as book:
        texts = book.read("xl/worksheets/sheet1.xml").decode()
    assert whole.open_invoice.number in texts
    masters = fay.get(page(whole, "file=native-customers&act=workbook"))
    with zipfile.ZipFile(io.BytesIO(b"".join(masters.streaming_content))) as book:
        assert "Bell &amp; Daughters" in "".join(
            book.read(name).decode() for name in book.namelist() if name.endswith(".xml")
        )
    other = fay.get(page(whole, "file=wave-customers&act=look")).content.decode()
    assert "Download as Excel" not in other


def test_the_page_says_what_will_come_and_then_gives_it(whole: WholeWorld, browse: Browse) -> None:
    fay = browse("Fay")
    asked = fay.get(page(whole, "file=xero-invoices")).content.decode()
    assert "Account of sales there" in asked
    assert "Lines without tax are called there" in asked
    lacking = fay.get(page(whole, "file=xero-invoices&act=look")).content.decode()
    assert "Nothing to export" in lacking
    assert "AccountCode is empty, and Xero asks for it. Say on which account" in lacking
    answers = "file=xero-invoices&account=200&tax_none=No+VAT&dates=day&formulas=refuse"
    shown = fay.get(page(whole, f"{answers}&act=look")).content.decode()
    assert "Choose “Tax exclusive”" in shown
    assert "act=download" in shown
    response = fay.get(page(whole, f"{answers}&act=download"))
    assert response["Content-Disposition"].endswith('.csv"')
    data = b"".join(response.streaming_content)
    assert faults("xero-invoices", data) == []
    assert whole.open_invoice.number.encode() in data
    # What was typed is there the next time.
    assert 'value="No VAT"' in fay.get(page(whole, "file=xero-invoices")).content.decode()


def test_the_mappings_of_a_connection_name_accounts(whole: WholeWorld, browse: Browse) -> None:
    fay = browse("Fay")
    asked = fay.get(page(whole, "file=qbo-items")).content.decode()
    assert "Thornfield Trading in QuickBooks" in asked
    query = f"file=qbo-items&act=download&connection={whole.connection.pk}"
    (row, *_) = csv.DictReader(io.StringIO(text_of(fay.get(page(whole, query)))))
    assert (row["Product/Service Name"], row["Income Account"]) == (
        "Brass lantern", "Sales of Product Income")  # fmt: skip


def test_several_files_come_as_a_zip_and_reasons_as_a_list(
    whole: WholeWorld, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.backoffice.lists import other_systems

    small = replace(layouts()["xero-invoices"], most_documents=1)
    monkeypatch.setattr(other_systems, "layouts", lambda: {"xero-invoices": small})
    answers = "file=xero-invoices&account=200&tax_none=No+VAT"
    fay = browse("Fay")
    assert "numbered files in a ZIP" in fay.get(page(whole, f"{answers}&act=look")).content.decode()
    response = fay.get(page(whole, f"{answers}&act=download"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    names = archive.namelist()
    assert len(names) > 2
    assert names[0].endswith(f"-1-of-{len(names)}.csv")
    assert [faults("xero-invoices", archive.read(each)) for each in names] == [[]] * len(names)
    reasons = text_of(fay.get(page(whole, "file=xero-invoices&act=reasons")))
    assert "left out" in reasons
    assert reasons.splitlines()[0] == '"Record","What happens","Why"'


def test_the_ledger_of_an_accountant_is_of_a_day(whole: WholeWorld, browse: Browse) -> None:
    fay = browse("Fay")
    assert "As of the end of" in fay.get(page(whole, "file=journal")).content.decode()
    response = fay.get(page(whole, "file=journal&act=download&until=2026-11-28"))
    assert response["Content-Disposition"] == (
        'attachment; filename="receivables-2026-11-28.journal"')  # fmt: skip
    text = text_of(response)
    assert f"(Invoice {whole.invoice.number}) Bell & Daughters" in text
    assert "2026-11-28 * What every account holds" in text
    assert (
        "no day here"
        in fay.get(page(whole, "file=beancount&act=download&until=31.31")).content.decode()
    )


def test_a_person_takes_only_what_she_may_look_at(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    set_up_roles()
    assert browse("Otto").get(page(whole)).status_code == 403
    otto = people["Otto"]
    for codename in ("view_company", "view_item"):
        otto.user_permissions.add(permission(codename))
    client = browse("Otto")
    offered = client.get(page(whole)).content.decode()
    assert "file=wave-customers" not in offered
    assert "file=zoho-items" in offered
    assert "file=journal" not in offered
    assert client.get(page(whole, "file=native-customers&act=download")).status_code == 403
    assert (
        client.get(page(whole, "file=beancount&act=download&until=2026-11-28")).status_code == 403
    )


def permission(codename: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=codename, content_type__app_label="billing")


def test_days_that_run_backwards_are_told(whole: WholeWorld, browse: Browse) -> None:
    query = "file=native-documents&act=look&since=2026-05-01&until=2026-04-01"
    assert "lies before the first" in browse("Fay").get(page(whole, query)).content.decode()
    make_invoice(customer=whole.customer if hasattr(whole, "customer") else whole.draft.customer)
    query = "file=native-documents&act=look&since=2026-03-02&until=2026-03-02"
    assert "records in" in browse("Fay").get(page(whole, query)).content.decode()


def test_its_name_bears_the_companys_day(whole: WholeWorld, browse: Browse) -> None:
    whole.company.time_zone = "Pacific/Kiritimati"  # fourteen hours before UTC
    whole.company.save()
    answer = browse("Fay").get(page(whole, "file=native-documents&act=download"))
    assert f"native-documents-{whole.company.today()}.csv" in answer["Content-Disposition"]


def test_one_good_record_behind_many_bad_ones_is_found(
    whole: WholeWorld, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look ends early; whether there is a file at all does not hang on it."""
    monkeypatch.setattr("apps.backoffice.lists.other_systems.LOOKED_AT", 1)
    first = make_invoice(company=whole.company, issue_date=date(2020, 1, 2))
    first.customer.name = "=HYPERLINK()"
    first.customer.save()
    asked = "file=zoho-invoices&tax_none=None&dates=day&formulas=refuse&act=download"
    taken = browse("Fay").get(page(whole, asked))
    assert str(whole.open_invoice.number) in text_of(taken)
