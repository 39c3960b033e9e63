"""Figures as of a day: dated entries alone, never above the document, and today's are the stored."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_init

from apps.billing import actions
from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Invoice,
    OutsideEntry,
    Payment,
)
from apps.billing.sums.as_of import Then, as_of
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db


def april(day: int) -> date:
    return date(2026, 4, day)


def test_un_applied_and_applied_again_earlier_counts_once() -> None:
    """100.00 paid on the 5th, un-applied on the 20th, applied again as of the 10th."""
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer, date=april(1))
    first = actions.allocate(payment, invoice, Decimal(100), on=april(5))
    actions.reverse(first, on=april(20), reason="To the wrong one")
    actions.allocate(payment, invoice, Decimal(100), on=april(10))

    expected = {4: (0, 100), 5: (100, 0), 9: (100, 0), 15: (100, 0), 19: (100, 0), 25: (100, 0)}
    for day, (paid, on_account) in expected.items():
        then = as_of(invoice.company, april(day))
        assert then.invoices[invoice.pk].paid == paid, day
        assert then.payments[payment.pk].open == on_account, day


def test_un_applied_and_applied_to_another_earlier_leaves_the_first_open_from_then_on() -> None:
    """The payment cannot be at both: from the 10th it is where it is today."""
    first = make_invoice()
    second = make_invoice(customer=first.customer)
    payment = make_payment(customer=first.customer, date=april(1))
    wrong = actions.allocate(payment, first, Decimal(100), on=april(5))
    actions.reverse(wrong, on=april(20), reason="To the wrong one")
    actions.allocate(payment, second, Decimal(100), on=april(10))

    def due(day: int) -> tuple[Decimal, Decimal]:
        then = as_of(first.company, april(day))
        return then.invoices[first.pk].due, then.invoices[second.pk].due

    assert due(7) == (0, 100)
    assert due(10) == due(15) == due(30) == (100, 0)


def test_un_applied_in_full_and_applied_in_part_earlier_counts_no_more_than_is_due() -> None:
    """100 of 5 April, un-applied on the 20th; then 60 of another payment, applied on the 10th."""
    invoice = make_invoice()
    wrong = make_payment(invoice=invoice, date=april(5))
    other = make_payment(customer=invoice.customer, amount=60, date=april(5))
    actions.reverse(wrong.allocations.get(), on=april(20), reason="To the wrong one")
    actions.allocate(other, invoice, Decimal(60), on=april(10))

    def figures(day: int) -> tuple[Decimal, ...]:
        then = as_of(invoice.company, april(day))
        one = then.invoices[invoice.pk]
        return one.paid, one.due, then.payments[wrong.pk].open, then.payments[other.pk].open

    assert figures(7) == (100, 0, 0, 60)
    assert figures(15) == (100, 0, 60, 0)
    assert figures(20) == (60, 40, 100, 0)


def test_what_is_un_applied_counts_until_the_day_before() -> None:
    payment = make_payment(invoice=(invoice := make_invoice()), date=april(5))
    actions.reverse(payment.allocations.get(), on=april(20), reason="To the wrong one")

    def due(day: int) -> Decimal:
        return as_of(invoice.company, april(day)).invoices[invoice.pk].due

    assert (due(4), due(5), due(19), due(20)) == (100, 0, 0, 100)


@pytest.mark.parametrize("what", ["invoice", "credit note"])
def test_a_void_counts_from_the_day_on_which_the_ledger_empties_it(what: str) -> None:
    document = make_invoice() if what == "invoice" else make_credit_note()
    actions.void(document, reason="Never sold", on=april(3))

    march = as_of(document.company, date(2026, 3, 31))
    assert not march.invoices
    assert not march.credit_notes
    assert march.balances == {}


def test_each_figure_on_its_own_day() -> None:
    """120.00 issued 2 March; 20.00 credited on the 9th, 50.00 paid on 1 April, 30.00 lost on the
    10th, 10.00 of a retainer used on the 12th, 5.00 paid too much refunded on the 15th."""
    company = make_company()
    customer, method = make_customer(company), make_method(company)
    invoice = make_invoice(customer=customer, lines=[("Oil", 1, 120)])
    note = make_credit_note(customer=customer, invoice=invoice, lines=[("Oil", 1, 20)])
    actions.allocate(note, invoice, Decimal(20), on=date(2026, 3, 11))
    payment = make_payment(customer=customer, amount=65, date=april(1))
    actions.allocate(payment, invoice, Decimal(50), on=april(1))
    actions.hold_as_retainer(payment, amount=Decimal(10), on=april(2))
    actions.write_off(invoice, amount=Decimal(30), on=april(10), reason="Gone")
    actions.use_retainer(invoice, amount=Decimal(10), on=april(12))
    actions.pay_refund(payment, amount=Decimal(5), on=april(15), method=method, reason="Too much")

    def figures(day: date) -> tuple[Any, ...]:
        then = as_of(company, day, customer)
        one = then.invoices[invoice.pk]
        key = (customer.pk, "GBP")
        return (
            (one.paid, one.credited, one.written_off, one.due),
            then.balances[key],
            then.on_account.get(key, Decimal(0)),
        )

    assert figures(date(2026, 3, 8)) == ((0, 0, 0, 120), 120, 0)
    assert figures(date(2026, 3, 9)) == ((0, 0, 0, 120), 100, 0)
    assert figures(date(2026, 3, 11)) == ((0, 20, 0, 100), 100, 0)
    assert figures(april(1)) == ((50, 20, 0, 50), 35, 15)
    assert figures(april(2)) == ((50, 20, 0, 50), 45, 5)
    assert figures(april(10)) == ((50, 20, 30, 20), 15, 5)
    assert figures(april(12)) == ((60, 20, 30, 10), 5, 5)
    assert figures(april(15)) == ((60, 20, 30, 10), 10, 0)


class Walk:
    """Acts dated to and fro over sixty days."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.company = make_company()
        self.customer = make_customer(self.company)
        self.method = make_method(self.company)
        for _ in range(3):
            make_invoice(customer=self.customer)

    def day(self) -> date:
        return date(2026, 3, 2) + timedelta(days=self.chance.randrange(60))

    def one(self, rows: Any) -> Any:
        found = list(rows)
        if not found:
            raise ValidationError("Nothing there.")
        return self.chance.choice(found)

    def open_invoice(self) -> Invoice:
        found: Invoice = self.one(self.company.invoices.filter(balance_due__gt=0, status="issued"))
        return found

    def source(self) -> Payment | CreditNote:
        found: Payment | CreditNote = self.one(
            [
                *Payment.objects.filter(company=self.company, on_account__gt=0),
                *CreditNote.objects.filter(company=self.company, open_credit__gt=0),
            ]
        )
        return found

    def receive(self) -> None:
        make_payment(customer=self.customer, amount=60, date=self.day())

    def apply(self) -> None:
        source, invoice = self.source(), self.open_invoice()
        left = source.on_account if isinstance(source, Payment) else source.open_credit
        amount = min(left, invoice.balance_due, Decimal(self.chance.choice([30, 60, 100])))
        actions.allocate(source, invoice, amount, on=self.day())

    def un_apply(self) -> None:
        standing = Allocation.objects.filter(company=self.company, reversed_on=None)
        actions.reverse(self.one(standing), on=self.day(), reason="Another one")

    def credit(self) -> None:
        invoice = self.one(self.company.invoices.filter(status="issued"))
        part = actions.Part(line=invoice.lines.get(), net=Decimal(40))
        actions.issue(
            actions.credit_invoice(invoice, reason="Sent back", on=self.day(), lines=[part])
        )

    def lose(self) -> None:
        invoice = self.open_invoice()
        actions.write_off(
            invoice, amount=min(invoice.balance_due, Decimal(25)), on=self.day(), reason="Gone"
        )

    def end(self) -> None:
        made = self.one(Adjustment.objects.filter(company=self.company, status="made"))
        actions.cancel_adjustment(made, reason="Not so", on=self.day())

    def pay_out(self) -> None:
        actions.pay_refund(
            self.source(), amount=Decimal(20), on=self.day(), method=self.method, reason="Asked"
        )

    def bounce(self) -> None:
        payment = self.one(Payment.objects.filter(company=self.company, status="received"))
        actions.return_payment(payment, on=self.day(), reason="No funds", method=self.method)

    def cancel(self) -> None:
        payment = self.one(Payment.objects.filter(company=self.company))
        actions.cancel_payment(payment, reason="Typed twice", on=self.day())

    def void(self) -> None:
        notes = CreditNote.objects.filter(company=self.company, status="issued")
        invoices = self.company.invoices.filter(status="issued")
        actions.void(self.one([*notes, *invoices]), reason="Not so", on=self.day())


