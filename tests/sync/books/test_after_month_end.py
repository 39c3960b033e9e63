"""Their month is closed and money still moves here: said before the act, held in our words, and over
there once the month is open again."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.actions import allocate, receive_payment, return_payment
from apps.billing.actions import reverse as un_apply
from apps.billing.models import Invoice, Payment
from apps.connections.lifecycle import refresh_company
from apps.staff.access import add_member, set_up_roles
from apps.staff.roles import RoleName
from apps.sync.calls.closed_there import doubts_about
from apps.sync.models import Call
from tests.backoffice.people import PASSWORD
from tests.books import Books
from tests.factories import make_credit_note, make_invoice

pytestmark = pytest.mark.django_db

MARCH_9, MARCH_31, APRIL_10 = date(2026, 3, 9), date(2026, 3, 31), date(2026, 4, 10)


def money_of_march(books: Books) -> tuple[Payment, Invoice]:
    """On account there and here, with an open invoice of the same customer beside it."""
    invoice = make_invoice(company=books.company)
    payment = receive_payment(
        customer=invoice.customer, amount=Decimal(60), date=MARCH_9, method=books.method
    )
    books.run()
    return payment, invoice


def close_march(books: Books, *, known: bool) -> None:
    """Over there; `known`: Tieout has read it since."""
    books.server.set_up(books.realm, book_close_date=MARCH_31.isoformat())
    if known:
        refresh_company(books.connection)


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["read before", "learnt from the refusal"])
@pytest.mark.parametrize("what", ["applied", "un-applied", "bounced"])
def test_what_moves_after_month_end_is_held_in_our_words_and_goes_once_it_may(
    books: Books, what: str, known: bool
) -> None:
    payment, invoice = money_of_march(books)
    if what != "applied":
        applied = allocate(payment, invoice, Decimal(60), on=MARCH_9)
        books.run()
    close_march(books, known=known)
    if what == "applied":
        allocate(payment, invoice, Decimal(60), on=APRIL_10)
    elif what == "un-applied":
        un_apply(applied, on=APRIL_10, reason="Wrong invoice")
    else:
        return_payment(payment, on=APRIL_10, reason="No funds")
    books.run()
    held = books.record(payment)
    assert held.get_state_display() == "Needs a person"
    assert held.reason == "period_closed"
    assert "keeps what a payment is set against inside the payment" in held.sentence
    assert "closed up to 31 March 2026" in held.sentence
    assert "Move QuickBooks's closing date back" in held.remedy
    assert doubts_about(payment), "and a next act is warned of"

    books.server.set_up(books.realm, book_close_date=None)
    refresh_company(books.connection)
    books.run()
    books.run()
    assert books.record(payment).get_state_display() == "In the books"
    there = books.their_invoice(invoice.number)["Balance"]
    assert there == (40 if what == "applied" else 100)


def test_a_credit_of_march_is_applied_in_april_since_its_application_has_a_day_of_its_own(
    books: Books,
) -> None:
    invoice = make_invoice(company=books.company)
    note = make_credit_note(customer=invoice.customer)
    books.run()
    close_march(books, known=True)
    allocation = allocate(note, invoice, Decimal(100), on=APRIL_10)
    books.run()
    assert books.record(allocation).get_state_display() == "In the books"
    assert books.their_invoice(invoice.number)["Balance"] == 0


def test_a_refusal_for_a_closed_month_reads_their_closing_date_once_a_run(books: Books) -> None:
    invoices = [make_invoice(company=books.company) for _ in range(3)]
    close_march(books, known=False)
    run = books.run()
    asked = Call.objects.filter(run=run, path__endswith="preferences").count()
    assert asked == 1
    books.company.refresh_from_db()
    assert books.company.closing_date == MARCH_31, "acts here are refused from now on"
    for each in invoices:
        held = books.record(each)
        assert (held.reason, held.waits_for) == ("period_closed", "closing_date")
        assert "books are closed up to 31 March 2026" in held.sentence


def test_the_pages_say_so_before_the_act(books: Books) -> None:
    payment, _ = money_of_march(books)
    close_march(books, known=True)
    set_up_roles()
    gil = Client()
    gil.force_login(add_member("gil@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Gil"))
    for act in ("apply", "return"):
        shown = gil.get(reverse(f"admin:billing_payment_{act}", args=[payment.pk]))
        assert "is held there until somebody moves" in shown.content.decode(), act
