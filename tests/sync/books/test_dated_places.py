"""A payment method that posts elsewhere from a day on, over real HTTP and by hand.

Clearing until March, the bank from 1 April: 100.00 of 10 March are banked on 12 March, 30.00 of
11 March still lie in clearing and are banked in April; 50.00 of 2 April are at the bank by
themselves. So the bank has 180.00 in the end, and clearing is empty.
"""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import make_deposit, pay_refund, post_elsewhere
from apps.billing.changes import made_by
from apps.billing.models import BankAccount, Payment
from apps.mappings.choices import missing, set_mapping
from apps.reconciliation.compare import compare
from apps.reconciliation.models import Question
from apps.sync.models import Reason, State
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_method, make_payment
from tests.sync.books.test_money import change, in_the_books
from tests.sync.theirs import pay_there, their_id

RECEIVABLE, CLEARING, BANK = "Accounts Receivable (A/R)", "Undeposited Funds", "Checking"
APRIL_1 = date(2026, 4, 1)


def lies_there(books: Books, payment: Payment) -> tuple[str, str]:
    """The account that it lies on there, and its reference."""
    identity = their_id(books, payment)
    there = next(each for each in books.theirs("Payment") if each["Id"] == identity)
    names = {books.code(each).remote_id: each for each in (CLEARING, BANK)}
    return names[there["DepositToAccountRef"]["value"]], there.get("PaymentRefNum", "")


def agrees(books: Books) -> None:
    in_the_books(books)
    assert compare(books.connection).refusals == []
    assert not Question.objects.filter(standing=True).exists()


@pytest.mark.slow
def test_money_lies_where_its_own_day_says_on_both_sides(books: Books) -> None:
    method = books.method
    assert method is not None
    bank = BankAccount.objects.create(company=books.company, name="Current", currency="GBP")
    set_mapping(books.connection, "bank_account", code=books.code(BANK), bank_account=bank)
    before = books.trial_balance()
    customer = make_customer(books.company)
    banked, waits = (
        make_payment(customer=customer, amount=amount, method=method, date=date(2026, 3, day))
        for amount, day in ((100, 10), (30, 11))
    )
    make_deposit(bank, date=date(2026, 3, 12), payments=[banked])
    books.run()
    assert change(books, before) == {BANK: 100, CLEARING: 30, RECEIVABLE: -130}
    agrees(books)

    place = post_elsewhere(method, posts_to="bank", since=APRIL_1, reason="A new terminal")
    new = make_payment(customer=customer, amount=50, method=method, date=date(2026, 4, 2))
    with pytest.raises(ValidationError, match="is on the bank already"):
        make_deposit(bank, date=date(2026, 4, 2), payments=[new])
    books.run()
    held = books.record(new)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.MAPPING_MISSING)
    assert f"payments by {method} from 1 April 2026" in held.sentence
    assert [each.thing for each in missing(books.connection)] == [place]

    with pytest.raises(ValidationError, match="posts to a bank account, and Undeposited Funds"):
        set_mapping(
            books.connection, "place_account", code=books.code(CLEARING), method_place=place
        )
    set_mapping(books.connection, "place_account", code=books.code(BANK), method_place=place)
    # Earlier money that is sent again, and that is refunded and banked later, stays where it was.
    waits.reference = "Roll 7"
    waits.save()
    books.run()
    assert lies_there(books, waits) == (CLEARING, "Roll 7")
    assert lies_there(books, new)[0] == BANK
    assert change(books, before) == {BANK: 150, CLEARING: 30, RECEIVABLE: -180}
    agrees(books)

    make_deposit(bank, date=date(2026, 4, 5), payments=[waits])
    books.run()
    assert change(books, before) == {BANK: 180, RECEIVABLE: -180}
    agrees(books)


@pytest.mark.slow
def test_refunds_and_money_that_arrives_follow_their_own_day(books: Books) -> None:
    method = books.method
    assert method is not None
    before = books.trial_balance()
    customer = make_customer(books.company)
    early, late = (make_invoice(customer=customer) for _ in range(2))
    source = make_payment(customer=customer, amount=60, method=method, date=date(2026, 3, 10))
    pay_refund(source, amount=Decimal(10), on=date(2026, 3, 11), method=method, reason="Too much")
    place = post_elsewhere(method, posts_to="bank", since=APRIL_1, reason="A new terminal")
    set_mapping(books.connection, "place_account", code=books.code(BANK), method_place=place)
    pay_refund(source, amount=Decimal(5), on=date(2026, 4, 3), method=method, reason="Too much")
    books.run()
    # 60.00 in and 10.00 out of clearing; 5.00 out of the bank.
    assert change(books, before)[CLEARING] == 50
    assert change(books, before)[BANK] == -5

    ids = {account: books.code(account).remote_id for account in (CLEARING, BANK)}
    pay_there(books, early, date="2026-03-20", account=ids[CLEARING])
    pay_there(books, late, date="2026-04-07", account=ids[BANK])
    books.run()
    made = {each.date: each.method for each in Payment.objects.exclude(made_in="")}
    assert made == {date(2026, 3, 20): method, date(2026, 4, 7): method}
    agrees(books)


@pytest.mark.slow
def test_a_refund_goes_off_the_bank_deposit_on_the_account_of_its_own_day(books: Books) -> None:
    """At the bank until March, clearing from 1 April: 60.00 in and 10.00 out of it, 50.00 banked."""
    bank = BankAccount.objects.create(company=books.company, name="Current", currency="GBP")
    set_mapping(books.connection, "bank_account", code=books.code(BANK), bank_account=bank)
    method = make_method(books.company, name="Terminal", posts_to="bank")
    set_mapping(books.connection, "method_account", code=books.code(BANK), payment_method=method)
    place = post_elsewhere(method, posts_to="clearing", since=APRIL_1, reason="Paid out at once")
    set_mapping(books.connection, "place_account", code=books.code(CLEARING), method_place=place)
    before = books.trial_balance()
    day = date(2026, 4, 2)
    customer = make_customer(books.company)
    source = make_payment(customer=customer, amount=60, method=method, date=day)
    refund = pay_refund(source, amount=Decimal(10), on=day, method=method, reason="Too much")
    make_deposit(bank, date=day, payments=[source], refunds=[refund])
    books.run()
    books.run()
    assert change(books, before) == {BANK: 50, RECEIVABLE: -50}
    agrees(books)


@pytest.mark.slow
def test_the_account_of_a_place_that_was_used_does_not_change(books: Books) -> None:
    method = books.method
    assert method is not None
    place = post_elsewhere(method, posts_to="bank", since=APRIL_1, reason="A new terminal")
    chosen = {"method_place": place}
    set_mapping(books.connection, "place_account", code=books.code(BANK), **chosen)
    with made_by(reason="Typed wrongly"):
        set_mapping(books.connection, "place_account", code=books.code("Savings"), **chosen)
    make_payment(customer=make_customer(books.company), method=method, date=date(2026, 4, 2))
    with made_by(reason="Typed wrongly"), pytest.raises(ValidationError, match="elsewhere"):
        set_mapping(books.connection, "place_account", code=books.code(BANK), **chosen)
