"""The simulated ledgers under workers that die: documents and money of every kind, call by call.

What befalls a worker does so at one step (the n-th write of a sort). In a part of the schedules it is
a step of what comes later: a change, a void, a cancelling, once all stands there.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.adversity import down_and_up, ledger_of
from tests.processes.ledgers import LEDGERS, Ledger, books_of
from tests.processes.schedule import HOSTS, POINTS, Schedule, unhurried
from tests.processes.standing import faults_of
from tests.processes.workers import forked, rigged, rigged_renewal

STOPS = ("stopped_before_look", "stopped_before_send", "stopped_before_record")
GATES = ("limited_after_commit", "forbidden_after_commit", "lost_after_commit")
REFUSED, TOKENS = "refused_unrecorded", "tokens_unsaved"
SCHEDULES = POINTS + STOPS + GATES + (REFUSED, TOKENS) + HOSTS
LATER = "later "
DAY = date(2026, 3, 20)
RUNS_BEFORE = 8  # within which all of the first act is there


@dataclass(frozen=True, slots=True)
class Crash:
    """What befalls which step, beside how many plain invoices, under which switches of theirs."""

    number: int
    point: str
    step: str
    bulk: int
    reading: int
    seed: int


class Simulated:
    """A simulated ledger as the command plays it."""

    schedules = SCHEDULES
    server: Any

    def __init__(self, name: str) -> None:
        self.ledger = LEDGERS[name]()

    def scenario(self, number: int, seed: int) -> Crash:
        chance = random.Random(f"{seed}-{number}")
        round_, place = divmod(number, len(SCHEDULES))
        steps = [*self.ledger.steps, *(f"{LATER}{each}" for each in self.ledger.later)]
        return Crash(
            number=number,
            point=SCHEDULES[place],
            step=steps[(place + round_ * 5 + seed) % len(steps)],
            bulk=chance.choice(self.ledger.bulk),
            reading=chance.randrange(len(self.ledger.readings)),
            seed=chance.randint(1, 10**6),
        )

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
            yield InCalls(self.ledger, scenario, server, folder)


class InCalls(Schedule):
    """Invoices, money for one and for several of them, a credit note that is used, money on account,
    a refund; later a changed, a voided document, and money that is taken back."""

    scenario: Crash
    books: Any
    others = (*GATES, REFUSED, TOKENS, *HOSTS)
    most_runs = (
        5  # what hangs on what: a receipt, then what is set against it, then the refund of it
    )

    def __init__(self, ledger: Ledger, scenario: Crash, server: Any, folder: Path) -> None:
        from django.conf import settings

        from tests.books import point_at

        self.ledger, self.server = ledger, server
        self.is_later = scenario.step.startswith(LATER)
        self.step = scenario.step.removeprefix(LATER)
        self.consents = 0
        super().__init__(scenario, folder)
        point_at(server, settings)

    # --- Our side -----------------------------------------------------------------------------------

    def set_the_stage(self) -> None:
        from django.conf import settings

        from tests.factories import make_company

        # Forked processes count alike: the name is made unique by the scenario.
        company = make_company(legal_name=f"Crash {self.scenario.number} of {os.getpid()}")
        with unhurried(settings):
            reading = self.ledger.readings[self.scenario.reading]
            self.books = books_of(self.ledger, self.server, company, **reading)
            self.first = self.books.go_live()
            self.pk = self.books.connection.pk
            for role, account in self.ledger.roles:
                self.books.map_role(role, account)
            self.first_act()
            if self.is_later:
                self.until_all_stands()
                self.second_act()

    def until_all_stands(self) -> None:
        for _ in range(RUNS_BEFORE):
            forked(self.next_worker)
            if not self.faults():
                return
        raise AssertionError(f"unhurt, and not there: {self.faults()}")

    def first_act(self) -> None:
        from apps.billing.actions import allocate, pay_refund, receive_payment
        from tests.factories import make_credit_note, make_customer, make_invoice, make_item

        books, vat = self.books, self.ledger.tax(self.books)
        customer, item = make_customer(books.company), make_item(books.company)
        how = {"customer": customer, "method": books.method, "date": DAY}

        def sold(quantity: int, price: str) -> Any:
            return make_invoice(customer=customer, lines=[(item, quantity, price, vat)])

        plain = [sold(self.chance.randint(1, 9), "9.99") for _ in range(self.scenario.bulk)]
        self.paid = [
            receive_payment(amount=each.total, apply=[(each, each.total)], **how)
            for each in plain[::2]
        ]
        one, two, credited, over = (sold(1, each) for each in ("100.05", "71.33", "50.00", "33.35"))
        self.changed, self.voided = sold(1, "12.10"), sold(3, "6.66")
        parts = [(one, one.total), (two, Decimal("20.01"))]
        together = [parts] if not self.ledger.can.pays_one_invoice else [[each] for each in parts]
        self.together = [
            receive_payment(amount=sum(amount for _, amount in some), apply=some, **how)
            for some in together
        ]
        line = (item, 1, "20.00", vat)
        note = make_credit_note(customer=customer, invoice=credited, lines=[line])
        self.used = allocate(note, credited, Decimal("15.00"), on=DAY)
        if self.ledger.others_pay is not None:
            self.ledger.others_pay(books, self.first.number, self.first.total + Decimal("12.34"))
            return
        much = over.total + Decimal("30.00")
        kept = receive_payment(amount=much, apply=[(over, over.total)], **how)
        pay_refund(kept, amount=Decimal("12.34"), on=DAY, method=books.method, reason="Too much")

    def second_act(self) -> None:
        from apps.billing.actions import cancel_payment, change_open_fields, reverse, void

        for each in (self.changed, self.voided, self.used):
            each.refresh_from_db()
        due = self.changed.due_date + timedelta(days=9)
        change_open_fields(self.changed, due_date=due, reason="Asked for")
        void(self.voided, reason="Typed twice")
        for each in (self.paid[0], self.together[0]):
            each.refresh_from_db()
            cancel_payment(each, reason="Not ours")
        reverse(self.used, on=DAY, reason="Another invoice")

    # --- What befalls -------------------------------------------------------------------------------

    def arm(self) -> None:
        if self.scenario.point in self.ledger.faults:
            fault, told = self.ledger.faults[self.scenario.point]
            self.books.server.arm(
                self.books.realm, fault, match=self.ledger.match(self.step), **told
            )

    def rig(self) -> None:
        point, nth = self.scenario.point, int(self.step.split()[1])

        def is_meant(request: Any) -> bool:
            return self.ledger.is_call(self.step, request)

        if point == TOKENS:
            rigged_renewal(nth, is_meant, self.end_token)
        else:
            rigged("before_record" if point == REFUSED else point, nth, is_meant)

    def end_token(self) -> None:
        """Over a line of this process's own: it is about to die."""
        self.ledger.twin(self.server).tokens(self.books.realm, "expire_access")

    def let_in_again(self) -> None:
        """Where the consent was lost, a person gives it again first."""
        from apps.connections.models import Grant

        self.books.connection.refresh_from_db()
        if self.books.connection.grant.status == Grant.Status.LOST:
            self.consents += 1
            self.books.connection = self.books.consent_again()
        super().let_in_again()

    def staff_look(self) -> None:
        """Where a call was refused, a person presses Retry."""
        from apps.sync.decide.acts import retry
        from apps.sync.models import State, SyncRecord

        if self.scenario.point == REFUSED:
            asked = SyncRecord.objects.filter(connection=self.pk, state=State.NEEDS_PERSON)
            retry(list(asked))

    def move_clock(self, seconds: int) -> None:
        self.server.move_clock(seconds)

    def down_and_up(self) -> None:
        down_and_up(self.server, self.replays_are_due)
        self.books.server = self.ledger.twin(self.server)  # no line of before its end

    # --- What stands --------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        found = faults_of(self.ledger, self.books)
        lost = self.killed and self.scenario.point == TOKENS and self.ledger.single_use
        if self.consents > lost:
            found.append(f"other: the consent was asked for {self.consents} times")
        return found
