"""What a bank deposit consists of, ours and theirs in the same terms."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.billing.models import Deposit, DepositLine, PaymentMethod
from apps.billing.sums.deposit_currency import (
    InOneCurrency,
    SeveralCurrencies,
    in_payments_currency,
)
from apps.connectors.snapshots import DepositSnapshot
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping, RemoteCode


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Payments of theirs by id, and the other amounts by account of theirs."""

    payments: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass(frozen=True, slots=True)
class Bank:
    """What bank accounts, methods and payments of ours are called over there."""

    mappings: Mappings
    payments: dict[int | None, str]  # ours → their id
    names_payments: bool  # whether their deposits say which payments they hold

    def account_of(self, bank_account_id: int) -> str:
        return self._id(Mapping.Subject.BANK_ACCOUNT, bank_account_id)

    def role(self, role: str) -> str:
        return self._id(role, None)

    def method(self, method: PaymentMethod | None, on: date) -> str:
        """Where money of that day by it lies."""
        return self._id(*self.mappings.place_of(method, on)) if method is not None else ""

    def _id(self, subject: str, thing: int | None) -> str:
        code: RemoteCode | None = self.mappings.codes.get((subject, thing))
        return code.remote_id if code is not None else ""


def banked(deposit: Deposit) -> tuple[list[DepositLine], InOneCurrency]:
    """Its lines, and what they are in the currency in which ledgers bank them."""
    lines = list(deposit.lines.select_related("payment__method", "refund__method"))
    try:
        return lines, in_payments_currency(deposit, lines)
    except SeveralCurrencies:  # it stands in no ledger so: compared as the bank has it
        own = tuple(line.amount for line in lines)
        return lines, InOneCurrency(deposit.currency, own, deposit.total, deposit.exchange_rate)


def of_ours(bank: Bank, lines: Sequence[DepositLine], amounts: Sequence[Decimal]) -> Fingerprint:
    found = Fingerprint()
    for line, amount in zip(lines, amounts, strict=True):
        if line.payment is not None and not bank.names_payments:
            found.amounts[bank.method(line.payment.method, line.payment.date)] += amount
        elif line.payment_id is not None:
            found.payments[bank.payments.get(line.payment_id, f"ours:{line.payment_id}")] += amount
        elif line.refund is not None:
            found.amounts[bank.method(line.refund.method, line.refund.date)] += amount
        else:
            found.amounts[bank.role(line.role)] += amount
    return found


def of_theirs_lines(deposit: DepositSnapshot) -> Fingerprint:
    found = Fingerprint()
    for line in deposit.lines:
        if line.payment_id:
            found.payments[line.payment_id] += line.amount
        else:
            found.amounts[line.account_id] += line.amount
    return found
