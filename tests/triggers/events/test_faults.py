"""A record of which we cannot tell holds up neither others nor other companies, and staff see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.alerts.causes.listeners import untold
from apps.billing.models import Change, Company, Customer
from apps.triggers import tasks
from apps.triggers.events import overdue, reader
from apps.triggers.events.reader import look, read_changes
from apps.triggers.models import Event
from tests.factories import make_company, make_customer
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


def test_the_due_dates_of_one_company_hold_up_no_other(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    other = make_company()
    for each in (company, other):
        Ears(each)

    def broken(company_id: int, *_: Any) -> int:
        looked.append(company_id)
        raise LookupError("a fault of ours")

    monkeypatch.setattr(overdue, "_look", broken)
    with pytest.raises(ExceptionGroup):
        look()
    assert looked == [company.pk, other.pk]
