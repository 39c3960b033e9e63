"""Schedules on the worked ledger: a record takes several calls, none of which has a key.

A receipt holds at most 9,999.99, so that 25,000.00 are three; documents are drafts and then sent;
what money is set against is told by later calls. Workers are killed or stopped at any of these calls,
answers are lost, a gateway turns away what was executed, and the books refuse a step of a record of
which another stands already, once or twice, while somebody presses Retry.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.schedule import Scenario, Schedule, Verdict, let_in_again, unhurried
from tests.processes.workers import POINTS, STOPS, forked

# What befalls one call: the fault of the service, and what goes with it.
FAULTS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "lost_after_execution": ("lose_after", 1, {}),
    "lost_before_execution": ("lose_before", 1, {}),
    "limited_after_execution": ("status", 1, {"status": 429, "after_execution": True}),
    "down_after_execution": ("status", 1, {"status": 503, "after_execution": True}),
    "refused_once": ("status", 1, {"status": 422, "after_execution": False}),
    "refused_twice": ("status", 2, {"status": 422, "after_execution": False}),
}
SCHEDULES = POINTS + STOPS + tuple(FAULTS)
CALLS = (
    "POST /invoices", "POST /credits", "POST /receipts", "POST /refunds", "/send", "/allocations",
    "PUT /invoices", "/void",
)  # fmt: skip
MOST = Decimal("9999.99")  # that one receipt holds
WRITES = 18  # of the run that meets its end, about


def scenario(number: int, seed: int) -> Scenario:
    chance = random.Random(f"worked-{seed}-{number}")
    return Scenario(
        number=number,
        point=SCHEDULES[number % len(SCHEDULES)],
        nth=chance.randint(1, WRITES),
        invoices=1,
        seed=chance.randint(1, 10**6),
    )


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Nothing: each schedule has a service of its own."""
    yield None


def play(scenario: Scenario, shared: None, folder: Path) -> Verdict:
    from tests.worked.service import Service

    with Service() as service:
        # Each counts its organisations from 1, and one database has them all.
        for _ in range(scenario.number):
            service.organisation("Somebody else")
        return InSteps(scenario, service).play()


