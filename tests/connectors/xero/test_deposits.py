"""Bank deposits on the simulated Xero, where a person switched them on: one line of the bank over the
clearing account, to the penny."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import DepositAmount, make_deposit, pay_refund, undo_deposit
from apps.billing.models import AccountRole, BankAccount, Deposit, PaymentMethod
from apps.connections.models import Connection
from apps.connections.switching import switch
from apps.connectors.xero.capabilities import PAYEE
from apps.connectors.xero.wire import short_marker
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.reconciliation.compare import compare
from apps.reconciliation.models import Cause
from apps.sync.assemble.foretold_money import foretold_together
from apps.sync.decide.acts import decide_record, recreate, retry
from apps.sync.models import Conflict, Reason, RemoteRecord, State
from tests.connectors.xero.live import XeroBooks
from tests.factories import (
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
)

# Each goes through the engine and their books: seconds, not tenths.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = date(2026, 3, 20)
CLEARING, BANK = "Card Clearing", "Business Bank Account"
OTHER_BANK = "Business Savings Account"


class Desk:
    """Card money that lies on a clearing account, and the bank account that it goes to."""

    def __init__(self, books: XeroBooks) -> None:
        self.books = books
        self.bank = BankAccount.objects.create(
            company=books.company, name="Current", currency="GBP"
        )
        self.cards: PaymentMethod = make_method(
            books.company, posts_to="clearing", bank_account=self.bank
        )
        self.map(CLEARING)
        books.map_role("bank_charge", "Bank Fees")
        self.customer, self.item = make_customer(books.company), make_item(books.company)

    def map(self, clearing: str) -> None:
        for subject, thing, account in (
            ("method_account", {"payment_method": self.cards}, clearing),
            ("bank_account", {"bank_account": self.bank}, BANK),
        ):
            set_mapping(self.books.connection, subject, code=self.books.code(account), **thing)

    def paid(self, amount: int) -> Any:
        invoice = make_invoice(customer=self.customer, lines=[(self.item, 1, amount)])
        return make_payment(invoice=invoice, method=self.cards, date=DAY, amount=amount)

    def deposit(self, *amounts: int, fee: str = "") -> Deposit:
        fees = [DepositAmount(role=AccountRole.BANK_CHARGE, amount=-Decimal(fee))] if fee else []
        return make_deposit(
            self.bank, date=DAY, payments=[self.paid(each) for each in amounts], amounts=fees
        )

    def abroad(self) -> tuple[PaymentMethod, BankAccount]:
        """Dollars: a method whose money lies on the clearing account, and a bank account in them."""
        books, told = self.books, {"Code": "095", "Name": "Dollar Account", "Type": "BANK"}
        books.server.act(books.realm, "add_currency", code="USD")
        books.server.act(
            books.realm, "create", kind="Accounts", body={**told, "CurrencyCode": "USD",
            "BankAccountNumber": "12345678"},
        )  # fmt: skip
        make_exchange_rate(books.company, "USD", "0.8")
        there = BankAccount.objects.create(company=books.company, name="Dollars", currency="USD")
        dollars = make_method(
            books.company, currency="USD", posts_to="clearing", bank_account=there
        )
        read_codes(books.connection)
        for subject, thing, account in (
            ("method_account", {"payment_method": dollars}, CLEARING),
            ("bank_account", {"bank_account": there}, "Dollar Account"),
        ):
            set_mapping(books.connection, subject, code=books.code(account), **thing)
        self.american = make_customer(books.company, currency="USD")
        return dollars, there

    def paid_abroad(self, amount: int, method: PaymentMethod) -> Any:
        invoice = make_invoice(customer=self.american, lines=[(self.item, 1, amount)])
        return make_payment(invoice=invoice, method=method, date=DAY, amount=amount)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Their lines of the bank that money was received or spent by, as they stand."""
        rows = self.books.theirs("BankTransactions")
        return [each for each in rows if each["Type"] in ("RECEIVE", "SPEND")]


@pytest.fixture
def desk(books: XeroBooks) -> Desk:
    switch(books.connection, ["bank_deposits"])
    return Desk(books)


def calm(books: XeroBooks) -> None:
    for _ in range(3):
        books.run()


