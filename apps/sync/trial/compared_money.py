"""Money on both sides, field by field: a payment, a refund or a bank deposit. By id, shown by name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum

from apps.billing.rules.documents import day
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import (
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)
from apps.core.money import ZERO
from apps.mappings.models import RemoteCode
from apps.sync.models import RemoteRecord
from apps.sync.trial.compared import Names, TrialRow, foreign, money_row, row_of
from apps.sync.wording import money

Paid = PaymentSnapshot | RefundSnapshot
Money = Paid | DepositSnapshot
NO_ACCOUNT = "an account that they do not name"


class Field(StrEnum):
    """What is compared and explained, as staff read it; two begin the name of what they are of."""

    CUSTOMER = "Its customer"
    LIES_ON = "Account of the money"
    METHOD = "Payment method"
    BANK = "Bank account"
    FEE_ACCOUNT = "Account of the fee"
    FEE_TAX_ACCOUNT = "Account of the tax in the fee"
    SET_AGAINST = "Set against"
    LEFT = "Left on account"
    LINES = "Number of lines"
    BANKED = "Banked"
    OUT_OF = "Out of"


def names_of(connection: Connection, *snapshots: Money) -> Names:
    """What these name over there: customers, accounts, methods, and what they hold or settle."""
    wanted: dict[str, set[str]] = defaultdict(set)
    accounts: set[str] = set()
    for each in snapshots:
        accounts.add(each.account_id)
        if isinstance(each, DepositSnapshot):
            accounts |= {line.account_id for line in each.lines}
            wanted[Kind.PAYMENT] |= {line.payment_id for line in each.lines}
            continue
        wanted[Kind.CUSTOMER].add(each.customer_id)
        if isinstance(each, RefundSnapshot):
            accounts |= {each.fee_account_id, each.fee_tax_account_id}
            continue
        for part in each.allocations:
            wanted[part.target_kind].add(part.target_id)
    rows = RemoteRecord.objects.filter(connection=connection, part="")
    known: dict[tuple[str, str], str] = {}
    for kind, ids in wanted.items():
        for row in rows.filter(of_kind=kind, remote_id__in=ids - {""}):
            known[(kind, row.remote_id)] = row.name or row.number or _money_of(row)
    codes = RemoteCode.objects.filter(connection=connection)
    for code in codes.filter(kind=CodeKind.ACCOUNT, remote_id__in=accounts):
        known[(CodeKind.ACCOUNT, code.remote_id)] = str(code)
    for code in codes.filter(kind=CodeKind.PAYMENT_METHOD):
        known[(CodeKind.PAYMENT_METHOD, code.remote_id)] = str(code)
    if connection.capabilities.method_as_text:
        words = {each.method_id for each in snapshots if not isinstance(each, DepositSnapshot)}
        known |= {(CodeKind.PAYMENT_METHOD, each): each for each in words}
    return Names(known, connection.home_currency)


def _money_of(row: RemoteRecord) -> str:
    if row.amount is None or row.dated is None:
        return ""
    return f"{money(row.amount, row.currency)} of {day(row.dated)}"


def compared_money(ours: Money, theirs: Money, names: Names) -> tuple[TrialRow, ...]:
    """Every field that a bookkeeper would tick off. Raises TypeError where both are of two kinds."""
    match ours, theirs:
        case PaymentSnapshot(), PaymentSnapshot():
            return (*_paid(ours, theirs, names), *_settled(ours, theirs, names))
        case RefundSnapshot(), RefundSnapshot():
            return (*_paid(ours, theirs, names), *_fee(ours, theirs, names))
        case DepositSnapshot(), DepositSnapshot():
            return tuple(_banked(ours, theirs, names))
    raise TypeError(f"{type(ours).__name__} is not compared with {type(theirs).__name__}.")


def _paid(ours: Paid, theirs: Paid, names: Names) -> Iterator[TrialRow]:
    yield names.row(Field.CUSTOMER, Kind.CUSTOMER, ours.customer_id, theirs.customer_id)
    yield row_of("Date", ours.paid_on, theirs.paid_on)
    yield row_of("Currency", ours.currency, theirs.currency)
    yield from foreign(ours.exchange_rate, theirs.exchange_rate)
    yield money_row("Amount", ours.amount, theirs.amount, ours.currency)
    if ours.account_id or theirs.account_id:
        yield names.row(Field.LIES_ON, CodeKind.ACCOUNT, ours.account_id, theirs.account_id)
    if ours.method_id or theirs.method_id:
        yield names.row(Field.METHOD, CodeKind.PAYMENT_METHOD, ours.method_id, theirs.method_id)
    if ours.reference or theirs.reference:
        yield row_of("Reference", ours.reference, theirs.reference)


def _settled(ours: PaymentSnapshot, theirs: PaymentSnapshot, names: Names) -> Iterator[TrialRow]:
    """How much of it settles what, and what is left on account."""
    mine, yours = _parts(ours), _parts(theirs)
    for kind, remote_id in dict.fromkeys((*mine, *yours)):
        field = f"{Field.SET_AGAINST} {names.called(kind, remote_id)}"
        amounts = mine[kind, remote_id], yours[kind, remote_id]
        yield money_row(field, *amounts, ours.currency)
    left = ours.amount - _sum(mine.values()), theirs.amount - _sum(yours.values())
    yield money_row(Field.LEFT, *left, ours.currency)


def _parts(payment: PaymentSnapshot) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for each in payment.allocations:
        if not each.cancelled:
            found[each.target_kind, each.target_id] += each.amount
    return found


def _fee(ours: RefundSnapshot, theirs: RefundSnapshot, names: Names) -> Iterator[TrialRow]:
    if ours.fee or theirs.fee:
        yield money_row("Fee", ours.fee, theirs.fee, ours.currency)
        yield names.row(
            Field.FEE_ACCOUNT, CodeKind.ACCOUNT, ours.fee_account_id, theirs.fee_account_id
        )
    if ours.fee_tax or theirs.fee_tax:
        yield money_row("Tax in the fee", ours.fee_tax, theirs.fee_tax, ours.currency)
        accounts = ours.fee_tax_account_id, theirs.fee_tax_account_id
        yield names.row(Field.FEE_TAX_ACCOUNT, CodeKind.ACCOUNT, *accounts)


def _banked(ours: DepositSnapshot, theirs: DepositSnapshot, names: Names) -> Iterator[TrialRow]:
    yield names.row(Field.BANK, CodeKind.ACCOUNT, ours.account_id, theirs.account_id)
    yield row_of("Date", ours.dated, theirs.dated)
    yield row_of("Currency", ours.currency, theirs.currency)
    yield from foreign(ours.exchange_rate, theirs.exchange_rate)
    yield row_of(Field.LINES, len(ours.lines), len(theirs.lines))
    mine, yours = _members(ours, names), _members(theirs, names)
    for field in dict.fromkeys((*mine, *yours)):
        yield money_row(field, mine.get(field, ZERO), yours.get(field, ZERO), ours.currency)
    yield money_row("Total", ours.total, theirs.total, ours.currency)


def _members(deposit: DepositSnapshot, names: Names) -> dict[str, Decimal]:
    """What it takes in: each payment by name, and amounts by the account they come out of. Below
    nil: it went out."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    for line in deposit.lines:
        if line.payment_id:
            called = names.called(Kind.PAYMENT, line.payment_id)
            found[f"{Field.BANKED} {called}"].append(line.amount)
        else:
            account = names.called(CodeKind.ACCOUNT, line.account_id) or NO_ACCOUNT
            found[f"{Field.OUT_OF} {account}"].append(line.amount)
    return {field: _sum(amounts) for field, amounts in found.items()}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
