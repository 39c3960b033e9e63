"""Webhooks: the verifier, the signature, and deliveries that come late, twice and backwards."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from apps.sandbox.freshbooks.signing import signature
from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin

HEADER = "X-FreshBooks-Hmac-SHA256"


class Receiver:
    """A server of this test's that keeps what arrives."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], str]] = []
        self.arrived = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(parse_qsl(body, keep_blank_values=True))
                receiver.got.append((fields, self.headers[HEADER]))
                receiver.arrived.set()
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def names(self) -> list[str]:
        return [fields["name"] for fields, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def register(fb: FreshBooksCaller, receiver: Receiver, event: str) -> Any:
    told = {"callback": {"event": event, "uri": receiver.uri}}
    answer = fb.call("POST", "events/callbacks", told, family="events")
    return answer.json()["response"]["result"]["callback"]


def change(fb: FreshBooksCaller, callback: Any, **told: Any) -> Any:
    path = f"events/callbacks/{callback['callbackid']}"
    return fb.call("PUT", path, {"callback": told}, family="events")


def verified(fb: FreshBooksCaller, receiver: Receiver, event: str) -> str:
    """The verifier of a callback that was proved."""
    callback = register(fb, receiver, event)
    verifier = receiver.got.pop()[0]["verifier"]
    assert change(fb, callback, verifier=verifier).json()["response"]["result"]["callback"][
        "verified"
    ]
    return verifier


def test_the_vector_of_the_reference() -> None:
    told = {
        "name": "invoice.create",
        "object_id": "1234567",
        "account_id": "6BApk",
        "business_id": "6543",
        "identity_id": "1234",
        "user_id": "1",
    }
    assert signature("test-verifier", told) == "xZJX+xO+LjYfVDYfVCIAK9Xk1gy1TLgKAOyGqibyyfQ="


def test_a_verifier_comes_before_the_answer_and_proves_the_address(
    fb: FreshBooksCaller, receiver: Receiver
) -> None:
    callback = register(fb, receiver, "invoice")
    assert callback["verified"] is False
    [(fields, _)] = receiver.got
    assert (fields["name"], fields["object_id"]) == ("callback.verify", str(callback["callbackid"]))
    assert change(fb, callback, verifier="wrong").status_code == 422
    change(fb, callback, resend=True)
    assert receiver.names == ["callback.verify"] * 2
    told = change(fb, callback, verifier=fields["verifier"])
    assert told.json()["response"]["result"]["callback"]["verified"]
    listed = fb.call("GET", "events/callbacks", family="events").json()["response"]["result"]
    assert [one["verified"] for one in listed["callbacks"]] == [True]
    path = f"events/callbacks/{callback['callbackid']}"
    assert fb.call("DELETE", path, family="events").status_code == 204
    assert fb.call("GET", path, family="events").status_code == 404


def test_events_are_signed_forms_with_an_id_alone(
    twin: FreshBooksTwin, fb: FreshBooksCaller, receiver: Receiver
) -> None:
    verifier = verified(fb, receiver, "invoice")
    client = fb.client()
    bill = fb.invoice(client)["id"]
    fb.pay(bill, 5)
    fb.change("invoices", bill, {"vis_state": 1})
    assert [one["status"] for one in twin.deliver(fb.id)] == [200, 200]
    assert receiver.names == ["invoice.create", "invoice.delete"]
    fields, signed = receiver.got[0]
    assert (fields["object_id"], fields["account_id"]) == (str(bill), fb.account)
    digest = hmac.new(verifier.encode(), json.dumps(fields).encode(), hashlib.sha256).digest()
    assert signed == base64.b64encode(digest).decode()
    assert twin.deliver(fb.id) == []


def test_deliveries_come_backwards_and_twice(
    twin: FreshBooksTwin, fb: FreshBooksCaller, receiver: Receiver
) -> None:
    verified(fb, receiver, "all")
    client = fb.client()
    twin.act(fb.id, "edit", kind="clients", id=client, body={"fname": "A"})
    twin.deliver(fb.id, backwards=True, doubled=True)
    assert receiver.names == ["client.update"] * 2 + ["client.create"] * 2


def test_nothing_is_sent_to_who_is_not_verified_nor_of_what_was_not_kept(
    twin: FreshBooksTwin, fb: FreshBooksCaller, receiver: Receiver
) -> None:
    register(fb, receiver, "client")
    fb.client()
    assert twin.deliver(fb.id) == []
    verified(fb, receiver, "item.create")
    twin.arm(fb.id, "echo", match={"endpoint": "items", "method": "POST"})
    fb.make("items", {"name": "Hours"})
    fb.call("POST", "items/items", {"item": {}})
    assert twin.deliver(fb.id) == []


def test_deliveries_at_once_and_a_verifier_after_the_answer(
    twin: FreshBooksTwin, fb: FreshBooksCaller, receiver: Receiver
) -> None:
    twin.set_up(fb.id, webhooks="at_once", verification="after")
    callback = register(fb, receiver, "client.create")
    assert receiver.arrived.wait(5)
    change(fb, callback, verifier=receiver.got.pop()[0]["verifier"])
    receiver.arrived.clear()
    fb.client()
    assert receiver.arrived.wait(5)
    assert receiver.names == ["client.create"]
