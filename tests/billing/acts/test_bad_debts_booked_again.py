"""Bad debts that were booked again: what becomes of them once the sale is credited, or they fail."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing import actions
from apps.billing.acts.allocations import take_back
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.changes import made_by
from apps.billing.models import (
    AccountRole,
    ActLimit,
    Company,
    CreditNote,
    Invoice,
    Payment,
    TaxRate,
)
from apps.billing.rules.value import may_be_paid_out
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ActName, RoleName
from tests.billing.acts.test_relieving import (
    BANK,
    OCTOBER_5,
    RECEIVABLE,
    TAX,
    booked,
    figures,
    paid,
    recovered,
    relieve,
    sold,
)
from tests.factories import (
    LineOf,
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

NEXT_JULY = date(2027, 7, 1)  # six months after what was recovered in October was due


@pytest.fixture
def company() -> Company:
    company = make_company(country="GB")
    company.bad_debt_item = make_item(company, code="BAD-DEBT", name="Bad debts")
    company.save()
    return company


@pytest.fixture
def standard(company: Company) -> TaxRate:
    return make_tax_rate(company, 20)


@pytest.fixture
def invoice(company: Company, standard: TaxRate) -> Invoice:
    """1,000.00 + 200.00 of tax, of which 300.00 was paid."""
    made = sold(company, [("Lamps", 1, 1000, standard)])
    paid(made, 300)
    return made


@pytest.fixture
def again(invoice: Invoice) -> Invoice:
    """900.00 written off with relief and booked again when money came, which was then taken off."""
    made = recovered(relieve(invoice, 900), 900)
    actions.reverse(made.allocations.get(), on=OCTOBER_5, reason="Meant for another")
    made.refresh_from_db()
    return made


def freed(invoice: Invoice) -> Payment:
    """The money that came for a bad debt, on account again."""
    return Payment.objects.get(customer=invoice.customer, amount=900)


def credited(invoice: Invoice, on: date = OCTOBER_5) -> CreditNote:
    note = actions.credit_invoice(invoice, reason="Never delivered", on=on)
    actions.issue(note)
    note.refresh_from_db()
    return note


def accountant(company: Company, act: ActName) -> int:
    """One who may do this act alone up to 100.00."""
    set_up_roles()
    ActLimit.objects.create(company=company, act=act, role=RoleName.ACCOUNTANT, amount=100)
    return add_member("fay@example.com", RoleName.ACCOUNTANT, "a-long-enough-password-1").pk


# --- Credited ------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [False, True])
def test_a_void_note_leaves_what_it_only_settled(
    invoice: Invoice, again: Invoice, whole: bool
) -> None:
    """Money and a credit stand on what money once booked again: no note that ends takes it along."""
    note = credited(invoice)
    part = Decimal(900 if whole else 400)
    allocation = actions.allocate(note, again, part, on=OCTOBER_5)
    if not whole:
        actions.allocate(freed(invoice), again, Decimal(500), on=OCTOBER_5)
    with pytest.raises(ValidationError, match="Un-apply it first"):
        actions.void(note, reason="Delivered after all", on=OCTOBER_5)
    actions.reverse(allocation, on=OCTOBER_5, reason="Set against another")
    actions.void(note, reason="Delivered after all", on=OCTOBER_5)
    paid_of_it = Decimal(0 if whole else 500)
    assert figures(again) == (paid_of_it, 0, 0, 900 - paid_of_it)
    assert again.status == "issued"


def test_what_is_booked_again_is_not_void_under_the_credit_of_its_sale(
    company: Company, invoice: Invoice, again: Invoice
) -> None:
    note = credited(invoice)
    with pytest.raises(ValidationError, match="void that credit note first"):
        actions.void(again, reason="The cheque failed", on=OCTOBER_5)
    assert booked(company) == {BANK: 1200, RECEIVABLE: -1200}
    actions.void(note, reason="Delivered after all", on=OCTOBER_5)
    actions.void(again, reason="The cheque failed", on=OCTOBER_5)
    assert figures(invoice) == (300, 0, 900, 0)


@pytest.mark.parametrize("write_off", [actions.write_off, actions.write_off_with_relief])
def test_a_credit_takes_back_what_was_lost_of_what_was_booked_again(
    company: Company, invoice: Invoice, again: Invoice, write_off: Callable[..., object]
) -> None:
    write_off(again, amount=Decimal(900), on=NEXT_JULY, reason="Insolvent again")
    before = booked(company)
    note = credited(invoice, NEXT_JULY)
    # Neither income nor tax falls below nil: of the note, only what was paid is open.
    assert booked(company) == {BANK: 1200, RECEIVABLE: -1200}
    assert note.open_credit == may_be_paid_out(note) == 300
    actions.void(note, reason="Delivered after all", on=NEXT_JULY)
    assert booked(company) == before


def test_what_came_of_a_debt_that_failed_twice_was_received_for_its_sale(
    company: Company, invoice: Invoice, again: Invoice
) -> None:
    lost = actions.write_off_with_relief(
        again, amount=Decimal(900), on=NEXT_JULY, reason="Insolvent again"
    )
    actions.recover(
        freed(invoice), note=lost, amount=Decimal(900), on=NEXT_JULY, reason="Paid in the end"
    )
    note = credited(invoice, NEXT_JULY)
    assert note.open_credit == may_be_paid_out(note) == 1200
    assert booked(company) == {BANK: 1200, RECEIVABLE: -1200}


def test_a_credit_of_some_lines_takes_no_tax_back_that_was_relieved(
    company: Company, standard: TaxRate
) -> None:
    zero = make_tax_rate(company, 0, code="Z", treatment="zero")
    invoice = sold(company, [("Lamps", 1, 500, standard), ("Books", 1, 600, zero)])
    # 600.00 of each rate: of the 600.00 written off, 50.00 is tax.
    relief = relieve(invoice, 600)
    lamps, books = invoice.lines.order_by("pk")
    of_lamps = actions.credit_invoice(
        invoice, reason="Sent back", on=OCTOBER_5, lines=[actions.Part(line=lamps)]
    )
    with pytest.raises(ValidationError, match=f"{relief} took some of it back as a bad debt"):
        actions.issue(of_lamps)
    half = actions.Part(line=lamps, net=Decimal(250))
    of_half = actions.credit_invoice(
        invoice, reason="Sent back", on=OCTOBER_5, lines=[half, actions.Part(line=books)]
    )
    actions.issue(of_half)  # 900.00: it takes 300.00 of the write-off back, with 25.00 of tax
    assert booked(company)[TAX] == -100 + 50 + 50 - 25
    # The rest of the sale, and with it of the write-off.
    rest = actions.credit_invoice(
        invoice, reason="Sent back", on=OCTOBER_5, lines=[actions.Part(line=lamps)]
    )
    actions.issue(rest)
    assert TAX not in booked(company)


# --- Taken off over there ------------------------------------------------------------------------


def test_a_write_off_taken_off_over_there_is_no_credit_to_the_customer(
    company: Company, standard: TaxRate, invoice: Invoice
) -> None:
    note = relieve(invoice, 900)
    with made_by(origin="QuickBooks"):
        take_back(note.allocations.get(), on=OCTOBER_5, reason="Un-applied there")
    note.refresh_from_db()
    other = sold(company, [("Lamps", 1, 1000, standard)], customer=invoice.customer)
    with pytest.raises(ValidationError, match="cannot be set against"):
        actions.allocate(note, other, Decimal(400), on=OCTOBER_5)
    with pytest.raises(ValidationError, match="cannot be set against"):
        actions.pay_refund(
            note, amount=Decimal(1), on=OCTOBER_5, method=make_method(company), reason="Out"
        )
    invoice.refresh_from_db()
    with pytest.raises(ValidationError, match=f"Apply {note} first"):
        actions.write_off(invoice, amount=Decimal(900), on=OCTOBER_5, reason="Twice")
    actions.allocate(note, invoice, Decimal(900), on=OCTOBER_5)
    assert figures(invoice) == (300, 0, 900, 0)


# --- The item of bad debts -----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["issue", "rebate", "import", "amend"])
def test_nothing_is_sold_by_the_item_of_bad_debts(company: Company, way: str) -> None:
    """Its account is that of the loss: a sale by it would lower the loss instead of being income."""
    item = company.bad_debt_item
    assert item is not None
    company.amend_allowed = True
    company.save()
    customer = make_customer(company)
    lines: list[LineOf] = [(item, 1, 100)]
    line = DraftLine(quantity=Decimal(1), unit_price=Decimal(100), item=item)
    sale = make_invoice(customer=customer)
    drafted = DraftDocument(customer=customer, issue_date=OCTOBER_5, lines=[line])
    ways: dict[str, Callable[[], object]] = {
        "issue": lambda: make_invoice(customer=customer, lines=lines),
        "rebate": lambda: make_credit_note(customer=customer, lines=lines, reason="A gift"),
        "import": lambda: create_documents([drafted]),
        "amend": lambda: actions.amend_invoice(sale, lines=[line], reason="Wrong item"),
    }
    with pytest.raises(ValidationError, match="is for bad debts alone"):
        ways[way]()


# --- A limit is not walked around in parts -------------------------------------------------------


@pytest.mark.parametrize("recovered_first", [True, False])
def test_the_limit_on_money_taken_up_holds_for_what_is_recovered_with_it(
    company: Company, invoice: Invoice, recovered_first: bool
) -> None:
    note = relieve(invoice, 900)
    payment = make_payment(customer=invoice.customer, amount=200, date=OCTOBER_5)
    alike = {"amount": Decimal(100), "on": OCTOBER_5, "reason": "The liquidator paid"}

    def recover() -> None:
        actions.recover(payment, note=note, **alike)

    def take() -> None:
        actions.take_surplus(payment, role=AccountRole.BAD_DEBT, **alike)

    first, second = (recover, take) if recovered_first else (take, recover)
    with made_by(accountant(company, ActName.DEDUCT)):
        first()
        with pytest.raises(actions.NeedsApproval, match=r"with 100\.00 before it"):
            second()


def test_the_limit_to_cancel_a_charge_is_of_the_charge_with_its_tax(
    company: Company, standard: TaxRate, invoice: Invoice
) -> None:
    made = actions.deduct(
        invoice,
        role=AccountRole.BANK_CHARGE,
        amount=Decimal(120),
        on=OCTOBER_5,
        reason="Kept by the bank",
        tax_rate=standard,
    )
    assert made.amount == 100
    with (
        made_by(accountant(company, ActName.CANCEL_ADJUSTMENT)),
        pytest.raises(actions.NeedsApproval, match=r"120\.00 GBP is above"),
    ):
        actions.cancel_adjustment(made, reason="Wrong", on=OCTOBER_5)
