"""Random acts of a company over sixty days, each at a moment of its own."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing import actions
from apps.billing.models import Company
from apps.billing.standing.entries import Entry, beside, entries
from apps.billing.standing.open_records import OpenRecord, open_records
from apps.billing.standing.reading import Reading
from tests.billing.sums.test_as_of import Walk
from tests.factories import (
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
)

BEGAN = datetime(2026, 5, 10, 8, tzinfo=UTC)
DAYS = [date(2026, 3, 1) + timedelta(days=each) for each in (12, 30, 47, 70)]

ByCustomer = dict[tuple[int, str], Decimal]  # customer and currency → what they owe


class WiderWalk(Walk):
    """With a customer in another currency, one that another pays for, and invoices that are amended."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.company.amend_allowed = True
        self.company.save()
        make_exchange_rate(self.company, "EUR", "0.85", on=date(2026, 3, 1))
        make_exchange_rate(self.company, "EUR", "0.8712", on=date(2026, 3, 25))
        self.foreign = make_customer(self.company, currency="EUR")
        self.euros = make_method(self.company, currency="EUR")
        self.child = make_customer(self.company, parent=self.customer)

    def issue(self) -> None:
        whose = self.chance.choice([self.customer, self.child, self.foreign])
        make_invoice(customer=whose, issue_date=self.day(), currency=whose.currency)

    def amend(self) -> None:
        invoice = self.one(self.company.invoices.filter(status="issued"))
        line = actions.DraftLine(description="Oil", quantity=Decimal(1), unit_price=Decimal(70))
        actions.amend_invoice(invoice, lines=[line], reason="Price", issue_date=self.day())

    def receive_euros(self) -> None:
        owed = self.one(
            self.company.invoices.filter(status="issued", currency="EUR", balance_due__gt=0)
        )
        part = min(owed.balance_due, Decimal("33.33"))
        make_payment(
            customer=self.foreign, amount=Decimal(60), date=self.day(), method=self.euros,
            apply=[(owed, part)],
        )  # fmt: skip


ACTS = (
    *("issue", "issue", "amend", "receive", "receive_euros", "receive_euros"),
    *("apply", "apply", "apply", "un_apply", "un_apply", "un_apply", "credit", "lose", "end"),
    *("pay_out", "bounce", "cancel", "void"),
)


@dataclass
class Photograph:
    """What was read at a moment, of each day."""

    at: datetime
    owed: dict[date, ByCustomer]


@dataclass
class Walked:
    company: Company
    photographs: list[Photograph] = field(default_factory=list)


def drawn(seed: int, acts: int) -> list[str]:
    return random.Random(seed).choices(ACTS, k=acts)


def walk(acts: Sequence[str], seed: int) -> Walked:
    """Does what it may of these acts, an hour apart, and takes a photograph after every tenth."""
    now = BEGAN
    with time_machine.travel(now, tick=False) as clock:
        walking = WiderWalk(seed)
        walked = Walked(walking.company)
        for place, act in enumerate(acts):
            now += timedelta(hours=1)
            clock.move_to(now)
            try:
                with transaction.atomic():
                    getattr(walking, act)()
            except ValidationError:
                continue
            finally:
                if place % 15 == 14:
                    owed = {day: owed_by(Reading(walking.company, day)) for day in DAYS}
                    walked.photographs.append(Photograph(now, owed))
    return walked


def owed_by(reading: Reading, since: date | None = None) -> ByCustomer:
    return by_customer([*entries(reading, since), *beside(reading, since)])


def by_customer(rows: Sequence[Entry]) -> ByCustomer:
    found: ByCustomer = {}
    for each in rows:
        place = each.customer_id, each.currency
        found[place] = found.get(place, Decimal(0)) + each.amount
    return {place: amount for place, amount in found.items() if amount}


def open_by(reading: Reading) -> ByCustomer:
    """What the open records come to."""
    found: ByCustomer = {}
    for each in open_records(reading):
        within_its_document(each)
        place = each.customer_id, each.currency
        found[place] = found.get(place, Decimal(0)) + each.open
    return {place: amount for place, amount in found.items() if amount}


def within_its_document(record: OpenRecord) -> None:
    assert abs(record.open) <= abs(record.total), record
    assert record.open * record.total > 0, record