ACTS: list[Callable[[Walk], None]] = [
    *(Walk.receive, Walk.apply, Walk.apply, Walk.apply, Walk.un_apply, Walk.un_apply),
    *(Walk.credit, Walk.lose, Walk.end, Walk.pay_out, Walk.bounce, Walk.cancel, Walk.void),
]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.variants
def test_no_figure_of_any_day_exceeds_its_document_and_the_last_are_the_stored_sums(
    seed: int,
) -> None:
    walk = Walk(seed)
    for _ in range(40):
        try:
            with transaction.atomic():
                walk.chance.choice(ACTS)(walk)
        except ValidationError:
            continue
    for offset in range(0, 64, 3):
        then = as_of(walk.company, date(2026, 3, 1) + timedelta(days=offset))
        within_their_documents(then)
        assert then.balances == by_open_amounts(then), then.day
    last = as_of(walk.company, date(2026, 7, 1))
    for invoice in walk.company.invoices.filter(status="issued"):
        found = last.invoices[invoice.pk]
        assert (found.paid, found.credited, found.written_off, found.due) == (
            invoice.paid,
            invoice.credited,
            invoice.written_off,
            invoice.balance_due,
        )
    for payment in Payment.objects.filter(company=walk.company, status="received"):
        assert last.payments[payment.pk].open == payment.on_account
    for note in CreditNote.objects.filter(company=walk.company, status="issued"):
        assert last.credit_notes[note.pk].open == note.open_credit


