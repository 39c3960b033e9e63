"""What their books hold of money that went out with a fee that bears tax: an expense of three lines,
one line of the bank."""

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    cancel_refund,
    credit_invoice,
    hold_as_retainer,
    issue,
    pay_refund,
    refund_retainer,
    return_payment,
)
from apps.billing.models import Adjustment, Payment, Refund, TaxRate
from apps.mappings.codes import read_codes
from apps.mappings.missing import missing
from apps.sync.decide.acts import decide_candidate, decide_record
from apps.sync.models import Candidate, Conflict, Reason, State
from tests.books import Books
from tests.factories import (
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)
from tests.kept_books import live_books
from tests.reconciliation.proven import compare_and_prove as compare
from tests.sandbox_server import SandboxServer
from tests.sync.books.test_money import CHARGES, CLEARING, RECEIVABLE, change, run
from tests.sync.theirs import change_there, their_id

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)
PURCHASE, FEE_TAX, HELD = "Purchase", "VAT on fees", "Customer Prepayments"
DETAIL = "AccountBasedExpenseLineDetail"


@pytest.fixture
def uk(ledger: SandboxServer, db: None) -> Books:
    books = live_books(ledger, profile="uk")
    return with_fee_accounts(books)


def with_fee_accounts(books: Books) -> Books:
    """There is an account for the tax in fees over there, that nobody chose yet."""
    body = {"Name": FEE_TAX, "AccountType": "Other Current Asset"}
    books.server.act(books.realm, "create", kind="Account", body=body)
    read_codes(books.connection)
    books.map_role("bank_charge", CHARGES)
    return books


@pytest.fixture
def rate(uk: Books) -> TaxRate:
    return make_tax_rate(uk.company, 20)


def paid(books: Books) -> Payment:
    return make_payment(company=books.company, amount=1200, method=books.method)


def credited(books: Books) -> Any:
    invoice = make_invoice(company=books.company, lines=[(make_item(books.company), 1, 1200)])
    make_payment(invoice=invoice, method=books.method)
    note = credit_invoice(invoice, reason="Sent back", on=MARCH_16)
    issue(note)
    note.refresh_from_db()
    return note


def held(books: Books) -> Adjustment:
    books.map_role("retainer", HELD)
    return hold_as_retainer(paid(books), amount=Decimal(1200), on=MARCH_16, reason="Ahead")


def goes_out(books: Books, source: Any, rate: TaxRate | None) -> Refund:
    """1,200.00 goes out with a fee of 12.00, of which 2.00 is tax at this rate."""
    assert books.method is not None
    fee: dict[str, Any] = {"fee": Decimal(12)}
    if rate is not None:
        fee["fee_tax_rate"] = rate
    if isinstance(source, Payment):
        return return_payment(source, on=MARCH_20, reason="No funds", **fee)
    pay = refund_retainer if isinstance(source, Adjustment) else pay_refund
    return pay(
        source,
        amount=Decimal(1200),
        on=MARCH_20,
        method=books.method,
        reason="Sent back",
        **fee,
    )


def agree(books: Books) -> None:
    run(books, 2)
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here, found.only_there)


def the_expense(books: Books) -> dict[str, Any]:
    [there] = books.theirs(PURCHASE)
    return there


def stands(expense: dict[str, Any]) -> list[tuple[str, float]]:
    """(account, amount) of its lines."""
    return [(each[DETAIL]["AccountRef"]["value"], each["Amount"]) for each in expense["Line"]]


# What the other side of the 1,200.00 is, beside which the fee is the same.
@pytest.mark.parametrize(
    ("source_of", "opposite"),
    [(paid, RECEIVABLE), (credited, RECEIVABLE), (held, HELD)],
)
@pytest.mark.slow
def test_a_fee_and_its_tax_stand_apart_there_and_are_taken_back_with_their_refund(
    uk: Books, rate: TaxRate, source_of: Callable[[Books], Any], opposite: str
) -> None:
    uk.map_role("input_tax", FEE_TAX)
    source = source_of(uk)
    run(uk)
    before = uk.trial_balance()
    refund = goes_out(uk, source, rate)
    agree(uk)
    # Receivable (or what is held) Dr 1,200; charges Dr 10; tax on fees Dr 2; clearing Cr 1,212.
    assert change(uk, before) == {opposite: 1200, CHARGES: 10, FEE_TAX: 2, CLEARING: -1212}
    assert [each[1] for each in stands(the_expense(uk))] == [1200, 10, 2]

    cancel_refund(refund, reason="The transfer came back")
    agree(uk)
    assert change(uk, before) == {}


