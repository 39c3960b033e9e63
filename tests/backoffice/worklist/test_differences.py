"""What differs between both sides is listed, and its page says what to do about it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.connections.models import Connection
from apps.reconciliation.models import Difference, Why
from apps.sync.models import RemoteRecord, State, SyncRecord
from tests.backoffice.world import World

Browse = Callable[[str], Client]
LIST = "/admin/reconciliation/difference/"


def page(browse: Browse, difference: Difference, who: str = "Fay") -> str:
    found = browse(who).get(f"{LIST}{difference.pk}/change/")
    assert found.status_code == 200
    return str(found.content.decode())


def test_the_first_page_and_the_list_name_what_differs(world: World, browse: Browse) -> None:
    Difference.objects.create(
        **{
            **Difference.objects.values("connection_id", "why", "found_at", "seen_at").get(),
            "fingerprint": "of yesterday",
            "sentence": "It was so yesterday.",
            "ended_at": world.difference.found_at,
        }
    )
    first = browse("Fay").get("/admin/").content.decode()
    assert "Differ between both sides" in first
    rows = browse("Vera").get(f"{LIST}?standing=yes").context["cl"].result_list
    assert [row.pk for row in rows] == [world.difference.pk]


def test_its_page_shows_both_sides_with_their_records(world: World, browse: Browse) -> None:
    shown = page(browse, world.difference)
    assert "120.00 GBP" in shown
    assert "119.00 GBP" in shown
    assert f"/admin/billing/invoice/{world.open_invoice.pk}/change/" in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.NEEDS_PERSON, "Open it in the sync log"), (State.IN_THE_BOOKS, "Read their changes")],
)
def test_what_fits_is_told_by_what_the_engine_knows(
    world: World, browse: Browse, state: State, words: str
) -> None:
    SyncRecord.objects.filter(invoice=world.open_invoice).update(
        state=state, sentence="Their month is closed.", remedy="Open it, or credit the invoice."
    )
    shown = page(browse, world.difference)
    assert words in shown
    assert ("Open it, or credit the invoice." in shown) is (state == State.NEEDS_PERSON)


def test_a_conflict_is_decided_first(world: World, browse: Browse) -> None:
    record = world.conflict.sync_record
    world.difference.ours = [[record.kind, record.subject_id]]
    world.difference.save()
    shown = page(browse, world.difference)
    address = reverse("admin:sync_conflict_change", args=[world.conflict.pk])
    assert shown.index(address) < shown.index("Seen last")


def test_what_was_read_and_waits_is_opened(world: World, browse: Browse) -> None:
    RemoteRecord.objects.filter(pk=world.remote.pk).update(
        arrival=RemoteRecord.Arrival.NEEDS_PERSON, sentence="A journal pays this invoice."
    )
    world.difference.theirs = [[world.remote.kind, world.remote.remote_id]]
    world.difference.save()
    assert "A journal pays this invoice." in page(browse, world.difference)


@pytest.mark.parametrize(
    ("why", "words"),
    [(Why.BALANCE, "Open the comparison"), (Why.TWICE, "What stands there")],
)
def test_totals_and_doubles_say_where_to_look(
    world: World, browse: Browse, why: Why, words: str
) -> None:
    world.difference.why, world.difference.ours = why, []
    world.difference.save()
    assert words in page(browse, world.difference)


def test_their_changes_are_read_by_who_may_retry(world: World, browse: Browse) -> None:
    Connection.objects.update(
        stage=Connection.Stage.LIVE,
        asked_to_get_at=None,
        trial_matched_at=world.difference.found_at,
        trial_fingerprint="as it is",
        settings_fingerprint="as it is",
    )
    address = reverse("admin:reconciliation_difference_read-now", args=[world.difference.pk])
    assert browse("Vera").post(address).status_code == 403
    assert Connection.objects.get(pk=world.connection.pk).asked_to_get_at is None
    browse("Fay").post(address)
    assert Connection.objects.get(pk=world.connection.pk).asked_to_get_at is not None


def test_what_differs_no_more_says_so_and_offers_nothing(world: World, browse: Browse) -> None:
    world.difference.ended_at = world.difference.found_at
    world.difference.save()
    shown = page(browse, world.difference)
    assert "It differs no more" in shown
    assert "What to do" not in shown
