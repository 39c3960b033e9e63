"""One company that keeps two sets of books, on two ledgers: the main ones, and a second set that a
person asked for. Each record has its state in each; what one of them made reaches the other once.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    cancel_payment,
    choose_method,
    make_deposit,
    pay_refund,
    void,
)
from apps.billing.models import BankAccount, Invoice, Payment
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.reconciliation.compare import compare
from apps.reconciliation.models import Cause
from apps.sync.decide.acts import decide_candidate, decide_record, recreate
from apps.sync.models import Candidate, Conflict, RemoteRecord, State, SyncRecord
from tests.books import Books
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_company, make_credit_note, make_invoice, make_method, make_payment
from tests.kept_books import live_together
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import all_rows, pay_there, their_id
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = date(2026, 3, 20)
HUNDRED = Decimal(100)


class MainSet(Books):
    received_on = "Checking"


class SecondSet(XeroBooks):
    second_books = True


@dataclass
class Both:
    main: Books
    second: XeroBooks

    def run(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            self.main.run()
            self.second.run()

    def of(self, subject: Any) -> list[SyncRecord]:
        """What is noted of it for the main books, and for the second set."""
        return [each.record(subject) for each in (self.main, self.second)]

    def states(self, subject: Any) -> list[str]:
        return [each.state for each in self.of(subject)]

    def receivable(self) -> list[Decimal]:
        return [
            self.main.balance("Accounts Receivable (A/R)"),
            self.second.balance("Accounts Receivable"),
        ]

    def agree(self) -> bool:
        found = [compare(each.connection) for each in (self.main, self.second)]
        assert all(each.tied_out for each in found), [
            [*each.differences, *each.only_here, *each.doubles, *map(str, each.questions)]
            for each in found
        ]
        return True


def both_live(ledger: SandboxServer, twin: XeroTwin) -> tuple[MainSet, SecondSet]:
    company = make_company()
    main = MainSet(ledger, company=company)
    main.method = make_method(company, posts_to="bank")
    main.go_live()
    second = SecondSet(twin, company=company)
    second.method = main.method
    second.go_live()
    return main, second


@pytest.fixture
def both(ledger: SandboxServer, db: None) -> Both:
    return Both(*live_together(both_live, ledger, XeroTwin(ledger)))


def paid_in_quickbooks(both: Both, invoice: Invoice) -> str:
    return pay_there(both.main, invoice, account=both.main.code("Checking").remote_id)


def paid_in_xero(both: Both, invoice: Invoice, amount: int = 100) -> str:
    told = {"invoice": their_id(both.second, invoice), "amount": amount, "date": DAY.isoformat()}
    return str(both.second.server.act(both.second.realm, "record_payment", **told)["PaymentID"])


def standing() -> Payment:
    """Money that was taken over with another day is received anew."""
    return Payment.objects.get(status=Payment.Status.RECEIVED)


def days(both: Both) -> set[date | None]:
    """On which days the payment is dated, in each of the two and here."""
    rows = RemoteRecord.objects.filter(
        sync_record__in=both.of(standing()), part="", retired=False, gone=False
    )
    assert rows.count() == len((both.main, both.second))
    return {standing().date, *rows.values_list("dated", flat=True)}


def sold(both: Both) -> Invoice:
    """An invoice over 100.00 that stands in both."""
    invoice = make_invoice(company=both.main.company)
    both.run(1)
    assert both.states(invoice) == [State.IN_THE_BOOKS, State.IN_THE_BOOKS]
    return invoice


def test_a_payment_that_came_from_one_reaches_the_other_and_nothing_echoes(both: Both) -> None:
    """Two test invoices and two more of 100.00 each, of which one is paid in each set; and 30.00
    that QuickBooks keeps on account."""
    one, two = sold(both), sold(both)
    paid_in_quickbooks(both, one)
    paid_in_xero(both, two)
    checking = both.main.code("Checking").remote_id
    there = their_id(both.main, one.customer)
    pay_there(both.main, customer=there, amount=30, account=checking)

    both.run()

    payments = list(Payment.objects.order_by("amount"))
    assert [each.amount for each in payments] == [30, HUNDRED, HUNDRED]
    assert {each.made_in for each in payments} == {
        both.main.connection.origin,
        both.second.connection.origin,
    }
    for each in payments:
        assert both.states(each) == [State.IN_THE_BOOKS, State.IN_THE_BOOKS]
    assert len(both.main.theirs("Payment")) == len(payments)
    assert len(both.second.theirs("Payments")) == 2
    assert len(both.second.theirs("Overpayments")) == 1
    assert both.receivable() == [Decimal(170), Decimal(170)]
    assert both.agree()
    before = all_rows(both.main)
    both.run(2)
    assert all_rows(both.main) == before


def test_taken_back_where_it_was_made_it_is_taken_back_in_the_other(both: Both) -> None:
    one, two = sold(both), sold(both)
    there = paid_in_quickbooks(both, one)
    other = paid_in_xero(both, two)
    both.run()

    both.main.server.act(both.main.realm, "delete_payment", id=there)
    both.second.server.act(both.second.realm, "delete_payment", id=other)
    both.run()

    assert not any(each.is_received for each in Payment.objects.all())
    assert [each["TotalAmt"] for each in both.main.theirs("Payment")] == [0]
    assert {each["Status"] for each in both.second.theirs("Payments")} == {"DELETED"}
    assert both.receivable() == [Decimal(400), Decimal(400)]
    assert both.agree()


@pytest.mark.parametrize(
    ("decision", "on"),
    [(Conflict.Decision.OURS, date(2026, 3, 16)), (Conflict.Decision.THEIRS, DAY)],
)
def test_the_same_receipt_typed_into_both_is_asked_about_and_has_one_day_in_the_end(
    both: Both, decision: Conflict.Decision, on: date
) -> None:
    """Each has a bank feed of its own; one books it on the 16th, the other on the 20th."""
    invoice = sold(both)
    paid_in_quickbooks(both, invoice)
    paid_in_xero(both, invoice)

    both.run()

    asked = Candidate.objects.get(decision=Candidate.Decision.OPEN)
    assert asked.sync_record.connection == both.second.connection
    payment = Payment.objects.get()
    decide_candidate(asked, Candidate.Decision.LINK, user_id=both.main.fay.pk)
    both.run()
    record = both.second.record(payment)
    assert "its date is 16 March 2026 here and 20 March 2026 in Xero" in record.sentence
    decide_record(record, decision, user_id=both.main.fay.pk)
    both.run()

    assert [each.get_state_display() for each in both.of(standing())] == ["In the books"] * 2
    assert days(both) == {on}
    assert both.receivable() == [Decimal(200), Decimal(200)]
    assert both.agree()


@pytest.mark.parametrize("cancelled", [False, True])
def test_deleted_in_the_set_that_did_not_make_it_a_person_says_what_is_so(
    both: Both, cancelled: bool
) -> None:
    """A payment that came from QuickBooks: it is sent to Xero anew, or taken back in both."""
    invoice = sold(both)
    paid_in_quickbooks(both, invoice)
    both.run()
    payment, second = Payment.objects.get(), both.second
    paid = next(each for each in second.theirs("Payments") if each["Status"] == "AUTHORISED")
    second.server.act(second.realm, "delete_payment", id=paid["PaymentID"])
    both.run()

    record = second.record(payment)
    assert record.sentence.endswith(
        "was recorded in QuickBooks and cancelled in Xero. Nothing sends it again by itself."
    )
    assert both.states(payment)[0] == State.IN_THE_BOOKS
    if cancelled:
        cancel_payment(payment, reason="It bounced")
    else:
        recreate(record, user_id=both.main.fay.pk, reason="Deleted by mistake")
    both.run()

    owed = Decimal(300 if cancelled else 200)
    assert both.receivable() == [owed, owed]
    assert both.agree()


def test_everything_that_is_made_here_stands_in_both(both: Both) -> None:
    """Of 100.00 each: a credit note used, a payment over two, a refund, and one void."""
    one, two, three = sold(both), sold(both), sold(both)
    note = make_credit_note(company=both.main.company, customer=one.customer)
    allocate(note, one, min(note.total, one.balance_due), on=DAY)
    make_payment(invoice=two, method=both.main.method)
    kept = make_payment(customer=two.customer, amount=30, method=both.main.method, date=DAY)
    pay_refund(kept, amount=Decimal(30), on=DAY, method=both.main.method, reason="Too much")
    void(three, reason="Typed twice")

    both.run()

    held = SyncRecord.objects.exclude(state=State.IN_THE_BOOKS)
    assert [(str(each), each.sentence) for each in held] == []
    assert both.receivable() == [Decimal(200), Decimal(200)]
    assert both.agree()


def test_one_that_cannot_be_reached_holds_up_only_itself(both: Both) -> None:
    Connection.objects.filter(pk=both.main.connection.pk).update(stage=Connection.Stage.PAUSED)
    invoice = make_invoice(company=both.main.company)

    both.second.run()
    both.second.run()

    assert both.second.record(invoice).state == State.IN_THE_BOOKS
    assert both.main.record(invoice).state == State.WAITING
    paid_in_xero(both, invoice)
    both.second.run()
    assert Payment.objects.get().is_received
    Connection.objects.filter(pk=both.main.connection.pk).update(stage=Connection.Stage.LIVE)
    both.run()
    assert both.states(Payment.objects.get()) == [State.IN_THE_BOOKS, State.IN_THE_BOOKS]
    assert both.agree()


def test_a_name_changed_in_one_follows_to_the_other_once(both: Both) -> None:
    invoice = sold(both)
    main, second = both.main, both.second
    theirs = their_id(main, invoice.customer)
    main.server.act(main.realm, "rename_customer", id=theirs, name="Bell and Sons")

    both.run()

    invoice.customer.refresh_from_db()
    assert invoice.customer.name == "Bell and Sons"
    names = [each["Name"] for each in second.theirs("Contacts")]
    assert names.count("Bell and Sons") == 1
    before = all_rows(main)
    both.run(2)
    assert all_rows(main) == before


def test_what_one_cannot_hold_is_left_out_of_that_one(both: Both) -> None:
    """A bank deposit: Xero has none, says so, and agrees once somebody said how it is banked there."""
    company = both.main.company
    method = make_method(company, posts_to="clearing")
    for books, account in ((both.main, "Undeposited Funds"), (both.second, "Card Clearing")):
        code = books.code(account)
        set_mapping(books.connection, "method_account", code=code, payment_method=method)
    bank = BankAccount.objects.create(company=company, name="Current account", currency="GBP")
    both.second.map_proposed()
    checking = both.main.code("Checking")
    set_mapping(both.main.connection, "bank_account", code=checking, bank_account=bank)
    paid = make_payment(invoice=sold(both), method=method, date=DAY)
    deposit = make_deposit(bank, date=DAY, payments=[paid])

    both.run()

    assert both.states(paid) == [State.IN_THE_BOOKS, State.IN_THE_BOOKS]
    main, second = both.of(deposit)
    assert main.state == State.IN_THE_BOOKS
    assert second.state == State.LEFT_OUT
    assert "what the bank received is reconciled in Xero against its clearing account" in (
        second.sentence
    )
    assert compare(both.main.connection).tied_out
    question = compare(both.second.connection).questions[0]
    assert question.cause == Cause.LEFT_OUT


def test_money_without_a_payment_method_goes_on_once_a_person_says_how_it_was_paid(
    both: Both,
) -> None:
    """It lies on an account of QuickBooks that no method of ours is mapped to."""
    invoice = sold(both)
    there = pay_there(both.main, invoice)
    both.run()
    payment = standing()
    assert payment.method is None
    assert both.states(payment) == [State.IN_THE_BOOKS, State.NEEDS_PERSON]
    held = both.second.record(payment)
    assert held.remedy == "Open the payment and press “Say how it was paid”."
    lies_on = payment_there(both, there)["DepositToAccountRef"]

    assert both.main.method is not None
    choose_method(payment, both.main.method)
    both.run()

    assert both.states(payment) == [State.IN_THE_BOOKS, State.IN_THE_BOOKS]
    assert both.receivable() == [Decimal(200), Decimal(200)]
    assert payment_there(both, there)["DepositToAccountRef"] == lies_on


def payment_there(both: Both, payment_id: str) -> dict[str, Any]:
    return next(each for each in both.main.theirs("Payment") if each["Id"] == payment_id)
