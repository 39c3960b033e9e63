"""What is read within one moment is of one state, and the moment ends however it is left."""

from threading import Thread

import pytest
from django.db import connection, connections

from apps.billing.models import Company
from apps.core.moment import one_moment
from tests.factories import make_company

pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,  # on PostgreSQL, too, which alone can show it
    pytest.mark.django_db(transaction=True),
]


def make_elsewhere() -> None:
    make_company()
    connections.close_all()


def test_what_others_write_meanwhile_is_not_seen() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a database in memory is one connection's")
    with one_moment():
        before = Company.objects.count()
        other = Thread(target=make_elsewhere)
        other.start()
        other.join()
        assert Company.objects.count() == before
    assert Company.objects.count() == before + 1


def test_it_ends_when_reading_fails() -> None:
    with pytest.raises(Company.DoesNotExist), one_moment():
        Company.objects.get()

    assert make_company().pk
