"""The pages of alerts and rules: what is wrong comes first, and who is told is set by an administrator."""

from collections.abc import Callable, Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.alerts import watching
from apps.alerts.models import Alert, AlertRule, Pulse
from apps.backoffice.alerts.rules import AlertRuleAdmin
from apps.staff.models import User
from tests.alerts.chat import Chat, chat_server
from tests.backoffice.conftest import NOON
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World

Browse = Callable[[str], Desk]
RULES = "admin:alerts_alertrule_changelist"


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with chat_server() as found:
        yield found


def alert(world: World, name: str, *, count: int = 1, hours: float = 1, **fields: Any) -> Alert:
    since = NOON - timedelta(hours=hours)
    return Alert.objects.create(
        key=name, company=world.company, connection=world.connection, count=count,
        sentence=f"{name} happened.", remedy="Mend it.", page="/admin/sync/syncrecord/",
        opened_at=since, grown_at=since, told_at=since, told_count=1, times_told=1,
        **{"kind": "failed", **fields},
    )  # fmt: skip


def test_the_first_page_names_open_alerts_oldest_and_largest_first(
    world: World, browse: Browse
) -> None:
    for number in range(5):
        alert(world, f"Small {number}", hours=3)
    alert(world, "Large", count=40, hours=3)
    alert(world, "Oldest", hours=9)
    alert(world, "Ended", hours=99, closed_at=timezone.now())

    shown = browse("Vera").get("/admin/").content.decode()

    named = [name for name in ("Oldest", "Large", "Small 0") if f"{name} happened." in shown]
    assert named == ["Oldest", "Large", "Small 0"]
    assert shown.index("Oldest happened.") < shown.index("Large happened.")
    assert shown.index("Large happened.") < shown.index("Small 0 happened.")
    assert "Ended happened." not in shown
    assert "1 more alert<" in shown


def test_the_list_says_what_where_since_when_how_many_and_what_to_do(
    world: World, browse: Browse
) -> None:
    alert(world, "It", count=1200, hours=3)
    alert(world, "Old", closed_at=timezone.now(), kind="paused")

    every = browse("Vera").get(reverse("admin:alerts_alert_changelist")).content.decode()
    for words in (
        "Records failed",
        str(world.connection),
        "1,200",
        "3\xa0hours ago",
        "It happened.",
    ):
        assert words in every, words
    assert '<a class="t-link" href="/admin/sync/syncrecord/">Mend it.</a>' in every
    opened = browse("Vera").get(reverse("admin:alerts_alert_changelist") + "?stands=open")
    assert "Old happened." in every
    assert "Old happened." not in opened.content.decode()


def form(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "company": world.company.pk, "how": "at_once", "role": "Accountant", "chat_name": "",
        "chat_address": "", "connection": "", "at_least": "2", "digest_at": "08:00",
        "weekday": "1", "quiet_from": "", "quiet_until": "", "breaks_through": "", "active": "on",
        **fields,
    }  # fmt: skip


def save(desk: Desk, world: World, **fields: Any) -> Any:
    return desk.post(reverse("admin:alerts_alertrule_add"), form(world, **fields))


def test_an_administrator_sets_who_is_told_and_a_viewer_reads_it(
    world: World, browse: Browse
) -> None:
    answer = save(
        browse("Ada"), world, how="weekly", kinds=["failed", "consent"], quiet_from="22:00",
        quiet_until="07:00", breaks_through="3",
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["errors"]
    made = AlertRule.objects.get()
    assert (made.kinds, made.quiet_from, made.breaks_through) == (
        ["failed", "consent"],
        time(22),
        3,
    )
    assert made.history.get().history_user.email == "ada@example.com"

    button = "Add a rule of who is told"
    assert button in browse("Ada").get(reverse(RULES)).content.decode()
    assert browse("Ada").get(reverse("admin:alerts_alertrule_add")).context["title"] == button
    listed = browse("Vera").get(reverse(RULES)).content.decode()
    for words in (
        "Every Accountant", "By e-mail, once a week, Monday at 08:00", "Records failed, Connection lost",
        "22:00 to 07:00, except for what is urgent",
    ):  # fmt: skip
        assert words in listed, words
    assert save(browse("Fay"), world).status_code == 403
    assert browse("Vera").post(page(made), form(world)).status_code == 403


REFUSED = (
    ({"role": ""}, "Choose the role whose people get the mails."),
    ({"how": "chat"}, "Enter the address that the chat gave for a webhook."),
    ({"how": "chat", "chat_address": "http://93.184.216.34/x"}, "begins with https://"),
    ({"how": "chat", "chat_address": "https://169.254.169.254/x"}, "private network"),
    ({"quiet_from": "22:00"}, "Enter both ends of the quiet hours, or neither."),
)


def test_what_cannot_be_told_is_refused_in_a_sentence(
    world: World, people: dict[str, User]
) -> None:
    request = RequestFactory().get("/")
    request.user = people["Ada"]
    typed = AlertRuleAdmin(AlertRule, admin.site).get_form(request)
    for fields, sentence in REFUSED:
        tried = typed(form(world, **fields))
        assert not tried.is_valid(), fields
        assert sentence in str(tried.errors), tried.errors


def test_the_address_of_a_chat_is_tried_by_a_button_and_never_shown(
    world: World, browse: Browse, chat: Chat
) -> None:
    ada = browse("Ada")
    answer = save(ada, world, how="chat", role="", chat_name="#finance", chat_address=chat.address)
    assert answer.status_code == 302, answer.context["errors"]
    made = AlertRule.objects.get()
    shown = ada.get(page(made)).content.decode()
    assert "secret-of-the-chat" not in shown
    assert "Send a test to the chat" in shown

    told = ada.post(page(made, "test-chat"), follow=True)
    assert "A test went to the chat #finance." in told.content.decode()
    assert chat.messages == [{"text": "This is a test by Tieout: alerts will arrive here."}]
    # Saved anew, its address is kept where none is typed.
    changed = ada.post(page(made), form(world, how="chat", role="", chat_name="#books"))
    made.refresh_from_db()
    assert changed.status_code == 302, changed.context["errors"]
    assert (made.chat_name, made.chat_address) == ("#books", chat.address)
    chat.status = 404
    told = ada.post(page(made, "test-chat"), follow=True)
    assert "The chat answered 404." in told.content.decode()


def test_a_page_says_on_top_that_no_worker_runs(world: World, browse: Browse) -> None:
    pulse = Pulse.objects.create(name="begun", at=timezone.now() - timedelta(minutes=8))
    watching.forget()
    try:
        shown = browse("Vera").get(reverse(RULES)).content.decode()
        assert '<p class="t-silence" role="alert">' in shown
        assert "The worker gave its last sign of life 8 minutes ago" in shown
        pulse.at = timezone.now()
        pulse.save()
        watching.forget()
        assert "t-silence" not in browse("Vera").get(reverse(RULES)).content.decode()
    finally:
        watching.forget()
