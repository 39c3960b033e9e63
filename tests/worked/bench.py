"""The bench of the worked ledger: an organisation of its simulated service."""

import dataclasses
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Role, Settings
from apps.connectors.snapshots import Kind
from tests.contract.bench import Standing, System, Tax
from tests.contract.ours import Ours
from tests.contract.sending import Record
from tests.worked.connector import CAPABILITIES, connect
from tests.worked.courier import WorkedCourier
from tests.worked.service import Service
from tests.worked.works import Works

ENTITY = {
    Kind.CUSTOMER: "contact",
    Kind.ITEM: "product",
    Kind.INVOICE: "invoice",
    Kind.CREDIT_NOTE: "credit",
    Kind.PAYMENT: "receipt",
    Kind.REFUND: "refund",
}
DAY = "2026-11-20"
TAKEN_BACK = ("void", "cancelled")
PAGE = 50


class WorkedBench:
    tax = Tax(code_id="20", rate_id="20", percent=Decimal(20))

    def __init__(self, service: Service, *, abroad: bool = False) -> None:
        """Every organisation keeps several currencies: `abroad` asks for nothing."""
        self.service = service
        self.home = "GBP"
        self.organisation, key = service.organisation("Bench Company", "GB", self.home)
        self.courier = WorkedCourier(service.address, key, in_flight=CAPABILITIES.in_flight)
        self.secrets = (key, self.courier.session)
        self.connector = connect(
            Settings(
                remote_company_id=self.organisation,
                home_currency=self.home,
                today=lambda: date(2026, 11, 20),
                now=lambda: datetime.now(UTC),
            )
        )

    def account(self, role: Role) -> str:
        return ""

    # --- What stands in their books -----------------------------------------------------------

    def standing(self, kind: Kind) -> list[Standing]:
        found: list[Standing] = []
        while True:
            after = found[-1].remote_id if found else "0"
            page = self._act("GET", f"/{ENTITY[kind]}s?after={after}&limit={PAGE}")
            for each in page["items"]:
                said = each.get("amount", each.get("total"))
                void = each.get("state") in TAKEN_BACK
                amount = Decimal(0) if void else said and Decimal(said)
                found.append(Standing(remote_id=each["id"], amount=amount, void=void))
            if not page["more"]:
                return found

    def paid_off(self, invoice_id: str) -> Decimal:
        there = self._act("GET", f"/invoices/{invoice_id}")
        return Decimal(there["paid"]) + Decimal(there["credited"])

    # --- Their staff ----------------------------------------------------------------------------

    def typed(self, kind: Kind, customer_id: str = "", amount: str = "") -> str:
        if kind is Kind.CUSTOMER:
            return str(self._act("POST", "/contacts", {"name": "Typed there Ltd"})["id"])
        fields = {"contact": customer_id, "dated": DAY, "currency": self.home, "rate": "1.000000"}
        if kind is Kind.PAYMENT:
            return str(self._act("POST", "/receipts", {**fields, "amount": amount})["id"])
        line = {"text": "Seed", "quantity": "1", "price": amount, "net": amount, "tax": "0.00"}
        figures = {"lines": [line], "net": amount, "tax": "0.00", "total": amount}
        body = {**fields, **figures, "number": "THEIRS-1", "due": DAY}
        made = self._act("POST", "/invoices", body)["id"]
        return str(self._act("POST", f"/invoices/{made}/send")["id"])

    def edited(self, kind: Kind, remote_id: str) -> None:
        path = f"/{ENTITY[kind]}s/{remote_id}"
        remark = self._act("GET", path)["remark"]
        self._act("PUT", path, {"remark": f"Checked by Petra {remark}"})

    def voided(self, kind: Kind, remote_id: str) -> None:
        how = "void" if kind in (Kind.INVOICE, Kind.CREDIT_NOTE) else "cancel"
        self._act("POST", f"/{ENTITY[kind]}s/{remote_id}/{how}")

    def deleted(self, kind: Kind, remote_id: str) -> None:
        """What counts is cancelled first."""
        self.voided(kind, remote_id)
        self._act("DELETE", f"/{ENTITY[kind]}s/{remote_id}")

    def _act(self, method: str, path: str, body: Any = None) -> Any:
        return self.service.act(method, path, body, self.organisation)

    # --- Faults ---------------------------------------------------------------------------------

    def lose(self, *, executed: bool) -> None:
        self._fault("lose_after" if executed else "lose_before")

    def refuse(self) -> None:
        self._fault("status", status=422, after_execution=False)

    def throttle(self) -> None:
        self._fault("status", status=429, after_execution=False)

    def _fault(self, kind: str, **told: Any) -> None:
        """Writes are made by POST, but for changes."""
        self.service.fault(kind, "POST /", 1, self.organisation, **told)


def start(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., WorkedBench]:
    service = stack.enter_context(Service())
    return lambda **chosen: WorkedBench(service, **chosen)


class WorkedLive(Works):
    def standing(self, kind: Kind) -> list[Standing]:
        return [
            Standing(remote_id=each["id"], amount=Decimal(each.get("total") or each["amount"]))
            for each in self.theirs(ENTITY[kind])
        ]

    def taken_off(self, allocation: Any) -> None:
        part = self.record(allocation).remote_records.get(retired=False, gone=False)
        target = part.part.partition(":")[2]
        self.act("DELETE", f"/{part.kind}s/{part.remote_id}/allocations/{target}")


def live(request: pytest.FixtureRequest, open_bench: Callable[..., WorkedBench]) -> WorkedLive:
    return WorkedLive(open_bench().service, request.getfixturevalue("monkeypatch"))


def great_payment(ours: Ours) -> Record:
    """More than one of theirs may hold."""
    return ours.record(ours.a_payment("25000.00"))


def great_refund(ours: Ours) -> Record:
    payment = ours.a_payment("25000.00")
    paid = ours.sent(payment)
    refund = ours.a_refund()
    source = dataclasses.replace(refund.sources[0], source_id=paid.id, amount=Decimal(12000))
    great = dataclasses.replace(
        refund, customer_id=payment.customer_id, amount=Decimal(12000), sources=(source,)
    )
    return ours.record(great)


SYSTEM = System(
    capabilities=CAPABILITIES,
    start=start,
    live=live,
    divided={Kind.PAYMENT: great_payment, Kind.REFUND: great_refund},
)
