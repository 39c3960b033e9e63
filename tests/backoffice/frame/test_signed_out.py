"""Somebody types for half an hour, and is signed out by then: what they typed stands there again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.billing.models import Customer, Invoice
from apps.core.sealing import Sealer
from apps.staff.entrance.kept_forms import OWNER
from apps.staff.models import User
from tests.backoffice.conftest import NOON
from tests.backoffice.desk import Desk, hidden_fields
from tests.backoffice.documents.test_acts import lines, page
from tests.backoffice.world import World
from tests.staff.entrance.visitor import give_app, sign_in, type_password

pytestmark = pytest.mark.django_db
STANDS = "This is what you typed; nothing was done yet"


@pytest.fixture(autouse=True)
def half_an_hour(settings: Any) -> None:
    cache.clear()
    settings.SESSION_IDLE, settings.SESSION_LONGEST = 30 * 60, 12 * 3600


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def signed_in(name: str) -> Desk:
    client = Desk()
    assert type_password(client, f"{name.lower()}@example.com").status_code == 302
    return client


def again(client: Client, name: str, sent: Any) -> Any:
    """Sign in where the answer leads, and see where that leads."""
    assert sent.status_code == 302
    to, _, query = sent["Location"].partition("?next=")
    assert to == "/accounts/login/"
    back = type_password(client, f"{name.lower()}@example.com", next=unquote(query))
    assert back.status_code == 302
    return client.get(back["Location"])


def test_a_new_record_is_shown_as_it_was_typed_and_saved_once_sent(
    world: World, clock: Any
) -> None:
    fay = signed_in("Fay")
    address = reverse("admin:billing_customer_add")
    form = {
        **fay.opened(address),
        "company": world.company.pk,
        "name": "Late & Sons",
        "email": "l@x.com",
    }
    before = Customer.objects.count()
    clock.shift(timedelta(minutes=31))
    shown = again(fay, "Fay", fay.post(address, form))
    text = shown.content.decode()
    assert STANDS in text
    assert "Late &amp; Sons" in text
    assert "l@x.com" in text
    assert Customer.objects.count() == before
    assert STANDS not in fay.get(address).content.decode()  # shown once
    assert fay.post(address, form).status_code == 302
    assert Customer.objects.filter(name="Late & Sons").exists()


def test_lines_of_a_document_come_back_too(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    address = reverse("admin:billing_invoice_add")
    form = {
        **fay.opened(address),
        **lines(world, ("Brass box", "7", "12.34"), ("Oil", "1", "3.21")),
    }
    before = Invoice.objects.count()
    clock.shift(timedelta(minutes=31))
    text = again(fay, "Fay", fay.post(address, form)).content.decode()
    assert STANDS in text
    for typed in ("Brass box", "12.34", "Oil", "3.21"):
        assert typed in text
    assert Invoice.objects.count() == before


def test_the_form_of_an_act_comes_back_and_nothing_is_posted(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    address = page(world.open_invoice, "void")
    form = {**fay.opened(address), "on": "2026-11-21", "reason": "Typed twice, by hand"}
    clock.shift(timedelta(minutes=31))
    text = again(fay, "Fay", fay.post(address, form)).content.decode()
    assert STANDS in text
    assert "Typed twice, by hand" in text
    world.open_invoice.refresh_from_db()
    assert world.open_invoice.voided_on is None


def test_what_another_changed_meanwhile_is_still_found(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    customer = world.invoice.customer
    address = page(customer)
    form = {
        **fay.opened(address),
        "company": customer.company_id,
        "name": "Bell & Sons",
        "email": customer.email,
    }
    clock.shift(timedelta(minutes=31))
    sent = fay.post(address, form)
    customer.name = "Bell & Nephews"
    customer.save()
    shown = again(fay, "Fay", sent)
    assert "Bell &amp; Sons" in shown.content.decode()
    carried = next(
        fields for _, fields in hidden_fields(shown.content.decode()) if "opened_at" in fields
    )
    late = fay.post(
        address, {**form, **{name: carried[name] for name in ("opened_at", "one_time_key")}}
    )
    assert late.status_code == 409
    customer.refresh_from_db()
    assert customer.name == "Bell & Nephews"


def test_somebody_else_at_the_same_browser_sees_nothing_of_it(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    address = reverse("admin:billing_customer_add")
    form = {**fay.opened(address), "company": world.company.pk, "name": "Not for Cleo"}
    clock.shift(timedelta(minutes=31))
    sent = fay.post(address, form)
    assert "Not for Cleo" not in again(fay, "Cleo", sent).content.decode()
    fay.post("/accounts/logout/")
    type_password(fay, "fay@example.com")
    assert "Not for Cleo" not in fay.get(address).content.decode()


def test_a_page_without_fields_for_it_says_what_it_was(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    address = page(world.open_invoice.customer, "receive-payment")
    form = {**fay.opened(address), "amount": "40.07", "date": "2026-11-20", "how": "oldest"}
    clock.shift(timedelta(minutes=31))
    text = again(fay, "Fay", fay.post(address, form)).content.decode()
    assert STANDS in text
    assert "40.07" in text


def test_nothing_is_kept_of_whoever_was_never_signed_in_here(world: World) -> None:
    stranger = Client()
    address = reverse("admin:billing_customer_add")
    answer = stranger.post(address, {"name": "x" * 1000})
    assert answer.status_code == 302
    assert not Session.objects.exists()


def test_a_forged_page_can_keep_nothing_for_anybody(world: World, clock: Any) -> None:
    fay = Client(enforce_csrf_checks=True)
    page_ = fay.get("/accounts/login/").content.decode()
    token = hidden_fields(page_)[0][1]["csrfmiddlewaretoken"]
    form = {"login": "fay@example.com", "password": "a-long-enough-password-1"}
    assert fay.post("/accounts/login/", {**form, "csrfmiddlewaretoken": token}).status_code == 302
    clock.shift(timedelta(minutes=31))
    answer = fay.post(reverse("admin:billing_customer_add"), {"name": "Planted"})
    assert answer.status_code == 403


def test_what_is_kept_lies_sealed_and_without_secrets(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    clock.shift(timedelta(minutes=31))
    form = {
        "name": "Canary & Co",
        "password_now": "hunter2",
        "client_secret": "s3cr3t",
        "one_time_key": "k" * 24,
    }
    fay.post(reverse("admin:billing_customer_add"), form)
    (row,) = [each for each in Session.objects.all() if "kept_form" in each.get_decoded()]
    assert "Canary" not in str(row.get_decoded())
    opened = Sealer(configured.TOKEN_KEYS).open(row.get_decoded()["kept_form"], OWNER)
    assert "Canary" in opened
    assert "hunter2" not in opened
    assert "s3cr3t" not in opened


def test_it_is_gone_after_an_hour(world: World, clock: Any) -> None:
    fay = signed_in("Fay")
    address = reverse("admin:billing_customer_add")
    form = {**fay.opened(address), "company": world.company.pk, "name": "Too late"}
    clock.shift(timedelta(minutes=31))
    sent = fay.post(address, form)
    clock.shift(timedelta(minutes=61))
    assert "Too late" not in again(fay, "Fay", sent).content.decode()


def test_it_waits_through_the_second_factor(
    world: World, people: dict[str, User], clock: Any, settings: Any
) -> None:
    settings.SECOND_FACTOR = "required"
    give_app(people["Fay"])
    fay = Desk()
    sign_in(fay, people["Fay"])
    address = reverse("admin:billing_customer_add")
    form = {**fay.opened(address), "company": world.company.pk, "name": "Patient & Sons"}
    clock.shift(timedelta(minutes=31))
    fay.post(address, form)
    back = sign_in(fay, people["Fay"], next=address)
    assert back["Location"] == address
    text = fay.get(address).content.decode()
    assert STANDS in text
    assert "Patient &amp; Sons" in text
