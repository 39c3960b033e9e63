"""The pages of money offer what a parent may pay for, and say whose each invoice is."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.billing.models import Customer, Payment
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment

Browse = Callable[[str], Client]


@pytest.fixture
def group(world: World) -> Customer:
    return make_customer(world.company, name="Bell Holding")


def test_the_parent_of_a_customer_is_chosen_on_its_page(
    world: World, group: Customer, browse: Browse
) -> None:
    customer, fay = world.open_invoice.customer, browse("Fay")
    shown = fay.get(page(customer)).context["adminform"].form
    form = {name: value or "" for name, value in shown.initial.items() if name in shown.fields}
    stamp = {name: shown[name].value() for name in shown.fields if name not in form}
    answer = fay.post(page(customer), {**stamp, **form, "parent": group.pk, "active": "on"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    customer.refresh_from_db()
    assert customer.parent == group


def test_receive_payment_offers_the_open_invoices_of_sub_customers_by_name(
    world: World, group: Customer, browse: Browse
) -> None:
    customer = world.open_invoice.customer
    customer.parent = group
    customer.save()
    own = make_invoice(customer=group)
    fay = browse("Fay")

    shown = fay.get(page(group, "receive-payment")).content.decode()

    for invoice in (own, world.open_invoice):
        assert f'name="part_{invoice.pk}"' in shown
    assert "Open invoices of Bell Holding and its sub-customers" in shown
    assert f'<span class="t-quiet">{customer.name.replace("&", "&amp;")}</span>' in shown
    form = {
        "amount": "192.00",
        "date": "2026-11-20",
        "method": str(world.payment.method_id),
        "how": "chosen",
        f"part_{own.pk}": "100.00",
        f"part_{world.open_invoice.pk}": "92.00",
    }
    fay.post(page(group, "receive-payment"), form)
    payment = Payment.objects.get(customer=group)
    assert (payment.applied, payment.on_account) == (192, 0)
    shown = fay.get(page(customer, "receive-payment")).content.decode()
    assert "sub-customers" not in shown
    assert f'name="part_{own.pk}"' not in shown


@pytest.mark.parametrize("source", ["payment", "credit note"])
def test_only_money_is_applied_to_a_sub_customers_invoice(
    world: World, group: Customer, browse: Browse, source: str
) -> None:
    customer = world.open_invoice.customer
    customer.parent = group
    customer.save()
    record = (
        make_payment(customer=group)
        if source == "payment"
        else make_credit_note(customer=group, lines=[("Rebate", 1, 30)], reason="Loyalty")
    )
    shown = browse("Fay").get(page(record, "apply")).content.decode()
    assert (f'name="part_{world.open_invoice.pk}"' in shown) is (source == "payment")
