"""What FreshBooks can hold, and why it cannot, said before any call."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.freshbooks.capabilities import CAPABILITIES
from apps.connectors.lacking import lacking
from apps.connectors.snapshots import Kind, RefundSnapshot
from tests.connectors.freshbooks.answers import (
    TODAY,
    adjustment,
    applied,
    credit_note,
    customer,
    freshbooks,
    invoice,
    item,
    line,
    payment,
)


@pytest.mark.parametrize(
    "snapshot",
    [customer(), item(), invoice(), credit_note(), payment(), applied(), adjustment()],
)
def test_what_it_can_hold_meets_no_objection(snapshot: Any) -> None:
    assert freshbooks().objections(snapshot) == ()
    assert lacking(CAPABILITIES, "GBP", snapshot) == ()
    held = freshbooks().project(snapshot)
    assert freshbooks().project(held) == held
    assert freshbooks().objections(held) == ()


THREE = "A@5+B@6+C@7"
CASES: dict[str, tuple[Any, str]] = {
    "three taxes on a line": (invoice(line("100.00", "18.00", tax_code_id=THREE)), "takes two"),
    "a percentage that is too fine": (
        invoice(line("100.00", "5.12", tax_code_id="GST@5.1234")),
        "three decimals of a percentage",
    ),
    "a tax that is none of theirs": (invoice(line(tax_code_id="20")), "mapping page"),
    "tax without a tax of theirs": (invoice(line(tax_code_id="")), "map its tax rate"),
    "tax that they would work out otherwise": (
        invoice(line("100.00", "20.01")),
        "would make it 20.00, not 20.01",
    ),
    "no number": (invoice(number=" "), "no number"),
    "a long number": (credit_note(number="N" * 31), "31 characters"),
    "a customer that is not there": (invoice(customer_id=""), "customer"),
    "a due date before its own": (invoice(due_date=date(2026, 11, 19)), "cannot be before it"),
    "fine amounts": (invoice(line("100.005", "0")), "two decimals"),
    "below nil": (invoice(line("-10.00", "0")), "below nil"),
    "three decimals of a currency": (invoice(currency="KWD"), "KWD"),
    "no money": (payment("0.00"), "above nil"),
    "fine money": (payment("1.005"), "two decimals"),
    "money in a currency of three decimals": (payment(currency="BHD"), "BHD"),
    "a credit against a refund": (applied(target_kind=Kind.REFUND), "against an invoice"),
    "what is set is money": (applied(source=Kind.PAYMENT), "a credit against an invoice"),
    "money taken up again": (adjustment(debits=True), "takes money on account up again"),
    "a name of nothing": (customer(name=" "), "empty"),
    "a fine price": (item(unit_price=Decimal("0.001")), "two decimals"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_it_cannot_hold_is_objected_to_with_a_sentence(case: str) -> None:
    snapshot, word = CASES[case]
    found = freshbooks().objections(snapshot)
    assert any(word in each for each in found), found
    assert all(each.endswith(".") for each in found)


@pytest.mark.parametrize(
    "snapshot",
    [invoice(line(tax_code_id=THREE), void=True), payment(cancelled=True), applied(cancelled=True)],
)
def test_what_is_taken_back_asks_for_nothing(snapshot: Any) -> None:
    assert freshbooks().objections(snapshot) == ()


def test_a_payment_that_pays_not_one_invoice_is_held_with_the_way_out() -> None:
    part = payment().allocations[0]
    two = dataclasses.replace(
        payment("240.00"),
        allocations=(part, dataclasses.replace(part, target_id="32")),
    )
    for each in (payment(allocations=()), payment("130.00", allocations=(part,)), two):
        assert lacking(CAPABILITIES, "GBP", each) == (CAPABILITIES.cannot["on_account"],)
    bits = tuple(dataclasses.replace(part, amount=Decimal(60)) for _ in range(2))
    bit_by_bit = payment(allocations=bits)
    assert lacking(CAPABILITIES, "GBP", bit_by_bit) == ()
    held = freshbooks().project(bit_by_bit)
    assert [each.amount for each in held.allocations] == [Decimal(120)]  # type: ignore[union-attr] # a payment


def test_a_refund_is_left_out_and_no_payment_is_deleted_for_it() -> None:
    assert Kind.REFUND not in CAPABILITIES.kinds
    refund = RefundSnapshot(
        marker="m", customer_id="12", paid_on=TODAY, currency="GBP", amount=Decimal(5)
    )
    assert freshbooks().objections(refund) == (CAPABILITIES.cannot["refund"],)
    assert freshbooks().effect(refund) == ()


@pytest.mark.parametrize("way", ["per rate", "per line"])
def test_tax_may_be_rounded_either_way_that_they_might(way: str) -> None:
    """Three lines of 0.13 at 20 %: 0.08 together, 0.03 each."""
    tax = Decimal("0.08") if way == "per rate" else Decimal("0.09")
    lines = tuple(line("0.13", "0.03", key=str(place)) for place in range(3))
    document = dataclasses.replace(invoice(*lines), tax=tax, total=Decimal("0.39") + tax, taxes=())
    assert freshbooks().objections(document) == ()


def test_every_sentence_about_what_it_cannot_is_one() -> None:
    sentences = list(CAPABILITIES.cannot.values())
    assert all(each.endswith(".") for each in sentences)
    assert len(set(sentences)) == len(sentences)
    needed = {each.value for each in set(Kind) - CAPABILITIES.kinds}
    assert needed | {"accounts", "trial_balance", "on_account"} <= set(CAPABILITIES.cannot)


def test_each_step_that_an_outcome_may_name_has_words() -> None:
    from apps.connectors.freshbooks import capabilities as named

    steps = {named.DRAFT, named.SEND, named.STATE, named.TAKE_OFF, named.AGAIN, named.PROVE}
    assert steps == set(CAPABILITIES.steps)


def test_it_books_a_credit_against_what_an_invoice_booked() -> None:
    def booked(snapshot: Any) -> dict[str, Decimal]:
        return {each.account_id: each.debit - each.credit for each in freshbooks().effect(snapshot)}

    assert booked(invoice()) == {
        "receivable": Decimal(120),
        "sales": Decimal(-100),
        "tax:VAT@20": Decimal(-20),
    }
    assert booked(credit_note()) == {each: -sum_ for each, sum_ in booked(invoice()).items()}
    assert booked(payment()) == {"money": Decimal(120), "receivable": Decimal(-120)}
    assert booked(adjustment()) == {"sales": Decimal(3), "receivable": Decimal(-3)}
    assert booked(invoice(void=True)) == {}
