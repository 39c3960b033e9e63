"""What is foretold of money that settles the real documents, held against what the ledger then books.

From a seed: paid whole, in part, too much, less a bank charge, less a credit note, written off,
received on account and paid back, and bank deposits where the ledger takes them.
"""

import random
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from itertools import accumulate
from typing import Any

from django.db.models import Q

from apps.billing.actions import (
    DepositAmount,
    allocate,
    deduct,
    make_deposit,
    pay_refund,
    receive_payment,
    write_off,
)
from apps.billing.models import AccountRole, Allocation, Document
from apps.core.money import rounded
from apps.sync.assemble.foretold_money import Record, foretold_together
from apps.sync.models import RemoteRecord, SyncRecord
from tests.processes.foretold import Amounts, Told, difference, run_until_nothing_is_due

# Of a hundred invoices: how each is settled; what is left stays open.
WHOLE, PART, TOO_MUCH, CHARGED, LOST, AT_ONCE = 40, 15, 8, 10, 5, 6
SMALL = Decimal(20)  # nothing below it is settled otherwise than whole
CHARGE, OVER = Decimal("1.25"), Decimal("5.10")
BANKED_TOGETHER = 3  # payments of a deposit
Ours = tuple[str, int]  # kind and pk
Made = tuple[str, list[Record], list[Allocation]]  # what is done, what it makes, what it applies


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """What a person does at once, and what was told of it before anything left."""

    what: str
    records: Sequence[Record]
    touched: Sequence[Allocation]  # of what was there before
    told: Told

    @property
    def name(self) -> str:
        return f"{self.what}, {self.records[0].kind} {self.records[0].pk}"


@dataclass(slots=True)
class Figures:
    kinds: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    but_for_cents: Counter[str] = field(default_factory=Counter)  # as was said beside it
    stays: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    differing: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.differing and bool(self.equal)


def settled(ledger: Any, books: Any, documents: Sequence[Document], seed: int) -> "Figures":
    """Settle what stands there, each act foretold; send it all, and compare."""
    before = ledger.objects_booked(books)
    acts = list(Desk(ledger, books, seed).settle(documents))
    run_until_nothing_is_due(books)
    moved = booked_since(before, ledger.objects_booked(books))
    return compared(ledger, books, acts, moved)


