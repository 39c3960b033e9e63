"""Foreign money, taxed notes, refunds that were banked, surpluses and deductions: what the trial
balance over there says after each, worked by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    Deducted,
    Part,
    cancel_refund,
    credit_invoice,
    issue,
    make_deposit,
    pay_refund,
    receive_payment,
    take_surplus,
    undo_deposit,
)
from apps.billing.models import BankAccount, Invoice, Payment
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.reconciliation.compare import compare
from apps.sync.trial.running import run_trial
from tests.books import Books
from tests.factories import (
    make_company,
    make_customer,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.sandbox_server import SandboxServer
from tests.sync.books.test_money import CHARGES, CLEARING, RECEIVABLE, SALES, change, run

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)
EXCHANGE = "Exchange Gain or Loss"


def amounts(**named: str) -> dict[str, Decimal]:
    names = {"receivable": RECEIVABLE, "sales": SALES, "clearing": CLEARING, "charges": CHARGES}
    return {names[name]: Decimal(amount) for name, amount in named.items()}


def paid(books: Books, invoice: Invoice, amount: str, **more: Any) -> Payment:
    return receive_payment(
        customer=invoice.customer,
        amount=Decimal(amount),
        date=MARCH_16,
        method=books.method,
        apply=[(invoice, Decimal(amount))],
        **more,
    )


def tied_out(books: Books) -> None:
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here, found.doubles)


# --- Tax of a US company that keeps it by hand --------------------------------------------------


@pytest.mark.slow
def test_a_us_invoice_with_a_taxed_line_and_its_credit_notes(ledger: SandboxServer) -> None:
    books = Books(ledger, company=make_company(home_currency="USD"), profile="us_manual_tax")
    california = make_tax_rate(books.company, 8, code="California", country="US")
    read_codes(books.connection)
    code = books.connection.codes.get(kind="tax_code", name="California")
    set_mapping(books.connection, "tax", code=code, tax_rate=california)
    books.go_live()
    before = books.trial_balance()
    item = make_item(books.company)
    invoice = make_invoice(
        company=books.company, lines=[(item, 1, "33.33", california), (item, 1, "20")]
    )
    agency = "California Department of Tax and Fee Administration Payable"

    run(books)

    # 8 % of 33.33 is 2.6664; nothing is due on the 20.00.
    tax = {agency: Decimal("-2.67")}
    assert change(books, before) == {**amounts(receivable="56.00", sales="-53.33"), **tax}
    there = books.their_invoice(invoice.number or "")
    codes = [
        line["SalesItemLineDetail"]["TaxCodeRef"]["value"]
        for line in there["Line"]
        if line["DetailType"] == "SalesItemLineDetail"
    ]
    assert codes == ["TAX", "NON"]

    # Ten of the taxed line: 0.80 of tax.
    taxed = invoice.lines.get(position=1)
    issue(
        credit_invoice(
            invoice, reason="Scratched", on=MARCH_16, lines=[Part(line=taxed, net=Decimal(10))]
        )
    )
    run(books)
    tax = {agency: Decimal("-1.87")}
    assert change(books, before) == {**amounts(receivable="45.20", sales="-43.33"), **tax}

    # The rest: 23.33 and 1.87, and the 20.00.
    invoice.refresh_from_db()
    rest = [
        Part(line=taxed, net=Decimal("23.33")),
        Part(line=invoice.lines.get(position=2), net=Decimal(20)),
    ]
    issue(credit_invoice(invoice, reason="Sent back", on=MARCH_20, lines=rest))
    run(books)
    assert change(books, before) == {}
    tied_out(books)


# --- Other currencies ---------------------------------------------------------------------------


@pytest.fixture
def several(ledger: SandboxServer) -> Books:
    """British books with several currencies, live."""
    books = Books(ledger, profile="multicurrency", home_currency="GBP", country="GB")
    books.go_live()
    return books


def in_euro(books: Books) -> Invoice:
    """EUR 100.00 at 0.85."""
    return make_invoice(
        customer=make_customer(books.company, currency="EUR"), exchange_rate=Decimal("0.85")
    )


@pytest.mark.slow
def test_money_in_euro_received_here_realises_a_gain_or_a_loss(several: Books) -> None:
    before = several.trial_balance()
    first, second = in_euro(several), in_euro(several)
    # Worth 88.00 and 80.50 when it came; each invoice was booked at 85.00.
    gained = paid(several, first, "100", exchange_rate=Decimal("0.88"))
    run(several, 2)
    assert change(several, before) == {
        **amounts(clearing="88", sales="-170"),
        "Accounts Receivable (A/R) - EUR": Decimal(85),
        EXCHANGE: Decimal(-3),
    }
    lost = paid(several, second, "100", exchange_rate=Decimal("0.805"))
    run(several, 2)

    assert change(several, before) == {
        **amounts(clearing="168.50", sales="-170"),
        EXCHANGE: Decimal("1.50"),
    }
    assert [each.allocations.get().exchange_difference for each in (gained, lost)] == [
        Decimal(3),
        Decimal("-4.50"),
    ]
    tied_out(several)


@pytest.mark.slow
def test_money_in_euro_recorded_there_realises_a_gain_or_a_loss(several: Books) -> None:
    before = several.trial_balance()
    invoices = [in_euro(several), in_euro(several)]
    run(several)
    for invoice, rate in zip(invoices, ("0.91", "0.84"), strict=True):
        several.server.act(
            several.realm,
            "record_payment",
            invoices=[several.record(invoice).remote_records.get(part="").remote_id],
            date="2026-03-16",
            rate=rate,
            account=several.code(CLEARING).remote_id,
        )
    run(several)

    # 91.00 + 84.00 for 170.00.
    assert change(several, before) == {
        **amounts(clearing="175", sales="-170"),
        EXCHANGE: Decimal(-5),
    }
    here = Payment.objects.filter(customer__in=[each.customer for each in invoices])
    assert sorted(each.allocations.get().exchange_difference for each in here) == [
        Decimal(-1),
        Decimal(6),
    ]
    for invoice in invoices:
        invoice.refresh_from_db()
        assert invoice.balance_due == 0
    tied_out(several)


@pytest.mark.slow
def test_three_parts_of_a_foreign_invoice_leave_no_cent_on_the_receivable(several: Books) -> None:
    before = several.trial_balance()
    # EUR 100.01 at 0.8517 is 85.178517: 85.18 at home.
    customer = make_customer(several.company, currency="EUR")
    line = (make_item(several.company), 1, "100.01")
    invoice = make_invoice(customer=customer, lines=[line], exchange_rate=Decimal("0.8517"))
    rate = Decimal("0.8517")
    paid(several, invoice, "33.34", exchange_rate=rate)
    run(several, 2)
    # 28.395678 of it came.
    assert change(several, before) == {
        **amounts(clearing="28.40", sales="-85.18"),
        "Accounts Receivable (A/R) - EUR": Decimal("56.78"),
    }
    tied_out(several)
    paid(several, invoice, "33.34", exchange_rate=rate)
    paid(several, invoice, "33.33", exchange_rate=rate)
    run(several, 2)
    # 28.40 + 28.40 + 28.39 is a penny more than 85.18: the last one takes 28.38 off.
    assert change(several, before) == {
        **amounts(clearing="85.19", sales="-85.18"),
        EXCHANGE: Decimal("-0.01"),
    }
    tied_out(several)


@pytest.mark.slow
def test_a_test_invoice_in_another_currency_shows_its_rate_and_its_worth_at_home(
    several: Books,
) -> None:
    before = several.trial_balance()

    result = run_trial(several.connection, in_euro(several), user_id=several.fay.pk)

    assert result.matched, (result.sentence, result.rows)
    shown = {row.field: (row.ours, row.theirs, row.agrees) for row in result.rows}
    assert shown["Currency"] == ("EUR", "EUR", True)
    assert shown["Exchange rate"] == ("0.85", "0.85", True)
    assert shown["Total"] == ("100.00", "100.00", True)
    assert shown["Total in home currency"] == ("85.00", "85.00", True)
    assert change(several, before) == {
        **amounts(sales="-85"),
        "Accounts Receivable (A/R) - EUR": Decimal(85),
    }


# --- Refunds, surpluses, deductions -------------------------------------------------------------


@pytest.mark.slow
def test_a_refund_lies_in_the_bank_deposit_and_comes_out_with_it(books: Books) -> None:
    bank = BankAccount.objects.create(company=books.company, name="Checking", currency="GBP")
    books.map_proposed()
    assert books.method is not None
    before = books.trial_balance()
    invoice = make_invoice(company=books.company)
    payment = paid(books, invoice, "100")
    part = Part(line=invoice.lines.get(), net=Decimal(30))
    note = credit_invoice(invoice, reason="Three were broken", on=MARCH_16, lines=[part])
    issue(note)
    refund = pay_refund(
        note, amount=Decimal(30), on=MARCH_16, method=books.method, reason="Three were broken"
    )
    deposit = make_deposit(bank, date=MARCH_20, payments=[payment], refunds=[refund])
    run(books, 2)

    # 100.00 less 30.00 is the line of the bank, and nothing stays in clearing.
    assert change(books, before) == {**amounts(sales="-70"), "Checking": Decimal(70)}
    assert [each["TotalAmt"] for each in books.theirs("Deposit")] == [70]
    tied_out(books)

    undo_deposit(deposit, reason="Another payout")
    cancel_refund(refund, reason="The card was blocked")
    run(books, 2)

    # The 30.00 are owed to the customer again, and the payment lies in clearing.
    assert change(books, before) == amounts(sales="-70", clearing="100", receivable="-30")
    tied_out(books)


@pytest.mark.slow
def test_a_surplus_of_a_penny_leaves_nothing_on_account(books: Books) -> None:
    books.map_role("small_difference", CHARGES)
    before = books.trial_balance()
    invoice = make_invoice(company=books.company)
    payment = receive_payment(
        customer=invoice.customer,
        amount=Decimal("100.01"),
        date=MARCH_16,
        method=books.method,
        apply=[(invoice, Decimal(100))],
    )
    run(books)
    assert change(books, before) == amounts(sales="-100", clearing="100.01", receivable="-0.01")

    take_surplus(payment, amount=Decimal("0.01"), on=MARCH_20, reason="A penny too much")
    run(books, 2)

    assert change(books, before) == amounts(sales="-100", clearing="100.01", charges="-0.01")
    [there] = books.theirs("Payment")
    assert there["UnappliedAmt"] == 0
    tied_out(books)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "account", "amount", "money"),
    [
        ("early_discount", "Discounts given", "2.50", "97.50"),
        ("tax_withheld", "Prepaid Expenses", "15", "85"),
    ],
)
def test_what_was_deducted_pays_its_part_and_lies_on_the_account_of_its_role(
    books: Books, role: str, account: str, amount: str, money: str
) -> None:
    books.map_role(role, account)
    before = books.trial_balance()
    invoice = make_invoice(company=books.company)
    taken = Deducted(invoice=invoice, role=role, amount=Decimal(amount), reason="As agreed")
    payment = paid(books, invoice, money, deductions=[taken])

    run(books, 2)

    assert change(books, before) == {
        **amounts(sales="-100", clearing=money),
        account: Decimal(amount),
    }
    assert books.their_invoice(invoice.number or "")["Balance"] == 0
    invoice.refresh_from_db()
    # Only the money is paid, here and there.
    assert (invoice.paid, invoice.balance_due, payment.on_account) == (Decimal(money), 0, 0)
    assert [each["TotalAmt"] for each in books.theirs("Payment") if each["TotalAmt"]] == [
        float(money)
    ]
    tied_out(books)
