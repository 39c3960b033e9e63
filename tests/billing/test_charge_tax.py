"""A bank's charge that bears tax: its net and its tax stand apart, and what becomes of one becomes
of the other."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing import actions
from apps.billing.actions import Deducted
from apps.billing.changes import made_by
from apps.billing.models import ActLimit, Adjustment, Company, Invoice, Payment, TaxRate
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ActName, RoleName
from tests.factories import make_company, make_invoice, make_method, make_tax_rate

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
    set_up_roles()
    fay, gus = (
        add_member(f"{name}@example.com", RoleName.ACCOUNTANT, "a-long-enough-password-1")
        for name in ("fay", "gus")
    )
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
