"""A bank deposit in the currency of its payments, where the bank took them in the home currency.

A payment is kept in its customer's currency everywhere, and a ledger banks it in that: 100 € that
reached a pound account as 85.73 £ leave the undeposited funds as 100 €, at the rate that makes the
bank's line 85.73 £.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.billing.models import Deposit, DepositLine
from apps.core.money import ZERO, rate_between, rounded


@dataclass(frozen=True, slots=True)
class InOneCurrency:
    """`amounts` line by line in `currency`; `total` of them comes to the bank's line at `rate`."""

    currency: str
    amounts: tuple[Decimal, ...]
    total: Decimal
    rate: Decimal  # home currency per unit


class SeveralCurrencies(Exception):
    """Its payments are in several currencies: which."""

    def __init__(self, currencies: Sequence[str]) -> None:
        super().__init__(" and ".join(currencies))


def in_payments_currency(deposit: Deposit, lines: Sequence[DepositLine]) -> InOneCurrency:
    """The deposit in the one currency that its payments are in; its own where it has none.

    Refunds and fees, which the bank knows in its own currency, are put at the average rate of the
    payments. Raises `SeveralCurrencies`.
    """
    paid = {line.payment.currency for line in lines if line.payment is not None}
    if len(paid) > 1:
        raise SeveralCurrencies(sorted(paid))
    currency = next(iter(paid), deposit.currency)
    if currency == deposit.currency:
        own = tuple(line.amount for line in lines)
        return InOneCurrency(currency, own, deposit.total, deposit.exchange_rate)
    payments = [line for line in lines if line.payment is not None]
    came = sum((line.amount for line in payments), ZERO)
    worth = sum((line.payment.amount for line in payments if line.payment), ZERO)
    average = rate_between(came, worth, deposit.currency)
    amounts = tuple(
        line.payment.amount
        if line.payment is not None
        else rounded(line.amount / average, currency)
        for line in lines
    )
    total = sum(amounts, ZERO)
    # Of nothing no rate can be told: it is then held in words, like all that come to nil or less.
    rate = rate_between(deposit.total, total, deposit.currency) if total > 0 else average
    return InOneCurrency(currency, amounts, total, rate)
