"""Nothing goes over by itself before a test invoice matched: not by screen, task, command, shell or SQL."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from apps.backoffice.frame import once
from apps.connections.models import Connection
from apps.mappings.fingerprint import fingerprint
from apps.sync import tasks
from apps.sync.decide.acts import go_live, sync_now
from apps.sync.models import Call, SyncRecord
from apps.sync.run import run_connection
from apps.sync.trial.running import Way, run_trial
from tests.books import Books
from tests.factories import make_invoice

pytestmark = pytest.mark.django_db
LIVE = Connection.Stage.LIVE


@pytest.fixture
def untested(books: Books) -> Books:
    """Connected and mapped, with a cut-off, an issued invoice, and no test that matched."""
    Connection.objects.filter(pk=books.connection.pk).update(
        stage=Connection.Stage.SETUP,
        starts_on=date(2026, 1, 1),
        trial_matched_at=None,
        trial_fingerprint="",
        settings_fingerprint=fingerprint(books.connection),
    )
    books.connection.refresh_from_db()
    make_invoice(company=books.company)
    return books


def by_screen(books: Books, client: Client) -> None:
    page = reverse("admin:connections_connection_go-live", args=[books.connection.pk])
    assert client.get(page).status_code != 200  # the step is not open
    client.post(page, {once.FIELD: once.new_key(), "starts_on": "2026-01-01"})


def by_act(books: Books, client: Client) -> None:
    with pytest.raises(ValidationError, match="Send a test invoice first"):
        go_live(books.connection)


def by_task(books: Books, client: Client) -> None:
    tasks.tick()
    tasks.sweep_all()
    assert tasks.sync_connection(books.connection.pk) == "Another run has it, or it is not live."


def by_button(books: Books, client: Client) -> None:
    sync_now(books.connection)
    tasks.sync_connection(books.connection.pk)


def by_command(books: Books, client: Client) -> None:
    """What the worker does, typed by hand."""
    told = f"from apps.sync.run import run_connection; run_connection({books.connection.pk})"
    call_command("shell", "-c", told)


def by_save(books: Books, client: Client) -> None:
    books.connection.stage = LIVE
    with pytest.raises(IntegrityError), transaction.atomic():
        books.connection.save()


def by_save_of_the_stage(books: Books, client: Client) -> None:
    books.connection.stage = LIVE
    with pytest.raises(IntegrityError), transaction.atomic():
        books.connection.save(update_fields=["stage"])


def by_update(books: Books, client: Client) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.filter(pk=books.connection.pk).update(stage=LIVE)


def by_sql(books: Books, client: Client) -> None:
    table = Connection._meta.db_table
    with pytest.raises(IntegrityError), transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET stage = %s WHERE id = %s", ["live", books.connection.pk]
        )


def by_sql_with_a_time(books: Books, client: Client) -> None:
    """A time of a match without the fingerprint of what was tested opens nothing either."""
    table = Connection._meta.db_table
    with pytest.raises(IntegrityError), transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET stage = 'live', trial_matched_at = '2026-11-01 00:00:00+00:00' "
            "WHERE id = %s",
            [books.connection.pk],
        )


def by_test_invoice_unconfirmed(books: Books, client: Client) -> None:
    """The wrong company connected: not even the test invoice, nor its customer, goes there."""
    Connection.objects.filter(pk=books.connection.pk).update(confirmed_at=None, confirmed_by=None)
    books.connection.refresh_from_db()
    invoice = make_invoice(company=books.company)
    for refused in (
        lambda: run_trial(books.connection, invoice, user_id=books.fay.pk),
        lambda: run_trial(books.connection, invoice, user_id=books.fay.pk, way=Way.CORRECT),
        lambda: go_live(books.connection),
    ):
        with pytest.raises(ValidationError, match=r"right company.* Open the step “Connect”"):
            refused()
    page = reverse("admin:connections_connection_test-invoice", args=[books.connection.pk])
    client.post(page, {once.FIELD: once.new_key(), "invoice": invoice.pk, "shown": invoice.pk})


def by_test_invoice_unchecked(books: Books, client: Client) -> None:
    """Of the right company, but nobody has looked whether something posts there by itself."""
    Connection.objects.filter(pk=books.connection.pk).update(checked={})
    books.connection.refresh_from_db()
    invoice = make_invoice(company=books.company)
    with pytest.raises(ValidationError, match=r"Not checked yet in .*Other apps.*“Connect”"):
        run_trial(books.connection, invoice, user_id=books.fay.pk)


def by_match_unconfirmed(books: Books, client: Client) -> None:
    """Nothing of the wrong company is made ours, or tied to ours, either."""
    Connection.objects.filter(pk=books.connection.pk).update(confirmed_at=None, confirmed_by=None)
    page = reverse("admin:connections_connection_match", args=[books.connection.pk])
    assert client.get(page).status_code != 200


WAYS = [by_screen, by_act, by_task, by_button, by_command, by_save, by_save_of_the_stage, by_update, by_sql,
        by_sql_with_a_time, by_test_invoice_unconfirmed, by_test_invoice_unchecked, by_match_unconfirmed]  # fmt: skip


def standing(books: Books) -> list[int]:
    return [len(books.theirs(kind)) for kind in ("Invoice", "Customer", "Item")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_is_sent(
    way: Callable[[Books, Client], None], untested: Books, admin_client: Client
) -> None:
    calls, there = Call.objects.count(), standing(untested)
    records = SyncRecord.objects.count()
    way(untested, admin_client)
    assert not Connection.objects.get(pk=untested.connection.pk).is_live
    untested.connection.refresh_from_db()
    assert run_connection(untested.connection.pk) is None
    assert Call.objects.count() == calls
    assert SyncRecord.objects.count() == records
    assert standing(untested) == there
