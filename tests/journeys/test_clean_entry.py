"""Clean entry in a real browser: what is asked while typing, the groups, and the page of a merge."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from apps.billing.models import Customer
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_invoice

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1440, 390])
def test_a_double_is_asked_about_found_and_merged(
    width: int, staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    company = make_company()
    bell = make_customer(company, name="Bell & Daughters", tax_number="GB123456789", city="Leeds")
    make_invoice(customer=bell)
    make_customer(company, name="Bel and Dauhgters Ltd", email="ann@example.com")
    make_customer(company, name="Quill GmbH")
    make_customer(company, name="The Quill")
    page = enter(staff["Fay"], width)

    def pictured(name: str) -> None:
        page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name

    page.goto(f"{reverse('admin:billing_customer_add')}?company={company.pk}")
    page.fill("#id_name", "BELL AND DAUGHTERS LIMITED")
    page.fill("#id_currency", "GBP")
    page.click("[name=_save]")
    page.get_by_text("Is this meant?").wait_for()
    pictured("customer-asked")
    assert Customer.objects.filter(company=company).count() == 4

    page.goto(f"{reverse('admin:billing_customer_maybe_the_same')}?company={company.pk}")
    assert page.get_by_text("2 groups to look at, with 4 customers").count() == 1
    pictured("maybe-the-same")
    page.get_by_role("link", name="Merge into Bell & Daughters").click()
    pictured("merge")
    page.fill("#id_reason", "Typed twice")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.wait_for_url("**/change/")
    assert Customer.objects.get(name="Bel and Dauhgters Ltd").merged_into == bell

    page.goto(f"{reverse('admin:billing_customer_maybe_the_same')}?company={company.pk}")
    page.get_by_placeholder("Why they are different").fill("A branch")
    page.get_by_role("button", name="Keep all: they are different").click()
    page.get_by_text("Nothing looks like a double").wait_for()
    pictured("nothing-the-same")
