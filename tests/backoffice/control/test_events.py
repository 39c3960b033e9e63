"""The page of security events: who sees it, what it shows, and what is noted by acts and commands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.connections import lifecycle
from apps.exchange.exports.cells import Cell
from apps.staff.models import SecurityEvent, User
from apps.staff.security import KEPT_FOR, Forgotten, Kind, forget_old_events, note
from apps.triggers.models import Endpoint
from tests.all_rights import make_almighty
from tests.backoffice.telling.test_screens import form as endpoint_form
from tests.backoffice.world import World
from tests.triggers.receiver import Receiver, receiving

Browse = Callable[[str], Client]
LIST = "admin:staff_securityevent_changelist"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with receiving() as found:
        yield found


@pytest.mark.parametrize(
    ("name", "status"), [("Ada", 200), ("Fay", 200), ("Cleo", 403), ("Vera", 403), ("Otto", 403)]
)
def test_those_who_give_access_and_those_who_post_see_them(
    name: str, status: int, people: dict[str, User], browse: Browse
) -> None:
    event = note(Kind.SIGNED_OUT, "Signed out.", person=people["Fay"])
    client = browse(name)
    pages = [reverse(LIST), reverse("admin:staff_securityevent_change", args=[event.pk])]
    assert {client.get(page).status_code for page in pages} == {status}
    shown = "Security events" in client.get(reverse("admin:index")).content.decode()
    assert shown == (status == 200)


def test_nobody_adds_changes_or_deletes_one(people: dict[str, User]) -> None:
    client = Client()
    client.force_login(make_almighty("root@example.com", "a-long-password-1"))
    event = note(Kind.SIGNED_OUT, "Signed out.")
    assert client.post(reverse("admin:staff_securityevent_add"), {"words": "x"}).status_code == 403
    for what in ("change", "delete"):
        page = reverse(f"admin:staff_securityevent_{what}", args=[event.pk])
        assert client.post(page, {"words": "x", "post": "yes"}).status_code == 403
    assert SecurityEvent.objects.filter(words="Signed out.").exists()


def test_it_is_filtered_searched_and_taken_as_shown(
    people: dict[str, User], browse: Browse
) -> None:
    note(Kind.SIGN_IN_REFUSED, "A wrong password.", person=people["Cleo"])
    with time_machine.travel(datetime(2026, 11, 3, 9, 5, 7, tzinfo=UTC)):
        note(Kind.RIGHTS_CHANGED, "Cleo became an Accountant.", person=people["Ada"], subject=people["Cleo"], was="Clerk")  # fmt: skip
    ada = browse("Ada")

    def found(query: str) -> set[str]:
        page = ada.get(f"{reverse(LIST)}?{query}").content.decode()
        sentences = {"A wrong password.", "Cleo became an Accountant."}
        return {each for each in sentences if each in page}

    assert found("kind__exact=sign_in_refused") == {"A wrong password."}
    assert found(f"person__id__exact={people['Ada'].pk}") == {"Cleo became an Accountant."}
    assert found("at_from=3+Nov+2026&at_to=3+Nov+2026") == {"Cleo became an Accountant."}
    assert found("q=wrong") == {"A wrong password."}
    assert found("q=nothing-like-it") == set()
    page = ada.get(reverse(LIST)).content.decode()
    assert "3 Nov 2026 09:05:07 UTC" in page
    query = "?kind__exact=rights_changed&_format=csv"
    for column in ("when", "kind_label", "happened", "person", "subject"):
        query += f"&_columns={column}"
    answer = ada.get(reverse("admin:staff_securityevent_export") + query)
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0] == '"When","Kind","What happened","Person","Subject"'
    assert rows[1] == '"3 Nov 2026 09:05:07 UTC","Rights changed","Cleo became an Accountant.","Ada","Cleo"'  # fmt: skip
    assert len(rows) == 2


def test_a_key_that_is_made_and_revoked_is_noted_without_its_text(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    form = {"name": "Web shop", "scopes": ["read"], "companies": [world.company.pk]}
    page = fay.post(reverse("admin:triggers_apikey_make"), form).content.decode()
    secret = "tie_" + page.split("tie_", 1)[1].split("<")[0]
    made = SecurityEvent.objects.get(kind="key_made")
    assert (made.person, made.subject) == (people["Fay"], people["Fay"])
    assert made.details["may"] == ["read"]
    fay.post(reverse("admin:triggers_apikey_revoke", args=[made.details["key"]]))
    revoked = SecurityEvent.objects.get(kind="key_revoked")
    assert revoked.details["key"] == made.details["key"]
    told = "".join(f"{each.words}{each.details}" for each in SecurityEvent.objects.all())
    assert secret not in told
    assert secret[10:30] not in told


def test_a_secret_that_is_shown_is_noted_without_it(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    ada, add = browse("Ada"), reverse("admin:triggers_endpoint_add")
    ada.post(add, endpoint_form(world, receiver.address) | ada.opened(add))  # type: ignore[attr-defined]
    endpoint = Endpoint.objects.get()
    event = SecurityEvent.objects.get(kind="revealed")
    assert endpoint.host in event.words
    assert event.details == {"endpoint": endpoint.pk}
    ada.post(reverse("admin:triggers_endpoint_new-secret", args=[endpoint.pk]))
    endpoint.refresh_from_db()
    events = SecurityEvent.objects.filter(kind="revealed")
    assert events.count() == 2
    told = "".join(f"{each.words}{each.details}" for each in events)
    assert not any(secret in told for secret in endpoint.secrets)


def test_books_that_are_left_are_noted_with_the_reason(
    world: World, people: dict[str, User], browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_end", lambda grant: "")
    page = reverse("admin:connections_connection_disconnect", args=[world.connection.pk])
    browse("Fay").post(page, {"reason": "We change over"}, REMOTE_ADDR="203.0.113.7")
    event = SecurityEvent.objects.get(kind="disconnected")
    assert (event.person, event.address) == (people["Fay"], "203.0.113.7")
    assert event.details == {"connection": world.connection.pk, "reason": "We change over"}


def test_commands_that_take_out_are_noted_with_the_account_at_the_host(
    world: World, tmp_path: Path
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("a passphrase of many words\n")
    file = tmp_path / "company.tieout"
    name = world.company.legal_name
    call_command("archive", name, to=file, passphrase_file=passphrase)
    call_command("seal_files_again")
    events = list(SecurityEvent.objects.filter(kind="operated").order_by("pk"))
    assert [each.words.partition(":")[0] for each in events] == ["archive", "seal_files_again"]
    assert all(each.details["account"] for each in events)
    assert "many words" not in "".join(f"{each.words}{each.details}" for each in events)


def test_old_events_go_by_rule_which_is_kept_too(db: None) -> None:
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    for days in (0, 1, KEPT_FOR.days - 1, KEPT_FOR.days + 1, KEPT_FOR.days + 300):
        with time_machine.travel(now - timedelta(days=days)):
            note(Kind.SIGNED_OUT, f"Signed out {days} days ago.")
    last = SecurityEvent.objects.order_by("-pk")[0].pk
    gone = forget_old_events(now)
    assert gone == Forgotten(count=2, last=last)
    assert SecurityEvent.objects.filter(kind="signed_out").count() == 3
    assert SecurityEvent.objects.get(kind="operated").details == {"count": 2, "last": last}
    assert forget_old_events(now) == Forgotten(count=0)


def test_a_word_that_begins_as_a_formula_leaves_as_text(
    people: dict[str, User], browse: Browse
) -> None:
    cell: Cell = "\u200b=cmd|' /c calc'!A0"
    note(Kind.SIGN_IN_REFUSED, str(cell))
    query = "?_format=csv&_columns=happened&_columns=kind_label"
    answer = browse("Ada").get(reverse("admin:staff_securityevent_export") + query)
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[1].startswith("\"'")