class Desk:
    """Settles documents as the seed says."""

    def __init__(self, ledger: Any, books: Any, seed: int) -> None:
        self.ledger, self.books = ledger, books
        self.dice = random.Random(seed)
        self.cards, self.bank = ledger.cards(books)

    def settle(self, documents: Sequence[Document]) -> Iterator[Act]:
        credits: dict[Any, list[Any]] = defaultdict(list)
        for document in documents:
            if document.kind == "credit_note" and document.total > 0:
                credits[document.customer_id].append(document)
        banked: list[Any] = []
        for document in documents:
            if document.kind != "invoice" or document.total <= 0:
                continue
            where = self._abroad(document)
            acts = [
                self.act(f"{what}{where}", records, touched)
                for what, records, touched in self._sale(document, credits[document.customer_id])
            ]
            if acts:
                yield reduce(together, acts)
            banked += [each for act in acts if act.what == "by card" for each in act.records]
        for first in range(0, len(banked) - BANKED_TOGETHER + 1, BANKED_TOGETHER):
            yield self._deposit(banked[first : first + BANKED_TOGETHER])

    def act(self, what: str, records: Sequence[Record], touched: Sequence[Allocation] = ()) -> Act:
        told = self.ledger.told_money(self.books, records, touched)
        return Act(what=what, records=records, touched=touched, told=told)

    def _abroad(self, document: Document) -> str:
        return "" if document.currency == document.company.home_currency else " in another currency"

    def _sale(self, invoice: Any, credits: list[Any]) -> Iterator[Made]:
        total, chance = invoice.total, self.dice.randrange(100)
        if credits and credits[0].total < total and credits[0].issue_date <= invoice.issue_date:
            yield self._less_a_credit(invoice, credits.pop(0))
            return
        ends = list(accumulate((WHOLE, PART, TOO_MUCH, CHARGED, LOST, AT_ONCE)))
        way = bisect_right(ends, chance)
        if way < len(ends) and total <= SMALL:
            way = 0
        match way:
            case 0:
                abroad = bool(self._abroad(invoice))
                by_card = self.cards is not None and not abroad and self.dice.randrange(2) == 0
                method = self.cards if by_card else self.books.method
                paid = self._paid(invoice, total, total, method)
                yield "by card" if by_card else "whole", [paid], []
            case 1:
                part = rounded(total * Decimal("0.6"), invoice.currency)
                yield "in part", [self._paid(invoice, part, part)], []
            case 2:
                yield "too much", [self._paid(invoice, total + OVER, total)], []
            case 3:
                paid = self._paid(invoice, total - CHARGE, total - CHARGE)
                kept = deduct(
                    invoice, role="bank_charge", amount=CHARGE, on=paid.date, reason="The bank"
                )
                yield "less a bank charge", [paid, kept], []
            case 4:
                on = self._later(invoice)
                yield "written off", [write_off(invoice, amount=total, on=on, reason="Gone")], []
            case 5:
                paid = self._paid(invoice, Decimal(30), Decimal(0))
                yield "on account", [paid], []
                back = pay_refund(
                    paid, amount=Decimal("12.50"), on=paid.date, method=self.books.method,
                    reason="Not needed", fee=Decimal("1.50"),
                )  # fmt: skip
                yield "paid back", [back], []

    def _less_a_credit(self, invoice: Any, credit: Any) -> Made:
        on = self._later(invoice)
        applied = allocate(credit, invoice, credit.total, on=on)
        invoice.refresh_from_db()
        rest = invoice.total - credit.total
        return "less a credit note", [self._paid(invoice, rest, rest)], [applied]

    def _paid(self, document: Any, amount: Decimal, applied: Decimal, method: Any = None) -> Any:
        return receive_payment(
            customer=document.customer,
            amount=amount,
            date=self._later(document),
            method=method or self.books.method,
            apply=[(document, applied)] if applied else [],
        )

    def _later(self, document: Document) -> Any:
        return document.issue_date + timedelta(days=self.dice.randrange(30))

    def _deposit(self, payments: Sequence[Any]) -> Act:
        fee = DepositAmount(role=AccountRole.BANK_CHARGE, amount=-CHARGE)
        on = max(each.date for each in payments)
        deposit = make_deposit(self.bank, date=on, payments=payments, amounts=[fee])
        return self.act("banked", [deposit])


def together(first: Act, then: Act) -> Act:
    """Two that one object of theirs may hold: a payment with what of it is paid back."""
    amounts = {
        account: first.told.amounts.get(account, Decimal(0))
        + then.told.amounts.get(account, Decimal(0))
        for account in first.told.amounts.keys() | then.told.amounts.keys()
    }
    return Act(
        what=f"{first.what}, {then.what}",
        records=[*first.records, *then.records],
        touched=[*first.touched, *then.touched],
        told=Told(
            {account: amount for account, amount in amounts.items() if amount},
            " ".join(filter(None, (first.told.sentence, then.told.sentence))),
            first.told.cents + then.told.cents,
        ),
    )


def told_together(books: Any, records: Sequence[Record], touched: Sequence[Allocation]) -> Told:
    """Debit less credit at home of each row; a sentence where nothing of it will be booked."""
    [told] = foretold_together(records, touched)
    if not told.rows or told.notes:
        return Told({}, told.sentence or " ".join(told.notes))
    total = told.total
    assert (total.debit, total.home_debit) == (total.credit, total.home_credit), records
    assert told.is_mapped, (told.lacking, told.rows)
    amounts = {row.account: row.home_debit - row.home_credit for row in told.rows}
    return Told({name: amount for name, amount in amounts.items() if amount}, cents=told.cents)


# --- What was booked ------------------------------------------------------------------------------


def booked_since(
    before: Mapping[Ours, Amounts], after: Mapping[Ours, Amounts]
) -> dict[Ours, Amounts]:
    """What each object of theirs has booked since, by (kind, id) of theirs."""
    found: dict[Ours, Amounts] = {}
    for key in before.keys() | after.keys():
        was, is_now = before.get(key, {}), after.get(key, {})
        moved = {
            account: amount
            for account in was.keys() | is_now.keys()
            if (amount := is_now.get(account, Decimal(0)) - was.get(account, Decimal(0)))
        }
        if moved:
            found[key] = moved
    return found


