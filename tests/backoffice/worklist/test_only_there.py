"""What is only over there: listed in words, and taken over by a person who may."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.billing.models import Customer, Item
from apps.staff.models import User
from apps.sync.models import RemoteRecord, packed
from tests.backoffice.world import World

Browse = Callable[[str], Client]
LIST = "/admin/sync/remoterecord/"


def theirs(world: World, **fields: Any) -> RemoteRecord:
    values = {
        "connection": world.connection,
        "packed_raw": packed({"Id": "1"}),
        "read_at": timezone.now(),
        "arrival": RemoteRecord.Arrival.ONLY_THEIRS,
        **fields,
    }
    return RemoteRecord.objects.create(**values)


def test_the_list_speaks_of_kinds_and_customers_not_of_ids(world: World, browse: Browse) -> None:
    theirs(world, kind="Customer", remote_id="31", of_kind="customer", name="Pale Moon Ltd")
    theirs(world, kind="JournalEntry", remote_id="32", number="GJ-7", customer_id_there="31")
    text = browse("Vera").get(f"{LIST}?arrival__exact=only_theirs").content.decode()
    assert "Journal entry GJ-7" in text
    assert "Customer Pale Moon Ltd" in text
    assert "Only in QuickBooks" in text
    assert text.count("Pale Moon Ltd") >= 2  # its own line, and beside the journal entry


def test_parts_of_a_payment_are_not_listed_beside_it(world: World, browse: Browse) -> None:
    same = {"kind": "Payment", "remote_id": "58"}
    theirs(world, **same, of_kind="payment", number="TRF-58")
    part = theirs(world, **same, part="Invoice 12", of_kind="allocation")
    rows = browse("Vera").get(f"{LIST}?arrival__exact=only_theirs").context["cl"].result_list
    assert [str(row) for row in rows] == ["Payment TRF-58"]
    assert browse("Vera").get(f"{LIST}{part.pk}/change/").status_code == 200


def test_only_a_customer_or_an_item_that_is_only_theirs_can_be_taken_over(
    world: World, browse: Browse
) -> None:
    customer = theirs(world, kind="Customer", remote_id="31", of_kind="customer", name="Pale Moon")
    words = "Take over into Tieout"
    assert words in browse("Fay").get(f"{LIST}{customer.pk}/change/").content.decode()
    address = reverse("admin:sync_remoterecord_adopt", args=[customer.pk])
    for_cleo = browse("Cleo").get(f"{LIST}{customer.pk}/change/").content.decode()
    assert f"For “{words}” ask an Accountant." in for_cleo
    assert address not in for_cleo
    assert words not in browse("Fay").get(f"{LIST}{world.remote.pk}/change/").content.decode()
    assert browse("Cleo").post(address).status_code == 403


@pytest.mark.parametrize(
    ("kind", "raw", "model"),
    [
        ("Customer", {"DisplayName": "Pale Moon Ltd", "Active": True}, Customer),
        ("Item", {"Name": "Tin whistle", "Type": "Service", "UnitPrice": 4, "Active": True}, Item),
    ],
)
def test_fay_takes_over_what_was_made_there_and_it_is_linked(
    world: World,
    people: dict[str, User],
    browse: Browse,
    kind: str,
    raw: dict[str, Any],
    model: type[Any],
) -> None:
    name = raw.get("DisplayName") or raw["Name"]
    body = {"Id": "31", "SyncToken": "0", **raw}
    row = theirs(world, kind=kind, remote_id="31", of_kind=kind.lower(), name=name,
                 packed_raw=packed(body))  # fmt: skip
    address = reverse("admin:sync_remoterecord_adopt", args=[row.pk])
    fay = browse("Fay")
    assert "A new record is made in Tieout" in fay.get(address).content.decode()
    assert not model.objects.filter(name=name).exists()
    answer = fay.post(address)
    taken = model.objects.get(name=name)
    assert answer["Location"] == reverse(f"admin:billing_{kind.lower()}_change", args=[taken.pk])
    assert taken.history.latest().history_user == people["Fay"]
    row.refresh_from_db()
    assert row.sync_record == taken.sync_records.get()
    assert "not possible" in fay.post(address, follow=True).content.decode()
    assert model.objects.filter(name=name).count() == 1


def test_what_could_not_be_applied_is_looked_at_again(world: World, browse: Browse) -> None:
    address = reverse("admin:sync_remoterecord_look-again", args=[world.remote.pk])
    browse("Fay").post(address)
    world.remote.refresh_from_db()
    assert (world.remote.arrival, world.remote.sentence) == ("new", "")
