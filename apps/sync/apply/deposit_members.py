"""What a bank deposit of theirs holds, in our terms; or why it cannot be one of ours."""

from dataclasses import dataclass, field

from apps.billing.actions import DepositAmount
from apps.billing.acts.depositing import ON_THE_LINE, bank_currency
from apps.billing.models import (
    AccountRole,
    BankAccount,
    Deposit,
    DepositLine,
    Payment,
    Refund,
)
from apps.billing.models.entries import Entry
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import DepositLineSnapshot, DepositSnapshot, Kind
from apps.core.money import rounded
from apps.mappings.models import Mapping
from apps.sync.apply.books import Books
from apps.sync.models import RemoteRecord
from apps.sync.wording import called, money

Arrival = RemoteRecord.Arrival


class Foreign(Exception):
    """Something in it is not ours: a sentence."""


class NotYet(Exception):
    """Something in it was not looked at yet."""

    def __init__(self, sentence: str, row: RemoteRecord) -> None:
        super().__init__(sentence)
        self.row = row


@dataclass(slots=True)
class Contents:
    """A bank deposit as `make_deposit` takes it."""

    bank_account: BankAccount
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    amounts: list[DepositAmount] = field(default_factory=list)

    def deposit_here(self) -> Deposit | None:
        """The bank deposit of ours in which one of its payments or refunds lies."""
        lines = DepositLine.objects.filter(standing=True).select_related("deposit__bank_account")
        line = (
            lines.filter(payment__in=self.payments).first()
            or lines.filter(refund__in=self.refunds).first()
        )
        return line.deposit if line is not None else None

    def holds_the_same(self, deposit: Deposit) -> bool:
        """Whether both hold the same payments, on the same bank account."""
        held = deposit.lines.exclude(payment=None).values_list("payment_id", flat=True)
        return (
            set(held) == {each.pk for each in self.payments}
            and deposit.bank_account_id == self.bank_account.pk
        )


def contents_of(books: Books, theirs: DepositSnapshot) -> Contents:
    """Raises `Foreign` or `NotYet`."""
    account = _bank_account(books, theirs)
    found = Contents(account)
    for line in theirs.lines:
        if line.payment_id:
            found.payments.append(_payment(books, line, account))
            continue
        refund = _refund(books, theirs, line, found.refunds)
        if refund is not None:
            found.refunds.append(refund)
        else:
            found.amounts.append(_amount(books, theirs, line, account))
    if not found.payments:
        raise Foreign(f"It holds no payment of yours and is only in {books.name}.")
    return found


def payments_of_ours(books: Books, theirs: DepositSnapshot) -> list[Payment]:
    """Payments of ours that it holds, whatever else it holds."""
    held = [
        books.subject(Kind.PAYMENT, line.payment_id)
        for line in theirs.lines
        if line.payment_id and not line.kind
    ]
    return [each for each in held if isinstance(each, Payment) and each.is_received]


def _bank_account(books: Books, theirs: DepositSnapshot) -> BankAccount:
    keys = things(books, Mapping.Subject.BANK_ACCOUNT, theirs.account_id)
    # A bank account of the home currency also takes payments that are in another one.
    currencies = (theirs.currency, books.company.home_currency)
    accounts = list(BankAccount.objects.filter(pk__in=keys, currency__in=currencies)[:2])
    if len(accounts) == 1:
        return accounts[0]
    name = books.code_name(CodeKind.ACCOUNT, theirs.account_id)
    raise Foreign(
        f"It went to “{name}” in {books.name}, which no bank account of yours is mapped to."
        if not accounts
        else f"Several bank accounts of yours are mapped to “{name}” in {books.name}."
    )


def _payment(books: Books, line: DepositLineSnapshot, account: BankAccount) -> Payment:
    if line.kind:
        raise Foreign(f"It holds a {line.kind} that is only in {books.name}.")
    row = books.like(Kind.PAYMENT, line.payment_id)
    if row is not None and row.arrival in (Arrival.NEW, Arrival.WAITS):
        raise NotYet(f"It waits until {row}, which it holds, is dealt with.", row)
    payment = books.subject(Kind.PAYMENT, line.payment_id)
    if not isinstance(payment, Payment):
        raise Foreign(f"It holds a payment that is only in {books.name}.")
    if not payment.is_received:
        raise Foreign(f"It holds {called(payment)}, which was cancelled here.")
    if bank_currency(payment) != account.currency:
        raise Foreign(
            f"It holds {called(payment)}, which is banked in {bank_currency(payment)}, and "
            f"“{account}” is in {account.currency}."
        )
    if line.amount != payment.amount:
        raise Foreign(
            f"It holds {money(line.amount, payment.currency)} of {called(payment)}, which is "
            f"{money(payment.amount, payment.currency)}."
        )
    return payment


def _refund(
    books: Books, theirs: DepositSnapshot, line: DepositLineSnapshot, taken: list[Refund]
) -> Refund | None:
    """An amount below nil on an account in which money by a method of ours lies went out of it: the
    one refund of ours that says the same, on a day on which it lay there, and lies in no deposit
    yet."""
    if line.amount >= 0 or not line.account_id:
        return None
    near = Refund.objects.filter(
        company=books.company,
        status=Entry.Status.MADE,
        method__isnull=False,
        currency=theirs.currency,
        amount__lte=-line.amount,  # and its fee
        date__lte=theirs.dated,
    ).order_by("date", "pk")
    # One of ours that holds it already is found all the same: it may be this very deposit.
    fits = [
        each
        for each in near.select_related("method")
        if each.bank_amount == -line.amount
        and each not in taken
        and _lay_on(books, each, line.account_id)
    ]
    free = [each for each in fits if not each.deposit_lines.filter(standing=True).exists()]
    found = free or fits
    return found[0] if found else None


def _lay_on(books: Books, refund: Refund, account_id: str) -> bool:
    if refund.method is None:
        return False
    code = books.mappings.codes.get(books.mappings.place_of(refund.method, refund.date))
    return code is not None and code.remote_id == account_id


def _amount(
    books: Books, theirs: DepositSnapshot, line: DepositLineSnapshot, account: BankAccount
) -> DepositAmount:
    amount = line.amount
    if account.currency != theirs.currency:
        amount = rounded(amount * theirs.exchange_rate, account.currency)
    for role in (*ON_THE_LINE, AccountRole.INPUT_TAX):
        code = books.mappings.codes.get((role.value, None))
        if code is not None and code.remote_id == line.account_id:
            return DepositAmount(role=role.value, amount=amount, description=line.description[:200])
    name = books.code_name(CodeKind.ACCOUNT, line.account_id) or "no account"
    raise Foreign(
        f"It holds {money(line.amount, theirs.currency)} on “{name}”, which none of your accounts "
        "for fees and deductions is mapped to."
    )


def things(books: Books, subject: str, remote_id: str) -> set[int]:
    """Keys of what of ours is called this over there."""
    return {
        key
        for (mapped, key), code in books.mappings.codes.items()
        if mapped == subject and key is not None and remote_id and code.remote_id == remote_id
    }
