"""Bad debts written off with their tax relieved: worked by hand, debits and credits."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing import actions
from apps.billing.acts.relief_drafts import left_of_relief
from apps.billing.changes import made_by
from apps.billing.models import (
    ActLimit,
    Adjustment,
    Company,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    Payment,
    TaxRate,
)
from apps.billing.rules.value import may_be_paid_out
from apps.billing.sums.as_of import as_of
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ActName, RoleName
from tests.factories import (
    LineOf,
    make_company,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

MARCH_16, SEPTEMBER_2, OCTOBER_5 = date(2026, 3, 16), date(2026, 9, 2), date(2026, 10, 5)
BANK, RECEIVABLE, SALES, LOSS, TAX = "bank", "receivable", "sales", "bad debts", "tax"


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
    """1,000.00 + 200.00 of tax, of 2 March 2026, of which 300.00 was paid."""
    made = sold(company, [("Lamps", 1, 1000, standard)])
    paid(made, 300)
    return made


def sold(company: Company, lines: list[LineOf], **fields: object) -> Invoice:
    return make_invoice(company=company, lines=lines, **fields)


def paid(invoice: Invoice, amount: int | str, on: date = MARCH_16) -> Payment:
    payment = make_payment(invoice=invoice, amount=amount, date=on)
    invoice.refresh_from_db()
    return payment


def relieve(invoice: Invoice, amount: int | str, on: date = OCTOBER_5) -> CreditNote:
    note = actions.write_off_with_relief(
        invoice, amount=Decimal(amount), on=on, reason="Insolvent since May"
    )
    invoice.refresh_from_db()
    return note


def recovered(note: CreditNote, amount: int | str, on: date = OCTOBER_5) -> Invoice:
    payment = make_payment(customer=note.customer, amount=amount, date=on)
    return actions.recover(
        payment, note=note, amount=Decimal(amount), on=on, reason="The liquidator paid"
    )


def booked(company: Company) -> dict[str, Decimal]:
    """Debits less credits as a bookkeeper posts them by hand, in home currency of one currency."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for lines, sign in ((InvoiceLine, 1), (CreditNoteLine, -1)):
        for line in lines.objects.filter(document__company=company, document__status="issued"):
            account = LOSS if line.item_id == company.bad_debt_item_id else SALES
            sums[account] -= sign * line.net
            sums[TAX] -= sign * line.tax
            sums[RECEIVABLE] += sign * (line.net + line.tax)
    for payment in Payment.objects.filter(company=company, status="received"):
        sums[BANK] += payment.amount
        sums[RECEIVABLE] -= payment.amount
    for each in Adjustment.objects.filter(company=company, status="made"):
        amount = each.amount if each.side == "credit" else -each.amount
        sums[LOSS] += amount
        sums[RECEIVABLE] -= amount
    return {account: amount for account, amount in sums.items() if amount}


def figures(invoice: Invoice) -> tuple[Decimal, ...]:
    """Paid, credited, written off, due."""
    invoice.refresh_from_db()
    return invoice.paid, invoice.credited, invoice.written_off, invoice.balance_due


# --- What it books ------------------------------------------------------------------------------


def test_a_bad_debt_with_relief_is_a_loss_of_its_net_and_takes_its_tax_back(
    company: Company, invoice: Invoice
) -> None:
    note = relieve(invoice, 900)
    # Bad debts Dr 750, tax Dr 150, receivable Cr 900.
    assert (note.net, note.tax, note.total) == (750, 150, 900)
    assert (note.status, note.relieves, note.invoice) == ("issued", invoice, None)
    assert figures(invoice) == (300, 0, 900, 0)
    assert booked(company) == {BANK: 300, SALES: -1000, TAX: -50, LOSS: 750}
    [share] = note.shares
    assert (share.base, share.tax) == (750, 150)


