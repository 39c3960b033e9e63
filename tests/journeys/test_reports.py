"""A controller opens a report, goes down to the record, and sees what was entered since it was signed."""

import re
from pathlib import Path
from typing import Any

import pytest

from apps.staff.models import User
from tests.billing.standing.test_by_hand import make_spring
from tests.journeys.looks import Looks

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_from_the_menu_to_the_record_and_what_came_since(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    make_spring()
    page = enter(staff["Vera"], 1440)
    looks = Looks(page, pictures, "reports", every=True)
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("Reports$")).click()
    page.get_by_role("link", name="Receivable roll-forward").wait_for()
    page.get_by_role("link", name="Receivable roll-forward").click()
    page.get_by_role("textbox", name="From").fill("01/03/2026")
    page.get_by_role("textbox", name="Up to and including").fill("31/03/2026")
    page.get_by_role("textbox", name=re.compile("^As known on")).fill("02/04/2026")
    page.get_by_role("button", name="Show report").click()
    page.get_by_role("link", name="1,090.00").first.wait_for()
    looks.at("roll-forward")
    page.get_by_role("link", name="1,090.00").first.click()
    page.get_by_role("link", name=re.compile("^Invoice ")).first.wait_for()
    page.get_by_role("link", name="Receivable roll-forward").click()
    page.get_by_role("link", name="What was entered since").click()
    page.get_by_text("What this report did not know yet").wait_for()
    looks.at("later")
    page.get_by_role("link", name=re.compile("^Bad debts ")).click()
    page.get_by_text("Gone away").first.wait_for()
    page.goto("/admin/billing/company/reports/aged-receivables/?on=2026-04-30")
    looks.at("aged")

    assert looks.wrong == []
