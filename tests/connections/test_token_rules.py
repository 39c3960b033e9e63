"""What differs between providers' token endpoints is data: proof of the app, dates, addresses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.models import Company
from apps.connections import lifecycle
from apps.connections.models import Connection, Grant
from apps.connections.tokens import renew
from apps.connectors.access import OAuth
from apps.staff.models import User
from tests.connections.bench import ledgers
from tests.connections.bench.server import CLIENT_ID, CLIENT_SECRET, Guild
from tests.led_away import led_to

pytestmark = pytest.mark.django_db

Consented = Callable[..., Grant]


@pytest.fixture
def consented(client: Client, fay: User, guild: Guild, company: Company) -> Consented:
    """A grant by a consent whose rules are changed so."""

    def give(**rules: Any) -> Grant:
        access, reached = ledgers.consent(guild.url)
        assert isinstance(access, OAuth)
        ledgers.register("guild", replace(access, **rules), reached)
        client.force_login(fay)
        address = led_to(client.get(f"/connections/start/{company.pk}/guild/test/"))
        page = client.get("/connections/guild/callback/", guild.allow(address))["Location"]
        client.post(page, {"organisation": ["org-1"], "company_org-1": company.pk})
        return Grant.objects.get()

    return give


def forms(guild: Guild) -> list[dict[str, str]]:
    return [
        {name: each[0] for name, each in parse_qs(asked.body.decode()).items()}
        for asked in guild.requests
        if asked.path in ("/token", "/revoke")
    ]


def test_an_app_proves_itself_in_the_form_where_the_provider_wants_that(
    consented: Consented, guild: Guild
) -> None:
    grant = consented(basic_auth=False, redirect_on_renewal=True)
    renew(grant, seen_version=1)
    assert lifecycle.disconnect(Connection.objects.get()) == ""
    given, renewed, revoked = forms(guild)
    for form in (given, renewed, revoked):
        assert (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    assert renewed["redirect_uri"] == "http://127.0.0.1:8000/connections/guild/callback/"
    asked = [each for each in guild.requests if each.path in ("/token", "/revoke")]
    assert all("authorization" not in each.headers for each in asked)
    assert guild.revoked == ["pat"]


def test_an_app_without_a_secret_proves_itself_by_the_proof_key_alone(
    consented: Consented, guild: Guild, settings: Any
) -> None:
    guild.app_is_public = True
    settings.LEDGER_CLIENTS = {"GUILD_TEST_CLIENT_ID": CLIENT_ID}
    renew(consented(), seen_version=1)
    given, renewed = forms(guild)
    assert "code_verifier" in given
    assert "client_secret" not in {**given, **renewed}


def test_a_token_made_a_while_ago_ends_by_when_it_was_made(
    consented: Consented, guild: Guild
) -> None:
    guild.token_made_ago = 1000
    grant = consented(made_at_field="created_at")
    ends = timezone.now() + timedelta(seconds=800)
    assert grant.access_expires_at is not None
    assert abs(grant.access_expires_at - ends) < timedelta(seconds=10)


def test_what_goes_with_every_call_beside_the_token_goes(
    consented: Consented, guild: Guild
) -> None:
    consented()
    assert guild.requests[-1].headers["x-guild-version"] == "2"
