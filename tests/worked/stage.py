"""Records of ours on their way into an organisation of the worked ledger, step by step."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from apps.connectors.port import RemoteObject, Settings
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
    RefundSnapshot,
    RefundSource,
    TaxAmount,
)
from tests.contract.sending import Record, Sending
from tests.worked.connector import connect
from tests.worked.courier import WorkedCourier
from tests.worked.service import Service

TODAY = date(2026, 11, 20)
DUE = date(2026, 12, 20)


class Stage(Sending):
    """One organisation of the worked service, and records of ours on their way into it."""

    def __init__(self, service: Service, **chosen: str) -> None:
        said = {"name": "Worked Company", "country": "GB", "home_currency": "EUR"} | chosen
        self.service = service
        self.organisation, key = service.organisation(**said)
        settings = Settings(
            remote_company_id=self.organisation,
            home_currency=said["home_currency"],
            today=lambda: TODAY,
            now=lambda: datetime.now(UTC),
        )
        courier = WorkedCourier(service.address, key)
        super().__init__(connect(settings), courier, said["home_currency"])

    # --- Their side ---

    def fault(self, kind: str, match: str, *, times: int = 1, **more: Any) -> None:
        self.service.fault(kind, match, times, self.organisation, **more)

    def person(self, method: str, path: str, body: Any = None) -> Any:
        """What somebody does there by hand; a change is of the version that stands."""
        return self.service.act(method, path, body, self.organisation)

    def there(self, kind: Kind) -> list[RemoteObject]:
        """The wholes of a kind that stand there, whatever their state."""
        found = self.connector.everything([kind], self.courier)
        return [each for each in found if not each.part]

    def of(self, record: Record) -> list[RemoteObject]:
        """The objects that bear the mark of a record, read afresh."""
        marker = record.snapshot.marker
        return [each for each in self.there(record.kind) if each.marker == marker]

    def read(self, kind: str, remote_id: str) -> list[RemoteObject]:
        return list(self.connector.read([(kind, remote_id)], self.courier))

    def set_against(self, kind: str, remote_id: str) -> dict[str, Decimal]:
        """Invoice → how much of a source is set against it."""
        parts = [each for each in self.read(kind, remote_id) if each.part]
        return {each.links[0].remote_id: each.amount or Decimal(0) for each in parts}

    def owed(self) -> dict[str, Decimal]:
        """Their receivable on a day after all others, without what comes to nothing."""
        found = self.connector.receivable(date(2027, 12, 31), self.courier)
        return {currency: amount for currency, amount in found.items() if amount}

    # --- Snapshots ---

    def customer(self, name: str = "Brass & Oak Ltd", **more: Any) -> CustomerSnapshot:
        fields: dict[str, Any] = {
            "marker": uuid4().hex,
            "name": name,
            "email": "accounts@brassandoak.example",
            "address": Address(lines=("1 Mill Lane",), city="Leeds", country="GB"),
        }
        return CustomerSnapshot(**fields | more)

    def item(self, code: str = "CHAIR", **more: Any) -> ItemSnapshot:
        fields = {"marker": uuid4().hex, "code": code, "name": "Oak chair"}
        return ItemSnapshot(**fields | {"unit_price": Decimal("80.00")} | more)

    def invoice(
        self, customer_id: str, net: Decimal | str = "100.00", **more: Any
    ) -> InvoiceSnapshot:
        return InvoiceSnapshot(
            **self._document(customer_id, Decimal(net)) | {"due_date": DUE} | more
        )

    def credit(
        self, customer_id: str, net: Decimal | str = "50.00", **more: Any
    ) -> CreditNoteSnapshot:
        return CreditNoteSnapshot(**self._document(customer_id, Decimal(net)) | more)

    def _document(self, customer_id: str, net: Decimal) -> dict[str, Any]:
        tax = (net / 5).quantize(Decimal("0.01"))
        line = Line(
            key="1", net=net, description="Chairs", unit_price=net, tax_code_id="20", tax=tax
        )
        return {
            "marker": uuid4().hex,
            "number": f"N-{next(self.refs)}",
            "customer_id": customer_id,
            "issue_date": TODAY,
            "currency": "EUR",
            "lines": (line,),
            "net": net,
            "tax": tax,
            "total": net + tax,
            "taxes": (TaxAmount(rate_id="20", net=net, tax=tax),),
        }

    def payment(self, customer_id: str, amount: str = "120.00", **more: Any) -> PaymentSnapshot:
        fields: dict[str, Any] = {
            "marker": uuid4().hex,
            "customer_id": customer_id,
            "paid_on": TODAY,
            "currency": "EUR",
            "amount": Decimal(amount),
            "reference": "BACS 17",
            "memo": "by bank",
        }
        return PaymentSnapshot(**fields | more)

    def allocation(
        self, source: Record, target: Record, amount: str, **more: Any
    ) -> AllocationSnapshot:
        fields: dict[str, Any] = {
            "marker": uuid4().hex,
            "source": source.kind,
            "source_id": source.id,
            "target_kind": target.kind,
            "target_id": target.id,
            "amount": Decimal(amount),
            "currency": "EUR",
            "applied_on": TODAY,
            "customer_id": source.snapshot.customer_id,
        }
        return AllocationSnapshot(**fields | more)

    def refund(self, source: Record, amount: str, **more: Any) -> RefundSnapshot:
        paid_back = RefundSource(kind=source.kind, source_id=source.id, amount=Decimal(amount))
        fields: dict[str, Any] = {
            "marker": uuid4().hex,
            "customer_id": source.snapshot.customer_id,
            "paid_on": TODAY,
            "currency": "EUR",
            "amount": Decimal(amount),
            "sources": (paid_back,),
        }
        return RefundSnapshot(**fields | more)


def total(objects: Iterable[RemoteObject]) -> Decimal:
    return sum((each.amount or Decimal(0) for each in objects), Decimal(0))
