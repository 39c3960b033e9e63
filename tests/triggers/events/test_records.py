"""What is told of records in their books, of consents that were lost, of books that differ."""

import ast
import re

import pytest
from django.utils import timezone

from apps.connections.models import Connection, Grant
from apps.reconciliation.models import KeptComparison
from apps.sync.models import News, Reason, State, SyncRecord
from apps.sync.models.news import NOTED
from apps.sync.there import ties
from apps.triggers.events.reader import look
from tests.alerts.trouble import live_connection
from tests.architecture.source import python_files
from tests.factories import make_invoice
from tests.triggers.events.ears import Ears

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    return live_connection()


@pytest.fixture
def record(connection: Connection) -> SyncRecord:
    invoice = make_invoice(company=connection.company)
    return ties.sync_record_of(connection, invoice)


@pytest.fixture
def ears(connection: Connection, record: SyncRecord) -> Ears:
    ears = Ears(connection.company)
    ears.heard()
    return ears


def refuse(record: SyncRecord, reason: Reason = Reason.REFUSED) -> None:
    record.refresh_from_db()
    ties.hold(record, reason, "The customer has no tax number.", "Give it one.")


def arrive(record: SyncRecord) -> None:
    record.refresh_from_db()
    ties.in_the_books(record, record.wanted)


def test_a_record_is_in_the_books_once_for_each_revision(ears: Ears, record: SyncRecord) -> None:
    arrive(record)
    [told] = ears.heard()
    assert told["type"] == "record.in_books"
    assert told["data"]["record"]["id"] == str(record.subject.public_id)
    assert (told["data"]["state"], told["data"]["revision_in_books"]) == (
        "in_the_books",
        record.sent,
    )
    arrive(record)
    assert ears.heard() == []

    ties.in_the_books(record, record.wanted + 1)

    assert ears.types() == ["record.in_books"]


def test_what_needs_a_person_is_told_once(ears: Ears, record: SyncRecord) -> None:
    refuse(record)
    [told] = ears.heard()
    assert (told["type"], told["data"]["held_by"]) == ("sync.failed", "books")
    assert told["data"]["sentence"] == "The customer has no tax number."
    record.plan_again()
    record.save()
    refuse(record)

    assert ears.heard() == []
    assert News.objects.count() == 1


def test_another_reason_is_told(ears: Ears, record: SyncRecord) -> None:
    refuse(record)
    ears.heard()

    refuse(record, Reason.MAPPING_MISSING)

    [told] = ears.heard()
    assert (told["type"], told["data"]["held_by"]) == ("sync.failed", "tieout")


def test_held_again_after_it_was_solved_it_is_told_again(ears: Ears, record: SyncRecord) -> None:
    refuse(record)
    assert ears.types() == ["sync.failed"]
    arrive(record)
    assert ears.types() == ["record.in_books"]
    refuse(record)
    assert ears.types() == ["sync.failed"]

    arrive(record)  # the same revision: nothing new stands there
    refuse(record)

    assert ears.types() == ["sync.failed"]


def test_what_was_solved_before_anybody_looked_did_not_fail(ears: Ears, record: SyncRecord) -> None:
    refuse(record)
    arrive(record)

    assert ears.types() == ["record.in_books"]
    assert not News.objects.exists()


def test_whole_batches_are_noted_as_single_ones(ears: Ears, record: SyncRecord) -> None:
    record.hold(Reason.MAPPING_MISSING, "Its tax rate has no mapping.", "Map it.")
    SyncRecord.objects.bulk_update([record], ["wanted", "sent"])
    assert ears.heard() == []
    SyncRecord.objects.bulk_update([record], ["state", "reason", "sentence", "due_at"])

    assert ears.types() == ["sync.failed"]


