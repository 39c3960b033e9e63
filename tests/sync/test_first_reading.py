"""What stands in books that were just connected is read at once, to its end, and nothing is sent."""

from typing import Any

import pytest
from django.urls import reverse

from apps.connections.models import Connection, Grant
from apps.mappings.models import RemoteCode
from apps.sync import tasks
from apps.sync.first_reading import last_invoice, progress_of, read_all_there, try_again
from apps.sync.models import Call, RemoteRecord, Run
from apps.sync.want.wake import wake_connected
from tests.books import Books
from tests.factories import make_company
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def fresh(ledger: SandboxServer) -> Books:
    """Books with a history, connected a moment ago."""
    books = Books(ledger)
    there = ledger.connect(books.realm)
    item = there.item("Hours")
    for each in range(3):
        customer = there.customer(f"Old customer {each}")
        there.invoice(customer["Id"], 100 + each, Line=_lines(item["Id"], 100 + each))
    return books


def _lines(item: str, amount: float) -> list[dict[str, Any]]:
    detail = {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": amount}
    return [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]


def test_everything_is_read_and_nothing_is_written(fresh: Books) -> None:
    assert progress_of(fresh.connection).now_read.startswith("accounts")
    run = read_all_there(fresh.connection.pk)
    assert run is not None
    assert run.outcome == Run.Outcome.DONE, run.sentence
    fresh.connection.refresh_from_db()
    progress = progress_of(fresh.connection)
    assert progress.is_over
    assert progress.counts["customers"] == len(fresh.theirs("Customer"))
    assert progress.counts["invoices"] == 3
    assert progress.codes == RemoteCode.objects.filter(active=True).count() > 10
    newest = last_invoice(fresh.connection)
    assert newest is not None
    assert newest.customer.startswith("Old customer")
    assert not Call.objects.filter(may_have_left_until__isnull=False).exists()  # none that writes
    assert read_all_there(fresh.connection.pk) is None


def test_what_was_cut_off_goes_on_where_it_stopped(
    fresh: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.sync import first_reading

    def cut_off(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(first_reading, "survey", cut_off)
        with pytest.raises(KeyboardInterrupt):
            read_all_there(fresh.connection.pk)
    assert RemoteCode.objects.exists()
    assert not RemoteRecord.objects.exists()
    Connection.objects.update(woken_at=None)
    assert tasks.tick() == "1 woken"
    assert tasks.read_at_first(fresh.connection.pk).startswith("done")
    first, second = Run.objects.order_by("pk")
    assert (first.outcome, second.outcome) == (Run.Outcome.STOPPED, Run.Outcome.DONE)
    assert tasks.tick() == "0 woken"


def test_a_company_that_is_locked_stops_with_a_sentence_and_is_read_once_it_is_open(
    fresh: Books, ledger: SandboxServer
) -> None:
    ledger.set_up(fresh.realm, expired=True)
    tasks.read_at_first(fresh.connection.pk)
    fresh.connection.refresh_from_db()
    trouble = progress_of(fresh.connection).trouble
    assert trouble
    assert trouble[-1] == "."
    assert tasks.tick() == "0 woken"  # not at every tick
    ledger.set_up(fresh.realm, expired=False)
    assert try_again(fresh.connection)
    assert tasks.read_at_first(fresh.connection.pk).startswith("done")


def test_a_consent_that_is_lost_meanwhile_is_not_asked_for_again_and_again(
    fresh: Books, ledger: SandboxServer
) -> None:
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="It was ended over there.")
    assert not wake_connected(fresh.connection.pk)
    assert tasks.tick() == "0 woken"


def test_disconnecting_in_the_middle_ends_it(fresh: Books) -> None:
    Connection.objects.update(stage=Connection.Stage.DISCONNECTED)
    assert read_all_there(fresh.connection.pk) is None
    assert not Run.objects.exists()


def test_consent_wakes_the_reading(
    ledger: SandboxServer, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        books = Books(ledger, company=make_company())
    books.connection.refresh_from_db()
    assert books.connection.woken_at is not None
    assert reverse("admin:connections_connection_connect", args=[books.connection.pk])
