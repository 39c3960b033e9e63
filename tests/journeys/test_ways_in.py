"""In a real browser: a key is filled in, and organisations of one grant are chosen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from apps.billing.models import Company
from apps.connections.models import Connection, Grant
from apps.connections.oauth import Pair
from apps.connections.sealed import seal
from apps.staff.models import User
from tests.connections.bench import ledgers
from tests.connections.bench.server import CLIENT_ID, CLIENT_SECRET, Guild, guild_server
from tests.connections.people import a_company

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def guild(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guild]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    settings.LEDGER_CLIENTS = {
        "GUILD_TEST_CLIENT_ID": CLIENT_ID,
        "GUILD_TEST_CLIENT_SECRET": CLIENT_SECRET,
    }
    with guild_server() as server:
        ledgers.register_all(server.url)
        yield server
    ledgers.forget_all()


def pictured(page: Page, folder: Path, name: str, width: int) -> None:
    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name


def a_grant(guild: Guild, company: Company, who: User) -> Grant:
    """What pat's consent left: the way there leads over their page."""
    given = guild._pair("pat")
    grant = Grant(system="guild", environment="test", person="pat", granted_by=who)
    pair = Pair(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        access_expires_at=None,
        refresh_expires_at=None,
        refresh_hard_expires_at=None,
    )
    for name, value in seal(grant, pair).items():
        setattr(grant, name, value)
    grant.organisations = [
        {"remote_id": "org-1", "name": "Willow Ltd", "country": "GB", "refusal": ""}
    ]
    grant.save()
    return grant


@pytest.mark.parametrize("width", [1440, 390])
def test_a_person_fills_in_a_key_and_chooses_organisations(
    width: int, staff: dict[str, User], enter: Any, guild: Guild, pictures: Path
) -> None:
    willow, elm, oak = a_company(), a_company("Elm Ltd"), a_company("Oak Ltd")
    grant = a_grant(guild, willow, staff["Fay"])
    guild.organisations["org-2"]["currency"] = "USD"
    guild.organisations["org-3"] = {
        "id": "org-3",
        "name": "A society with quite a long name for the preservation of oaks",
        "country": "GB",
        "currency": "GBP",
    }
    guild.keys["a-key-of-oak"] = "org-3"
    page = enter(staff["Fay"], width)

    page.goto("/admin/connections/connection/connect/")
    pictured(page, pictures, "connect", width)
    page.goto(f"/connections/enter/{oak.pk}/guild_key/test/")
    page.fill("input[name=field_key]", "wrong")
    page.click("text=Try and connect")
    assert "does not accept" in page.inner_text("main")
    pictured(page, pictures, "key-refused", width)
    page.fill("input[name=field_key]", "a-key-of-oak")
    page.click("text=Try and connect")
    page.wait_for_url("**/connect/")
    page.goto(page.url.replace("/connect/", "/change/"))
    page.click("text=Change how Tieout gets in")
    page.wait_for_url("**/replace/**")
    pictured(page, pictures, "key-replaced", width)

    page.goto(f"/connections/choose/{grant.public_id}/{willow.pk}/")
    pictured(page, pictures, "choose", width)
    page.check("input[value=org-1]")
    page.check("input[value=org-2]")
    page.click("text=Connect what is ticked")
    assert "Elm Ltd: not connected" in page.inner_text("main")
    pictured(page, pictures, "chosen", width)
    assert {each.company for each in Connection.objects.all()} == {willow, oak}
    assert elm.connections.count() == 0
