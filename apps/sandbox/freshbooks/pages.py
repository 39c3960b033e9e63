"""Plain pages of the simulated FreshBooks."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from ..clock import clock
from ..showing import TRIAL_BALANCE, Columns, Shown
from . import charts, ledger, store
from .kinds import KINDS, Kind
from .store import Business

# What is listed: where the books keep it → its title and the columns of its list.
LISTED: dict[str, tuple[str, Columns]] = {
    "clients": ("Clients", (("organization", False), ("email", False), ("vis_state", False))),
    "items": ("Items", (("name", False), ("sku", False), ("unit_cost", True))),
    "taxes": ("Taxes", (("name", False), ("amount", False))),
    "invoices": (
        "Invoices",
        (
            ("invoice_number", False), ("create_date", False), ("current_organization", False),
            ("v3_status", False), ("amount", True), ("outstanding", True),
        ),
    ),
    "credit_notes": (
        "Credit notes",
        (
            ("credit_number", False), ("create_date", False), ("credit_type", False),
            ("status", False), ("amount", True),
        ),
    ),
    "payments": (
        "Payments",
        (("id", False), ("date", False), ("type", False), ("note", False), ("amount", True)),
    ),
}  # fmt: skip
LINES: Columns = (
    ("name", False), ("description", False), ("qty", False), ("unit_cost", True),
    ("taxName1", False), ("taxAmount1", False), ("amount", True),
)  # fmt: skip


def business(request: HttpRequest, account: str) -> HttpResponse:
    return listing(request, account, "invoices")


def listing(request: HttpRequest, account: str, kind: str) -> HttpResponse:
    books, found = _found(account, kind)
    title, columns = LISTED[found.name]
    rows = [(_address(books, found, row), row) for row in _answered(books, found)]
    return _shown_by(books).listing(request, title, columns, rows)


def one(request: HttpRequest, account: str, kind: str, identity: str) -> HttpResponse:
    books, found = _found(account, kind)
    title, columns = LISTED[found.name]
    for row in _answered(books, found):
        if identity == str(row["id"]):
            lines = row.pop("lines", None) or []
            return _shown_by(books).one(
                request, title, str(row.get(columns[0][0]) or identity), row, lines, LINES
            )
    raise Http404


def trial_balance(request: HttpRequest, account: str) -> HttpResponse:
    """Of the business's own currency."""
    books = _business(account)
    with books.lock:
        home = books.switch("currency_code")
        accounts = books.objects["accounts"]
        rows = [
            (
                charts.full_number(books, accounts[each]),
                str(accounts[each]["name"]),
                Decimal(cents) / 100,
            )
            for each, cents in ledger.balances(books, home).items()
        ]
    return _shown_by(books).trial_balance(request, sorted(rows))


def _shown_by(books: Business) -> Shown:
    menu = {
        title: reverse("freshbooks-list", args=[books.account, name])
        for name, (title, _) in LISTED.items()
    }
    menu[TRIAL_BALANCE] = reverse("freshbooks-trial-balance", args=[books.account])
    return Shown(brand="Simulated FreshBooks", company=books.name, menu=menu)


def _address(books: Business, kind: Kind, row: dict[str, Any]) -> str:
    return reverse("freshbooks-object", args=[books.account, kind.name, row["id"]])


def _business(account: str) -> Business:
    books = store.business(account)
    if books is None:
        raise Http404
    return books


def _found(account: str, kind: str) -> tuple[Business, Kind]:
    """By where the books keep it, or by its word in addresses of ours: "invoice"."""
    for each in KINDS.values():
        if kind.lower() in (each.name, each.single) and each.name in LISTED:
            return _business(account), each
    raise Http404


def _answered(books: Business, kind: Kind) -> list[dict[str, Any]]:
    with books.lock:
        books.now = clock.now()
        return [kind.answer(books, each, {"lines"}) for each in books.all(kind.name)]
