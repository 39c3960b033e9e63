"""The bench of Xero: an organisation of the simulated one, in the United Kingdom."""

import dataclasses
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connections.switching import switch
from apps.connectors.port import Role, Settings
from apps.connectors.snapshots import Kind
from apps.connectors.xero import CAPABILITIES, connect
from apps.connectors.xero.capabilities import BANK_DEPOSITS, HISTORY_NOTES
from tests.books import point_at
from tests.connectors.xero.live import XeroBooks
from tests.contract.bench import Standing, System, Tax
from tests.contract.courier import HttpCourier
from tests.contract.ours import Ours
from tests.contract.sending import Record
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

HOME = "GBP"
TODAY = date(2026, 11, 20)
# Whatever ends so was made for a refund or an adjustment, and is no document of a customer's.
HELPER = re.compile(r"^T.*-([RA])$")
SALE = {"Invoices": "ACCREC", "CreditNotes": "ACCRECCREDIT"}
NUMBER = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}
ID = {
    "Contacts": "ContactID",
    "Items": "Code",  # by which lines name an item
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Payments": "PaymentID",
    "BatchPayments": "BatchPaymentID",
    "Overpayments": "OverpaymentID",
    "BankTransactions": "BankTransactionID",
}
AMOUNT = {"Payments": "Amount", "BatchPayments": "TotalAmount"}  # elsewhere it is the total
OFF = ("VOIDED", "DELETED")


def lists_of(kind: Kind) -> tuple[str, ...]:
    return {
        Kind.CUSTOMER: ("Contacts",),
        Kind.ITEM: ("Items",),
        Kind.INVOICE: ("Invoices",),
        Kind.CREDIT_NOTE: ("CreditNotes",),
        Kind.PAYMENT: ("Payments", "BatchPayments", "Overpayments"),
        Kind.ADJUSTMENT: ("Invoices", "CreditNotes"),
        Kind.REFUND: ("Invoices",),
        Kind.DEPOSIT: ("BankTransactions",),
    }[kind]


def standing(twin: XeroTwin, tenant: str, kind: Kind) -> list[Standing]:
    return [
        _standing(name, each)
        for name in lists_of(kind)
        for each in twin.objects(tenant, name)
        if _is_of(kind, name, each)
    ]


def _is_of(kind: Kind, name: str, each: dict[str, Any]) -> bool:
    if name == "Payments":
        return "BatchPaymentID" not in each and each["PaymentType"] == "ACCRECPAYMENT"
    if name == "BankTransactions":
        return each["Type"] in ("RECEIVE", "SPEND")
    if name not in SALE:
        return True
    if each["Type"] != SALE[name]:
        return False
    helper = HELPER.match(each.get(NUMBER[name], ""))
    like = {"R": Kind.REFUND, "A": Kind.ADJUSTMENT}[helper[1]] if helper else None
    return kind is like if like else kind not in (Kind.REFUND, Kind.ADJUSTMENT)


def _standing(name: str, each: dict[str, Any]) -> Standing:
    void = each.get("Status") in OFF
    said = each.get(AMOUNT.get(name, "Total"))
    amount = None if said is None else Decimal(0) if void else Decimal(str(said))
    return Standing(remote_id=each[ID[name]], amount=amount, void=void)


def notes_beside(twin: XeroTwin, tenant: str, kind: str, remote_id: str) -> list[str]:
    """What an app or a person noted in the history, beside what Xero writes there itself."""
    told = twin.control("GET", f"organisations/{tenant}/notes/{kind}s/{remote_id}")
    return [each["note"] for each in told if each["note"]]


@dataclass(frozen=True)
class Opened:
    """An organisation as it was opened, put aside so that each test has it as new."""

    tenant: str
    tokens: dict[str, Any]

    @staticmethod
    def by(twin: XeroTwin) -> "Opened":
        tenant = twin.open("Bench Company", version="UK")
        caller = twin.connect(tenant)
        caller.done("PUT", "Currencies", {"Code": "USD"})
        twin.set_up(tenant, limits={"published": True})
        twin.keep(tenant)
        return Opened(tenant, caller.tokens)


