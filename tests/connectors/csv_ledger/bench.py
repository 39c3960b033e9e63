"""The bench of the CSV ledger: a mailbox in memory, and a bookkeeper beside it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.csv_ledger import CAPABILITIES, connect
from apps.connectors.port import Fate, Reply, Request, Role, Settings
from apps.connectors.snapshots import Kind
from tests.connectors.csv_ledger.bookkeeper import Bookkeeper
from tests.connectors.csv_ledger.live import CsvLive
from tests.contract.bench import Standing, System, Tax

HOLDS = {
    Kind.CUSTOMER: "customers",
    Kind.ITEM: "items",
    Kind.INVOICE: "invoices",
    Kind.CREDIT_NOTE: "credit-notes",
    Kind.PAYMENT: "payments",
    Kind.ALLOCATION: "allocations",
}
ACCOUNTS = {
    Role.INCOME: "4000",
    Role.RECEIVABLE: "1100",
    Role.BANK: "1200",
    Role.CLEARING: "1210",
    Role.EXPENSE: "7900",
}
CODES = [
    *(
        {"kind": "account", "id": number, "name": role.value.title(), "roles": [role.value]}
        for role, number in ACCOUNTS.items()
    ),
    {"kind": "tax_code", "id": "T1", "name": "Standard", "roles": ["sales_tax"], "percent": "20"},
]
LOST = Reply(fate=Fate.LOST, problem="OperationalError")


class MemoryMailbox:
    """What the mailbox of the product answers, kept in memory; the answer of a write may be lost."""

    def __init__(self, home: str) -> None:
        self.company = {
            "name": "Their books", "country": "GB", "home_currency": home, "layout": "lines",
        }  # fmt: skip
        self.bookkeeper = Bookkeeper()
        self.versions: dict[str, str] = {}  # file → version
        self.confirmations: list[dict[str, str]] = []
        self.sent: list[Request] = []
        self.replies: list[Reply] = []
        self.lose: bool | None = None  # whether the next write is executed all the same

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.sent.append(request)
            lost, self.lose = (self.lose, None) if request.writes else (None, self.lose)
            reply = LOST if lost is False else self._answer(request)
            self.replies.append(reply)
            yield request, reply if lost is None else LOST

    def _answer(self, request: Request) -> Reply:
        status, body = self._answered(request)
        return Reply(fate=Fate.ANSWERED, status=status, body=body)

    def _answered(self, request: Request) -> tuple[int, bytes]:
        first, *rest = request.path.split("/")
        if request.path == "company.json":
            return 200, json.dumps(self.company).encode()
        if first == "outbox":
            holds, name = rest
            if request.method == "PUT":
                there = name in self.bookkeeper.files
                self.bookkeeper.take(name, holds, request.body)
                return (412 if there else 201), b""
            there = name in self.bookkeeper.files
            return (200, self.bookkeeper.files[name][1]) if there else (404, b"")
        assert first == "said", request.path
        said: list[Any] = {"confirmations": self.confirmations, "codes": CODES}.get(rest[0], [])
        wanted = [value for name, value in request.query if name == "version"]
        lines = [each for each in said if not wanted or each["version"] in wanted]
        return 200, "".join(f"{json.dumps(each)}\n" for each in lines).encode()

    def work(self, kind: Kind, refuse: str = "") -> None:
        """They work through what came of a kind."""
        for each in self.bookkeeper.work(HOLDS[kind], refuse):
            self.confirmations.append(
                {
                    "kind": kind.value,
                    "id": each["Number"],
                    "version": each["File"].removesuffix(".csv"),
                    "refusal": each["Reason"],
                }
            )


class CsvBench:
    home = "GBP"
    tax = Tax(code_id="T1", rate_id="T1", percent=Decimal(20))
    secrets = ()

    def __init__(self, *, abroad: bool = False) -> None:
        self.courier = MemoryMailbox(self.home)
        self.connector = connect(
            Settings(
                remote_company_id="bench",
                home_currency=self.home,
                today=lambda: date(2026, 11, 20),
                now=lambda: datetime.now(UTC),
                tax_regime="codes",
            )
        )

    def account(self, role: Role) -> str:
        return ACCOUNTS[role]

    def standing(self, kind: Kind) -> list[Standing]:
        """Everything that was handed over: their books are nobody's to read."""
        return [
            Standing(remote_id=each.number, amount=each.amount)
            for each in self.courier.bookkeeper.entries(HOLDS[kind])
        ]

    def paid_off(self, invoice_id: str) -> Decimal:
        """By what the files say, what they were told to take off left out."""
        void = {number for what, number in self.courier.bookkeeper.void_there()}
        return sum(
            (
                each.amount
                for each in self.courier.bookkeeper.entries("allocations")
                if each.rows[0]["Document"] == invoice_id
                and each.number not in void
                and each.amount is not None
            ),
            Decimal(0),
        )

    def confirmed(self, kind: Kind, *, refuse: str = "") -> None:
        self.courier.work(kind, refuse)

    def lose(self, *, executed: bool) -> None:
        self.courier.lose = executed


def start(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., CsvBench]:
    return CsvBench


class CsvStanding(CsvLive):
    def standing(self, kind: Kind) -> list[Standing]:
        booked = [each for each in self.bookkeeper.booked if each.holds == HOLDS[kind]]
        return [Standing(remote_id=each.number, amount=each.amount) for each in booked]


def live(request: pytest.FixtureRequest, open_bench: Callable[..., CsvBench]) -> CsvStanding:
    return CsvStanding()


SYSTEM = System(capabilities=CAPABILITIES, start=start, live=live)
