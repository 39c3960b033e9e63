"""Who asks the API in tests: people of each role, their keys, and what is there to be asked for."""

import itertools
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.billing.models import Company, Customer, Invoice, Item, NumberSeries, Payment
from apps.staff.models import User
from apps.triggers.api.keys import make_key
from apps.triggers.models import Scope
from tests.all_rights import give_every_permission
from tests.backoffice.people import make_people
from tests.factories import (
    make_company,
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
    make_term,
)

BEGIN = "/api/v1"
EVERY = tuple(Scope.values)
_count = itertools.count(1)


@dataclass
class Said:
    """An answer: its status, headers, and what it holds."""

    status: int
    body: Any
    headers: Any
    raw: bytes

    @property
    def kind(self) -> str:
        """Of a refusal."""
        assert self.headers["Content-Type"] == "application/problem+json", self.raw
        assert set(self.body) == {"type", "title", "status", "detail", "errors"}
        assert self.body["status"] == self.status
        return str(self.body["type"].partition("#")[2])

    @property
    def fields(self) -> list[str]:
        return [each["field"] for each in self.body["errors"]]


class Caller:
    """A program with a key."""

    def __init__(self, key: str, client: Client | None = None) -> None:
        self.key = key
        self.client = client or Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Said:
        """`body` is sent as JSON, or as it is where it is bytes; headers as `if_match="…"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("authorization", f"Bearer {self.key}")
        sent = {}
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body, default=str)
            sent = {"data": data, "content_type": named.pop("content-type", "application/json")}
        address = path if path.startswith("/api") else BEGIN + path
        answer = self.client.generic(method, address, headers=named, **sent)
        return said(answer)

    def get(self, path: str, **headers: str) -> Said:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, *, once: bool = True, **headers: str) -> Said:
        if once:
            headers.setdefault("idempotency_key", f"key-{next(_count)}")
        return self.ask("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Said:
        return self.ask("PATCH", path, body, **headers)


def said(answer: HttpResponse) -> Said:
    raw = answer.content
    is_json = "json" in answer.get("Content-Type", "")
    return Said(answer.status_code, json.loads(raw) if raw and is_json else None, answer, raw)


def key_for(user: User) -> str:
    """Another key of theirs with every scope, for the first company."""
    company = Company.objects.order_by("pk")[0]
    return make_key(user, name="Test", companies=[company], scopes=EVERY).text


class Office:
    """A company with what is sold, owed and paid, another one, and people with keys."""

    def __init__(self) -> None:
        self.people: dict[str, User] = make_people()
        self.company = make_company(legal_name="Thornfield Trading Ltd")
        self.other = make_company(legal_name="Lowood Ltd")
        for company in (self.company, self.other):
            for kind, prefix in (("invoice", "INV-"), ("credit_note", "CN-")):
                NumberSeries.objects.create(
                    company=company, kind=kind, year=2026, prefix=f"{prefix}{company.pk}-"
                )
        self.rate = make_tax_rate(self.company, 20, code="S20")
        self.item = make_item(self.company, code="LAMP", name="Lamp", tax_rate=self.rate)
        self.term = make_term(self.company, name="30 days")
        self.method = make_method(self.company, name="Transfer")
        self.customer = make_customer(self.company, name="Bell & Daughters", terms=self.term)
        self.invoice = make_invoice(customer=self.customer, lines=[(self.item, 10, 10, self.rate)])
        self.draft = make_invoice(customer=self.customer, issued=False,
                                  lines=[(self.item, 3, 10, self.rate)])  # fmt: skip
        self.payment = make_payment(customer=self.customer, amount=50, method=self.method)
        self.foreign = make_customer(self.other, name="Rivers & Sons")
        self.foreign_invoice = make_invoice(customer=self.foreign)

    def key(self, name: str = "Fay", *companies: Company, scopes: Any = EVERY) -> str:
        made = make_key(
            self.people[name], name="Test", companies=companies or (self.company,), scopes=scopes
        )
        return made.text

    def open_everything(self) -> str:
        """The key of somebody who may do everything; no role does."""
        give_every_permission(self.people["Fay"])
        return self.key()

    def caller(self, name: str = "Fay", *companies: Company, scopes: Any = EVERY) -> Caller:
        return Caller(self.key(name, *companies, scopes=scopes))


__all__ = [
    "BEGIN",
    "Caller",
    "Customer",
    "Decimal",
    "Invoice",
    "Item",
    "Office",
    "Payment",
    "Said",
    "date",
    "said",
]
