"""How the outbox is read: once, by one worker, in portions, and never what nobody listens to."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from apps.billing.models import Change, Company
from apps.sync import tasks as sync_tasks
from apps.triggers import tasks
from apps.triggers.events import portions, writing
from apps.triggers.events.facts import key_of
from apps.triggers.events.purging import forget_the_old
from apps.triggers.events.reader import pass_over_unheard, read_changes
from apps.triggers.events.wake import wake, wake_those_listened_to, with_changes
from apps.triggers.models import Delivery, DeliveryAttempt, Event, EventType, Listening
from tests.alerts.trouble import moved
from tests.factories import make_company, make_customer, make_invoice, make_payment
from tests.triggers.events.ears import Ears, events_of, listen

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture(autouse=True)
def _nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "send_due", lambda: 0)


def unread() -> int:
    return Change.objects.filter(triggers_read_at=None).count()


def test_what_is_broken_off_has_read_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Ears(company)
    make_customer(company)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, "deliver", dies)
        with pytest.raises(KeyboardInterrupt):
            read_changes(company.pk)
    assert (unread(), Event.objects.count(), Delivery.objects.count()) == (1, 0, 0)

    assert ears.types() == ["customer.created"]


def test_each_endpoint_gets_what_it_wants(company: Company) -> None:
    everything = listen(company)
    paid = listen(company, EventType.INVOICE_PAID)
    listen(company, state="off")
    listen(make_company())

    make_payment(invoice=make_invoice(company=company))
    read_changes(company.pk)

    told = {
        each.pk: {str(row.event.type) for row in each.deliveries.select_related("event")}
        for each in (everything, paid)
    }
    assert told[everything.pk] == {
        "customer.created",
        "invoice.issued",
        "invoice.paid",
        "payment.received",
    }
    assert told[paid.pk] == {"invoice.paid"}
    assert set(Delivery.objects.values_list("endpoint", flat=True)) == {everything.pk, paid.pk}


def test_a_body_says_who_it_is_to_the_byte(company: Company) -> None:
    ears = Ears(company)
    make_customer(company, name="Café Noël")
    ears.heard()

    event = Event.objects.get()

    body = json.loads(event.body)
    assert (body["id"], body["type"]) == (event.public_id, event.type)
    assert event.key == key_of(EventType.CUSTOMER_CREATED, event.subject_id)
    assert "Café Noël" in event.body


def test_changes_are_read_in_portions(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice whose changes lie in several is told once, and once paid."""
    monkeypatch.setattr(portions, "AT_ONCE", 1)
    ears = Ears(company, "invoice.issued", "invoice.paid", "customer.updated")

    make_payment(invoice=make_invoice(company=company))

    assert unread() > 5
    assert sorted(ears.types()) == ["invoice.issued", "invoice.paid"]
    assert unread() == 0


@pytest.mark.slow
def test_the_questions_do_not_grow_with_the_changes(company: Company) -> None:
    ears = Ears(company)
    customer = make_customer(company)

    def asked(count: int) -> int:
        for _ in range(count):
            make_payment(invoice=make_invoice(customer=customer))
        with CaptureQueriesContext(database) as queries:
            assert len(ears.heard()) >= 3 * count
        return len(queries)

    asked(1)
    assert asked(2) == asked(9)


def test_nobody_looks_at_what_nobody_listens_to(company: Company) -> None:
    make_invoice(company=company)
    heard = Ears(make_company())
    make_customer(heard.company)
    before = unread()

    with CaptureQueriesContext(database) as queries:
        assert pass_over_unheard() == before - 1

    assert not any("billing_invoice" in each["sql"] for each in queries)
    assert heard.types() == ["customer.created"]
    assert (read_changes(company.pk), unread()) == (0, 0)


# --- Wakes ----------------------------------------------------------------------------------------


def test_one_task_waits_for_a_company_however_much_happens(company: Company) -> None:
    listen(company)
    listen(make_company())
    for _ in range(3):
        make_customer(company)
        wake_those_listened_to()

    assert OrmQ.objects.count() == 1
    assert list(with_changes()) == [company.pk]
    assert tasks.tell(company.pk) == "3 events, 0 sent"
    assert (list(with_changes()), wake(company.pk)) == ([], True)


def test_what_a_task_has_no_time_for_is_read_by_the_next(
    company: Company, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_TASK_BUDGET = 0
    monkeypatch.setattr(portions, "AT_ONCE", 1)
    listen(company)
    for _ in range(3):
        make_customer(company)

    assert tasks.tell(company.pk) == "1 events, 0 sent"
    assert OrmQ.objects.count() == 1
    settings.SYNC_TASK_BUDGET = 45
    assert tasks.tell(company.pk) == "2 events, 0 sent"


def test_the_tick_finds_what_a_lost_wake_left(company: Company) -> None:
    listen(company)
    make_customer(company)
    make_customer(make_company())

    tasks.tick()

    assert ([each.type for each in events_of(company)], unread()) == (["customer.created"], 0)


# --- Forgetting -----------------------------------------------------------------------------------


def test_what_is_forgotten_is_not_told_again(company: Company) -> None:
    ears = Ears(company)
    customer = make_customer(company)
    ears.heard()
    event, delivery = Event.objects.get(), Delivery.objects.get()
    DeliveryAttempt.objects.create(delivery=delivery, seconds=0.2, status=500)
    old = timezone.now() - timedelta(days=91)
    Listening.objects.update(since=old - timedelta(days=1))
    moved(event, made_at=old + timedelta(days=2))
    assert forget_the_old() == 0

    moved(event, made_at=old)
    moved(customer, created_at=old)
    assert forget_the_old() == 1

    assert not Event.objects.exists()
    assert not DeliveryAttempt.objects.exists()
    Change.objects.update(triggers_read_at=None)
    assert ears.heard() == []


def test_a_change_is_purged_when_both_have_read_it(company: Company) -> None:
    make_customer(company)
    old = timezone.now() - timedelta(days=31)
    Change.objects.update(made_at=old, sync_read_at=old)
    sync_tasks.purge()
    assert Change.objects.count() == 1

    pass_over_unheard()
    sync_tasks.purge()

    assert Change.objects.count() == 0
