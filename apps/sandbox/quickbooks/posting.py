"""What each document debits and credits: pure functions from its content to signed amounts.

A debit is positive, a credit negative, both in cents. A voided document carries amounts of zero
and so posts nothing; a zero payment only links credits to charges and posts nothing either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .wire import cents


@dataclass(frozen=True)
class ControlAccounts:
    """The accounts that documents use without naming them, by id."""

    receivable: int
    undeposited_funds: int


Entry = tuple[int, int]


def postings(kind: str, content: Mapping[str, Any], control: ControlAccounts) -> dict[int, int]:
    """The document's net amount per account, without accounts that come to nil.

    Raises ArithmeticError when debits and credits differ: then the books must not take it.
    """
    rule = RULES.get(kind)
    if rule is None:
        return {}
    sums: dict[int, int] = {}
    for account, amount in rule(content, control):
        sums[account] = sums.get(account, 0) + amount
    if sum(sums.values()) != 0:
        raise ArithmeticError(f"{kind} {content.get('Id')} does not balance: {sums}")
    return {account: amount for account, amount in sums.items() if amount}


def sale(content: Mapping[str, Any], control: ControlAccounts) -> Iterator[Entry]:
    """Receivable against the income of each line's item, discounts against their own account."""
    yield control.receivable, cents(content["TotalAmt"])
    for line in content["Line"]:
        detail = line["DetailType"]
        if detail == "SalesItemLineDetail":
            account = line["SalesItemLineDetail"]["ItemAccountRef"]["value"]
            yield int(account), -cents(line["Amount"])
        elif detail == "DiscountLineDetail":
            account = line["DiscountLineDetail"]["DiscountAccountRef"]["value"]
            yield int(account), cents(line["Amount"])


def credit(content: Mapping[str, Any], control: ControlAccounts) -> Iterator[Entry]:
    return ((account, -amount) for account, amount in sale(content, control))


def payment(content: Mapping[str, Any], control: ControlAccounts) -> Iterator[Entry]:
    received = cents(content["TotalAmt"])
    if received:
        yield int(content["DepositToAccountRef"]["value"]), received
        yield control.receivable, -received


def deposit(content: Mapping[str, Any], control: ControlAccounts) -> Iterator[Entry]:
    """Into the bank, out of undeposited funds (linked lines) or against the account of the line."""
    yield int(content["DepositToAccountRef"]["value"]), cents(content["TotalAmt"])
    cash_back = content.get("CashBack")
    if cash_back:
        yield int(cash_back["AccountRef"]["value"]), cents(cash_back["Amount"])
    for line in content["Line"]:
        account = line.get("DepositLineDetail", {}).get("AccountRef", {}).get("value")
        yield int(account or control.undeposited_funds), -cents(line["Amount"])


def purchase(content: Mapping[str, Any], control: ControlAccounts) -> Iterator[Entry]:
    sign = -1 if content.get("Credit") else 1
    yield int(content["AccountRef"]["value"]), -sign * cents(content["TotalAmt"])
    for line in content["Line"]:
        account = line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"]
        yield int(account), sign * cents(line["Amount"])


def journal(content: Mapping[str, Any], control: ControlAccounts) -> Iterator[Entry]:
    for line in content["Line"]:
        if line["DetailType"] != "JournalEntryLineDetail":
            continue
        detail = line["JournalEntryLineDetail"]
        sign = 1 if detail["PostingType"] == "Debit" else -1
        yield int(detail["AccountRef"]["value"]), sign * cents(line["Amount"])


RULES = {
    "Invoice": sale,
    "CreditMemo": credit,
    "Payment": payment,
    "Deposit": deposit,
    "Purchase": purchase,
    "JournalEntry": journal,
}
