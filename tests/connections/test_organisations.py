"""One grant opens many organisations: chosen one by one, refused and left one by one."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.models import Company
from apps.connections import lifecycle
from apps.connections.models import Connection, ConsentState, Grant
from apps.connections.oauth import Pair
from apps.connections.sealed import seal
from apps.staff.models import User
from tests.connections.bench.server import Guild, challenge_of
from tests.connections.people import a_company
from tests.led_away import led_to

pytestmark = pytest.mark.django_db

START = "/connections/start/{}/guild/test/"
BACK = "/connections/guild/callback/"


@pytest.fixture
def browser(client: Client, fay: User) -> Client:
    client.force_login(fay)
    return client


@pytest.fixture
def elm(db: None) -> Company:
    return a_company("Elm Ltd")


def consented(browser: Client, guild: Guild, address: str, person: str = "pat") -> Any:
    """Start here, press Allow there, come back."""
    return browser.get(BACK, guild.allow(led_to(browser.get(address)), person))


def chosen(browser: Client, page: str, **organisations: Company) -> Any:
    """Tick these: organisation (with _ for -) → the company of ours that it is."""
    ids = {name.replace("_", "-"): company.pk for name, company in organisations.items()}
    return browser.post(
        page, {"organisation": list(ids), **{f"company_{name}": pk for name, pk in ids.items()}}
    )


def both(browser: Client, guild: Guild, willow: Company, elm: Company) -> tuple[Connection, ...]:
    page = consented(browser, guild, START.format(willow.pk))["Location"]
    assert chosen(browser, page, org_1=willow, org_2=elm).status_code == 200
    return tuple(Connection.objects.order_by("remote_company_id"))


def test_the_consent_page_is_asked_with_a_challenge_whose_secret_no_row_keeps(
    browser: Client, guild: Guild, company: Company
) -> None:
    address = led_to(browser.get(START.format(company.pk)))
    asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
    assert (asked["code_challenge_method"], asked["prompt"]) == ("S256", "consent")
    browser.get(BACK, guild.allow(address))
    body = next(each.body.decode() for each in guild.requests if each.path == "/token")
    verifier = parse_qs(body)["code_verifier"][0]
    assert challenge_of(verifier) == asked["code_challenge"]
    assert len(verifier) >= 43
    assert verifier not in str(list(ConsentState.objects.values()))
    assert verifier not in address


def test_a_code_without_the_secret_of_its_challenge_opens_nothing(
    browser: Client, guild: Guild, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = guild.allow(led_to(browser.get(START.format(company.pk))))
    monkeypatch.setattr("apps.connections.oauth._verifier", lambda state: "guessed" * 7)
    answer = browser.get(BACK, back)
    assert answer.status_code == 400
    assert "no longer accepts this authorisation" in answer.content.decode()
    assert not Grant.objects.exists()


def test_a_state_of_another_session_opens_no_organisation(
    browser: Client, guild: Guild, company: Company, fay: User
) -> None:
    back = guild.allow(led_to(browser.get(START.format(company.pk))))
    other = Client()
    other.force_login(fay)
    assert other.get(BACK, back).status_code == 400
    assert guild.grants["authorization_code"] == 0
    assert not Grant.objects.exists()


def test_what_a_consent_opens_is_listed_and_a_person_chooses(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    answer = consented(browser, guild, START.format(company.pk))
    assert not Connection.objects.exists()
    page = browser.get(answer["Location"]).content.decode()
    assert "Willow Ltd" in page
    assert '<a href="/admin/connections/connection/">Connections</a>' in page
    assert "<span>Choose in " in page
    assert "GB" in page
    assert page.count('type="checkbox" name="organisation"') == 2
    # Each is thought to be the company of ours that has its name.
    assert f'<option value="{elm.pk}" selected>Elm Ltd' in page

    answer = chosen(browser, answer["Location"], org_1=company, org_2=elm)
    assert answer.status_code == 200
    served = {each.remote_company_id: each.company for each in Connection.objects.all()}
    assert served == {"org-1": company, "org-2": elm}
    assert Connection.objects.values("grant").distinct().count() == 1
    assert guild.grants["authorization_code"] == 1
    assert answer.content.decode().count("Connected already") == 2


def test_one_that_is_refused_takes_nothing_from_the_other_and_is_told(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    guild.organisations["org-2"]["currency"] = "USD"
    page = consented(browser, guild, START.format(company.pk))["Location"]
    told = chosen(browser, page, org_1=company, org_2=elm).content.decode()
    assert "Elm Ltd: not connected" in told
    assert "keeps its books in USD" in told
    connection = Connection.objects.get()
    assert connection.remote_company_id == "org-1"
    assert guild.revoked == []
    lifecycle.refresh_company(connection)


def test_another_one_is_added_later_without_a_new_consent(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    page = consented(browser, guild, START.format(company.pk))["Location"]
    chosen(browser, page, org_1=company)
    guild.access.clear()  # the token of the consent has long ended
    offered = browser.get("/admin/connections/connection/connect/").content.decode()
    assert f"/connections/choose/{Grant.objects.get().public_id}/{elm.pk}/" in offered
    chosen(browser, f"/connections/choose/{Grant.objects.get().public_id}/{elm.pk}/", org_2=elm)
    assert Connection.objects.count() == 2
    assert Grant.objects.count() == 1
    assert guild.grants == {"authorization_code": 1, "refresh_token": 1}


def test_two_organisations_for_one_company_need_a_person_to_say_so(
    browser: Client, guild: Guild, company: Company
) -> None:
    page = consented(browser, guild, START.format(company.pk))["Location"]
    told = chosen(browser, page, org_1=company, org_2=company).content.decode()
    assert "A second set of books would receive" in told
    assert Connection.objects.count() == 1
    browser.post(
        page,
        {"organisation": ["org-2"], "company_org-2": company.pk, "second_books": "yes"},
    )
    assert Connection.objects.count() == 2


def test_one_refused_one_disconnected_and_the_other_goes_on_and_is_renewed(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    guild.organisations["org-3"] = {
        "id": "org-3",
        "name": "Ash Inc",
        "country": "US",
        "currency": "USD",
    }
    guild.opened["pat"].add("org-3")
    page = consented(browser, guild, START.format(company.pk))["Location"]
    ash = a_company("Ash Inc")
    chosen(browser, page, org_1=company, org_2=elm, org_3=ash)
    first, second = Connection.objects.order_by("remote_company_id")

    # Their page of acts tells what stays.
    told = browser.post(
        f"/admin/connections/connection/{second.pk}/disconnect/",
        {**_keys(browser, second), "reason": "Sold."},
        follow=True,
    ).content.decode()
    second.refresh_from_db()
    assert second.stage == Connection.Stage.DISCONNECTED
    assert "The access stays for Willow Ltd (Guild)." in told
    assert (guild.left, guild.revoked) == (["org-2"], [])

    guild.access.clear()
    lifecycle.refresh_company(first)
    grant = Grant.objects.get()
    assert (grant.status, grant.token_version) == (Grant.Status.ACTIVE, 2)
    assert guild.requests[-1].headers["x-organisation"] == "org-1"

    assert lifecycle.disconnect(first) == ""
    grant.refresh_from_db()
    assert guild.revoked == ["pat"]
    assert (grant.status, grant.access_token, grant.refresh_token) == ("revoked", "", "")


def _keys(browser: Client, connection: Connection) -> dict[str, str]:
    """What the form of the act holds that nobody types."""
    page = browser.get(f"/admin/connections/connection/{connection.pk}/disconnect/")
    hidden = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode()
    )
    return dict(hidden)


def test_an_organisation_that_cannot_be_left_is_told_and_no_other_is_touched(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    first, second = both(browser, guild, company, elm)
    guild.leave_status = 503
    assert "remove it from what Tieout may see in Guild" in lifecycle.disconnect(second)
    assert guild.revoked == []
    lifecycle.refresh_company(first)


def test_the_books_of_another_grant_of_the_same_person_keep_theirs(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    """Where a service does not say whose a consent is, two grants may be one person's: ending the
    one over there would end the other."""
    first, second = both(browser, guild, company, elm)
    twin = Grant(
        system="guild", environment="test", organisations=Grant.objects.get().organisations
    )
    given = guild._pair("pat")
    pair = Pair(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        access_expires_at=None,
        refresh_expires_at=None,
        refresh_hard_expires_at=None,
    )
    for name, value in seal(twin, pair).items():
        setattr(twin, name, value)
    twin.save()
    Connection.objects.filter(pk=second.pk).update(grant=twin)
    second.refresh_from_db()
    assert lifecycle.disconnect(second) == ""
    assert (guild.left, guild.revoked) == (["org-2"], [])
    twin.refresh_from_db()
    assert twin.status == Grant.Status.REVOKED
    lifecycle.refresh_company(first)


def test_who_consents_again_renews_the_grant_for_all_its_books(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    first, second = both(browser, guild, company, elm)
    guild.access.clear()
    guild.refresh.clear()
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="It was ended there.")
    answer = consented(browser, guild, f"/connections/again/{first.pk}/")
    assert answer["Location"].endswith(f"/connections/connection/{first.pk}/connect/")
    grant = Grant.objects.get()
    assert grant.status == Grant.Status.ACTIVE
    for each in (first, second):
        lifecycle.refresh_company(Connection.objects.get(pk=each.pk))


def test_connecting_again_by_somebody_who_does_not_open_these_books_changes_nothing(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    first, _ = both(browser, guild, company, elm)
    guild.opened["sam"] = {"org-2"}
    answer = consented(browser, guild, f"/connections/again/{first.pk}/", person="sam")
    assert answer.status_code == 400
    assert "does not open Willow Ltd (Guild)" in answer.content.decode()
    # Elm's books live on what sam opens as well, so nothing is ended over there.
    assert guild.revoked == []
    assert Grant.objects.count() == 1


def test_a_consent_that_opens_nothing_is_given_back(
    browser: Client, guild: Guild, company: Company
) -> None:
    guild.opened["pat"].clear()
    answer = consented(browser, guild, START.format(company.pk))
    assert answer.status_code == 400
    assert "opens no organisation of Guild" in answer.content.decode()
    assert guild.revoked == ["pat"]
    assert not Grant.objects.exists()


def test_a_grant_that_nobody_uses_can_be_given_back_and_one_in_use_cannot(
    browser: Client, guild: Guild, company: Company
) -> None:
    page = consented(browser, guild, START.format(company.pk))["Location"]
    assert "give the access back" in browser.get(page).content.decode()
    chosen(browser, page, org_1=company)
    assert "give the access back" not in browser.get(page).content.decode()
    browser.post(page, {"give_back": "yes"})
    assert guild.revoked == []
    connection = Connection.objects.get()
    connection.stage = Connection.Stage.DISCONNECTED
    connection.save()
    browser.post(page, {"give_back": "yes"})
    assert guild.revoked == ["pat"]
    assert Grant.objects.get().access_token == ""


def test_a_list_that_cannot_be_had_is_shown_as_it_was(
    browser: Client, guild: Guild, company: Company
) -> None:
    page = consented(browser, guild, START.format(company.pk))["Location"]
    guild.access.clear()
    guild.refresh.clear()
    told = browser.get(page).content.decode()
    assert "no longer accepts this authorisation" in told
    assert "Elm Ltd" in told


def test_a_token_is_renewed_before_it_ends_for_every_organisation(
    browser: Client, guild: Guild, company: Company, elm: Company
) -> None:
    first, second = both(browser, guild, company, elm)
    Grant.objects.update(access_expires_at=timezone.now() + timedelta(minutes=4))
    lifecycle.refresh_company(first)
    lifecycle.refresh_company(second)
    assert guild.grants["refresh_token"] == 1


@pytest.mark.parametrize("who", ["vera", "otto"])
def test_who_may_not_connect_chooses_nothing(
    who: str,
    client: Client,
    guild: Guild,
    company: Company,
    fay: User,
    request: pytest.FixtureRequest,
) -> None:
    client.force_login(fay)
    page = consented(client, guild, START.format(company.pk))["Location"]
    client.force_login(request.getfixturevalue(who))
    assert client.get(page).status_code == 403
    assert chosen(client, page, org_1=company).status_code == 403
    assert not Connection.objects.exists()
