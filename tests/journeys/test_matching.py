"""The page Match in a real browser: it fits, and a person decides without a manual."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.staff.models import User
from apps.sync.models import MatchDecision, RemoteRecord, Survey, packed
from tests.backoffice.world import World
from tests.factories import make_customer, make_item

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def theirs(world: World, kind: str, **fields: Any) -> None:
    remote_id = str(900 + RemoteRecord.objects.count())
    RemoteRecord.objects.create(
        connection=world.connection,
        kind=kind,
        remote_id=remote_id,
        of_kind=kind.lower(),
        name=fields.get("DisplayName") or fields["Name"],
        packed_raw=packed({"Id": remote_id, "SyncToken": "0", **fields}),
        read_at=timezone.now(),
        arrival=RemoteRecord.Arrival.ONLY_THEIRS,
    )


def people_of_both_sides(world: World) -> None:
    Survey.objects.create(connection=world.connection, kinds=["customer", "item"], ended=True)
    company = world.company
    make_customer(company, name="Kestrel Cycles Ltd", email="office@kestrel.example")
    theirs(world, "Customer", DisplayName="Kestrel Cycles",
           PrimaryEmailAddr={"Address": "office@kestrel.example"})  # fmt: skip
    make_customer(company, name="Harbour Books Limited", tax_number="GB123456789", country="GB")
    theirs(world, "Customer", DisplayName="Harbour Books", PrimaryTaxIdentifier="123456789",
           BillAddr={"Country": "GB"})  # fmt: skip
    make_customer(company, name="Copper & Daughters", email="hello@copper.example")
    theirs(world, "Customer", DisplayName="Copper and Daughters",
           PrimaryEmailAddr={"Address": "accounts@copper.example"})  # fmt: skip
    theirs(world, "Customer", DisplayName="Copper and Daughters (Leeds)")
    make_customer(company, name="Obsidian Textiles Ltd", tax_number="GB700000001")
    theirs(world, "Customer", DisplayName="Obsidian Textiles Inc", PrimaryTaxIdentifier="GB900000009",
           Active=False)  # fmt: skip
    for number in range(60):
        theirs(world, "Customer", DisplayName=f"Walk-in customer {number + 1}")
    make_item(company, code="LMP-7", name="Brass lamp")
    theirs(world, "Item", Name="Lamp of brass", Sku="LMP-7", Type="Service", UnitPrice=25)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_person_matches_customers(
    width: int, staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    world = World(staff["Fay"])
    people_of_both_sides(world)
    page = enter(staff["Fay"], width)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(reverse("admin:connections_connection_match", args=[world.connection.pk]))

    def pictured(name: str) -> None:
        page.screenshot(path=pictures / f"match-{name}-{width}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide"

    pictured("exact")
    page.get_by_role("link", name=re.compile("^Likely")).click()
    pictured("likely")
    page.get_by_role("button", name="Copper & Daughters is the same as Copper and Daughters",
                     exact=True).click()  # fmt: skip
    assert MatchDecision.objects.get().decision == "same"
    page.get_by_role("link", name="Only in QuickBooks").click()
    pictured("there")
    page.get_by_role("link", name="Only here").click()
    pictured("here")
    page.get_by_role("link", name="Decided").click()
    pictured("decided")
    tabs = page.get_by_role("navigation", name="What is matched")
    tabs.get_by_role("link", name=re.compile("^Items")).click()
    pictured("items")
    page.goto(reverse("admin:connections_connection_match", args=[world.connection.pk]))
    page.get_by_role("button", name="Accept all 2 exact ones").click()
    assert MatchDecision.objects.filter(decision="same").count() == 3
    pictured("after")
    assert errors == []
