"""Adjustments, refunds, deposits and what they are set against, ready to be sent."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from apps.connectors.port import Code, CodeKind, Push, RemoteObject, Role
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)
from tests.contract.stage import TODAY, Stage


class Money:
    """Records of ours beside payments, on one stage, for one customer."""

    def __init__(self, stage: Stage, currency: str = "USD") -> None:
        self.stage = stage
        self.currency = currency
        self.accounts = [
            each for each in stage.connector.codes(stage.courier) if each.kind is CodeKind.ACCOUNT
        ]
        self.receivable = self._first(Role.RECEIVABLE)
        self.bank = self._first(Role.BANK)
        self.expense = self._first(Role.EXPENSE)
        self.liability = self._first(Role.LIABILITY)
        self.income = self._first(Role.INCOME)
        self.clearing = next(
            each.remote_id
            for each in self.accounts
            if each.detail.get("subtype") == "UndepositedFunds"
        )

    def _first(self, role: Role) -> str:
        found = [each for each in self.accounts if role in each.roles]
        of_currency = [each for each in found if each.currency == self.currency]
        return (of_currency or found)[0].remote_id

    def account(self, name: str) -> Code:
        return next(each for each in self.accounts if each.name == name)

    # --- Records of ours ---

    def adjustment(
        self, customer_id: str, amount: str, *, debits: bool = False, **more: Any
    ) -> AdjustmentSnapshot:
        return AdjustmentSnapshot(
            **{
                "marker": uuid4().hex,
                "customer_id": customer_id,
                "dated": TODAY,
                "currency": self.currency,
                "amount": Decimal(amount),
                "debits": debits,
                "account_id": self.expense,
                "receivable_id": self.receivable,
                "memo": "Tieout: bank charge on INV-1",
                **more,
            }
        )

    def refund(self, customer_id: str, amount: str, **more: Any) -> RefundSnapshot:
        return RefundSnapshot(
            **{
                "marker": uuid4().hex,
                "customer_id": customer_id,
                "paid_on": TODAY,
                "currency": self.currency,
                "amount": Decimal(amount),
                "account_id": self.bank,
                "receivable_id": self.receivable,
                "fee_account_id": self.expense,
                "reference": "REF-7",
                "memo": "Tieout: refund of CN-1",
                **more,
            }
        )

    def deposit(
        self, payments: list[RemoteObject], *amounts: tuple[str, str, str], **more: Any
    ) -> DepositSnapshot:
        """`amounts`: account, amount (below nil: it went out) and what it is."""
        lines = [
            DepositLineSnapshot(payment_id=each.remote_id, amount=each.amount or Decimal(0))
            for each in payments
        ] + [
            DepositLineSnapshot(account_id=account, amount=Decimal(amount), description=words)
            for account, amount, words in amounts
        ]
        return DepositSnapshot(
            **{
                "marker": uuid4().hex,
                "account_id": self.bank,
                "dated": TODAY,
                "currency": self.currency,
                "lines": tuple(lines),
                "total": sum((each.amount for each in lines), Decimal(0)),
                "memo": "Payout po_1",
                **more,
            }
        )

    def payment(
        self, customer_id: str, amount: str, *parts: tuple[Kind, RemoteObject, str], **more: Any
    ) -> PaymentSnapshot:
        """`parts`: kind, object there, and the amount that is set against it."""
        return PaymentSnapshot(
            **{
                "marker": uuid4().hex,
                "customer_id": customer_id,
                "paid_on": TODAY,
                "currency": self.currency,
                "amount": Decimal(amount),
                "account_id": self.clearing,
                "allocations": tuple(
                    AllocationSnapshot(
                        marker=uuid4().hex,
                        source=Kind.PAYMENT,
                        source_id="",
                        target_kind=kind.value,
                        target_id=there.remote_id,
                        amount=Decimal(part),
                        currency=self.currency,
                        applied_on=TODAY,
                    )
                    for kind, there, part in parts
                ),
                **more,
            }
        )

    def use(
        self,
        customer_id: str,
        source: tuple[Kind, RemoteObject],
        target: tuple[Kind, RemoteObject],
        amount: str,
        **more: Any,
    ) -> AllocationSnapshot:
        """The use of a credit: of a credit note or of an adjustment."""
        return AllocationSnapshot(
            **{
                "marker": uuid4().hex,
                "source": source[0].value,
                "source_id": source[1].remote_id,
                "target_kind": target[0].value,
                "target_id": target[1].remote_id,
                "amount": Decimal(amount),
                "currency": self.currency,
                "applied_on": TODAY,
                "customer_id": customer_id,
                **more,
            }
        )

    # --- Their books ---

    def books(self) -> dict[str, Decimal]:
        """Their trial balance: what is not nil, a debit above nil."""
        found = self.stage.connector.balances(self.stage.courier)
        return {account: amount for account, amount in found.items() if amount}

    def effects(self, *sent: Any) -> dict[str, Decimal]:
        """What we said that all this would book."""
        names = {"receivable": self.receivable, "clearing": self.clearing}
        booked: dict[str, Decimal] = {}
        for snapshot in sent:
            for each in self.stage.connector.effect(snapshot):
                account = names.get(each.account_id, each.account_id)
                booked[account] = booked.get(account, Decimal(0)) + each.debit - each.credit
        return {account: amount for account, amount in booked.items() if amount}

    def push_of(self, snapshot: Any, known: RemoteObject, agreed: Any = None) -> Push:
        return self.stage.push_of(snapshot, known, agreed)
