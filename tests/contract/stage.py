"""A company over there with records of ours on it, in short words for the contract tests."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from apps.connectors.port import CodeKind, Company, Connector, Outcome, Push, RemoteObject, Role
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
    kind_of,
)
from tests.contract.courier import PlainCourier
from tests.sandbox_server import SandboxServer

TODAY = date(2026, 11, 20)


class NothingKnown:
    """An engine that holds nothing of theirs yet."""

    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        return list(versions)

    def written(self, since: datetime) -> int:
        return 0


class Stage:
    def __init__(
        self,
        server: SandboxServer,
        realm: str,
        connector: Connector,
        courier: PlainCourier,
        company: Company,
    ) -> None:
        self.server = server
        self.realm = realm
        self.connector = connector
        self.courier = courier
        self.company = company
        self.home = company.home_currency
        self.refs = itertools.count(1)
        self._accounts: dict[Role, str] = {}

    # --- Their books ---

    def account(self, role: Role) -> str:
        if not self._accounts:
            for code in self.connector.codes(self.courier):
                if code.kind is CodeKind.ACCOUNT:
                    for each in code.roles:
                        self._accounts.setdefault(each, code.remote_id)
        return self._accounts[role]

    def balance(self, account: str) -> Decimal:
        return self.connector.balances(self.courier).get(account, Decimal(0))

    def count(self, kind: Kind) -> int:
        return sum(1 for each in self.connector.everything([kind], self.courier) if not each.part)

    def again(self, known: RemoteObject) -> RemoteObject:
        """The object as it stands now."""
        found = self.connector.read([(known.kind, known.remote_id)], self.courier)
        return next(each for each in found if each.part == known.part)

    # --- Sending ---

    def push_of(
        self,
        snapshot: Snapshot,
        known: RemoteObject | None = None,
        agreed: Snapshot | None = None,
    ) -> Push:
        ref = next(self.refs)
        return Push(
            ref=ref,
            kind=kind_of(snapshot),
            snapshot=self.connector.project(snapshot),
            identity=f"1-{ref}-1",
            known=known,
            agreed=agreed,
        )

    def outcomes(self, pushes: Sequence[Push]) -> list[Outcome]:
        """In the order of the pushes; each has exactly one."""
        found = list(self.connector.push(pushes, self.courier))
        assert sorted(each.ref for each in found) == sorted(each.ref for each in pushes)
        by_ref = {each.ref: each for each in found}
        return [by_ref[push.ref] for push in pushes]

    def outcome(self, snapshot: Snapshot, known: RemoteObject | None = None) -> Outcome:
        return self.outcomes([self.push_of(snapshot, known)])[0]

    def send(self, snapshot: Snapshot, known: RemoteObject | None = None) -> RemoteObject:
        """The object that came of it; an error is raised."""
        outcome = self.outcome(snapshot, known)
        if outcome.error:
            raise outcome.error
        return outcome.remote[0]

    # --- Records of ours ---

    def customer(self, name: str = "Brass & Oak Ltd", **more: Any) -> CustomerSnapshot:
        return CustomerSnapshot(
            **{
                "marker": uuid4().hex,
                "name": name,
                "email": "ap@brass.example",
                "phone": "+44 20 7946 0000",
                "address": Address(
                    lines=("1 Dock Street",), city="Leeds", postal_code="LS1 1AA", country="GB"
                ),
                "currency": self.home,
                **more,
            }
        )

    def item(self, code: str = "HOUR", name: str = "Consulting hour", **more: Any) -> ItemSnapshot:
        return ItemSnapshot(
            **{
                "marker": uuid4().hex,
                "code": code,
                "name": name,
                "description": "An hour of advice",
                "unit_price": Decimal("80.5"),
                "account_id": self.account(Role.INCOME),
                **more,
            }
        )

    def masters(self) -> tuple[str, str]:
        """Ids of a customer and an item that are there."""
        return (
            self.send(self.customer(f"Customer {next(self.refs)}")).remote_id,
            self.send(self.item(f"ITEM-{next(self.refs)}")).remote_id,
        )

    def lines(self, item_id: str, *nets: str) -> tuple[Line, ...]:
        return tuple(
            Line(
                key=str(place),
                net=Decimal(net),
                description=f"Line {place}",
                quantity=Decimal(2),
                unit_price=Decimal(net) / 2,
                item_id=item_id,
            )
            for place, net in enumerate(nets, 1)
        )

    def invoice(
        self, number: str, customer_id: str, lines: tuple[Line, ...], **more: Any
    ) -> InvoiceSnapshot:
        total = sum((line.net for line in lines), Decimal(0))
        return InvoiceSnapshot(
            **{
                "marker": uuid4().hex,
                "number": number,
                "customer_id": customer_id,
                "issue_date": TODAY,
                "due_date": date(2026, 12, 20),
                "currency": self.home,
                "lines": lines,
                "net": total,
                "tax": Decimal(0),
                "total": total,
                "message": "Thank you",
                **more,
            }
        )

    def credit_note(
        self, number: str, customer_id: str, lines: tuple[Line, ...], **more: Any
    ) -> CreditNoteSnapshot:
        alike = self.invoice(number, customer_id, lines, **more)
        shared = {
            each.name: getattr(alike, each.name) for each in dataclasses.fields(CreditNoteSnapshot)
        }
        return CreditNoteSnapshot(**shared)

    def payment(
        self, customer_id: str, amount: str, on: dict[str, str] | None = None, **more: Any
    ) -> PaymentSnapshot:
        """`on`: id of an invoice there → amount set against it."""
        return PaymentSnapshot(
            **{
                "marker": uuid4().hex,
                "customer_id": customer_id,
                "paid_on": TODAY,
                "currency": self.home,
                "amount": Decimal(amount),
                "account_id": self.account(Role.BANK),
                "reference": "TRX-1",
                "allocations": tuple(
                    AllocationSnapshot(
                        marker=uuid4().hex,
                        source=Kind.PAYMENT,
                        source_id="",
                        target_kind=Kind.INVOICE,
                        target_id=target,
                        amount=Decimal(part),
                        currency=self.home,
                        applied_on=TODAY,
                    )
                    for target, part in (on or {}).items()
                ),
                **more,
            }
        )

    def use_of_credit(
        self, customer_id: str, credit_id: str, invoice_id: str, amount: str
    ) -> AllocationSnapshot:
        return AllocationSnapshot(
            marker=uuid4().hex,
            source=Kind.CREDIT_NOTE,
            source_id=credit_id,
            target_kind=Kind.INVOICE,
            target_id=invoice_id,
            amount=Decimal(amount),
            currency=self.home,
            applied_on=TODAY,
            customer_id=customer_id,
        )