def test_what_is_recovered_is_owed_to_both_again(company: Company, invoice: Invoice) -> None:
    note = relieve(invoice, 900)
    again = recovered(note, 90)
    # Bank Dr 90, bad debts Cr 75, tax Cr 15.
    assert (again.net, again.tax, again.balance_due, again.recovers) == (75, 15, 0, note)
    assert booked(company) == {BANK: 390, SALES: -1000, TAX: -65, LOSS: 675}
    assert figures(invoice) == (300, 0, 900, 0)
    assert left_of_relief(note) == 810
    recovered(note, 810)
    assert booked(company) == {BANK: 1200, SALES: -1000, TAX: -200}
    with pytest.raises(ValidationError, match=r"Only 0\.00 GBP of CN-2026-00001 is written off"):
        recovered(note, "0.01")


def test_an_undone_write_off_leaves_nothing_and_the_invoice_is_due(
    company: Company, invoice: Invoice
) -> None:
    before = booked(company)
    note = relieve(invoice, 900)
    actions.void(note, reason="It was paid", on=OCTOBER_5)
    assert booked(company) == before
    assert figures(invoice) == (300, 0, 0, 900)
    assert (note.status, note.void_date) == ("void", OCTOBER_5)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["exclusive", "inclusive"])
@pytest.mark.parametrize("rounding", ["line", "rate"])
def test_every_cent_of_every_rate_is_taken_back_once_in_whatever_parts(
    company: Company, standard: TaxRate, mode: str, rounding: str
) -> None:
    company.tax_rounding = rounding
    company.save()
    of_two = make_tax_rate(company, "5", "9.975")
    zero = make_tax_rate(company, 0, treatment="zero")
    chance = random.Random(f"{mode} {rounding}")
    for _ in range(2):
        lines: list[LineOf] = [
            ("Lamps", 3, f"{chance.randint(1, 9999) / 100}", standard),
            ("Shades", 1, f"{chance.randint(1, 9999) / 100}", of_two),
            ("Books", 7, f"{chance.randint(1, 999) / 100}", zero),
            ("Gifts", 1, "0.07", standard),
            ("Stamps", 1, "3.33"),
        ]
        invoice = sold(company, lines, tax_mode=mode)
        notes = []
        while invoice.balance_due:
            part = min(Decimal(chance.randint(1, 9000)) / 100, invoice.balance_due)
            notes.append(relieve(invoice, str(part)))
            # Of the part the tax that its proportion bears, to a cent for each component.
            fair = invoice.tax * part / invoice.total
            assert abs(notes[-1].tax - fair) < Decimal("0.06")
        assert sum(each.tax for each in notes) == invoice.tax
        taken: defaultdict[int, Decimal] = defaultdict(Decimal)
        for each in notes:
            assert (
                each.total
                == each.net + each.tax
                == sum(line.net + line.tax for line in each.lines.all())
            )
            for share in each.shares:
                taken[share.component_id] += share.tax
                assert share.tax >= 0
        assert taken == {each.component_id: each.tax for each in invoice.shares}
    assert booked(company).keys() == {SALES, LOSS}


def test_what_was_credited_of_a_rate_is_not_relieved_again(
    company: Company, standard: TaxRate
) -> None:
    plain = make_tax_rate(company, 0, treatment="zero")
    made = sold(company, [("Lamps", 1, 100, standard), ("Books", 1, 100, plain)])
    books = made.lines.get(position=2)
    note = actions.credit_invoice(
        made, reason="Back", on=MARCH_16, lines=[actions.Part(line=books)]
    )
    actions.issue(note)
    actions.allocate(note, made, Decimal(100), on=MARCH_16)
    made.refresh_from_db()
    # 120 is left, all of it at 20 %.
    assert relieve(made, 120).tax == 20


def test_a_foreign_debt_is_written_off_at_its_invoices_rate(
    company: Company, standard: TaxRate
) -> None:
    make_exchange_rate(company, "EUR", "0.9")
    customer = make_customer(company, currency="EUR")
    made = make_invoice(customer=customer, lines=[("Lamps", 1, 1000, standard)])
    make_exchange_rate(company, "EUR", "0.5", on=OCTOBER_5)
    note = relieve(made, 1200)
    assert (note.exchange_rate, note.home_total, note.home_tax) == (Decimal("0.9"), 1080, 180)
    allocation = note.allocations.get()
    assert (allocation.home_amount, allocation.exchange_difference) == (1080, 0)


