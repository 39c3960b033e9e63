"""Over real HTTP: documents that come to nothing, deductions taken back, retainers refunded; what
their trial balance holds is what a bookkeeper writes by hand."""

from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import (
    Deducted,
    credit_invoice,
    issue,
    pay_refund,
    receive_payment,
    return_payment,
    write_off,
)
from apps.billing.models import Adjustment, Allocation
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_item, make_payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MARCH_20, APRIL_1 = date(2026, 3, 20), date(2026, 4, 1)


def settled(books: Books, *subjects: object) -> None:
    for each in subjects:
        record = books.record(each)
        assert record.state == State.IN_THE_BOOKS, (each, record.sentence)


def test_nil_documents_go_over_and_leave_everything_as_it_was(books: Books) -> None:
    """A free sample, an invoice at 100 % off, a retainer taken off to nil, and one credited."""
    before = books.trial_balance()
    oil = make_item(books.company)
    made = [
        make_invoice(company=books.company, lines=[(oil, 3, 0)]),
        make_invoice(company=books.company, lines=[(oil, 1, 50)], discount_percent=100),
        make_invoice(company=books.company, lines=[(oil, 1, 50), (oil, -1, 50)]),
    ]
    notes = [make_credit_note(invoice=each) for each in made[:2]]
    books.run()
    settled(books, *made, *notes)
    assert books.trial_balance() == before
    assert {each["TotalAmt"] for each in books.theirs("CreditMemo")} == {0}


def test_a_credit_note_over_a_loss_pays_out_what_was_paid_and_leaves_nothing(books: Books) -> None:
    """Issue 100, pay 70, lose 30, credit all of it, refund 70: every account is where it was."""
    books.map_role("bad_debt", "Bad Debts")
    before = books.trial_balance()
    invoice = make_invoice(company=books.company)
    make_payment(invoice=invoice, amount=70, method=books.method)
    write_off(invoice, amount=Decimal(30), on=MARCH_20, reason="Gone")
    books.run()
    note = credit_invoice(invoice, reason="Sent back", on=APRIL_1)
    issue(note)
    assert books.method is not None
    refund = pay_refund(
        note, amount=Decimal(70), on=APRIL_1, method=books.method, reason="Sent back"
    )
    books.run()
    settled(
        books,
        invoice,
        note,
        refund,
        *Adjustment.objects.all(),
        *Allocation.objects.filter(payment=None),
    )
    assert books.trial_balance() == before


def test_a_returned_payment_leaves_the_whole_invoice_owed_again(books: Books) -> None:
    """Issue 100, paid 97 less a discount of 3, returned: receivable and income of 100 are left."""
    before = books.trial_balance()
    invoice = make_invoice(company=books.company)
    payment = receive_payment(
        customer=invoice.customer,
        amount=Decimal(97),
        date=MARCH_20,
        method=books.method,
        apply=[(invoice, Decimal(97))],
        deductions=[
            Deducted(invoice=invoice, role="early_discount", amount=Decimal(3), reason="Early")
        ],
    )
    books.run()
    return_payment(payment, on=APRIL_1, reason="No funds")
    books.run()
    invoice.refresh_from_db()
    assert invoice.balance_due == 100
    settled(books, invoice, payment, *Adjustment.objects.all())
    after = books.trial_balance()
    changed = {name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after}}
    assert {name: each for name, each in changed.items() if each} == {
        "Accounts Receivable (A/R)": 100,
        "Sales of Product Income": -100,
    }
    assert Decimal(str(books.their_invoice(invoice.number or "")["Balance"])) == 100
