"""A season: months of invoices and credit notes, some refused, some void, paid there and here; in the
end both sides have the same by what was confirmed."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import allocate, credit_invoice, issue, void
from apps.billing.models import CreditNote, Invoice, Payment
from apps.connections.mailbox import content_of
from apps.reconciliation.confirmed import by_confirmation
from apps.sync.decide.acts import retry
from apps.sync.models import State, SyncRecord
from tests.connectors.csv_ledger.bookkeeper import Bookkeeper, as_csv
from tests.connectors.csv_ledger.live import CsvLive
from tests.factories import make_customer, make_invoice, make_item, make_payment

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MONTHS, A_MONTH = 2, 6
CREDITED = date(2026, 4, 1)


def settle(books: CsvLive) -> None:
    """Runs and confirmations until nothing is due and nothing waits."""
    for _ in range(8):
        books.run()
        if not SyncRecord.objects.exclude(state=State.IN_THE_BOOKS).exists():
            return
    left = SyncRecord.objects.exclude(state=State.IN_THE_BOOKS)
    raise AssertionError([(str(each), each.state, each.sentence) for each in left])


def test_over_a_season_both_sides_have_the_same_by_what_was_confirmed(books: CsvLive) -> None:
    chance = random.Random(11)
    customers = [make_customer(books.company) for _ in range(3)]
    item = make_item(books.company)
    taken: dict[str, bytes] = {}
    for month in range(MONTHS):
        made = [
            make_invoice(
                customer=chance.choice(customers),
                lines=[(item, chance.randint(1, 9), f"{chance.randint(100, 9999) / 100:.2f}")],
            )
            for _ in range(A_MONTH)
        ]
        books.run_alone()
        books.take_files()
        said = books.bookkeeper.work()
        for row in [each for each in said if each["Number"] == made[0].number]:
            row |= {"Result": "refused", "Reason": "Unknown account.", "Ledger number": ""}
            books.bookkeeper.booked = [
                each for each in books.bookkeeper.booked if each.number != row["Number"]
            ]
        books.bring("confirmation", as_csv(said))
        books.run_alone()
        assert books.record(made[0]).sentence == "Unknown account."
        retry([books.record(made[0])])
        settle(books)
        note = credit_invoice(made[1], reason="Damaged", on=CREDITED)
        issue(note)
        allocate(note, made[1], note.total, on=CREDITED)
        void(made[2], reason="Typed twice")
        make_payment(invoice=made[3], amount=str(made[3].total), method=books.method)
        settle(books)
        paid = [f"{each.number},2026-04-02,{each.total},M{month}" for each in made[4:]]
        books.bring("payments", "\n".join(["Invoice,Date,Amount,Reference", *paid, ""]).encode())
        settle(books)
        for file in books.files():
            assert taken.setdefault(file.name, content_of(file)) == content_of(file)

    agreed = by_confirmation(books.connection)
    assert agreed.agrees, agreed.sentence
    assert agreed.sentence.startswith("By what was confirmed, both sides have ")
    assert_same(books.bookkeeper)
    open_here = {each.number for each in Invoice.objects.all() if each.is_open}
    assert len(open_here) == MONTHS  # the refused ones, which nobody has paid
    assert Payment.objects.count() == 3 * MONTHS


def assert_same(theirs: Bookkeeper) -> None:
    """What they booked out of the files, added up by nobody of ours."""
    booked = {
        holds: {each.number: each.amount for each in theirs.booked if each.holds == holds}
        for holds in ("invoices", "credit-notes", "payments")
    }
    times = Counter((each.holds, each.number) for each in theirs.booked)
    assert set(times.values()) == {1}
    assert booked["invoices"] == {each.number: each.total for each in Invoice.objects.all()}
    assert booked["credit-notes"] == {each.number: each.total for each in CreditNote.objects.all()}
    void_here = {("Invoice", each.number) for each in Invoice.objects.filter(status="void")}
    assert theirs.void == void_here
    assert len(booked["payments"]) == MONTHS
    assert sum(filter(None, booked["payments"].values()), Decimal(0)) == sum(
        Payment.objects.filter(reference="").values_list("amount", flat=True), Decimal(0)
    )
