"""Comparisons on the screens: the button, the page of what was found, and the word on the first page."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.reconciliation import holds
from apps.reconciliation.journal import Journal
from apps.reconciliation.models import KeptComparison
from tests.backoffice.world import World

Browse = Callable[[str], Client]
LIST = "/admin/reconciliation/keptcomparison/"
State = KeptComparison.State


def shown(world: World, client: Client) -> str:
    return client.get(f"{LIST}{world.comparison.pk}/change/").content.decode()


def test_the_first_page_says_of_each_books_whether_both_sides_agree(
    world: World, browse: Browse
) -> None:
    address = f"{LIST}{world.comparison.pk}/change/"
    first = browse("Vera").get("/admin/").content.decode()
    assert "1 to look at" in first
    assert address in first

    KeptComparison.objects.update(agrees=True, open_count=0)
    assert "Both sides agree" in browse("Vera").get("/admin/").content.decode()


def test_the_page_lists_first_what_differs_and_lays_figures_beside_each_other(
    world: World, browse: Browse
) -> None:
    page = shown(world, browse("Vera"))

    assert "Both sides do not agree yet" in page
    assert "Invoice INV-7: 120.00 GBP here, 119.00 GBP there." in page
    assert "Sales" in page
    assert page.index("Differences") < page.index("Accounts")
    # On a phone each figure is a line of its own, under its name: none lies beyond the edge.
    assert 'data-label="Difference"' in page
    assert "<th></th>" not in page


def test_while_a_worker_is_at_it_the_page_follows(world: World, browse: Browse) -> None:
    KeptComparison.objects.update(
        state=State.READING, agrees=None, begun_at=timezone.now(), found={}
    )
    answer = browse("Vera").get(f"{LIST}{world.comparison.pk}/change/")
    assert answer["Refresh"] == "3"

    KeptComparison.objects.update(
        state=State.STOPPED, sentence="They are not there.", remedy="Connect them again."
    )
    answer = browse("Vera").get(f"{LIST}{world.comparison.pk}/change/")
    assert "Refresh" not in answer
    assert "Connect them again." in answer.content.decode()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(holds, "async_task", lambda *task, **_: found.append(task))
    return found


@pytest.fixture
def address(world: World) -> str:
    """Of the form that asks for a comparison of live books."""
    matched = {
        "trial_matched_at": timezone.now(),
        "trial_fingerprint": "tried",
        "settings_fingerprint": "tried",
    }
    Connection.objects.update(stage=Connection.Stage.LIVE, **matched)
    return reverse("admin:connections_connection_compare", args=[world.connection.pk])


def test_whoever_may_presses_and_is_led_to_it(
    world: World, browse: Browse, address: str, queued: list[tuple[Any, ...]]
) -> None:
    assert browse("Vera").post(address).status_code == 403
    answer = browse("Fay").post(address)

    asked = KeptComparison.objects.exclude(pk=world.comparison.pk).get()
    assert answer["Location"] == f"{LIST}{asked.pk}/change/"
    assert queued == [(holds.TASK, asked.pk)]
    assert str(asked.asked_by) == "Fay"
    assert asked.of_now


def test_a_day_that_is_over_can_be_typed(
    world: World, browse: Browse, address: str, queued: list[tuple[Any, ...]]
) -> None:
    fay = browse("Fay")
    assert "As of the end of" in fay.get(address).content.decode()

    today = today_in(world.company)
    refused = fay.post(address, {"as_of": (today + timedelta(days=1)).isoformat()})
    assert "lies ahead: choose a day up to today." in refused.content.decode()
    Connection.objects.update(starts_on=date(2026, 3, 1))
    refused = fay.post(address, {"as_of": "2026-02-28"})
    assert "is kept by Tieout from 1 Mar 2026 on" in refused.content.decode()
    assert queued == []

    answer = fay.post(address, {"as_of": "2026-03-31"})
    asked = KeptComparison.objects.exclude(pk=world.comparison.pk).get()
    assert answer["Location"] == f"{LIST}{asked.pk}/change/"
    assert (asked.on, asked.of_now) == (date(2026, 3, 31), False)
    refused = fay.post(address)
    assert "Both sides are being compared as of 31 Mar 2026." in refused.content.decode()


def test_one_of_an_earlier_day_is_called_so_and_leads_nowhere_else(
    world: World, browse: Browse
) -> None:
    before = browse("Vera").get("/admin/").content.decode()
    question = "One receipt, typed on both sides"
    KeptComparison.objects.update(
        of_now=False,
        on=date(2026, 3, 31),
        begun_at=datetime(2026, 7, 2, 8, 0, tzinfo=UTC),
        found={**world.comparison.found, "questions": [question]},
    )

    page = shown(world, browse("Vera"))

    assert "Both sides do not agree as of 31 Mar 2026" in page
    assert "was known on 2 Jul 2026" in page
    assert question in page
    for leads in ("Each with both sides, and what to do", "Answer them"):
        assert leads not in page
    listed = browse("Vera").get(LIST).content.decode()
    assert "31 Mar 2026" in listed
    assert "Now (" not in listed
    # The first page speaks of now alone.
    assert "1 to look at" in before
    after = browse("Vera").get("/admin/").content.decode()
    assert "1 to look at" not in after
    assert "Not compared yet" in after


def test_what_a_person_asked_for_can_be_added_up_elsewhere(world: World, browse: Browse) -> None:
    address = reverse(
        "admin:reconciliation_keptcomparison_proof", args=[world.comparison.pk, "journal"]
    )
    assert address not in shown(world, browse("Vera"))
    assert browse("Vera").get(address).status_code == 404
    journal = Journal(world.comparison.on)
    journal.begin(None, "Invoice INV-7; of a shop")
    journal.post("84", Decimal(-99))
    KeptComparison.objects.update(journal=journal.packed())

    assert address in shown(world, browse("Vera"))
    answer = browse("Vera").get(address)
    made = b"".join(answer.streaming_content).decode()
    assert "Invoice INV-7, of a shop" in made
    assert "=* -99.00 GBP" in made
    assert answer["Content-Disposition"].endswith('-2026-11-27.journal"')
    assert browse("Otto").get(address).status_code == 403
    assert browse("Vera").get(address.replace("journal", "exe")).status_code == 404
