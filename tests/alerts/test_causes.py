"""Each kind of alert by rows: found, named, counted and linked, by a fixed number of statements."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve
from django.utils import timezone
from django_q.models import OrmQ

from apps.alerts.causes import Cause, look_everywhere, look_for_silence
from apps.alerts.models import Kind, Pulse
from apps.billing.actions import set_closing_date
from apps.connections.models import Connection, Grant
from apps.exchange.models import FileImport
from apps.reconciliation.models import KeptComparison
from apps.staff.models import User
from apps.sync.models import Cursor, Reason, RemoteRecord, Run, State, SyncRecord, packed
from apps.triggers.delivery import endpoints
from apps.triggers.delivery.replaying import replay
from apps.triggers.models import Delivery as Happening
from apps.triggers.models import Endpoint
from tests.alerts.trouble import fail, moved
from tests.factories import make_customer
from tests.triggers.happened import happen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Make = Callable[[Connection], None]


def causes(kind: Kind) -> list[Cause]:
    found = [each for each in look_everywhere(timezone.now()).causes if each.kind == kind]
    for each in found:
        assert each.sentence
        assert each.remedy
        try:
            resolve(each.page.partition("?")[0])
        except Resolver404:  # pragma: no cover
            pytest.fail(f"{each.page} leads nowhere")
    return found


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def test_failures_of_one_cause_are_one_by_the_same_number_of_statements(
    connection: Connection, django_assert_max_num_queries: Any
) -> None:
    fail(connection, 3)
    with CaptureQueriesContext(database) as few:
        look_everywhere(timezone.now())
    fail(connection, 47)

    with django_assert_max_num_queries(len(few)):
        (cause,) = causes(Kind.FAILED)

    assert (cause.count, cause.connection) == (50, connection.pk)
    assert cause.sentence.startswith("50 records failed: rejected over there. One of them: ")


def test_what_failed_for_another_reason_is_another_cause(connection: Connection) -> None:
    fail(connection, 2)
    fail(connection, 3, code="6140", reason=Reason.NUMBER_TAKEN, sentence="Number {name} is taken.")
    fail(
        connection, 4, code="", reason=Reason.MAPPING_MISSING, sentence="20% is not mapped.",
        waits_for="mapping:tax:1",
    )  # fmt: skip
    fail(
        connection, 1, code="", reason=Reason.MAPPING_MISSING, sentence="5% is not mapped.",
        waits_for="mapping:tax:2",
    )  # fmt: skip

    found = causes(Kind.FAILED)

    assert sorted(each.count for each in found) == [1, 2, 3, 4]
    assert len({each.key for each in found}) == 4


def test_sentences_that_differ_by_names_and_amounts_are_one_cause(connection: Connection) -> None:
    fail(
        connection, 5, code="", reason=Reason.CANNOT_HOLD, sentence="“{name}” is 120.00 over 99.",
    )  # fmt: skip
    (cause,) = causes(Kind.FAILED)
    assert cause.count == 5


def test_more_shapes_than_a_person_reads_are_told_as_one(connection: Connection) -> None:
    for word in ("north", "south", "east", "west", "inner", "outer"):
        fail(connection, 1, code="", reason=Reason.CANNOT_HOLD, sentence=f"It lies {word}.")
    (cause,) = causes(Kind.FAILED)
    assert cause.count == 6


def test_decisions_are_told_apart_from_failures(connection: Connection) -> None:
    fail(connection, 2, code="", reason=Reason.MAYBE_THE_SAME, sentence="{name} may be the same.")
    assert causes(Kind.FAILED) == []
    (cause,) = causes(Kind.DECISION)
    assert cause.count == 2


def _arrived(connection: Connection) -> None:
    for number in ("214", "215"):
        RemoteRecord.objects.create(
            connection=connection, kind="Payment", remote_id=number, packed_raw=packed({}),
            arrival=RemoteRecord.Arrival.NEEDS_PERSON, sentence=f"Payment {number} has no customer.",
            read_at=timezone.now(),
        )  # fmt: skip


def _closed_month(connection: Connection) -> None:
    """Two of a closed month, and one that waits for something else."""
    waits = {"kind": "Payment", "packed_raw": packed({}), "arrival": RemoteRecord.Arrival.WAITS}
    for number, day, what in ((7, 3, "closing_date"), (8, 30, "closing_date"), (9, 5, "decision")):
        RemoteRecord.objects.create(
            connection=connection, remote_id=str(number), dated=date(2026, 3, day), waits_for=what,
            read_at=timezone.now(), **waits,
        )  # fmt: skip
    set_closing_date(connection.company, date(2026, 3, 31), reason="March is done")


def _lost(connection: Connection) -> None:
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="It was ended over there.")
    moved(connection, stage="paused", stage_reason="Connect again.")


def _ends_soon(connection: Connection) -> None:
    Grant.objects.update(refresh_expires_at=ago(days=-3))


def _ends_for_good(connection: Connection) -> None:
    Grant.objects.update(refresh_hard_expires_at=ago(days=-20))


def _paused(connection: Connection) -> None:
    moved(connection, stage="paused", stage_reason="A mapping was changed.")


def _unreachable(connection: Connection) -> None:
    moved(connection, last_error="Their server does not answer.", last_ok_at=ago(hours=7))


def _compared(connection: Connection, **fields: Any) -> None:
    KeptComparison.objects.create(
        connection=connection, on=date(2026, 11, 9), ended_at=timezone.now(), **fields
    )


def _differs(connection: Connection) -> None:
    _compared(connection, state="done", agrees=False, open_count=7, sentence="7 differences.")


def _stopped(connection: Connection) -> None:
    _compared(connection, state="stopped", sentence="Their report could not be read.")


def _late(connection: Connection) -> None:
    SyncRecord.objects.create(
        connection=connection, kind="customer", customer=make_customer(connection.company), wanted=1,
        state=State.WAITING, due_at=ago(hours=3),
    )  # fmt: skip


def _unreadable(connection: Connection, **fields: Any) -> None:
    FileImport.objects.create(
        company=connection.company, name="march.csv", path="x", size=1, sha256="0" * 64,
        **{"stage": "unreadable", **fields},
    )  # fmt: skip


def _stuck(connection: Connection) -> None:
    _unreadable(connection, stage="writing")
    FileImport.objects.update(moved_at=ago(minutes=40))


def _nothing_ran(connection: Connection) -> None:
    Cursor.objects.create(connection=connection, saved_at=ago(hours=9))
    Run.objects.create(connection=connection, duty="sync", started_at=ago(hours=9))


def _nothing_came(connection: Connection) -> None:
    Cursor.objects.create(connection=connection, saved_at=ago(minutes=1))
    Run.objects.create(connection=connection, duty="sync", started_at=ago(days=15), pulled=3)
    Run.objects.create(connection=connection, duty="sync", started_at=ago(minutes=1))


def _receiver(connection: Connection, **fields: Any) -> Endpoint:
    """That takes nothing, with an event that waits."""
    made = endpoints.add(connection.company, name="Shop", address="https://93.184.216.34/x")
    happen(connection.company, 1)
    Endpoint.objects.filter(pk=made.pk).update(**fields)
    return made


def _receiver_off(connection: Connection) -> None:
    _receiver(connection, state="off", failing_since=ago(days=5), reason="It took nothing.")


def _receiver_failing(connection: Connection) -> None:
    _receiver(connection, failing_since=ago(hours=30))


def _given_up(connection: Connection) -> None:
    _receiver(connection)
    Happening.objects.update(state="failed", due_at=None, ended_at=ago(hours=1))


def _queue(connection: Connection) -> None:
    OrmQ.objects.create(key="tieout", payload="x", lock=ago(minutes=25))


SAID_OF_MARCH = (
    "2 arrivals are dated 3 March 2026 to 30 March 2026 and not applied: our books are closed up to "
    "31 March 2026."
)
TROUBLES: dict[str, tuple[Kind, Make, int, str]] = {
    "arrived": (Kind.ARRIVED, _arrived, 2, "2 arrivals could not be applied here."),
    "closed month": (Kind.CLOSED_MONTH, _closed_month, 2, SAID_OF_MARCH),
    "lost": (Kind.CONSENT, _lost, 1, "It was ended over there. Nothing goes out or comes in."),
    "ends soon": (Kind.ENDS_SOON, _ends_soon, 1, "ends in 3 days, on 13 November 2026"),
    "ends for good": (Kind.ENDS_SOON, _ends_for_good, 1, "ends in 20 days"),
    "paused": (Kind.PAUSED, _paused, 1, "It is paused. A mapping was changed."),
    "unreachable": (Kind.UNREACHABLE, _unreachable, 1, "The last good contact was 7 hours ago."),
    "differs": (Kind.DIFFER, _differs, 7, "Compared as of 9 November 2026: 7 differences."),
    "stopped": (Kind.NOT_COMPARED, _stopped, 1, "Whether both sides agree is not known."),
    "late": (Kind.LATE, _late, 1, "the oldest has waited for 3 hours"),
    "unreadable": (Kind.IMPORT, _unreadable, 1, "1 import could not be read: march.csv."),
    "stuck": (Kind.IMPORT, _stuck, 1, "has not got further for half an hour: march.csv."),
    "nothing ran": (Kind.NOTHING_RAN, _nothing_ran, 1, "nothing ran for 9 hours"),
    "nothing came": (Kind.NOTHING_CAME, _nothing_came, 1, "Nothing arrived from these books"),
    "receiver off": (Kind.LISTENER, _receiver_off, 1, "was switched off. It took nothing. 1 event"),
    "receiver failing": (Kind.LISTENER, _receiver_failing, 1, "has taken no event for 30 hours."),
    "events given up": (Kind.LISTENER, _given_up, 1, "1 event for “Shop” could not be delivered"),
    "queue": (Kind.QUEUE, _queue, 1, "has waited for 25 minutes"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_is_one_cause_and_nothing_else(connection: Connection, name: str) -> None:
    kind, make, count, words = TROUBLES[name]
    Cursor.objects.create(connection=connection) if name not in (
        "nothing ran",
        "nothing came",
    ) else 0
    assert look_everywhere(timezone.now()).causes == ()

    make(connection)

    (cause,) = causes(kind)
    assert cause.count == count
    assert words in cause.sentence
    others = [each.kind for each in look_everywhere(timezone.now()).causes if each.kind != kind]
    assert others == []


@pytest.mark.slow
def test_whoever_follows_an_alert_finds_what_it_tells_of(
    connection: Connection, people: dict[str, User]
) -> None:
    """Also who may only look."""
    vera = Client()
    vera.force_login(people["Vera"])
    fail(connection, 2)
    seen: set[Kind] = set()
    for _, make, _, _ in TROUBLES.values():
        Cursor.objects.all().delete()
        Grant.objects.update(status=Grant.Status.ACTIVE)
        moved(connection, stage="live", last_error="")
        make(connection)
        for cause in look_everywhere(timezone.now()).causes:
            if cause.kind in seen:
                continue
            seen.add(cause.kind)
            answer = vera.get(cause.page)
            assert answer.status_code == 200, (cause.page, answer)
    assert seen == {kind for kind, *_ in TROUBLES.values()} | {Kind.FAILED}


def test_what_a_later_comparison_found_counts_alone(connection: Connection) -> None:
    _compared(connection, state="done", agrees=False, open_count=7, sentence="7 differences.")
    KeptComparison.objects.update(ended_at=ago(days=1))
    _compared(connection, state="done", agrees=True, sentence="Both sides agree.")
    assert causes(Kind.DIFFER) == []


def test_what_differed_on_an_earlier_day_worries_nobody_and_ends_no_worry(
    connection: Connection,
) -> None:
    _compared(connection, state="done", agrees=False, open_count=7, sentence="7 differences.")
    KeptComparison.objects.update(ended_at=ago(days=1))
    _compared(connection, state="done", agrees=True, of_now=False, sentence="Agreed.")
    (cause,) = causes(Kind.DIFFER)
    assert cause.count == 7

    KeptComparison.objects.filter(of_now=True).update(agrees=True)
    KeptComparison.objects.filter(of_now=False).update(agrees=False)
    _compared(connection, state="stopped", of_now=False, sentence="They are not there.")
    assert causes(Kind.DIFFER) == []
    assert causes(Kind.NOT_COMPARED) == []


def test_a_receiver_that_a_person_switched_off_and_an_event_sent_again_are_nobodys_worry(
    connection: Connection,
) -> None:
    made = _receiver(connection)
    endpoints.switch_off(made, "Not now.")
    assert causes(Kind.LISTENER) == []
    endpoints.switch_on(made)
    Happening.objects.update(state="failed", due_at=None, ended_at=ago(hours=1))
    assert len(causes(Kind.LISTENER)) == 1
    replay(Happening.objects.get())
    assert causes(Kind.LISTENER) == []


def test_books_that_hold_by_themselves_are_not_late(connection: Connection) -> None:
    _late(connection)
    moved(connection, paused_until=ago(hours=-1))
    assert causes(Kind.LATE) == []


def test_disconnected_books_are_nobodys_worry(connection: Connection) -> None:
    fail(connection, 2)
    _lost(connection)
    moved(connection, stage="disconnected")
    assert look_everywhere(timezone.now()).causes == ()


def test_a_worker_that_gives_no_sign_of_life_is_seen_from_outside_alone(
    connection: Connection,
) -> None:
    Cursor.objects.create(connection=connection)
    Pulse.objects.create(name="begun", at=ago(minutes=12))
    assert causes(Kind.WORKER) == []
    (cause,) = look_for_silence(timezone.now()).causes
    assert (cause.kind, cause.company) == (Kind.WORKER, None)
    assert "12 minutes ago" in cause.sentence

    Pulse.objects.update(at=ago(minutes=4))
    assert look_for_silence(timezone.now()).causes == ()


def test_the_day_of_a_consent_far_away_is_no_worry(connection: Connection) -> None:
    Grant.objects.update(
        refresh_expires_at=ago(days=-8), refresh_hard_expires_at=datetime(2027, 6, 1, tzinfo=UTC)
    )
    assert causes(Kind.ENDS_SOON) == []
