"""Two people and one form, seen by a real browser: a refused save, a double question, a typed day."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.billing.models import Customer, Payment
from apps.staff.models import User
from tests.backoffice.world import World
from tests.journeys.conftest import Enter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize("width", [1440, 390])
def test_what_another_changed_is_shown_and_nothing_is_undone(
    staff: dict[str, User], enter: Enter, pictures: Path, width: int
) -> None:
    customer = World(staff["Fay"]).draft.customer
    address = f"/admin/billing/customer/{customer.pk}/change/"
    fay, cleo = enter(staff["Fay"], width), enter(staff["Cleo"], width)
    fay.goto(address)
    cleo.goto(address)
    cleo.fill("#id_email", "accounts@bell.example")
    cleo.click("input[name=_save], button[name=_save]")
    cleo.wait_for_load_state()
    fay.fill("#id_phone", "0117 496 0000")
    fay.fill("#id_email", "office@bell.example")
    fay.click("input[name=_save], button[name=_save]")
    expect(fay.locator("#outdated")).to_contain_text("Cleo")
    expect(fay.locator("#outdated")).to_contain_text("office@bell.example")
    expect(fay.locator("#id_email")).to_have_value("accounts@bell.example")
    fay.screenshot(path=pictures / f"refused-save-{width}.png", full_page=True)
    fay.fill("#id_phone", "0117 496 0000")
    fay.click("input[name=_save], button[name=_save]")
    fay.wait_for_load_state()
    customer = Customer.objects.get(pk=customer.pk)
    assert (customer.email, customer.phone) == ("accounts@bell.example", "0117 496 0000")


@pytest.mark.parametrize(("width", "country"), [(1440, "US"), (390, "GB")])
def test_money_typed_twice_is_asked_about_and_its_day_is_spelled_out(
    staff: dict[str, User], enter: Enter, pictures: Path, width: int, country: str
) -> None:
    world = World(staff["Fay"])
    world.company.country = country
    world.company.save()
    fay = enter(staff["Fay"], width)
    spelled = {"US": "Wednesday, March 4, 2026", "GB": "Friday 3 April 2026"}[country]
    for _ in range(2):
        fay.goto(f"/admin/billing/customer/{world.draft.customer_id}/receive-payment/")
        fay.fill("#id_amount", "40")
        fay.fill("#id_date", "03/04/2026")
        expect(fay.locator(".t-spelled").first).to_have_text(spelled)
        fay.screenshot(path=pictures / f"typed-day-{width}.png")
        fay.click("button.t-main")
        fay.wait_for_load_state()
    expect(fay.locator(".t-asked")).to_contain_text("stands already")
    fay.screenshot(path=pictures / f"asked-first-{width}.png", full_page=True)
    assert Payment.objects.filter(amount=40).count() == 1
    fay.check(".t-asked input")
    fay.click("button.t-main")
    fay.wait_for_load_state()
    assert Payment.objects.filter(amount=40).count() == 2


def test_a_form_that_was_sent_already_books_once_and_shows_what_it_made(
    staff: dict[str, User], enter: Enter
) -> None:
    """One after the other: at the same moment both would share one connection to a database in
    memory here. That is tried by processes, in tests/billing."""
    world = World(staff["Fay"])
    fay = enter(staff["Fay"], 1440)
    fay.goto(f"/admin/billing/customer/{world.draft.customer_id}/receive-payment/")
    fay.fill("#id_amount", "41")
    sent = fay.evaluate(
        """async () => {
            const form = document.querySelector("button.t-main").form;
            const answer = await fetch(location, {method: "POST", body: new FormData(form)});
            return answer.url;
        }"""
    )
    assert re.search(r"/billing/payment/\d+/", sent), sent
    fay.click("button.t-main")
    expect(fay).to_have_url(sent)
    expect(fay.locator("body")).to_contain_text("This form was sent already")
    assert Payment.objects.filter(amount=41).count() == 1


def test_a_draft_and_a_list_show_their_days_in_one_way(
    staff: dict[str, User], enter: Enter, pictures: Path
) -> None:
    world = World(staff["Fay"])
    for width in (1440, 390):
        fay = enter(staff["Fay"], width)
        fay.goto(f"/admin/billing/invoice/{world.draft.pk}/change/")
        expect(fay.locator("#id_issue_date")).to_have_value("02/03/2026")
        fay.screenshot(path=pictures / f"draft-days-{width}.png", full_page=True)
        fay.goto("/admin/billing/invoice/?issue_date_to=01/11/2026&issue_date_to-order=dmy")
        fay.screenshot(path=pictures / f"list-days-{width}.png")
