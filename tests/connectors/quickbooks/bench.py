"""The bench of QuickBooks: a company of the simulated ledger, in the United Kingdom."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest

from apps.connectors.port import Code, CodeKind, Company, Role, Settings
from apps.connectors.quickbooks import CAPABILITIES, connect
from apps.connectors.snapshots import Kind
from tests.books import Books, point_at
from tests.contract.bench import Standing, System, Tax
from tests.contract.courier import PlainCourier
from tests.kept_books import live_books
from tests.sandbox_server import Caller, SandboxServer

ENTITY = {
    Kind.CUSTOMER: "Customer",
    Kind.ITEM: "Item",
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.PAYMENT: "Payment",
    Kind.ADJUSTMENT: "JournalEntry",
    Kind.REFUND: "Purchase",
    Kind.DEPOSIT: "Deposit",
}
AMOUNT = {"Customer": "", "Item": ""}  # elsewhere it is the total
STANDARD = "20.0% S"
WRITES = {"endpoint": "batch", "contains": "operation"}


def standing(server: SandboxServer, realm: str, kind: Kind) -> list[Standing]:
    entity = ENTITY[kind]
    amount = AMOUNT.get(entity, "TotalAmt")
    return [
        Standing(
            remote_id=each["Id"],
            amount=Decimal(str(each[amount])) if amount and amount in each else None,
            void="Voided" in each.get("PrivateNote", ""),
        )
        for each in server.objects(realm, entity)
    ]


def notes_beside(server: SandboxServer, realm: str, kind: str, remote_id: str) -> list[str]:
    """The private note, and the notes that are attached."""
    own = next(each for each in server.objects(realm, kind) if each["Id"] == remote_id)
    attached = server.control("GET", f"companies/{realm}/notes/{kind}/{remote_id}")
    return [own.get("PrivateNote", ""), *(each["note"] or "" for each in attached)]


@dataclass(frozen=True)
class Opened:
    """A company as it was opened, put aside so that each test has it as new."""

    realm: str
    caller: Caller
    company: Company
    codes: tuple[Code, ...]

    @staticmethod
    def by(server: SandboxServer, *, abroad: bool) -> "Opened":
        realm = server.open_company("Bench Company", profile="uk", multicurrency=abroad)
        caller = server.connect(realm)
        courier = PlainCourier(caller)
        company = connect(settings_of(realm)).company(courier)
        codes = connect(settings_of(realm, company)).codes(courier)
        opened = Opened(realm, caller, company, codes)
        server.keep(realm)
        return opened


def settings_of(realm: str, company: Company | None = None) -> Settings:
    """With what the company says of itself, once that is known."""
    return Settings(
        remote_company_id=realm,
        home_currency=company.home_currency if company else "",
        tax_regime=company.tax_regime if company else "none",
        multi_currency=company.multi_currency if company else False,
        today=lambda: date(2026, 11, 20),
        now=lambda: datetime.now(UTC),
    )


class QuickBooksBench:
    def __init__(self, server: SandboxServer, opened: Opened) -> None:
        self.server = server
        self.realm = opened.realm
        server.bring_back(self.realm)
        tokens = opened.caller.tokens
        self.secrets = tuple(str(tokens[each]) for each in ("access_token", "refresh_token"))
        self.courier = PlainCourier(opened.caller, in_flight=CAPABILITIES.in_flight)
        self._codes = opened.codes
        self.home = opened.company.home_currency
        self.connector = connect(settings_of(self.realm, opened.company))

    @cached_property
    def tax(self) -> Tax:
        code = next(
            each for each in self._codes if each.kind is CodeKind.TAX_CODE and each.name == STANDARD
        )
        (part,) = code.parts
        return Tax(code_id=code.remote_id, rate_id=part.remote_id, percent=part.percent)

    def account(self, role: Role) -> str:
        found = [
            each for each in self._codes if each.kind is CodeKind.ACCOUNT and role in each.roles
        ]
        if role is Role.CLEARING:  # a deposit is of what lies there, and nowhere else
            found = [each for each in found if each.detail.get("subtype") == "UndepositedFunds"]
        return str(found[0].remote_id)

    # --- What stands in their books -----------------------------------------------------------

    def standing(self, kind: Kind) -> list[Standing]:
        return standing(self.server, self.realm, kind)

    def paid_off(self, invoice_id: str) -> Decimal:
        (there,) = (
            each for each in self.server.objects(self.realm, "Invoice") if each["Id"] == invoice_id
        )
        return Decimal(str(there["TotalAmt"])) - Decimal(str(there["Balance"]))

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        return notes_beside(self.server, self.realm, kind, remote_id)

    # --- Their staff ----------------------------------------------------------------------------

    def typed(self, kind: Kind, customer_id: str = "", amount: str = "") -> str:
        if kind is Kind.CUSTOMER:
            made = self.server.act(self.realm, "create_customer", name="Typed there Ltd")
        elif kind is Kind.INVOICE:
            told = {"customer": customer_id, "amount": amount, "tax_code": self.tax.code_id}
            made = self.server.act(self.realm, "create_invoice", **told)
        else:
            told = {"customer": customer_id, "amount": amount}
            made = self.server.act(self.realm, "record_payment", **told)
        return str(made["Id"])

    def edited(self, kind: Kind, remote_id: str) -> None:
        field = "Notes" if kind is Kind.CUSTOMER else "PrivateNote"
        body = {field: "Checked by Petra"}
        self.server.act(self.realm, "update", kind=ENTITY[kind], id=remote_id, body=body)

    def voided(self, kind: Kind, remote_id: str) -> None:
        self.server.act(self.realm, f"void_{kind.value}", id=remote_id)

    def deleted(self, kind: Kind, remote_id: str) -> None:
        self.server.act(self.realm, "delete", kind=ENTITY[kind], id=remote_id)

    # --- Faults ---------------------------------------------------------------------------------

    def lose(self, *, executed: bool, bearing: str = "") -> None:
        fault = "lose_after_commit" if executed else "lose_before_commit"
        match = {"contains": bearing} if bearing else WRITES
        self.server.arm(self.realm, fault, match=match)

    def refuse(self) -> None:
        self.server.arm(self.realm, "item_fault", code="6000", index=0, match=WRITES)

    def throttle(self) -> None:
        self.server.arm(self.realm, "status", status=429, retry_after=7, match=WRITES)


def start(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., QuickBooksBench]:
    server: SandboxServer = request.getfixturevalue("sandbox_server")
    opened: dict[bool, Opened] = {}

    def open_bench(*, abroad: bool = False) -> QuickBooksBench:
        if abroad not in opened:
            opened[abroad] = Opened.by(server, abroad=abroad)
        return QuickBooksBench(server, opened[abroad])

    return open_bench


class QuickBooksLive(Books):
    """Connected, mapped, tested with one invoice, live."""

    def standing(self, kind: Kind) -> list[Standing]:
        return standing(self.server, self.realm, kind)

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        return notes_beside(self.server, self.realm, kind, remote_id)

    def taken_off(self, allocation: Any) -> None:
        """The use of a credit is a payment of nothing there."""
        rows = self.record(allocation).remote_records.filter(retired=False, gone=False)
        self.server.act(self.realm, "delete_payment", id=rows.get().remote_id)


def live(request: pytest.FixtureRequest, open_bench: Callable[..., Any]) -> QuickBooksLive:
    server: SandboxServer = request.getfixturevalue("sandbox_server")
    point_at(server, request.getfixturevalue("settings"))
    books = live_books(server)
    books.__class__ = QuickBooksLive
    assert isinstance(books, QuickBooksLive)
    return books


SYSTEM = System(capabilities=CAPABILITIES, start=start, live=live)
