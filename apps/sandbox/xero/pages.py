"""Plain pages of the simulated Xero."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from ..clock import clock
from ..showing import TRIAL_BALANCE, Columns, Shown, shown
from . import ledger, store
from .kinds import KINDS, Kind
from .store import Organisation

AMOUNTS = ("Total", "AmountDue", "Amount", "TotalAmount", "RemainingCredit")
# What is listed, with the columns of its list.
LISTED: dict[str, tuple[str, ...]] = {
    "Contacts": ("Name", "EmailAddress", "ContactStatus"),
    "Items": ("Code", "Name", "IsSold"),
    "Invoices": ("InvoiceNumber", "DateString", "Contact", "Status", "Total", "AmountDue"),
    "CreditNotes": (
        "CreditNoteNumber", "DateString", "Contact", "Status", "Total", "RemainingCredit",
    ),
    "Payments": ("Reference", "Status", "Amount"),
    "BatchPayments": ("Details", "Status", "TotalAmount"),
    "BankTransactions": ("Type", "DateString", "Contact", "Status", "Total"),
    "Overpayments": ("DateString", "Contact", "Status", "Total", "RemainingCredit"),
    "Accounts": ("Code", "Name", "Type", "Status"),
}  # fmt: skip
LINES: Columns = (
    ("ItemCode", False), ("Description", False), ("AccountCode", False), ("TaxType", False),
    ("Quantity", False), ("UnitAmount", True), ("TaxAmount", True), ("LineAmount", True),
)  # fmt: skip
# Addresses call an object by its kind in one word.
PLURAL = {name.removesuffix("s").lower(): name for name in LISTED}


def organisation(request: HttpRequest, tenant: str) -> HttpResponse:
    return listing(request, tenant, "invoices")


def listing(request: HttpRequest, tenant: str, kind: str) -> HttpResponse:
    org, found = _found(tenant, kind)
    columns = [(each, each in AMOUNTS) for each in LISTED[found.plural]]
    rows = [(_address(org, found, row), row) for row in _rendered(org, found)]
    return _shown_by(org).listing(request, found.plural, columns, rows)


def one(request: HttpRequest, tenant: str, kind: str, identity: str) -> HttpResponse:
    org, found = _found(tenant, kind)
    for row in _rendered(org, found):
        if identity in (row[found.identity], row.get("Code")):
            lines = row.pop("LineItems", None) or []
            name = next(str(shown(row[each])) for each in LISTED[found.plural] if each in row)
            return _shown_by(org).one(request, found.plural, name, row, lines, LINES)
    raise Http404


def trial_balance(request: HttpRequest, tenant: str) -> HttpResponse:
    org = _organisation(tenant)
    with org.lock:
        accounts = org.objects["Accounts"]
        rows = [
            (str(accounts[each].get("code", "")), str(accounts[each]["name"]), Decimal(cents) / 100)
            for each, cents in ledger.balances(org).items()
        ]
    return _shown_by(org).trial_balance(request, sorted(rows))


def _shown_by(org: Organisation) -> Shown:
    menu = {each: reverse("xero-list", args=[org.tenant, each.lower()]) for each in LISTED}
    menu[TRIAL_BALANCE] = reverse("xero-trial-balance", args=[org.tenant])
    return Shown(brand="Simulated Xero", company=org.name, menu=menu)


def _address(org: Organisation, kind: Kind, row: dict[str, Any]) -> str:
    return reverse("xero-object", args=[org.tenant, kind.plural.lower(), row[kind.identity]])


def _organisation(tenant: str) -> Organisation:
    org = store.organisation(tenant)
    if org is None:
        raise Http404
    return org


def _found(tenant: str, kind: str) -> tuple[Organisation, Kind]:
    found = KINDS.get(PLURAL.get(kind.lower(), kind).lower())
    if found is None or found.plural not in LISTED:
        raise Http404
    return _organisation(tenant), found


def _rendered(org: Organisation, kind: Kind) -> list[dict[str, Any]]:
    with org.lock:
        org.now = clock.now()
        return [kind.render(org, each, "list", 4) for each in org.all(kind.plural)]