class XeroBench:
    home = HOME
    tax = Tax(code_id="OUTPUT2", rate_id="OUTPUT2", percent=Decimal(20))

    def __init__(
        self, twin: XeroTwin, opened: Opened, switches: frozenset[str] = frozenset()
    ) -> None:
        """Every organisation may have several currencies: `abroad` asks for nothing."""
        self.twin = twin
        self.tenant = opened.tenant
        twin.bring_back(self.tenant)
        self.secrets = (opened.tokens["access_token"], opened.tokens["refresh_token"])
        let_in = {"Authorization": f"Bearer {opened.tokens['access_token']}"}
        self.courier = HttpCourier(twin.url, let_in, in_flight=CAPABILITIES.in_flight)
        self.connector = connect(
            Settings(
                remote_company_id=self.tenant,
                home_currency=HOME,
                tax_regime="tax_types",
                multi_currency=True,
                today=lambda: TODAY,
                now=lambda: datetime.now(UTC),
                switches=switches,
            )
        )
        self.clearing = "615" if switches else "090"

    def account(self, role: Role) -> str:
        """As their chart numbers them."""
        return {
            Role.INCOME: "200",
            # A receipt of which a part stays on account lies in a bank, what is banked does not.
            Role.CLEARING: self.clearing,
            Role.BANK: "090",
            Role.EXPENSE: "404",
            Role.RECEIVABLE: "610",
            Role.LIABILITY: "830",
        }[role]

    # --- What stands in their books -----------------------------------------------------------

    def standing(self, kind: Kind) -> list[Standing]:
        return standing(self.twin, self.tenant, kind)

    def paid_off(self, invoice_id: str) -> Decimal:
        (there,) = (
            each
            for each in self.twin.objects(self.tenant, "Invoices")
            if each["InvoiceID"] == invoice_id
        )
        return Decimal(str(there["Total"])) - Decimal(str(there["AmountDue"]))

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        return notes_beside(self.twin, self.tenant, kind, remote_id)

    # --- Their staff ----------------------------------------------------------------------------

    def typed(self, kind: Kind, customer_id: str = "", amount: str = "") -> str:
        if kind is Kind.CUSTOMER:
            return str(self._made("Contacts", {"Name": "Typed there Ltd"})["ContactID"])
        if kind is Kind.PAYMENT:
            told = {"contact": customer_id, "amount": amount, "date": TODAY.isoformat()}
            return str(self.twin.act(self.tenant, "overpayment", **told)["OverpaymentID"])
        line = {"Description": "Seed", "Quantity": 1, "UnitAmount": amount, "AccountCode": "200"}
        body = {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": customer_id},
            "InvoiceNumber": "THEIRS-1",
            "Date": TODAY.isoformat(),
            "DueDate": TODAY.isoformat(),
            "LineAmountTypes": "Exclusive",
            "LineItems": [{**line, "TaxType": "NONE"}],
        }
        return str(self._made("Invoices", body)["InvoiceID"])

    def edited(self, kind: Kind, remote_id: str) -> None:
        if kind is Kind.CUSTOMER:
            body = {"ContactID": remote_id, "AccountNumber": "Checked by Petra"}
            self.twin.act(self.tenant, "update", kind="Contacts", body=body)
        else:
            line = {"id": remote_id, "description": "Checked by Petra"}
            self.twin.act(self.tenant, "edit", kind=lists_of(kind)[0], **line)

    def voided(self, kind: Kind, remote_id: str) -> None:
        if kind is Kind.PAYMENT:
            self.deleted(kind, remote_id)
        else:
            self.twin.act(self.tenant, "void", kind=lists_of(kind)[0], id=remote_id)

    def deleted(self, kind: Kind, remote_id: str) -> None:
        assert kind is Kind.PAYMENT, kind
        on_account = {each["OverpaymentID"] for each in self._listed("Overpayments")}
        act = "delete_overpayment" if remote_id in on_account else "delete_payment"
        self.twin.act(self.tenant, act, id=remote_id)

    def _made(self, kind: str, body: dict[str, Any]) -> Any:
        return self.twin.act(self.tenant, "create", kind=kind, body=body)

    def _listed(self, kind: str) -> Any:
        return self.twin.objects(self.tenant, kind)

    # --- Faults ---------------------------------------------------------------------------------

    def lose(self, *, executed: bool, bearing: str = "") -> None:
        self._arm("lose_after_commit" if executed else "lose_before_commit", bearing=bearing)

    def refuse(self) -> None:
        self._arm("status", status=400, body="json")

    def throttle(self) -> None:
        self._arm("status", status=429, retry_after=7, problem="minute")

    def _arm(self, fault: str, *, bearing: str = "", **told: Any) -> None:
        """On the next write, whichever method that is."""
        match = {"method": "write"} | ({"contains": bearing} if bearing else {})
        self.twin.arm(self.tenant, fault, match=match, **told)


