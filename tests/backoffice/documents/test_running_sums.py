"""What a draft comes to while it is typed: the server's own figures, to the penny, and nothing written."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.backoffice.documents.sums_box import sums_rows
from apps.billing.models import CompanyMember, Customer, Invoice, TaxRate
from apps.staff.models import User
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import lines, page
from tests.backoffice.frame.test_saves_kept import filled
from tests.backoffice.world import World
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
    make_term,
)

Browse = Callable[[str], Client]
SUMS = reverse("admin:billing_invoice_sums")
ADD = reverse("admin:billing_invoice_add")
MOST = 16  # questions, those of signing in and of rights included


def sums(client: Client, form: dict[str, Any], draft: Invoice | None = None) -> dict[str, Any]:
    address = f"{SUMS}?draft={draft.pk}" if draft else SUMS
    answer = Client.post(client, address, form)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def amounts(shown: dict[str, Any]) -> dict[str, str]:
    """Words of each row → its amount."""
    return {row["words"]: row["figure"] for row in shown["rows"]}


def rows_of(stored: Invoice) -> list[Any]:
    return [each.told() for each in sums_rows(Invoice.objects.get(pk=stored.pk))]


def amounts_on(shown: str) -> dict[str, str]:
    """The same of a page that a browser shows without a script."""
    box = shown[shown.index('id="sums-head"') :].split("</section>")[0]
    found = re.findall(
        r'<th scope="row">([^<]*?) ?(?:<.*?)?</th>.*?<span class="t-amount[^>]*>([^ <]*)', box
    )
    return dict(found)


@pytest.fixture
def rates(world: World) -> dict[str, TaxRate]:
    """20 %, 5 %, and one of two components whose thirds of pennies round each for itself."""
    company = world.company
    return {
        "standard": make_tax_rate(company, 20, code="S20", name="Standard"),
        "reduced": make_tax_rate(company, 5, code="R5", name="Reduced"),
        "double": make_tax_rate(company, "5", "9.975", code="Q", name="Quebec"),
    }


# Of each: the head, and of each line quantity, price, rate and discounts.
TYPED: dict[str, tuple[dict[str, str], list[tuple[str, str, str, dict[str, str]]]]] = {
    "without tax": ({}, [("3", "12.50", "", {}), ("1.5", "0.333", "", {})]),
    "tax on top of several rates": (
        {},
        [("3", "0.33", "standard", {}), ("7", "1.07", "reduced", {}), ("1", "9.99", "double", {})],
    ),
    "tax within": (
        {"tax_mode": "inclusive"},
        [("3", "0.35", "standard", {}), ("1", "99.99", "double", {}), ("2", "5", "reduced", {})],
    ),
    "discounts of both kinds": (
        {"discount_percent": "7.5"},
        [
            ("10", "12.50", "standard", {"discount_percent": "33.333"}),
            ("3", "3.33", "reduced", {"discount_amount": "0.07"}),
        ],
    ),
    "an amount off the whole, tax within": (
        {"tax_mode": "inclusive", "discount_amount": "10.01"},
        [("1", "33.33", "standard", {}), ("1", "66.67", "double", {}), ("1", "0.01", "", {})],
    ),
    "not taxed at all": ({"tax_mode": "none"}, [("2", "10", "", {})]),
}


def typed(world: World, rates: dict[str, TaxRate], what: str) -> dict[str, str]:
    head, rows = TYPED[what]
    form = lines(world, *(("Typed", quantity, price) for quantity, price, _, _ in rows))
    for place, (_, _, rate, discounts) in enumerate(rows):
        form |= {f"lines-{place}-{name}": text for name, text in discounts.items()}
        form[f"lines-{place}-tax_rate"] = str(rates[rate].pk) if rate else ""
    return {**form, **head}


@pytest.mark.parametrize("rounding", ["line", "rate"])
@pytest.mark.parametrize("what", TYPED)
def test_what_is_shown_while_typing_is_what_is_saved(
    what: str, rounding: str, world: World, rates: dict[str, TaxRate], browse: Browse
) -> None:
    world.company.tax_rounding = rounding
    world.company.save()
    cleo, form = browse("Cleo"), typed(world, rates, what)
    shown = sums(cleo, form)
    assert shown["left_out"] == []
    answer = cleo.post(ADD, {**form, "_continue": "1"}, follow=True)
    draft = Invoice.objects.latest("pk")
    assert draft.total > 0
    assert shown["rows"] == rows_of(draft)
    assert amounts(shown) == amounts_on(answer.content.decode())
    nets = [f"{line.net:,.2f} GBP" for line in draft.lines.all()]
    assert [*shown["lines"].values()] == nets


def test_a_customer_abroad_is_reckoned_at_the_rate_of_the_date_that_is_typed(
    world: World, browse: Browse
) -> None:
    abroad = make_customer(world.company, name="Lumen SARL", currency="EUR")
    make_exchange_rate(world.company, "EUR", "0.80", date(2026, 11, 1))
    make_exchange_rate(world.company, "EUR", "0.85", date(2026, 11, 19))
    cleo = browse("Cleo")
    form = {**lines(world, ("Lamp", "3", "33.33")), "customer": str(abroad.pk)}
    assert amounts(sums(cleo, form))["Total in GBP"] == "84.99"  # 99.99 × 0.85
    earlier = {**form, "issue_date": "05/11/2026"}
    assert amounts(sums(cleo, earlier))["Total in GBP"] == "79.99"
    none = sums(cleo, {**form, "issue_date": "05/01/2026"})
    assert none["left_out"] == ["There is no exchange rate of EUR for this date yet."]


def test_a_changed_draft_is_reckoned_with_what_is_taken_off_added_and_typed_over(
    world: World, rates: dict[str, TaxRate], browse: Browse
) -> None:
    cleo, draft = browse("Cleo"), world.draft
    form: dict[str, Any] = filled(cleo, page(draft))
    form |= {"lines-TOTAL_FORMS": "3", "lines-0-quantity": "5", "lines-1-DELETE": "on"}
    form |= {"lines-2-description": "Box", "lines-2-quantity": "2", "lines-2-unit_price": "1.10",
             "lines-2-tax_rate": str(rates["standard"].pk), "lines-2-item": "",
             "lines-2-discount_percent": "", "lines-2-discount_amount": ""}  # fmt: skip
    shown = sums(cleo, form, draft)
    assert amounts(shown)["Total"] == "65.14"  # 5 × 12.50, and 2.20 with 0.44
    assert [*shown["lines"]] == ["lines-0", "lines-2"]
    draft.refresh_from_db()
    assert draft.total == 92
    cleo.post(page(draft), form)
    draft.refresh_from_db()
    assert draft.total == Decimal("65.14")


def test_what_says_too_little_is_left_out_and_named(world: World, browse: Browse) -> None:
    form = lines(world, ("Lamp", "1", "5"), ("Box", "two", "3"), ("", "1", ""))
    form["lines-2-item"] = ""
    shown = sums(browse("Cleo"), form)
    assert shown["left_out"] == ["Line 2 is not counted yet: Enter a number."]
    assert amounts(shown)["Total"] == "5.00"
    nobody = {**form, "customer": ""}
    said = sums(browse("Cleo"), nobody)["left_out"]
    assert said[0] == "Choose the customer: tax and terms may be theirs."


def test_more_than_an_invoice_can_hold_is_said_and_not_shown(world: World, browse: Browse) -> None:
    form = lines(world, ("Lamp", "9999999999", "9999999999"))
    shown = sums(browse("Cleo"), form)
    assert shown["rows"] == []
    assert "is more than an invoice can hold." in shown["left_out"][0]


def test_a_credit_note_comes_to_what_is_left_of_its_invoice(
    world: World, rates: dict[str, TaxRate], browse: Browse
) -> None:
    billed = make_invoice(
        customer=world.draft.customer, lines=[("Lamp", 3, "0.35", rates["standard"])]
    )
    note = make_credit_note(invoice=billed, issued=False)
    fay, address = browse("Fay"), reverse("admin:billing_creditnote_sums")
    assert isinstance(fay, Desk)
    form = filled(fay, page(note))
    whole = Client.post(fay, f"{address}?draft={note.pk}", form).json()
    assert whole["due"] == ""
    assert amounts(whole)["Total"] == "1.26"
    part = Client.post(fay, f"{address}?draft={note.pk}", {**form, "lines-0-quantity": "1"}).json()
    assert amounts(part)["Total"] == "0.42"


def test_the_due_date_follows_the_terms_and_the_date(world: World, browse: Browse) -> None:
    customer = world.draft.customer
    customer.terms = make_term(world.company, name="Net 30", due_days=30)
    customer.save()
    cleo, form = browse("Cleo"), lines(world, ("Lamp", "1", "5"))
    assert sums(cleo, form)["due"] == "Sunday 20 December 2026, by the terms “Net 30”"
    later = {**form, "issue_date": "28/11/2026"}
    assert sums(cleo, later)["due"] == "Monday 28 December 2026, by the terms “Net 30”"
    assert sums(cleo, {**form, "due_date": "01/12/2026"})["due"] == ""
    cleo.post(ADD, form)
    shown = cleo.get(page(Invoice.objects.latest("pk"))).content.decode()
    assert "Sunday 20 December 2026, by the terms “Net 30”" in shown


@pytest.mark.parametrize("many", [2, 40])
def test_it_writes_nothing_and_asks_as_little_of_many_lines_as_of_few(
    many: int, world: World, rates: dict[str, TaxRate], browse: Browse
) -> None:
    items = [make_item(world.company, tax_rate=rates["standard"]) for _ in range(many)]
    form = lines(world, *(("Lot", "1", "1.25") for _ in range(many)))
    form |= {f"lines-{place}-item": str(item.pk) for place, item in enumerate(items)}
    cleo = browse("Cleo")
    with CaptureQueriesContext(connection) as asked:
        shown = sums(cleo, form)
    said = [each["sql"] for each in asked.captured_queries]
    assert len(shown["lines"]) == many
    assert len(said) <= MOST, "\n".join(said)
    assert [each for each in said if not each.lstrip("(").startswith("SELECT")] == []
    assert Invoice.objects.count() == 3


def test_it_is_told_only_to_whoever_may_type_it(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    form = lines(world, ("Lamp", "1", "5"))
    assert Client.post(browse("Vera"), SUMS, form).status_code == 403
    address = f"{SUMS}?draft={world.draft.pk}"
    assert Client.post(browse("Vera"), address, form).status_code == 403
    issued = f"{SUMS}?draft={world.invoice.pk}"
    assert Client.post(browse("Fay"), issued, form).status_code == 403
    for odd in ("x", "0", "9" * 40):
        assert Client.post(browse("Fay"), f"{SUMS}?draft={odd}", form).status_code == 404


def test_nothing_of_another_company_is_read(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    other = make_invoice(issued=False)
    dear = make_item(other.company, code="SECRET-7", unit_price=777)
    theirs: Customer = other.customer
    User.objects.filter(pk=people["Cleo"].pk).update(every_company=False)
    CompanyMember.objects.create(user=people["Cleo"], company=world.company)
    cleo, form = browse("Cleo"), lines(world, ("", "1", ""))
    assert Client.post(cleo, f"{SUMS}?draft={other.pk}", form).status_code == 404
    shown = sums(cleo, {**form, "lines-0-item": str(dear.pk)})
    assert "777" not in str(shown)
    assert shown["lines"] == {}
    shown = sums(cleo, {**form, "customer": str(theirs.pk)})
    assert theirs.name not in str(shown)
    assert sums(cleo, {**form, "company": str(other.company_id)})["rows"] == []
    # Whoever sees both does not mix them either.
    fay = browse("Fay")
    assert "777" not in str(sums(fay, {**form, "lines-0-item": str(dear.pk)}))
    mixed = sums(fay, {**form, "customer": str(theirs.pk)})
    assert mixed["left_out"][0] == "This customer belongs to another company."


def test_a_form_as_it_was_opened_shows_what_is_stored(world: World, browse: Browse) -> None:
    cleo = browse("Cleo")
    assert isinstance(cleo, Desk)
    shown = sums(cleo, filled(cleo, page(world.draft)), world.draft)
    assert amounts(shown) == amounts_on(cleo.get(page(world.draft)).content.decode())
    assert shown["rows"] == rows_of(world.draft)
