"""The mapping page with something of everything, and what a change touches, wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing.models import BankAccount
from apps.connections.models import Connection
from apps.mappings.models import Mapping
from apps.staff.models import User
from apps.sync.models import Attempt, State, SyncRecord
from tests.backoffice.ledgers.test_mapping import code
from tests.backoffice.world import WholeWorld
from tests.factories import make_invoice, make_item, make_term

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def stage(world: WholeWorld) -> None:
    """Proposals of every sort, a tax rate without a code that three invoices bear, a renamed account,
    and an invoice that went over under the default account."""
    Connection.objects.filter(pk=world.connection.pk).update(
        stage="paused", tax_regime="global", tax_code_on_every_line=True
    )
    make_term(world.company, name="Net 45", due_days=45)
    mug = make_item(world.company, code="MUG", name="Mug sales")
    BankAccount.objects.create(company=world.company, name="Checking", currency="GBP")
    code(world, "80", "Mug sales", "income", number="4010")
    code(world, "81", "Lantern sales", "income", number="4100")
    code(world, "36", "Checking", "bank", "clearing", number="1200")
    code(world, "5", "Net 45", kind="term", detail={"due_days": "45"})
    for _ in range(3):
        make_invoice(company=world.company, lines=[(mug, 2, 10, world.rate)])
    sold = Mapping.objects.get(subject="income").code
    sold.named_before, sold.renamed_at = "4000 Sales", timezone.now()
    sold.save()
    record, _ = SyncRecord.objects.update_or_create(
        connection=world.connection,
        invoice=world.invoice,
        defaults={"kind": "invoice", "wanted": 1, "sent": 1, "state": State.IN_THE_BOOKS},
    )
    Attempt.objects.create(sync_record=record, revision=1, result=Attempt.Result.DONE)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_person_sees_what_waits_takes_proposals_and_is_asked_before_a_change(
    width: int, staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    world = WholeWorld(staff["Fay"])
    stage(world)
    page = enter(staff["Fay"], width)

    def picture(name: str) -> None:
        page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    page.goto(reverse("admin:connections_connection_map", args=[world.connection.pk]))
    picture("map")
    page.get_by_role("link", name="3 invoices").first.click()
    expect(page.get_by_role("heading", name="booked under")).to_be_visible()
    page.get_by_role("button", name="Accept all").click()
    expect(page.get_by_text("2 choices saved")).to_be_visible()
    assert not Mapping.objects.filter(subject="bank_account").exists()
    page.get_by_label("Sales account by default").select_option(label="4100 Lantern sales")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing is saved yet")).to_be_visible()
    picture("map-impact")
    page.get_by_label("Why you change it").fill("The accountant said so")
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_text("1 choice saved").first).to_be_visible()
    page.get_by_text("Who chose what, and when").click()
    picture("map-history")
    page.get_by_role("link", name="As a file").click()
    picture("map-file")
