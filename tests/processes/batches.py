"""Schedules on the simulated ledger: whole documents in batches, whose keys are kept."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.adversity import Database, down_and_up, host_ahead, ledger_of
from tests.processes.schedule import Scenario, Schedule, Verdict, unhurried
from tests.processes.workers import PACE, POINTS, STOPS, forked, rigged

GATES = {"limited_after_commit": 429, "forbidden_after_commit": 403}
OTHERS = ("ledger_down", *GATES, "restored", "clocks_apart")
SCHEDULES = POINTS + STOPS + OTHERS


def scenario(number: int, seed: int) -> Scenario:
    chance = random.Random(f"{seed}-{number}")
    return Scenario(
        number=number,
        point=SCHEDULES[number % len(SCHEDULES)],
        nth=chance.randint(1, 5),
        invoices=chance.choice([1, 3, 31]),
        seed=chance.randint(1, 10**6),
    )


@contextmanager
def shared(folder: Path) -> Iterator[Any]:
    """The ledger of all whose schedule neither stops it nor moves its clock."""
    from tests.sandbox_server import SandboxServer

    server = SandboxServer(folder).start()
    yield server
    server.stop()


def play(scenario: Scenario, shared: Any, folder: Path) -> Verdict:
    with ledger_of(scenario.point, shared, folder, scenario.number) as server:
        return Batches(scenario, server, folder).play()


class Batches(Schedule):
    def __init__(self, scenario: Scenario, server: Any, folder: Path) -> None:
        from django.conf import settings

        from tests.books import point_at

        super().__init__(scenario)
        self.server = server
        if scenario.point == "restored":
            self.database = Database(folder, scenario.number)
            if scenario.seed % 2:
                settings.SYNC_WITNESS_DIR = ""  # restored on another host
        if scenario.point == "clocks_apart":
            self.ahead = self.chance.choice([-3600, -300, 300, 3600])  # of the first worker's host
            server.move_clock(self.chance.choice([-86400, -3600, 3600, 86400]))
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

    def befall(self) -> None:
        point = self.scenario.point
        if point == "restored":
            self.database.copy()
            self.killed = forked(self.worker_until_its_point) == signal.SIGKILL
            forked(self.next_worker)
            time.sleep((60 + 120) / PACE)  # nothing of what was sent can still arrive
            forked(self.next_worker)
            self.database.restore()
            return
        if point in GATES:
            match = {"endpoint": "batch", "contains": '"create"', "nth": self.scenario.nth}
            told = {"status": GATES[point], "after_commit": True, "retry_after": 1}
            self.server.arm(self.books.realm, "status", match=match, **told)
        super().befall()
        if point == "ledger_down":
            down_and_up(self.server, self.replays_are_due)

    def worker_until_its_point(self) -> None:
        from apps.sync.tasks import sync_connection

        rigged(self.scenario.point, self.scenario.nth)
        with host_ahead(self.ahead) if self.scenario.point == "clocks_apart" else nullcontext():
            sync_connection(self.pk)

    def replays_are_due(self) -> None:
        time.sleep((90 + 120) / PACE)
        forked(self.next_worker)
        forked(self.next_worker)

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
