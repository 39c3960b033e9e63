"""What their books hold once tax, deductions, refunds and bank deposits went over, to the penny."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    DepositAmount,
    cancel_adjustment,
    cancel_payment,
    cancel_refund,
    credit_invoice,
    deduct,
    hold_as_retainer,
    issue,
    make_deposit,
    pay_refund,
    receive_payment,
    return_payment,
    undo_deposit,
    use_retainer,
    void,
    write_off,
)
from apps.billing.models import BankAccount
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.sync.models import State, SyncRecord
from tests.books import Books
from tests.factories import (
    make_company,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db

RECEIVABLE, SALES = "Accounts Receivable (A/R)", "Sales of Product Income"
CLEARING, CHARGES = "Undeposited Funds", "Bank Charges"
MARCH_20 = date(2026, 3, 20)


def in_the_books(books: Books) -> None:
    """Everything arrived, and a further run finds nothing to do."""
    left = SyncRecord.objects.filter(connection=books.connection).exclude(
        state__in=[State.IN_THE_BOOKS, State.LEFT_OUT, State.GONE]
    )
    assert [(str(each), each.state, each.sentence, each.waits_for) for each in left] == []


def run(books: Books, times: int = 1) -> None:
    for _ in range(times):
        books.run()
    in_the_books(books)


def change(books: Books, before: dict[str, Decimal]) -> dict[str, Decimal]:
    """What the trial balance has moved by since."""
    after = books.trial_balance()
    moved = {name: after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in
             before.keys() | after.keys()}  # fmt: skip
    return {name: amount for name, amount in moved.items() if amount}


@pytest.fixture
def uk(ledger: SandboxServer) -> Books:
    return Books(ledger, profile="uk")


# --- Tax ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_uk_tax_is_owed_to_the_agency_to_the_penny_and_the_test_invoice_says_so(uk: Books) -> None:
    company = uk.company
    standard = make_tax_rate(company, "20")
    reduced = make_tax_rate(company, "5", treatment="reduced")
    uk.go_live()
    before = uk.trial_balance()
    lamp = make_item(company)
    invoice = make_invoice(
        company=company,
        lines=[(lamp, 1, "10.03", standard), (lamp, 3, "4.99", reduced), (lamp, 1, "7.00")],
    )

    run(uk)

    # 2.01 + 0.75 of tax on 32.00.
    assert change(uk, before) == {
        RECEIVABLE: Decimal("34.76"),
        SALES: Decimal("-32.00"),
        "HM Revenue & Customs (HMRC) Payable": Decimal("-2.76"),
    }
    note = credit_invoice(invoice, reason="Sent back", on=MARCH_20)
    issue(note)
    run(uk)
    assert change(uk, before) == {}


@pytest.mark.slow
def test_two_agencies_of_quebec_each_get_their_own(ledger: SandboxServer) -> None:
    books = Books(ledger, company=make_company(home_currency="CAD"), profile="ca")
    rate = make_tax_rate(books.company, "5", "9.975")
    books.go_live()
    before = books.trial_balance()
    make_invoice(company=books.company, lines=[(make_item(books.company), 1, "33.33", rate)])

    run(books)

    # 5 % is 1.6665 and 9.975 % is 3.3246….
    assert change(books, before) == {
        RECEIVABLE: Decimal("38.32"),
        SALES: Decimal("-33.33"),
        "Canada Revenue Agency Payable": Decimal("-1.67"),
        "Revenu Québec Payable": Decimal("-3.32"),
    }


@pytest.mark.slow
def test_where_quickbooks_works_the_tax_out_ours_stands(ledger: SandboxServer) -> None:
    books = Books(ledger, company=make_company(home_currency="USD"), profile="us_sales_tax")
    rate = make_tax_rate(books.company, "7.25", "2.25", country="US")
    books.go_live()
    before = books.trial_balance()
    invoice = make_invoice(
        company=books.company, lines=[(make_item(books.company), 1, "99.99", rate)]
    )
    # 7.25 % is 7.249…, 2.25 % is 2.249….
    assert invoice.tax == Decimal("9.50")

    run(books)

    moved = change(books, before)
    assert (moved.pop(RECEIVABLE), moved.pop(SALES)) == (Decimal("109.49"), Decimal("-99.99"))
    assert sum(moved.values()) == Decimal("-9.50")


@pytest.mark.slow
def test_prices_with_tax_and_a_discount_booked_apart(uk: Books) -> None:
    company = uk.company
    standard = make_tax_rate(company, "20")
    rebate = make_item(company, code="REBATE", name="Rebate")
    company.discount_item = rebate
    company.save()
    read_codes(uk.connection)
    set_mapping(uk.connection, "item_account", code=uk.code("Discounts given"), item=rebate)
    uk.go_live()
    before = uk.trial_balance()
    make_invoice(
        company=company,
        lines=[(make_item(company), 3, "40", standard, {"discount_percent": Decimal(10)})],
        tax_mode="inclusive",
    )

    run(uk)

    # 120.00 with tax less 12.00: 108.00 = 90.00 + 18.00.
    assert change(uk, before) == {
        RECEIVABLE: Decimal("108.00"),
        SALES: Decimal("-100.00"),
        "Discounts given": Decimal("10.00"),
        "HM Revenue & Customs (HMRC) Payable": Decimal("-18.00"),
    }


# --- Money --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_bank_charge_pays_its_part_of_the_invoice_there_and_leaves_it_when_cancelled(
    live: Books,
) -> None:
    before = live.trial_balance()
    invoice = make_invoice(company=live.company)
    charge = deduct(
        invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept by the bank"
    )
    receive_payment(
        customer=invoice.customer,
        amount=Decimal(97),
        date=MARCH_20,
        method=live.method,
        apply=[(invoice, Decimal(97))],
    )

    run(live)

    assert change(live, before) == {
        SALES: Decimal(-100),
        CLEARING: Decimal(97),
        CHARGES: Decimal(3),
    }
    assert live.their_invoice(invoice.number)["Balance"] == 0

    cancel_adjustment(charge, reason="The bank gave it back")
    run(live, 2)

    assert change(live, before) == {
        SALES: Decimal(-100),
        CLEARING: Decimal(97),
        RECEIVABLE: Decimal(3),
    }
    assert live.their_invoice(invoice.number)["Balance"] == 3


def test_a_bad_debt_without_cash_closes_the_invoice(live: Books) -> None:
    before = live.trial_balance()
    invoice = make_invoice(company=live.company)
    write_off(invoice, amount=Decimal(100), on=MARCH_20, reason="Insolvent")
    run(live)
    assert change(live, before) == {SALES: Decimal(-100), "Bad Debts": Decimal(100)}
    assert live.their_invoice(invoice.number)["Balance"] == 0


@pytest.mark.slow
def test_a_retainer_stands_as_a_liability_until_it_is_used(live: Books) -> None:
    before = live.trial_balance()
    customer = make_customer(live.company)
    payment = receive_payment(
        customer=customer, amount=Decimal(500), date=date(2026, 3, 3), method=live.method
    )
    hold_as_retainer(payment, amount=Decimal(500), on=date(2026, 3, 3))
    run(live)
    assert change(live, before) == {CLEARING: Decimal(500), "Customer Prepayments": Decimal(-500)}

    invoice = make_invoice(customer=customer)
    use_retainer(invoice, amount=Decimal(100), on=MARCH_20)
    run(live)
    assert change(live, before) == {
        CLEARING: Decimal(500),
        "Customer Prepayments": Decimal(-400),
        SALES: Decimal(-100),
    }


@pytest.mark.slow
def test_a_refunded_credit_note_leaves_nothing_behind(live: Books) -> None:
    before = live.trial_balance()
    invoice = make_invoice(company=live.company)
    receive_payment(
        customer=invoice.customer,
        amount=Decimal(100),
        date=date(2026, 3, 9),
        method=live.method,
        apply=[(invoice, Decimal(100))],
    )
    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 16))
    issue(note)
    assert live.method is not None
    refund = pay_refund(
        note, amount=Decimal(100), on=MARCH_20, method=live.method, reason="Sent back"
    )
    run(live)
    assert change(live, before) == {}

    cancel_refund(refund, reason="The transfer came back")
    run(live, 2)
    assert change(live, before) == {CLEARING: Decimal(100), RECEIVABLE: Decimal(-100)}


@pytest.mark.slow
def test_a_returned_payment_opens_its_invoice_and_books_the_fee(live: Books) -> None:
    before = live.trial_balance()
    invoice = make_invoice(company=live.company)
    payment = receive_payment(
        customer=invoice.customer,
        amount=Decimal(100),
        date=date(2026, 3, 9),
        method=live.method,
        apply=[(invoice, Decimal(100))],
    )
    run(live)
    return_payment(payment, on=MARCH_20, reason="No funds", fee=Decimal("7.50"))
    run(live)
    assert change(live, before) == {
        RECEIVABLE: Decimal(100),
        SALES: Decimal(-100),
        CLEARING: Decimal("-7.50"),
        CHARGES: Decimal("7.50"),
    }
    assert live.their_invoice(invoice.number)["Balance"] == 100


@pytest.mark.slow
def test_a_bank_deposit_is_one_line_of_the_bank_and_is_undone_before_its_payment(
    live: Books,
) -> None:
    before = live.trial_balance()
    account = BankAccount.objects.create(company=live.company, name="Checking", currency="GBP")
    live.map_proposed()
    customer = make_customer(live.company)
    paid: list[Any] = [
        receive_payment(
            customer=customer, amount=Decimal(each), date=date(2026, 3, 9), method=live.method
        )
        for each in (60, 40)
    ]
    deposit = make_deposit(
        account,
        date=MARCH_20,
        payments=paid,
        amounts=[DepositAmount(role="bank_charge", amount=Decimal("-2.50"))],
        reference="po_77",
    )
    run(live)
    assert change(live, before) == {
        RECEIVABLE: Decimal(-100),
        "Checking": Decimal("97.50"),
        CHARGES: Decimal("2.50"),
    }
    assert [each["TotalAmt"] for each in live.theirs("Deposit")] == [97.5]

    undo_deposit(deposit, reason="Wrong payout")
    cancel_payment(paid[0], reason="Typed twice")
    run(live, 2)
    assert change(live, before) == {RECEIVABLE: Decimal(-40), CLEARING: Decimal(40)}


@pytest.mark.slow
def test_an_invoice_is_void_there_after_its_write_off_was_taken_back(live: Books) -> None:
    before = live.trial_balance()
    invoice = make_invoice(company=live.company)
    lost = write_off(invoice, amount=Decimal(100), on=MARCH_20, reason="Insolvent")
    run(live)
    cancel_adjustment(lost, reason="Wrong invoice")
    invoice.refresh_from_db()
    void(invoice, reason="Wrong customer")
    run(live, 2)
    assert change(live, before) == {}


@pytest.mark.slow
def test_a_foreign_invoice_and_its_charge_are_booked_at_home_values(ledger: SandboxServer) -> None:
    books = live_books(ledger, profile="multicurrency", home_currency="GBP", country="GB")
    books.map_role("bank_charge", CHARGES)
    before = books.trial_balance()
    make_exchange_rate(books.company, "EUR", "0.85")
    invoice = make_invoice(customer=make_customer(books.company, currency="EUR"))
    deduct(invoice, role="bank_charge", amount=Decimal(4), on=MARCH_20, reason="Kept")

    run(books, 2)

    # EUR 100 at 0.85, of which EUR 4 went to charges.
    assert change(books, before) == {
        "Accounts Receivable (A/R) - EUR": Decimal("81.60"),
        SALES: Decimal("-85.00"),
        CHARGES: Decimal("3.40"),
    }


@pytest.mark.slow
def test_with_all_of_this_in_the_books_a_run_costs_one_call_and_writes_no_row(live: Books) -> None:
    account = BankAccount.objects.create(company=live.company, name="Checking", currency="GBP")
    live.map_proposed()
    invoice = make_invoice(company=live.company)
    deduct(invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept")
    payment = receive_payment(
        customer=invoice.customer,
        amount=Decimal(97),
        date=date(2026, 3, 9),
        method=live.method,
        apply=[(invoice, Decimal(97))],
    )
    make_deposit(account, date=MARCH_20, payments=[payment])
    run(live, 2)
    rows = list(SyncRecord.objects.order_by("pk").values_list("pk", "changed_at", "state"))

    calls = [live.run().calls for _ in range(3)]

    assert calls == [1, 1, 1]
    assert list(SyncRecord.objects.order_by("pk").values_list("pk", "changed_at", "state")) == rows


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_a_lost_answer_makes_no_second_journal_refund_or_bank_deposit(
    live: Books, fault: str
) -> None:
    account = BankAccount.objects.create(company=live.company, name="Checking", currency="GBP")
    live.map_proposed()
    before = live.trial_balance()
    invoice = make_invoice(company=live.company)
    deduct(invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept")
    payment = receive_payment(
        customer=invoice.customer, amount=Decimal(50), date=date(2026, 3, 9), method=live.method
    )
    assert live.method is not None
    pay_refund(payment, amount=Decimal(20), on=MARCH_20, method=live.method, reason="Too much")
    make_deposit(account, date=MARCH_20, payments=[payment])
    for what in ('"JournalEntry"', '"Purchase"', '"Deposit"'):  # quoted: written, not asked for
        live.server.arm(live.realm, fault, match={"endpoint": "batch", "contains": what})

    for _ in range(6):
        live.run()
        time.sleep(0.3)

    in_the_books(live)
    # 50.00 to the bank; 20.00 went out of the clearing account; 97.00 − 30.00 is still owed.
    assert change(live, before) == {
        SALES: Decimal(-100),
        CHARGES: Decimal(3),
        "Checking": Decimal(50),
        CLEARING: Decimal(-20),
        RECEIVABLE: Decimal(67),
    }
    assert [len(live.theirs(each)) for each in ("JournalEntry", "Purchase", "Deposit")] == [1, 1, 1]
