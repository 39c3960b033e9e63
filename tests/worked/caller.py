"""Bare HTTP on the worked ledger's service, without any connector's opinion."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

MEDIA = "application/vnd.worked+json"
DAY = "2026-11-28"
KINDS = ("contact", "product", "invoice", "credit", "receipt", "refund")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


@dataclass
class Answered:
    status_code: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


class Caller:
    """One program with one session of one organisation."""

    def __init__(self, address: str, organisation: str, key: str) -> None:
        self.organisation = organisation
        self.key = key
        self.http = HTTPConnection(address.removeprefix("http://"), timeout=5)
        self.session = ""

    def open(self) -> "Caller":
        self.session = self.call("POST", "/session", {"key": self.key}).json()["session"]
        return self

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answered:
        """Headers as keywords, `If_Match` for If-Match; "" leaves one out. ConnectionError where no
        answer comes."""
        told = {
            "X-Session": self.session,
            "X-Organisation": self.organisation,
            "Content-Type": MEDIA,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        kept = {name: text for name, text in told.items() if text}
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.http.request(method, path, sent, kept)
        answer = self.http.getresponse()
        return Answered(answer.status, dict(answer.getheaders()), answer.read())

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def put(self, path: str, body: Any, version: int) -> Any:
        answer = self.call("PUT", path, body, If_Match=str(version))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def delete(self, path: str) -> None:
        answer = self.call("DELETE", path)
        assert (answer.status_code, answer.content) == (204, b"")

    def refusal(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, str, str | None]:
        """Status, code and field of a request that is refused."""
        answer = self.call(method, path, body, **headers)
        content = answer.json()
        assert content["message"]
        return answer.status_code, content["error"], content["field"]

    # --- short words for what most tests need ----------------------------------------------------
    def contact(self, name: str = "Amy's Birds") -> str:
        id: str = self.post("/contacts", {"name": name})["id"]
        return id

    def sent(self, kind: str, contact: str, total: str = "100.00", **more: Any) -> str:
        id: str = self.post(f"/{kind}s", document(kind, contact, total, **more))["id"]
        self.post(f"/{kind}s/{id}/send")
        return id

    def received(self, contact: str, amount: str = "100.00", **more: Any) -> str:
        id: str = self.post("/receipts", money(contact, amount, **more))["id"]
        return id

    def settle(self, source: str, invoice: str, amount: str, dated: str = DAY) -> Any:
        body = {"invoice": invoice, "amount": amount, "dated": dated}
        return self.post(f"{source}/allocations", body)


def line(net: str = "100.00", tax: str = "0.00", **more: Any) -> dict[str, Any]:
    return {"text": "Seed", "quantity": "1", "price": net, "net": net, "tax": tax, **more}


def document(kind: str, contact: str, total: str = "100.00", **more: Any) -> dict[str, Any]:
    """The body of an invoice or credit of one line without tax."""
    due = {"due": "2026-12-28"} if kind == "invoice" else {}
    return {
        "number": "A-1",
        "contact": contact,
        "dated": DAY,
        "currency": "EUR",
        "rate": "1.000000",
        "lines": [line(total)],
        "net": total,
        "tax": "0.00",
        "total": total,
        **due,
        **more,
    }


def money(contact: str, amount: str = "100.00", **more: Any) -> dict[str, Any]:
    """The body of a receipt, or with `of` of a refund."""
    return {
        "contact": contact,
        "dated": DAY,
        "currency": "EUR",
        "rate": "1.000000",
        "amount": amount,
        **more,
    }


def bodies(caller: Caller) -> dict[str, dict[str, Any]]:
    """A body of each kind; the receipt that the refund names stands."""
    contact = caller.contact()
    of = {"kind": "receipt", "id": caller.received(contact)}
    return {
        "contact": {"name": "Bill's Windsurf"},
        "product": {"code": "S-1", "name": "Seed"},
        "invoice": document("invoice", contact),
        "credit": document("credit", contact),
        "receipt": money(contact),
        "refund": money(contact, "10.00", of=of),
    }
