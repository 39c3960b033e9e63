"""Getting in by what staff fill in: a key or a login, tried, sealed, never shown, replaced."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.billing.models import Company
from apps.connections import lifecycle
from apps.connections.courier import ReadCourier
from apps.connections.endpoints import offered
from apps.connections.lines import line_of
from apps.connections.models import Connection, Grant
from apps.connectors.access import Environment, Key, Opened, Organisation
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.port import Courier, Reply
from apps.staff.models import User
from tests.connections.bench import ledgers
from tests.connections.bench.ledgers import answered, read
from tests.connections.bench.server import PASSWORD, Guild
from tests.connections.people import a_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, fay: User) -> Client:
    client.force_login(fay)
    return client


def form_of(browser: Client, company: Company, system: str) -> str:
    """Where Connect leads: to a form of ours."""
    answer = browser.get(f"/connections/start/{company.pk}/{system}/test/")
    assert answer.status_code == 302
    assert browser.get(answer["Location"]).status_code == 200
    return str(answer["Location"])


def by_key(browser: Client, company: Company, key: str) -> Any:
    page = form_of(browser, company, "guild_key")
    return browser.post(page, {"field_key": key, "field_label": "Books"})


def by_login(browser: Client, guild: Guild, company: Company, password: str = PASSWORD) -> Any:
    return browser.post(
        form_of(browser, company, "guild_session"),
        {"address": guild.url + "/", "field_user": "tieout", "field_password": password},
    )


# --- A key --------------------------------------------------------------------------------------


def test_a_key_opens_the_books_that_answer_to_it(
    browser: Client, guild: Guild, company: Company, fay: User
) -> None:
    key = guild.new_key()
    assert by_key(browser, company, key).status_code == 302
    connection = Connection.objects.get()
    grant = Grant.objects.get()
    assert (connection.remote_company_id, connection.company) == ("org-1", company)
    assert grant.granted_by == fay
    assert key not in str(Grant.objects.values().get())
    lifecycle.refresh_company(connection)
    assert guild.requests[-1].headers["x-guild-key"] == key


def test_a_key_that_is_not_accepted_connects_nothing_and_is_not_shown(
    browser: Client, guild: Guild, company: Company
) -> None:
    answer = by_key(browser, company, "key-that-nobody-gave-out")
    assert answer.status_code == 400
    assert "Guild does not accept what was just given" in answer.content.decode()
    assert "key-that-nobody-gave-out" not in answer.content.decode()
    assert 'value="Books"' in answer.content.decode()  # what is no secret is kept
    assert not Grant.objects.exists()


@pytest.mark.parametrize(("way", "where"), [("key", "Settings, API keys"), ("login", "registrar")])
def test_what_is_refused_says_where_another_is_got_and_what_is_awaited_does_not(
    browser: Client, guild: Guild, company: Company, way: str, where: str
) -> None:
    form = browser.get(form_of(browser, company, f"guild_{'key' if way == 'key' else 'session'}"))
    assert where not in form.content.decode()
    if way == "key":
        refused = by_key(browser, company, "key-that-nobody-gave-out")
    else:
        refused = by_login(browser, guild, company, password="wrong")
    assert refused.status_code == 400
    assert where in refused.content.decode()


def test_the_form_leads_back_to_the_connections_and_to_the_books_it_is_about(
    browser: Client, guild: Guild, company: Company
) -> None:
    crumbs = '<a href="/admin/connections/connection/">Connections</a>'
    page = browser.get(form_of(browser, company, "guild_key")).content.decode()
    assert crumbs in page
    by_key(browser, company, guild.new_key())
    held = Connection.objects.get()
    page = browser.get(f"/connections/replace/{held.pk}/").content.decode()
    assert crumbs in page
    assert f'<a href="/admin/connections/connection/{held.pk}/change/">{held}</a>' in page
    assert "<span>Change how Tieout gets in</span>" in page


def test_a_key_replaced_opens_the_same_books_and_is_never_shown(
    browser: Client, guild: Guild, company: Company
) -> None:
    first = guild.new_key()
    by_key(browser, company, first)
    connection = Connection.objects.get()
    page = f"/connections/replace/{connection.pk}/"
    shown = browser.get(page).content.decode()
    assert first not in shown
    assert 'value="Books"' in shown
    act = browser.get(f"/admin/connections/connection/{connection.pk}/change/").content.decode()
    assert "Change how Tieout gets in" in act

    second = guild.new_key()
    del guild.keys[first]
    assert browser.post(page, {"field_key": second}).status_code == 302
    lifecycle.refresh_company(connection)
    assert guild.requests[-1].headers["x-guild-key"] == second
    assert (Grant.objects.count(), Connection.objects.count()) == (1, 1)


def test_a_key_of_other_books_replaces_nothing(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_key(browser, company, guild.new_key())
    connection = Connection.objects.get()
    answer = browser.post(
        f"/connections/replace/{connection.pk}/", {"field_key": guild.new_key("org-2")}
    )
    assert answer.status_code == 400
    assert "You chose Elm Ltd" in answer.content.decode()
    lifecycle.refresh_company(connection)
    assert guild.requests[-1].headers["x-guild-key"] in guild.keys
    assert Grant.objects.get().token_version == 1


def test_a_key_refused_on_the_way_is_lost_until_a_person_gives_another(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_key(browser, company, guild.new_key())
    connection = Connection.objects.get()
    guild.keys.clear()
    with pytest.raises(ConnectionLost, match="does not accept what was filled in") as lost:
        lifecycle.refresh_company(connection)
    assert lost.value.remedy == "Connect Guild again."
    assert Grant.objects.get().status == Grant.Status.LOST
    asked = len(guild.requests)
    with pytest.raises(ConnectionLost):
        lifecycle.refresh_company(connection)
    assert len(guild.requests) == asked

    again = browser.get(f"/connections/again/{connection.pk}/")
    browser.post(again["Location"], {"field_key": guild.new_key()})
    lifecycle.refresh_company(connection)
    assert Grant.objects.get().status == Grant.Status.ACTIVE


def test_a_line_that_still_holds_a_replaced_key_takes_the_new_one(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_key(browser, company, guild.new_key())
    connection = Connection.objects.get()
    with ReadCourier(connection) as courier:
        guild.keys.clear()
        browser.post(f"/connections/replace/{connection.pk}/", {"field_key": guild.new_key()})
        replies = [reply for _, reply in courier.carry([read("api/organisation")])]
    assert [reply.status for reply in replies] == [200]
    assert Grant.objects.get().status == Grant.Status.ACTIVE


@pytest.mark.parametrize("key", ["two\nlines", "naïve-key", "\u2013"])
def test_a_key_that_cannot_travel_in_a_header_is_told(
    browser: Client, guild: Guild, company: Company, key: str
) -> None:
    answer = by_key(browser, company, key)
    assert answer.status_code == 400
    assert "characters that cannot be sent" in answer.content.decode()
    assert guild.requests == []


def test_a_key_goes_as_user_and_password_where_the_connector_says_so(
    browser: Client, guild: Guild, company: Company
) -> None:
    access = Key(fields=ledgers.KEY.fields, basic=("{key}", "x"), company_field="label")
    ledgers.register("guild_key", access, Environment(api=guild.url))
    by_key(browser, company, "secret")
    assert guild.requests[-1].headers["authorization"] == "Basic c2VjcmV0Ong="
    assert guild.requests[-1].headers["x-organisation"] == "Books"


def test_a_key_that_opens_fewer_books_than_live_on_the_grant_replaces_nothing(
    browser: Client, guild: Guild, company: Company
) -> None:
    """Two sets of books on one key: another key must open both."""
    elm = a_company("Elm Ltd")

    opens = [("org-1", "org-2")]

    def listed(courier: Courier) -> Opened:
        answered(courier, read("api/organisation"))
        return Opened(
            organisations=tuple(Organisation(remote_id=each, name=each) for each in opens[0])
        )

    first = guild.new_key()
    access = replace(ledgers.KEY, organisations=listed)
    ledgers.register("guild_key", access, Environment(api=guild.url))
    page = by_key(browser, company, first)["Location"]
    browser.post(
        page,
        {
            "organisation": ["org-1", "org-2"],
            "company_org-1": company.pk,
            "company_org-2": elm.pk,
        },
    )
    one, _ = Connection.objects.order_by("remote_company_id")
    opens[0] = ("org-1",)
    answer = browser.post(f"/connections/replace/{one.pk}/", {"field_key": guild.new_key()})
    assert answer.status_code == 400
    assert "does not open Elm Ltd (Guild)" in answer.content.decode()
    assert Grant.objects.get().token_version == 1

    opens[0] = ("org-1", "org-2")
    second = guild.new_key()
    assert browser.post(f"/connections/replace/{one.pk}/", {"field_key": second}).status_code == 302
    assert (Grant.objects.count(), Connection.objects.count()) == (1, 2)
    for each in Connection.objects.all():
        lifecycle.refresh_company(each)
        assert guild.requests[-1].headers["x-guild-key"] == second


def test_disconnecting_erases_what_was_filled_in_and_says_what_is_left_to_do(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_key(browser, company, guild.new_key())
    connection = Connection.objects.get()
    assert "Guild still accepts it: withdraw it there" in lifecycle.disconnect(connection)
    grant = Grant.objects.get()
    assert (grant.status, grant.secrets) == (Grant.Status.REVOKED, "")
    with pytest.raises(ConnectionLost, match="was disconnected here"):
        line_of(connection)

    # And filled in again, the same books come back on the same grant.
    again = browser.get(f"/connections/again/{connection.pk}/")
    browser.post(again["Location"], {"field_key": guild.new_key()})
    connection.refresh_from_db()
    assert connection.stage == Connection.Stage.SETUP
    lifecycle.refresh_company(connection)


def test_second_books_by_key_need_a_person_to_say_so(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_key(browser, company, guild.new_key())
    page = f"/connections/enter/{company.pk}/guild_key/test/"
    answer = browser.post(page, {"field_key": guild.new_key("org-2")})
    assert "A second set of books would receive" in answer.content.decode()
    asked = browser.get(f"/connections/start/{company.pk}/guild_key/test/")
    assert "A second set of books for Willow Ltd?" in asked.content.decode()
    said = browser.post(f"/connections/start/{company.pk}/guild_key/test/", {"second_books": "yes"})
    browser.post(said["Location"], {"field_key": guild.new_key("org-2")})
    assert Connection.objects.count() == 2


# --- A session ----------------------------------------------------------------------------------


def test_a_login_opens_a_session_that_goes_with_every_call(
    browser: Client, guild: Guild, company: Company
) -> None:
    assert by_login(browser, guild, company).status_code == 302
    connection = Connection.objects.get()
    assert Grant.objects.get().address == guild.url
    lifecycle.refresh_company(connection)
    lifecycle.refresh_company(connection)
    assert guild.grants["login"] == 1
    assert guild.requests[-1].headers["x-guild-session"] in guild.sessions


def test_a_session_that_has_ended_is_opened_anew_once_for_all(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_login(browser, guild, company)
    guild.sessions.clear()
    with ReadCourier(Connection.objects.get()) as courier:
        requests = [read("api/organisation"), read("api/documents")]
        assert {reply.status for _, reply in courier.carry(requests)} == {200}
    assert guild.grants["login"] == 2
    assert Grant.objects.get().token_version == 2


def test_a_session_that_ends_without_a_401_is_known_by_the_connector(
    browser: Client, guild: Guild, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says_so(reply: Reply) -> bool:
        return b"who are you?" in reply.body

    ledgers.register("guild_session", replace(ledgers.SESSION, refused=says_so), Environment())
    monkeypatch.setattr(Guild, "_let_in", _not_by_status(Guild._let_in))
    by_login(browser, guild, company)
    guild.sessions.clear()
    lifecycle.refresh_company(Connection.objects.get())
    assert guild.grants["login"] == 2


def _not_by_status(let_in: Any) -> Any:
    def told(self: Guild, headers: dict[str, str]) -> str | int:
        found = let_in(self, headers)
        return 200 if found == 401 else found

    return told


def test_a_login_that_is_refused_connects_nothing(
    browser: Client, guild: Guild, company: Company
) -> None:
    answer = by_login(browser, guild, company, password="wrong-and-not-to-be-shown")
    assert answer.status_code == 400
    assert "Guild does not know this login" in answer.content.decode()
    assert "wrong-and-not-to-be-shown" not in answer.content.decode()
    assert not Grant.objects.exists()


def test_a_login_refused_later_is_lost_and_one_that_cannot_be_asked_is_not(
    browser: Client, guild: Guild, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_login(browser, guild, company)
    connection = Connection.objects.get()
    guild.sessions.clear()
    monkeypatch.setattr(guild, "login", lambda given: (503, {}))
    with pytest.raises(TryLater, match="answered 503"):
        lifecycle.refresh_company(connection)
    assert Grant.objects.get().status == Grant.Status.ACTIVE
    monkeypatch.setattr(guild, "login", lambda given: (200, {"unheard": "of"}))
    with pytest.raises(TryLater, match="cannot be read"):
        lifecycle.refresh_company(connection)
    monkeypatch.setattr(guild, "login", lambda given: (403, {}))
    with pytest.raises(ConnectionLost, match="does not know this login"):
        lifecycle.refresh_company(connection)
    assert Grant.objects.get().status == Grant.Status.LOST


@pytest.mark.parametrize(
    "address", ["http://ledger.test", "https://a:b@ledger.test", "https://ledger.test/?x=1", "x"]
)
def test_an_address_is_https_and_holds_no_secret(
    browser: Client,
    guild: Guild,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    answer = browser.post(
        form_of(browser, company, "guild_session"),
        {"address": address, "field_user": "tieout", "field_password": PASSWORD},
    )
    assert answer.status_code == 400
    assert "begins with https://" in answer.content.decode()


def test_going_live_asks_for_a_grant_that_lives(
    browser: Client, guild: Guild, company: Company
) -> None:
    by_key(browser, company, guild.new_key())
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="The key was withdrawn.")
    with pytest.raises(ValidationError, match=r"withdrawn. Connect Guild again"):
        lifecycle.go_live(Connection.objects.get())


# --- What is offered ----------------------------------------------------------------------------


def test_what_needs_no_registration_is_offered_where_it_is_installed(
    guild: Guild, settings: Any, tmp_path: Any
) -> None:
    settings.LEDGER_CLIENTS = {}
    assert {each.system for each in offered()} >= {"guild_key", "guild_session"}
    assert not {each.system for each in offered()} & {"guild", "guild_folder"}
    settings.LEDGER_CLIENTS = {"GUILD_TEST_CLIENT_ID": "ours"}
    settings.LEDGER_FOLDERS = {"journal": str(tmp_path)}
    assert {each.system for each in offered()} >= {"guild", "guild_folder"}


@pytest.mark.parametrize("who", ["vera", "otto"])
def test_who_may_not_connect_fills_in_nothing(
    who: str, client: Client, guild: Guild, request: pytest.FixtureRequest
) -> None:
    company = a_company()
    client.force_login(request.getfixturevalue(who))
    page = f"/connections/enter/{company.pk}/guild_key/test/"
    assert client.get(page).status_code == 403
    assert client.post(page, {"field_key": guild.new_key()}).status_code == 403
    assert not Grant.objects.exists()


def test_a_system_with_a_consent_page_has_no_form(
    browser: Client, guild: Guild, company: Company
) -> None:
    assert browser.get(f"/connections/enter/{company.pk}/guild/test/").status_code == 404
