"""The sealer: everything once, in one chain, without anybody waiting; whatever keys there are."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from apps.core.kept import Kept
from apps.core.rows import insert_rows
from apps.staff.models import SecurityEvent
from apps.staff.security import Kind, note
from apps.sync.models import Call
from apps.trail import sealing
from apps.trail.keys import keys, newest
from apps.trail.models import Again, Chain, Entry, Floor
from apps.trail.sealing import PORTION, seal
from apps.trail.sources import sources
from apps.trail.turns import LEASE, Turn, TurnLost
from apps.trail.verifying import verify
from tests.exchange.archive.world import FullWorld
from tests.trail.raw import found, only

pytestmark = pytest.mark.django_db
EVENTS = "staff.SecurityEvent"


def events(count: int) -> None:
    insert_rows(
        SecurityEvent,
        [
            SecurityEvent(kind="operated", words=f"Deed {number}", details={"number": number})
            for number in range(count)
        ],
    )


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Statements by their first word, however many there are."""
    found: Counter[str] = Counter()

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found[sql.split(maxsplit=1)[0]] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield found


def test_every_model_that_is_written_once_is_a_source() -> None:
    """A history that somebody adds tomorrow is sealed, whatever it is called."""
    held = {source.model for source in sources().values()}
    missing = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if (issubclass(model, Kept) or hasattr(model, "history_object")) and model not in held
    }

    assert missing == {"trail.Entry", "trail.Shape"}  # the chain itself
    assert {"sync.Call", "sync.Call:bodies", "sync.Conflict", "billing.Approval"} <= {*sources()}


def test_what_is_over_is_sealed_and_what_is_not_is_looked_at_again(
    world: FullWorld, hours: None
) -> None:
    call = Call.objects.create(
        connection=world.connection, purpose="push", method="POST", path="/x", body=b"ask",
        started_at=timezone.now(),
    )  # fmt: skip
    for _ in range(3):
        seal()
    mine = Entry.objects.filter(kind__startswith="sync.Call", key=call.pk)
    assert not mine.exists()
    assert Again.objects.filter(key=call.pk, kind="sync.Call").exists(), "the floor has passed it"
    assert found() == []

    Call.objects.filter(pk=call.pk).rewrite(
        state=Call.State.ANSWERED, status=200, answer=b"got", answered_at=timezone.now()
    )
    seal()

    assert {each.kind for each in mine} == {"sync.Call", "sync.Call:bodies"}
    assert not Again.objects.filter(key=call.pk).exists()
    assert found() == []


def test_what_never_ends_costs_no_statement_each_minute() -> None:
    """A decision that nobody withdraws is looked at again for ever; in years there are a million."""
    seal()
    with counted() as before:
        seal()
    withdrawals = "sync.MatchDecision:withdrawal"
    Again.objects.bulk_create(Again(kind=withdrawals, key=key) for key in range(1, 4_001))
    with counted() as after:
        seal()
    assert after["SELECT"] == before["SELECT"]


def test_a_key_that_is_committed_late_is_not_left_out(hours: None) -> None:
    """It has a lower key than others that were sealed before it."""
    first = note(Kind.OPERATED, "First").pk
    held = SecurityEvent(pk=first + 1, kind="operated", words="Committed late")
    SecurityEvent(pk=first + 2, kind="operated", words="Committed before it").save()
    sealing_now = seal()
    held.save()
    assert sealing_now.ended
    seal()

    keys_sealed = Entry.objects.filter(kind=EVENTS).values_list("key", flat=True)
    assert sorted(keys_sealed) == [first, first + 1, first + 2]
    assert found() == []


def test_the_floor_rises_only_an_hour_behind() -> None:
    note(Kind.OPERATED, "First")
    seal()
    seal()
    assert Floor.objects.get(kind=EVENTS).key == 0
    Floor.objects.filter(kind=EVENTS).update(high_at=timezone.now() - timedelta(minutes=61))
    seal()
    assert Floor.objects.get(kind=EVENTS).key == SecurityEvent.objects.get().pk


def test_one_seals_at_a_time_and_who_lost_the_turn_adds_nothing() -> None:
    events(3)
    turn = Turn.take()
    assert turn is not None
    assert seal().entries == 0
    Chain.objects.update(lease_until=timezone.now() - LEASE)  # it stood still
    other = Turn.take()
    assert other is not None
    with pytest.raises(TurnLost):
        turn.confirm()
    other.release()
    assert seal().entries >= 3


def test_what_time_does_not_suffice_for_the_next_pass_goes_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing, "PORTION", 10)
    events(25)
    assert not seal(seconds=-1).ended
    assert Entry.objects.filter(kind=EVENTS).count() < 25
    assert seal().ended
    sealed = Entry.objects.filter(kind=EVENTS).values_list("key", flat=True)
    assert len(sealed) == len({*sealed}) == 25
    assert found() == []


def test_a_key_that_follows_another(settings: Any) -> None:
    settings.TRAIL_KEYS = ["the first key of all"]
    events(3)
    seal()
    settings.TRAIL_KEYS = ["a key that came later", "the first key of all"]
    events(2)
    seal()

    assert Entry.objects.order_by().values("under").distinct().count() == 2
    assert found() == []
    lost = next(each.name for each in keys().values() if each != newest())
    settings.TRAIL_KEYS = ["a key that came later"]
    only(found(), "key lost", f"sealed with the key {lost}", "Put it back behind the newest")


def test_another_key_does_not_pass_for_the_one(settings: Any, monkeypatch: Any) -> None:
    """Under the name of the true one, too."""
    settings.TRAIL_KEYS = ["the true key"]
    name = newest().name
    settings.TRAIL_KEYS = ["a key that somebody made up"]
    events(3)
    seal()
    settings.TRAIL_KEYS = ["the true key"]
    lost = found()
    assert [what for what, _ in lost] == ["key lost"]
    assert name not in lost[0][1]


@pytest.mark.parametrize("rows", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_many_rows_by_few_statements_and_in_flat_memory(rows: int) -> None:
    seal()  # of each kind the first look is noted
    events(rows)
    tracemalloc.start()
    with counted() as sealing_them:
        assert seal(600).entries == rows
    with counted() as verifying_them:
        report = verify()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert report.findings.count == 0
    assert report.entries >= rows
    portions = rows // PORTION + 1
    kinds = len(sources())
    assert sealing_them["INSERT"] <= portions + kinds
    assert sealing_them["SELECT"] <= 8 * portions + 20 * kinds
    assert verifying_them["SELECT"] <= 3 * portions + 12 * kinds
    assert set(verifying_them) <= {"SELECT"}, "a look changes nothing"
    assert most < 4 * 2**20  # 400 bytes for each of ten thousand


def test_a_shape_that_grew_changes_no_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a release with one more column."""
    whole = sources()[EVENTS]
    less = tuple(each for each in whole.columns if each != "browser")
    grown: dict[str, Any] = {**sources()}
    grown[EVENTS] = type(whole)(model=whole.model, columns=less, at=whole.at)
    monkeypatch.setattr(sealing, "sources", lambda: grown)
    events(2)
    seal()
    monkeypatch.undo()
    events(2)
    seal()

    assert Entry.objects.filter(kind=EVENTS).values("shape").distinct().count() == 2
    assert found() == []
