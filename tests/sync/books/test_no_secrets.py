"""After a whole life of a connection, no secret lies anywhere but sealed in its grant.

What is secret is read off the wire: whatever went in an Authorization header or to the token
endpoint, or came back from it.
"""

import base64
import json
import logging
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from django.apps import apps

from apps.sync import tasks
from apps.sync.models import Call
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.sandbox_server import CLIENT_SECRET, SandboxServer

SHORT = 8  # what is shorter is found by chance


@pytest.fixture
def on_the_wire(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every secret that leaves or arrives, while it does."""
    seen: set[str] = {CLIENT_SECRET}
    send = requests.Session.send

    def watched(self: Any, request: Any, **options: Any) -> Any:
        answer = send(self, request, **options)
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if credentials:
            seen.add(credentials)
        if scheme == "Basic":
            seen.add(base64.b64decode(credentials).decode().partition(":")[2])
        if "/oauth2/" in request.url and request.body:
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            form = parse_qs(body)
            for name in ("code", "refresh_token", "client_secret", "token"):
                seen.update(form.get(name, []))
            try:
                answered = json.loads(answer.content)
            except ValueError:
                answered = {}
            seen.update(
                str(answered[name])
                for name in ("access_token", "refresh_token")
                if name in answered
            )
        return answer

    monkeypatch.setattr(requests.Session, "send", watched)
    return seen


def stored_texts() -> Iterator[tuple[str, str]]:
    """Every field of every row, as text: what is compressed is opened."""
    for model in apps.get_models():
        if model._meta.app_label == "sandbox" or not model._meta.managed:
            continue
        for row in model._base_manager.values():
            for name, value in row.items():
                where = f"{model._meta.label}.{name}"
                if isinstance(value, bytes | memoryview):
                    value = bytes(value)
                    with suppress(zlib.error):
                        value = zlib.decompress(value)
                    yield where, value.decode("utf-8", "replace")
                elif value is not None:
                    yield where, str(value)


@pytest.mark.slow
def test_no_secret_lies_in_rows_logs_or_results_after_a_whole_life(
    on_the_wire: set[str],
    ledger: SandboxServer,
    db: None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    books = Books(ledger)
    books.go_live()
    invoice = make_invoice(company=books.company)
    make_payment(invoice=make_invoice(customer=invoice.customer), method=books.method)
    make_credit_note(invoice=invoice)
    results = [tasks.sync_connection(books.connection.pk)]
    ledger.tokens(books.realm, "expire_access")  # a refresh, in the middle
    make_invoice(customer=invoice.customer)
    results.append(tasks.sync_connection(books.connection.pk))
    results.append(tasks.read_companies())
    ledger.arm(books.realm, "status", status=500, body="html")  # and a crash over there
    make_invoice(customer=invoice.customer)
    results.append(tasks.sync_connection(books.connection.pk))
    results += [tasks.tick(), tasks.sweep_all()]
    ledger.tokens(books.realm, "revoke_grant")  # and the end of the authorisation
    results.append(tasks.sync_connection(books.connection.pk))

    secrets = {each for each in on_the_wire if len(each) >= SHORT}
    assert len(secrets) >= 5, "the client's secret, a code, two access tokens and a refresh token"
    assert Call.objects.count() > 5
    told = caplog.text + repr(caplog.records) + "".join(capfd.readouterr())
    found = [("logs", one) for one in secrets if one in told]
    found += [("results", one) for one in secrets if one in " ".join(results)]
    for where, text in stored_texts():
        found += [(where, one) for one in secrets if one in text]
    assert found == []
