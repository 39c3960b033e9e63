"""Any record is found by whatever is known of it, and nobody finds what is not theirs."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.staff.access import add_member
from apps.staff.models import User
from apps.staff.roles import RoleName
from tests.backoffice.people import PASSWORD
from tests.backoffice.two_companies import narrow
from tests.backoffice.world import World
from tests.factories import make_customer, make_invoice, make_payment

Browse = Callable[[str], Client]
FIND = "admin:billing_company_find"


def found(client: Client, typed: str) -> dict[str, list[str]]:
    answer = client.get(reverse(FIND), {"q": typed})
    assert answer.status_code == 200
    return {each.words: [hit.name for hit in each.hits] for each in answer.context["found"]}


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("INV-2026-00002", "Invoices"), ("Bell & Daughters", "Customers"), ("92.00", "Invoices"),
        ("150,00", "Payments"), ("LAN-1", "Items"), ("brass", "Items"), ("214", "In QuickBooks"),
        ("PO 88", "Invoices"), ("bell@example.com", "Customers"), ("92", "Invoices"),
    ],
)  # fmt: skip
def test_it_is_found_by_what_is_known_of_it(
    world: World, browse: Browse, typed: str, kind: str
) -> None:
    assert kind in found(browse("Fay"), typed)


def test_what_is_exactly_so_called_stands_first_and_the_rest_in_the_list(
    world: World, browse: Browse
) -> None:
    for number in range(12):
        make_customer(world.company, name=f"Acme {number}", code=f"A-{number}")
    make_customer(world.company, name="Acme", code="A")
    fay = browse("Fay")
    assert found(fay, "acme")["Customers"][0].startswith("Acme")
    answer = fay.get(reverse(FIND), {"q": "acme"})
    (customers,) = (each for each in answer.context["found"] if each.words == "Customers")
    assert len(customers.hits) == 8
    assert customers.hits[0].name in ("Acme", "A Acme")
    listed = fay.get(customers.more)
    assert listed.context["cl"].result_count == 13


def test_nobody_finds_what_is_not_theirs(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    other = World(add_member("zoe@example.com", RoleName.ACCOUNTANT, PASSWORD), "Second Ltd")
    theirs = make_customer(other.company, name="Canary Wharf Supplies")
    make_payment(
        company=other.company, customer=theirs, amount=Decimal("77.77"), method=other.payment.method
    )
    make_invoice(customer=theirs, lines=[("Advice", 1, "77.77")])
    assert set(found(browse("Fay"), "77.77")) == {"Invoices", "Payments"}
    narrow(people["Fay"], world.company)
    for typed in ("Canary", "77.77", "Wharf Supplies"):
        assert found(browse("Fay"), typed) == {}
    assert browse("Otto").get(reverse(FIND), {"q": "bell"}).status_code == 403


@pytest.mark.parametrize("typed", ["", "  ", "%", "'; DROP", '"', "a" * 400, "٣", "0", "."])
def test_odd_words_find_nothing_and_break_nothing(world: World, browse: Browse, typed: str) -> None:
    found(browse("Fay"), typed)


def test_it_asks_as_much_of_many_as_of_few(world: World, browse: Browse) -> None:
    fay = browse("Fay")

    def asked() -> Any:
        fay.get(reverse(FIND), {"q": "bell"})
        with CaptureQueriesContext(connection) as captured:
            fay.get(reverse(FIND), {"q": "bell"})
        return len(captured)

    few = asked()
    for number in range(30):
        make_invoice(customer=world.open_invoice.customer, lines=[(f"Line {number}", 1, 1)])
    assert asked() == few
    assert few <= 12


def test_its_field_stands_in_the_head_of_every_page_for_who_may_find(
    world: World, browse: Browse
) -> None:
    address = reverse(FIND)
    pages = ["/admin/", reverse("admin:billing_invoice_changelist"), "/admin/billing/item/add/"]
    for page in pages:
        assert f'role="search" aria-label="Any record" method="get" action="{address}"' in (
            browse("Fay").get(page).text
        )
    assert 'id="find-any"' not in browse("Fay").get(address).text
    assert 'id="find-any"' not in browse("Otto").get("/admin/").text
