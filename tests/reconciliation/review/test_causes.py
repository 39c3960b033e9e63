"""What waits for somebody is listed once for a cause, however many records it stops."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.billing.models import Company
from apps.connections.models import Connection, Grant
from apps.reconciliation.findings import Finding
from apps.reconciliation.lasting import keep_differences
from apps.reconciliation.models import Cause, KeptComparison, Question, ReviewKind, Why
from apps.reconciliation.review.causes import Standing, causes_of
from apps.sync.models import Candidate, Conflict, Reason, RemoteRecord, Run, State, SyncRecord
from tests.factories import make_company, make_customer, make_invoice, make_method, make_payment
from tests.reconciliation.sides import Sides

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def sides() -> Sides:
    found = Sides()
    now_and_then(found.connection)
    return found


def now_and_then(books: Connection) -> None:
    """It is live, ran and was compared a moment ago."""
    books.grant = Grant.objects.create(
        system="quickbooks", environment="simulated", status=Grant.Status.ACTIVE
    )
    books.stage, books.trial_matched_at = Connection.Stage.LIVE, NOW
    books.trial_fingerprint = books.settings_fingerprint = "as it is"
    books.save()
    Run.objects.create(
        connection=books, duty="sync", started_at=NOW, ended_at=NOW, outcome=Run.Outcome.DONE
    )
    KeptComparison.objects.create(
        connection=books, on=date(2026, 3, 31), state="done", agrees=True, ended_at=NOW
    )


def of(company: Company, kind: ReviewKind) -> list[Standing]:
    return [each for each in causes_of(company) if each.kind == kind]


def held(sides: Sides, count: int, **fields: Any) -> list[SyncRecord]:
    customer = make_customer(sides.company, name=f"Bell {SyncRecord.objects.count()}")
    rows = [
        SyncRecord(
            connection=sides.connection,
            kind="invoice",
            invoice=make_invoice(customer=customer),
            wanted=1,
            state=State.NEEDS_PERSON,
            **{
                "sentence": "Their books are closed at 31 March.",
                "reason": Reason.PERIOD_CLOSED,
                "remedy": "Open the month there.",
                **fields,
            },
        )
        for _ in range(count)
    ]
    return SyncRecord.objects.bulk_create(rows)


def test_books_that_work_and_hold_nothing_up_list_nothing(sides: Sides) -> None:
    assert causes_of(sides.company) == []


def test_records_held_by_one_cause_are_one_row(sides: Sides) -> None:
    held(sides, 3)
    held(sides, 1, reason=Reason.NUMBER_TAKEN, remedy="Skip the number.")
    held(sides, 2, reason=Reason.MAPPING_MISSING, waits_for="mapping:item:7", remedy="Map 7.")
    held(sides, 1, reason=Reason.MAPPING_MISSING, waits_for="mapping:item:8", remedy="Map 8.")
    stuck = of(sides.company, ReviewKind.REJECTED)
    assert sorted((each.count, each.sentence) for each in stuck) == [
        (1, "Their books are closed at 31 March."),
        (3, "Their books are closed at its date. Open the month there."),
    ]
    unmapped = of(sides.company, ReviewKind.MAPPING)
    assert sorted((each.count, each.sentence) for each in unmapped) == [
        (1, "Map 8."),
        (2, "Map 7."),
    ]


def test_remedies_that_name_a_record_each_are_one_row_and_stay_it(sides: Sides) -> None:
    for name in ("Bell & Daughters", "Ames", "Cordes of York", "Dunn", "Eyre", "Fell", "Gray"):
        remedy = f"See what holds up customer {name}."
        held(sides, 1, reason=Reason.CANNOT_HOLD, remedy=remedy, sentence=f"“{name}” is not there.")
    held(sides, 1, reason=Reason.CANNOT_HOLD, remedy="Book it by hand.")
    for number in ("214", "215"):
        sides.arrived(f"Payment {number} has no customer.")
        RemoteRecord.objects.filter(sentence__contains=number).update(
            remedy=f"Set payment {number} against an invoice."
        )

    before, alone = sorted(of(sides.company, ReviewKind.REJECTED), key=lambda each: -each.count)
    assert (before.count, alone.count) == (7, 1)
    assert before.sentence == (
        "Their books cannot hold it. One of them: See what holds up customer Ames."
    )
    [arrived] = of(sides.company, ReviewKind.ARRIVED)
    assert arrived.count == 2
    assert arrived.sentence == "One of them: Set payment 214 against an invoice."

    # Another one comes: the row is the same, so its owner, day and remarks are.
    held(sides, 1, reason=Reason.CANNOT_HOLD, remedy="See what holds up customer Hume.")
    after = max(of(sides.company, ReviewKind.REJECTED), key=lambda each: each.count)
    assert (after.key, after.count) == (before.key, 8)


def test_a_mapping_that_is_asked_for_in_several_words_is_one_row_with_all_of_them(
    sides: Sides,
) -> None:
    for remedy in ("Map item Lamp.", "Map item Lamp, or make it there."):
        held(sides, 2, reason=Reason.MAPPING_MISSING, waits_for="mapping:item:7", remedy=remedy)
    [row] = of(sides.company, ReviewKind.MAPPING)
    assert (row.count, row.sentence) == (4, "Map item Lamp, or make it there.")


def test_decisions_are_counted_by_record_and_not_as_held(sides: Sides) -> None:
    records = held(sides, 2, reason=Reason.CHANGED_ON_BOTH_SIDES, remedy="Decide.")
    for record in records:
        for path in ("message", "due_date"):
            Conflict.objects.create(sync_record=record, path=path, base="a", ours="b", theirs="c")
    assert of(sides.company, ReviewKind.REJECTED) == []
    [row] = of(sides.company, ReviewKind.CONFLICT)
    assert row.count == 2


def test_figures_of_one_record_that_differ_are_one_row_with_the_largest(sides: Sides) -> None:
    one = {"ours": (("invoice", 1),), "theirs": (("Invoice", "7"),), "currency": "GBP"}
    keep_differences(
        sides.connection,
        [
            Finding("Net.", Why.AMOUNT, figure="net", amount=Decimal(-1), **one),  # type: ignore[arg-type] # as it is typed there
            Finding("Total.", Why.AMOUNT, figure="total", amount=Decimal(-5), **one),  # type: ignore[arg-type] # likewise
            Finding("Account Sales.", Why.BALANCE, figure="Sales", amount=Decimal(5)),
        ],
        NOW,
    )
    found = of(sides.company, ReviewKind.DIFFERENCE)
    assert [(each.count, each.amount, each.sentence) for each in found] == [
        (2, Decimal(-5), "Total. And 1 more of its figures."),
        (1, Decimal(5), "Account Sales."),
    ]


def test_silence_of_books_is_listed_with_its_beginning(sides: Sides) -> None:
    long_ago = NOW - timedelta(days=3)
    Run.objects.rewrite(ended_at=long_ago)
    KeptComparison.objects.update(ended_at=long_ago)
    found = of(sides.company, ReviewKind.SILENT)
    assert [(each.since, each.key.partition(":")[2]) for each in found] == [
        (long_ago, "ran"),
        (long_ago, "compared"),
    ]


@pytest.mark.parametrize(
    ("lost", "words"), [(True, "connected again"), (False, "is paused: Audit")]
)
def test_books_that_are_lost_or_paused(sides: Sides, lost: bool, words: str) -> None:
    if lost:
        Grant.objects.update(status=Grant.Status.LOST)
    else:
        Connection.objects.update(stage=Connection.Stage.PAUSED, stage_reason="Audit")
    [row] = of(sides.company, ReviewKind.LOST)
    assert words in row.sentence


def test_money_that_was_not_banked_for_a_month_is_summed_by_method(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    card = make_method(sides.company, name="Card", posts_to="clearing")
    for amount in ("30", "12.50"):
        make_payment(invoice=invoice, amount=amount, method=card)
    [row] = of(sides.company, ReviewKind.CLEARING)
    assert (row.amount, row.currency, row.count) == (Decimal("42.50"), "GBP", 2)
    assert row.since.date() == date(2026, 3, 16)
    assert "42.50 GBP by Card" in row.sentence


def test_questions_and_what_arrived_and_candidates(sides: Sides) -> None:
    Question.objects.create(
        connection=sides.connection,
        cause=Cause.SALE_TWICE,
        amount=Decimal(9),
        currency="GBP",
        fingerprint="1",
        sentence="Twice?",
    )
    sides.arrived("A journal pays it.")
    sides.tie(make_customer(sides.company, name="Thornfield"))
    record = SyncRecord.objects.get(kind="customer", customer__name="Thornfield")
    Candidate.objects.create(
        remote_record=RemoteRecord.objects.latest("pk"), sync_record=record, evidence="Same name."
    )
    found = {each.kind: each for each in causes_of(sides.company)}
    assert found[ReviewKind.QUESTION].amount == 9
    assert found[ReviewKind.ARRIVED].sentence == "A journal pays it."
    assert found[ReviewKind.CANDIDATE].count == 1


def test_another_company_s_rows_are_not_listed(sides: Sides) -> None:
    held(sides, 1)
    assert causes_of(make_company(legal_name="Another Ltd")) == []


def test_as_many_queries_for_hundreds_as_for_one(sides: Sides) -> None:
    held(sides, 1)
    with CaptureQueriesContext(database) as few:
        causes_of(sides.company)
    held(sides, 30, reason=Reason.NUMBER_TAKEN)
    keep_differences(
        sides.connection,
        [Finding(str(each), Why.AMOUNT, ours=(("invoice", each),)) for each in range(200)],
        datetime(2026, 3, 31, tzinfo=UTC),
    )
    with CaptureQueriesContext(database) as many:
        assert len(causes_of(sides.company)) == 202
    assert len(many) == len(few)
