"""Every secret is sealed anew with the first key, whatever table it lies in; none is forgotten."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import models
from django.test import Client
from django.utils import timezone

from apps.alerts.models import AlertRule
from apps.connections.mailbox import content_of, sealed
from apps.connections.models import BatchFile, BroughtFile, Grant
from apps.connections.sealed import opened, seal_secrets, secrets_of
from apps.core import sealed_fields
from apps.core.sealed_fields import FIELDS, Keys, SealedField
from apps.core.sealing import Sealer
from apps.staff.entrance.factors import OWNER, SealedFactors
from apps.staff.models import SecurityEvent, User
from apps.triggers.models import ApiRequest, Endpoint
from apps.webhooks.keys import owner_of
from apps.webhooks.models import Delivery, Registration
from tests.architecture.source import ROOT
from tests.backoffice.people import make_people
from tests.connections.paper import Paper
from tests.connections.people import a_connection, a_grant
from tests.factories import make_company
from tests.staff.entrance.visitor import give_app, is_in, sign_in, type_password
from tests.triggers.events.ears import listen

pytestmark = pytest.mark.django_db

# Who seals, and the fields that hold it; "" with the reason where what is sealed ends by itself.
SEALERS = {
    "apps/connections/sealed.py": ["connections.Grant"],
    "apps/connections/mailbox.py": ["connections.BatchFile", "connections.BroughtFile"],
    "apps/staff/entrance/factors.py": ["mfa.Authenticator"],
    "apps/webhooks/keys.py": ["webhooks.Registration"],
    "apps/webhooks/registering.py": ["webhooks.Registration"],
    "apps/webhooks/views.py": ["webhooks.Delivery"],
    "apps/alerts/models/rules.py": ["alerts.AlertRule"],
    "apps/triggers/models/endpoints.py": ["triggers.Endpoint"],
    "apps/triggers/api/once.py": ["triggers.ApiRequest"],
    "apps/staff/entrance/kept_forms.py": [],  # in a session, for an hour
    "apps/staff/entrance/sealed_sessions.py": [],  # until it ends, half a day at most
    "apps/staff/migrations/0005_seal_factors_and_share_a_cache.py": [],  # done once
}


def test_whoever_seals_has_named_what_holds_it() -> None:
    texts = {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in (ROOT / "apps").rglob("*.py")
    }
    found = {
        name
        for name, text in texts.items()
        if re.search(r"core\.sealing import .*\bSealer\b|core import sealing", text)
    }
    assert found == set(SEALERS)
    assert {each.model for each in FIELDS} == {each for named in SEALERS.values() for each in named}


def test_whatever_field_says_that_it_is_sealed_is_named() -> None:
    """By its name, or by the word beside it in the model."""
    named = {(each.model, each.column) for each in FIELDS}
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.TextField) and field.name.startswith("sealed"):
                assert (model._meta.label, field.name) in named, f"{model._meta.label}.{field.name}"
    for path in (ROOT / "apps").glob("*/models*/**/*.py"):
        for line in path.read_text().splitlines():
            if "models.TextField(" in line and "# sealed" in line:
                column = line.split("=")[0].strip()
                assert column in {each for _, each in named}, f"{path}: {column}"


@pytest.fixture
def keys(settings: Any) -> tuple[str, str]:
    """The old one, which seals now, and the new one."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.TOKEN_KEYS = [old]
    return old, new


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


def one_of_each(paper: Paper, people: dict[str, User]) -> dict[str, Callable[[], Any]]:
    """A secret in each field, and how it is read: it says the same before and after."""
    company = make_company()
    grant = a_grant(paper)
    Grant.objects.filter(pk=grant.pk).update(**seal_secrets(grant, {"password": "hunter2"}))
    books = a_connection(paper, company, grant=grant)
    file = BatchFile.objects.create(
        connection=books, number=1, key="k", holds="invoices", name="f", records=1, size=3,
        sha256="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        sealed=sealed(books, b"abc"),
    )  # fmt: skip
    brought = BroughtFile.objects.create(
        connection=books, sort="codes", name="f", size=3, sha256="x", sealed=sealed(books, b"def")
    )
    hook = listen(company)
    hook.sealed_secret_before = hook.sealed_secret
    hook.save()
    rule = AlertRule(company=company, how="chat")
    rule.chat_address = "https://hooks.example.com/chat"
    rule.save()
    give_app(people["Fay"])
    codes = {"seed": SealedFactors().encrypt("a" * 40), "used_mask": 0}
    Authenticator.objects.create(user=people["Fay"], type="recovery_codes", data=codes)
    Authenticator.objects.create(user=people["Fay"], type="webauthn", data={"name": "Key"})

    def by(owner: Any, text: str) -> str:
        return Sealer([*settings_keys()]).open(text, owner)

    registration = Registration.objects.create(
        connection=books,
        asked_at=timezone.now(),
        key=Sealer(settings_keys()).seal("signs", books.public_id),
    )
    identity = "6f1b2c3d00004000800000000000000f"
    handshake = Delivery.objects.create(
        system="paper", identity=identity, state="handshake", received_at=timezone.now(),
        body=Sealer(settings_keys()).seal("token", owner_of(identity)).encode(),
    )  # fmt: skip
    plain = Delivery.objects.create(
        system="paper", identity="p", body=b"gAAAA plain", state="new", received_at=timezone.now()
    )

    def again(row: Any) -> Any:
        row.refresh_from_db()
        return row

    return {
        "access": lambda: opened(grant, again(grant).access_token),
        "refresh": lambda: opened(grant, again(grant).refresh_token),
        "filled in": lambda: secrets_of(again(grant)),
        "handed over": lambda: content_of(again(file)),
        "brought back": lambda: by(books.public_id, again(brought).sealed),
        "listener": lambda: (again(hook).address, hook.secrets),
        "chat": lambda: again(rule).chat_address,
        "factors": lambda: [
            by(OWNER, each.data.get("secret") or each.data["seed"])
            for each in Authenticator.objects.exclude(type="webauthn").order_by("pk")
        ],
        "signs": lambda: by(books.public_id, again(registration).key),
        "handshake": lambda: by(owner_of(identity), bytes(again(handshake).body).decode()),
        "as it came": lambda: bytes(again(plain).body),
    }