def test_a_month_of_card_money_comes_to_the_figures_worked_by_hand(desk: Desk) -> None:
    """Card payments 100 + 50: clearing 150, receivable -150. On account 20, paid back: receivable
    20, clearing -20 (and its receipt, bank 20, receivable -20). Deposit of 100 + 50 - 20 - 4:
    bank 126, bank fees 4, clearing -130. Test invoice 100; invoices 100 + 50."""
    books = desk.books
    kept = make_payment(customer=desk.customer, amount=20, method=books.method, date=DAY)
    refund = pay_refund(kept, amount=Decimal(20), on=DAY, method=desk.cards, reason="Too much")
    deposit = make_deposit(
        desk.bank,
        date=DAY,
        payments=[desk.paid(100), desk.paid(50)],
        refunds=[refund],
        amounts=[DepositAmount(role=AccountRole.BANK_CHARGE, amount=Decimal(-4))],
    )
    calm(books)

    assert books.record(deposit).state == State.IN_THE_BOOKS
    (line,) = desk.lines
    booked = [(each["AccountCode"], Decimal(str(each["LineAmount"]))) for each in line["LineItems"]]
    assert booked == [("615", Decimal(150)), ("404", Decimal(-4)), ("615", Decimal(-20))]
    assert (line["Type"], Decimal(str(line["Total"]))) == ("RECEIVE", Decimal(126))
    assert {each["TaxType"] for each in line["LineItems"]} == {"NONE"}
    assert line["Reference"].split()[-1] == short_marker(deposit.public_id.hex)
    assert line["Contact"]["Name"] == PAYEE
    stands = books.trial_balance()
    assert stands[BANK] == Decimal(126 + 20)
    assert stands["Bank Fees"] == Decimal(4)
    assert CLEARING not in stands  # 150 came, 20 went back, 130 went to the bank
    assert stands["Accounts Receivable"] == Decimal(100)
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here, found.questions)


def test_a_deposit_that_comes_to_less_than_nil_is_money_spent(desk: Desk) -> None:
    """10 came in and 25 went back: the bank pays 15, and the clearing account is at nil."""
    books = desk.books
    kept = make_payment(customer=desk.customer, amount=25, method=books.method, date=DAY)
    refund = pay_refund(kept, amount=Decimal(25), on=DAY, method=desk.cards, reason="Too much")
    deposit = make_deposit(desk.bank, date=DAY, payments=[desk.paid(10)], refunds=[refund])
    calm(books)

    assert books.record(deposit).state == State.IN_THE_BOOKS
    (line,) = desk.lines
    assert (line["Type"], Decimal(str(line["Total"]))) == ("SPEND", Decimal(15))
    assert books.balance(CLEARING) == 0
    assert books.balance(BANK) == Decimal(25 - 15)
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here, found.questions)


def test_the_tax_in_a_fee_has_a_line_of_its_own(desk: Desk) -> None:
    """Payment 100, fee 5.00 with 1.00 tax in it: bank 94, fees 5, input tax 1, clearing -100."""
    books = desk.books
    books.map_role("input_tax", "Tax Withheld")
    deposit = make_deposit(
        desk.bank,
        date=DAY,
        payments=[desk.paid(100)],
        amounts=[
            DepositAmount(
                role=AccountRole.BANK_CHARGE,
                amount=Decimal(-6),
                tax_rate=make_tax_rate(books.company, 20),
            )
        ],
    )
    calm(books)

    assert books.record(deposit).state == State.IN_THE_BOOKS
    stands = books.trial_balance()
    assert (stands[BANK], stands["Bank Fees"], stands["Tax Withheld"]) == (94, 5, 1)
    assert compare(books.connection).tied_out


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("lose_after_commit", {}),
        ("lose_before_commit", {}),
        ("status", {"status": 503, "body": "html"}),
    ],
    ids=["lost, done", "lost, not done", "their fault"],
)
def test_a_deposit_whose_answer_is_lost_is_made_once(
    desk: Desk, fault: str, told: dict[str, Any]
) -> None:
    deposit = desk.deposit(100, fee="4")
    match = {"method": "PUT", "endpoint": "banktransactions"}
    desk.books.server.arm(desk.books.realm, fault, match=match, **told)
    settled(desk, deposit)
    (line,) = desk.lines
    assert Decimal(str(line["Total"])) == Decimal(96)


def settled(desk: Desk, deposit: Deposit) -> None:
    for _ in range(6):
        Connection.objects.filter(pk=desk.books.connection.pk).update(paused_until=None)
        time.sleep(0.25)
        desk.books.run()
        if desk.books.record(deposit).state == State.IN_THE_BOOKS:
            return
    raise AssertionError(desk.books.record(deposit).sentence)