def owners(books: Any, acts: Sequence[Act]) -> dict[tuple[str, str], int]:
    """(kind, id) of theirs → the act whose record, or whose application, it stands for; of a part
    that they book by itself ("", its name)."""
    ours: dict[Ours, int] = {}
    for place, act in enumerate(acts):
        ours |= {(each.kind, each.pk): place for each in (*act.records, *act.touched)}
    for each in Allocation._base_manager.filter(company=books.company):
        ends = [
            (kind, getattr(each, f"{name}_id"))
            for kind, name in (
                ("refund", "refund"),
                ("adjustment", "adjustment"),
                ("payment", "payment"),
            )
        ]
        place = next((ours[end] for end in ends if end in ours), None)
        if place is not None:
            ours.setdefault(("allocation", each.pk), place)
    rows = RemoteRecord.objects.filter(
        sync_record__connection=books.connection, retired=False, gone=False
    ).select_related("sync_record")
    found: dict[tuple[str, str], int] = {}
    for row in rows.order_by("-part"):  # the whole of an object last: it counts
        key = row.sync_record.kind, row.sync_record.subject_id
        if key in ours:
            found[row.kind, row.remote_id] = found["", row.part] = ours[key]
    return found


def compared(ledger: Any, books: Any, acts: Sequence[Act], moved: Mapping[Any, Amounts]) -> Figures:
    figures = Figures()
    whose = owners(books, acts)
    booked: dict[int, Amounts] = defaultdict(dict)
    for (kind, identity), amounts in moved.items():
        place = whose.get((ledger.named_there(kind), identity), whose.get(("", identity)))
        if place is None:
            figures.differing.append(f"{kind} {identity} booked {amounts}, and nobody foretold it")
            continue
        for account, amount in amounts.items():
            booked[place][account] = booked[place].get(account, Decimal(0)) + amount
    waiting = _waiting(books, acts)
    for place, act in enumerate(acts):
        figures.kinds[act.what] += 1
        there = {account: amount for account, amount in booked[place].items() if amount}
        if not there and act.told.sentence:
            figures.stays[act.told.sentence].append(act.name)
            continue
        apart = difference(act.told.amounts, there)
        if apart and not act.told.sentence and is_but_for_cents(act.told, there):
            figures.but_for_cents[act.what] += 1
        elif apart or act.told.sentence:
            figures.differing.append(f"{act.name}: {act.told.sentence or apart} {waiting[place]}")
        else:
            figures.equal[act.what] += 1
    return figures


def is_but_for_cents(told: Told, booked: Amounts) -> bool:
    """Whether no more stands on other accounts than was said that may."""
    accounts = told.amounts.keys() | booked.keys()
    apart = [told.amounts.get(each, Decimal(0)) - booked.get(each, Decimal(0)) for each in accounts]
    return not sum(apart) and sum(map(abs, apart)) <= 2 * told.cents


def _waiting(books: Any, acts: Sequence[Act]) -> list[str]:
    """Per act what its records say for themselves, where they are not in the books."""
    found = []
    for act in acts:
        of_it = Q(pk__in=[])
        for each in act.records:
            of_it |= Q(**{each.kind: each.pk})
        rows = SyncRecord.objects.filter(of_it, connection=books.connection)
        found.append(" ".join(f"[{each.state}: {each.sentence}]" for each in rows if each.sentence))
    return found


def report(figures: Figures) -> None:
    print(f"money: acts {figures.kinds.total()}, equal {figures.equal.total()}, "
          f"equal but for the cents that were said {figures.but_for_cents.total()}, "
          f"foretold to stay here {sum(map(len, figures.stays.values()))}, "
          f"different {len(figures.differing)}")  # fmt: skip
    for what, number in sorted(figures.kinds.items()):
        print(f"    {figures.equal[what]:>5} of {number} {what}")
    for sentence, names in figures.stays.items():
        print(f"  stays here, {len(names)}: {sentence}")
    for each in figures.differing[:12]:
        print(f"  differs: {each}")
