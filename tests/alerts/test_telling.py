"""Whom it tells, over a real mail server and to a real HTTP server: once each, and what became of it."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from apps.alerts import tasks
from apps.alerts.models import Alert, Delivery, Event, Severity
from apps.alerts.telling import sending
from apps.alerts.telling.addressing import address
from apps.connections.models import Connection, Grant
from apps.staff.models import User
from tests.alerts.chat import Chat
from tests.alerts.trouble import fail, heal, live_connection, moved, rule
from tests.exchange.schedules.week import Inbox
from tests.factories import make_company

pytestmark = pytest.mark.django_db
FAY, ADA = "fay@example.com", "ada@example.com"
Pass = Callable[..., None]


@pytest.fixture(autouse=True)
def settled(connection: Connection, clock: Any) -> None:
    Connection.objects.update(by_schedule=False)  # whether it runs is asked elsewhere


@pytest.fixture
def look(clock: Any) -> Pass:
    def pass_(**after: float) -> None:
        clock.shift(timedelta(**(after or {"minutes": 1})))
        tasks.look()

    return pass_


def outcomes() -> list[tuple[str, str]]:
    return list(Delivery.objects.values_list("to", "state"))


# --- mail ----------------------------------------------------------------------------------------


def test_a_mail_says_what_and_where_as_text_and_html(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection)
    fail(connection, 12)
    look()
    look()

    (mail,) = inbox.to(FAY)
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert mail["subject"] == f"Records failed (12): {connection}"
    assert mail["auto-submitted"] == "auto-generated"
    for body in (text, html):
        assert "12 records failed: rejected over there." in body
        assert "Give it a tax number, then send it again." in body
        assert "https://tieout.example/admin/sync/syncrecord/?state__exact=needs_person" in body
    assert "10 November 2026, 12:01" in text
    assert [to for to, _ in inbox.taken] == [FAY]


def test_one_mail_for_all_that_a_recipient_is_told_at_once(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection)
    rule(connection, role="Administrator")
    fail(connection, 2)
    moved(
        connection, last_error="They do not answer.", last_ok_at=timezone.now() - timedelta(hours=9)
    )
    Grant.objects.update(refresh_expires_at=timezone.now() + timedelta(days=2))
    look()

    for person in (FAY, ADA):
        (mail,) = inbox.to(person)
        assert mail["subject"] == f"Records failed (2): {connection}, and 2 more"
    assert Event.objects.count() == 3
    assert Delivery.objects.count() == 6


def test_it_is_told_when_it_is_over_and_once(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection)
    fail(connection, 12)
    look()
    heal(connection)
    look()
    look(minutes=6)
    look()

    _, last = inbox.to(FAY)
    assert last["subject"] == f"Over: Records failed (12): {connection}"
    assert "Its cause is gone." in last.get_body(["plain"]).get_content()  # type: ignore[union-attr]


def test_a_rule_chooses_books_kinds_and_severity(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    other = live_connection(
        company=make_company(), remote_company_id="77", by_schedule=False, name="Other books"
    )
    rule(connection, role="Accountant", kinds=["paused"])
    rule(connection, role="Clerk", at_least=Severity.URGENT)
    rule(connection, role="Viewer", connection=connection)
    rule(other, role="Administrator")
    fail(connection, 2)
    look()

    assert [to for to, _ in inbox.taken] == ["vera@example.com"]


def test_what_is_of_the_installation_goes_to_the_rules_of_all(
    connection: Connection, inbox: Inbox, look: Pass, settings: Any
) -> None:
    settings.ALERT_OPERATORS = ["Ops@example.com"]
    rule(connection, connection=connection)
    OrmQ.objects.create(key="tieout", payload="x", lock=timezone.now() - timedelta(minutes=20))
    look()

    assert sorted(to for to, _ in inbox.taken) == [FAY, "ops@example.com"]


def test_the_same_person_by_two_rules_is_told_once_and_by_the_sooner(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection, how="daily")
    rule(connection)
    fail(connection, 2)
    look()
    assert len(inbox.taken) == 1
    look(days=1)
    assert [mail["subject"] for _, mail in inbox.taken[1:]] == [f"Records failed (2): {connection}"]


def test_whoever_left_meanwhile_is_told_nothing(
    connection: Connection, inbox: Inbox, look: Pass, people: dict[str, User]
) -> None:
    rule(connection, how="daily")
    fail(connection, 2)
    look()
    User.objects.filter(pk=people["Fay"].pk).update(is_active=False)
    look(hours=21)

    assert inbox.taken == []
    (told,) = Delivery.objects.filter(event__number=1)
    assert (told.state, told.sentence) == ("refused", "Fay does not work here any more.")


def test_quiet_hours_hold_it_back_till_their_end_and_something_grave_breaks_through(
    connection: Connection, inbox: Inbox, look: Pass, clock: Any
) -> None:
    rule(
        connection, quiet_from=time(11), quiet_until=time(14), breaks_through=Severity.URGENT
    )  # fmt: skip
    fail(connection, 2)
    look()
    assert inbox.taken == []
    other = live_connection(company=connection.company, remote_company_id="78", by_schedule=False)
    Grant.objects.filter(pk=other.grant_id).update(status="lost", lost_reason="It was ended.")
    look()
    assert [mail["subject"] for _, mail in inbox.taken] == [f"Connection lost: {other}"]
    look(hours=1, minutes=57)
    assert len(inbox.taken) == 1
    look()
    assert inbox.taken[1][1]["subject"] == f"Records failed (2): {connection}"


def test_a_digest_tells_all_of_its_day_in_one_mail(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection, how="daily", digest_at=time(8))
    fail(connection, 2)
    look()
    fail(connection, 20)
    look()
    moved(
        connection, last_error="They do not answer.", last_ok_at=timezone.now() - timedelta(hours=9)
    )
    look(hours=10)
    assert inbox.taken == []
    look(hours=10)

    ((_, mail),) = inbox.taken
    assert mail["subject"] == f"Records failed (22): {connection}, and 1 more"
    assert Delivery.objects.filter(state="sent").count() == 3


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_mail_server_that_is_away_is_tried_again_and_nothing_is_told_twice(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection)
    fail(connection, 2)
    inbox.answer = "451 later"
    look()
    (waits,) = Delivery.objects.all()
    assert (waits.state, waits.tries) == ("waiting", 1)
    assert waits.due_at == timezone.now() + timedelta(minutes=1)
    assert "451" in waits.sentence
    inbox.answer = "250 taken"
    look()
    look()
    assert len(inbox.taken) == 1
    assert outcomes() == [(FAY, "sent")]


def test_it_gives_up_after_seven_hours(connection: Connection, inbox: Inbox, look: Pass) -> None:
    rule(connection)
    fail(connection, 2)
    inbox.answer = "451 later"
    for wait in ({"minutes": 1}, {"minutes": 1}, {"minutes": 10}, {"hours": 1}, {"hours": 6}):
        look(**wait)
    (told,) = Delivery.objects.all()
    assert (told.state, told.tries) == ("refused", 5)


def test_an_address_that_is_refused_says_why_and_holds_nobody_else_up(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection)
    rule(connection, role="Administrator")
    inbox.answers[ADA] = "550 no such user"
    fail(connection, 2)
    look()
    assert sorted(outcomes()) == [(ADA, "refused"), (FAY, "sent")]
    assert "550 no such user" in Delivery.objects.get(to=ADA).sentence


def test_a_worker_that_ended_while_sending_leaves_it_in_doubt(
    connection: Connection, inbox: Inbox, look: Pass, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    rule(connection)
    fail(connection, 2)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "post", die)
        with pytest.raises(Killed):
            look()
    look()
    assert outcomes() == [(FAY, "sending")]
    assert inbox.taken == []


def test_an_event_is_addressed_once_and_claimed_once(
    connection: Connection, inbox: Inbox, look: Pass
) -> None:
    rule(connection)
    fail(connection, 2)
    look()
    Event.objects.update(addressed=False)  # as a second worker saw it that began at once
    address(timezone.now())
    assert sending.send_due(timezone.now()) == 0
    assert len(inbox.taken) == Delivery.objects.count() == 1


# --- chat ----------------------------------------------------------------------------------------


def test_a_chat_gets_counts_and_names_of_books_and_nothing_of_a_customer(
    connection: Connection, chat: Chat, look: Pass
) -> None:
    rule(connection, address=chat.address)
    fail(connection, 12)
    look()
    look()

    (message,) = chat.messages
    page = Alert.objects.get().page.replace("&", "&amp;")
    assert message == {
        "text": f"New: Records failed (12): {connection} <https://tieout.example{page}|Open>"
    }
    assert "Bell" not in str(message)


def test_a_chat_that_is_gone_is_tried_again(connection: Connection, chat: Chat, look: Pass) -> None:
    rule(connection, address="http://127.0.0.1:9/services/x")
    fail(connection, 2)
    look()
    told = Delivery.objects.get()
    assert told.state == "waiting"
    assert "could not be reached" in told.sentence


def test_the_address_of_a_chat_is_sealed(connection: Connection, chat: Chat) -> None:
    made = rule(connection, address=chat.address)
    made.refresh_from_db()
    assert chat.address not in made.sealed_address
    assert made.chat_address == chat.address
    assert not hasattr(made.history.first(), "sealed_address")
