"""Silence judged outside the queue: the banner, the health address, and the watcher of cron."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from apps.alerts import tasks, views, watching
from apps.alerts.management.commands import watch as command
from apps.alerts.models import Alert, Pulse
from apps.connections.models import Connection
from tests.alerts.chat import Chat
from tests.exchange.schedules.week import Inbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def asked_anew(connection: Connection) -> Any:
    Connection.objects.update(by_schedule=False)
    watching.forget()
    yield
    watching.forget()


def beat(minutes: float = 0) -> None:
    moment = timezone.now() - timedelta(minutes=minutes)
    for name in ("begun", "looked"):
        Pulse.objects.update_or_create(name=name, defaults={"at": moment})


def watch() -> tuple[int, str]:
    """Exit status, and what it said."""
    out = StringIO()
    try:
        call_command("watch", stdout=out)
    except CommandError as said:
        return said.returncode, f"{out.getvalue()}{said}"
    return 0, out.getvalue()


def test_the_duty_gives_the_sign_of_life() -> None:
    tasks.look()
    assert dict(Pulse.objects.values_list("name", "at")) == dict.fromkeys(
        ("begun", "looked"), timezone.now()
    )


def test_a_look_that_breaks_off_each_time_is_heard(
    monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    tasks.look()

    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(tasks, "look_everywhere", broken)
    clock.shift(timedelta(minutes=6))
    with pytest.raises(ZeroDivisionError):
        tasks.look()
    answer = Client().get("/health/")
    assert answer.status_code == 503
    assert "was last looked for 6 minutes ago: that breaks off." in answer.content.decode()


def test_the_health_address_needs_no_sign_in_and_tells_no_name(connection: Connection) -> None:
    beat()
    well = Client().get("/health/")
    assert (well.status_code, well.content.decode()) == (200, f"{watching.ALL_WELL}\n")
    assert "no-store" in well["cache-control"]

    OrmQ.objects.create(key="tieout", payload="x", lock=timezone.now() - timedelta(minutes=30))
    behind = Client().get("/health/")
    assert (behind.status_code, behind.content.decode()) == (
        503, "The oldest task in the queue has waited for 30 minutes.\n",
    )  # fmt: skip
    beat(minutes=31)
    gone = Client().get("/health/")
    assert (gone.status_code, gone.content.decode()) == (
        503,
        "The worker gave its last sign of life 31 minutes ago, and nothing is sent or read.\n",
    )
    assert Client().post("/health/").status_code == 405


def test_where_no_worker_ever_ran_it_says_so() -> None:
    assert "No worker has run yet." in Client().get("/health/").content.decode()


def test_a_database_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: Any) -> Any:
        raise OperationalError("could not connect to server at 10.0.0.7")

    monkeypatch.setattr(views, "silences", gone)
    answer = Client().get("/health/")
    assert (answer.status_code, answer.content) == (503, b"The database does not answer.\n")


def test_the_banner_asks_once_for_many_pages(django_assert_num_queries: Any) -> None:
    beat(minutes=9)
    with django_assert_num_queries(1):
        said = [watching.banner(timezone.now()) for _ in range(5)]
    assert set(said) == {
        "The worker gave its last sign of life 9 minutes ago, and nothing is sent or read."
    }
    beat()
    watching.forget()
    assert watching.banner(timezone.now()) == ""


def test_the_watcher_tells_the_operators_once_and_calls_nobody(
    inbox: Inbox, chat: Chat, settings: Any, clock: Any
) -> None:
    settings.ALERT_OPERATORS, settings.WATCH_PING_URL = ["ops@example.com"], chat.address
    beat(minutes=9)
    assert watch()[0] == watch()[0] == 1
    ((to, mail),) = inbox.taken
    assert (to, mail["subject"]) == (
        "ops@example.com", "No worker runs: this installation of Tieout",
    )  # fmt: skip
    assert chat.asked == []

    beat()
    watch()
    clock.shift(timedelta(minutes=6))
    beat()
    status, said = watch()
    assert (status, said.strip()) == (0, watching.ALL_WELL)
    assert inbox.taken[-1][1]["subject"] == "Over: No worker runs: this installation of Tieout"
    assert len(chat.asked) == 2
    assert Alert.objects.get().closed_at == timezone.now()


def test_a_mail_that_was_refused_is_another_exit_status(inbox: Inbox, settings: Any) -> None:
    settings.ALERT_OPERATORS = ["ops@example.com"]
    inbox.answers["ops@example.com"] = "550 no such user"
    beat(minutes=9)
    status, said = watch()
    assert status == 2
    assert "550 no such user" in said


def test_a_switch_that_does_not_answer_is_another_exit_status(chat: Chat, settings: Any) -> None:
    beat()
    settings.WATCH_PING_URL = "http://127.0.0.1:9/ping"
    status, said = watch()
    assert status == 2
    assert "dead man" in said


def test_a_database_that_is_gone_is_mailed_past_the_rules(
    inbox: Inbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Any) -> Any:
        raise OperationalError("could not connect")

    settings.ALERT_OPERATORS = ["ops@example.com"]
    monkeypatch.setattr(command, "look_for_silence", gone)
    assert watch()[0] == 1
    assert inbox.to("ops@example.com")[0]["subject"] == "Tieout: The database does not answer."
