"""A month is closed on a page that says what stands in its way, and stays as it was found."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.backoffice.control import month_end
from apps.connections.models import Connection
from apps.reconciliation.models import ClosedMonth, KeptComparison
from apps.reconciliation.month_end import closing
from apps.reconciliation.month_end.checks import Check, Topic, Verdict
from apps.reconciliation.month_end.words import TOPICS
from tests.backoffice.world import WholeWorld, World

Browse = Callable[[str], Client]
MARCH = date(2026, 3, 31)


@pytest.fixture
def page(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page of a company whose money on account alone needs a look."""
    found = [
        Check(topic=Topic.NUMBERS, verdict=Verdict.FINE, sentence="No number is missing."),
        Check(topic=Topic.UNAPPLIED, verdict=Verdict.LOOK, sentence="30.00 GBP on account."),
    ]
    for module in (month_end, closing):
        monkeypatch.setattr(module, "checks_of", lambda company, last: found)
    return reverse("admin:billing_company_month-end", args=[world.company.pk])


def test_it_says_of_every_check_what_was_found_and_where_it_is_put_right(
    world: World, browse: Browse
) -> None:
    Connection.objects.update(stage=Connection.Stage.PAUSED)
    address = reverse("admin:billing_company_month-end", args=[world.company.pk])
    shown = browse("Fay").get(address).content.decode()
    assert "Ready to close March 2026?" in shown
    assert "stand in the way" in shown or "stands in the way" in shown
    assert f"/admin/sync/syncrecord/?connection__id__exact={world.connection.pk}" in shown
    for topic in Topic:
        if topic not in (Topic.CONNECTED, Topic.AGREED, Topic.MAPPINGS, Topic.HELD, Topic.SENT):
            assert TOPICS[topic] in shown


def test_it_is_closed_with_what_was_looked_at_and_kept(
    world: World, browse: Browse, page: str
) -> None:
    given = {"last": MARCH.isoformat(), "reason": "Reviewed with the bank"}
    assert browse("Vera").post(page, given).status_code == 403
    refused = browse("Fay").post(page, given, follow=True).content.decode()
    assert "Say that you looked at it: 30.00 GBP on account." in refused
    assert "Reviewed with the bank" in refused
    done = browse("Fay").post(page, {**given, "looked": ["unapplied:"]}, follow=True)
    kept = ClosedMonth.objects.get(last=MARCH)
    assert done.request["PATH_INFO"].endswith(f"/closedmonth/{kept.pk}/change/")
    assert "30.00 GBP on account." in done.content.decode()
    # What moved since reads all of the books: it is worked out for whoever asks.
    assert "As it was signed" in done.text
    assert "Nothing of it has moved since" not in done.text
    assert "Nothing of it has moved since" in moved(browse, kept)
    world.company.refresh_from_db()
    assert world.company.closing_date == MARCH
    assert str(kept.closed_by) == "Fay"


def moved(browse: Browse, closed: ClosedMonth) -> str:
    address = reverse("admin:reconciliation_closedmonth_change", args=[closed.pk])
    return browse("Vera").get(address, {month_end.ANEW: "yes"}).text


def test_one_that_does_not_come_to_what_was_signed_says_that_first(
    whole: WholeWorld, browse: Browse
) -> None:
    """Entered since, too: that does not make up for it."""
    shown = moved(browse, whole.records[ClosedMonth])
    assert "<h2>It does not come to what was signed</h2>" in shown
    assert "Entered since" in shown
    assert "makes all of the difference" not in shown


def test_nobody_who_may_not_close_is_offered_to(world: World, browse: Browse, page: str) -> None:
    assert "Close March 2026" in browse("Fay").get(page).content.decode()
    assert "Close March 2026" not in browse("Vera").get(page).content.decode()


def test_both_sides_are_compared_as_of_its_end(
    world: World, browse: Browse, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def ask(connection: object, by: int, as_of: date | None) -> KeptComparison:
        asked["as_of"] = as_of
        return world.comparison

    monkeypatch.setattr(month_end, "ask", ask)
    given = {"last": MARCH.isoformat(), "compare": str(world.connection.pk)}
    assert browse("Vera").post(page, given).status_code == 403
    assert browse("Fay").post(page, given).status_code == 302
    assert asked == {"as_of": MARCH}