def within_their_documents(then: Then) -> None:
    for invoice in then.invoices.values():
        assert min(invoice.paid, invoice.credited, invoice.written_off, invoice.due) >= 0
        assert max(invoice.paid, invoice.credited, invoice.written_off, invoice.due) <= (
            invoice.total
        )
    for rows in (then.credit_notes, then.payments, then.refunds, then.adjustments):
        for each in rows.values():
            assert 0 <= each.open <= each.total


def by_open_amounts(then: Then) -> dict[tuple[int, str], Decimal]:
    """Due less what is open of credits and money, plus what is open of what went out."""
    debit = set(Adjustment.objects.filter(side="debit").values_list("pk", flat=True))
    owed = sum((each.due for each in then.invoices.values()), Decimal(0))
    owed -= sum((each.open for each in then.credit_notes.values()), Decimal(0))
    owed -= sum((each.open for each in then.payments.values()), Decimal(0))
    owed += sum((each.open for each in then.refunds.values()), Decimal(0))
    owed += sum(
        (each.open if pk in debit else -each.open for pk, each in then.adjustments.items()),
        Decimal(0),
    )
    return dict.fromkeys(then.balances, owed)


@pytest.mark.parametrize(("money", "paid", "credited"), [(True, 40, 0), (False, 0, 40)])
def test_what_only_their_books_hold_counts_as_it_does_today(
    money: bool, paid: int, credited: int
) -> None:
    """40.00 of theirs set against an invoice of 100.00 on 5 April."""
    invoice = make_invoice()
    entry = OutsideEntry.objects.create(
        company=invoice.company,
        customer=invoice.customer,
        origin="connection:1",
        their_kind="JournalEntry",
        remote_id="7",
        label="Journal 7",
        is_money=money,
        date=april(1),
        currency="GBP",
        amount=Decimal(40),
    )
    actions.allocate(entry, invoice, Decimal(40), on=april(5))

    then = as_of(invoice.company, april(5), invoice.customer)
    found = then.invoices[invoice.pk]
    assert (found.paid, found.credited, found.due) == (paid, credited, 60)
    assert then.balances == {(invoice.customer_id, "GBP"): 60}
    assert as_of(invoice.company, april(4)).invoices[invoice.pk].due == 100


def test_a_company_of_a_million_invoices_is_read_without_making_one_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole records took 4.6 kB each: more than a worker has. And no set of rows is held."""
    held: list[str] = []
    fetch = QuerySet._fetch_all

    def fetched(rows: QuerySet[Any]) -> None:
        held.append(rows.model.__name__)
        fetch(rows)

    company = make_payment(invoice=make_invoice()).company
    made: list[str] = []

    def note(sender: type, **given: object) -> None:
        made.append(sender.__name__)

    post_init.connect(note, weak=False)
    monkeypatch.setattr(QuerySet, "_fetch_all", fetched)
    try:
        then = as_of(company, date(2026, 12, 31))
    finally:
        post_init.disconnect(note)
    assert [each.paid for each in then.invoices.values()] == [Decimal(100)]
    assert made == []
    assert held == ["Adjustment"]  # which of them are debits
