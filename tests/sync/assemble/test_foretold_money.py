"""What money will book is told before it goes, account by account, and is what they then book.

By hand: 95.00 of an invoice of 100.00 arrive and the bank kept 5.00. In euros 100.00 € were worth
85.00 £ when they were invoiced and 87.00 £ when they came: 2.00 £ are gained.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.actions import (
    DepositAmount,
    cancel_payment,
    deduct,
    hold_as_retainer,
    make_deposit,
    pay_refund,
    receive_payment,
    write_off,
)
from apps.billing.models import BankAccount, PaymentMethod
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.codes import read_codes
from apps.mappings.models import Mapping
from apps.sync.assemble.came_back import came_back_of
from apps.sync.assemble.foretold_money import Record, foretold_together
from apps.sync.there.remote import as_object
from tests.books import Books
from tests.factories import (
    make_customer,
    make_invoice,
    make_item,
    make_payment,
)
from tests.sync.assemble.test_foretold import adds_up, less, sums
from tests.sync.books.test_foreign_deposits import in_pounds
from tests.sync.books.test_money import change, run

pytestmark = pytest.mark.django_db

RECEIVABLE, RECEIVABLE_EUR = "Accounts Receivable (A/R)", "Accounts Receivable (A/R) - EUR"
CLEARING, CHARGES, CHECKING = "Undeposited Funds", "Bank Charges", "Checking"
GAINED = "Exchange Gain or Loss"
MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)
Hand = dict[str, str]


def whole(amounts: Hand) -> dict[str, tuple[Decimal, Decimal]]:
    """In home currency both pairs of columns are the same."""
    return {name: (Decimal(amount), Decimal(amount)) for name, amount in amounts.items()}


def received(books: Books) -> tuple[Any, list[Record]]:
    invoice = make_invoice(company=books.company)
    payment = make_payment(invoice=invoice, amount=95, method=books.method)
    kept = deduct(invoice, role="bank_charge", amount=Decimal(5), on=MARCH_16, reason="Bank")
    return invoice, [payment, kept]


def refunded(books: Books) -> tuple[Any, list[Record]]:
    payment = make_payment(customer=make_customer(books.company), amount=100, method=books.method)
    refund = pay_refund(
        payment, amount=Decimal(60), on=MARCH_20, method=books.method, reason="Too much",
        fee=Decimal("1.50"),
    )  # fmt: skip
    return payment, [refund]


def banked(books: Books) -> tuple[Any, list[Record]]:
    customer = make_customer(books.company)
    account = BankAccount.objects.create(company=books.company, name=CHECKING, currency="GBP")
    PaymentMethod.objects.filter(pk=books.method.pk).update(bank_account=account)
    books.map_proposed()
    paid = [make_payment(customer=customer, amount=each, method=books.method) for each in (100, 50)]
    deposit = make_deposit(
        account,
        date=MARCH_20,
        payments=paid,
        amounts=[DepositAmount(role="bank_charge", amount=Decimal("-2.50"))],
    )
    return paid, [deposit]


def banked_less_a_refund(books: Books) -> tuple[Any, list[Record]]:
    """100.00 less 15.00 that went back by the same method, on one line of the bank."""
    customer = make_customer(books.company)
    account = BankAccount.objects.create(company=books.company, name=CHECKING, currency="GBP")
    PaymentMethod.objects.filter(pk=books.method.pk).update(bank_account=account)
    books.map_proposed()
    paid = make_payment(customer=customer, amount=100, method=books.method)
    back = pay_refund(paid, amount=Decimal(15), on=MARCH_16, method=books.method, reason="Too much")
    return [paid, back], [make_deposit(account, date=MARCH_20, payments=[paid], refunds=[back])]


def lost(books: Books) -> tuple[Any, list[Record]]:
    invoice = make_invoice(company=books.company)
    return invoice, [write_off(invoice, amount=Decimal(30), on=MARCH_20, reason="Gone")]


def paid_in_advance(books: Books) -> tuple[Any, list[Record]]:
    payment = make_payment(customer=make_customer(books.company), amount=100, method=books.method)
    return payment, [hold_as_retainer(payment, amount=Decimal(40), on=MARCH_20)]


@pytest.mark.parametrize(
    ("make", "by_hand"),
    [
        (received, {CLEARING: "95.00", CHARGES: "5.00", RECEIVABLE: "-100.00"}),
        (refunded, {RECEIVABLE: "60.00", CHARGES: "1.50", CLEARING: "-61.50"}),
        (banked, {CHECKING: "147.50", CHARGES: "2.50", CLEARING: "-150.00"}),
        (banked_less_a_refund, {CHECKING: "85.00", CLEARING: "-85.00"}),
        (lost, {"Bad Debts": "30.00", RECEIVABLE: "-30.00"}),
        (paid_in_advance, {RECEIVABLE: "40.00", "Customer Prepayments": "-40.00"}),
    ],
)
@pytest.mark.variants
def test_money_is_foretold_as_they_book_it(
    live: Books,
    make: Callable[[Books], tuple[Any, list[Record]]],
    by_hand: Hand,
) -> None:
    """What it stands on is in their books before, so that what moves is its own."""
    before_it, records = make(live)
    [told] = foretold_together(records)
    assert sums(told) == whole(by_hand)
    assert adds_up(told)
    assert told.is_mapped
    assert not told.is_booked
    assert not told.notes

    before = live.trial_balance()
    run(live, 2)
    moved = change(live, before)
    for each in before_it if isinstance(before_it, list) else [before_it]:
        [beneath] = foretold_together([each])
        for name, (amount, _) in sums(beneath).items():
            moved[name] = moved.get(name, Decimal(0)) - amount
    assert {name: amount for name, amount in moved.items() if amount} == {
        name: Decimal(amount) for name, amount in by_hand.items()
    }
    [told] = foretold_together(records)
    assert told.is_booked


@pytest.mark.slow
def test_a_payment_in_euros_is_foretold_with_what_is_gained(abroad: Books) -> None:
    customer = make_customer(abroad.company, currency="EUR")
    invoice = make_invoice(customer=customer, lines=[(make_item(abroad.company), 10, 10)])
    run(abroad, 2)
    read_codes(abroad.connection)  # their receivable of a currency came with its first customer
    before = abroad.trial_balance()
    payment = receive_payment(
        customer=customer,
        amount=Decimal(100),
        exchange_rate=Decimal("0.87"),
        date=MARCH_16,
        method=abroad.method,
        apply=[(invoice, Decimal(100))],
    )
    [told] = foretold_together([payment])
    assert sums(told) == {
        CLEARING: (Decimal(100), Decimal(87)),
        RECEIVABLE_EUR: (Decimal(-100), Decimal(-85)),
        GAINED: (Decimal(0), Decimal(-2)),
    }
    assert adds_up(told)
    assert told.is_foreign

    run(abroad, 2)
    assert change(abroad, before) == {name: home for name, (_, home) in sums(told).items()}
    row = abroad.record(payment).remote_records.get(part="")
    read = as_object(row, open_connector(abroad.connection)).snapshot
    assert read is not None
    assert came_back_of(abroad.connection, read).rows == told.rows


@pytest.mark.slow
def test_foreign_money_is_banked_with_what_it_was_worth_where_it_lay(
    abroad: Books,
) -> None:
    """85.73 £ and 43.00 £ lie in undeposited funds; 126.23 £ reach the bank, 2.50 £ are the fee."""
    paid, account = in_pounds(abroad)
    run(abroad, 2)
    before = abroad.trial_balance()
    deposit = make_deposit(
        account,
        date=MARCH_20,
        payments=paid,
        amounts=[DepositAmount(role="bank_charge", amount=Decimal("-2.50"))],
    )
    [told] = foretold_together([deposit])
    at_home = {name: home for name, (_, home) in sums(told).items()}
    assert at_home == {
        CHECKING: Decimal("126.23"),
        CHARGES: Decimal("2.50"),
        CLEARING: Decimal("-128.73"),
    }
    assert adds_up(told)
    assert told.currency == "EUR"

    run(abroad, 2)
    assert change(abroad, before) == at_home


@pytest.mark.parametrize(
    ("subject", "make", "row"),
    [
        ("method_account", received, "account not chosen yet"),
        ("bank_charge", received, "Bank charges and fees, account not chosen yet"),
        ("bank_account", banked, "Checking, account not chosen yet"),
    ],
)
@pytest.mark.variants
def test_an_account_of_money_that_nobody_has_chosen_is_said_in_its_row(
    live: Books,
    subject: str,
    make: Callable[[Books], tuple[Any, list[Record]]],
    row: str,
) -> None:
    _, records = make(live)
    Mapping.objects.filter(connection=live.connection, subject=subject).delete()
    [told] = foretold_together(records)
    assert not told.is_mapped
    assert adds_up(told)
    [lacking] = [each for each in told.rows if each.lacking]
    assert row in lacking.account
    assert "account is chosen for" in lacking.lacking


def _cancelled(books: Books, payment: Any) -> None:
    cancel_payment(payment, reason="Typed twice")


def _by_them(books: Books, payment: Any) -> None:
    PaymentMethod.objects.filter(pk=books.method.pk).update(recorded_by="ledger")


def _before_the_cut_off(books: Books, payment: Any) -> None:
    Connection.objects.filter(pk=books.connection.pk).update(starts_on=date(2026, 4, 1))


@pytest.mark.parametrize(
    ("became", "sentence"),
    [
        (_cancelled, "is taken back, and books nothing."),
        (_by_them, "is recorded by QuickBooks itself: Tieout sends none."),
        (_before_the_cut_off, "is dated before the cut-off, 1 April 2026: it is never sent."),
    ],
)
@pytest.mark.variants
def test_money_that_never_goes_says_why(
    live: Books,
    became: Callable[[Books, Any], None],
    sentence: str,
) -> None:
    payment = make_payment(customer=make_customer(live.company), amount=100, method=live.method)
    became(live, payment)
    [told] = foretold_together([type(payment).objects.get(pk=payment.pk)])
    assert not told.rows
    assert sentence in told.sentence


def test_what_these_books_lack_of_several_is_named_beside_what_they_book(
    live: Books,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, records = received(live)
    kinds = frozenset(set(Kind) - {Kind.ADJUSTMENT})
    less(monkeypatch, kinds=kinds, cannot={Kind.ADJUSTMENT: "They keep no deductions."})
    [told] = foretold_together(records)
    assert sums(told) == whole({CLEARING: "95.00", RECEIVABLE: "-95.00"})
    assert told.notes == ("They keep no deductions.",)


def test_a_payment_without_a_method_says_that_it_is_held(live: Books) -> None:
    payment = make_payment(customer=make_customer(live.company), amount=100)
    [told] = foretold_together([payment])
    assert adds_up(told)
    assert any(
        "Tieout will hold it: the payment has no payment method" in each for each in told.notes
    )


def test_the_queries_of_a_payment_do_not_grow_with_what_it_pays(live: Books) -> None:
    def asked(number: int) -> int:
        customer = make_customer(live.company)
        invoices = [make_invoice(customer=customer) for _ in range(number)]
        payment = receive_payment(
            customer=customer, amount=Decimal(100 * number), date=MARCH_16, method=live.method,
            apply=[(each, Decimal(100)) for each in invoices],
        )  # fmt: skip
        with CaptureQueriesContext(database) as found:
            foretold_together([payment])
        assert not [each for each in found if each["sql"].startswith(("INSERT", "UPDATE"))]
        return len(found)

    few = asked(1)
    assert asked(8) == few <= 30
