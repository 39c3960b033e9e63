"""Comparisons on the screens: the button, the page of what was found, and the word on the first page."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.connections.models import Connection
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


def test_whoever_may_presses_and_is_led_to_it(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(holds, "async_task", lambda *task, **_: queued.append(task))
    matched = {
        "trial_matched_at": timezone.now(),
        "trial_fingerprint": "tried",
        "settings_fingerprint": "tried",
    }
    Connection.objects.update(stage=Connection.Stage.LIVE, **matched)
    address = reverse("admin:connections_connection_compare", args=[world.connection.pk])

    assert browse("Vera").post(address).status_code == 403
    answer = browse("Fay").post(address)

    asked = KeptComparison.objects.exclude(pk=world.comparison.pk).get()
    assert answer["Location"] == f"{LIST}{asked.pk}/change/"
    assert queued == [(holds.TASK, asked.pk)]
    assert str(asked.asked_by) == "Fay"


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
