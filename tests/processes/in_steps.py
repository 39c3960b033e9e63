"""The worked ledger under workers that die: records that need several calls over there.

Each schedule has an organisation and a service of its own. What befalls it does so at one step (the
k-th call of that sort); in half of the schedules an answer is lost, or refused, at another one too.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.adversity import holding
from tests.processes.schedule import HOSTS, POINTS, Schedule, unhurried
from tests.processes.workers import forked, rigged

# What the service does at a step, and whether the books have executed it then.
TROUBLES: dict[str, dict[str, Any]] = {
    "lost_before": {"kind": "lose_before"},
    "lost_after": {"kind": "lose_after"},
    "limited_after_commit": {"kind": "status", "status": 429, "after_execution": True},
    "unavailable_after_commit": {"kind": "status", "status": 503, "after_execution": True},
    "refused_once": {"kind": "status", "status": 422, "after_execution": False},
    "refused_twice": {"kind": "status", "status": 422, "after_execution": False},
}
STOPS = ("stopped_before_look", "stopped_before_send", "stopped_before_record")
SCHEDULES = POINTS + STOPS + tuple(TROUBLES) + HOSTS
RETRIES = 4  # how often staff press Retry on one record before it is left before them

ID = r"/\d+"
# The calls of a step, and which of them. Those below need what stands there already.
STEPS: dict[str, tuple[str, int]] = {
    "draft of an invoice": (r"POST /invoices", 1),
    "send an invoice": (rf"POST /invoices{ID}/send", 1),
    "receipt 1": (r"POST /receipts", 1),
    "receipt 2": (r"POST /receipts", 2),
    "receipt 3": (r"POST /receipts", 3),
    "a later receipt": (r"POST /receipts", 4),
    "draft of a credit": (r"POST /credits", 1),
    "send a credit": (rf"POST /credits{ID}/send", 1),
    "allocation 1": (rf"POST /receipts{ID}/allocations", 1),
    "allocation 2": (rf"POST /receipts{ID}/allocations", 2),
    "allocation 3": (rf"POST /receipts{ID}/allocations", 3),
    "allocation of a credit": (rf"POST /credits{ID}/allocations", 1),
    "refund": (r"POST /refunds", 1),
}
LATER: dict[str, tuple[str, int]] = {
    "change of a sent invoice": (rf"PUT /invoices{ID}", 1),
    "void": (rf"POST /invoices{ID}/void", 1),
    "allocation taken off 1": (rf"DELETE /receipts{ID}/allocations{ID}", 1),
    "allocation taken off 2": (rf"DELETE /receipts{ID}/allocations{ID}", 2),
    "cancel receipt 1": (rf"POST /receipts{ID}/cancel", 1),
    "cancel receipt 2": (rf"POST /receipts{ID}/cancel", 2),
}
ALL = STEPS | LATER


@dataclass(frozen=True, slots=True)
class StepCrash:
    """What befalls which step; and what else, at another one ("" nothing)."""

    number: int
    point: str
    step: str
    beside: str
    beside_step: str
    seed: int

    @staticmethod
    def of(number: int, seed: int) -> "StepCrash":
        chance = random.Random(f"worked-{seed}-{number}")
        round_, place = divmod(number, len(SCHEDULES))
        names = list(ALL)
        # The steps in turn: 19 of them and 15 points have no common measure.
        step = names[(place + round_ * 5 + seed) % len(names)]
        group = list(LATER if step in LATER else STEPS)
        beside = chance.choice([*TROUBLES, *[""] * len(TROUBLES)])
        return StepCrash(
            number=number,
            point=SCHEDULES[place],
            step=step,
            beside=beside,
            beside_step=chance.choice([each for each in group if each != step]) if beside else "",
            seed=chance.randint(1, 10**6),
        )


class Worked:
    """The worked ledger as the command plays it."""

    schedules = SCHEDULES

    def scenario(self, number: int, seed: int) -> StepCrash:
        return StepCrash.of(number, seed)

    @contextmanager
    def service(self, folder: Path) -> Iterator[None]:
        """Nothing is shared: each schedule has a service of its own."""
        yield

    @contextmanager
    def schedule(self, scenario: StepCrash, folder: Path) -> Iterator[Schedule]:
        yield InSteps(scenario, folder)


class InSteps(Schedule):
    """Documents, money in several receipts, credit, refund; later a change, a void, a cancelling."""

    scenario: StepCrash
    others = (*TROUBLES, *HOSTS)
    most_runs = 12  # a record of several steps, refused at two of them, takes as many

    def __init__(self, scenario: StepCrash, folder: Path) -> None:
        from tests.worked.service import Service, gate

        gate.MOST_A_MINUTE = 10**6  # their limit is no subject here, and its minute is a real one
        self.running = Service()
        self.running.__enter__()
        for _ in range(scenario.number):
            self.running.organisation()  # ids count from one in each service: ours is its own
        self.retried = Counter[int]()
        super().__init__(scenario, folder)

    def set_the_stage(self) -> None:
        import pytest
        from django.conf import settings

        from tests.factories import make_company
        from tests.worked.works import Works

        with unhurried(settings):
            # Forked processes count alike: the name is made unique by the scenario.
            company = make_company(legal_name=f"Steps {self.scenario.number} of {os.getpid()}")
            self.works = Works(self.running, pytest.MonkeyPatch(), company=company)
            self.pk = self.works.connection.pk
            self.first_act()
            if self.scenario.step in LATER:
                for _ in range(4):
                    forked(self.next_worker)
                assert self.faults() == []
                self.second_act()

    def first_act(self) -> None:
        from apps.billing.actions import pay_refund
        from tests.factories import (
            make_credit_note,
            make_customer,
            make_invoice,
            make_item,
            make_payment,
        )

        company, method = self.works.company, self.works.method
        customer, item = make_customer(company), make_item(company)
        great, mirrored, changed = (
            make_invoice(customer=customer, lines=[(item, 1, price)])
            for price in ("25000.00", "100.00", "71.30")
        )
        self.changed = changed
        self.voided = make_invoice(customer=customer, lines=[(item, 2, "9.99")])
        self.great = make_payment(invoice=great, method=method)
        note = make_credit_note(customer=customer, invoice=mirrored)
        on_account = make_payment(customer=customer, amount="200.00", method=method)
        refund = pay_refund(
            on_account,
            amount=Decimal("60.00"),
            on=date(2026, 3, 20),
            method=method,
            reason="Sent back",
        )
        self.invoices: list[Any] = [great, mirrored, changed, self.voided]
        self.credits, self.payments, self.refunds = [note], [self.great, on_account], [refund]

    def second_act(self) -> None:
        from apps.billing.actions import cancel_payment, change_open_fields, void

        change_open_fields(
            self.changed, due_date=self.changed.due_date + timedelta(days=9), reason="Asked for"
        )
        void(self.voided, reason="Typed twice")
        cancel_payment(self.great, reason="Not ours")

    # --- What befalls ---------------------------------------------------------------------------

    def arm(self) -> None:
        """The service's troubles are armed by the worker, as the call leaves."""

    def rig(self) -> None:
        """The worker's end at its step; the troubles of the service at theirs."""
        point = self.scenario.point
        if point in TROUBLES:
            self.trouble(point, self.scenario.step)
        if self.scenario.beside:
            self.trouble(self.scenario.beside, self.scenario.beside_step)
        if point not in TROUBLES:
            sort, nth = ALL[self.scenario.step]
            rigged(point, nth, lambda request: is_call(sort, request))

    def trouble(self, name: str, step: str) -> None:
        """Arm a trouble over there for the n-th call of a step, just before it leaves."""
        from apps.connections.transport import HttpLine

        sort, nth = ALL[step]
        exchange = HttpLine.exchange
        count = Counter[str]()

        def armed(self_: Any, request: Any, **options: Any) -> Any:
            if request.writes and is_call(sort, request):
                count["calls"] += 1
                if count["calls"] == nth:
                    self.control("fault", match=called(request), **TROUBLES[name])
            return exchange(self_, request, **options)

        HttpLine.exchange = armed

    def control(self, name: str, **told: Any) -> None:
        """By HTTP: a worker is another process than the service."""
        import requests

        body = {"organisation": self.works.organisation, **told}
        address = f"{self.running.address}/control/{name}"
        requests.post(address, json=body, timeout=10).raise_for_status()

    def staff_look(self) -> None:
        """Whoever is asked presses Retry; in the second round of a scenario that is refused twice,
        the books refuse the same call again."""
        from apps.sync.decide.acts import retry
        from apps.sync.models import State, SyncRecord

        asked = SyncRecord.objects.filter(connection=self.pk, state=State.NEEDS_PERSON)
        pressed = [each for each in asked if self.retried[each.pk] < RETRIES]
        for each in pressed:
            self.retried[each.pk] += 1
        if not pressed:
            return
        retry(pressed)
        again = "refused_twice" in (self.scenario.point, self.scenario.beside)
        if again and max(self.retried.values()) == 1:
            forked(self.refused_again)

    def refused_again(self) -> None:
        from apps.sync.tasks import sync_connection

        for name, step in (
            (self.scenario.point, self.scenario.step),
            (self.scenario.beside, self.scenario.beside_step),
        ):
            if name == "refused_twice":
                # What was done before this step stands: its next call is the first of its sort.
                ALL[step] = (ALL[step][0], 1)
                self.trouble(name, step)
        sync_connection(self.pk)

    def move_clock(self, seconds: int) -> None:
        self.running.move_clock(seconds)

    def down_and_up(self) -> None:
        """The same books, at the same port."""
        from tests.worked.service import Service

        port, books = int(self.running.address.rsplit(":", 1)[1]), self.running.simulation
        self.running.__exit__(None, None, None)
        with holding(port):
            self.replays_are_due()
        self.running = Service(port)
        self.running.simulation = self.running.server.simulation = books
        self.running.__enter__()
        self.works.service = self.running

    # --- What stands ----------------------------------------------------------------------------

    def faults(self) -> list[str]:
        return [
            *self.documents(self.invoices, "invoice"),
            *self.documents(self.credits, "credit"),
            *self.money(self.payments, "receipt"),
            *self.money(self.refunds, "refund"),
            *self.allocated(),
            *self.receivable(),
            *self.stuck(),
        ]

    def documents(self, ours: list[Any], kind: str) -> Iterator[str]:
        """Each once, marked as sent or void, with our total and what is open of it."""
        theirs = self.works.theirs(kind)
        numbers = Counter(each["number"] for each in theirs)
        by_number = {each["number"]: each for each in theirs}
        for document in ours:
            document.refresh_from_db()
            number = document.number
            if numbers[number] != 1:
                word = "double" if numbers[number] else "lost"
                yield f"{word}: {kind} {number} is there {numbers[number]} times"
                continue
            there = by_number[number]
            void = is_void(document)
            state = "void" if void else "sent"
            if there["state"] != state:
                yield f"lost: {kind} {number} is {there['state']}, not {state}"
            elif Decimal(there["total"]) != document.total:
                yield f"pennies: {kind} {number}: {there['total']} there, {document.total} here"
            elif kind == "invoice":
                if Decimal(there["open"]) != (0 if void else document.balance_due):
                    yield f"pennies: {number}: open {there['open']}, {document.balance_due} here"
                if there["due"] != str(document.due_date):
                    yield f"lost: {number}: due on {there['due']}, {document.due_date} here"
        if len(theirs) > len(ours):
            yield f"double: {len(theirs)} {kind}s there, {len(ours)} here"

    def money(self, ours: list[Any], kind: str) -> Iterator[str]:
        """What stands: exactly the parts that ours are split into, and none of what was cancelled."""
        stands = [each for each in ours if not each.cancelled_on]
        wanted = Counter(part for each in stands for part in parts_of(each.amount))
        there = Counter(
            Decimal(each["amount"])
            for each in self.works.theirs(kind)
            if each["state"] == "standing"
        )
        for amount, number in (there - wanted).items():
            yield f"double: {number} {kind}(s) of {amount} too many"
        for amount, number in (wanted - there).items():
            yield f"lost: {number} {kind}(s) of {amount}"

    def allocated(self) -> Iterator[str]:
        """What is set against each invoice over there, source by source, as sums of ours."""
        from django.db.models import Sum

        from apps.billing.models import Allocation

        for source, kind in (("payment", "receipt"), ("credit_note", "credit")):
            ours = Counter[str]()
            rows = Allocation.objects.filter(
                **{f"{source}__company": self.works.company},
                reversed_on=None,
                invoice__isnull=False,
            )
            for row in rows.values("invoice__number").annotate(sum=Sum("amount")):
                ours[row["invoice__number"]] = row["sum"]
            theirs = Counter[str]()
            numbers = {each["id"]: each["number"] for each in self.works.theirs("invoice")}
            for each in self.works.theirs(kind):
                for part in self.works.act("GET", f"/{kind}s/{each['id']}/allocations")["items"]:
                    theirs[numbers[part["invoice"]]] += Decimal(part["amount"])
            for number in ours.keys() | theirs.keys():
                if ours[number] != theirs[number]:
                    word = "double" if theirs[number] > ours[number] else "lost"
                    yield f"{word}: {kind}s on {number}: {theirs[number]} there, {ours[number]} here"

    def receivable(self) -> Iterator[str]:
        """Their control total against our own sums."""
        sold = sum(each.total for each in self.invoices if not is_void(each))
        credit = sum(each.total for each in self.credits if not is_void(each))
        for each in [*self.payments, *self.refunds]:
            each.refresh_from_db()
        paid = sum(each.amount for each in self.payments if not each.cancelled_on)
        back = sum(each.amount for each in self.refunds if not each.cancelled_on)
        here = sold - credit - paid + back
        there = self.running.receivable(self.works.organisation, "2030-01-01")
        if sum(there.values()) != here:
            yield f"pennies: receivable {there} there, {here} here"

    def stuck(self) -> Iterator[str]:
        """What is neither in the books, left out or ended, nor before a person with a sentence."""
        from apps.sync.models import State, SyncRecord

        over = [State.IN_THE_BOOKS, State.LEFT_OUT, State.GONE]  # ended on both sides
        for each in SyncRecord.objects.filter(connection=self.pk).exclude(state__in=over):
            tried = self.retried[each.pk] >= RETRIES
            if not (each.state == State.NEEDS_PERSON and each.sentence and tried):
                yield f"stuck: {each.kind} {each.subject_id}: {each.state} {each.sentence}"


def is_void(document: Any) -> bool:
    return bool(document.status == document.Status.VOID)


def called(request: Any) -> str:
    return f"{request.method} /{request.path.lstrip('/')}"


def is_call(sort: str, request: Any) -> bool:
    return re.fullmatch(sort, called(request)) is not None


def parts_of(amount: Decimal) -> list[Decimal]:
    """A receipt holds at most 9,999.99: what an amount is split into."""
    most = Decimal("9999.99")
    full, rest = divmod(amount, most)
    return [most] * int(full) + ([rest] if rest else [])
