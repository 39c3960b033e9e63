"""In a real browser: a company that is not ours is let go of, or refused, with what to do."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.connections.models import Connection
from apps.staff.models import User
from tests.factories import make_company
from tests.journeys.opened import consent, opened, read_there
from tests.sandbox_server import SandboxServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_wrong_company_is_let_go_with_a_word_on_what_remains(
    staff: dict[str, User], enter: Any, reached: SandboxServer
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    page = enter(staff["Fay"], 1440)
    consent(page, opened("quickbooks", reached, company))
    read_there(page)
    page.get_by_role("button", name="Wrong company: let go of it").click()
    expect(page.get_by_text(re.compile("Nothing was sent there"))).to_be_visible()
    assert page.url.endswith("/connections/connection/connect/")
    assert Connection.objects.get().stage == Connection.Stage.DISCONNECTED


def test_another_home_currency_is_refused_with_what_to_do(
    staff: dict[str, User], enter: Any, reached: SandboxServer
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    page = enter(staff["Fay"], 1440)
    consent(page, opened("quickbooks", reached, company, home_currency="CAD"))
    expect(page.get_by_text(re.compile("Choose books in GBP there"))).to_be_visible()
    assert not Connection.objects.exists()
