"""A bank's charge that bears tax, on an invoice or beside money that goes out: its net and its tax
stand apart, and what becomes of one becomes of the other."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.billing import actions
from apps.billing.actions import Deducted
from apps.billing.changes import made_by
from apps.billing.models import (
    ActLimit,
    Adjustment,
    Company,
    Invoice,
    Payment,
    Refund,
    TaxRate,
)
from apps.billing.models.base import Frozen
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ActName, RoleName
from apps.staff.models import User
from tests.billing.bookkeeper import balances
from tests.factories import (
    make_company,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def rate(company: Company) -> TaxRate:
    return make_tax_rate(company, 20, code="VAT20")


@pytest.fixture
def invoice(company: Company) -> Invoice:
    return make_invoice(company=company)


def charged(invoice: Invoice, rate: TaxRate | None, amount: str = "12") -> Adjustment:
    return actions.deduct(
        invoice,
        role="bank_charge",
        amount=Decimal(amount),
        on=MARCH_20,
        reason="Kept",
        tax_rate=rate,
    )


def received(invoice: Invoice, rate: TaxRate) -> Payment:
    """88 of 100; the bank kept 10 and 2 of tax."""
    return actions.receive_payment(
        customer=invoice.customer,
        amount=Decimal(88),
        date=MARCH_16,
        method=make_method(invoice.company),
        apply=[(invoice, Decimal(88))],
        deductions=[
            Deducted(
                invoice=invoice,
                role="bank_charge",
                amount=Decimal(12),
                reason="Kept",
                tax_rate=rate,
            )
        ],
    )


def two_people() -> list[User]:
    set_up_roles()
    return [
        add_member(f"{name}@example.com", RoleName.ACCOUNTANT, "a-long-enough-password-1")
        for name in ("fay", "gus")
    ]


def stands(company: Company) -> dict[str, Decimal]:
    """What the accounts of the charge and of its tax hold; debit above nil."""
    found = {"bank_charge": Decimal(0), "input_tax": Decimal(0)}
    for each in Adjustment.objects.filter(company=company, status="made"):
        found[each.role] += each.amount if each.side == "credit" else -each.amount
    return found


def test_net_and_tax_are_two_entries_and_both_come_off_the_invoice(
    company: Company, invoice: Invoice, rate: TaxRate
) -> None:
    made = charged(invoice, rate)
    [tax] = made.taxes.all()
    # Charges Dr 10, tax on fees Dr 2, receivable Cr 12.
    assert (made.amount, tax.amount, tax.role) == (10, 2, "input_tax")
    invoice.refresh_from_db()
    assert (invoice.written_off, invoice.balance_due) == (12, 88)
    rate.refresh_from_db()
    assert rate.used


def test_they_are_cancelled_together(company: Company, invoice: Invoice, rate: TaxRate) -> None:
    made = charged(invoice, rate)
    [tax] = made.taxes.all()
    with pytest.raises(ValidationError, match="It is the tax within"):
        actions.cancel_adjustment(tax, reason="Typed wrong", on=MARCH_20)
    actions.cancel_adjustment(made, reason="Typed wrong", on=MARCH_20)
    invoice.refresh_from_db()
    assert (stands(company), invoice.balance_due) == ({"bank_charge": 0, "input_tax": 0}, 100)


@pytest.mark.parametrize(
    ("given_back", "charge", "tax", "due"), [(0, 10, 2, 88), (6, 5, 1, 94), (12, 0, 0, 100)]
)
def test_of_a_returned_payment_the_bank_gives_both_back_in_proportion(
    company: Company,
    invoice: Invoice,
    rate: TaxRate,
    given_back: int,
    charge: int,
    tax: int,
    due: int,
) -> None:
    payment = received(invoice, rate)
    actions.return_payment(payment, on=MARCH_20, reason="Bounced", charge_back=Decimal(given_back))
    invoice.refresh_from_db()
    assert stands(company) == {"bank_charge": charge, "input_tax": tax}
    assert (invoice.paid, invoice.balance_due) == (0, due)


def test_a_credit_of_the_whole_sale_takes_both_back_and_pays_out_what_came(
    company: Company, invoice: Invoice, rate: TaxRate
) -> None:
    received(invoice, rate)
    note = actions.credit_invoice(invoice, reason="Sent back", on=MARCH_20)
    actions.issue(note)
    note.refresh_from_db()
    assert stands(company) == {"bank_charge": 0, "input_tax": 0}
    assert note.open_credit == 88


def test_only_a_banks_charge_bears_tax(invoice: Invoice, rate: TaxRate) -> None:
    with pytest.raises(ValidationError, match="Only a bank's charge bears tax"):
        actions.deduct(
            invoice,
            role="small_difference",
            amount=Decimal(1),
            on=MARCH_20,
            reason="Pennies",
            tax_rate=rate,
        )
    with pytest.raises(ValidationError, match="A deduction is"):
        actions.deduct(invoice, role="input_tax", amount=Decimal(1), on=MARCH_20, reason="Tax")
    assert not Adjustment.objects.exists()


def test_the_limit_counts_the_charge_with_its_tax(
    company: Company, invoice: Invoice, rate: TaxRate
) -> None:
    fay, gus = two_people()
    ActLimit.objects.create(
        company=company, act=ActName.DEDUCT, role=RoleName.ACCOUNTANT, amount=15
    )
    with made_by(fay.pk):
        charged(invoice, rate)
        with pytest.raises(actions.NeedsApproval, match=r"6\.00 GBP, with 12\.00 before it") as no:
            charged(invoice, rate, "6")
        asked = actions.ask(no.value)
    actions.approve(asked, gus)
    assert stands(company) == {"bank_charge": 15, "input_tax": 3}


@pytest.mark.parametrize("role", ["input_tax", "retainer"])
def test_beside_a_payment_nothing_else_is_taken_off(invoice: Invoice, role: str) -> None:
    kept = Deducted(invoice=invoice, role=role, amount=Decimal(2), reason="Kept")
    with pytest.raises(ValidationError, match="and by nothing else") as refused:
        actions.receive_payment(
            customer=invoice.customer, amount=Decimal(98), date=MARCH_16, deductions=[kept]
        )
    assert "the tax within a bank charge follows from its tax rate" in refused.value.messages[0]
    assert not Payment.objects.exists()


# --- Beside money that goes out -----------------------------------------------------------------


def paid(company: Company, amount: int = 1200) -> Payment:
    return make_payment(company=company, amount=amount, method=make_method(company))


def held(company: Company) -> Adjustment:
    payment = make_payment(company=company, amount=1200)
    return actions.hold_as_retainer(payment, amount=Decimal(1200), on=MARCH_16, reason="Ahead")


def goes_out(source: Any, fee: Any, rate: TaxRate | None) -> Refund:
    """The bank takes a payment back; of a credit note or a retainer 100 is paid out."""
    if isinstance(source, Payment):
        return actions.return_payment(
            source, on=MARCH_20, reason="Bounced", fee=fee, fee_tax_rate=rate
        )
    pay = actions.refund_retainer if isinstance(source, Adjustment) else actions.pay_refund
    return pay(
        source,
        amount=Decimal(100),
        on=MARCH_20,
        method=make_method(source.company),
        reason="Sent back",
        fee=fee,
        fee_tax_rate=rate,
    )


SOURCES = pytest.mark.parametrize("source_of", [paid, make_paid_credit_note, held])
Source = Callable[[Company], Any]


@SOURCES
def test_the_fee_of_money_that_goes_out_stands_in_two_parts_on_one_line_of_the_bank(
    company: Company, rate: TaxRate, source_of: Source
) -> None:
    source = source_of(company)
    before = balances(company)
    refund = goes_out(source, Decimal(12), rate)
    assert (refund.fee, refund.fee_net, refund.fee_tax) == (12, 10, 2)
    assert (refund.fee_tax_rate, refund.bank_amount) == (rate, refund.amount + 12)
    after = balances(company)
    # Charges Dr 10, tax on fees Dr 2, clearing Cr what went out and 12.
    assert (after["bank_charge"], after["input_tax"]) == (10, 2)
    assert before.get("clearing", 0) - after.get("clearing", 0) == refund.amount + 12
    rate.refresh_from_db()
    assert rate.used

    actions.cancel_refund(refund, reason="Typed twice", on=MARCH_20)
    assert balances(company) == before


def test_a_returned_payment_of_1200_with_a_fee_of_12_by_hand(
    company: Company, rate: TaxRate
) -> None:
    goes_out(paid(company), Decimal(12), rate)
    # 1,200 came and went: receivable Dr 1,200 - Cr 1,200; clearing Dr 1,200 - Cr 1,212.
    assert balances(company) == {"bank_charge": 10, "input_tax": 2, "clearing": -12}


@pytest.mark.parametrize(
    ("fee", "percent", "net", "tax"), [("0.01", 20, "0.01", "0"), ("9.99", "8.25", "9.23", "0.76")]
)
def test_what_a_small_fee_rounds_to_is_all_of_it(
    company: Company, fee: str, percent: Any, net: str, tax: str
) -> None:
    rate = make_tax_rate(company, percent)
    refund = goes_out(paid(company), Decimal(fee), rate)
    assert (refund.fee_net, refund.fee_tax) == (Decimal(net), Decimal(tax))
    assert refund.fee_tax_rate == (rate if refund.fee_tax else None)


@SOURCES
def test_tax_in_a_fee_that_cannot_bear_it_is_refused(
    company: Company, rate: TaxRate, source_of: Source
) -> None:
    source = source_of(company)
    with pytest.raises(ValidationError, match="Without a fee there is no tax in it"):
        goes_out(source, 0, rate)
    exempt = make_tax_rate(company, 0, code="ZERO")
    with pytest.raises(ValidationError, match="asks no tax"):
        goes_out(source, Decimal(12), exempt)
    elsewhere = make_tax_rate(make_company(), 20)
    with pytest.raises(ValidationError, match="belongs to another company"):
        goes_out(source, Decimal(12), elsewhere)
    rate.refresh_from_db()
    assert not rate.used
    assert not Refund.objects.exists()


def test_the_tax_in_a_fee_is_frozen_with_its_refund_and_never_without_its_rate(
    company: Company, rate: TaxRate
) -> None:
    refund = goes_out(paid(company), Decimal(12), rate)
    refund.fee_tax = Decimal(1)
    with pytest.raises(Frozen, match="tax in the fee cannot change"):
        refund.save()
    for wrong in ("fee_tax = 13", "fee_tax = -1", "fee_tax_rate_id = NULL"):
        with (
            pytest.raises(IntegrityError, match="refund_fee_holds_its_tax"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE billing_refund SET {wrong}")


@SOURCES
def test_after_a_second_person_agreed_the_fee_bears_the_tax_that_was_asked_for(
    company: Company, rate: TaxRate, source_of: Source
) -> None:
    source, people = source_of(company), two_people()
    act = ActName.RETURN_PAYMENT if isinstance(source, Payment) else ActName.PAY_REFUND
    ActLimit.objects.create(company=company, act=act, role=RoleName.ACCOUNTANT, amount=50)
    with made_by(people[0].pk):
        with pytest.raises(actions.NeedsApproval) as above:
            goes_out(source, Decimal(12), rate)
        asked = actions.ask(above.value)
    assert not Refund.objects.exists()
    actions.approve(asked, people[1])
    refund = Refund.objects.get()
    assert (refund.fee, refund.fee_tax, refund.fee_tax_rate) == (12, 2, rate)
