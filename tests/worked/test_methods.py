"""How money came, where that is words there; and money without a method, where no account is asked."""

from decimal import Decimal

import pytest

from apps.billing.models import Payment
from apps.mappings.missing import missing
from apps.sync.models import State
from tests.factories import make_customer, make_invoice, make_method, make_payment
from tests.worked.test_engine import settled, until_calm
from tests.worked.works import Works

pytestmark = pytest.mark.django_db


def test_the_name_of_a_method_goes_as_it_is_and_is_found_by_it(works: Works) -> None:
    """“Cheque” of ours is theirs, and “cheque” of theirs is ours; what nobody knows has none."""
    cheque = make_method(works.company, name="Cheque")
    make_method(works.company, name="Card", active=False)
    invoice = make_invoice(company=works.company)
    make_payment(invoice=invoice, amount=40, method=cheque)
    until_calm(works)
    settled(works)
    (ours,), (there,) = works.theirs("receipt"), works.theirs("invoice")
    assert ours["method"] == "Cheque"
    assert missing(works.connection) == []

    for place, words in enumerate((" cheque ", "Barter", "Card", "")):
        said = {"contact": there["contact"], "dated": "2026-03-17", "currency": there["currency"]}
        amount = f"{place + 1}.00"
        works.act(
            "POST", "/receipts", {**said, "rate": "1.000000", "amount": amount, "method": words}
        )
    until_calm(works)
    settled(works)
    found = {each.amount: each.method for each in Payment.objects.exclude(made_in="")}
    assert found == {Decimal(1): cheque, Decimal(2): None, Decimal(3): None, Decimal(4): None}


def test_money_without_a_method_goes_where_no_account_is_asked(works: Works) -> None:
    payment = make_payment(customer=make_customer(works.company))
    until_calm(works)
    record = works.record(payment)
    assert record.state == State.IN_THE_BOOKS, record.sentence
    (there,) = works.theirs("receipt")
    assert (there["amount"], there["method"]) == ("100.00", "")
