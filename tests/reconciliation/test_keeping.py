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
from apps.reconciliation import holds, keeping, tasks
from apps.reconciliation.figures import AccountLine, Both, Comparison, Explanation, TotalLine
from apps.reconciliation.findings import Finding
from apps.reconciliation.models import KeptComparison, Why
from apps.staff.models import User
from apps.sync.models import Run
from tests.backoffice.world import make_connection
from tests.factories import make_company

pytestmark = pytest.mark.django_db
State = KeptComparison.State
Finds = Callable[..., None]


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(holds, "async_task", lambda *task, **_: found.append(task))
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
    assert queued == [(holds.TASK, asked.pk)]
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
            differences=[Finding("Invoice INV-7: 120.00 GBP here, 119.00 GBP there.", Why.AMOUNT)],
        )
    )  # fmt: skip
    asked = keeping.ask(connection, None)

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


def test_one_whose_worker_ended_is_begun_anew_and_after_three_times_ended(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    asked = keeping.ask(connection, None)
    for time in range(holds.TIMES):
        assert holds.take(asked.pk) is not None
        assert holds.take(asked.pk) is None, "one worker has it"
        assert holds.mend() == 0
        assert len(queued) == 1 + time, "nothing is queued while it is held"
        let_go_of(asked)
        keeping.ask(connection, None)

    assert queued[: holds.TIMES] == [(holds.TASK, asked.pk)] * holds.TIMES
    asked.refresh_from_db()
    assert (asked.state, asked.sentence) == (State.STOPPED, holds.BROKE_OFF)
    assert KeptComparison.objects.get(state=State.ASKED) != asked


def test_who_lost_it_writes_nothing_more(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    asked = keeping.ask(connection, None)
    first = holds.take(asked.pk)
    let_go_of(asked)
    second = holds.take(asked.pk)
    assert first is not None
    assert second is not None

    with pytest.raises(holds.Superseded):
        first.renew(at_once=True)
    assert not first.end(state=State.DONE, agrees=True)
    second.renew(at_once=True)
    assert second.end(state=State.DONE, agrees=False)
    asked.refresh_from_db()
    assert (asked.state, asked.agrees, asked.times_begun) == (State.DONE, False, 2)


def test_a_run_that_nobody_ends_ends_with_its_worker(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    asked = keeping.ask(connection, None)
    holds.take(asked.pk)
    run = Run.objects.create(connection=connection, duty="proof", started_at=timezone.now())
    let_go_of(asked)

    holds.mend()

    run.refresh_from_db()
    assert (run.outcome, run.sentence) == (Run.Outcome.STOPPED, "Its worker ended.")
    assert run.ended_at is not None


def test_no_call_begins_after_its_time(
    connection: Connection, queued: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = holds.take(keeping.ask(connection, None).pk)
    assert hold is not None
    hold.before_call()
    monkeypatch.setattr(holds, "LAST_CALL", -1)

    with pytest.raises(TryLater, match="within 25 minutes"):
        hold.before_call()


def test_one_worker_stays_free_and_the_end_of_one_begins_the_next(
    connection: Connection, queued: list[tuple[Any, ...]], finds: Finds, settings: Any
) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "workers": 2}
    other = make_connection(make_company(), remote_company_id="9130350000000002")
    first, second = keeping.ask(connection, None), keeping.ask(other, None)
    hold = holds.take(first.pk)
    assert hold is not None
    assert keeping.carry_out(second.pk) is None
    second.refresh_from_db()
    assert second.state == State.ASKED

    hold.end(state=State.STOPPED)
    queued.clear()
    holds.queue_the_next()
    assert queued == [(holds.TASK, second.pk)]
    finds(found(documents=1))
    assert keeping.carry_out(second.pk) is not None


def test_one_whose_task_was_lost_is_ended_too(
    connection: Connection, queued: list[tuple[Any, ...]]
) -> None:
    asked = keeping.ask(connection, None)
    assert holds.mend() == 0
    let_go_of(asked)

    assert keeping.ask(connection, None) != asked
    asked.refresh_from_db()
    assert (asked.state, asked.sentence) == (State.STOPPED, holds.NEVER_BEGUN)


def let_go_of(asked: KeptComparison) -> None:
    """As if nobody had renewed the hold for as long as it lasts."""
    late = timezone.now() - timedelta(seconds=1)
    KeptComparison.objects.filter(pk=asked.pk).update(held_until=late)


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
    # One as of an earlier day says nothing of now.
    then = keeping.carry_out(keeping.ask(connection, None, date(2026, 3, 31)).pk)
    assert then is not None
    assert not then.of_now
    assert keeping.newest(connection) == done
    assert keeping.ask_the_due() == 1


def test_books_that_can_never_be_read_are_not_asked_for(queued: list[tuple[Any, ...]]) -> None:
    files = make_connection(make_company(), system="csv_ledger")
    assert keeping.ask_the_due() == 0
    with pytest.raises(CannotTell):
        keeping.ask(files, None)
    assert queued == []
