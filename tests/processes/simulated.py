"""The simulated QuickBooks under workers that die: invoices in batches, and payments of some."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.adversity import down_and_up, ledger_of
from tests.processes.schedule import POINTS, STOPS, Schedule, unhurried
from tests.processes.workers import rigged

GATES = {"limited_after_commit": 429, "forbidden_after_commit": 403}
OTHERS = ("ledger_down", *GATES, "restored", "clocks_apart")
SCHEDULES = POINTS + STOPS + OTHERS


@dataclass(frozen=True, slots=True)
class Crash:
    """One crash: where, at which call of the run, with how many documents and which payments."""

    number: int
    point: str
    nth: int
    invoices: int
    seed: int

    @staticmethod
    def of(number: int, seed: int) -> "Crash":
        chance = random.Random(f"{seed}-{number}")
        return Crash(
            number=number,
            point=SCHEDULES[number % len(SCHEDULES)],
            nth=chance.randint(1, 5),
            invoices=chance.choice([1, 3, 31]),
            seed=chance.randint(1, 10**6),
        )


class Simulated:
    """The ledger that the command plays with where none is named."""

    schedules = SCHEDULES
    server: Any

    def scenario(self, number: int, seed: int) -> Crash:
        return Crash.of(number, seed)

    @contextmanager
    def service(self, folder: Path) -> Iterator[None]:
        from tests.sandbox_server import SandboxServer

        self.server = SandboxServer(folder).start()
        try:
            yield
        finally:
            self.server.stop()

    @contextmanager
    def schedule(self, scenario: Crash, folder: Path) -> Iterator[Schedule]:
        with ledger_of(scenario.point, self.server, folder, scenario.number) as server:
            yield InBatches(scenario, server, folder)


class InBatches(Schedule):
    """Invoices, and payments of every other one."""

    scenario: Crash
    others = OTHERS

    def __init__(self, scenario: Crash, server: Any, folder: Path) -> None:
        from django.conf import settings

        from tests.books import point_at

        self.server = server
        super().__init__(scenario, folder)
        point_at(server, settings)

    def set_the_stage(self) -> None:
        from django.conf import settings

        from apps.billing.actions import receive_payment
        from tests.books import Books
        from tests.factories import make_company, make_customer, make_invoice, make_item

        # Forked processes count alike: the name is made unique by the scenario.
        company = make_company(legal_name=f"Crash {self.scenario.number} of {os.getpid()}")
        with unhurried(settings):
            self.books: Any = Books(self.server, company=company)
            first = self.books.go_live()
        customer, item = make_customer(company), make_item(company)
        invoices: list[Any] = [
            make_invoice(customer=customer, lines=[(item, self.chance.randint(1, 9), "9.99")])
            for _ in range(self.scenario.invoices)
        ]
        self.payments = [
            receive_payment(
                customer=each.customer,
                amount=each.total,
                date=each.issue_date,
                method=self.books.method,
                apply=[(each, each.total)],
            )
            for each in invoices[::2]
        ]
        self.invoices = [first, *invoices]
        self.pk = self.books.connection.pk

    def arm(self) -> None:
        if self.scenario.point in GATES:
            match = {"endpoint": "batch", "contains": '"create"', "nth": self.scenario.nth}
            told = {"status": GATES[self.scenario.point], "after_commit": True, "retry_after": 1}
            self.server.arm(self.books.realm, "status", match=match, **told)

    def rig(self) -> None:
        rigged(self.scenario.point, self.scenario.nth, lambda request: True)

    def move_clock(self, seconds: int) -> None:
        self.server.move_clock(seconds)

    def down_and_up(self) -> None:
        down_and_up(self.server, self.replays_are_due)

    def faults(self) -> list[str]:
        return faults_of(self.books, self.invoices, self.payments)


def faults_of(books: Any, invoices: list[Any], payments: list[Any]) -> list[str]:
    """What is not once and equal on both sides, as sentences."""
    from apps.sync.models import State, SyncRecord

    faults = []
    theirs = books.theirs("Invoice")
    numbers = Counter(each["DocNumber"] for each in theirs)
    totals = {each["DocNumber"]: Decimal(str(each["TotalAmt"])) for each in theirs}
    balances = {each["DocNumber"]: Decimal(str(each["Balance"])) for each in theirs}
    for invoice in invoices:
        invoice.refresh_from_db()
        if numbers[invoice.number] != 1:
            word = "double" if numbers[invoice.number] else "lost"
            faults.append(f"{word}: {invoice.number} is there {numbers[invoice.number]} times")
        elif totals[invoice.number] != invoice.total:
            faults.append(
                f"pennies: {invoice.number}: {totals[invoice.number]} there, {invoice.total} here"
            )
        elif balances[invoice.number] != invoice.balance_due:
            faults.append(f"pennies: {invoice.number}: due {balances[invoice.number]} there")
    if len(theirs) != len(invoices):
        word = "double" if len(theirs) > len(invoices) else "lost"
        faults.append(f"{word}: {len(theirs)} invoices there, {len(invoices)} here")
    money = books.theirs("Payment")
    if len(money) != len(payments):
        word = "double" if len(money) > len(payments) else "lost"
        faults.append(f"{word}: {len(money)} payments there, {len(payments)} here")
    doubles = books.server.state(books.realm)["doubles"]
    if any(doubles.values()):
        faults.append(f"double: {doubles}")
    open_records = SyncRecord.objects.filter(connection=books.connection).exclude(
        state=State.IN_THE_BOOKS
    )
    faults += [
        f"stuck: {each.kind} {each.subject_id}: {each.state} {each.sentence}"
        for each in open_records
    ]
    return faults
