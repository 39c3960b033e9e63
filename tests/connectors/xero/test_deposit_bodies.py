"""A bank deposit as Xero's JSON and back, what it books, and what it refuses: without any call."""

import dataclasses
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Posting
from apps.connectors.snapshots import (
    DepositLineSnapshot,
    DepositSnapshot,
    Kind,
    differences,
)
from apps.connectors.xero.deposits import deposit_body
from apps.connectors.xero.effect import effect
from apps.connectors.xero.objections import objections
from apps.connectors.xero.objects import objects_of
from apps.connectors.xero.rules import project
from apps.connectors.xero.wire import dump, short_marker
from tests.connectors.xero.answers import ACCOUNTS, INVOICE, Script, envelope, push, said, xero

MARKER = "0" * 31 + "7"


def line(account: str, amount: str, said: str = "") -> DepositLineSnapshot:
    return DepositLineSnapshot(account_id=account, amount=Decimal(amount), description=said)


def deposit(*lines: DepositLineSnapshot, **more: Any) -> DepositSnapshot:
    told: dict[str, Any] = {
        "marker": MARKER,
        "account_id": "090",
        "dated": date(2026, 3, 20),
        "currency": "GBP",
        "lines": lines,
        "total": sum((each.amount for each in lines), Decimal(0)),
        "memo": "Week 12",
        **more,
    }
    return DepositSnapshot(**told)


CARDS = deposit(
    line("615", "100"), line("615", "50"), line("615", "-20", "Refund of 20"), line("404", "-4")
)


def read_back(ours: DepositSnapshot, **over: Any) -> DepositSnapshot:
    """As their books would tell what was sent."""
    body = deposit_body(held(ours), "GBP")
    total = sum((each["LineAmount"] for each in body["LineItems"]), Decimal(0))
    (there,) = objects_of(
        "BankTransaction", {"BankTransactionID": "b1", "Total": str(total), **body, **over}, "GBP"
    )
    assert (there.of_kind, there.postings, there.marker) == (Kind.DEPOSIT, (), MARKER)
    assert isinstance(there.snapshot, DepositSnapshot)
    return there.snapshot


def held(ours: DepositSnapshot) -> DepositSnapshot:
    found = project(ours, "GBP", "tax_types")
    assert isinstance(found, DepositSnapshot)
    return found


def test_what_came_out_of_an_account_and_what_went_back_are_a_line_each() -> None:
    assert [(each.account_id, each.amount) for each in held(CARDS).lines] == [
        ("615", 150),
        ("404", -4),
        ("615", -20),
    ]
    body = deposit_body(held(CARDS), "GBP")
    assert (body["Type"], body["Reference"]) == ("RECEIVE", f"Week 12 {short_marker(MARKER)}")
    assert body["LineItems"][0]["Description"] == f"Payments received [Tieout deposit {MARKER}]"
    assert body["LineItems"][2]["Description"] == "Refund of 20"
    assert {each["Quantity"] for each in body["LineItems"]} == {1}


@pytest.mark.parametrize("total", ["126", "-15"])
def test_it_reads_back_as_it_was_sent_above_nil_and_below(total: str) -> None:
    ours = CARDS if total == "126" else deposit(line("615", "10"), line("615", "-25"))
    there = read_back(ours)
    assert there.total == Decimal(total)
    assert differences(held(ours), held(there)) == ()


def test_lines_that_somebody_splits_or_renames_there_are_no_difference_of_money() -> None:
    body = deposit_body(held(CARDS), "GBP")
    first = body["LineItems"][0]
    half = {**first, "UnitAmount": Decimal(75), "LineAmount": Decimal(75)}
    lines = [half, {**half, "Description": "The rest"}, *body["LineItems"][1:]]
    there = read_back(CARDS, LineItems=lines)
    assert {each.whose for each in differences(held(CARDS), held(there))} <= {"kept"}


def test_tax_that_somebody_puts_on_a_line_there_is_a_difference() -> None:
    lines = deposit_body(held(CARDS), "GBP")["LineItems"]
    lines[1] = {**lines[1], "TaxType": "INPUT2", "TaxAmount": Decimal("-0.67")}
    there = read_back(CARDS, LineItems=lines, LineAmountTypes="Inclusive")
    assert any(each.whose == "ask" for each in differences(held(CARDS), held(there)))


@pytest.mark.parametrize("status", ["DELETED", "VOIDED"])
def test_one_that_is_off_is_cancelled_and_holds_nothing(status: str) -> None:
    there = read_back(CARDS, Status=status)
    assert (there.cancelled, there.total, there.lines) == (True, 0, ())
    assert differences(held(dataclasses.replace(CARDS, cancelled=True)), held(there)) == ()


def test_it_debits_the_bank_and_fees_and_credits_what_it_empties() -> None:
    assert set(effect(held(CARDS), "GBP")) == {
        Posting(account_id="090", debit=Decimal(126)),
        Posting(account_id="404", debit=Decimal(4)),
        Posting(account_id="615", credit=Decimal(130)),
    }
    assert effect(dataclasses.replace(CARDS, cancelled=True), "GBP") == ()


def test_at_home_it_balances_to_the_cent_whatever_rounding_leaves() -> None:
    """At 0.8613: 33.33 is 28.71, three of them 86.12; whatever is over falls on the first line."""
    ours = deposit(
        line("615", "33.33"), line("616", "66.66"), currency="USD", exchange_rate=Decimal("0.8613")
    )
    booked = effect(ours, "GBP")
    assert sum(each.debit - each.credit for each in booked) == 0
    assert next(each.debit for each in booked if each.account_id == "090") == Decimal("86.12")


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (deposit(line("615", "20"), line("615", "-20")), "comes to nil"),
        (deposit(), "of nothing"),
        (deposit(line("615", "20"), account_id=""), "bank account that it goes to is not mapped"),
        (deposit(line("", "20")), "is not mapped"),
        (deposit(line("615", "20.005")), "more than two decimals"),
        (deposit(line("615", "20"), total=Decimal(21)), "do not add up"),
        (deposit(line("615", "20"), memo="x" * 250), "characters"),
        (deposit(line("615", "20"), exchange_rate=Decimal(0), currency="USD"), "exchange rate"),
    ],
)
def test_what_cannot_be_held_is_said_before_any_call(ours: DepositSnapshot, said: str) -> None:
    found = objections(ours, "GBP", "tax_types")
    assert any(said in each for each in found), found
    assert objections(CARDS, "GBP", "tax_types") == ()
    assert objections(dataclasses.replace(ours, cancelled=True), "GBP", "tax_types") == ()


def test_what_stands_is_what_was_read_and_not_what_was_answered() -> None:
    """The answer repeats what was asked; the fee lies on another account there."""
    claim = {"BankTransactionID": INVOICE, "Total": "126", **deposit_body(held(CARDS), "GBP")}
    lines = [
        {**each, "AccountCode": "429"} if each["AccountCode"] == "404" else each
        for each in claim["LineItems"]
    ]
    script = Script(
        {
            "GET Accounts": ACCOUNTS,
            "PUT BankTransactions": said(envelope(BankTransactions=[json.loads(dump(claim))])),
            f"GET BankTransactions/{INVOICE}": said(
                envelope(BankTransactions=[json.loads(dump({**claim, "LineItems": lines}))])
            ),
        }
    )
    (outcome,) = xero().push([push(CARDS)], script)
    assert outcome.error is None
    there = outcome.remote[0].snapshot
    assert isinstance(there, DepositSnapshot)
    assert [each.account_id for each in there.lines] == ["615", "429", "615"]
