"""A customer's page says what is open on both sides, and leads to all there is of them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from apps.backoffice.frame import formatting
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment

Browse = Callable[[str], Client]


def money(amount: int) -> str:
    return formatting.money(Decimal(amount), "GBP")


def test_balance_open_credits_and_money_on_account_are_told_apart_and_add_up(
    world: World, browse: Browse
) -> None:
    customer = make_customer(world.company, name="Kestrel Cycles")
    owed = [make_invoice(customer=customer, lines=[("Lot", 1, amount)]) for amount in (100, 45)]
    note = make_credit_note(customer=customer, lines=[("Rebate", 1, 20)])
    make_payment(customer=customer, amount=7, reference="CHQ 7")
    shown = browse("Fay").get(page(customer)).text
    box = shown[shown.index('id="account-head"') :].split("</section>")[0]
    assert f"{money(118)} due to us" in box  # 145 less 20 less 7
    for amount in (145, 20, 7):
        assert f"<dd>{money(amount)}</dd>" in box
    for record in (*owed, note):
        assert page(record) in box
    assert "Payment on account, CHQ 7" in box


def test_what_we_owe_a_customer_is_said_so(world: World, browse: Browse) -> None:
    customer = make_customer(world.company, name="Kestrel Cycles")
    make_payment(customer=customer, amount=30, date=date(2026, 11, 2))
    assert f"we owe {money(30)}" in browse("Fay").get(page(customer)).text


@pytest.mark.parametrize("name", ["invoice", "creditnote", "payment", "refund", "adjustment"])
def test_all_documents_of_the_customer_are_a_press_away(
    name: str, world: World, browse: Browse
) -> None:
    customer, fay = world.draft.customer, browse("Fay")
    make_invoice(customer=make_customer(world.company, name="Kestrel Cycles"))
    address = f"/admin/billing/{name}/?customer__id__exact={customer.pk}"
    assert f'href="{address}"' in fay.get(page(customer)).text
    listed = fay.get(address)
    assert listed.status_code == 200
    assert {each.customer for each in listed.context["cl"].result_list} <= {customer}


def test_a_form_that_was_refused_still_says_it(world: World, browse: Browse) -> None:
    fay, customer = browse("Fay"), world.draft.customer
    answer = fay.post(page(customer), {"name": "", "currency": "GBP"})
    assert answer.status_code == 200
    assert f"we owe {money(58)}" in answer.text  # 58 on account; note and invoice are alike
