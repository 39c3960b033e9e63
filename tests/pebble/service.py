"""Pebble, in this process, behind HTTP: see README.md. It knows nothing of the connector."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]

OWN = {"kind", "id", "version", "void", "ref", "note"}
FIELDS = {
    "customer": {"name", "email", "phone", "address", "active"},
    "item": {"code", "name", "description", "price", "active"},
    "invoice": {
        "number",
        "customer",
        "date",
        "lines",
        "total",
        "due",
        "address",
        "message",
        "order",
    },
    "payment": {"customer", "date", "amount", "invoice", "reference"},
}
LINE = {"net", "text", "quantity", "price", "item"}
REQUIRED = {
    "customer": ("name",),
    "item": ("code", "name"),
    "invoice": ("number", "customer", "date", "lines", "total"),
    "payment": ("customer", "date", "amount", "invoice"),
}
UNIQUE = {"customer": "name", "item": "code", "invoice": "number"}
MONEY = re.compile(r"-?\d+\.\d\d")
PAGE = 50
LONGEST_NUMBER = 24


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Books:
    """One company."""

    def __init__(self, name: str, key: str, home: str) -> None:
        self.id, self.name, self.key, self.home = f"pb-{key}", name, key, home
        self.version = 0
        self.ids = count(1)
        self.objects: dict[tuple[str, str], Json] = {}
        self.answers: dict[str, tuple[bytes, int, bytes]] = {}  # by key: what was asked, and said
        self.faults: list[str] = []  # each meets the next write
        self.asked: list[str] = []  # "GET /v1/everything?since=7"
        self.lock = threading.RLock()

    # --- Acts ---

    def save(self, kind: str, remote_id: str | None, fields: Json, condition: str = "") -> Json:
        with self.lock:
            old = self.get(kind, remote_id) if remote_id else {"void": False}
            if condition and condition != str(old["version"]):
                raise Refused(412, "changed", f"Version {condition} is not the newest.")
            if old["void"]:
                raise Refused(422, "void", "What is void is not changed.")
            new = {**old, **fields, "kind": kind, "id": remote_id or str(next(self.ids))}
            self._check(kind, new)
            self.version += 1
            new["version"] = self.version
            self.objects[kind, new["id"]] = new
            return new

    def delete(self, kind: str, remote_id: str) -> None:
        with self.lock:
            self.get(kind, remote_id)
            self.version += 1
            stone = {"kind": kind, "id": remote_id, "version": self.version, "deleted": True}
            self.objects[kind, remote_id] = stone

    def get(self, kind: str, remote_id: str) -> Json:
        found = self.objects.get((kind, remote_id))
        if found is None or found.get("deleted"):
            raise Refused(404, "not_found", f"No {kind} {remote_id}.")
        return found

    def standing(self, kind: str) -> list[Json]:
        objects = list(self.objects.values())
        return [each for each in objects if each["kind"] == kind and not each.get("deleted")]

    def since(self, version: int) -> Json:
        with self.lock:
            news = [each for each in self.objects.values() if each["version"] > version]
            news.sort(key=lambda each: each["version"])
            more = len(news) > PAGE
            reached = news[PAGE - 1]["version"] if more else self.version
            return {"objects": news[:PAGE], "version": reached, "more": more}

    def paid(self, invoice: str, beside: str = "") -> Decimal:
        """How much is paid of it, `beside` one payment."""
        payments = [each for each in self.standing("payment") if each["invoice"] == invoice]
        counted = [each for each in payments if not each["void"] and each["id"] != beside]
        return sum((Decimal(each["amount"]) for each in counted), Decimal(0))

    # --- What is refused ---

    def _check(self, kind: str, new: Json) -> None:
        strange = new.keys() - FIELDS[kind] - OWN
        if strange:
            raise Refused(422, "unknown_field", f"A {kind} has no {', '.join(sorted(strange))}.")
        for name in REQUIRED[kind]:
            if not new.get(name):
                raise Refused(422, "missing", f"{name} is missing.")
        self._check_once(kind, new)
        if kind in ("invoice", "payment"):
            self._named("customer", new["customer"])
        if kind == "invoice":
            self._check_invoice(new)
        if kind == "payment":
            self._check_payment(new)

    def _check_once(self, kind: str, new: Json) -> None:
        unique = UNIQUE.get(kind, "")
        others = [each for each in self.standing(kind) if each["id"] != new["id"]]
        if unique and any(each[unique] == new[unique] for each in others):
            raise Refused(422, "taken", f"{new[unique]} stands there already.")

    def _check_invoice(self, new: Json) -> None:
        if len(new["number"]) > LONGEST_NUMBER:
            raise Refused(422, "too_long", f"A number has {LONGEST_NUMBER} characters.")
        for line in new["lines"]:
            if line.keys() - LINE:
                raise Refused(422, "unknown_field", f"A line has {', '.join(sorted(LINE))}.")
            if line.get("item"):
                self._named("item", line["item"])
        if sum(money(each["net"]) for each in new["lines"]) != money(new["total"]):
            raise Refused(422, "sum", "The lines do not add up to the total.")

    def _check_payment(self, new: Json) -> None:
        amount = money(new["amount"])
        if amount <= 0:
            raise Refused(422, "amount", "A payment is more than nothing.")
        self._named("invoice", new["invoice"])
        owed = money(self.get("invoice", new["invoice"])["total"])
        if self.paid(new["invoice"], beside=new["id"]) + amount > owed and not new["void"]:
            raise Refused(422, "overpaid", "More than the invoice is open for.")

    def _named(self, kind: str, remote_id: str) -> None:
        try:
            self.get(kind, remote_id)
        except Refused:
            raise Refused(422, "unknown", f"No {kind} {remote_id}.") from None


def money(text: Any) -> Decimal:
    if not isinstance(text, str) or not MONEY.fullmatch(text):
        raise Refused(422, "figure", f"{text} is no money: it has exactly two decimals.")
    return Decimal(text)


class Service:
    """Every company, behind one address."""

    def __init__(self) -> None:
        self.by_key: dict[str, Books] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def open(self, name: str, home: str) -> Books:
        key = f"pebble-key-{len(self.by_key) + 1:04}"
        self.by_key[key] = Books(name, key, home)
        return self.by_key[key]


@contextmanager
def running() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.server.shutdown()
        service.server.server_close()


# --- HTTP -----------------------------------------------------------------------------------------

Answer = tuple[int, bytes]
LIMIT: Json = {"error": {"code": "rate", "message": "Too many calls."}}
RULE: Json = {"error": {"code": "rule", "message": "A rule of ours."}}


def handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together: apart, each answer waits 40 ms
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            books = service.by_key.get(self.headers.get("X-Pebble-Key", ""))
            if books is None:
                self._say(401, {"error": {"code": "key", "message": "Unknown key."}})
                return
            books.asked.append(f"{self.command} {self.path}")
            route = router(books, self.command, self.path, self.headers.get("If-Match", ""))
            if self.command == "GET":
                self._send(*done(route, body))
                return
            fault = books.faults.pop(0) if books.faults else ""
            if fault == "throttle":
                self._say(429, LIMIT, ("Retry-After", "3"))
                return
            if fault == "refuse":
                self._say(422, RULE)
                return
            answer = None if fault == "lose_before" else self._once(books, route, body)
            if answer is None or fault == "lose_after":
                self.close_connection = True  # without an answer
                return
            self._send(*answer)

        do_POST = do_PUT = do_GET

        def _once(self, books: Books, route: Callable[[Json], Any], body: bytes) -> Answer:
            """Under one key one call is executed once."""
            key = self.headers.get("Idempotency-Key", "")
            asked = f"{self.command} {self.path} ".encode() + body
            with books.lock:
                if key not in books.answers:
                    books.answers[key] = (asked, *done(route, body))
                before, status, content = books.answers[key]
            if before != asked:
                reused = {"code": "key_reused", "message": "Another call had this key."}
                return 422, json.dumps({"error": reused}).encode()
            return status, content

        def _say(self, status: int, said: Mapping[str, Any], *headers: tuple[str, str]) -> None:
            self._send(status, json.dumps(said).encode(), *headers)

        def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in (("Content-Length", str(len(content))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    return Handler


def done(route: Callable[[Json], tuple[int, Any]], body: bytes) -> Answer:
    try:
        status, said = route(json.loads(body) if body else {})
    except Refused as no:
        status, said = no.status, {"error": {"code": no.code, "message": no.message}}
    return status, json.dumps(said).encode()


def router(
    books: Books, method: str, address: str, condition: str
) -> Callable[[Json], tuple[int, Any]]:
    url = urlsplit(address)
    query = dict(parse_qsl(url.query))

    def route(fields: Json) -> tuple[int, Any]:
        match url.path.strip("/").split("/"):
            case ["v1", "company"]:
                said = {"id": books.id, "name": books.name, "country": "GB", "currency": books.home}
                return 200, said
            case ["v1", "everything"]:
                return 200, books.since(int(query.get("since", "0")))
            case ["v1", kinds] if kinds[:-1] in FIELDS:
                if method == "POST":
                    return 201, books.save(kinds[:-1], None, fields)
                return 200, {"objects": [each for each in books.standing(kinds[:-1]) if has(each)]}
            case ["v1", kinds, remote_id] if kinds[:-1] in FIELDS:
                if method == "PUT":
                    return 200, books.save(kinds[:-1], remote_id, fields, condition)
                return 200, books.get(kinds[:-1], remote_id)
        raise Refused(404, "no_such_path", address)

    def has(each: Json) -> bool:
        return all(each.get(name) == value for name, value in query.items())

    return route
