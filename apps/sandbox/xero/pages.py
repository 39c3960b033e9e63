"""Plain pages of the simulated Xero, where a person looks at what stands there."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ..clock import clock
from . import ledger, store
from .kinds import KINDS, Kind
from .store import Organisation

MOST_ROWS = 200
# What is listed, with the columns of its list.
LISTED: dict[str, tuple[str, ...]] = {
    "Contacts": ("Name", "EmailAddress", "ContactStatus"),
    "Items": ("Code", "Name", "IsSold"),
    "Invoices": ("InvoiceNumber", "DateString", "Contact", "Status", "Total", "AmountDue"),
    "CreditNotes": (
        "CreditNoteNumber",
        "DateString",
        "Contact",
        "Status",
        "Total",
        "RemainingCredit",
    ),
    "Payments": ("Reference", "Status", "Amount"),
    "BatchPayments": ("Details", "Status", "TotalAmount"),
    "BankTransactions": ("Type", "DateString", "Contact", "Status", "Total"),
    "Overpayments": ("DateString", "Contact", "Status", "Total", "RemainingCredit"),
    "Accounts": ("Code", "Name", "Type", "Status"),
}
AMOUNTS = ("Total", "AmountDue", "Amount", "TotalAmount", "RemainingCredit")
# Their web addresses, and ours, call an object by its kind in one word.
PLURAL = {name.removesuffix("s").lower(): name for name in LISTED}


def organisation(request: HttpRequest, tenant: str) -> HttpResponse:
    return listing(request, tenant, "invoices")


def listing(request: HttpRequest, tenant: str, kind: str) -> HttpResponse:
    """The last of a kind, the newest first."""
    org, found = _found(tenant, kind)
    rows = _rendered(org, found)[-MOST_ROWS:]
    columns = LISTED[found.plural]
    return render(
        request,
        "xero/list.html",
        {
            **_common(org, found.plural),
            "columns": [(each, each in AMOUNTS) for each in columns],
            "rows": [
                (
                    row[found.identity],
                    [(_shown(row.get(each)), each in AMOUNTS) for each in columns],
                )
                for row in reversed(rows)
            ],
        },
    )


def one(request: HttpRequest, tenant: str, kind: str, identity: str) -> HttpResponse:
    """All that an object says."""
    org, found = _found(tenant, kind)
    rows = [
        row for row in _rendered(org, found) if identity in (row[found.identity], row.get("Code"))
    ]
    if not rows:
        raise Http404
    lines = rows[0].get("LineItems") or []
    facts = {name: value for name, value in rows[0].items() if name != "LineItems"}
    return render(
        request,
        "xero/object.html",
        {
            **_common(org, found.plural),
            "title": next(
                _shown(rows[0][each]) for each in LISTED[found.plural] if each in rows[0]
            ),
            "lines": lines,
            "facts": [
                (name, _shown(value)) for name, value in facts.items() if value not in ("", [])
            ],
        },
    )


def trial_balance(request: HttpRequest, tenant: str) -> HttpResponse:
    org = _organisation(tenant)
    with org.lock:
        rows = [
            (
                org.objects["Accounts"][account].get("code", ""),
                org.objects["Accounts"][account]["name"],
                cents,
            )
            for account, cents in ledger.balances(org).items()
        ]
    shown = [
        (code, name, max(cents, 0) / 100, max(-cents, 0) / 100)
        for code, name, cents in sorted(rows)
    ]
    return render(
        request,
        "xero/trial_balance.html",
        {
            **_common(org, ""),
            "rows": shown,
            "debit": sum(each[2] for each in shown),
            "credit": sum(each[3] for each in shown),
        },
    )


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


def _common(org: Organisation, plural: str) -> dict[str, Any]:
    return {"organisation": org, "kinds": list(LISTED), "plural": plural}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("Name") or value.get("Code") or value
    return value
