"""Tax in the fee of money that goes out and in a charge beside a payment: shown, ticked, posted once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.backoffice.frame.asking import key_of
from apps.billing.models import ActLimit, Adjustment, Approval, Payment, Refund, TaxRate
from apps.staff.access import add_member
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.money.test_screens import deductions
from tests.backoffice.people import FAY, PASSWORD
from tests.backoffice.world import WholeWorld
from tests.factories import make_tax_rate

Browse = Callable[[str], Client]
Posted = tuple[str, dict[str, Any]]
ASKED = (
    "Of the {what} of 12.00 GBP, 10.00 is the {what} and 2.00 its tax at VAT20 Standard, to be "
    "taken back. Yes, that is meant."
)


@pytest.fixture
def rate(whole: WholeWorld) -> TaxRate:
    return make_tax_rate(whole.company, 20, code="VAT20", name="Standard")


def returned(whole: WholeWorld) -> Posted:
    assert whole.payment.method is not None
    form = {"what": "returned", "on": "2026-11-20", "method": whole.payment.method.pk,
            "fee": "12.00", "reason": "Bounced"}  # fmt: skip
    return page(whole.payment, "return"), form


def refunded(whole: WholeWorld) -> Posted:
    form = {"amount": "5", "on": "2026-11-20", "method": whole.card.pk, "fee": "12.00",
            "reason": "Too much"}  # fmt: skip
    return page(whole.waiting, "refund"), form


OUT = pytest.mark.parametrize("post", [returned, refunded])


@OUT
def test_the_tax_in_the_fee_of_what_goes_out_is_ticked_and_posted_once(
    whole: WholeWorld, browse: Browse, rate: TaxRate, post: Callable[[WholeWorld], Posted]
) -> None:
    fay, (address, form) = browse("Fay"), post(whole)
    form["fee_tax_rate"] = rate.pk
    before, asked = Refund.objects.count(), ASKED.format(what="fee")
    assert asked in fay.post(address, form).content.decode()
    assert Refund.objects.count() == before

    form |= {**fay.opened(address), "sure": [key_of(asked)]}
    assert fay.post(address, form).status_code == 302
    fay.post(address, form)  # the same form once more
    assert Refund.objects.count() == before + 1
    refund = Refund.objects.latest("pk")
    assert (refund.fee, refund.fee_tax, refund.fee_tax_rate) == (12, 2, rate)
    shown = fay.get(page(refund)).content.decode()
    whole_line = f"{refund.bank_amount:.2f}"
    for each in ("Tax in the fee, to be taken back", ">12.00 <", ">2.00 <", f">{whole_line} <"):
        assert each in shown
    assert "VAT20 Standard" in shown


@OUT
def test_tax_without_the_fee_that_it_is_in_is_refused_beside_the_field(
    whole: WholeWorld, browse: Browse, rate: TaxRate, post: Callable[[WholeWorld], Posted]
) -> None:
    address, form = post(whole)
    before = Refund.objects.count()
    answer = browse("Fay").post(address, {**form, "fee": "", "fee_tax_rate": rate.pk})
    assert "Type the fee that it is in, or leave it off." in answer.content.decode()
    assert Refund.objects.count() == before


def test_a_second_person_reads_the_tax_within_the_fee(
    whole: WholeWorld, people: dict[str, User], browse: Browse, rate: TaxRate
) -> None:
    people["Gus"] = add_member("gus@example.com", FAY, PASSWORD, name="Gus")
    ActLimit.objects.create(
        company=whole.company, role="Accountant", act="billing.return_payment", amount=50
    )
    address, form = returned(whole)
    form |= {"fee_tax_rate": rate.pk, "sure": [key_of(ASKED.format(what="fee"))]}
    browse("Fay").post(address, form)
    asked = Approval.objects.latest("pk")
    shown = browse("Gus").get(page(asked)).content.decode()
    assert "fee 12.00 GBP, tax within the fee VAT20 Standard" in shown
    browse("Gus").post(page(asked, "approve"))
    refund = Refund.objects.latest("pk")
    assert (refund.why, refund.fee, refund.fee_tax) == ("returned", 12, 2)


# --- Receive payment ----------------------------------------------------------------------------


def received(whole: WholeWorld, rate: TaxRate, **row: Any) -> Posted:
    """80.00 of 92.00 came; the bank kept 12.00."""
    invoice = whole.open_invoice
    kept = {"invoice": invoice.pk, "role": "bank_charge", "amount": "12", "reason": "Wire",
            "tax_rate": rate.pk, **row}  # fmt: skip
    form = {"amount": "80", "date": "2026-11-20", "how": "oldest",
            "method": str(whole.payment.method_id), **deductions(kept)}  # fmt: skip
    return page(invoice.customer, "receive-payment"), form


def test_the_tax_in_a_charge_beside_a_payment_is_ticked_and_posted_once(
    whole: WholeWorld, browse: Browse, rate: TaxRate
) -> None:
    fay, invoice = browse("Fay"), whole.open_invoice
    assert invoice.balance_due == 92
    address, form = received(whole, rate)
    before, asked = Payment.objects.count(), ASKED.format(what="charge")
    shown = fay.post(address, form).content.decode()
    assert asked in shown
    assert f'<option value="{rate.pk}" selected>VAT20 Standard</option>' in shown
    assert Payment.objects.count() == before

    form |= {**fay.opened(address), "sure": [key_of(asked)]}
    assert fay.post(address, form).status_code == 302
    fay.post(address, form)
    assert Payment.objects.count() == before + 1
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.written_off, invoice.balance_due) == (80, 12, 0)
    made = Adjustment.objects.filter(payment=Payment.objects.latest("pk"))
    assert dict(made.values_list("role", "amount")) == {"bank_charge": 10, "input_tax": 2}


def test_a_charge_without_tax_is_not_asked_about(
    whole: WholeWorld, browse: Browse, rate: TaxRate
) -> None:
    address, form = received(whole, rate, tax_rate="")
    assert browse("Fay").post(address, form).status_code == 302
    assert Adjustment.objects.latest("pk").amount == Decimal(12)


def test_only_a_banks_charge_beside_a_payment_bears_tax(
    whole: WholeWorld, browse: Browse, rate: TaxRate
) -> None:
    address, form = received(whole, rate, role="early_discount")
    before = Payment.objects.count()
    shown = browse("Fay").post(address, form).content.decode()
    # Escaped as the page has it.
    assert "Only a bank&#x27;s charge bears tax that you take back." in shown
    assert Payment.objects.count() == before


def test_what_may_be_kept_beside_a_payment_is_what_is_offered(
    whole: WholeWorld, browse: Browse
) -> None:
    shown = browse("Fay").get(page(whole.open_invoice.customer, "receive-payment"))
    [row, *_] = shown.context["kept"].forms
    assert [value for value, _ in row.fields["role"].choices if value] == [
        "bank_charge",
        "early_discount",
        "tax_withheld",
        "small_difference",
        "bad_debt",
    ]
    assert "Tax in it" in shown.content.decode()
