"""A Monday morning of finance staff, and the end of a month: what waits, who takes it on, what is signed."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.connections.models import Connection
from apps.reconciliation.models import BooksProof, ClosedMonth, ReviewItem, ReviewWeek
from apps.reconciliation.review.listing import refresh
from apps.staff.models import User
from tests.backoffice.world import World
from tests.journeys.looks import Looks

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def world(staff: dict[str, User]) -> World:
    """The review was kept up; the books were connected a week and a half ago."""
    found = World(staff["Fay"])
    Connection.objects.update(created_at=timezone.now() - timedelta(days=10))
    refresh(found.company)
    return found


def test_monday_morning_from_what_waits_to_a_signed_week(
    world: World, staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    page = enter(staff["Fay"], 1440)
    looks = Looks(page, pictures, "monday", every=False)
    page.goto("/admin/")
    looks.at("today")
    page.get_by_role("link", name=re.compile("Weekly review$")).click()
    page.get_by_text("150.00 GBP by Bank transfer came in").wait_for()
    page.get_by_role("main").get_by_role("link", name="Changed on both sides").click()
    page.get_by_role("link", name="Give it to somebody").click()
    page.get_by_label("Who takes it on").select_option(label="Cleo")
    page.get_by_label("Due").fill("04/12/2026")
    page.get_by_role("button", name="Give it to somebody").click()
    page.get_by_text(re.compile("^For Cleo, due 4 Dec 2026")).wait_for()
    page.get_by_role("link", name="Say something").click()
    page.get_by_label("What you have to say").fill("Their clerk wrote the address.")
    page.get_by_role("button", name="Say something").click()
    page.get_by_text("Their clerk wrote the address.").first.wait_for()
    looks.at("row")
    page.get_by_role("link", name="Decide whose change stands").click()
    page.get_by_text("office@example.com").first.wait_for()

    page.goto("/admin/reconciliation/reviewitem/?open=yes")
    page.get_by_role("main").get_by_role("link", name="Not banked for long").click()
    page.get_by_role("link", name="End it with a reason").click()
    page.get_by_label("Left out, with a reason").check()
    page.get_by_label("Reason", exact=True).fill("The bank asks for its customer")
    page.get_by_role("button", name="End it with a reason").click()
    page.get_by_text("Left out, with a reason by Fay").wait_for()
    ReviewItem.objects.filter(ended_at=None, owner=None).update(
        owner=staff["Fay"], due_on=world.company.today()
    )
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("Unsigned weeks of")).click()
    looks.at("sign")
    page.get_by_label("Remark").fill("All known.")
    page.get_by_role("button", name="Sign a week of the review").click()
    page.get_by_text("All known.").wait_for()
    looks.at("signed")
    assert ReviewWeek.objects.get().signed_by == staff["Fay"]
    assert looks.wrong == []


def test_a_month_is_closed_and_proves_that_nothing_in_it_moved(
    world: World, staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    page = enter(staff["Fay"], 1440)
    looks = Looks(page, pictures, "month-end", every=True)
    page.goto(f"/admin/billing/company/{world.company.pk}/change/")
    page.get_by_role("link", name="Month-end").click()
    page.get_by_text("Nothing stands in the way.").wait_for()
    looks.at("ready")
    for box in page.get_by_role("checkbox", name=re.compile("^I looked at it")).all():
        box.check()
    page.get_by_label("Reason").fill("Reviewed with the bank")
    page.get_by_role("button", name="Close March 2026").click()
    page.get_by_role("link", name="Work it out anew").click()
    page.get_by_role("heading", name="Nothing of it has moved since").wait_for()
    looks.at("closed")
    page.get_by_role("link", name="Open the books proof").click()
    page.get_by_role("heading", name="Books proof, March 2026").first.wait_for()
    looks.at("proof-of-the-month")
    page.goto(f"/admin/reconciliation/keptcomparison/{world.comparison.pk}/change/")
    page.get_by_role("link", name="Sign it").click()
    page.get_by_label("Remark").fill("Known; credited in December.")
    page.get_by_role("button", name="Sign it").click()
    page.get_by_text("Known; credited in December.").wait_for()
    looks.at("proof")
    matched = {"trial_matched_at": timezone.now(), "trial_fingerprint": "as it is"}
    Connection.objects.update(stage="live", settings_fingerprint="as it is", **matched)
    page.goto(f"/admin/reconciliation/difference/{world.difference.pk}/change/")
    looks.at("difference")
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("It will be tried again now.").wait_for()
    page.get_by_text(re.compile("Compare both sides again once it is there")).wait_for()
    assert BooksProof.objects.count() == 2
    assert ClosedMonth.objects.get().reason == "Reviewed with the bank"
    assert looks.wrong == []
