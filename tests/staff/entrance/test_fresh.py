"""What gives access asks for a sign-in of a moment ago, and comes back to where one was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from apps.billing.models import Company
from apps.staff.acts import ACTS, ActName
from apps.staff.models import User
from apps.triggers.models import ApiKey
from tests.backoffice.people import PASSWORD
from tests.staff.entrance.visitor import code_of, give_app, secret_of, sign_in

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 30, 8, tzinfo=UTC)
AGAIN = "/accounts/2fa/reauthenticate/?next="


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as travelled:
        yield travelled


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(legal_name="Willow Supplies Ltd", home_currency="GBP")


def signed_in(user: User) -> Client:
    give_app(user)
    client = Client()
    sign_in(client, user)
    return client


def test_the_acts_that_ask_for_it() -> None:
    assert {act for act, rule in ACTS.items() if rule.fresh} == {
        ActName.CONNECT,
        ActName.DISCONNECT,
        ActName.GIVE_ACCESS,
        ActName.SET_LIMITS,
        ActName.SET_CLOSING_DATE,
        ActName.MAKE_KEY,
        ActName.MAKE_SERVICE_KEY,
        ActName.RELEASE_KEY,
        ActName.ADD_LISTENER,
        ActName.TAKE_ARCHIVE,
        ActName.TAKE_HELD,
        ActName.MAKE_PACK,
        ActName.ERASE_CUSTOMER,
        ActName.UNDO_RUN,
    }


def pages(company: Company, people: dict[str, User]) -> dict[str, list[str]]:
    """Pages that are such acts, by who may open them."""
    return {
        "Fay": [
            reverse("admin:billing_company_closing-date", args=[company.pk]),
            reverse("connections:start", args=[company.pk, "quickbooks", "production"]),
            reverse("connections:enter", args=[company.pk, "odoo", "production"]),
            reverse("admin:triggers_apikey_make"),
        ],
        "Ada": [
            reverse("admin:billing_company_archive", args=[company.pk]),
            reverse("admin:triggers_apikey_make_service"),
            reverse("admin:staff_user_reset-factor", args=[people["Fay"].pk]),
            reverse("admin:staff_user_end-sessions", args=[people["Fay"].pk]),
        ],
    }


@pytest.mark.parametrize("name", ["Fay", "Ada"])
def test_five_minutes_later_they_ask_again_and_then_open(
    people: dict[str, User], company: Company, clock: Any, name: str
) -> None:
    client = signed_in(people[name])
    addresses = pages(company, people)[name]
    for address in addresses:
        assert "reauthenticate" not in client.get(address).headers.get("Location", ""), address
    clock.shift(timedelta(minutes=5, seconds=1))
    for address in addresses:
        assert client.get(address)["Location"].startswith(AGAIN), address
    assert client.get("/admin/").status_code == 200
    code = code_of(secret_of(people[name]))
    back = client.post("/accounts/2fa/reauthenticate/", {"code": code, "next": addresses[0]})
    assert back["Location"] == addresses[0]
    assert client.get(addresses[0]).status_code == 200


def test_the_password_will_do_as_well(
    people: dict[str, User], company: Company, clock: Any
) -> None:
    client = signed_in(people["Fay"])
    clock.shift(timedelta(minutes=6))
    address = reverse("admin:billing_company_closing-date", args=[company.pk])
    client.post("/accounts/reauthenticate/", {"password": "wrong", "next": address})
    assert client.get(address).status_code == 302
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})
    assert client.get(address).status_code == 200


def test_what_was_typed_too_late_stands_there_again_and_was_not_done(
    people: dict[str, User], company: Company, clock: Any
) -> None:
    client = signed_in(people["Fay"])
    address = reverse("admin:billing_company_closing-date", args=[company.pk])
    page = client.get(address)
    form = typed(page, to="2026-10-31", reason="October is signed")
    clock.shift(timedelta(minutes=6))
    assert client.post(address, form)["Location"].startswith(AGAIN)
    company.refresh_from_db()
    assert company.closing_date is None
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})
    shown = client.get(address)
    assert shown.status_code == 200
    assert "October is signed" in shown.content.decode()
    assert "This is what you typed; nothing was done yet" in shown.content.decode()
    company.refresh_from_db()
    assert company.closing_date is None
    client.post(address, typed(shown, to="2026-10-31", reason="October is signed"))
    company.refresh_from_db()
    assert str(company.closing_date) == "2026-10-31"


def test_saving_a_person_asks_for_it(people: dict[str, User], clock: Any) -> None:
    client = signed_in(people["Ada"])
    address = reverse("admin:staff_user_change", args=[people["Cleo"].pk])
    page = client.get(address)
    clock.shift(timedelta(minutes=6))
    assert client.get(address).status_code == 200
    sent = client.post(address, typed(page, email="cleo@example.com", name="Mallory"))
    assert sent["Location"].startswith(AGAIN)
    people["Cleo"].refresh_from_db()
    assert people["Cleo"].name == "Cleo"


def test_no_way_in_is_added_or_taken_by_a_stale_session(
    people: dict[str, User], clock: Any
) -> None:
    fay = people["Fay"]
    client = signed_in(fay)
    clock.shift(timedelta(minutes=6))
    before = list(Authenticator.objects.values_list("pk", "data"))
    for name in ("mfa_add_webauthn", "mfa_deactivate_totp", "mfa_generate_recovery_codes"):
        for answer in (client.get(reverse(name)), client.post(reverse(name), {})):
            assert answer.status_code == 302, name
            assert "reauthenticate" in answer["Location"], name
    assert list(Authenticator.objects.values_list("pk", "data")) == before


def test_no_key_is_made_by_a_stale_session(
    people: dict[str, User], company: Company, clock: Any
) -> None:
    client = signed_in(people["Fay"])
    clock.shift(timedelta(minutes=6))
    form = {"name": "Shop", "scopes": "read", "companies": company.pk, "one_time_key": "k" * 24}
    answer = client.post(reverse("admin:triggers_apikey_make"), form)
    assert answer["Location"].startswith(AGAIN)
    assert not ApiKey.objects.exists()


def test_a_script_is_refused_and_not_led_to_a_page(
    people: dict[str, User], company: Company, clock: Any
) -> None:
    client = signed_in(people["Fay"])
    clock.shift(timedelta(minutes=6))
    address = reverse("admin:billing_company_closing-date", args=[company.pk])
    assert client.get(address, headers={"Sec-Fetch-Dest": "empty"}).status_code == 403


def typed(page: Any, **answers: Any) -> dict[str, Any]:
    """The page's own hidden fields, and what somebody typed."""
    import re

    hidden = re.findall(
        r'<input type="hidden" name="(one_time_key|opened_at)" value="([^"]*)"',
        page.content.decode(),
    )
    return {**dict(hidden), **answers}
