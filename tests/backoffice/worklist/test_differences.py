"""What differs between both sides is listed, and its page says what to do about it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.connections.models import Connection, Grant
from apps.reconciliation.models import Difference, ReviewItem, Why
from apps.reconciliation.review.causes import key_of
from apps.reconciliation.review.listing import refresh
from apps.sync.models import Conflict, RemoteRecord, State, SyncRecord
from tests.backoffice.world import World

Browse = Callable[[str], Client]
LIST = "/admin/reconciliation/difference/"


def live() -> None:
    """As books are whose differences are settled."""
    Connection.objects.update(
        stage=Connection.Stage.LIVE,
        trial_matched_at=timezone.now(),
        trial_fingerprint="as it is",
        settings_fingerprint="as it is",
    )
    Grant.objects.update(status=Grant.Status.ACTIVE)


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
    live()
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
    live()
    Connection.objects.update(asked_to_get_at=None)
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


def press(browse: Browse, difference: Difference, act: str, who: str = "Fay", **typed: str) -> Any:
    address = reverse(f"admin:reconciliation_difference_{act}", args=[difference.pk])
    return browse(who).post(address, typed, follow=True)


def button(difference: Difference, act: str) -> str:
    return reverse(f"admin:reconciliation_difference_{act}", args=[difference.pk])


def test_what_was_rejected_is_sent_again_there_by_who_may(world: World, browse: Browse) -> None:
    """Number taken over there: the record needs a person, and its act is Retry."""
    live()
    retry = button(world.difference, "retry")
    assert retry in page(browse, world.difference)
    assert retry not in page(browse, world.difference, "Vera")
    assert "Somebody who posts can do it here." in page(browse, world.difference, "Vera")
    assert press(browse, world.difference, "retry", "Vera").status_code == 403

    said = press(browse, world.difference, "retry").content.decode()
    assert "It will be tried again now. Compare both sides again afterwards" in said
    world.record.refresh_from_db()
    assert world.record.state == State.WAITING
    assert "Compare both sides again once it is there." in said
    # Pressed twice it is not done twice: it is on its way already.
    again = press(browse, world.difference, "retry").content.decode()
    assert "“Retry” is not possible" in again


@pytest.mark.slow
def test_a_side_is_chosen_there_and_the_form_says_of_what(world: World, browse: Browse) -> None:
    live()
    record = world.conflict.sync_record
    Difference.objects.update(ours=[[record.kind, record.subject_id]])
    shown = page(browse, world.difference)
    assert button(world.difference, "theirs") in shown
    asked = browse("Fay").get(button(world.difference, "theirs")).content.decode()
    assert "office@example.com there." in asked
    assert "is taken over into Tieout" in asked
    assert press(browse, world.difference, "theirs", "Vera").status_code == 403
    refused = press(browse, world.difference, "theirs").content.decode()
    assert "It is not in QuickBooks any more." in refused  # so says the engine, and decides nothing
    assert Conflict.objects.get(pk=world.conflict.pk).decision == ""


@pytest.mark.slow
def test_what_may_be_the_same_is_linked_or_kept_apart_with_a_reason(
    world: World, browse: Browse
) -> None:
    live()
    record = world.candidate.sync_record
    Difference.objects.update(ours=[[record.kind, record.subject_id]])
    for act in ("link", "keep-both"):
        assert button(world.difference, act) in page(browse, world.difference)
    press(browse, world.difference, "keep-both", reason="")
    world.candidate.refresh_from_db()
    assert world.candidate.decision == ""
    press(browse, world.difference, "keep-both", reason="Two shops")
    world.candidate.refresh_from_db()
    assert (world.candidate.decision, world.candidate.reason) == ("keep_both", "Two shops")


def test_it_is_left_out_of_the_review_with_a_reason_and_goes_on_to_differ(
    world: World, browse: Browse
) -> None:
    assert press(browse, world.difference, "leave-out", "Vera", reason="x").status_code == 403
    said = press(browse, world.difference, "leave-out", reason="A penny of theirs").content.decode()
    assert "A penny of theirs" in said
    assert "It still differs." in said
    ended = ReviewItem.objects.get(kind="difference", key=key_of(world.difference))
    assert (ended.outcome, ended.reason, str(ended.ended_by)) == (
        "left_out", "A penny of theirs", "Fay",
    )  # fmt: skip
    world.difference.refresh_from_db()
    assert world.difference.stands
    assert button(world.difference, "leave-out") not in page(browse, world.difference)

    Difference.objects.update(amount=-2)  # it grew: by the next look it is listed again
    refresh(world.company)
    again = ReviewItem.objects.filter(key=ended.key, ended_at=None)
    assert again.count() == 1
    assert button(world.difference, "leave-out") in page(browse, world.difference)


@pytest.mark.parametrize(
    ("stage", "grant", "said"),
    [
        ("paused", "active", "is paused: nothing goes over"),
        ("live", "lost", "Give consent again first."),
    ],
)
def test_where_nothing_can_be_done_the_page_says_what_comes_first(
    world: World, browse: Browse, stage: str, grant: str, said: str
) -> None:
    live()
    Connection.objects.update(stage=stage)
    Grant.objects.update(status=grant)
    shown = page(browse, world.difference)
    assert said in shown
    assert reverse("admin:connections_connection_change", args=[world.connection.pk]) in shown


def test_what_those_books_know_nothing_of_is_sent_from_there(world: World, browse: Browse) -> None:
    live()
    SyncRecord.objects.filter(invoice=world.invoice).delete()
    Difference.objects.update(why=Why.ONLY_HERE, ours=[["invoice", world.invoice.pk]])
    assert "It goes to QuickBooks with the next run" in page(browse, world.difference)
    press(browse, world.difference, "send")
    assert SyncRecord.objects.get(invoice=world.invoice).state == State.WAITING
