"""Paper: a small accounting system of the tests, with a real token endpoint and API over HTTP.

It lives on its own server, hands out each refresh token once, and remembers what it was asked.
"""

import base64
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.connectors import port
from apps.connectors.access import Environment, OAuth
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.limits import MINUTE, Limit
from apps.connectors.port import Code, CodeKind, Purpose, Request, Role
from apps.connectors.registry import System, systems
from apps.connectors.snapshots import Kind

CLIENT_ID = "paper-client"
CLIENT_SECRET = "paper-client-secret"

CAPABILITIES = port.Capabilities(
    system="paper",
    name="Paper",
    kinds=frozenset(Kind),
    push_batch=1,
    in_flight=4,
    limits=(Limit(name="minute", amount=1000, span=MINUTE),),
    number_length=21,
    decimals=2,
)
ACCESS = OAuth(
    scopes=("paper.books",),
    company_parameter="book",
    token_headers={"x-wants-hard-end": "true"},
    revoke_as_json=True,
    refresh_expires_field="x_refresh_token_expires_in",
    refresh_hard_expires_field="x_refresh_token_hard_expires_in",
)

LEDGER = {
    "name": "Willow Ltd",
    "country": "GB",
    "home_currency": "GBP",
    "tax_regime": "none",
    "closing_date": None,
    "refusals": [],
}
CHART = [
    {"id": "1", "kind": "account", "name": "Sales", "number": "400", "roles": ["income"]},
    {"id": "2", "kind": "account", "name": "Consulting", "number": "410", "roles": ["income"]},
    {"id": "3", "kind": "account", "name": "Vouchers", "number": "210", "roles": ["liability"]},
    {"id": "4", "kind": "account", "name": "Debtors", "number": "110", "roles": ["receivable"]},
    {"id": "5", "kind": "account", "name": "Bank", "number": "120", "roles": ["bank"]},
    {"id": "6", "kind": "account", "name": "Undeposited", "number": "130", "roles": ["clearing"]},
    {"id": "7", "kind": "term", "name": "Net 30", "detail": {"due_days": "30"}},
    {"id": "8", "kind": "payment_method", "name": "Card"},
]


@dataclass
class Paper:
    """What the server holds, and switches for its faults."""

    url: str = ""
    ledger: dict[str, Any] = field(default_factory=lambda: dict(LEDGER))
    chart: list[dict[str, Any]] = field(default_factory=lambda: [dict(each) for each in CHART])
    codes: set[str] = field(default_factory=set)
    access: set[str] = field(default_factory=set)
    refresh: set[str] = field(default_factory=set)
    issued: list[str] = field(default_factory=list)  # every token ever handed out
    asked: Counter[str] = field(default_factory=Counter)
    revoked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)  # headers of each answer
    on_refresh: Callable[[], tuple[int, Any] | None] = lambda: None
    on_read: Callable[[], tuple[int, Any] | None] = lambda: None
    revoke_status: int = 200
    lock: threading.Lock = field(default_factory=threading.Lock)
    everybody: threading.Barrier = field(default_factory=lambda: threading.Barrier(4, timeout=60))

    def new_code(self) -> str:
        """What the consent page puts into the callback."""
        code = secrets.token_hex(8)
        self.codes.add(code)
        return code

    def new_pair(self) -> dict[str, Any]:
        access, refresh = f"access-{secrets.token_hex(12)}", f"refresh-{secrets.token_hex(12)}"
        self.access.add(access)
        self.refresh.add(refresh)
        self.issued += [access, refresh]
        return {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": 3600,
            "x_refresh_token_expires_in": 8_726_400,
            "x_refresh_token_hard_expires_in": 157_680_000,
        }

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        with self.lock:
            self.asked[form["grant_type"]] += 1
            if form["grant_type"] == "authorization_code":
                if form["code"] not in self.codes:
                    return 400, {"error": "invalid_grant"}
                self.codes.remove(form["code"])
                return 200, self.new_pair()
            fault = self.on_refresh()
            if fault is not None:
                return fault
            if form["refresh_token"] not in self.refresh:
                return 400, {"error": "invalid_grant"}
            self.refresh.remove(form["refresh_token"])
            return 200, self.new_pair()


