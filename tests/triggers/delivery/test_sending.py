"""What is due is sent: in order for each record, again until it is taken, and to nobody who wants no more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Min
from django.utils import timezone
from django_q.models import OrmQ

from apps.billing.models import Company
from apps.connectors import http
from apps.staff.access import add_member, set_up_roles
from apps.staff.models import User
from apps.staff.roles import RoleName
from apps.triggers.api.keys import make_key
from apps.triggers.delivery import endpoints, sending
from apps.triggers.delivery.claims import CLAIM, Claim
from apps.triggers.delivery.rhythm import RETRIES, TRIES
from apps.triggers.delivery.sending import send_due
from apps.triggers.models import ApiKey, Delivery, DeliveryAttempt, Endpoint, EventType
from tests.triggers.happened import happen, listen, states
from tests.triggers.receiver import Got, Receiver, Says, receiving

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


def fresh(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.get(pk=endpoint.pk)


def next_moment(endpoint: Endpoint) -> datetime:
    """When something can be sent there again."""
    due = Delivery.objects.filter(endpoint=endpoint, state="waiting").aggregate(at=Min("due_at"))
    return max(timezone.now(), due["at"], fresh(endpoint).paused_until or due["at"])


def test_what_is_due_goes_out_once_over_one_connection(
    listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    made = happen(listened, *range(30))

    assert send_due() == 30
    assert send_due() == 0

    assert receiver.ids == [each.public_id for each in made]
    assert receiver.connections == 1
    assert set(states(endpoint)) == {"delivered"}
    assert fresh(endpoint).last_delivered_at is not None
    attempt = DeliveryAttempt.objects.first()
    assert attempt is not None
    assert (attempt.status, attempt.problem, attempt.ip) == (204, "", "127.0.0.1")
    headers = receiver.got[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "Tieout"


def test_each_endpoint_gets_what_it_wants(listened: Company, receiver: Receiver) -> None:
    with receiving() as other:
        listen(listened, receiver, types=[EventType.INVOICE_PAID])
        listen(listened, other, types=[EventType.INVOICE_VOIDED])
        (paid,) = happen(listened, 1)
        (voided,) = happen(listened, 1, type=EventType.INVOICE_VOIDED)
        send_due()
        assert (receiver.ids, other.ids) == ([paid.public_id], [voided.public_id])


def test_a_later_event_of_a_record_waits_for_the_earlier_and_others_go_by(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    first, other, second, third = happen(listened, 1, 2, 1, 1)
    receiver.answer = lambda got: Says(500 if got.id == first.public_id else 204)

    send_due()
    assert receiver.ids == [other.public_id]
    assert states(endpoint) == ["waiting", "delivered", "waiting", "waiting"]
    assert [each.id for each in receiver.got].count(second.public_id) == 0
    assert send_due() == 0  # nothing is due: no worker turns round and round

    receiver.says(204)
    clock.shift(10)
    send_due()
    assert receiver.ids == [each.public_id for each in (other, first, second, third)]


def test_what_becomes_due_on_the_way_is_not_overtaken(
    clock: Any,
    listened: Company,
    endpoint: Endpoint,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few are held at a time: the earlier one is due again when the later one is looked at."""
    monkeypatch.setattr(sending, "SLICE", 1)
    first, slow, second = happen(listened, 1, 2, 1)

    def answer(got: Got) -> Says:
        if got.id == slow.public_id:
            clock.shift(10)
        return Says(500 if got.id == first.public_id and len(receiver.got) == 1 else 204)

    receiver.answer = answer
    send_due()
    assert receiver.ids == [each.public_id for each in (slow, first, second)]


