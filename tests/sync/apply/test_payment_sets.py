"""Payments that come in many at once end just as they do one by one, in few statements."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.actions import set_closing_date
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.models import Allocation, Change, Customer, Invoice, Payment
from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.sync.apply import apply_arrivals
from apps.sync.lease import Lease, LeaseLost
from apps.sync.models import Agreed, Candidate, RemoteRecord, Run, SyncRecord
from apps.sync.pull.feed import pull
from apps.sync.run import must_go_on
from tests.books import Books
from tests.factories import (
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
)
from tests.sync.stage import Stage
from tests.sync.theirs import pay_there, their_id

pytestmark = pytest.mark.django_db
INVOICE = Kind.INVOICE
QUERIES_EACH = 12  # at most, of a payment in a set of 100


class Season:
    """A company with customers and invoices in both books, the same each time it is made."""

    def __init__(self, people: int = 5) -> None:
        self.stage = Stage()
        self.company = self.stage.company
        self.stage.customer.name = "Bell & Daughters"
        self.stage.customer.save()
        self.people = [
            make_customer(self.company, name=f"Customer {number}") for number in range(people)
        ]
        item = make_item(self.company)
        drafts = [
            DraftDocument(
                customer=customer,
                issue_date=date(2026, 3, 2),
                lines=[DraftLine(item=item, quantity=Decimal(10), unit_price=Decimal(10))],
            )
            for customer in self.people
            for _ in range(3)
        ]
        self.invoices = create_documents(drafts)
        for each in (*self.people, *self.invoices):
            self.stage.tie(each)
        self.rows: list[RemoteRecord] = []

    def _invoice(self, customer: Customer, **fields: Any) -> Invoice:
        invoice = make_invoice(customer=customer, **fields)
        self.stage.tie(invoice)
        return invoice

    def id_of(self, subject: Any) -> str:
        return str(self.stage.record(subject).remote_records.get().remote_id)

    def pays(self, amount: str, *parts: tuple[Invoice, str], **fields: Any) -> PaymentSnapshot:
        who = parts[0][0].customer if parts else self.people[-1]
        fields = {"customer_id": self.id_of(who), **fields}
        split = [(INVOICE, self.id_of(invoice), part) for invoice, part in parts]
        return self.stage.pays(amount, *split, **fields)

    def mixed(self) -> list[PaymentSnapshot]:
        """Sixty payments of every sort that one by one knows."""
        invoices, pays = self.invoices, self.pays
        full = [pays("100", (each, "100")) for each in invoices[:18]]
        partial = [pays("30", (each, "30"), reference="Part") for each in invoices[18:25]]
        several = [
            pays("250", *((each, "80") for each in invoices[place : place + 3]))
            for place in (27, 30, 33)
        ]
        rests = [pays("12.34", customer_id=self.id_of(each)) for each in self.people[12:18]]
        again = [pays("50", (invoices[36], "50")), pays("50", (invoices[36], "50"))]
        too_much = [pays("100", (invoices[36], "100")), pays("9", (invoices[18], "90"))]
        return [
            *full,
            *partial,
            *several,
            *rests,
            *again,
            *too_much,
            *self._foreign(),
            *self._of_strangers(),
            *self._maybe_ours(),
            *self._listed(),
            *self._odd(),
        ]

    def _foreign(self) -> list[PaymentSnapshot]:
        make_exchange_rate(self.company, "EUR", "0.85")
        customer = make_customer(self.company, name="Quai Nord", currency="EUR")
        self.stage.tie(customer)
        bills = [
            self._invoice(customer, exchange_rate=Decimal("0.87"), exchange_rate_source="typed")
            for _ in range(3)
        ]
        told = {"currency": "EUR", "exchange_rate": Decimal("0.8612")}
        return [
            self.pays("33.33", (bills[0], "33.33"), **told),
            self.pays("66.67", (bills[0], "66.67"), **told),
            self.pays("150.01", (bills[1], "100"), (bills[2], "50.01"), **told),
            self.pays("20", (bills[2], "10.07"), **told),
            self.pays("20", customer_id=self.id_of(customer)),  # in another currency than theirs
        ]

    def _of_strangers(self) -> list[PaymentSnapshot]:
        return [
            self.pays("77", customer_id="4711"),
            self.pays("78", (self.invoices[37], "78"), customer_id="4711"),
        ]

    def _maybe_ours(self) -> list[PaymentSnapshot]:
        """Payments of ours that have not left: of the customer, and of the invoice."""
        ours = make_payment(invoice=self.invoices[38], method=self.stage.cards)
        make_payment(customer=self.people[13], amount="55.55", method=self.stage.cards)
        near = ours.date + timedelta(days=7)
        return [
            self.pays("100", customer_id=self.id_of(ours.customer), paid_on=near),
            self.pays("100", customer_id=self.id_of(ours.customer), paid_on=near + timedelta(1)),
            self.pays("55.55", customer_id=self.id_of(self.people[13])),
            self.pays("55.55", customer_id=self.id_of(self.people[14])),
        ]

    def _listed(self) -> list[PaymentSnapshot]:
        closed, early = date(2026, 1, 20), date(2025, 12, 30)
        return [
            self.pays("41", customer_id=self.id_of(self.people[15]), paid_on=closed),
            self.pays("42", customer_id=self.id_of(self.people[15])),
            self.pays("43", customer_id=self.id_of(self.people[16]), paid_on=early),
            self.pays("44", customer_id=self.id_of(self.people[17]), cancelled=True),
        ]

    def _odd(self) -> list[PaymentSnapshot]:
        """Outside documents, two lines to one invoice, no money, a payment method that fits none."""
        journal = self.stage.pays("60", ("JournalEntry", "88", "25"), (INVOICE, "4712", "5"))
        twice = self.invoices[42]
        return [
            journal,
            self.pays("70", (twice, "30"), (twice, "40")),
            self.pays("0", customer_id=self.id_of(self.people[18])),
            self.pays("45", customer_id=self.id_of(self.people[18]), account_id="35"),
            self.pays("10", (self.invoices[43], "10"), reference="A reference of far too many"),
            self.pays("10", (self.invoices[44], "10"), paid_on=date(2026, 2, 20)),
            self.pays("46.001", customer_id=self.id_of(self.people[19])),
        ]

    def changed(self) -> list[tuple[RemoteRecord, dict[str, Any]]]:
        """What becomes of some of them over there."""
        return [
            (self.rows[0], {"gone": True}),
            (self.rows[18], {"amount": Decimal(35)}),
            (self.rows[25], {"allocations": ()}),
            (self.rows[30], {"reference": "Another"}),
            (self.rows[45], {"gone": True}),
        ]


def one_by_one(season: Season) -> None:
    _arrive(season, season.stage.apply)


def in_a_set(season: Season) -> None:
    _arrive(season, lambda: None)
    season.stage.apply()


def _arrive(season: Season, then: Callable[[], object]) -> None:
    for snapshot in season.mixed():
        season.rows.append(season.stage.put(snapshot))
        then()


def _change(season: Season) -> None:
    for row, change in season.changed():
        row.refresh_from_db()
        read = season.stage.connector.parse(row.kind, row.raw)
        fields = {name: value for name, value in change.items() if name != "gone"}
        snapshot = PaymentSnapshot(
            **{name: getattr(read.snapshot, name) for name in PaymentSnapshot.__slots__} | fields
        )
        season.stage.put(snapshot, row.remote_id, gone="gone" in change)
    season.stage.apply()


def everything(season: Season) -> dict[str, list[Any]]:
    """All rows of both sides, without keys, markers and moments."""
    company, connection = season.company, season.stage.connection
    payments = {each.pk: each for each in Payment.objects.filter(company=company)}
    named = {pk: _payment(each) for pk, each in payments.items()}
    allocations = {
        each.pk: (
            named.get(each.payment_id or 0),
            str(each.invoice or each.outside_label),
            (each.date, each.amount, each.home_amount, each.exchange_difference),
            (each.reversed_on, each.reversal_reason, each.revision),
        )
        for each in Allocation.objects.filter(company=company).select_related("invoice")
    }
    subjects = {Kind.PAYMENT: named, Kind.ALLOCATION: allocations}
    records = SyncRecord.objects.filter(connection=connection, kind__in=subjects)
    called = {each.pk: subjects[Kind(each.kind)][each.subject_id] for each in records}
    return {
        "payments": _sorted(named.values()),
        "allocations": _sorted(allocations.values()),
        "invoices": _sorted(
            (each.number, each.paid, each.credited, each.balance_due, each.revision)
            for each in Invoice.objects.filter(company=company)
        ),
        "changes": _sorted(
            (
                each.kind,
                subjects[Kind(each.kind)][each.subject_id],
                each.revision,
                bool(each.origin),
            )
            for each in Change.objects.filter(company=company, kind__in=subjects)
        ),
        "history": _sorted(
            (
                named[each.id],
                (each.status, each.applied, each.amount, each.revision, each.history_type),
                each.history_change_reason.partition(" ")[2],
            )
            for each in Payment.history.filter(company=company)
        ),
        "history of parts": _sorted(
            (allocations[each.id], each.revision, each.history_type)
            for each in Allocation.history.filter(company=company)
        ),
        "sync records": _sorted(
            (called[each.pk], each.wanted, each.sent, each.state, each.reason, each.sentence)
            for each in records
        ),
        "remote records": _sorted(
            (
                (each.kind, each.remote_id, each.part, each.of_kind),
                (each.arrival, each.sentence, each.remedy, each.waits_for.partition(":")[0]),
                (each.retired, each.gone, each.amount, each.currency, each.dated),
                called.get(each.sync_record_id or 0),
            )
            for each in RemoteRecord.objects.filter(connection=connection)
        ),
        "agreed": _sorted(
            (called[each.record_id], _without_marker(each.snapshot))
            for each in Agreed.objects.filter(record__in=records).select_related("record")
        ),
        "candidates": _sorted(
            (each.evidence, each.remote_record.remote_id, each.decision)
            for each in Candidate.objects.filter(remote_record__connection=connection)
        ),
    }


def _payment(each: Payment) -> tuple[Any, ...]:
    return (
        each.customer.name,
        (each.date, each.amount, each.currency, each.applied, each.on_account),
        (each.exchange_rate, each.exchange_rate_date, bool(each.exchange_rate_source)),
        (each.bank_currency, each.bank_amount, each.method and each.method.name),
        (each.reference, each.memo, each.rest_is, bool(each.made_in), each.revision),
        (each.status, each.cancel_reason),
    )


def _without_marker(snapshot: Any) -> str:
    return str(snapshot).replace(snapshot.marker, "")


def _sorted(rows: Any) -> list[Any]:
    return sorted(rows, key=repr)


@pytest.mark.slow
def test_a_set_of_payments_ends_as_they_end_one_by_one() -> None:
    singly, together = Season(people=20), Season(people=20)
    for season, arrive in ((singly, one_by_one), (together, in_a_set)):
        set_closing_date(season.company, date(2026, 1, 31), reason="January filed")
        arrive(season)
        assert len(season.rows) == 60
    before = everything(singly)
    assert everything(together) == before
    ends = [each[1][0] for each in before["remote records"] if each[0][3] == Kind.PAYMENT]
    found = {each: ends.count(each) for each in set(ends)}
    assert found == {"applied": 47, "needs_person": 6, "only_theirs": 3, "waits": 4}

    for season in (singly, together):
        _change(season)
    assert everything(together) == everything(singly)


@pytest.mark.parametrize("bad", ["unfit", "unreadable"])
def test_one_bad_payment_stops_itself_alone(bad: str) -> None:
    season = Season()
    rows = [season.stage.put(season.pays("100", (each, "100"))) for each in season.invoices[:12]]
    if bad == "unfit":
        # No reference of ours is as long: billing refuses it.
        odd = season.pays("7", customer_id=season.id_of(season.people[4]), reference="x" * 30)
        rows.insert(7, season.stage.put(odd))
    else:
        rows[7].packed_raw = b"not JSON at all"
        rows[7].save()

    counts = season.stage.apply()

    assert (counts.applied, counts.needs_person) == (len(rows) - 1, 1)
    assert Payment.objects.count() == len(rows) - 1


def test_a_hundred_payments_take_at_most_twelve_queries_each() -> None:
    season = Season()
    for place in range(100):
        invoice = season.invoices[place % len(season.invoices)]
        season.stage.put(season.pays("1.50", (invoice, "1"), reference=f"BACS {place}"))

    with CaptureQueriesContext(database) as asked:
        counts = season.stage.apply()

    assert counts.applied == 100
    assert len(asked) <= QUERIES_EACH * 100
    assert len(asked) <= 100, "a set is a set: far fewer statements than payments"


def test_payments_coming_in_stop_when_time_is_up_and_go_on_later() -> None:
    season = Season()
    for invoice in season.invoices[:3]:
        season.stage.put(season.pays("100", (invoice, "100")))
    arrive = apply_arrivals(
        season.stage.connection,
        season.stage.connector,
        stop_at=0.0,
    )
    assert (arrive.stopped, arrive.looked_at, Payment.objects.count()) == (True, 0, 0)

    assert season.stage.apply().applied == 3


@pytest.mark.parametrize("many", [1, 12], ids=["one by one", "a set"])
def test_a_run_that_lost_its_lease_receives_nothing(many: int) -> None:
    season = Season()
    for invoice in season.invoices[:many]:
        season.stage.put(season.pays("100", (invoice, "100")))
    lease = Lease.acquire(season.stage.connection.pk)
    assert lease is not None
    Connection.objects.filter(pk=season.stage.connection.pk).update(fence=lease.fence + 1)

    with pytest.raises(LeaseLost):
        apply_arrivals(
            season.stage.connection,
            season.stage.connector,
            lease=lease,
        )
    assert not Payment.objects.exists()


def test_a_run_whose_time_is_up_leaves_what_arrived_to_its_successor(
    books: Books, settings: Any
) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    for _ in range(3):
        pay_there(books, invoices={their_id(books, invoice): 20}, amount=20)
    pull(books.connection, open_connector(books.connection), ReadCourier(books.connection), None)
    settings.SYNC_TASK_BUDGET = 0

    run = books.run(get=False)

    assert (run.outcome, run.applied) == (Run.Outcome.YIELDED, 0)
    assert must_go_on(run)
    settings.SYNC_TASK_BUDGET = 45
    assert books.run(get=False).applied == 3