@pytest.mark.slow
def test_without_an_account_for_its_tax_it_is_listed_and_held_and_then_sent(
    uk: Books, rate: TaxRate
) -> None:
    payment = paid(uk)
    run(uk)
    before = uk.trial_balance()
    assert "input_tax" not in [each.subject for each in missing(uk.connection)]
    refund = goes_out(uk, payment, rate)
    assert "input_tax" in [each.subject for each in missing(uk.connection)]
    uk.run()
    record = uk.record(refund)
    assert record.state == State.NEEDS_PERSON
    assert "No QuickBooks account is chosen for “Tax on fees, to be taken back”" in record.sentence
    assert uk.theirs(PURCHASE) == []

    uk.map_role("input_tax", FEE_TAX)
    agree(uk)
    assert change(uk, before) == {RECEIVABLE: 1200, CHARGES: 10, FEE_TAX: 2, CLEARING: -1212}


@pytest.mark.parametrize(
    "fault", [pytest.param("lose_before_commit", marks=pytest.mark.slow), "lose_after_commit"]
)
@pytest.mark.slow
def test_a_lost_answer_makes_one_expense_of_three_lines(
    uk: Books, rate: TaxRate, fault: str
) -> None:
    uk.map_role("input_tax", FEE_TAX)
    payment = paid(uk)
    run(uk)
    before = uk.trial_balance()
    goes_out(uk, payment, rate)
    # Quoted: written, not asked for.
    uk.server.arm(uk.realm, fault, match={"endpoint": "batch", "contains": '"Purchase"'})
    for _ in range(4):
        uk.run()
        time.sleep(0.25)
    agree(uk)
    assert [each[1] for each in stands(the_expense(uk))] == [1200, 10, 2]
    assert change(uk, before) == {RECEIVABLE: 1200, CHARGES: 10, FEE_TAX: 2, CLEARING: -1212}


def _without(place: int) -> Callable[[list[Any]], list[Any]]:
    return lambda lines: [each for at, each in enumerate(lines) if at != place]


