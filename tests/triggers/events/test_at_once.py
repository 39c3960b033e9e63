"""Two workers read one company: each change is read by one of them."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from apps.billing.models import Change
from apps.triggers.events.holding import held
from apps.triggers.events.reader import read_changes
from apps.triggers.models import Delivery, Event
from tests.factories import make_company, make_customer
from tests.triggers.events.ears import listen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="On SQLite a whole transaction waits for another: rows are locked on PostgreSQL.",
    ),
]


def together(count: int, act: Callable[[], int]) -> list[int]:
    done: list[int] = []

    def run() -> None:
        try:
            done.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    return done


def test_whoever_comes_second_leaves() -> None:
    company = make_company()
    listen(company)
    make_customer(company)

    with transaction.atomic():
        assert held(company.pk) is not None
        assert together(1, lambda: read_changes(company.pk)) == [0]
        assert Change.objects.filter(triggers_read_at=None).exists()

    assert together(1, lambda: read_changes(company.pk)) == [1]


def test_nothing_is_told_twice_however_many_read() -> None:
    company = make_company()
    listen(company)
    for _ in range(250):
        make_customer(company)

    told = together(4, lambda: read_changes(company.pk))
    told += together(1, lambda: read_changes(company.pk))

    assert sum(told) == 250
    assert Event.objects.count() == Delivery.objects.count() == 250
    assert not Change.objects.filter(triggers_read_at=None).exists()
