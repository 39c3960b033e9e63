"""The screens of API keys: made and shown once, for oneself or a service, revoked, with its calls."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from apps.staff.models import User
from apps.triggers.models import ApiKey
from tests.backoffice.world import World
from tests.triggers.api.caller import Caller

Browse = Callable[[str], Client]
MAKE, MAKE_SERVICE = "admin:triggers_apikey_make", "admin:triggers_apikey_make_service"


def form(world: World, **fields: object) -> dict[str, object]:
    return {
        "name": "Web shop",
        "scopes": ["read", "prepare"],
        "companies": [world.company.pk],
        **fields,
    }


def text_on(page: bytes) -> str:
    return "tie_" + page.decode().split("tie_", 1)[1].split("<")[0]


def test_fay_makes_a_key_of_her_own_and_sees_it_once(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    made = fay.post(reverse(MAKE), form(world, expires_on="2026-12-31"))
    text = text_on(made.content)
    key = ApiKey.objects.get()

    assert "no-store" in made["Cache-Control"]
    assert (key.user, key.made_by, key.kind) == (people["Fay"], people["Fay"], "person")
    assert key.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert Caller(text).get("/me").body["acts_as"] == "Fay"
    record = reverse("admin:triggers_apikey_change", args=[key.pk])
    for page in (reverse("admin:triggers_apikey_changelist"), record):
        shown = fay.get(page).content.decode()
        assert text not in shown
        assert key.shown in shown
    assert "/api/v1/me" in fay.get(record).content.decode()


def test_the_same_form_sent_twice_makes_one_key(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    sent = form(world, one_time_key="a" * 24)
    fay.post(reverse(MAKE), sent)
    fay.post(reverse(MAKE), sent)
    assert ApiKey.objects.count() == 1


def test_an_administrator_makes_a_key_for_a_service_and_nobody_else_does(
    world: World, browse: Browse
) -> None:
    sent = form(world, role="Clerk")
    for name in ("Vera", "Cleo", "Fay"):
        assert browse(name).post(reverse(MAKE_SERVICE), sent).status_code == 403
    made = browse("Ada").post(reverse(MAKE_SERVICE), sent)
    key = ApiKey.objects.get()
    assert "It opens nothing yet" in made.content.decode()
    release = reverse("admin:triggers_apikey_release", args=[key.pk])
    for name in ("Vera", "Cleo", "Ada"):
        assert browse(name).post(release, {}).status_code == 403
    assert Caller(text_on(made.content)).get("/me").status == 401
    assert "API keys of services" in browse("Fay").get("/admin/").content.decode()
    browse("Fay").post(release, {})
    key.refresh_from_db()
    assert key.released_by is not None
    assert key.released_by.name == "Fay"
    assert Caller(text_on(made.content)).get("/me").body["acts_as"] == "Web shop"
    assert (key.kind, key.made_by.name, key.user.is_staff) == ("service", "Ada", False)
    unknown = browse("Ada").post(reverse(MAKE_SERVICE), form(world, role="Administrator"))
    assert "role" in unknown.context["form"].errors


def test_what_lacks_sense_is_said_beside_its_field(world: World, browse: Browse) -> None:
    answer = browse("Fay").post(reverse(MAKE), {"name": "", "expires_on": "2026-12-31"})
    assert set(answer.context["form"].errors) == {"name", "scopes", "companies"}
    past = browse("Fay").post(reverse(MAKE), form(world, expires_on="2026-01-01"))
    assert past.context["form"].non_field_errors() == ["Choose a moment that is still to come."]
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(("name", "revoked"), [("Fay", True), ("Ada", True), ("Cleo", False)])
def test_its_person_or_an_administrator_revokes_it(
    world: World, browse: Browse, name: str, revoked: bool
) -> None:
    text = text_on(browse("Fay").post(reverse(MAKE), form(world)).content)
    key = ApiKey.objects.get()
    browse(name).post(reverse("admin:triggers_apikey_revoke", args=[key.pk]))
    assert Caller(text).get("/me").status == (401 if revoked else 200)
