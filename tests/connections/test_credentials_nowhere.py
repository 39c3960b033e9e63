"""After a whole life by every way in, what let us in lies nowhere but sealed in its grant."""

import logging
from typing import Any

import pytest
from django.test import Client

from apps.connections import lifecycle
from apps.connections.lines import line_of
from apps.connections.models import Connection, Grant
from apps.connectors.errors import ConnectorError
from apps.connectors.moments import within
from apps.staff.models import User
from tests.connections.bench.ledgers import read
from tests.connections.bench.server import CLIENT_SECRET, PASSWORD, Guild
from tests.connections.people import a_company
from tests.connections.test_courier import chain
from tests.led_away import led_to
from tests.sync.books.test_no_secrets import stored_texts

pytestmark = pytest.mark.django_db


class Life:
    """Everything that is told on the way, to be searched."""

    def __init__(self, browser: Client, guild: Guild) -> None:
        self.browser, self.guild = browser, guild
        self.told: list[str] = []

    def get(self, path: str, query: Any = None) -> Any:
        return self._told(self.browser.get(path, query))

    def post(self, path: str, form: dict[str, Any]) -> Any:
        return self._told(self.browser.post(path, form))

    def fails(self, connection: Connection) -> None:
        with pytest.raises(ConnectorError) as trouble:
            lifecycle.refresh_company(connection)
        self.told += chain(trouble.value)

    def looks_at(self, connection: Connection) -> None:
        """The line, its answers, and every page of these books."""
        with line_of(connection) as line:
            for path in ("api/organisation", "api/documents", "api/nothing"):
                self.told.append(repr(line.exchange(read(path), until=within(5))))
            self.told += [repr(line), str(line.adds)]
        self.told += [repr(connection), repr(connection.grant), str(connection.grant)]
        self.get(f"/admin/connections/connection/{connection.pk}/change/")
        self.get("/admin/connections/connection/connect/")

    def _told(self, answer: Any) -> Any:
        self.told += [answer.content.decode(), str(answer.headers)]
        return answer


def by_consent(life: Life) -> None:
    company = a_company()
    # The address leads to their page and bears the state, which is no secret of ours any more
    # once it is used: it is asked for apart from what is told.
    address = led_to(life.browser.get(f"/connections/start/{company.pk}/guild/test/"))
    page = life.get("/connections/guild/callback/", life.guild.allow(address))["Location"]
    life.get(page)
    life.post(page, {"organisation": ["org-1"], "company_org-1": company.pk})
    connection = Connection.objects.get()
    life.looks_at(connection)
    life.guild.access.clear()
    lifecycle.refresh_company(connection)
    life.guild.access.clear()
    life.guild.refresh.clear()
    life.fails(connection)
    address = led_to(life.browser.get(f"/connections/again/{connection.pk}/"))
    life.get("/connections/guild/callback/", life.guild.allow(address))
    life.told.append(lifecycle.disconnect(Connection.objects.get()))


def by_key(life: Life) -> None:
    page = f"/connections/enter/{a_company().pk}/guild_key/test/"
    wrong = life.guild.new_key()
    del life.guild.keys[wrong]
    life.post(page, {"field_key": wrong})
    life.post(page, {"field_key": life.guild.new_key()})
    connection = Connection.objects.get()
    life.looks_at(connection)
    life.get(f"/connections/replace/{connection.pk}/")
    life.guild.keys.clear()
    life.fails(connection)
    life.post(f"/connections/replace/{connection.pk}/", {"field_key": life.guild.new_key()})
    lifecycle.refresh_company(Connection.objects.get())


def by_login(life: Life) -> None:
    page = f"/connections/enter/{a_company().pk}/guild_session/test/"
    filled_in = {"address": life.guild.url, "field_user": "tieout", "field_password": PASSWORD}
    life.guild.issued += [PASSWORD, "wrong-password-of-ours"]
    life.post(page, {**filled_in, "field_password": "wrong-password-of-ours"})
    life.post(page, filled_in)
    connection = Connection.objects.get()
    life.looks_at(connection)
    life.guild.sessions.clear()
    lifecycle.refresh_company(connection)
    life.get(f"/connections/replace/{connection.pk}/")
    life.guild.login = lambda given: (403, {"error": f"unknown login {given}"})
    life.guild.sessions.clear()
    life.fails(connection)


@pytest.mark.parametrize("lived", [by_consent, by_key, by_login])
def test_what_lets_us_in_lies_nowhere_in_clear(
    lived: Any,
    guild: Guild,
    client: Client,
    fay: User,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    client.force_login(fay)
    life = Life(client, guild)
    lived(life)

    secrets = {each for each in guild.issued if not each.startswith("code-")} | {CLIENT_SECRET}
    assert len(secrets) >= 5
    assert Grant.objects.exists()
    told = caplog.text + repr(caplog.records) + "".join(capfd.readouterr()) + "\n".join(life.told)
    found = [("told", each) for each in secrets if each in told]
    for where, text in stored_texts():
        found += [(where, each) for each in guild.issued if each in text]
    assert found == []