def test_figures_of_a_day_call_it_written_off(company: Company, invoice: Invoice) -> None:
    relieve(invoice, 900)
    before = as_of(company, OCTOBER_5 - timedelta(days=1)).invoices[invoice.pk]
    after = as_of(company, OCTOBER_5).invoices[invoice.pk]
    assert (before.due, before.written_off) == (900, 0)
    assert (after.due, after.credited, after.written_off) == (0, 0, 900)


def test_a_rate_that_is_no_longer_offered_is_relieved_all_the_same(
    invoice: Invoice, standard: TaxRate
) -> None:
    standard.valid_to, standard.active = date(2026, 4, 30), False
    standard.save()
    assert relieve(invoice, 900).tax == 150


# --- What is refused ----------------------------------------------------------------------------


def test_before_the_laws_day_it_is_refused_with_that_day(
    company: Company, invoice: Invoice, standard: TaxRate
) -> None:
    with pytest.raises(ValidationError, match="can be taken back from 2 September 2026, 6 months"):
        relieve(invoice, 900, on=SEPTEMBER_2 - timedelta(days=1))
    assert relieve(invoice, 1, on=SEPTEMBER_2)
    late = sold(company, [("Lamps", 1, 100, standard)], due_date=date(2026, 8, 31))
    assert actions.relieved_from(late, company) == date(2027, 2, 28)
    company.relief_months = 0
    company.save()
    assert relieve(late, 120, on=date(2026, 8, 31)).tax == 20


def test_where_the_law_is_not_known_a_person_says_so() -> None:
    company = make_company(country="NZ")
    company.bad_debt_item = make_item(company)
    company.save()
    made = sold(company, [("Lamps", 1, 100, make_tax_rate(company, 15))])
    with pytest.raises(ValidationError, match="does not know after how many months"):
        relieve(made, 115)
    note = actions.write_off_with_relief(
        made, amount=Decimal(115), on=OCTOBER_5, reason="Insolvent", lawful=True
    )
    assert (note.net, note.tax) == (100, 15)


def test_what_cannot_be_relieved_says_why(company: Company, invoice: Invoice) -> None:
    untaxed = sold(company, [("Lamps", 1, 100)])
    with pytest.raises(ValidationError, match="bears no tax that could be taken back"):
        relieve(untaxed, 100)
    with pytest.raises(ValidationError, match=r"Only 900\.00 GBP of INV-2026-00001 is due"):
        relieve(invoice, "900.01")
    with pytest.raises(ValidationError, match="more than nil"):
        relieve(invoice, 0)
    with pytest.raises(ValidationError, match="Give a reason"):
        actions.write_off_with_relief(invoice, amount=Decimal(1), on=OCTOBER_5, reason=" ")
    actions.set_closing_date(company, date(2026, 9, 30), reason="Filed")
    with pytest.raises(ValidationError, match="closed up to 30 September 2026"):
        relieve(invoice, 900, on=date(2026, 9, 30))
    company.refresh_from_db()
    company.bad_debt_item = None
    company.save()
    with pytest.raises(ValidationError, match="has no item of bad debts yet"):
        actions.write_off_with_relief(
            Invoice.objects.get(pk=invoice.pk), amount=Decimal(1), on=OCTOBER_5, reason="Insolvent"
        )
    assert not CreditNote.objects.exists()


def test_it_settles_its_invoice_alone_and_ends_as_a_whole(invoice: Invoice) -> None:
    note = relieve(invoice, 900)
    with pytest.raises(ValidationError, match="Undo that write-off instead"):
        actions.reverse(note.allocations.get(), on=OCTOBER_5, reason="Freed")
    with pytest.raises(ValidationError, match="is left"):
        actions.pay_refund(
            note,
            amount=Decimal(1),
            on=OCTOBER_5,
            method=make_method(note.company),
            reason="Out",
        )
    again = recovered(note, 90)
    with pytest.raises(ValidationError, match=f"was booked again already, by {again}"):
        actions.void(note, reason="Wrong", on=OCTOBER_5)
    with pytest.raises(ValidationError, match="books a bad debt again"):
        actions.credit_invoice(again, reason="Wrong", on=OCTOBER_5)


