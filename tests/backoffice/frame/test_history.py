"""History as an auditor reads it: who, when, which field from what to what."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.billing.changes import made_by
from tests.backoffice.world import World

Browse = Callable[[str], Client]


def test_history_tells_status_and_number_and_nothing_is_called_none(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    fay.post(reverse("admin:billing_invoice_issue", args=[world.draft.pk]))
    answer = fay.get(reverse("admin:billing_invoice_history", args=[world.draft.pk]))
    text = answer.content.decode()
    steps = {step.field: (step.old, step.new) for step in answer.context["page_obj"][0].steps}
    assert steps["Status"] == ("Draft", "Issued")
    assert steps["Number"] == ("empty", "INV-2026-00003")
    assert "history_change_reason" not in text
    assert "None" not in text
    assert "Fay" in text


def test_history_leads_back_to_the_record(world: World, browse: Browse) -> None:
    record = world.open_invoice
    page = reverse("admin:billing_invoice_change", args=[record.pk])
    history = reverse("admin:billing_invoice_history", args=[record.pk])
    version = reverse(
        "admin:billing_invoice_simple_history", args=[record.pk, record.history.latest().pk]
    )
    vera = browse("Vera")
    assert f'href="{page}"' in vera.get(history).content.decode()
    assert f'href="{history}"' in vera.get(version).content.decode()


def test_what_came_from_their_books_is_told_without_their_sign(
    world: World, browse: Browse
) -> None:
    with made_by(origin=world.connection.origin, reason="Changed in QuickBooks"):
        world.draft.customer.phone = "020 7946 0000"
        world.draft.customer.save()
    for page in ("history", "timeline"):
        address = reverse(f"admin:billing_customer_{page}", args=[world.draft.customer.pk])
        text = browse("Fay").get(address).content.decode()
        assert "Changed in QuickBooks" in text
        assert "connection:" not in text


def test_what_keeps_no_history_offers_none(world: World, browse: Browse) -> None:
    address = reverse("admin:sync_syncrecord_change", args=[world.record.pk])
    assert "/history/" not in browse("Vera").get(address).content.decode()