def _at(place: int, amount: int) -> Callable[[list[Any]], list[Any]]:
    return lambda lines: [
        {**each, "Amount": amount} if at == place else each for at, each in enumerate(lines)
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param(_without(1), "fee", id="fee off"),
        pytest.param(_without(2), "tax in the fee", id="tax off", marks=pytest.mark.slow),
        pytest.param(_at(1, 11), "fee", id="another fee", marks=pytest.mark.slow),
        pytest.param(_at(2, 3), "tax in the fee", id="another tax"),
        pytest.param(lambda lines: lines[:1], "fee", id="both off", marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_what_was_changed_there_of_a_fee_or_its_tax_is_asked_and_put_back(
    uk: Books, rate: TaxRate, typed: Callable[[list[Any]], list[Any]], said: str
) -> None:
    uk.map_role("input_tax", FEE_TAX)
    refund = goes_out(uk, paid(uk), rate)
    run(uk)
    ours = the_expense(uk)
    change_there(uk, PURCHASE, their_id(uk, refund), Line=typed(ours["Line"]))
    uk.run()
    record = uk.record(refund)
    assert record.reason == Reason.CHANGED_ON_BOTH_SIDES
    assert said in record.sentence

    decide_record(record, Conflict.Decision.OURS, user_id=uk.fay.pk)
    agree(uk)
    assert stands(the_expense(uk)) == stands(ours)


@pytest.mark.slow
def test_a_fee_without_tax_that_was_taken_off_there_is_put_back_on_our_account(uk: Books) -> None:
    refund = goes_out(uk, paid(uk), None)
    run(uk)
    ours = the_expense(uk)
    change_there(uk, PURCHASE, their_id(uk, refund), Line=ours["Line"][:1])
    uk.run()
    decide_record(uk.record(refund), Conflict.Decision.OURS, user_id=uk.fay.pk)
    agree(uk)
    assert stands(the_expense(uk)) == stands(ours)


@pytest.mark.slow
def test_the_account_of_a_fee_without_tax_that_was_changed_there_stays(uk: Books) -> None:
    refund = goes_out(uk, paid(uk), None)
    run(uk)
    out, fee = the_expense(uk)["Line"]
    other = uk.code("Discounts given").remote_id
    recoded = {**fee, DETAIL: {**fee[DETAIL], "AccountRef": {"value": other}}}
    change_there(uk, PURCHASE, their_id(uk, refund), Line=[out, recoded])
    agree(uk)
    assert stands(the_expense(uk))[1] == (other, 12)


@pytest.mark.slow
def test_accounts_of_a_fee_and_its_tax_that_were_changed_there_stay(
    uk: Books, rate: TaxRate
) -> None:
    uk.map_role("input_tax", FEE_TAX)
    refund = goes_out(uk, paid(uk), rate)
    run(uk)
    out, fee, tax = the_expense(uk)["Line"]
    others = [uk.code(name).remote_id for name in ("Discounts given", "Bad Debts")]
    recoded = [
        out,
        *(
            {**line, DETAIL: {**line[DETAIL], "AccountRef": {"value": account}}}
            for line, account in zip((fee, tax), others, strict=True)
        ),
    ]
    change_there(uk, PURCHASE, their_id(uk, refund), Line=recoded)
    agree(uk)
    assert "The fee of" in " ".join(compare(uk.connection).recoded)
    assert [each[0] for each in stands(the_expense(uk))][1:] == others

    # Another amount over there as well: ours is put back, on their accounts.
    change_there(uk, PURCHASE, their_id(uk, refund), Line=_at(2, 5)(the_expense(uk)["Line"]))
    uk.run()
    decide_record(uk.record(refund), Conflict.Decision.OURS, user_id=uk.fay.pk)
    agree(uk)
    assert stands(the_expense(uk))[1:] == list(zip(others, [10, 2], strict=True))


@pytest.mark.slow
def test_lines_that_were_turned_round_there_are_still_the_fee_and_its_tax(
    uk: Books, rate: TaxRate
) -> None:
    uk.map_role("input_tax", FEE_TAX)
    refund = goes_out(uk, paid(uk), rate)
    run(uk)
    out, fee, tax = the_expense(uk)["Line"]
    change_there(uk, PURCHASE, their_id(uk, refund), Line=[out, tax, fee])
    agree(uk)
    assert [each[1] for each in stands(the_expense(uk))] == [1200, 2, 10]


@pytest.mark.slow
def test_an_expense_typed_there_that_is_linked_gets_its_third_line_and_our_mark(
    uk: Books, rate: TaxRate
) -> None:
    """Somebody over there typed 1,200.00 and a fee of 12.00 without its tax."""
    uk.map_role("input_tax", FEE_TAX)
    payment = paid(uk)
    run(uk)
    before = uk.trial_balance()
    who = {"value": their_id(uk, payment.customer)}
    out = {"AccountRef": {"value": uk.code(RECEIVABLE).remote_id}, "CustomerRef": who}
    fee = {"AccountRef": {"value": uk.code(CHARGES).remote_id}}
    body = {
        "PaymentType": "Cash",
        "AccountRef": {"value": uk.code(CLEARING).remote_id},
        "EntityRef": {**who, "type": "Customer"},
        "TxnDate": "2026-03-20",
        "PrivateNote": "Bounced",
        "Line": [
            {"Amount": 1200, "DetailType": DETAIL, DETAIL: out},
            {"Amount": 12, "DetailType": DETAIL, DETAIL: fee},
        ],
    }
    uk.server.act(uk.realm, "create", kind=PURCHASE, body=body)
    refund = goes_out(uk, payment, rate)
    uk.run()
    assert uk.record(refund).reason == Reason.MAYBE_THE_SAME
    decide_candidate(Candidate.objects.get(), Candidate.Decision.LINK, user_id=uk.fay.pk)
    uk.run()
    assert "tax in the fee" in uk.record(refund).sentence
    decide_record(uk.record(refund), Conflict.Decision.OURS, user_id=uk.fay.pk)
    agree(uk)
    assert [each[1] for each in stands(the_expense(uk))] == [1200, 10, 2]
    assert "Bounced" in the_expense(uk)["PrivateNote"]
    assert change(uk, before) == {RECEIVABLE: 1200, CHARGES: 10, FEE_TAX: 2, CLEARING: -1212}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amount", "at", "worth", "net", "tax", "left"),
    [
        # 100.00, 10.00 and 2.00 of 112.00 euro: nothing to round.
        ("100", "0.85", "85.00", "8.50", "1.70", "95.20"),
        # 85.67, 8.567 and 1.7134 of 95.9504.
        pytest.param("100", "0.8567", "85.67", "8.57", "1.71", "95.95", marks=pytest.mark.slow),
        # 4.2925, 8.585 and 1.717 of 14.5945: the cent too much comes off the fee.
        ("5", "0.8585", "4.29", "8.58", "1.72", "14.59"),
    ],
)
def test_in_another_currency_fee_and_tax_are_worth_what_left_beside_the_refund(
    ledger: SandboxServer, amount: str, at: str, worth: str, net: str, tax: str, left: str
) -> None:
    abroad = with_fee_accounts(live_books(ledger, multicurrency=True))
    abroad.map_role("input_tax", FEE_TAX)
    make_exchange_rate(abroad.company, "EUR", at)
    customer = make_customer(abroad.company, currency="EUR")
    payment = make_payment(customer=customer, amount=amount, method=abroad.method)
    run(abroad)
    before = abroad.trial_balance()
    refund = goes_out(abroad, payment, make_tax_rate(abroad.company, 20))
    assert (refund.bank_amount, refund.fee_tax) == (Decimal(amount) + 12, 2)
    agree(abroad)
    assert change(abroad, before) == {
        f"{RECEIVABLE} - EUR": Decimal(worth),
        CHARGES: Decimal(net),
        FEE_TAX: Decimal(tax),
        CLEARING: -Decimal(left),
    }
    cancel_refund(refund, reason="The transfer came back")
    agree(abroad)
    assert change(abroad, before) == {}