def test_the_limit_of_write_offs_holds_for_both_kinds_together(
    company: Company, invoice: Invoice
) -> None:
    set_up_roles()
    fay, gus = (
        add_member(f"{name}@example.com", RoleName.ACCOUNTANT, "a-long-enough-password-1")
        for name in ("fay", "gus")
    )
    ActLimit.objects.create(
        company=company, act=ActName.WRITE_OFF, role=RoleName.ACCOUNTANT, amount=500
    )
    with made_by(fay.pk):
        relieve(invoice, 200)
        actions.write_off(invoice, amount=Decimal(200), on=OCTOBER_5, reason="Insolvent")
        with pytest.raises(actions.NeedsApproval, match=r"with 400\.00 before it"):
            actions.write_off(invoice, amount=Decimal(200), on=OCTOBER_5, reason="Insolvent")
        with pytest.raises(actions.NeedsApproval, match=r"with 400\.00 before it") as refusal:
            relieve(invoice, 240)
        asked = actions.ask(refusal.value)
    actions.approve(asked, gus)
    assert figures(invoice) == (300, 0, 640, 260)
    assert [each.tax for each in invoice.reliefs.order_by("pk")] == [
        Decimal("33.33"),
        Decimal("40.00"),
    ]


# --- No more is paid out than came in -----------------------------------------------------------


def test_a_written_off_debt_is_never_paid_out_and_a_full_credit_takes_it_back(
    company: Company, invoice: Invoice
) -> None:
    relieve(invoice, 900)
    note = actions.credit_invoice(invoice, reason="Never delivered", on=OCTOBER_5)
    actions.issue(note)
    note.refresh_from_db()
    # The sale is taken back whole; of it 900 only reverses the write-off, with its tax.
    assert booked(company) == {BANK: 300, RECEIVABLE: -300}
    assert (note.total, note.open_credit) == (1200, 300)
    assert may_be_paid_out(note) == 300
    against = note.allocations.get(invoice__recovers__isnull=False)
    with pytest.raises(ValidationError, match="ends with it"):
        actions.reverse(against, on=OCTOBER_5, reason="Freed")
    actions.void(note, reason="Delivered after all", on=OCTOBER_5)
    assert booked(company) == {BANK: 300, SALES: -1000, TAX: -50, LOSS: 750}


def test_what_was_recovered_counts_as_received_for_its_sale(
    company: Company, invoice: Invoice
) -> None:
    recovered(relieve(invoice, 900), 90)
    note = actions.credit_invoice(invoice, reason="Never delivered", on=OCTOBER_5)
    actions.issue(note)
    note.refresh_from_db()
    assert (note.open_credit, may_be_paid_out(note)) == (390, 390)
    assert booked(company) == {BANK: 390, RECEIVABLE: -390}


def test_a_loss_with_and_one_without_relief_are_taken_back_the_newest_first(
    company: Company, invoice: Invoice
) -> None:
    relieve(invoice, 600)
    actions.write_off(
        invoice, amount=Decimal(300), on=OCTOBER_5 + timedelta(days=1), reason="The rest"
    )
    line = invoice.lines.get()
    part = actions.Part(line=line, net=Decimal(750))
    note = actions.credit_invoice(
        invoice, reason="Most of it", on=OCTOBER_5 + timedelta(days=2), lines=[part]
    )
    actions.issue(note)
    note.refresh_from_db()
    # 900 credited, 600 of it beyond what was not given up: the loss without relief goes first, and
    # 300 of the one with it: 250 + 50. Tax: 200 less 100 relieved, less 150 credited, and 50 again.
    assert booked(company) == {BANK: 300, RECEIVABLE: -300, SALES: -250, LOSS: 250}
    assert note.open_credit == 300
