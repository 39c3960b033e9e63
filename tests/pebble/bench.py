"""The bench of Pebble: a company of its own for each test."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.connectors.port import Role, Settings
from apps.connectors.snapshots import Kind
from tests.contract.bench import NO_TAX, Standing, System
from tests.contract.courier import HttpCourier
from tests.contract.live import LiveBooks, install
from tests.pebble import connector
from tests.pebble.connector import CAPABILITIES, connect
from tests.pebble.service import Books, Service, running

DAY = "2026-11-20"


def standing_of(books: Books, kind: Kind) -> list[Standing]:
    found = []
    for each in books.standing(kind.value):
        said = each.get("total") or each.get("amount")
        amount = Decimal(0) if each["void"] else said and Decimal(said)
        found.append(Standing(remote_id=each["id"], amount=amount, void=each["void"]))
    return found


class PebbleBench:
    home = "GBP"
    tax = NO_TAX

    def __init__(self, service: Service) -> None:
        """It has one currency: `abroad` is never asked for."""
        self.books = service.open("Bench Company", self.home)
        let_in = {"X-Pebble-Key": self.books.key}
        self.courier = HttpCourier(service.address, let_in, in_flight=CAPABILITIES.in_flight)
        self.secrets = (self.books.key,)
        self.connector = connect(
            Settings(
                remote_company_id=self.books.id,
                home_currency=self.home,
                today=lambda: date(2026, 11, 20),
                now=lambda: datetime.now(UTC),
            )
        )

    def account(self, role: Role) -> str:
        return ""

    def standing(self, kind: Kind) -> list[Standing]:
        return standing_of(self.books, kind)

    def paid_off(self, invoice_id: str) -> Decimal:
        return self.books.paid(invoice_id)

    # --- Their staff ----------------------------------------------------------------------------

    def typed(self, kind: Kind, customer_id: str = "", amount: str = "") -> str:
        if kind is Kind.CUSTOMER:
            return self._entered("customer", name="Typed there Ltd")
        line = {"text": "Seed", "quantity": "1", "price": amount, "net": amount}
        figures = {"lines": [line], "total": amount}
        told = {"customer": customer_id, "date": DAY}
        invoice = self._entered("invoice", **told, **figures, number="THEIRS-1", due=DAY)
        if kind is Kind.INVOICE:
            return invoice
        return self._entered("payment", **told, amount=amount, invoice=invoice)

    def _entered(self, kind: str, **fields: object) -> str:
        return str(self.books.save(kind, None, fields)["id"])

    def edited(self, kind: Kind, remote_id: str) -> None:
        self.books.save(kind.value, remote_id, {"note": "Checked by Petra"})

    def voided(self, kind: Kind, remote_id: str) -> None:
        self.books.save(kind.value, remote_id, {"void": True})

    def deleted(self, kind: Kind, remote_id: str) -> None:
        self.books.delete(kind.value, remote_id)

    # --- Faults ---------------------------------------------------------------------------------

    def lose(self, *, executed: bool) -> None:
        self.books.faults.append("lose_after" if executed else "lose_before")

    def refuse(self) -> None:
        self.books.faults.append("refuse")

    def throttle(self) -> None:
        self.books.faults.append("throttle")


def start(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., PebbleBench]:
    service = stack.enter_context(running())
    return lambda: PebbleBench(service)


class PebbleLive(LiveBooks):
    def __init__(self, bench: PebbleBench) -> None:
        self.books = bench.books
        super().__init__("pebble", {"key": bench.books.key}, bench.courier.address)

    def standing(self, kind: Kind) -> list[Standing]:
        return standing_of(self.books, kind)


def live(request: pytest.FixtureRequest, open_bench: Callable[..., PebbleBench]) -> PebbleLive:
    install(request, connector)
    return PebbleLive(open_bench())


SYSTEM = System(capabilities=CAPABILITIES, start=start, live=live)
