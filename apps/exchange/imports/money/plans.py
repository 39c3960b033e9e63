"""What is to be done with a movement of money, as plain values that wait in a row of `BroughtMoney`.

Records of ours are named by their keys, which are settled when the file is written; amounts are texts
in JSON. Carrying a plan out is `releasing.py`.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of a payment that settles an invoice."""

    invoice: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentPlan:
    """Money of a customer, in the customer's currency. What `parts` leave over stays on account, or, with
    `oldest_first`, settles what is due first."""

    customer: int
    amount: Decimal
    currency: str
    on: date
    method: int | None = None
    reference: str = ""
    payout_reference: str = ""
    memo: str = ""
    exchange_rate: Decimal | None = None
    bank_currency: str = ""
    bank_amount: Decimal | None = None
    oldest_first: bool = False
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundPlan:
    """Money that went back to a customer: of the payment that was brought under `payment_key`, or, where
    it stands here already, of `payment`; through `method`."""

    customer: int
    amount: Decimal
    currency: str
    on: date
    method: int | None
    reference: str = ""
    payout_reference: str = ""
    memo: str = ""
    payment_key: str = ""
    payment: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeeLine:
    """An amount on the account of a role (`AccountRole`) in a bank deposit; a fee is below nil."""

    role: str
    amount: Decimal
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DepositPlan:
    """A payout: the line of the bank, `total`, made of what was brought under `member_keys` and of fees."""

    bank_account: int
    on: date
    currency: str
    total: Decimal
    reference: str = ""
    memo: str = ""
    member_keys: tuple[str, ...] = ()
    fees: tuple[FeeLine, ...] = field(default=())


Plan = PaymentPlan | RefundPlan | DepositPlan
