"""The weekly review on the screens: taken on, ended with a reason, and signed week by week."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.worklist.places import place_of
from apps.connections.models import Connection
from apps.reconciliation.models import ReviewItem, ReviewKind, ReviewLook, ReviewWeek
from apps.reconciliation.review.acts import weeks_to_sign
from apps.reconciliation.review.listing import refresh
from apps.staff.models import User
from apps.sync.decide.edit_notes import write_note
from apps.sync.models import Edit, RemoteRecord
from tests.backoffice.world import World

Browse = Callable[[str], Client]
LIST = "/admin/reconciliation/reviewitem/"


def act(world: World, name: str) -> str:
    return reverse(f"admin:reconciliation_reviewitem_{name}", args=[world.review_item.pk])


def test_the_list_shows_what_is_open_oldest_first(world: World, browse: Browse) -> None:
    older = ReviewItem.objects.create(
        company=world.company,
        connection=world.connection,
        kind=ReviewKind.SILENT,
        key="older",
        sentence="Nothing ran for more than a day.",
        since=timezone.now() - timedelta(days=9),
        seen_at=timezone.now(),
    )
    rows = browse("Vera").get(f"{LIST}?open=yes").context["cl"].result_list
    assert [row.pk for row in rows] == [older.pk, world.review_item.pk]
    assert list(browse("Fay").get(f"{LIST}?open=mine").context["cl"].result_list) == []


def test_fay_gives_it_to_somebody_with_a_day(world: World, browse: Browse) -> None:
    cleo = User.objects.get(name="Cleo")
    given = {"owner": cleo.pk, "due_on": "2026-12-04"}
    assert browse("Cleo").post(act(world, "take-on"), given).status_code == 403
    browse("Fay").post(act(world, "take-on"), given)
    world.review_item.refresh_from_db()
    assert world.review_item.owner == cleo
    page = browse("Vera").get(f"{LIST}{world.review_item.pk}/change/").content.decode()
    assert "For Cleo, due 4 Dec 2026." in page


def test_it_ends_with_a_reason_that_its_page_shows(world: World, browse: Browse) -> None:
    browse("Fay").post(act(world, "end"), {"outcome": "left_out", "reason": ""})
    world.review_item.refresh_from_db()
    assert world.review_item.is_open
    browse("Fay").post(act(world, "end"), {"outcome": "left_out", "reason": "A firm we sold"})
    page = browse("Vera").get(f"{LIST}{world.review_item.pk}/change/").content.decode()
    assert "A firm we sold" in page
    assert "Left out, with a reason by Fay" in page


@pytest.mark.parametrize("kind", [*ReviewKind])
def test_each_kind_leads_to_where_one_deals_with_it(
    world: World, browse: Browse, kind: ReviewKind
) -> None:
    ReviewItem.objects.update(kind=kind)
    world.review_item.refresh_from_db()
    words, url = place_of(world.review_item)
    page = browse("Fay").get(f"{LIST}{world.review_item.pk}/change/").content.decode()
    assert words in page
    assert browse("Fay").get(url).status_code == 200


def test_the_list_of_changes_by_hand_is_as_long_as_its_row_says(
    world: World, browse: Browse
) -> None:
    """One here that asks, two over there that ask, and one whose note was not taken."""
    rows = RemoteRecord.objects.filter(connection=world.connection)
    for number, state in enumerate((Edit.State.ASKS, Edit.State.ASKS, Edit.State.REFUSED)):
        noted = {} if state == Edit.State.ASKS else {"note": "Why", "noted_at": timezone.now()}
        Edit.objects.create(
            connection=world.connection,
            sync_record=world.edit.sync_record,
            side=Edit.Side.THERE,
            what="date",
            dated=world.edit.dated,
            remote_record=rows.first(),
            version=str(number),
            state=state,
            **noted,
        )
    refresh(world.company)
    items = ReviewItem.objects.filter(kind=ReviewKind.EDIT)
    assert sorted(each.count for each in items) == [1, 1, 2]
    for each in items:
        found = browse("Fay").get(place_of(each)[1]).context["cl"]
        assert found.result_count == each.count

    write_note(
        list(Edit.objects.filter(state=Edit.State.ASKS)),
        "Agreed",
        by=User.objects.get(name="Fay").pk,
    )
    refresh(world.company)
    (left,) = [each for each in items.all() if each.is_open]
    assert left.key.endswith(":there:refused")


def test_a_week_is_signed_on_the_page_of_the_company(world: World, browse: Browse) -> None:
    Connection.objects.update(created_at=timezone.now() - timedelta(days=9))
    address = reverse("admin:billing_company_sign-week", args=[world.company.pk])
    [*_, week] = weeks_to_sign(world.company)
    assert "Unsigned weeks of" in browse("Fay").get("/admin/").content.decode()
    signed = {"week": week.isoformat(), "text": "All known."}
    assert "not kept up for an hour" in browse("Fay").post(address, signed).content.decode()
    ReviewLook.objects.create(company=world.company, at=timezone.now())
    assert "no owner or no due date" in browse("Fay").post(address, signed).content.decode()

    fay = User.objects.get(name="Fay")
    ReviewItem.objects.update(owner=fay, due_on=world.company.today())
    browse("Fay").post(address, signed)
    kept = ReviewWeek.objects.get(monday=week)
    page = browse("Vera").get(f"/admin/reconciliation/reviewweek/{kept.pk}/change/")
    assert "All known." in page.content.decode()
    assert "Ended in the week" in page.content.decode()
