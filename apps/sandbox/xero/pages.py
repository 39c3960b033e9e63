"""Plain pages of the simulated Xero."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from ..clock import clock, moment_of
from ..showing import TRIAL_BALANCE, Beside, Columns, Shown, shown
from . import attachments, ledger, store
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
            beside = _beside(org, found, row[found.identity])
            return _shown_by(org).one(request, found.plural, name, row, lines, LINES, beside)
    raise Http404


def file(request: HttpRequest, tenant: str, identity: str) -> HttpResponse:
    """The bytes of an attachment, to keep and never to run."""
    found = _organisation(tenant).find(attachments.ATTACHMENTS, identity)
    if found is None:
        raise Http404
    response = HttpResponse(attachments.content_of(found), content_type=found["mime"])
    response["Content-Disposition"] = content_disposition_header(True, found["name"])
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _beside(org: Organisation, kind: Kind, identity: str) -> list[Beside]:
    """The history of an object, what Xero notes by itself too, then its files."""
    with org.lock:
        content = org.objects[kind.plural][identity]
        files = attachments.of(org, content)
    told = [
        Beside(
            when=_minute(one["at"]),
            by=one["user"],
            words=": ".join(each for each in (one["changes"], one["details"]) if each),
        )
        for one in content.get("history", ())
    ]
    return told + [
        Beside(
            when=_minute(one["updated"]),
            by=one["mime"],
            words=one["name"],
            address=reverse("xero-file", args=[org.tenant, one["id"]]),
        )
        for one in files
    ]


def _minute(at: int) -> str:
    return f"{moment_of(at):%Y-%m-%d %H:%M}"


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
