"""The bench of FreshBooks: a business of the simulated one, in the United Kingdom."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.freshbooks import CAPABILITIES, connect
from apps.connectors.port import Role, Settings
from apps.connectors.snapshots import Kind
from tests.books import point_at
from tests.connectors.freshbooks.live import OPENED, FreshBooksBooks
from tests.contract.bench import Standing, System, Tax
from tests.contract.courier import HttpCourier
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer

HOME = "GBP"
TODAY = date(2026, 11, 20)
# Whatever ends so was made for an adjustment, and is no credit note of a customer's.
HELPER = re.compile(r"^T.*-A$")
LISTS = {
    Kind.CUSTOMER: "clients",
    Kind.ITEM: "items",
    Kind.INVOICE: "invoices",
    Kind.CREDIT_NOTE: "credit_notes",
    Kind.ADJUSTMENT: "credit_notes",
    Kind.PAYMENT: "payments",
}
MONEY = ("invoices", "credit_notes", "payments")
DELETED = 1  # vis_state


def standing(twin: FreshBooksTwin, business: Any, kind: Kind) -> list[Standing]:
    """What was deleted counts no more, and what is used of a credit is no payment."""
    return [
        Standing(
            remote_id=str(each["id"]),
            amount=_amount(kind, each),
            void=each.get("vis_state") == DELETED,
        )
        for each in twin.objects(business, LISTS[kind])
        if _is_of(kind, each)
    ]


def _is_of(kind: Kind, each: dict[str, Any]) -> bool:
    if kind is Kind.PAYMENT:
        return not each.get("from_credit") and not each.get("creditid")
    if LISTS[kind] != "credit_notes":
        return True
    helps = bool(HELPER.match(each.get("credit_number", "")))
    return helps is (kind is Kind.ADJUSTMENT)


def _amount(kind: Kind, each: dict[str, Any]) -> Decimal | None:
    if LISTS[kind] not in MONEY:
        return None
    gone = each.get("vis_state") == DELETED
    return Decimal(0) if gone else Decimal(each["amount"]["amount"])


def listed(twin: FreshBooksTwin, business: Any, name: str, remote_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in twin.objects(business, name) if str(each["id"]) == remote_id
    )
    return found


def notes_beside(twin: FreshBooksTwin, business: Any, kind: str, remote_id: str) -> list[str]:
    """The note of a payment, and the internal one of the client whose it is."""
    own = listed(twin, business, f"{kind}s", remote_id)
    client = listed(twin, business, "clients", str(own.get("customerid") or own["clientid"]))
    return [own.get("note") or "" if kind == "payment" else "", client.get("note") or ""]


@dataclass(frozen=True)
class Opened:
    """A business as it was opened, put aside so that each test has it as new."""

    business: Any
    tokens: dict[str, Any]

    @staticmethod
    def by(twin: FreshBooksTwin) -> "Opened":
        business = twin.open("Bench Company", **OPENED)
        caller = twin.connect(business)
        caller.make("taxes", {"name": "VAT", "amount": "20"})
        twin.keep(business["business_id"])
        return Opened(business, caller.tokens)


class FreshBooksBench:
    home = HOME
    tax = Tax(code_id="VAT@20", rate_id="VAT@20", percent=Decimal(20))

    def __init__(self, twin: FreshBooksTwin, opened: Opened) -> None:
        """Nothing of ours is in another currency there: `abroad` is never asked for."""
        self.twin = twin
        self.business = opened.business["business_id"]
        twin.bring_back(self.business)
        self.secrets = (opened.tokens["access_token"], opened.tokens["refresh_token"])
        let_in = {"Authorization": f"Bearer {opened.tokens['access_token']}"}
        self.courier = HttpCourier(twin.url, let_in, in_flight=CAPABILITIES.in_flight)
        self.connector = connect(
            Settings(
                remote_company_id=opened.business["account_id"],
                home_currency=HOME,
                tax_regime="taxes",
                multi_currency=False,
                today=lambda: TODAY,
                now=lambda: datetime.now(UTC),
            )
        )

    def account(self, role: Role) -> str:
        return ""

    # --- What stands in their books -----------------------------------------------------------

    def standing(self, kind: Kind) -> list[Standing]:
        return standing(self.twin, self.business, kind)

    def paid_off(self, invoice_id: str) -> Decimal:
        (there,) = (
            each
            for each in self.twin.objects(self.business, "invoices")
            if str(each["id"]) == invoice_id
        )
        return Decimal(there["amount"]["amount"]) - Decimal(there["outstanding"]["amount"])

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        return notes_beside(self.twin, self.business, kind, remote_id)

    # --- Their staff ----------------------------------------------------------------------------

    def typed(self, kind: Kind, customer_id: str = "", amount: str = "") -> str:
        if kind is Kind.CUSTOMER:
            return self._made("clients", {"organization": "Typed there Ltd"})
        line = {"name": "Seed", "qty": "1", "unit_cost": {"amount": amount, "code": HOME}}
        body = {
            "customerid": int(customer_id),
            "invoice_number": "THEIRS-1",
            "create_date": TODAY.isoformat(),
            "currency_code": HOME,
            "status": 2,
            "lines": [line],
        }
        invoice = self._made("invoices", body)
        if kind is Kind.INVOICE:
            return invoice
        told = {"id": int(invoice), "amount": amount, "date": TODAY.isoformat()}
        return str(self.twin.act(self.business, "pay", **told)["id"])

    def _made(self, kind: str, body: dict[str, Any]) -> str:
        return str(self.twin.act(self.business, "create", kind=kind, body=body)["id"])

    def edited(self, kind: Kind, remote_id: str) -> None:
        field = {"clients": "note", "invoices": "terms", "payments": "note"}[LISTS[kind]]
        had = self._one(kind, remote_id).get(field) or ""
        body = {field: f"{had}\nChecked by Petra".strip()}
        self.twin.act(self.business, "edit", kind=LISTS[kind], id=int(remote_id), body=body)

    def _one(self, kind: Kind, remote_id: str) -> dict[str, Any]:
        return listed(self.twin, self.business, LISTS[kind], remote_id)

    def voided(self, kind: Kind, remote_id: str) -> None:
        """There is no void: an invoice is set to nil, a payment deleted."""
        if kind is Kind.PAYMENT:
            self.deleted(kind, remote_id)
            return
        lines = [{"name": "Voided", "qty": "1", "unit_cost": {"amount": "0", "code": HOME}}]
        had = self._one(kind, remote_id).get("notes") or ""
        body = {"lines": lines, "notes": f"Voided\n{had}".strip()}
        self.twin.act(self.business, "edit", kind=LISTS[kind], id=int(remote_id), body=body)

    def deleted(self, kind: Kind, remote_id: str) -> None:
        self.twin.act(self.business, "delete", kind=LISTS[kind], id=int(remote_id))

    # --- Faults ---------------------------------------------------------------------------------

    def lose(self, *, executed: bool, bearing: str = "") -> None:
        self._arm("lose_after_commit" if executed else "lose_before_commit", bearing=bearing)

    def refuse(self) -> None:
        self._arm("status", status=422, body="accounting", errno=1001)

    def throttle(self) -> None:
        self._arm("status", status=429, body="accounting", errno=429, retry_after=7)

    def _arm(self, fault: str, *, bearing: str = "", **told: Any) -> None:
        match = {"method": "write"} | ({"contains": bearing} if bearing else {})
        self.twin.arm(self.business, fault, match=match, **told)


def start(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., FreshBooksBench]:
    twin = FreshBooksTwin(request.getfixturevalue("sandbox_server"))
    opened: list[Opened] = []

    def open_bench() -> FreshBooksBench:
        if not opened:
            opened.append(Opened.by(twin))
        return FreshBooksBench(twin, opened[0])

    return open_bench


class FreshBooksLive(FreshBooksBooks):
    def standing(self, kind: Kind) -> list[Standing]:
        return standing(self.server, self.business, kind)

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        return notes_beside(self.server, self.business, kind, remote_id)

    def taken_off(self, allocation: Any) -> None:
        """The use of a credit is a payment by it."""
        part = self.record(allocation).remote_records.get(retired=False, gone=False)
        self.server.act(
            self.business, "delete", kind="payments", id=int(part.part or part.remote_id)
        )


def live(request: pytest.FixtureRequest, open_bench: Callable[..., Any]) -> FreshBooksLive:
    server: SandboxServer = request.getfixturevalue("sandbox_server")
    point_at(server, request.getfixturevalue("settings"))
    books, _ = live_on(FreshBooksLive, FreshBooksTwin(server))
    return books


SYSTEM = System(capabilities=CAPABILITIES, start=start, live=live)
