"""What the environment gives is found by rule, and names no system."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.connections.endpoints import NotOffered, app_of, offered, settings_wanted, web_of
from config import env

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {
    "QUICKBOOKS_CLIENT_ID": "real",
    "QUICKBOOKS_CLIENT_SECRET": "real-secret",
    "QUICKBOOKS_SANDBOX_CLIENT_ID": "try",
    "QUICKBOOKS_SANDBOX_CLIENT_SECRET": "try-secret",
}


@pytest.mark.parametrize(
    ("environment", "client", "api"),
    [
        ("production", ("real", "real-secret"), "https://quickbooks.api.intuit.com"),
        ("sandbox", ("try", "try-secret"), "https://sandbox-quickbooks.api.intuit.com"),
        ("simulated", ("simulated-client", "simulated-secret"), "http://127.0.0.1:9/quickbooks"),
    ],
)
def test_an_app_is_known_by_its_environments_settings(
    settings: Any, environment: str, client: tuple[str, str], api: str
) -> None:
    settings.LEDGER_CLIENTS, settings.SIMULATED_LEDGERS_URL = GIVEN, "http://127.0.0.1:9"
    app = app_of("quickbooks", environment)
    assert (app.client_id, app.client_secret) == client
    assert app.reached.api == api
    assert client[1] not in repr(app)


def test_what_is_not_given_is_not_offered_and_its_setting_is_named(settings: Any) -> None:
    settings.LEDGER_CLIENTS, settings.SIMULATED_LEDGERS_URL = {}, ""
    assert "quickbooks" not in {each.system for each in offered()}
    assert ("QuickBooks", "QUICKBOOKS_CLIENT_ID") in settings_wanted()
    assert ("Xero", "XERO_CLIENT_ID") in settings_wanted()
    with pytest.raises(NotOffered, match="not registered with QuickBooks"):
        app_of("quickbooks", "simulated")
    with pytest.raises(NotOffered, match="not registered with elsewhere"):
        app_of("elsewhere", "production")
    assert web_of("quickbooks", "simulated") == ""
    assert web_of("quickbooks", "production") == "https://app.qbo.intuit.com"


def test_every_variable_that_ends_like_a_clients_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_SYSTEM_CLIENT_ID", "one")
    monkeypatch.setenv("ANY_SYSTEM_CLIENT_SECRET", "two")
    monkeypatch.setenv("EMPTY_CLIENT_ID", "")
    found = env.ending("_CLIENT_ID", "_CLIENT_SECRET")
    assert found["ANY_SYSTEM_CLIENT_ID"] == "one"
    assert found["ANY_SYSTEM_CLIENT_SECRET"] == "two"
    assert "EMPTY_CLIENT_ID" not in found


def test_folders_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_FOLDERS", "journal=/srv/journal, other = /srv/other")
    assert env.named("LEDGER_FOLDERS") == {"journal": "/srv/journal", "other": "/srv/other"}
    for wrong in ("/srv/journal", "a=", "a=/x,a=/y"):
        monkeypatch.setenv("LEDGER_FOLDERS", wrong)
        with pytest.raises(ImproperlyConfigured, match="name=value"):
            env.named("LEDGER_FOLDERS")


def test_the_settings_name_no_system() -> None:
    text = (ROOT / "config" / "settings.py").read_text().lower()
    assert [word for word in ("quickbooks", "intuit", "qbo", "xero") if word in text] == []