class _Answers(BaseHTTPRequestHandler):
    paper: Paper
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, paper = urlsplit(self.path).path, self.paper
        paper.headers.append({name.lower(): value for name, value in self.headers.items()})
        if path == "/discovery":
            return self._answer(
                200,
                {
                    "authorization_endpoint": paper.url + "/consent",
                    "token_endpoint": paper.url + "/token",
                    "revocation_endpoint": paper.url + "/revoke",
                },
            )
        if path == "/everybody":
            paper.everybody.wait()
            return self._answer(200, {})
        paper.asked[path] += 1
        fault = paper.on_read()
        if fault is not None:
            return self._answer(*fault)
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in paper.access:
            return self._answer(401, {"error": "who are you?"})
        body = paper.ledger if path.endswith("/company") else paper.chart
        return self._answer(200, body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            return self._answer(401, {"error": "invalid_client"})
        if self.path == "/revoke":
            self.paper.revoked.append(json.loads(body)["token"])
            return self._answer(self.paper.revoke_status, {})
        self.paper.headers.append({name.lower(): value for name, value in self.headers.items()})
        form = {name: values[0] for name, values in parse_qs(body).items()}
        return self._answer(*self.paper.token(form))

    def _answer(self, status: int, body: Any) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", "tracker=1")
        for name, value in self.paper.says.items():
            self.send_header(name, value)
        if status == 429:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def paper_server() -> Iterator[Paper]:
    paper = Paper()
    answers = type("Answers", (_Answers,), {"paper": paper})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    server.daemon_threads = True
    paper.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield paper
    finally:
        server.shutdown()
        server.server_close()


class PaperConnector:
    """Reads companies and codes; the rest of the port is not asked of it."""

    capabilities = CAPABILITIES

    def __init__(self, settings: port.Settings) -> None:
        self.settings = settings

    def company(self, courier: port.Courier) -> port.Company:
        found = self._read("company", courier)
        closing = found["closing_date"]
        return port.Company(
            remote_id=self.settings.remote_company_id,
            name=found["name"],
            country=found["country"],
            home_currency=found["home_currency"],
            multi_currency=False,
            tax_regime=found["tax_regime"],
            closing_date=date.fromisoformat(closing) if closing else None,
            refusals=tuple(found["refusals"]),
            warnings=tuple(found.get("warnings", ())),
        )

    def codes(self, courier: port.Courier) -> tuple[Code, ...]:
        return tuple(
            Code(
                kind=CodeKind(row["kind"]),
                remote_id=row["id"],
                name=row["name"],
                number=row.get("number", ""),
                active=row.get("active", True),
                currency=row.get("currency", ""),
                roles=frozenset(Role(role) for role in row.get("roles", [])),
                detail=row.get("detail", {}),
            )
            for row in self._read("codes", courier)
        )

    def _read(self, what: str, courier: port.Courier) -> Any:
        path = f"books/{self.settings.remote_company_id}/{what}"
        for _, reply in courier.carry([Request(method="GET", path=path, purpose=Purpose.READS)]):
            if reply.status == 401:
                raise ConnectionLost("Paper does not know us.")
            if reply.status != 200:
                raise TryLater(f"Paper answered {reply.status} {reply.problem}")
            return json.loads(reply.body, parse_float=Decimal)
        raise TryLater("Paper was not asked.")


def register(paper_url: str) -> None:
    """Let the registry find Paper, whose one environment is this server."""
    systems()["paper"] = System(
        CAPABILITIES, ACCESS, {"test": reached_at(paper_url)}, PaperConnector
    )


def reached_at(paper_url: str, **others: str) -> Environment:
    return Environment(
        **{
            "discovery": paper_url + "/discovery",
            "api": paper_url,
            "web": paper_url + "/web",
            **others,
        }
    )


def move_endpoints(paper_url: str, **endpoints: str) -> None:
    """Their consent endpoints, as the connector names them."""
    environments = systems()["paper"].environments
    environments["test"] = reached_at(paper_url, **endpoints)


CLIENTS = {"PAPER_TEST_CLIENT_ID": CLIENT_ID, "PAPER_TEST_CLIENT_SECRET": CLIENT_SECRET}
