"""The guide walked: every word that it prints in bold stands on the pages of its part, and its pictures are
taken on the way."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import FloatRect, Page, expect

from apps.staff.models import User
from tests.journeys.clicks import Hand
from tests.journeys.test_daily_tasks import Day

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEPT = Path(__file__).resolve().parents[2] / "apps/backoffice/static/backoffice/guide"
NEW = "TIEOUT_GUIDE_PICTURES"  # set: the pictures of the guide are made anew
CLIP: FloatRect = {"x": 288, "y": 0, "width": 1152, "height": 720}  # without the menu
Walk = Callable[[Hand, Day], None]


def monday(hand: Hand, day: Day) -> None:
    hand.page.goto("/admin/")


def invoice(hand: Hand, day: Day) -> None:
    hand.menu("Invoices")
    read(hand.page)
    hand.press(hand.page.locator("a[href$='/billing/invoice/add/']").first)
    hand.find("id_customer", "Kestrel")
    for place, code in enumerate(("LAN-1", "BOOK-1")):
        hand.find(f"id_lines-{place}-item", code)
        expect(hand.page.locator(f"#id_lines-{place}-unit_price")).not_to_have_value("")
    sums = hand.page.locator("[data-running=sums]")
    expect(sums.locator(".t-strong")).to_contain_text("18.50")  # 12.50, and 5.00 with 1.00
    sums.evaluate("element => element.scrollIntoView({block: 'center'})")
    read(hand.page)
    picture_of(hand.page, "invoice")
    hand.button("Save and issue")


def payment(hand: Hand, day: Day) -> None:
    hand.menu("Payments")
    read(hand.page)
    hand.link("Receive payment")
    hand.fill(hand.page.get_by_label("Customer, or the number of an open invoice"), "Kestrel")
    hand.page.keyboard.press("Enter")
    hand.fill(hand.page.get_by_label("Amount (GBP)"), "300.00")


def credit(hand: Hand, day: Day) -> None:
    hand.page.goto(reverse("admin:billing_invoice_change", args=[day.back.pk]))
    read(hand.page)
    hand.link("Credit this invoice")


def deposit(hand: Hand, day: Day) -> None:
    hand.menu("Bank deposits")
    hand.link("Make bank deposit")
    read(hand.page)
    hand.link("Look through")


def decide(hand: Hand, day: Day) -> None:
    hand.line("Changed on both sides")
    read(hand.page)
    hand.link("Customer Bell & Daughters")


def failed(hand: Hand, day: Day) -> None:
    hand.menu("Sync log")
    read(hand.page)
    hand.link("Invoice INV-2026-00002")


def mapping(hand: Hand, day: Day) -> None:
    hand.line("Not mapped for")


def week(hand: Hand, day: Day) -> None:
    hand.menu("Weekly review")
    read(hand.page)
    hand.press(hand.page.locator("main a[href*='/reviewitem/'][href*='/change/']").first)


def month(hand: Hand, day: Day) -> None:
    hand.page.goto(reverse("admin:billing_company_change", args=[day.company.pk]))
    read(hand.page)
    hand.link("Month-end")


def find(hand: Hand, day: Day) -> None:
    hand.page.keyboard.press("Control+k")


PARTS: dict[str, Walk] = {
    "monday": monday, "invoice": invoice, "payment": payment, "credit": credit, "deposit": deposit,
    "decide": decide, "failed": failed, "map": mapping, "week": week, "month": month, "find": find,
}  # fmt: skip
_read: list[str] = []


def read(page: Page) -> None:
    """What a person reads on it: texts, buttons, names of fields, placeholders."""
    _read.append(
        page.evaluate("""() => [document.body.innerText, ...[...document.querySelectorAll(
          'button, input, a, label, h1, h2, legend')].flatMap((each) => [
            each.innerText ?? "", each.value ?? "", each.placeholder ?? "", each.getAttribute("aria-label") ?? ""])].join("\\n")""")
    )


def picture_of(page: Page, part: str) -> None:
    """As the product looks where it is not waived that anybody shows a second factor."""
    page.evaluate("document.querySelectorAll('.t-waived').forEach((each) => each.remove())")
    page.evaluate("document.fonts.ready")
    _taken[part] = page.screenshot(clip=CLIP)


_taken: dict[str, bytes] = {}


def test_every_word_in_bold_stands_on_the_pages_of_its_part(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    day = Day(staff["Fay"])
    page = enter(staff["Fay"], 1440)
    page.goto(reverse("admin:billing_company_guide"))
    bold = {
        part: page.locator(f"#{part} strong").all_inner_texts()
        for part in page.locator("section.t-guide").evaluate_all(
            "all => all.map((each) => each.id)"
        )
    }
    shown = {part for part in bold if page.locator(f"#{part} img").count()}
    assert set(bold) == set(PARTS)
    missing = []
    for part, walk in PARTS.items():
        page.goto("/admin/")
        _read.clear()
        walk(Hand(page), day)
        page.wait_for_load_state("load")
        read(page)
        if part in shown and part not in _taken:
            picture_of(page, part)
        told = re.sub(r"\s+", " ", "\n".join(_read))
        missing += [(part, words) for words in bold[part] if words not in told]
    assert missing == []
    for part in shown:
        (pictures / f"guide-{part}.png").write_bytes(_taken[part])
        if os.environ.get(NEW):
            KEPT.mkdir(exist_ok=True)
            (KEPT / f"{part}.png").write_bytes(_taken[part])
    assert {each.stem for each in KEPT.glob("*.png")} == shown
