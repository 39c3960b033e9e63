"""What a draft comes to while it is typed: the same, to the penny, as what is then saved."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.billing.models import Invoice
from apps.staff.models import User
from tests.backoffice.two_companies import narrow
from tests.backoffice.world import World
from tests.factories import make_company, make_customer, make_invoice, make_item, make_tax_rate

ADD = "admin:billing_invoice_add"
SUMS = "admin:billing_invoice_sums"


def typed(world: World, lines: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    data = {
        "company": world.company.pk,
        "customer": world.draft.customer_id,
        "issue_date": "2026-11-02",
        "tax_mode": "exclusive",
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": 0,
        **fields,
    }
    for number, line in enumerate(lines):
        data |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return data


def rows(answer: Any) -> dict[str, str]:
    return {each["words"]: each["amount"] for each in answer.json()["rows"]}


@pytest.fixture
def vat(world: World) -> Any:
    return make_tax_rate(world.company, "19.6")


@pytest.mark.parametrize("mode", ["exclusive", "inclusive", "none"])
def test_it_is_what_is_then_saved(
    world: World, vat: Any, browse: Callable[[str], Client], mode: str
) -> None:
    """3 × 33.33 at 19.6 %, 7 × 0.35 with 5 % off, and 10 % off the whole."""
    fay = browse("Fay")
    lines = [
        {"description": "A", "quantity": "3", "unit_price": "33.33", "tax_rate": vat.pk},
        {"description": "B", "quantity": "7", "unit_price": "0.35", "discount_percent": "5"},
    ]
    data = typed(world, lines, tax_mode=mode, discount_percent="10")
    before = Invoice.objects.count()
    shown = fay.post(reverse(SUMS), data)
    assert Invoice.objects.count() == before
    saved = fay.post(reverse(ADD), data)
    assert saved.status_code == 302, saved.context["errors"]
    invoice = Invoice.objects.latest("pk")
    found = rows(shown)
    assert found["Total"] == f"{invoice.total:,.2f} GBP"
    assert found["Net"] == f"{invoice.net:,.2f} GBP"
    taxes = sum(
        Decimal(amount.split()[0]) for words, amount in found.items() if words.startswith("Tax")
    )
    assert taxes == invoice.tax


def test_worked_by_hand(world: World, vat: Any, browse: Callable[[str], Client]) -> None:
    """2 × 10.00 and 5.00 at 20 %: 25.00 net, 5.00 tax, 30.00; due 30 days after the 2nd."""
    rate = make_tax_rate(world.company, 20)
    lines = [
        {"description": "A", "quantity": "2", "unit_price": "10", "tax_rate": rate.pk},
        {"description": "B", "quantity": "1", "unit_price": "5", "tax_rate": rate.pk},
        {"description": "no price", "quantity": "1"},
    ]
    customer = world.draft.customer
    customer.terms = world.company.payment_terms.get()
    customer.save()
    answer = browse("Fay").post(reverse(SUMS), typed(world, lines))
    assert list(rows(answer).values()) == ["25.00 GBP", "5.00 GBP", "30.00 GBP"]
    assert answer.json()["due"] == "Due 2 Dec 2026."
    assert answer.json()["lacks"] == "Line 3 lacks something, and is not counted yet."


def test_of_a_draft_the_lines_of_other_pages_count_too(
    world: World, browse: Callable[[str], Client]
) -> None:
    lines = [(f"Line {number}", 1, 1) for number in range(60)]
    draft = make_invoice(issued=False, customer=world.draft.customer, lines=lines)
    first = draft.lines.order_by("position").first()
    assert first is not None
    data = typed(
        world,
        [{"id": first.pk, "description": "Line 0", "quantity": "5", "unit_price": "1"}],
        **{"lines-INITIAL_FORMS": 1},
    )
    # Fifty stand on the page; the browser posts them all.
    shown = list(draft.lines.order_by("position")[:50])
    for number, line in enumerate(shown[1:], start=1):
        data |= {
            f"lines-{number}-id": line.pk,
            f"lines-{number}-description": line.description,
            f"lines-{number}-quantity": "1",
            f"lines-{number}-unit_price": "1",
        }
    data |= {"lines-TOTAL_FORMS": 50, "lines-INITIAL_FORMS": 50}
    answer = browse("Fay").post(f"{reverse(SUMS)}?of={draft.pk}", data)
    assert rows(answer)["Total"] == "64.00 GBP"
    draft.refresh_from_db()
    assert draft.total == 60


def test_before_a_customer_is_chosen_it_says_what_to_do(
    world: World, browse: Callable[[str], Client]
) -> None:
    answer = browse("Fay").post(reverse(SUMS), typed(world, [], customer=""))
    assert answer.json()["rows"] == []
    assert "Choose a customer" in answer.json()["lacks"]


def test_it_is_answered_to_whoever_may_type_it_alone(
    world: World, people: dict[str, User], browse: Callable[[str], Client]
) -> None:
    data = typed(world, [{"description": "A", "quantity": "1", "unit_price": "1"}])
    assert browse("Fay").get(reverse(SUMS)).status_code == 405
    assert browse("Vera").post(reverse(SUMS), data).status_code == 403
    issued = f"{reverse(SUMS)}?of={world.open_invoice.pk}"
    assert browse("Fay").post(issued, data).status_code == 403
    narrow(people["Fay"], world.company)
    other = make_company(legal_name="Second Ltd")
    theirs = make_invoice(issued=False, customer=make_customer(other), lines=[("A", 1, 999)])
    fay = browse("Fay")
    assert fay.post(f"{reverse(SUMS)}?of={theirs.pk}", data).status_code == 404
    told = fay.post(reverse(SUMS), {**data, "customer": theirs.customer_id})
    assert rows(told) == {}


def test_it_asks_little(world: World, vat: Any, browse: Callable[[str], Client]) -> None:
    item = make_item(world.company, code="X", unit_price=Decimal(2))
    line = {"item": item.pk, "quantity": "2", "tax_rate": vat.pk, "unit_price": "2"}
    fay = browse("Fay")
    fay.post(reverse(SUMS), typed(world, [line]))
    with CaptureQueriesContext(connection) as captured:
        fay.post(reverse(SUMS), typed(world, [line] * 3, opened_at=""))
    writes = [each["sql"] for each in captured.captured_queries if not each["sql"].startswith("SELECT")]  # fmt: skip
    assert not [each for each in writes if each.split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert len(captured) <= 30


def test_save_and_issue_leads_to_the_question_and_names_customer_and_total(
    world: World, browse: Callable[[str], Client]
) -> None:
    fay = browse("Fay")
    page = fay.get(reverse(ADD))
    assert "Save and issue…" in page.text
    line = {"description": "Advice", "quantity": "1", "unit_price": "80"}
    data = typed(world, [line], _issue="1")
    answer = fay.post(reverse(ADD), data)
    invoice = Invoice.objects.latest("pk")
    assert answer["Location"] == reverse("admin:billing_invoice_issue", args=[invoice.pk])
    asked = fay.get(answer["Location"]).text
    assert "Bell &amp; Daughters owes 80.00 GBP from 2 Nov 2026 on." in asked
    assert "Save and issue…" not in browse("Vera").get(reverse("admin:billing_invoice_change", args=[world.draft.pk])).text  # fmt: skip
    assert invoice.issue_date == date(2026, 11, 2)
