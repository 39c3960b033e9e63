"""Receipts, statements and ageing: what is listed adds up to what billing says is open."""

from datetime import date
from decimal import Decimal

import pytest

from apps.billing import actions
from apps.billing.models import Customer
from apps.billing.sums.as_of import as_of
from apps.exchange.printing.open_items import (
    Bucket,
    aged,
    balance,
    bucket_of,
    open_items,
)
from apps.exchange.printing.receipts import print_receipt
from apps.exchange.printing.statements import (
    movements,
    print_ageing,
    print_brought_forward,
    print_open_items,
)
from tests.exchange.printing.reading import text_of
from tests.exchange.printing.world import company, customer
from tests.factories import (
    make_credit_note,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
)
from tests.kept_rows import kept

AUGUST = date(2026, 8, 31)


@pytest.fixture
def buyer(db: None) -> Customer:
    return kept(make_buyer)


def make_buyer() -> Customer:
    """Owes 45.10 × the month for January to August; paid 400.00 in June, of which January, February
    and 50.00 of March (185.30); April was credited, and nothing applied of it."""
    home = company()
    found = customer(home)
    owed = [
        make_invoice(
            customer=found, issue_date=date(2026, month, 3), lines=[("Oil", month, "45.10")]
        )
        for month in range(1, 9)
    ]
    actions.receive_payment(
        customer=found,
        amount=Decimal(400),
        date=date(2026, 6, 2),
        method=make_method(home, name="Bank transfer"),
        reference="BACS 1199",
        apply=[(owed[0], owed[0].total), (owed[1], owed[1].total), (owed[2], Decimal(50))],
    )
    make_credit_note(invoice=owed[3], issue_date=date(2026, 5, 5))
    return found


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-1, Bucket.NOT_DUE), (0, Bucket.NOT_DUE), (1, Bucket.UP_TO_30), (30, Bucket.UP_TO_30),
     (31, Bucket.UP_TO_60), (60, Bucket.UP_TO_60), (61, Bucket.UP_TO_90), (90, Bucket.UP_TO_90),
     (91, Bucket.OVER_90)],
)  # fmt: skip
def test_age_is_counted_from_the_day_after_the_due_date(days: int, bucket: Bucket) -> None:
    assert bucket_of(days) == bucket


def test_open_items_are_what_billing_says_is_owed(buyer: Customer) -> None:
    """1,623.60 invoiced, 180.40 credited, 400.00 paid: 1,043.20."""
    items = open_items(buyer.company, AUGUST, buyer)

    assert balance(items) == Decimal("1043.20")
    assert balance(items) == as_of(buyer.company, AUGUST, buyer).balances[buyer.pk, "GBP"]
    assert aged(items) == {
        Bucket.NOT_DUE: 0,
        Bucket.UP_TO_30: Decimal("360.80"),
        Bucket.UP_TO_60: Decimal("315.70"),
        Bucket.UP_TO_90: Decimal("270.60"),
        Bucket.OVER_90: Decimal("491.20"),
        Bucket.UNAPPLIED: Decimal("-395.10"),
    }
    assert sum(aged(items).values()) == balance(items)


def test_an_open_item_statement_lists_each_and_its_age(buyer: Customer) -> None:
    text = text_of(print_open_items(buyer, AUGUST, "en"))

    assert "Statement of open items" in text
    assert "As of 31 August 2026" in text
    assert "3 Mar 2026 3 Mar 2026 181 135.30 85.30" in text
    assert "Payment BACS 1199 2 Jun 2026 −400.00 −214.70" in text
    assert "Open 1,438.30 Less unapplied credits −395.10 Balance due (GBP) 1,043.20" in text
    assert "0.00 360.80 315.70 270.60 491.20 −395.10" in text


@pytest.mark.slow
def test_a_statement_of_an_earlier_day_knows_nothing_later(buyer: Customer) -> None:
    text = text_of(print_open_items(buyer, date(2026, 2, 28), "en"))

    assert "Balance due (GBP) 135.30" in text
    assert "BACS" not in text
    assert "Nothing is open." in text_of(print_open_items(buyer, date(2025, 12, 31), "en"))


def test_a_balance_brought_forward_closes_on_what_is_open(buyer: Customer) -> None:
    """270.60 of January to March, then 180.40 + 225.50 − 180.40 − 400.00 + 270.60 …"""
    text = text_of(print_brought_forward(buyer, date(2026, 4, 1), AUGUST, "en"))

    assert "Statement of account" in text
    assert "Period 1 April 2026 to 31 August 2026" in text
    assert "1 Apr 2026 Opening balance 270.60" in text
    assert "180.40 451.00" in text
    assert "2 Jun 2026 Payment BACS 1199 400.00 96.10" in text
    assert "Closing balance (GBP) 1,043.20" in text
    assert "other books" not in text


