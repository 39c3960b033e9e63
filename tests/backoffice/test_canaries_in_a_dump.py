"""A dump of PostgreSQL, as a backup is: no secret of any kind that a person or a program got stands in it."""

import base64
import binascii
import re
import shutil
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.staff.entrance.kept_forms import KEPT
from apps.staff.inviting import invite, link_of
from apps.staff.models import User
from apps.triggers.api import keys
from apps.triggers.models import Endpoint, Scope
from tests.backoffice.people import PASSWORD
from tests.backoffice.test_canaries import ACCESS, FILLED_IN, REFRESH, TYPED, grant_with_canaries
from tests.backoffice.world import WholeWorld
from tests.staff.entrance.visitor import give_app, links_leave, type_password

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.processes,
]
KEPT_TEXT, KEPT_PASSWORD = "canary text of a kept form", "canary-kept-password-e1"


def dump() -> list[str]:
    """The lines of it, as `pg_dump` writes them into a backup."""
    given = connection.settings_dict
    program = shutil.which("pg_dump") or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"), reverse=True)), ""
    )
    if not program:
        pytest.skip("pg_dump is not here.")
    command = [program, "--host", str(given["HOST"]), "--port", str(given["PORT"])]
    command += ["--username", given["USER"], "--no-password", str(given["NAME"])]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120,
        env={"PGPASSWORD": str(given["PASSWORD"] or ""), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return done.stdout.splitlines()


def readings(cell: str) -> Iterator[str]:
    """A cell as it stands, and what lies in it as hexadecimal digits, base 64 or compressed."""
    yield cell
    packed = []
    if cell.startswith(r"\\x"):
        packed.append(bytes.fromhex(cell[3:]))
    # What Django signs begins with a point where it is compressed, and ends with time and signature.
    for part in re.findall(r"[A-Za-z0-9+/_=-]{16,}", cell):
        try:
            packed.append(base64.urlsafe_b64decode(part.replace("+", "-").replace("/", "_") + "=="))
        except (binascii.Error, ValueError):
            continue
    for each in packed:
        yield each.decode("latin-1")
        try:
            yield zlib.decompress(each).decode("latin-1")
        except zlib.error:
            continue


def found_in(lines: list[str], secrets: set[str]) -> set[tuple[str, str]]:
    """(table, secret) of each that can be read."""
    found, table = set(), ""
    for line in lines:
        if line.startswith("COPY "):
            table = line.split()[1]
        for cell in line.split("\t"):
            for text in readings(cell):
                found |= {(table, one) for one in secrets if one in text}
    return found


def token_of_the_link(text: str) -> str:
    match = re.search(r"/key/[0-9A-Za-z]+-([^/\s]+)/", text)
    assert match, text
    return match[1]


def secrets_of_a_life(whole: WholeWorld, people: dict[str, User]) -> set[str]:
    """Lets people and programs come by a secret of each kind, and tells what they got."""
    grant_with_canaries(whole.connection)
    made = keys.make_key(
        people["Fay"], name="Canary", companies=[whole.company], scopes=[Scope.READ]
    )
    Client().get("/api/v1/me", headers={"Authorization": f"Bearer {made.text}"})

    Client().post("/accounts/login/", {"login": "fay@example.com", "password": TYPED})
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": "fay@example.com"})
    links_leave()
    reset = token_of_the_link(str(mail.outbox[-1].body))
    opened = re.search(r"https?://[^/]+(\S+/key/\S+)", str(mail.outbox[-1].body))
    assert opened
    assert Client().get(opened[1]).status_code == 302  # and its person goes for a coffee
    gus = User.objects.create_user("gus@example.com", name="Gus", is_active=False)
    invited = link_of(invite(gus, by=None, mailed=False)).rstrip("/").rsplit("/", 1)[1]

    # A form that came too late, of somebody who signed in on this device before.
    late = Client()
    type_password(late, "cleo@example.com")
    session = late.session
    session["seen_at"] = time.time() - 24 * 3600
    session.save()
    late.post(reverse("admin:billing_customer_add"), {"name": KEPT_TEXT, "password": KEPT_PASSWORD})

    assert KEPT in late.session, "the form was kept, and so is to be searched for"

    app = give_app(people["Vera"])
    codes = RecoveryCodes.activate(people["Vera"]).get_unused_codes()
    secrets = Endpoint.objects.get(pk=whole.records[Endpoint].pk).secrets
    return {
        ACCESS, REFRESH, FILLED_IN, TYPED, PASSWORD, KEPT_TEXT, KEPT_PASSWORD, app, *codes, reset, invited,
        made.text, made.text[4:47], *secrets, *(each.removeprefix("whsec_") for each in secrets),
    }  # fmt: skip


@pytest.mark.skipif(connection.vendor != "postgresql", reason="pg_dump reads PostgreSQL alone.")
def test_no_secret_is_in_a_dump(whole: WholeWorld, people: dict[str, User], settings: Any) -> None:
    settings.SESSION_IDLE, settings.SESSION_LONGEST = 30 * 60, 12 * 3600
    secrets = secrets_of_a_life(whole, people)
    assert len(secrets) > 20
    assert all(len(each) > 7 for each in secrets)
    lines = dump()

    assert found_in(lines, secrets) == set()
    # The search is proved: what stands there is found, however it lies.
    assert ("public.billing_customer", "Bell & Daughters") in found_in(lines, {"Bell & Daughters"})
    planted = "planted-canary-0815"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE planted (text text, bytes bytea, packed bytea)")
        try:
            cursor.execute(
                "INSERT INTO planted VALUES (%s, NULL, NULL), (NULL, %s, NULL), (NULL, NULL, %s)",
                [f"x{planted}", planted.encode() + b"-b", zlib.compress(f"y{planted}-z".encode())],
            )
            settings.SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
            session = SessionStore()
            session["kept"] = f"{planted}-in-a-session" + " " * 400  # so that it is compressed
            session.save()
            lines = dump()
        finally:
            cursor.execute("DROP TABLE planted")
    assert found_in(
        lines, {f"x{planted}", f"{planted}-b", f"y{planted}-z", f"{planted}-in-a-session"}
    ) == {
        ("public.planted", f"x{planted}"),
        ("public.planted", f"{planted}-b"),
        ("public.planted", f"y{planted}-z"),
        ("public.django_session", f"{planted}-in-a-session"),
    }
