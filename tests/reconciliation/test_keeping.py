"""A comparison that is asked for: carried out once, kept with what it found, asked for by the timetable."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.connections.models import Connection
from apps.connectors.errors import CannotTell, TryLater
from apps.connectors.totals import ControlTotal
from apps.reconciliation import keeping, tasks
from apps.reconciliation.figures import AccountLine, Both, Comparison, Explanation, TotalLine
from apps.reconciliation.models import KeptComparison, Why
from apps.staff.models import User
from tests.backoffice.world import make_connection
from tests.factories import make_company

pytestmark = pytest.mark.django_db
State = KeptComparison.State
Finds = Callable[..., None]


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(keeping, "async_task", lambda *task: found.append(task))
    return found


@pytest.fixture
def connection() -> Connection:
    return make_connection(make_company())


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Finds:
    """What a comparison is going to say, or raise."""

    def say(outcome: Comparison | Exception) -> None:
        def compare(*_: Any, **__: Any) -> Comparison:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(keeping, "compare", compare)

    return say


def found(**fields: Any) -> Comparison:
    return Comparison(
        system="Books", books="Thornfield", currency="GBP", at=timezone.now(), **fields
    )


def test_it_is_asked_for_once_and_queued_once(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    fay = User.objects.create(email="fay@example.com", name="Fay")
    asked = keeping.ask(connection, fay.pk)
    again = keeping.ask(connection, None)

    assert asked == again
    assert queued == [(keeping.TASK, asked.pk)]
    assert (asked.state, asked.asked_by, asked.agrees) == (State.ASKED, fay, None)


def test_what_it_found_is_kept_and_it_is_carried_out_once(
    connection: Connection, queued: list[tuple[Any, ...]], finds: Finds
) -> None:
    explained = Explanation(
        why=Why.AMOUNT, amount=Decimal("-1.00"), sentence="INV-7", ours=(("invoice", 7),)
    )
    finds(
        found(
            documents=3,
            sums={"total": Both(ours=Decimal("120.00"), theirs=Decimal("119.00"))},
            accounts=[
                AccountLine(
                    account_id="84", name="Sales", role="income", ours=Decimal("-100.00"),
                    explained=Decimal(0), theirs=Decimal("-99.00"),
                )
            ],
            totals=[
                TotalLine(
                    total=ControlTotal.RECEIVABLE, currency="GBP", on=date(2026, 11, 27),
                    ours=Decimal("120.00"), theirs=Decimal("119.00"), explanations=(explained,),
                )
            ],
            differences=["Invoice INV-7: 120.00 GBP here, 119.00 GBP there."],
        )
    )  # fmt: skip
    asked = keeping.ask(connection, None, on=date(2026, 11, 27))

    kept = keeping.carry_out(asked.pk)

    assert kept is not None
    kept.refresh_from_db()
    assert (kept.state, kept.agrees, kept.open_count) == (State.DONE, False, 1)
    assert kept.sentence == "1 difference."
    assert kept.found["sums"] == {"total": {"ours": "120.00", "theirs": "119.00"}}
    assert kept.found["accounts"][0]["difference"] == "1.00"
    [total] = kept.found["totals"]
    assert (total["difference"], total["unexplained"], total["on"]) == (
        "-1.00",
        "0.00",
        "2026-11-27",
    )
    assert total["explanations"][0]["ours"] == [["invoice", 7]]
    assert keeping.newest(connection) == kept
    assert tasks.carry_out(asked.pk) == "Another has it, or it has ended."


def test_books_that_cannot_be_read_now_are_neither_said_to_agree_nor_to_differ(
    connection: Connection, queued: list[tuple[Any, ...]], finds: Finds
) -> None:
    finds(TryLater("They are not there.", remedy="Wait."))

    kept = keeping.carry_out(keeping.ask(connection, None).pk)

    assert kept is not None
    assert (kept.state, kept.agrees, kept.sentence, kept.remedy) == (
        State.STOPPED, None, "They are not there.", "Wait.",
    )  # fmt: skip
    assert keeping.newest(connection) is None


def test_a_fault_of_ours_ends_it_too_and_is_not_swallowed(
    connection: Connection, queued: list[tuple[Any, ...]], finds: Finds
) -> None:
    finds(ZeroDivisionError("Bell & Daughters"))
    asked = keeping.ask(connection, None)

    with pytest.raises(ZeroDivisionError):
        keeping.carry_out(asked.pk)

    asked.refresh_from_db()
    assert asked.state == State.STOPPED
    assert "ZeroDivisionError" in asked.sentence
    assert "Bell" not in asked.sentence


def test_one_whose_worker_ended_is_ended_and_can_be_asked_for_again(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    asked = keeping.ask(connection, None)
    KeptComparison.objects.update(state=State.READING, begun_at=timezone.now() - keeping.STALE * 2)

    again = keeping.ask(connection, None)

    assert again != asked
    asked.refresh_from_db()
    assert (asked.state, asked.sentence) == (State.STOPPED, keeping.BROKE_OFF)


def test_one_whose_task_was_lost_is_ended_too(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    asked = keeping.ask(connection, None)
    assert keeping.end_the_broken() == 0
    KeptComparison.objects.update(asked_at=timezone.now() - keeping.LOST * 2)

    assert keeping.ask(connection, None) != asked
    asked.refresh_from_db()
    assert (asked.state, asked.sentence) == (State.STOPPED, keeping.NEVER_BEGUN)


def test_live_books_are_compared_once_a_day_and_an_hour_after_one_was_stopped(
    connection: Connection, queued: list[tuple[Any, ...]], finds: Finds
) -> None:
    Connection.objects.update(stage=Connection.Stage.SETUP)
    assert tasks.compare_the_due() == "0 asked for"
    matched = {
        "trial_matched_at": timezone.now(),
        "trial_fingerprint": "tried",
        "settings_fingerprint": "tried",
    }
    Connection.objects.update(stage=Connection.Stage.LIVE, **matched)
    assert tasks.compare_the_due() == "1 asked for"
    assert tasks.compare_the_due() == "0 asked for"

    finds(TryLater("They are not there."))
    stopped = keeping.carry_out(KeptComparison.objects.get().pk)
    assert keeping.ask_the_due() == 0
    KeptComparison.objects.update(ended_at=timezone.now() - timedelta(minutes=61))
    assert keeping.ask_the_due() == 1

    finds(found(documents=1))
    done = keeping.carry_out(
        KeptComparison.objects.exclude(pk=stopped.pk if stopped else 0).get().pk
    )
    assert done is not None
    assert done.agrees
    assert keeping.ask_the_due() == 0
    KeptComparison.objects.filter(pk=done.pk).update(ended_at=timezone.now() - timedelta(hours=24))
    assert keeping.ask_the_due() == 1


def test_books_that_can_never_be_read_are_not_asked_for(queued: list[tuple[Any, ...]]) -> None:
    files = make_connection(make_company(), system="csv_ledger")
    assert keeping.ask_the_due() == 0
    with pytest.raises(CannotTell):
        keeping.ask(files, None)
    assert queued == []
