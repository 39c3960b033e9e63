"""Consent, renewal and disconnecting against simulated QuickBooks, in a browser's own steps."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from apps.billing.models import Company
from apps.connections import lifecycle
from apps.connections.courier import ReadCourier
from apps.connections.endpoints import forget_discovered
from apps.connections.models import Bucket, Connection, Grant
from apps.connectors.errors import ConnectionLost
from apps.connectors.snapshots import CustomerSnapshot
from apps.mappings.codes import read_codes
from apps.mappings.models import RemoteCode
from apps.mappings.proposals import propose
from apps.staff.models import User
from tests.books import point_at
from tests.connections.people import a_company
from tests.led_away import led_to
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db

IN_EUROS = CustomerSnapshot(marker="m", name="Brass & Oak", currency="EUR")


@pytest.fixture
def browser(
    client: Client,
    fay: User,
    sandbox_server: SandboxServer,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Client]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    point_at(sandbox_server, settings)
    client.force_login(fay)
    yield client
    forget_discovered()


def consented(browser: Client, company: Company, realm: str, decision: str = "connect") -> Any:
    """Fay presses Connect here, chooses the company there, and comes back with what it says."""
    out = led_to(browser.get(f"/connections/start/{company.pk}/quickbooks/simulated/"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(out).query).items()}
    page = requests.post(
        out.split("?")[0],
        data={**asked, "realm": realm, "decision": decision},
        allow_redirects=False,
        timeout=20,
    )
    back = urlsplit(page.headers["Location"])
    return browser.get(back.path, parse_qs(back.query))


def test_books_are_connected_read_and_disconnected(
    browser: Client, sandbox_server: SandboxServer
) -> None:
    company = a_company()
    realm = sandbox_server.open_company("Willow Ltd", home_currency="GBP")
    assert consented(browser, company, realm).status_code == 302
    connection = Connection.objects.get()
    assert (connection.remote_company_id, connection.name) == (realm, "Willow Ltd")
    assert connection.grant is not None
    assert connection.grant.refresh_hard_expires_at is not None

    assert read_codes(connection) == RemoteCode.objects.count() > 5
    assert {each.subject for each in propose(connection)} >= {"income"}
    spent = Bucket.objects.get(owner=f"organisation:quickbooks:simulated:{realm}").spent
    assert set(spent) >= {"minute", "second"}

    assert sandbox_server.state(realm)["grants"] == 1
    assert lifecycle.disconnect(connection) == ""
    assert sandbox_server.state(realm)["grants"] == 0


def test_what_is_read_before_they_are_saved_counts_for_their_company(
    browser: Client, sandbox_server: SandboxServer
) -> None:
    """Else what follows at once would meet a limit that it does not know of."""
    realm = sandbox_server.open_company("Willow Ltd", home_currency="GBP")
    consented(browser, a_company(), realm)
    connection = Connection.objects.get()
    row = Bucket.objects.get(owner=f"organisation:quickbooks:simulated:{realm}")
    assert row.counted["today"][0] > 0
    assert sum(calls for _, calls in row.spent["minute"]) == row.counted["today"][0]
    assert not Bucket.objects.filter(owner="connection:None").exists()
    assert connection.remote_company_id == realm


def test_an_expired_token_is_renewed_on_the_way(
    browser: Client, sandbox_server: SandboxServer
) -> None:
    realm = sandbox_server.open_company("Willow Ltd", home_currency="GBP")
    consented(browser, a_company(), realm)
    sandbox_server.tokens(realm, "expire_access")
    connection = Connection.objects.get()
    lifecycle.refresh_company(connection)
    assert Grant.objects.get().token_version == 2


def test_a_rotated_refresh_token_is_kept(browser: Client, sandbox_server: SandboxServer) -> None:
    realm = sandbox_server.open_company("Willow Ltd", home_currency="GBP")
    consented(browser, a_company(), realm)
    connection = Connection.objects.get()
    for _ in range(2):
        sandbox_server.tokens(realm, "rotate_now")
        sandbox_server.tokens(realm, "expire_access")
        lifecycle.refresh_company(connection)
    assert Grant.objects.get().token_version == 3


def test_a_grant_revoked_over_there_asks_for_a_person(
    browser: Client, sandbox_server: SandboxServer
) -> None:
    realm = sandbox_server.open_company("Willow Ltd", home_currency="GBP")
    consented(browser, a_company(), realm)
    connection = Connection.objects.get()
    sandbox_server.tokens(realm, "revoke_grant")
    with ReadCourier(connection) as courier, pytest.raises(ConnectionLost) as lost:
        lifecycle.open_connector(connection).company(courier)
    assert lost.value.remedy == "Connect QuickBooks again."
    assert Grant.objects.get().status == Grant.Status.LOST


def test_who_presses_cancel_over_there_is_told(
    browser: Client, sandbox_server: SandboxServer
) -> None:
    realm = sandbox_server.open_company("Willow Ltd", home_currency="GBP")
    answer = consented(browser, a_company(), realm, decision="cancel")
    assert answer.status_code == 400
    assert "access was not allowed" in answer.content.decode()
    assert not Connection.objects.exists()


def test_books_of_another_home_currency_are_refused_and_given_back(
    browser: Client, sandbox_server: SandboxServer
) -> None:
    realm = sandbox_server.open_company("Willow Ltd", home_currency="USD")
    answer = consented(browser, a_company(), realm)
    assert answer.status_code == 400
    assert "keeps its books in USD" in answer.content.decode()
    assert not Connection.objects.exists()
    assert sandbox_server.state(realm)["grants"] == 0


@pytest.mark.parametrize(
    ("theirs", "regime", "currencies"),
    [
        ({"profile": "uk"}, "tax codes", False),
        ({"profile": "uk", "multicurrency": True}, "tax codes", True),
        ({"profile": "us_no_tax", "home_currency": "GBP"}, "none", False),
    ],
)
def test_books_with_tax_and_currencies_are_connected_as_they_are_kept(
    browser: Client,
    sandbox_server: SandboxServer,
    theirs: dict[str, Any],
    regime: str,
    currencies: bool,
) -> None:
    realm = sandbox_server.open_company("Willow Ltd", **theirs)
    consented(browser, a_company(), realm)
    connection = Connection.objects.get()
    assert (connection.tax_regime, connection.multi_currency) == (regime, currencies)
    # What the connector objects to follows from it.
    assert bool(lifecycle.open_connector(connection).objections(IN_EUROS)) is not currencies


def test_their_closing_date_becomes_ours(browser: Client, sandbox_server: SandboxServer) -> None:
    realm = sandbox_server.open_company(
        "Willow Ltd", home_currency="GBP", book_close_date="2026-01-31"
    )
    company = a_company()
    consented(browser, company, realm)
    company.refresh_from_db()
    assert company.closing_date == date(2026, 1, 31)
