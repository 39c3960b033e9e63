"""Receiving money and taking a typing error back."""

import pytest

from tests.factories import make_invoice, make_payment

pytestmark = pytest.mark.django_db


def test_a_payment_in_part_leaves_the_rest_of_the_invoice_due() -> None:
    invoice = make_invoice()
    make_payment(invoice=invoice, amount=60)
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance_due) == (60, 40)
