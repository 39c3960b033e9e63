"""One live connection whose ledger holds every snapshot as it is: arrivals without HTTP."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from apps.billing.models import BankAccount, Company, Payment, PaymentMethod
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.quickbooks.capabilities import CAPABILITIES
from apps.connectors.snapshots import (
    AllocationSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
    from_json,
    kind_of,
    to_json,
)
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.apply import Counts, apply_arrivals
from apps.sync.models import RemoteRecord, SyncRecord, packed
from apps.sync.there import ties
from apps.sync.there.remote import store
from tests.factories import make_company, make_customer, make_method

BANK, CLEARING, FEES, SUSPENSE = "35", "4", "60", "99"
WORDS = {
    Kind.CUSTOMER: "Customer",
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.PAYMENT: "Payment",
    Kind.ADJUSTMENT: "JournalEntry",
    Kind.REFUND: "Purchase",
    Kind.DEPOSIT: "Deposit",
}
BEGAN = datetime(2026, 4, 1, tzinfo=UTC)


class PlainConnector:
    """A ledger that says back what was put into it."""

    capabilities = CAPABILITIES

    def parse(self, kind: str, raw: Any) -> RemoteObject:
        of_kind = Kind(raw["of_kind"])
        read = from_json(of_kind, raw["snapshot"])
        return RemoteObject(
            kind=kind,
            remote_id=raw["id"],
            of_kind=of_kind,
            snapshot=read,
            raw=raw,
            marker=read.marker,
        )

    def project(self, snapshot: Snapshot) -> Snapshot:
        return snapshot

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        return ()


class Stage:
    """A company whose card payments lie in a clearing account until they are banked."""

    def __init__(self, **company: Any) -> None:
        self.company: Company = make_company(**company)
        home = self.company.home_currency
        self.connection = Connection.objects.create(
            company=self.company,
            system="quickbooks",
            environment="simulated",
            remote_company_id=f"9130-{self.company.pk}",
            name="Books of Thornfield",
            home_currency=home,
            starts_on=date(2026, 1, 1),
        )
        self.connector = PlainConnector()
        self.cards: PaymentMethod = make_method(self.company, name="Cards")
        self.bank = BankAccount.objects.create(company=self.company, name="Current", currency=home)
        for remote_id, name, subject, thing in (
            (BANK, "Checking", "bank_account", {"bank_account": self.bank}),
            (CLEARING, "Undeposited Funds", "method_account", {"payment_method": self.cards}),
            (FEES, "Bank Charges", "bank_charge", {}),
            (SUSPENSE, "Suspense", "", {}),
        ):
            code = RemoteCode.objects.create(
                connection=self.connection,
                kind="account",
                remote_id=remote_id,
                name=name,
                read_at=BEGAN,
            )
            if subject:
                Mapping.objects.create(
                    connection=self.connection, subject=subject, code=code, **thing
                )
        self._moment = BEGAN
        self._ids = count(500)
        self.customer = make_customer(self.company)
        self.customer_id = self.tie(self.customer)

    def map(self, subject: str, remote_id: str, **thing: Any) -> None:
        """Something of ours is this account over there."""
        code = RemoteCode.objects.get(connection=self.connection, remote_id=remote_id)
        Mapping.objects.create(connection=self.connection, subject=subject, code=code, **thing)

    def tie(self, subject: Any, agreed: Snapshot | None = None) -> str:
        """Our record is in their books under the id that is returned."""
        kind = Kind(subject.kind)
        record = ties.sync_record_of(self.connection, subject)
        known = ties.live_tie(record)
        if known is not None:
            return known.remote_id
        remote_id = str(next(self._ids))
        held = {} if agreed is None else _raw(agreed, remote_id)
        row = RemoteRecord.objects.create(
            connection=self.connection,
            kind=WORDS[kind],
            remote_id=remote_id,
            of_kind=kind,
            sync_record=record,
            packed_raw=packed(held),
            arrival=RemoteRecord.Arrival.ECHO,
            read_at=BEGAN,
        )
        ties.in_the_books(record, subject.revision)
        if agreed is not None:
            ties.agree(record, agreed)
        return row.remote_id

    # --- Over there ---

    def put(
        self, snapshot: Snapshot, remote_id: str = "", *, gone: bool = False, **fields: Any
    ) -> RemoteRecord:
        """Somebody made, changed or deleted an object over there, and it was read."""
        kind = kind_of(snapshot)
        remote_id = remote_id or str(next(self._ids))
        self._moment += timedelta(minutes=1)
        raw = _raw(snapshot, remote_id)
        read = RemoteObject(
            kind=WORDS[kind],
            remote_id=remote_id,
            updated_at=self._moment,
            of_kind=kind,
            raw=raw,
            marker=snapshot.marker,
            amount=getattr(snapshot, "amount", getattr(snapshot, "total", None)),
            currency=getattr(snapshot, "currency", ""),
            customer_id=getattr(snapshot, "customer_id", ""),
            dated=getattr(snapshot, "dated", None) or getattr(snapshot, "paid_on", None),
            gone=gone,
            **fields,
        )
        (row,) = store(self.connection, [read], read_at=self._moment)
        return row

    def pays(self, amount: str, *invoices: Any, **fields: Any) -> PaymentSnapshot:
        """Card money over there, of 16 March 2026."""
        return PaymentSnapshot(
            **{
                "marker": "",
                "customer_id": self.customer_id,
                "paid_on": date(2026, 3, 16),
                "currency": self.company.home_currency,
                "amount": Decimal(amount),
                "account_id": CLEARING,
                "allocations": tuple(
                    AllocationSnapshot(
                        marker="",
                        source=Kind.PAYMENT,
                        source_id="",
                        target_kind=kind,
                        target_id=target,
                        amount=Decimal(part),
                        currency=self.company.home_currency,
                        applied_on=date(2026, 3, 16),
                    )
                    for kind, target, part in invoices
                ),
                **fields,
            }
        )

    def deposit(self, *lines: tuple[str, str], **fields: Any) -> DepositSnapshot:
        """A bank deposit of 18 March 2026. A line: ("payment:7" or an account, amount)."""
        parts = tuple(_line(what, Decimal(amount)) for what, amount in lines)
        return DepositSnapshot(
            **{
                "marker": "",
                "account_id": BANK,
                "dated": date(2026, 3, 18),
                "currency": self.company.home_currency,
                "lines": parts,
                "total": sum((each.amount for each in parts), Decimal(0)),
                **fields,
            }
        )

    # --- Here ---

    def apply(self) -> Counts:
        return apply_arrivals(self.connection, self.connector)

    def record(self, subject: Any) -> SyncRecord:
        return SyncRecord.objects.get(connection=self.connection, **{subject.kind: subject})

    def paid(self, row: RemoteRecord) -> Payment:
        """Our payment that a payment of theirs became."""
        row.refresh_from_db()
        assert row.sync_record is not None, row.sentence
        payment = row.sync_record.payment
        assert payment is not None
        return payment


def _raw(snapshot: Snapshot, remote_id: str) -> dict[str, Any]:
    return {
        "of_kind": kind_of(snapshot).value,
        "id": remote_id,
        "snapshot": to_json(snapshot),
    }


def _line(what: str, amount: Decimal) -> DepositLineSnapshot:
    kind, _, payment = what.partition(":")
    if payment:
        word = "" if kind == "payment" else kind
        return DepositLineSnapshot(payment_id=payment, amount=amount, kind=word)
    return DepositLineSnapshot(account_id=what, amount=amount)