def test_a_deposit_that_they_say_they_made_and_did_not_is_held_and_goes_by_retry(
    desk: Desk,
) -> None:
    """A 200 that echoes what was asked, and keeps nothing."""
    deposit = desk.deposit(100)
    match = {"method": "PUT", "endpoint": "banktransactions"}
    desk.books.server.arm(desk.books.realm, "echo", match=match)
    calm(desk.books)
    record = desk.books.record(deposit)
    assert record.state == State.NEEDS_PERSON
    assert "does not stand there" in record.sentence
    assert desk.lines == []
    retry([record])
    calm(desk.books)
    assert desk.books.record(deposit).state == State.IN_THE_BOOKS
    assert len(desk.lines) == 1


def test_a_deposit_that_they_made_otherwise_without_a_word_is_held(desk: Desk) -> None:
    """Its day is dropped, so that it is of today there: the answer is no proof, the read is."""
    deposit = desk.deposit(100)
    match = {"method": "PUT", "endpoint": "banktransactions"}
    desk.books.server.arm(desk.books.realm, "drop_fields", match=match, fields=["Date"])
    desk.books.run(get=False)
    record = desk.books.record(deposit)
    assert (record.state, len(desk.lines)) == (State.NEEDS_PERSON, 1), record.sentence
    assert "date" in record.sentence


def test_an_undone_deposit_is_deleted_there(desk: Desk) -> None:
    deposit = desk.deposit(100, fee="4")
    calm(desk.books)
    undo_deposit(deposit, reason="Wrong day")
    calm(desk.books)
    record = desk.books.record(deposit)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, deposit.revision)
    assert [each["Status"] for each in desk.lines] == ["DELETED"]
    assert desk.books.balance(CLEARING) == Decimal(100)


@pytest.mark.parametrize("echo", ["reconciled", "echo"])
def test_a_deletion_that_was_not_done_is_told_and_the_line_stands(desk: Desk, echo: str) -> None:
    """One that is reconciled is refused by us before any call; an answer that only repeats the
    question is found out by reading."""
    books = desk.books
    deposit = desk.deposit(100)
    calm(books)
    (line,) = desk.lines
    if echo == "reconciled":
        books.server.act(
            books.realm, "reconcile", kind="BankTransactions", id=line["BankTransactionID"]
        )
    else:
        match = {"method": "POST", "endpoint": "banktransactions"}
        books.server.arm(books.realm, "echo", match=match)
    undo_deposit(deposit, reason="Wrong day")
    calm(books)
    record = books.record(deposit)
    assert record.state == State.NEEDS_PERSON
    assert (
        "Its line of the bank is reconciled" if echo == "reconciled" else "stands there as before"
    ) in record.sentence
    assert [each["Status"] for each in desk.lines] == ["AUTHORISED"]
    assert not compare(books.connection).tied_out


def test_what_is_changed_there_is_asked_and_ours_is_put_back(desk: Desk) -> None:
    books = desk.books
    deposit = desk.deposit(100, fee="4")
    calm(books)
    (line,) = desk.lines
    changed = [
        {**{k: each[k] for k in ("Description", "AccountCode", "TaxType")}, "Quantity": 1,
         "UnitAmount": "-9" if float(each["LineAmount"]) < 0 else str(each["LineAmount"])}
        for each in line["LineItems"]
    ]  # fmt: skip
    body = {
        **{k: line[k] for k in ("BankTransactionID", "Type", "Reference", "LineAmountTypes")},
        "LineItems": changed,
    }
    books.server.act(books.realm, "update", kind="BankTransactions", body=body)
    calm(books)
    record = books.record(deposit)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    with pytest.raises(ValidationError, match="does not say which payments it holds now"):
        decide_record(record, Conflict.Decision.THEIRS, user_id=books.fay.pk)
    decide_record(record, Conflict.Decision.OURS, user_id=books.fay.pk)
    calm(books)
    assert books.record(deposit).state == State.IN_THE_BOOKS
    (line,) = desk.lines
    assert Decimal(str(line["Total"])) == Decimal(96)


def test_what_is_deleted_there_is_asked_and_nothing_sends_it_again(desk: Desk) -> None:
    books = desk.books
    deposit = desk.deposit(100)
    calm(books)
    (line,) = desk.lines
    body = {"BankTransactionID": line["BankTransactionID"], "Status": "DELETED"}
    books.server.act(books.realm, "update", kind="BankTransactions", body=body)
    calm(books)
    record = books.record(deposit)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    assert len(desk.lines) == 1
    recreate(record, user_id=books.fay.pk, reason="Deleted by mistake")
    calm(books)
    assert books.record(deposit).state == State.IN_THE_BOOKS
    assert sorted(each["Status"] for each in desk.lines) == ["AUTHORISED", "DELETED"]