def test_one_that_waits_longer_between_two_of_its_record_holds_the_later_alone(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    first, second, third = happen(listened, 1, 1, 1)
    Delivery.objects.filter(event=second).update(due_at=timezone.now() + timedelta(hours=1))
    send_due()
    assert receiver.ids == [first.public_id]
    clock.shift(3601)
    send_due()
    assert receiver.ids == [each.public_id for each in (first, second, third)]


def test_it_is_tried_ten_times_over_days_and_then_given_up_and_what_waited_goes(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    poison, _ = happen(listened, 1, 1)
    receiver.answer = lambda got: Says(400 if got.id == poison.public_id else 200, body=b"No\0!")
    began = timezone.now()
    while Delivery.objects.get(event=poison).state == "waiting":
        send_due()
        assert len(receiver.got) <= TRIES
        last = timezone.now() - began
        clock.move_to(next_moment(endpoint))
    send_due()

    planned = sum(RETRIES, timedelta())
    assert planned <= last <= planned * 1.1 + timedelta(hours=3)  # what pauses add
    assert states(endpoint) == ["failed", "delivered"]
    delivery = Delivery.objects.get(event=poison)
    assert (delivery.tries, delivery.sentence) == (TRIES, "It answered 400: it refuses the event.")
    assert delivery.attempts.count() == TRIES
    assert delivery.attempts.latest("pk").answer == "No�!"


def test_410_means_that_it_wants_no_more(
    listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(listened, 1, 2, 3)
    receiver.says(410)
    assert send_due() == 1
    assert states(endpoint) == ["cancelled"] * 3
    gone = fresh(endpoint)
    assert (gone.state, gone.reason) == ("gone", "It answered 410: it wants no more events.")
    assert gone.history.count() == 2


def test_a_redirect_is_a_failure_with_its_remedy_and_is_not_followed(
    listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(listened, 1)
    receiver.says(302, headers={"location": receiver.address + "/elsewhere"})
    send_due()
    assert [each.path for each in receiver.got] == ["/hooks/secret-path"]
    assert Delivery.objects.get().sentence == (
        "It answered 302, which leads to 127.0.0.1. Tieout follows nobody: enter the last address."
    )


@pytest.mark.parametrize(
    ("header", "wait"),
    [("120", 120), ("0", 5), ("date", 3600), ("999999999999", DAY), ("-5", None)],
)
def test_who_asks_for_time_gets_it_and_at_most_a_day(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver, header: str, wait: Any
) -> None:
    happen(listened, 1, 2)
    if header == "date":
        header = format_datetime(timezone.now() + timedelta(seconds=3600), usegmt=True)
    receiver.says(429, headers={"retry-after": header})
    send_due()
    waits = Delivery.objects.get(event__subject_id=1)
    if wait is None:
        assert waits.tries == 1
        return
    assert len(receiver.got) == 1  # the other one waits with it
    assert waits.tries == 0  # whoever asks for time costs us no try
    assert waits.due_at == fresh(endpoint).paused_until == timezone.now() + timedelta(seconds=wait)
    clock.shift(wait - 1)
    send_due()
    assert len(receiver.got) == 1
    clock.shift(2)
    receiver.says(204)
    send_due()
    assert len(receiver.taken) == 2


def test_one_that_does_not_answer_is_left_alone_as_a_whole_and_caught_up_with_at_once(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    made = happen(listened, *range(20))
    receiver.answer = lambda got: Says(hang_up=True)
    for _ in range(12):
        send_due()
        clock.shift(600)
    assert 3 <= len(receiver.got) <= 12  # and not twenty each time
    assert "did not answer" in Delivery.objects.filter(tries__gt=0)[0].sentence

    receiver.says(204)
    clock.shift(1900)
    send_due()
    assert receiver.counted() == {each.public_id: 1 for each in made}


def test_nothing_is_lost_and_order_is_kept_when_a_receiver_fails_for_a_day(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    """By turns it is silent, out of order and refuses, while new events come."""
    ends = timezone.now() + timedelta(days=1)
    moods = [Says(500), Says(hang_up=True), Says(503), Says(404), Says(429, {"retry-after": "40"})]
    receiver.answer = lambda got: (
        Says(204) if timezone.now() >= ends else moods[len(receiver.got) % len(moods)]
    )
    made = []
    for hour in range(24):
        made += happen(listened, *(hour % 5 + place for place in range(3)))
        send_due()
        clock.shift(3600)
    while "waiting" in states(endpoint):
        clock.move_to(next_moment(endpoint))
        send_due()

    assert receiver.counted() == {each.public_id: 1 for each in made}
    by_record: dict[int, list[str]] = {}
    for each in made:
        by_record.setdefault(each.subject_id, []).append(each.public_id)
    places = {each.public_id: each.subject_id for each in made}
    arrived: dict[int, list[str]] = {}
    for id in receiver.ids:
        arrived.setdefault(places[id], []).append(id)
    assert arrived == by_record
    assert set(states(endpoint)) == {"delivered"}


@pytest.mark.slow
def test_one_that_took_nothing_for_five_days_is_switched_off_and_keeps_what_waits(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    receiver.says(500, body=b"broken")
    for day in range(7):
        happen(listened, 100 + day)
        for _ in range(3):
            send_due()
            clock.shift(8 * 3600)
    off = fresh(endpoint)
    assert (off.state, off.failing_since is not None) == ("off", True)
    assert off.reason == (
        "It took nothing for 5 days. The last time: It answered 500: an error on its side."
    )
    assert off.failures >= 10
    asked = len(receiver.got)
    happen(listened, 200, to=endpoint)
    send_due()
    assert len(receiver.got) == asked

    receiver.says(204)
    assert endpoints.switch_on(off) == states(endpoint).count("waiting")
    send_due()
    assert "waiting" not in states(endpoint)
    assert fresh(endpoint).failing_since is None


@pytest.mark.slow
def test_a_success_in_between_keeps_it_on(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    receiver.says(500)
    for day in range(8):
        happen(listened, day)
        send_due()
        if day == 4:
            receiver.says(204)
            clock.shift(3 * DAY)
            send_due()
            receiver.says(500)
        clock.shift(DAY)
    assert fresh(endpoint).state == "on"


def test_a_claim_keeps_others_out_until_it_is_given_back_or_has_run_out(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(listened, 1)
    claim = Claim.taken(endpoint.pk)
    assert claim is not None
    assert Claim.taken(endpoint.pk) is None
    assert send_due() == 0
    clock.shift(CLAIM.total_seconds() + 1)  # its worker was killed
    assert send_due() == 1
    assert not claim.renew()


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> dict[int, Callable[[], object]]:
    """Endpoints whose answers are said to have taken three seconds, by key, and what happens meanwhile."""
    found: dict[int, Callable[[], object]] = {}
    real = sending.post

    def post(session: Any, endpoint: Endpoint, **what: str) -> Any:
        answer = real(session, endpoint, **what)
        if endpoint.pk not in found:
            return answer
        found[endpoint.pk]()
        return replace(answer, seconds=3.0)

    monkeypatch.setattr(sending, "post", post)
    return found


def test_one_worker_alone_waits_for_receivers_that_answer_slowly(
    listened: Company, receiver: Receiver, slowly: dict[int, Callable[[], object]]
) -> None:
    with receiving() as slow, receiving() as slow_too:
        quick, first, second = (listen(listened, each) for each in (receiver, slow, slow_too))
        slowly.update({each.pk: lambda: None for each in (first, second)})
        happen(listened, 1)
        assert send_due() == 3
        assert [fresh(each).is_slow for each in (quick, first, second)] == [False, True, True]

        happen(listened, 2)
        held = Claim.taken(first.pk)  # by another worker, which waits for it
        assert held is not None
        assert send_due() == 1
        assert (len(receiver.got), len(slow.got), len(slow_too.got)) == (2, 1, 1)
        held.release()
        slowly.clear()
        assert send_due() == 2
        assert [fresh(each).is_slow for each in (first, second)] == [False, False]


def test_what_comes_for_others_meanwhile_goes_before_the_next_slow_one(
    listened: Company, receiver: Receiver, slowly: dict[int, Callable[[], object]]
) -> None:
    with receiving() as slow, receiving() as slow_too:
        listen(listened, receiver)
        quick: list[int] = []  # how many it had, when a slow one answered
        for each in (slow, slow_too):
            endpoint = listen(listened, each)
            Endpoint.objects.filter(pk=endpoint.pk).update(is_slow=True)
            slowly[endpoint.pk] = partial(_something_happens, listened, receiver, quick)
        happen(listened, 1)
        send_due()
    assert quick == [1, 2, 2, 2]


def _something_happens(company: Company, receiver: Receiver, had: list[int]) -> None:
    had.append(len(receiver.got))
    if len(had) == 1:
        happen(company, 2)


def test_a_claim_far_in_the_time_to_come_was_written_by_a_wrong_clock(
    clock: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(listened, 1)
    Endpoint.objects.update(claim=uuid4(), claimed_until=timezone.now() + timedelta(days=3))
    assert send_due() == 1


def test_it_stops_before_the_next_call_when_a_person_switches_it_off(
    listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(listened, 1, 2, 3)
    seen: list[int] = []
    real = sending.record

    def record(delivery: Delivery, endpoint: Endpoint, answer: Any) -> None:
        real(delivery, endpoint, answer)
        seen.append(delivery.pk)
        endpoints.switch_off(fresh(endpoint), "Not now.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "record", record)
        send_due()
    assert len(receiver.got) == len(seen) == 1
    assert states(endpoint) == ["delivered", "waiting", "waiting"]


def test_a_task_that_has_no_time_left_queues_its_successor(
    settings: Any, listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    settings.SYNC_TASK_BUDGET = 0.001
    happen(listened, *range(3))
    send_due()
    assert len(receiver.got) < 3
    assert OrmQ.objects.count() == 1
    settings.SYNC_TASK_BUDGET = 45
    send_due()
    assert len(receiver.taken) == 3


def test_no_transaction_is_open_during_a_call(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, listened: Company
) -> None:
    happen(listened, 1, 2)
    around, open_then = len(connection.atomic_blocks), []
    real = http.exchange

    def exchange(*given: Any, **named: Any) -> Any:
        open_then.append(len(connection.atomic_blocks) - around)
        return real(*given, **named)

    monkeypatch.setattr(sending.http, "exchange", exchange)
    send_due()
    assert open_then == [0, 0]


def test_a_long_answer_is_cut_and_a_secret_that_cannot_be_opened_switches_it_off(
    listened: Company, endpoint: Endpoint, receiver: Receiver, settings: Any
) -> None:
    happen(listened, 1)
    receiver.says(200, body=b"x" * 1_000_000)
    send_due()
    assert DeliveryAttempt.objects.get().answer == "x" * 2000
    assert states(endpoint) == ["delivered"]

    settings.TOKEN_KEYS = ["kZ0N8vVZ1yq2n3c4d5e6f7g8h9i0j1k2l3m4n5o6p7s="]
    happen(listened, 2)
    send_due()
    off = fresh(endpoint)
    assert (off.state, "TOKEN_KEYS" in off.reason) == ("off", True)
    assert off.failing_since is not None


def test_a_slow_head_and_a_dribbling_body_end_at_the_deadline(
    listened: Company, endpoint: Endpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CALL_SECONDS", 0.3)
    happen(listened, 1)

    def slow(got: Got) -> Says:
        import time

        time.sleep(0.6)
        return Says()

    receiver.answer = slow
    send_due()
    waits = Delivery.objects.get()
    assert (waits.state, waits.tries) == ("waiting", 1)
    assert fresh(endpoint).paused_until is not None


@pytest.fixture(autouse=True)
def keep_random_still(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.triggers.delivery import rhythm

    monkeypatch.setattr(rhythm.random, "random", lambda: 0.5)


@pytest.mark.parametrize("ends", ["revoked", "expired", "left", "role taken", "lives"])
def test_what_a_program_subscribed_ends_with_its_key(
    listened: Company, receiver: Receiver, ends: str
) -> None:
    set_up_roles()
    fay = add_member("fay@example.com", RoleName.VIEWER, "a-long-enough-password-1", name="Fay")
    key = make_key(fay, name="Zapier", companies=[listened], scopes=["hooks"]).key
    endpoint = listen(listened, receiver)
    Endpoint.objects.filter(pk=endpoint.pk).update(by_key=key.public_id)
    happen(listened, 1, 2)
    if ends == "revoked":
        ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    elif ends == "expired":
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    elif ends == "left":
        User.objects.filter(pk=fay.pk).update(is_active=False)
    elif ends == "role taken":
        fay.groups.clear()

    send_due()

    if ends == "lives":
        assert len(receiver.got) == 2
        return
    assert receiver.got == []
    assert set(states(endpoint)) == {"cancelled"}
    assert (fresh(endpoint).state, fresh(endpoint).reason) == ("gone", sending.KEY_IS_DEAD)


def test_what_it_gets_no_more_is_not_sent_though_it_waited(
    listened: Company, endpoint: Endpoint, receiver: Receiver
) -> None:
    happen(listened, 1)
    (voided,) = happen(listened, 2, type=EventType.INVOICE_VOIDED)
    endpoints.change(endpoint, name="Voided", types=[EventType.INVOICE_VOIDED])
    send_due()
    assert receiver.ids == [voided.public_id]
    assert states(endpoint) == ["cancelled", "delivered"]
    assert Delivery.objects.get(state="cancelled").sentence == endpoints.NOT_WANTED