def settings_keys() -> list[str]:
    from django.conf import settings

    return list(settings.TOKEN_KEYS)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("seal_again", *arguments, stdout=out)
    return out.getvalue()


def test_each_kind_of_secret_is_read_by_the_new_key_alone(
    keys: tuple[str, str], paper: Paper, people: dict[str, User], settings: Any
) -> None:
    old, new = keys
    reads = one_of_each(paper, people)
    before = {name: read() for name, read in reads.items()}
    settings.TOKEN_KEYS = [new, old]
    with pytest.raises(CommandError, match="still need an older key"):
        said("--check")
    assert {name: read() for name, read in reads.items()} == before
    told = said()
    assert "is needed no more: take it out." in told
    assert "Done: the first key opens everything." in told
    assert new not in told
    assert old not in told
    settings.TOKEN_KEYS = [new]
    assert {name: read() for name, read in reads.items()} == before
    assert "0 rows sealed anew" in said()
    event = SecurityEvent.objects.filter(kind="operated").order_by("id").first()
    assert event is not None
    assert event.details["anew"] >= 8


def test_broken_off_it_goes_on_and_overwrites_nothing_that_is_newer(
    keys: tuple[str, str], paper: Paper, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = keys
    monkeypatch.setattr(sealed_fields, "AT_ONCE", 2)
    grants = [a_grant(paper) for _ in range(5)]
    settings.TOKEN_KEYS = [new, old]
    calls, real = [], SealedField.replace

    def breaks(self: SealedField, pk: int, before: Any, after: Any) -> bool:
        calls.append(pk)
        if len(calls) == 4:
            raise KeyboardInterrupt
        if len(calls) == 2:  # another process renewed this one a moment ago
            Grant.objects.filter(pk=pk).update(access_token=newer)
        return real(self, pk, before, after)

    newer = Sealer([new]).seal("renewed", grants[1].public_id)
    monkeypatch.setattr(SealedField, "replace", breaks)
    with pytest.raises(KeyboardInterrupt):
        said()
    monkeypatch.setattr(SealedField, "replace", real)
    said()
    settings.TOKEN_KEYS = [new]
    grants[1].refresh_from_db()
    assert opened(grants[1], grants[1].access_token) == "renewed"
    assert Keys([new]).which(Grant.objects.order_by("pk").last().access_token) == 0  # type: ignore[union-attr] # five


def test_a_lost_key_is_said_with_the_way_out_and_the_command_does_not_end_well(
    keys: tuple[str, str], paper: Paper, people: dict[str, User], settings: Any
) -> None:
    company = make_company()
    grant = a_grant(paper)
    books = a_connection(paper, company, grant=grant)
    settings.TOKEN_KEYS = [keys[1]]
    with pytest.raises(
        CommandError, match=rf"rows {grant.pk}: no key here opens it. Connect these"
    ):
        said()
    client = Client()
    client.force_login(people["Fay"])
    page = client.get("/admin/").content.decode()
    assert "Connect again" in page
    assert "the key that sealed it is gone" in page
    page = client.get(f"/admin/connections/connection/{books.pk}/change/").content.decode()
    assert f"/admin/connections/connection/{books.pk}/connect-again/" in page
    grant.refresh_from_db()
    assert grant.status == Grant.Status.ACTIVE  # with the key back, it goes on by itself


def test_a_factor_whose_key_is_lost_is_said_on_its_page(
    keys: tuple[str, str], people: dict[str, User], settings: Any
) -> None:
    settings.SECOND_FACTOR = "required"
    fay = people["Fay"]
    give_app(fay)
    codes = {"seed": SealedFactors().encrypt("a" * 40), "used_mask": 0}
    Authenticator.objects.create(user=fay, type="recovery_codes", data=codes)
    settings.TOKEN_KEYS = [keys[1], keys[0]]
    client = Client()
    sign_in(client, fay)
    assert is_in(client)
    settings.TOKEN_KEYS = [keys[1]]  # her session is sealed with this one
    answer = client.get("/accounts/2fa/recovery-codes/")
    assert answer.status_code == 409
    assert "Ask an Administrator to reset it." in answer.content.decode()
    other = Client()
    type_password(other, fay.email)
    refused = other.post("/accounts/2fa/authenticate/", {"code": "123456"})
    assert "Ask an Administrator to reset it." in refused.content.decode()


def test_an_answer_kept_for_a_repetition_is_sealed_anew_and_one_in_clear_is_left() -> None:
    column = next(each for each in FIELDS if each.model == "triggers.ApiRequest")
    assert column.rows == models.Q(answer__startswith="gAAAA")
    assert Sealer([Fernet.generate_key().decode()]).seal("{}", OWNER).startswith("gAAAA")
    assert ApiRequest._meta.get_field(column.column)
    assert Endpoint._meta.get_field("sealed_secret")
