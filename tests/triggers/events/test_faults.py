"""A record of which we cannot tell holds up neither others nor other companies, and staff see it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.alerts.causes.listeners import untold
from apps.billing.changes import quietly
from apps.billing.models import Batch, Change, Company, Customer
from apps.sync.models import Reason
from apps.sync.there import ties
from apps.triggers import tasks
from apps.triggers.events import of_records, reader, writing
from apps.triggers.events.of_records import read_news
from apps.triggers.events.quiet import count_quiet, tell_quiet
from apps.triggers.events.reader import look, read_changes
from apps.triggers.models import Event, Listening
from tests.alerts.trouble import live_connection
from tests.factories import make_company, make_customer, make_invoice
from tests.triggers.events.ears import Ears, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db: None) -> Company:
    return make_company(legal_name="Thornfield Trading Ltd")


def poison(monkeypatch: pytest.MonkeyPatch, *customers: Customer) -> None:
    """Of these nothing can be told."""
    facts = reader.customer_facts
    keys = {each.pk for each in customers}

    def broken(changes: Any, since: Any) -> Any:
        if keys & changes.keys("customer"):
            raise LookupError("a fault of ours")
        yield from facts(changes, since)

    monkeypatch.setattr(reader, "customer_facts", broken)


def test_one_record_holds_up_no_other_and_is_told_once_it_is_mended(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Ears(company)
    made = [make_customer(company, name=f"Customer {number}") for number in range(9)]
    made[4].city = "York"
    made[4].save()
    with monkeypatch.context() as patch:
        poison(patch, made[4])
        with pytest.raises(ExceptionGroup) as raised:
            read_changes(company.pk)
    assert raised.group_contains(LookupError)
    told = {each.subject_id for each in events_of(company)}
    assert told == {each.pk for each in made} - {made[4].pk}
    unread = Change.objects.filter(triggers_read_at=None)
    assert {each.subject_id for each in unread} == {made[4].pk}

    [*_, last] = ears.heard()
    assert last["data"]["city"] == "York"
    assert Event.objects.count() == 9
    assert not unread.all().exists()


def test_staff_see_what_is_not_told(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    Ears(company)
    poison(monkeypatch, make_customer(company))
    with pytest.raises(ExceptionGroup):
        read_changes(company.pk)
    assert list(untold(timezone.now())) == []
    [cause] = untold(timezone.now() + timedelta(minutes=16))
    assert (cause.company, cause.count) == (company.pk, 1)
    assert cause.sentence.startswith("1 change since ")
    monkeypatch.undo()
    read_changes(company.pk)
    assert list(untold(timezone.now() + timedelta(minutes=16))) == []


def test_one_company_holds_up_neither_another_nor_what_is_due_to_be_sent(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_company()
    for each in (company, other):
        Ears(each)
    poison(monkeypatch, make_customer(company))
    make_customer(other)
    sent: list[int] = []
    monkeypatch.setattr(tasks, "send_due", lambda: sent.append(1) or 1)
    with pytest.raises(ExceptionGroup):
        tasks.tick()
    with pytest.raises(ExceptionGroup):
        tasks.tell(company.pk)
    assert (len(events_of(company)), len(events_of(other)), len(sent)) == (0, 1, 2)


def broken_for(monkeypatch: pytest.MonkeyPatch, *keys: int) -> None:
    """What records of these keys are cannot be told, in whatever way it is come to."""
    loaded = writing._loaded

    def broken(events: Any) -> Any:
        if any(each.subject_id in keys for each in events):
            raise LookupError("a fault of ours")
        return loaded(events)

    monkeypatch.setattr(writing, "_loaded", broken)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False) as found:
        yield found


def test_the_due_date_of_one_invoice_holds_up_no_other(
    company: Company, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_company()
    all_ears = [Ears(each, "invoice.overdue") for each in (company, other)]
    look()
    due = [make_invoice(company=company, due_date=date(2026, 3, 11)) for _ in range(5)]
    make_invoice(company=other, due_date=date(2026, 3, 11))
    clock.move_to(datetime(2026, 3, 12, 1, tzinfo=UTC))
    with monkeypatch.context() as patch:
        broken_for(patch, due[2].pk)
        with pytest.raises(ExceptionGroup) as raised:
            look()
    assert raised.group_contains(LookupError)
    assert len(events_of(other)) == 1
    assert {each.subject_id for each in events_of(company)} == {each.pk for each in due} - {
        due[2].pk
    }

    look()

    assert sorted(each["data"]["id"] for each in all_ears[0].heard()) == sorted(
        str(each.public_id) for each in due
    )
    assert Listening.objects.get(company=company).overdue_until == date(2026, 3, 12)


def test_what_became_of_one_record_in_their_books_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    books = live_connection()
    company = books.company
    records = [ties.sync_record_of(books, make_customer(company)) for _ in range(5)]
    Ears(company, "sync.failed")
    read_changes(company.pk)
    for each in records:
        ties.hold(each, Reason.REFUSED, "The customer has no tax number.", "Give it one.")
    with monkeypatch.context() as patch:
        records_of = of_records._records

        def broken(keys: Any) -> Any:
            if records[2].pk in keys:
                raise LookupError("a fault of ours")
            return records_of(keys)

        patch.setattr(of_records, "_records", broken)
        with pytest.raises(ExceptionGroup):
            read_news(company.pk)
        assert len(events_of(company)) == 4
        later = timezone.now() + timedelta(minutes=16)
        [cause] = untold(later)
        assert (cause.company, cause.count) == (company.pk, 1)
    read_news(company.pk)
    assert len(events_of(company)) == 5
    assert list(untold(later)) == []


def test_one_record_of_an_import_holds_up_no_other(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Ears(company, "customer.created")
    batch = Batch.objects.create(company=company, name="customers.csv")
    with quietly(batch.pk):
        made = [make_customer(company) for _ in range(5)]
    ears.heard()
    with monkeypatch.context() as patch:
        broken_for(patch, made[2].pk)
        with pytest.raises(ExceptionGroup):
            tasks.tell_brought(batch.pk)
    assert count_quiet(batch) == {"customer.created": 1}
    told = {each["data"]["id"] for each in ears.heard()}
    assert told == {str(each.public_id) for each in made} - {str(made[2].public_id)}
    assert tell_quiet(batch) == 1
