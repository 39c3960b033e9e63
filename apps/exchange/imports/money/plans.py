"""What is to be done with a movement of money, as plain values that wait in a row of `BroughtMoney`.

Records of ours are named by their keys, which are settled when the file is written; amounts and days
are texts in JSON. Carrying a plan out is `releasing.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.exchange.models import BroughtMoney


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of a payment that settles an invoice, on a day of its own, or as soon as both stand."""

    invoice: int
    amount: Decimal
    on: date | None = None


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
    rest_is: str = ""  # a `Payment.OnAccount`
    parts: tuple[Part, ...] = ()
    kept: Decimal = ZERO  # by the processor, off the payout that it lies in


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundPlan:
    """Money that went back to a customer: of the payment that was brought under `payment_key`, or, where
    it stands here already, of `payment`; through `method`. A `chargeback` was taken by the customer's bank;
    `fee` is what was taken beside it, on the same line."""

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
    chargeback: bool = False
    fee: Decimal = ZERO
    kept: Decimal = ZERO  # below nil: what the processor gave back of its fee


@dataclass(frozen=True, kw_only=True, slots=True)
class FeeLine:
    """An amount on the account of a role (`AccountRole`) in a bank deposit; a fee is below nil."""

    role: str
    amount: Decimal
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DepositPlan:
    """A payout: the line of the bank, `total`, made of what was brought under `member_keys`, of payments
    and refunds that stood here before (by their keys here), and of fees."""

    bank_account: int
    on: date
    currency: str
    total: Decimal
    reference: str = ""
    memo: str = ""
    member_keys: tuple[str, ...] = ()
    payments: tuple[int, ...] = ()
    refunds: tuple[int, ...] = ()
    fees: tuple[FeeLine, ...] = ()


Plan = PaymentPlan | RefundPlan | DepositPlan
PLANS: Mapping[BroughtMoney.Act, type[Plan]] = {
    BroughtMoney.Act.RECEIVE: PaymentPlan,
    BroughtMoney.Act.PAY_BACK: RefundPlan,
    BroughtMoney.Act.BANK: DepositPlan,
}
ACT_OF: Mapping[type[Plan], BroughtMoney.Act] = {plan: act for act, plan in PLANS.items()}
DAYS = ("on",)
DECIMALS = ("amount", "total", "exchange_rate", "bank_amount", "kept", "fee")


def stored(plan: Plan) -> dict[str, Any]:
    """As JSON; what is as a plan has it by itself is left out."""
    usual = {each.name: each.default for each in fields(plan)}
    return {
        name: _text(value)
        for name, value in ((each.name, getattr(plan, each.name)) for each in fields(plan))
        if value != usual[name]
    }


def plan_of(brought: BroughtMoney) -> Plan:
    """What waits in it."""
    return read_plan(BroughtMoney.Act(brought.act), brought.plan)


def read_plan(act: BroughtMoney.Act, told: Mapping[str, Any]) -> Plan:
    """From what `stored` wrote."""
    return PLANS[act](**{name: _value(name, value) for name, value in told.items()})


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_text(each) for each in value]
    if isinstance(value, Part):
        told = {"invoice": value.invoice, "amount": _text(value.amount)}
        return told if value.on is None else {**told, "on": _text(value.on)}
    if isinstance(value, FeeLine):
        return {
            "role": value.role,
            "amount": _text(value.amount),
            "description": value.description,
        }
    return value


def _value(name: str, told: Any) -> Any:
    if name in DAYS:
        return date.fromisoformat(told)
    if name in DECIMALS:
        return Decimal(told)
    if name == "parts":
        return tuple(
            Part(
                invoice=each["invoice"],
                amount=Decimal(each["amount"]),
                on=date.fromisoformat(each["on"]) if "on" in each else None,
            )
            for each in told
        )
    if name == "fees":
        return tuple(FeeLine(**{**each, "amount": Decimal(each["amount"])}) for each in told)
    return tuple(told) if isinstance(told, list) else told