def start(
    request: pytest.FixtureRequest, stack: ExitStack, switches: frozenset[str] = frozenset()
) -> Callable[..., XeroBench]:
    twin = XeroTwin(request.getfixturevalue("sandbox_server"))
    opened: list[Opened] = []

    def open_bench(*, abroad: bool = False) -> XeroBench:
        if not opened:
            opened.append(Opened.by(twin))
        return XeroBench(twin, opened[0], switches)

    return open_bench


class XeroLive(XeroBooks):
    def standing(self, kind: Kind) -> list[Standing]:
        return standing(self.server, self.realm, kind)

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        return notes_beside(self.server, self.realm, kind, remote_id)

    def taken_off(self, allocation: Any) -> None:
        part = self.record(allocation).remote_records.get(retired=False, gone=False)
        told = {"kind": "CreditNotes", "id": part.remote_id, "allocation": part.part}
        self.server.act(self.realm, "deallocate", **told)


def live(request: pytest.FixtureRequest, open_bench: Callable[..., Any]) -> XeroLive:
    server: SandboxServer = request.getfixturevalue("sandbox_server")
    point_at(server, request.getfixturevalue("settings"))
    books, _ = live_on(XeroLive, XeroTwin(server))
    return books


def payment_abroad(ours: Ours) -> Record:
    """A receipt over two invoices in another currency, which no batch holds."""
    dollars: dict[str, Any] = {"currency": "USD", "exchange_rate": Decimal("0.8")}
    customer = ours.sent(ours.a_customer(currency="USD")).id
    owed = [ours.sent(ours.a_invoice("100.00", customer_id=customer, **dollars)) for _ in range(2)]
    against = {each.id: "60.00" for each in owed}
    payment = ours.a_payment("120.00", customer_id=customer, against=against, **dollars)
    parts = [dataclasses.replace(each, currency="USD") for each in payment.allocations]
    return ours.record(dataclasses.replace(payment, allocations=tuple(parts)))


SYSTEM = System(
    capabilities=CAPABILITIES,
    start=start,
    live=live,
    divided={Kind.PAYMENT: payment_abroad},
    fixed=frozenset({Kind.PAYMENT}),
)

EVERYTHING = frozenset({BANK_DEPOSITS, HISTORY_NOTES})


def start_switched(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., XeroBench]:
    return start(request, stack, EVERYTHING)


def live_switched(request: pytest.FixtureRequest, open_bench: Callable[..., Any]) -> XeroLive:
    books = live(request, open_bench)
    switch(books.connection, EVERYTHING)
    return books


# With all that a person may switch on; what is like without it runs without it.
SWITCHED = (
    System(
        name="xero-switched",
        capabilities=CAPABILITIES.switched(EVERYTHING),
        start=start_switched,
        live=live_switched,
        only=frozenset({Kind.DEPOSIT}),
    ),
)