def test_no_update_brings_a_record_to_rest() -> None:
    """It would leave no news."""
    noted = {f"State.{State(each).name}" for each in NOTED}
    wrong = [
        f"{path}: {ast.unparse(call)}"
        for path in python_files("apps")
        if {"sync", "reconciliation"} & set(path.parts)
        and "update(" in path.read_text(encoding="utf-8")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "update"
        and any(
            each.arg == "state" and ast.unparse(each.value).removesuffix(".value") in noted
            for each in call.keywords
        )
    ]

    assert wrong == []
    past_the_manager = [
        path
        for path in python_files("apps")
        if re.search(r"update_rows\(\s*SyncRecord\b", path.read_text(encoding="utf-8"))
    ]
    assert past_the_manager == []


def test_nothing_is_noted_where_nobody_listens(connection: Connection, record: SyncRecord) -> None:
    arrive(record)

    assert not News.objects.exists()


@pytest.mark.parametrize("opening", [True, False])
def test_what_was_so_before_is_not_noted(
    ears: Ears, connection: Connection, record: SyncRecord, opening: bool
) -> None:
    """Open items of the cut-off, and what is found while the books are set up."""
    if opening:
        record.opening = True
    else:
        Connection.objects.filter(pk=connection.pk).update(stage=Connection.Stage.SETUP)
    ties.in_the_books(record, record.wanted)

    assert ears.heard() == []


# --- Connections ----------------------------------------------------------------------------------


def lose(connection: Connection) -> None:
    grant = connection.grant
    assert grant is not None
    Grant.objects.filter(pk=grant.pk).update(status=Grant.Status.LOST, lost_reason="Withdrawn.")


def test_a_lost_consent_is_told_once_until_it_is_given_again(
    ears: Ears, connection: Connection
) -> None:
    look()
    lose(connection)
    look()
    look()
    [told] = ears.heard()
    assert (told["type"], told["data"]["id"]) == ("connection.lost", str(connection.public_id))

    assert connection.grant is not None
    Grant.objects.filter(pk=connection.grant.pk).update(status="active", token_version=2)
    look()
    assert ears.heard() == []
    lose(connection)
    look()

    assert ears.types() == ["connection.lost"]


def test_what_was_lost_before_anybody_listened_is_not_told(connection: Connection) -> None:
    lose(connection)
    ears = Ears(connection.company)

    look()

    assert ears.heard() == []


# --- Agreement ------------------------------------------------------------------------------------


def compared(
    connection: Connection, agrees: bool, sentence: str = "", *, of_now: bool = True
) -> KeptComparison:
    moment = timezone.now()
    return KeptComparison.objects.create(
        connection=connection,
        on=moment.date(),
        of_now=of_now,
        state="done",
        agrees=agrees,
        open_count=0 if agrees else 2,
        sentence=sentence,
        ended_at=moment,
    )


def test_an_agreement_is_broken_by_the_first_that_differs(
    ears: Ears, connection: Connection
) -> None:
    compared(connection, agrees=False)
    look()
    assert ears.heard() == []  # there was no agreement to break
    compared(connection, agrees=True)
    compared(connection, agrees=False, of_now=False)
    look()
    assert ears.heard() == []  # an earlier day differed, which says nothing of now

    compared(connection, agrees=False, sentence="Two payments differ.")
    compared(connection, agrees=False, sentence="Three do.")
    look()
    compared(connection, agrees=False)
    look()

    [told] = ears.heard()
    assert (told["type"], told["data"]["sentence"]) == ("agreement.broken", "Two payments differ.")
    assert (told["data"]["agrees"], told["data"]["open_count"]) == (False, 2)
    compared(connection, agrees=True)
    look()
    compared(connection, agrees=False)
    look()
    assert ears.types() == ["agreement.broken"]


def test_what_is_lost_before_the_first_look_and_answered_since_is_told(
    ears: Ears, connection: Connection
) -> None:
    lose(connection)
    Connection.objects.filter(pk=connection.pk).update(last_ok_at=timezone.now())

    look()

    assert ears.types() == ["connection.lost"]


def test_what_broke_before_anybody_listened_is_not_told(connection: Connection) -> None:
    compared(connection, agrees=True)
    compared(connection, agrees=False)
    ears = Ears(connection.company)

    look()
    compared(connection, agrees=False)
    look()

    assert ears.heard() == []
