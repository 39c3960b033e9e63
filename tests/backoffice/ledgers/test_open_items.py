"""The list of what was open at the cut-off: seen by who sees the sync log, linked by who decides."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame.once import new_key
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from apps.sync.decide.matching import accept
from apps.sync.models import OpeningItem, Reason, RemoteRecord, State, Survey, SyncRecord, packed
from tests.backoffice.world import World
from tests.factories import make_customer, make_invoice, make_item, make_payment

Browse = Callable[[str], Client]
DECEMBER_10 = date(2025, 12, 10)


def theirs(world: World, number: str, open_still: int, customer: str = "71") -> RemoteRecord:
    raw = {
        "Id": f"9{number[-2:]}",
        "SyncToken": "0",
        "DocNumber": number,
        "TxnDate": "2025-12-10",
        "CustomerRef": {"value": customer},
        "CurrencyRef": {"value": "GBP"},
        "TotalAmt": 1000,
        "Balance": open_still,
        "Line": [],
    }
    return RemoteRecord.objects.create(
        connection=world.connection,
        kind="Invoice",
        remote_id=raw["Id"],
        of_kind="invoice",
        number=number,
        currency="GBP",
        amount=Decimal(1000),
        balance=Decimal(open_still),
        dated=DECEMBER_10,
        packed_raw=packed(raw),
        read_at=timezone.now(),
        arrival=RemoteRecord.Arrival.ONLY_THEIRS,
    )


@pytest.fixture
def old(world: World) -> Any:
    """An invoice over 1,000.00 of before the cut-off, of a customer that both sides call alike."""
    customer = make_customer(world.company, name="Old Mill Stores")
    RemoteRecord.objects.create(
        connection=world.connection,
        kind="Customer",
        remote_id="71",
        of_kind="customer",
        name="Old Mill Stores",
        packed_raw=packed({"Id": "71"}),
        read_at=timezone.now(),
        arrival=RemoteRecord.Arrival.ONLY_THEIRS,
    )
    return make_invoice(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(world.company), 1, 1000)],
    )


def page(world: World) -> str:
    return reverse("admin:connections_connection_open-items", args=[world.connection.pk])


def test_who_decides_links_a_pair_and_takes_it_apart_and_nobody_else_does(
    world: World, old: Any, browse: Browse
) -> None:
    row = theirs(world, old.number, 1000)
    asked = {"act": "link", "ours": f"invoice:{old.pk}", "theirs": row.pk}
    seen = browse("Vera").get(page(world)).content.decode()
    assert old.number in seen
    assert "Agrees" in seen
    assert 'name="act"' not in seen
    for name in ("Vera", "Cleo", "Ada"):
        made_up = {**asked, "one_time_key": new_key()}
        assert browse(name).post(page(world), made_up).status_code == 403
    assert not OpeningItem.objects.exists()

    fay = browse("Fay")
    shown = fay.get(page(world)).content.decode()
    assert "Link the 1 that agrees" in shown
    assert "All customers together" in shown
    fay.post(page(world), {"act": "link-all"})

    item = OpeningItem.objects.get()
    assert (item.ours, item.theirs, str(item.linked_by)) == (1000, 1000, "Fay")
    assert old.sync_records.get().state == State.IN_THE_BOOKS
    fay.post(page(world), {"act": "unlink", "item": item.pk, "reason": "Another year's"})
    item.refresh_from_db()
    assert (str(item.unlinked_by), item.unlink_reason) == ("Fay", "Another year's")


def test_what_does_not_agree_to_the_penny_is_linked_with_a_reason_alone(
    world: World, old: Any, browse: Browse
) -> None:
    row = theirs(world, old.number, 990)
    asked = {"act": "link", "ours": f"invoice:{old.pk}", "theirs": row.pk}
    fay = browse("Fay")
    assert "Link the " not in fay.get(page(world)).content.decode()

    refused = fay.post(page(world), {**asked, "reason": ""})
    assert "Say why they are the same though they differ." in refused.content.decode()
    assert "10.00 GBP less there" in refused.content.decode()
    assert not OpeningItem.objects.exists()

    fay.post(page(world), {**asked, "reason": "A bank charge of 2025"})
    assert OpeningItem.objects.get().difference == -10
    assert "A bank charge of 2025" in browse("Vera").get(page(world)).content.decode()


def test_what_is_held_for_an_old_invoice_leads_to_the_list(
    world: World, old: Any, browse: Browse
) -> None:
    payment = make_payment(invoice=old, amount=400, date=date(2026, 1, 15))
    record = SyncRecord.objects.create(
        connection=world.connection,
        kind="payment",
        payment=payment,
        wanted=1,
        state=State.NEEDS_PERSON,
        reason=Reason.WAITS_FOR_RECORD,
        sentence="Its invoice is not in QuickBooks.",
        waits_for=f"record:invoice:{old.pk}",
    )
    address = f"{page(world)}?q={old.number}"
    for shown in (
        f"/admin/billing/invoice/{old.pk}/change/",
        f"/admin/billing/payment/{payment.pk}/change/",
        f"/admin/sync/syncrecord/{record.pk}/change/",
    ):
        assert address in browse("Fay").get(shown).content.decode(), shown
    found = browse("Vera").get(address)
    assert found.status_code == 200
    assert old.number in found.content.decode()


def test_while_books_are_set_up_the_stepper_says_what_is_still_to_link(
    world: World, old: Any, browse: Browse
) -> None:
    theirs(world, old.number, 1000)
    customer = RemoteRecord.objects.get(connection=world.connection, kind="Customer")
    customer.packed_raw = packed({"Id": "71", "SyncToken": "0", "DisplayName": "Old Mill Stores"})
    customer.save()
    Survey.objects.create(connection=world.connection, kinds=["customer", "item"], ended=True)
    Connection.objects.filter(pk=world.connection.pk).update(
        stage=Connection.Stage.SETUP, sides_settled_at=timezone.now()
    )
    world.connection.refresh_from_db()
    fay, match = browse("Fay"), page(world).replace("open-items", "match")
    accept(
        world.connection,
        Kind.CUSTOMER,
        old.customer_id,
        customer.pk,
        user_id=User.objects.get(name="Fay").pk,
    )
    said = fay.get(match).content.decode()
    assert "1 open at the cut-off to link" in said
    assert "1 document that was open at the cut-off stands on both sides." in said

    fay.post(page(world), {"act": "link-all"})

    said = fay.get(match).content.decode()
    assert "to link" not in said
    assert "Nothing is left to decide" in said