class InSteps(Schedule):
    runs_after = 6  # a refused step is retried, and what hangs on it goes after it

    def __init__(self, scenario: Scenario, service: Any) -> None:
        super().__init__(scenario)
        self.service = service

    def set_the_stage(self) -> None:
        """In the books: an invoice whose due date was moved since, and one that was made void. Not
        yet: money in three receipts, a credit note set against an invoice, and a refund."""
        from django.conf import settings

        from apps.billing.actions import allocate, change_open_fields, pay_refund, void
        from tests.factories import (
            make_company,
            make_credit_note,
            make_customer,
            make_invoice,
            make_item,
            make_payment,
        )
        from tests.worked.works import Works

        with unhurried(settings):
            name = f"Steps {self.scenario.number} of {os.getpid()}"  # one database has them all
            company = make_company(legal_name=name)
            self.works = Works(self.service, patches(), company)
            self.pk = self.works.connection.pk
            customer, item = make_customer(company), make_item(company)
            moved, ended = (make_invoice(customer=customer, lines=[(item, 1, 70)]) for _ in "12")
            self.until_calm()
        change_open_fields(
            moved, due_date=moved.due_date + timedelta(days=9), reason="They asked for it"
        )
        void(ended, reason="Never delivered")
        great = make_invoice(customer=customer, lines=[(item, 1, 25000)])
        credited = make_invoice(customer=customer, lines=[(item, 1, 100)])
        paid = make_payment(invoice=great, method=self.works.method)
        note = make_credit_note(invoice=credited, lines=[(item, 1, 40)])
        allocate(note, credited, Decimal(40), on=date(2026, 3, 10))
        kept = make_payment(customer=customer, amount=500, method=self.works.method)
        back = pay_refund(
            kept, amount=Decimal(60), on=date(2026, 3, 20), method=self.works.method, reason="Back"
        )
        self.invoices, self.notes = [moved, ended, great, credited], [note]
        self.payments, self.refunds = [paid, kept], [back]

    def until_calm(self) -> None:
        for _ in range(6):
            self.works.run()
        assert not list(self.stuck())

    def befall(self) -> None:
        if self.scenario.point not in FAULTS:
            super().befall()
            return
        kind, times, told = FAULTS[self.scenario.point]
        match, organisation = self.chance.choice(CALLS), self.works.organisation
        if before := self.chance.choice([0, 0, 1, 2]):
            self.service.fault("slow", match, before, organisation, seconds=0)
        self.service.fault(kind, match, times, organisation, **told)
        forked(self.next_worker)

    def put_right(self) -> None:
        """Somebody presses Retry on whatever was refused."""
        from apps.sync.decide.acts import retry
        from apps.sync.models import State, SyncRecord

        let_in_again(self.pk)
        retry(SyncRecord.objects.filter(connection=self.pk, state=State.NEEDS_PERSON))

    def faults(self) -> list[str]:
        return [
            *self.documents("invoice", self.invoices, "balance_due"),
            *self.documents("credit", self.notes, "open_credit"),
            *self.money(),
            *self.masters(),
            *self.receivable(),
            *self.stuck(),
        ]

    def documents(self, kind: str, ours: list[Any], open_here: str) -> Iterator[str]:
        theirs = self.works.theirs(kind)
        numbers = Counter(each["number"] for each in theirs)
        by_number = {each["number"]: each for each in theirs}
        for document in ours:
            document.refresh_from_db()
            if numbers.pop(document.number, 0) != 1:
                word = "double" if document.number in by_number else "lost"
                yield f"{word}: {document.number} is not there once"
                continue
            there = by_number[document.number]
            state = "void" if document.status == "void" else "sent"
            if there["state"] != state:
                yield f"pennies: {document.number} is {there['state']} there"
            elif state == "void":
                continue
            elif Decimal(there["total"]) != document.total:
                yield f"pennies: {document.number}: {there['total']} there"
            elif Decimal(there["open"]) != getattr(document, open_here):
                yield f"pennies: {document.number}: open {there['open']} there"
            elif kind == "invoice" and there["due"] != str(document.due_date):
                yield f"pennies: {document.number}: due {there['due']} there"
        for number in numbers:
            yield f"double: {kind} {number} is there beside ours"

    def money(self) -> Iterator[str]:
        """Receipts and refunds by their amounts, and what is open of all receipts."""
        receipts = [each for each in self.works.theirs("receipt") if each["state"] == "standing"]
        refunds = [each for each in self.works.theirs("refund") if each["state"] == "standing"]
        wanted = Counter(part for each in self.payments for part in parts(each.amount))
        yield from unlike("receipt", wanted, Counter(Decimal(each["amount"]) for each in receipts))
        wanted = Counter(each.amount for each in self.refunds)
        yield from unlike("refund", wanted, Counter(Decimal(each["amount"]) for each in refunds))
        for payment in self.payments:
            payment.refresh_from_db()
        here = sum(each.on_account for each in self.payments)
        there = sum(Decimal(each["open"]) for each in receipts)
        if here != there:
            yield f"pennies: {there} of receipts is open there, {here} on account here"

    def masters(self) -> Iterator[str]:
        for kind, name in (("contact", "name"), ("product", "code")):
            for word, count in Counter(each[name] for each in self.works.theirs(kind)).items():
                if count != 1:
                    yield f"double: {kind} {word} is there {count} times"

    def receivable(self) -> Iterator[str]:
        """The one control total that they have."""
        from apps.billing.sums.as_of import as_of

        day = date(2026, 12, 31)
        here = sum(as_of(self.works.company, day).balances.values())
        there = self.service.receivable(self.works.organisation, day)
        if there.get(self.works.company.home_currency, Decimal(0)) != here:
            yield f"pennies: receivable {there} there, {here} here"

    def stuck(self) -> Iterator[str]:
        from apps.sync.models import State, SyncRecord

        open_still = SyncRecord.objects.filter(connection=self.pk).exclude(state=State.IN_THE_BOOKS)
        for each in open_still:
            yield f"stuck: {each.kind} {each.subject_id}: {each.state} {each.step} {each.sentence}"


def patches() -> Any:
    """What is patched stays so until the process of this schedule ends."""
    import pytest

    return pytest.MonkeyPatch()


def parts(amount: Decimal) -> list[Decimal]:
    """The receipts that one payment is."""
    whole, rest = divmod(amount, MOST)
    return [MOST] * int(whole) + ([rest] if rest else [])


def unlike(kind: str, wanted: Counter[Decimal], there: Counter[Decimal]) -> Iterator[str]:
    for amount, count in (there - wanted).items():
        yield f"double: {count} {kind} of {amount} too many"
    for amount, count in (wanted - there).items():
        yield f"lost: {count} {kind} of {amount} too few"
