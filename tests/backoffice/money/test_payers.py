"""Receive payment, begun at the list of payments."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.billing.models import Company, CompanyMember
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.factories import make_customer, make_invoice

Browse = Callable[[str], Client]
WHO = reverse("admin:billing_payment_receive")
LIST = reverse("admin:billing_payment_changelist")


def test_it_stands_at_the_payments_for_whoever_may_receive(world: World, browse: Browse) -> None:
    assert f'href="{WHO}"' in browse("Fay").get(LIST).content.decode()
    assert f'href="{WHO}"' not in browse("Cleo").get(LIST).content.decode()
    assert browse("Cleo").get(WHO).status_code == 403
    assert "Who pays?" in browse("Fay").get(WHO).content.decode()


def test_one_customer_or_one_open_invoice_is_gone_on_with_at_once(
    world: World, browse: Browse
) -> None:
    fay, customer = browse("Fay"), world.open_invoice.customer
    make_customer(world.company, name="Kestrel Cycles")
    by_name = fay.get(WHO, {"who": "bell"})
    assert by_name["Location"] == page(customer, "receive-payment")
    number = str(world.open_invoice.number).lower()
    assert fay.get(WHO, {"who": f" {number} "})["Location"] == page(
        world.open_invoice, "receive-payment"
    )
    paid = fay.get(WHO, {"who": str(world.invoice.number)}).content.decode()
    assert "Nobody was found" in paid


def test_several_are_offered_with_what_each_owes_and_debtors_first(
    world: World, browse: Browse
) -> None:
    make_customer(world.company, name="Bell")
    owes = make_customer(world.company, name="Bellow Ltd")
    make_invoice(customer=owes)
    make_invoice(customer=owes)
    fay = browse("Fay")
    with CaptureQueriesContext(connection) as asked:
        payers = fay.get(WHO, {"who": "Bell"}).context["payers"]
    said = [(str(each.customer), each.owes, each.invoices) for each in payers]
    assert said == [("Bell & Daughters", 92, 1), ("Bellow Ltd", 200, 2), ("Bell", 0, 0)]
    said = [each["sql"] for each in asked.captured_queries]
    assert len(said) <= 12, "\n".join(said)


@pytest.mark.parametrize("who", ["Secret", "INV-OTHER-1"])
def test_nobody_of_another_company_is_found(
    who: str, world: World, people: dict[str, User], browse: Browse
) -> None:
    other = make_customer(Company.objects.create(legal_name="Other Ltd", home_currency="GBP"), name="Secret Ltd")  # fmt: skip
    make_invoice(customer=other, on_number="INV-OTHER-1")
    User.objects.filter(pk=people["Fay"].pk).update(every_company=False)
    CompanyMember.objects.create(user=people["Fay"], company=world.company)
    answer = browse("Fay").get(WHO, {"who": who})
    assert answer.status_code == 200
    assert "Nobody was found" in answer.content.decode()
