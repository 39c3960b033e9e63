"""What an act applies and un-applies of what was there before is foretold with what it makes, and is
what they then book.

By hand: 100.00 € were worth 85.00 £ when they were invoiced and 87.00 £ when they came.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory

from apps.backoffice.ledgers import rehearsal
from apps.billing.actions import allocate, receive_payment, return_payment
from apps.billing.models import Company, Payment
from apps.mappings.codes import read_codes
from apps.sync.assemble.foretelling import Foretold
from tests.books import Books
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
)
from tests.sync.assemble.test_foretold import adds_up, sums
from tests.sync.assemble.test_foretold_money import (
    CLEARING,
    GAINED,
    MARCH_16,
    MARCH_20,
    RECEIVABLE_EUR,
    Hand,
)
from tests.sync.books.test_money import change, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Foretold]]:
    """What the page is given to show."""

    def told(*arguments: Any) -> list[Foretold]:
        seen: list[Foretold] = []
        with monkeypatch.context() as patch:
            patch.setattr(rehearsal, "boxes", lambda request, told: seen.extend(told))
            rehearsal.will_book(RequestFactory().get("/"), *arguments)
        return seen

    return told


def paid(books: Books, customer: Any, amount: int, rate: str, **more: Any) -> Payment:
    return receive_payment(
        customer=customer, amount=Decimal(amount), exchange_rate=Decimal(rate), date=MARCH_16,
        method=books.method, **more,
    )  # fmt: skip


def goes_back(books: Books, customer: Any, invoice: Any) -> tuple[Any, Callable[..., object]]:
    payment = paid(books, customer, 100, "0.87", apply=[(invoice, Decimal(100))])
    return payment, lambda of: return_payment(of, on=MARCH_20, reason="Bounced")


def uses_what_was_on_account(
    books: Books, customer: Any, invoice: Any
) -> tuple[Any, Callable[..., object]]:
    before = paid(books, customer, 40, "0.90")

    def pays(of: Payment) -> object:
        return paid(books, customer, 60, "0.87", oldest_first=True, credits=[of])

    return before, pays


def sets_a_credit_against_it(
    books: Books, customer: Any, invoice: Any
) -> tuple[Any, Callable[..., object]]:
    """Nothing is made beside the application: 100.00 € that were worth 90.00 £ when credited."""
    make_exchange_rate(books.company, "EUR", "0.90", on=date(2026, 3, 5))
    note = make_credit_note(customer=customer, lines=[(make_item(books.company), 10, 10)])
    return note, lambda of: allocate(of, invoice, Decimal(100), on=MARCH_16)


@pytest.mark.parametrize(
    ("stands", "by_hand"),
    [
        (sets_a_credit_against_it, {RECEIVABLE_EUR: "5.00", GAINED: "-5.00"}),
        (goes_back, {RECEIVABLE_EUR: "85.00", GAINED: "2.00", CLEARING: "-87.00"}),
        # 40.00 € gain 2.00 £, and 60.00 € 1.20 £.
        (
            uses_what_was_on_account,
            {CLEARING: "52.20", RECEIVABLE_EUR: "-49.00", GAINED: "-3.20"},
        ),
    ],
)
@pytest.mark.variants
@pytest.mark.slow
def test_what_was_applied_before_and_what_is_now_is_foretold_as_they_book_it(
    abroad: Books,
    rehearsed: Callable[..., list[Foretold]],
    stands: Callable[..., tuple[Any, Callable[..., object]]],
    by_hand: Hand,
) -> None:
    customer = make_customer(abroad.company, currency="EUR")
    invoice = make_invoice(customer=customer, lines=[(make_item(abroad.company), 10, 10)])
    record, does = stands(abroad, customer, invoice)
    run(abroad, 2)
    read_codes(abroad.connection)
    before = abroad.trial_balance()
    [told] = rehearsed(record, does, record)
    home = {name: amount for name, (_, amount) in sums(told).items()}
    assert home == {name: Decimal(amount) for name, amount in by_hand.items()}
    assert adds_up(told)

    does(record)
    run(abroad, 3)
    assert change(abroad, before) == home


def test_what_it_is_shown_with_stands_as_it_stood(
    abroad: Books,
    rehearsed: Callable[..., list[Foretold]],
) -> None:
    """Also in memory: the page that shows it tells what is open, not what would be."""
    invoice = make_invoice(company=abroad.company)
    customer = invoice.customer

    def pays(of: Any) -> object:
        return make_payment(invoice=of, amount=90, method=abroad.method)

    rehearsed(customer, pays, invoice)
    assert invoice.balance_due == 100


def test_what_another_makes_meanwhile_is_no_part_of_it(
    abroad: Books,
    rehearsed: Callable[..., list[Foretold]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They had the company's lock, and posted 70.00 £ before it came to this one."""
    customer = make_customer(abroad.company)
    locked, others = Company.locked, [70]

    def waited(pk: int) -> Company:
        while others:
            make_payment(customer=customer, amount=others.pop(), method=abroad.method)
        return locked(pk)

    monkeypatch.setattr(Company, "locked", waited)
    [told] = rehearsed(
        customer, lambda: make_payment(customer=customer, amount=30, method=abroad.method)
    )
    assert sums(told)[CLEARING] == (30, 30)
