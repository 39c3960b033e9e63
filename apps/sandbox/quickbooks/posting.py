"""What each document debits and credits: pure functions from its content to signed amounts.

A debit is positive, a credit negative, both in cents of the home currency. A voided document
carries amounts of zero and so posts nothing; a zero payment only links credits to charges and
posts no more than the exchange difference between them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .currencies import home_cents, to_home
from .wire import cents

Content = Mapping[str, Any]
Entry = tuple[int, int]
ONE = Decimal(1)


@dataclass(frozen=True)
class ControlAccounts:
    """The accounts that documents use without naming them, by id.

    `foreign_receivables` is by currency code, `tax_payable` by the id of a tax rate: the account
    of the agency that the rate's tax is owed to.
    """

    receivable: int
    undeposited_funds: int
    foreign_receivables: Mapping[str, int] = field(default_factory=dict)
    tax_payable: Mapping[str, int] = field(default_factory=dict)
    exchange_difference: int = 0

    def receivable_of(self, content: Content) -> int:
        """The receivable of the document's currency."""
        code = content.get("CurrencyRef", {}).get("value", "")
        return self.foreign_receivables.get(code, self.receivable)


def rate_of(content: Content) -> Decimal:
    """Home units per unit of the document's currency; 1 where the company has one currency."""
    return Decimal(content.get("ExchangeRate") or 1)


def postings(
    kind: str, content: Content, control: ControlAccounts, settled: int | None = None
) -> dict[int, int]:
    """The document's net amount per account, without accounts that come to nil.

    `settled` is what a document takes off others at *their* rates, in home cents: the receivable
    that a payment pays (charges less credits), the undeposited funds that a deposit takes. None
    stands for a document whose own rate holds for all of it.

    Raises ArithmeticError when debits and credits differ: then the books must not take it.
    """
    rule = RULES.get(kind)
    if rule is None:
        return {}
    sums = rule(content, control, settled)
    if sum(sums.values()) != 0:
        raise ArithmeticError(f"{kind} {content.get('Id')} does not balance: {sums}")
    return {account: amount for account, amount in sums.items() if amount}


def added(entries: Iterator[Entry]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for account, amount in entries:
        sums[account] = sums.get(account, 0) + amount
    return sums


def in_home(
    entries: Iterator[Entry], content: Content, fixed: Mapping[int, int] | None = None
) -> dict[int, int]:
    """Entries of a document in the home currency; `fixed` are accounts whose home cents are known."""
    sums = added(entries)
    rate = rate_of(content)
    if rate == ONE or sum(sums.values()) != 0:
        return sums
    return to_home(sums, rate, fixed or {})


def turnover(content: Content, control: ControlAccounts) -> Iterator[Entry]:
    """Income of each line's item, discounts and tax per agency, as a sale credits them."""
    for line in content["Line"]:
        detail = line["DetailType"]
        if detail == "SalesItemLineDetail":
            account = line["SalesItemLineDetail"]["ItemAccountRef"]["value"]
            yield int(account), -cents(line["Amount"])
        elif detail == "DiscountLineDetail":
            account = line["DiscountLineDetail"]["DiscountAccountRef"]["value"]
            yield int(account), cents(line["Amount"])
    for line in content.get("TxnTaxDetail", {}).get("TaxLine", ()):
        rate = line["TaxLineDetail"]["TaxRateRef"]["value"]
        yield control.tax_payable[rate], -cents(line["Amount"])


def sold(content: Content, control: ControlAccounts, against: int) -> dict[int, int]:
    """A sale, its total debited to one account, a deposit towards it to that of the deposit."""
    total, rate = cents(content["TotalAmt"]), rate_of(content)
    fixed = {against: home_cents(total, rate)}
    parts = {against: total}
    deposit = cents(content.get("Deposit", 0))
    if deposit:
        account = int(content["DepositToAccountRef"]["value"])
        parts = {against: total - deposit, account: deposit}
        rest = home_cents(total - deposit, rate)
        fixed = {against: rest, account: fixed[against] - rest}

    def entries() -> Iterator[Entry]:
        yield from parts.items()
        yield from turnover(content, control)

    return in_home(entries(), content, fixed)


def sale(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    """Receivable gross, income net, tax payable per agency."""
    return sold(content, control, control.receivable_of(content))


def credit(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    return reversed_(sale(content, control, settled))


def receipt(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    """A sale paid at once: no receivable, the money is there."""
    return sold(content, control, int(content["DepositToAccountRef"]["value"]))


def refund(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    return reversed_(receipt(content, control, settled))


def reversed_(sums: dict[int, int]) -> dict[int, int]:
    return {account: -amount for account, amount in sums.items()}


def payment(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    """Money against the receivable, which falls by what the documents paid were worth when booked."""
    rate = rate_of(content)
    total = cents(content["TotalAmt"])
    unapplied = home_cents(cents(content.get("UnappliedAmt", 0)), rate)
    received = home_cents(total, rate)
    paid = received if settled is None else settled + unapplied

    def entries() -> Iterator[Entry]:
        if received:
            yield int(content["DepositToAccountRef"]["value"]), received
        yield control.receivable_of(content), -paid
        if paid != received:
            yield control.exchange_difference, paid - received

    return added(entries())


def deposit(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    """Into the bank, out of undeposited funds (linked lines) or against the account of the line."""
    rate = rate_of(content)

    def entries() -> Iterator[Entry]:
        yield (
            int(content["DepositToAccountRef"]["value"]),
            home_cents(cents(content["TotalAmt"]), rate),
        )
        cash_back = content.get("CashBack")
        if cash_back:
            amount = home_cents(cents(cash_back["Amount"]), rate)
            yield int(cash_back["AccountRef"]["value"]), amount
        for line in content["Line"]:
            account = line.get("DepositLineDetail", {}).get("AccountRef", {}).get("value")
            if account or settled is None:
                amount = home_cents(cents(line["Amount"]), rate)
                yield int(account or control.undeposited_funds), -amount
        if settled:
            yield control.undeposited_funds, -settled

    sums = added(entries())
    over = sum(sums.values())
    if over and control.exchange_difference:
        sums[control.exchange_difference] = sums.get(control.exchange_difference, 0) - over
    return sums


def purchase(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    sign = -1 if content.get("Credit") else 1
    account, total = int(content["AccountRef"]["value"]), -sign * cents(content["TotalAmt"])

    def entries() -> Iterator[Entry]:
        yield account, total
        for line in content["Line"]:
            target = line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"]
            yield int(target), sign * cents(line["Amount"])

    return in_home(entries(), content, {account: home_cents(total, rate_of(content))})


def journal(content: Content, control: ControlAccounts, settled: int | None) -> dict[int, int]:
    def entries() -> Iterator[Entry]:
        for line in content["Line"]:
            if line["DetailType"] != "JournalEntryLineDetail":
                continue
            detail = line["JournalEntryLineDetail"]
            sign = 1 if detail["PostingType"] == "Debit" else -1
            yield int(detail["AccountRef"]["value"]), sign * cents(line["Amount"])

    return in_home(entries(), content)


RULES = {
    "Invoice": sale,
    "CreditMemo": credit,
    "SalesReceipt": receipt,
    "RefundReceipt": refund,
    "Payment": payment,
    "Deposit": deposit,
    "Purchase": purchase,
    "JournalEntry": journal,
}
