"""The outbox: every change is taken once, whatever the order in which changes commit."""

from datetime import date

import pytest
from django.utils.timezone import now

from apps.billing.models import Change
from apps.connections.models import Connection
from apps.sync.models import State, SyncRecord
from apps.sync.want.wishes import take_changes
from tests.factories import make_company, make_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(
        company=make_company(),
        system="quickbooks",
        environment="simulated",
        remote_company_id="1",
        name="Thornfield",
        home_currency="GBP",
        stage=Connection.Stage.PAUSED,
        starts_on=date(2026, 1, 1),
    )


def test_a_change_that_commits_late_under_a_lower_id_is_taken(connection: Connection) -> None:
    """Ids are given when a row is written and seen when its transaction ends: the long one of an
    import ends after the short one of a clerk that began later."""
    late = make_invoice(company=connection.company)
    uncommitted = list(Change.objects.filter(kind="invoice", subject_id=late.pk))
    Change.objects.filter(pk__in=[each.pk for each in uncommitted]).delete()
    soon = make_invoice(company=connection.company)
    take_changes(connection.company_id)
    assert SyncRecord.objects.filter(invoice=soon).exists()
    assert not SyncRecord.objects.filter(invoice=late).exists()

    Change.objects.bulk_create(uncommitted)
    take_changes(connection.company_id)

    assert SyncRecord.objects.filter(invoice=late, wanted=late.revision).exists()


def test_a_change_that_was_taken_is_not_taken_again(connection: Connection) -> None:
    invoice = make_invoice(company=connection.company)
    taken = take_changes(connection.company_id)

    assert (taken > 0, take_changes(connection.company_id)) == (True, 0)
    assert SyncRecord.objects.filter(invoice=invoice).count() == 1


def test_a_change_that_came_from_these_books_is_not_sent_back_to_them(
    connection: Connection,
) -> None:
    """What arrived there was settled by whoever took it; other books of the company are told."""
    invoice = make_invoice(company=connection.company)
    take_changes(connection.company_id)
    SyncRecord.objects.update(state=State.IN_THE_BOOKS, due_at=None, sent=invoice.revision)
    before = SyncRecord.objects.get(invoice=invoice).wanted
    Change.objects.create(
        kind="invoice",
        subject_id=invoice.pk,
        company=connection.company,
        revision=invoice.revision + 1,
        origin=connection.origin,
    )
    type(invoice)._base_manager.filter(pk=invoice.pk).update(revision=invoice.revision + 1)

    take_changes(connection.company_id)

    record = SyncRecord.objects.get(invoice=invoice)
    assert (record.state, record.wanted) == (State.IN_THE_BOOKS, before)
    assert not Change.objects.filter(sync_read_at=None).exists()
    assert all(each.sync_read_at <= now() for each in Change.objects.all())
