"""Where events go is said by administrators, tried at once, and what was not taken is sent again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.alerts.causes import listeners
from apps.connections.clock import now
from apps.triggers.delivery import endpoints, sending
from apps.triggers.delivery.replaying import replay
from apps.triggers.delivery.sending import send_due
from apps.triggers.models import Delivery, Endpoint, Event, Listening
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.frame.test_asked_first import confirmed
from tests.backoffice.world import World
from tests.triggers.happened import happen, listen, states
from tests.triggers.receiver import Receiver, Says, receiving

Browse = Callable[[str], Desk]
ADD = "admin:triggers_endpoint_add"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(sending, "measure", lambda: None)
    with receiving() as found:
        yield found


def form(world: World, address: str, **fields: Any) -> dict[str, Any]:
    return {"company": world.company.pk, "name": "Paid → #sales", "address": address,
            "types": ["invoice.paid"], **fields}  # fmt: skip


def test_one_is_added_and_its_secret_is_shown_once(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    ada = browse("Ada")
    offered = ada.get(reverse(ADD)).content.decode()
    assert "Nothing is owed of an invoice any more" in offered

    sent = form(world, receiver.address) | ada.opened(reverse(ADD))
    shown = ada.post(reverse(ADD), sent)
    made = Endpoint.objects.get()
    secret = made.secrets[0]
    words = shown.content.decode()
    assert shown.status_code == 200
    assert secret in words
    assert "Nothing that happened before is sent. What an import brings" in words
    assert (made.types, made.host, made.address) == (
        ["invoice.paid"], "127.0.0.1", receiver.address,
    )  # fmt: skip
    assert Listening.objects.get().company == world.company
    history = made.history.get()
    assert history.history_user.email == "ada@example.com"

    again = ada.post(reverse(ADD), sent)  # sent twice: one endpoint
    assert (again.status_code, Endpoint.objects.count()) == (302, 1)
    then = reverse("admin:triggers_endpoint_simple_history", args=[made.pk, history.pk])
    past = reverse("admin:triggers_endpoint_history", args=[made.pk])
    for name in ("Ada", "Vera"):
        for address in (page(made), then, past, reverse("admin:triggers_endpoint_changelist")):
            later = browse(name).get(address)
            assert later.status_code == 200
            assert secret not in later.content.decode()
            assert "secret-path" not in later.content.decode()


def test_an_address_that_is_not_to_be_used_is_refused_at_its_field(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    ada = browse("Ada")
    for address, words in (
        ("", "Enter the address to which events are sent."),
        ("http://93.184.216.34/x", "begins with https://"),
        ("https://10.0.0.1/x", "private network"),
        ("https://user@93.184.216.34/x", "before the @"),
    ):
        answer = ada.post(reverse(ADD), form(world, address))
        assert answer.status_code == 200
        assert words in str(answer.context["adminform"].form.errors["address"])
    assert not Endpoint.objects.exists()
    assert browse("Fay").get(reverse(ADD)).status_code == 403


def test_it_is_renamed_without_another_address_and_moved_with_one(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    made = listen(world.company, receiver)
    ada = browse("Ada")
    assert ada.post(page(made), form(world, "", name="Shop", types=[])).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.types, made.address) == ("Shop", [], receiver.address)

    with receiving() as other:
        receiver.answer = lambda got: Says(hang_up=True)
        happen(world.company, 1)
        send_due()
        ada.post(page(made), form(world, other.address, name="Shop", types=[]))
        send_due()
        assert len(other.taken) == 1  # at once, as to one that never failed


def test_a_test_event_shows_what_was_answered_and_leaves_no_row(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    made = listen(world.company, receiver)
    receiver.says(401, body=b"<b>No key</b>")
    fay = browse("Fay")
    answer = fay.post(page(made, "test"), {"type": "invoice.issued"}).content.decode()
    assert "It answered 401: it does not let us in." in answer
    assert "&lt;b&gt;No key&lt;/b&gt;" in answer
    (got,) = receiver.got
    told = got.verified_by(made.secrets[0])
    assert (told["type"], told["test"]) == ("invoice.issued", True)
    assert got.id == told["id"]
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    assert browse("Vera").post(page(made, "test"), {"type": "invoice.issued"}).status_code == 403


def test_one_event_is_sent_again_with_its_id(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    made = listen(world.company, receiver)
    (event,) = happen(world.company, world.invoice.pk)
    receiver.says(400)
    Delivery.objects.update(tries=9)
    send_due()
    delivery = Delivery.objects.get()
    assert delivery.state == "failed"

    shown = browse("Vera").get(page(delivery)).content.decode()
    for words in ("10 tries", "It answered 400: it refuses the event.", event.public_id, "Invoice"):
        assert words in shown, words
    assert made.secrets[0] not in shown

    receiver.says(204)
    assert browse("Vera").post(page(delivery, "send-again"), {}).status_code == 403
    assert browse("Fay").post(page(delivery, "send-again"), {}).status_code == 302
    send_due()
    assert receiver.ids == [event.public_id]
    last = Delivery.objects.latest("pk")
    assert (last.number, last.state, str(last.asked_by)) == (1, "delivered", "Fay")


def test_all_that_failed_since_a_day_are_counted_before_they_are_sent_again(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    made = listen(world.company, receiver)
    old, *others = happen(world.company, 1, 2, 3, 4)
    Event.objects.filter(pk=old.pk).update(made_at=now() - timedelta(days=9))
    Delivery.objects.exclude(event=others[2]).update(state="failed", due_at=None)
    send_due()
    receiver.taken.clear()
    fay, address = browse("Fay"), page(made, "send-again")
    since = {"since": (timezone.now() - timedelta(days=2)).date().isoformat()}

    asked = fay.post(address, since)
    words = asked.content.decode()
    assert "2 events since 26 November 2026 were not taken." in words
    assert states(made).count("waiting") == 0

    assert fay.post(address, {**since, "sure": confirmed(asked)}).status_code == 302
    send_due()
    assert receiver.ids == [each.public_id for each in others[:2]]
    none_left = fay.post(address, since).content.decode()
    assert "It took everything of 26 November 2026 and after." in none_left


def test_it_is_switched_off_and_on_and_removed_with_what_each_means(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    made = listen(world.company, receiver)
    happen(world.company, 1, 2)
    ada = browse("Ada")
    ada.post(page(made, "switch-off"), {"reason": "The shop moves."})
    send_due()
    assert receiver.got == []
    assert "The shop moves." in browse("Vera").get(page(made)).content.decode()

    means = ada.get(page(made, "switch-on")).content.decode()
    assert "2 events that wait go out at once" in means
    ada.post(page(made, "switch-on"), {})
    happen(world.company, 3)
    assert "3 events that wait are cancelled" in ada.get(page(made, "remove")).content.decode()
    ada.post(page(made, "remove"), {})
    send_due()
    assert receiver.got == []
    assert states(made) == ["cancelled"] * 3
    assert endpoints.remove(Endpoint.objects.get()) == 0  # a second time nothing is done
    assert ada.post(page(made), form(world, "")).status_code == 403


def test_a_new_secret_is_shown_once_and_both_sign(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    made = listen(world.company, receiver)
    before = made.secrets[0]
    shown = browse("Ada").post(page(made, "new-secret"), {}).content.decode()
    made.refresh_from_db()
    assert made.secrets[0] in shown
    assert made.secrets == (made.secrets[0], before)
    happen(world.company, 1)
    send_due()
    for secret in made.secrets:
        receiver.got[0].verified_by(secret)
    assert "The one before is valid until" in browse("Vera").get(page(made)).content.decode()


def test_the_lists_say_how_it_stands(world: World, browse: Browse, receiver: Receiver) -> None:
    listen(world.company, receiver, types=["invoice.paid"])
    receiver.says(500)
    happen(world.company, world.invoice.pk)
    send_due()
    listed = browse("Vera").get(reverse("admin:triggers_endpoint_changelist")).content.decode()
    for words in ("Paid → #sales", "127.0.0.1", "Invoice paid", "Failing", "28 Nov 2026"):
        assert words in listed, words
    listed = browse("Vera").get(reverse("admin:triggers_delivery_changelist")).content.decode()
    for words in ("Invoice paid", "Waiting", "1 try", "It answered 500: an error on its side."):
        assert words in listed, words


def test_what_an_alert_counts_as_given_up_is_what_its_list_shows(
    world: World, browse: Browse, receiver: Receiver
) -> None:
    listen(world.company, receiver)
    happen(world.company, 1, 2, 3)
    given_up = Delivery.objects.order_by("event")
    given_up.update(state="failed", due_at=None, ended_at=timezone.now())
    old, again, last = given_up
    Delivery.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=8))
    replay(again)

    [cause] = listeners.given_up(timezone.now())
    assert cause.count == 1
    listed = browse("Vera").get(cause.page).content.decode()
    assert reverse("admin:triggers_delivery_change", args=[last.pk]) in listed
    for other in (old, again):
        assert reverse("admin:triggers_delivery_change", args=[other.pk]) not in listed