def test_money_of_a_parent_closes_the_account_of_its_sub_customer(buyer: Customer) -> None:
    """What another customer paid is no entry of one's own, and no difference either."""
    parent = customer(buyer.company, name="Bell Group")
    buyer.parent = parent
    buyer.save()
    owed = buyer.invoices.get(issue_date=date(2026, 8, 3))
    actions.receive_payment(
        customer=parent, amount=owed.total, date=date(2026, 8, 20), apply=[(owed, owed.total)]
    )
    moved = sum(each.amount for each in movements(buyer, date(2026, 1, 1), AUGUST)["GBP"])
    left = balance(open_items(buyer.company, AUGUST, buyer))
    text = text_of(print_brought_forward(buyer, date(2026, 1, 1), AUGUST, "en"))

    assert (moved, left) == (Decimal("1043.20"), Decimal("682.40"))
    assert "Set against records of others, or kept in other books 360.80 682.40" in text
    assert balance(open_items(buyer.company, AUGUST, parent)) == 0


def test_ageing_adds_up_by_customer_and_currency(buyer: Customer) -> None:
    home = buyer.company
    make_exchange_rate(home, "EUR", "0.85", on=date(2026, 1, 1))
    abroad = customer(home, name="אור הים", currency="EUR")
    make_invoice(customer=abroad, issue_date=date(2026, 8, 30), lines=[("Oil", 1, "1234.50")])
    for name in ("Shop 10", "shop 2", "Shop 1"):
        make_invoice(customer=customer(home, name=name), issue_date=date(2026, 8, 30))
    text = text_of(print_ageing(home, AUGUST, "en"))

    assert "Bell & Daughters 360.80 315.70 270.60 491.20 −395.10 1,043.20" in text
    assert text.index("Shop 1 ") < text.index("shop 2 ") < text.index("Shop 10 ")
    assert "EUR" in text
    assert "1,234.50 1,234.50" in text
    total = sum(as_of(home, AUGUST).balances.values())
    assert sum(balance(own) for own in (open_items(home, AUGUST),)) == total


def test_a_receipt_says_what_came_and_what_it_settled(buyer: Customer) -> None:
    payment = buyer.payments.get()
    text = text_of(print_receipt(payment, "en"))

    assert f"Receipt {payment.pk} " in text
    assert f"Receipt number {payment.pk} Date" in text
    assert "Received from Bell & Daughters" in text
    assert "Date 2 June 2026 Method Bank transfer Reference BACS 1199" in text
    assert "Amount received 400.00 GBP" in text
    assert "3 Mar 2026 135.30 50.00" in text
    assert "Remains on account (GBP) 214.70" in text
    assert "Erhaltener Betrag 400,00 GBP" in text_of(print_receipt(payment, "de"))


@pytest.mark.django_db
def test_a_cancelled_payment_says_so_on_its_receipt() -> None:
    payment = make_payment(customer=customer(company()))
    actions.cancel_payment(payment, reason="Typed twice", on=payment.date)
    payment.refresh_from_db()

    text = text_of(print_receipt(payment, "en"))
    assert "CANCELLED" in text
    assert "Cancelled on 16 March 2026" in text


def test_what_the_bank_took_back_is_called_no_refund(buyer: Customer) -> None:
    """400.00 came and went: 1,043.20 + 400.00 are owed. He was paid nothing."""
    payment = buyer.payments.get()
    actions.return_payment(payment, on=date(2026, 8, 4), reason="No funds")
    statement = text_of(print_brought_forward(buyer, date(2026, 8, 1), AUGUST, "en"))
    receipt = text_of(print_receipt(payment, "en"))

    assert "4 Aug 2026 Payment returned BACS 1199 400.00" in statement
    assert "Closing balance (GBP) 1,443.20" in statement
    assert "Payment returned 4 Aug 2026" in receipt
    assert "RETURNED" in receipt
    assert "Refund" not in statement + receipt


@pytest.mark.django_db
def test_a_balance_in_ones_favour_has_no_minus() -> None:
    payment = make_payment(customer=customer(company()), amount=60)
    text = text_of(print_open_items(payment.customer, AUGUST, "en"))

    assert "Open 0.00 Less unapplied credits −60.00 Balance in your favour (GBP) 60.00" in text