def test_what_a_person_receives_there_over_the_clearing_account_is_only_theirs(desk: Desk) -> None:
    """It says of no payment of ours that it holds it: explained, listed, and no deposit here."""
    books = desk.books
    desk.paid(100)
    calm(books)
    body = {
        "Type": "RECEIVE",
        "Contact": {"Name": "Payment processor"},
        "BankAccount": {"Code": "090"},
        "Date": DAY.isoformat(),
        "LineAmountTypes": "NoTax",
        "LineItems": [
            {"Description": "Payout", "Quantity": 1, "UnitAmount": 100, "AccountCode": "615"}
        ],
    }
    books.server.act(books.realm, "create", kind="BankTransactions", body=body)
    calm(books)
    assert not Deposit.objects.exists()
    row = RemoteRecord.objects.get(connection=books.connection, kind="BankTransaction")
    assert (row.arrival, row.sync_record) == (RemoteRecord.Arrival.ONLY_THEIRS, None)
    found = compare(books.connection)
    assert [*found.differences, *found.only_here, *found.doubles] == []
    assert any("BankTransaction" in each for each in found.only_there)


def test_a_clearing_account_that_is_a_bank_account_there_is_held_with_what_to_do(
    desk: Desk,
) -> None:
    desk.cards = make_method(desk.books.company, posts_to="clearing", bank_account=desk.bank)
    code = desk.books.code(OTHER_BANK)
    set_mapping(desk.books.connection, "method_account", code=code, payment_method=desk.cards)
    deposit = desk.deposit(100)
    calm(desk.books)
    record = desk.books.record(deposit)
    assert record.state == State.NEEDS_PERSON
    assert "the fees are spend money, and the rest is a bank transfer" in record.sentence
    assert desk.lines == []


def test_what_was_left_out_stays_so_until_retry_and_what_stands_stays_when_switched_off(
    desk: Desk,
) -> None:
    books = desk.books
    switch(books.connection, [])
    early = desk.deposit(50)
    calm(books)
    assert books.record(early).state == State.LEFT_OUT
    switch(books.connection, ["bank_deposits"])
    later = desk.deposit(100)
    calm(books)
    assert (books.record(early).state, books.record(later).state) == (
        State.LEFT_OUT,
        State.IN_THE_BOOKS,
    )
    assert [each.cause for each in compare(books.connection).questions] == [Cause.LEFT_OUT]
    retry([books.record(early)])
    calm(books)
    assert books.record(early).state == State.IN_THE_BOOKS
    assert compare(books.connection).tied_out

    switch(books.connection, [])
    never = desk.deposit(7)
    calm(books)
    assert books.record(never).state == State.LEFT_OUT
    assert len(desk.lines) == 2
    assert [each.cause for each in compare(books.connection).questions] == [Cause.LEFT_OUT]
    undo_deposit(later, reason="Wrong day")
    calm(books)
    assert sorted(each["Status"] for each in desk.lines) == ["AUTHORISED", "DELETED"]


def test_what_it_will_book_is_foretold(desk: Desk) -> None:
    deposit = desk.deposit(100, 50, fee="4")
    (told,) = foretold_together([deposit])
    assert {(each.account, each.debit, each.credit) for each in told.rows} == {
        ("090 Business Bank Account", Decimal(146), Decimal(0)),
        ("404 Bank Fees", Decimal(4), Decimal(0)),
        ("615 Card Clearing", Decimal(0), Decimal(150)),
    }


def test_dollars_go_to_a_bank_account_in_dollars_at_the_rate_they_came_in_at(desk: Desk) -> None:
    """USD 100 at 0.80: clearing 80, then bank 80. Banked at another rate it is held, and so is
    what would go to an account in pounds."""
    books = desk.books
    dollars, there = desk.abroad()
    deposit = make_deposit(
        there, date=DAY, payments=[desk.paid_abroad(100, dollars)], exchange_rate=Decimal("0.8")
    )
    calm(books)
    assert books.record(deposit).state == State.IN_THE_BOOKS, books.record(deposit).sentence
    stands = books.trial_balance()
    assert stands["Dollar Account"] == Decimal(80)
    assert CLEARING not in stands
    assert compare(books.connection).tied_out

    other = make_deposit(
        there, date=DAY, payments=[desk.paid_abroad(100, dollars)], exchange_rate=Decimal("0.9")
    )
    calm(books)
    record = books.record(other)
    assert record.state == State.NEEDS_PERSON
    assert "worth 80.00 GBP when it came in and is worth 90.00 GBP" in record.sentence
