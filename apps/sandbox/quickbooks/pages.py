"""Plain pages of the simulated QuickBooks, where a person looks and changes things by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ..models import Company, StoredObject
from ..storage import one_writer
from . import acts
from . import companies as opening
from .book import Book, reading
from .faults import Refused
from .files import hanging_on, path_of
from .kinds import all_kinds, kind_of
from .reports import trial_balance
from .wire import from_cents

MOST_ROWS = 200


@dataclass(frozen=True)
class Listing:
    """One list: its kind and the columns as (heading, path in the object, is a number)."""

    title: str
    kind: str
    columns: tuple[tuple[str, str, bool], ...]


LISTINGS = {
    "customers": Listing(
        "Customers",
        "Customer",
        (
            ("Name", "DisplayName", False),
            ("E-mail", "PrimaryEmailAddr.Address", False),
            ("Open balance", "Balance", True),
        ),
    ),
    "invoices": Listing(
        "Invoices",
        "Invoice",
        (
            ("Number", "DocNumber", False),
            ("Date", "TxnDate", False),
            ("Customer", "CustomerRef.name", False),
            ("Due", "DueDate", False),
            ("Total", "TotalAmt", True),
            ("Balance", "Balance", True),
            ("Memo", "PrivateNote", False),
        ),
    ),
    "creditmemos": Listing(
        "Credit memos",
        "CreditMemo",
        (
            ("Number", "DocNumber", False),
            ("Date", "TxnDate", False),
            ("Customer", "CustomerRef.name", False),
            ("Total", "TotalAmt", True),
            ("Remaining", "RemainingCredit", True),
        ),
    ),
    "payments": Listing(
        "Payments",
        "Payment",
        (
            ("Reference", "PaymentRefNum", False),
            ("Date", "TxnDate", False),
            ("Customer", "CustomerRef.name", False),
            ("Amount", "TotalAmt", True),
            ("On account", "UnappliedAmt", True),
            ("Memo", "PrivateNote", False),
        ),
    ),
    "salesreceipts": Listing(
        "Sales receipts",
        "SalesReceipt",
        (
            ("Number", "DocNumber", False),
            ("Date", "TxnDate", False),
            ("Customer", "CustomerRef.name", False),
            ("Total", "TotalAmt", True),
        ),
    ),
    "refundreceipts": Listing(
        "Refund receipts",
        "RefundReceipt",
        (
            ("Number", "DocNumber", False),
            ("Date", "TxnDate", False),
            ("Customer", "CustomerRef.name", False),
            ("Total", "TotalAmt", True),
        ),
    ),
    "deposits": Listing(
        "Bank deposits",
        "Deposit",
        (
            ("Date", "TxnDate", False),
            ("Into", "DepositToAccountRef.name", False),
            ("Total", "TotalAmt", True),
            ("Memo", "PrivateNote", False),
        ),
    ),
    "taxrates": Listing(
        "Tax rates",
        "TaxRate",
        (("Name", "Name", False), ("Percent", "RateValue", True)),
    ),
    "items": Listing(
        "Products and services",
        "Item",
        (
            ("Name", "FullyQualifiedName", False),
            ("Type", "Type", False),
            ("Income account", "IncomeAccountRef.name", False),
        ),
    ),
    "accounts": Listing(
        "Chart of accounts",
        "Account",
        (
            ("Name", "FullyQualifiedName", False),
            ("Type", "AccountType", False),
            ("Balance", "CurrentBalance", True),
        ),
    ),
}
EDITABLE = ("Customer", "Invoice", "CreditMemo", "Payment")


def companies(request: HttpRequest) -> HttpResponse:
    """All companies; a new one is opened with a name."""
    if request.method == "POST":
        with one_writer:
            made = opening.open_company(request.POST.get("name", "").strip() or "New company")
        return HttpResponseRedirect(reverse("company", args=[made.realm]))
    return render(
        request, "quickbooks/companies.html", {"companies": Company.objects.order_by("name")}
    )


def company(request: HttpRequest, realm: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("section", args=[realm, "invoices"]))


def section(request: HttpRequest, realm: str, section: str) -> HttpResponse:
    """A list, the trial balance, or the form of a payment received."""
    book = open_book(realm)
    if section == "receive-payment":
        return receive_payment(request, book)
    if section == "trial-balance":
        rows = trial_balance(book)
        context = {
            "rows": rows,
            "debit": sum((row.debit for row in rows), Decimal(0)),
            "credit": sum((row.credit for row in rows), Decimal(0)),
        }
        return page(request, book, "trial_balance", section, context)
    listing = LISTINGS.get(section)
    if listing is None:
        raise Http404(f"There is no page {section}.")
    rows = book.objects(listing.kind).filter(deleted=False).order_by("-object_id")
    wanted = request.GET.get("q", "").strip()
    if wanted:
        rows = rows.filter(body__icontains=wanted)
    total = rows.count()
    found = list(rows[:MOST_ROWS])
    enrich(book, found)
    table = [
        {
            "id": one.object_id,
            "cells": [
                {"value": shown(one.content, path, is_number), "number": is_number}
                for _, path, is_number in listing.columns
            ],
        }
        for one in found
    ]
    context = {"listing": listing, "table": table, "total": total, "q": wanted}
    return page(request, book, "list", section, context)


def one(request: HttpRequest, realm: str, kind: str, identity: int) -> HttpResponse:
    """One object with all it says; the acts that a person may do to it."""
    book = open_book(realm)
    names = {one.path: one.name for one in all_kinds()}
    name = names.get(kind.lower(), "")
    stored = book.find(name, identity) if name else None
    if stored is None or stored.deleted:
        raise Http404(f"There is no {kind} {identity}.")
    problem = ""
    if request.method == "POST":
        problem, gone = done(realm, act_of(request, stored))
        if not problem:
            return HttpResponseRedirect(
                reverse("section", args=[realm, section_of(name)])
                if gone
                else reverse("object", args=[realm, kind, identity])
            )
    enrich(book, [stored])
    content = stored.content
    lines = [
        line for line in content.get("Line", ()) if line.get("DetailType") != "SubTotalLineDetail"
    ]
    context = {
        "kind": name,
        "content": content,
        "title": content.get("DocNumber")
        or content.get("DisplayName")
        or content.get("Name")
        or f"{name} {identity}",
        "lines": lines,
        "editable": name in EDITABLE,
        "voidable": kind_of(name).void is not None,
        "deletable": kind_of(name).deletable,
        "facts": facts(content),
        "attached": attached(book, stored),
        "items": choices(book, "Item"),
        "classes": choices(book, "Class"),
        "problem": problem,
    }
    return page(request, book, "object", section_of(name), context, 400 if problem else 200)


def act_of(request: HttpRequest, stored: StoredObject) -> dict[str, Any]:
    """The act a form on the object's page stands for."""
    form = request.POST
    act: dict[str, Any] = {"act": form.get("act"), "kind": stored.kind, "id": str(stored.object_id)}
    wanted = {
        "change_line": ("line", "item", "class", "description", "amount"),
        "set_private_note": ("note",),
        "rename_customer": ("name",),
    }.get(str(form.get("act")), ())
    act |= {name: form[name] for name in wanted if name in form}
    if act.get("class") == "":
        act.pop("class")
    return act


def done(realm: str, act: Mapping[str, Any]) -> tuple[str, bool]:
    """Do it: the sentence why not, and whether the object is gone afterwards."""
    try:
        acts.perform(realm, act)
    except Refused as refused:
        return refused.detail or str(refused), False
    except (KeyError, ValueError) as wrong:
        return f"This form was not complete: {wrong}", False
    return "", str(act["act"]).startswith("delete")


def receive_payment(request: HttpRequest, book: Book) -> HttpResponse:
    """Choose a customer, then an amount over open invoices or on account."""
    realm = book.company.realm
    asked = request.POST if request.method == "POST" else request.GET
    customer = asked.get("customer", "")
    problem = ""
    if request.method == "POST":
        paid = {
            name.removeprefix("invoice-"): value
            for name, value in request.POST.items()
            if name.startswith("invoice-") and str(value).strip()
        }
        act = {
            "act": "record_payment",
            "customer": customer,
            "invoices": paid,
            **{
                name: asked[name]
                for name in ("amount", "method", "account", "reference", "date", "note")
                if asked.get(name)
            },
        }
        problem, _ = done(realm, act)
        if not problem:
            return HttpResponseRedirect(reverse("section", args=[realm, "payments"]))
    rows: list[StoredObject] = []
    if customer.isdigit():
        rows = list(
            book.objects("Invoice")
            .filter(customer=int(customer), deleted=False, open_amount__gt=0)
            .order_by("txn_date", "object_id")
        )
    context = {
        "customers": choices(book, "Customer"),
        "customer": customer,
        "open_invoices": [{"id": one.object_id, "content": one.content} for one in rows],
        "owed": from_cents(sum(one.open_amount for one in rows)),
        "methods": choices(book, "PaymentMethod"),
        "accounts": choices(book, "Account", lambda content: content["AccountType"] == "Bank"),
        "today": book.today.isoformat(),
        "problem": problem,
    }
    return page(request, book, "receive_payment", "payments", context, 400 if problem else 200)


# --- small words ---------------------------------------------------------------------------------
def open_book(realm: str) -> Book:
    if not Company.objects.filter(pk=realm).exists():
        raise Http404("There is no such company.")
    return reading(realm)


def page(
    request: HttpRequest,
    book: Book,
    template: str,
    here: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    menu = [(key, listing.title) for key, listing in LISTINGS.items()]
    frame = {
        "company": book.company,
        "menu": [*menu, ("trial-balance", "Trial balance")],
        "here": here,
        "currency": book.company.home_currency,
    }
    return render(request, f"quickbooks/{template}.html", {**frame, **context}, status=status)


def enrich(book: Book, found: list[StoredObject]) -> None:
    if found:
        rule = kind_of(found[0].kind).enrich
        if rule:
            rule(book, found)


def section_of(kind: str) -> str:
    for key, listing in LISTINGS.items():
        if listing.kind == kind:
            return key
    return "invoices"


def shown(content: Mapping[str, Any], path: str, is_number: bool) -> str:
    value: Any = content
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return f"{Decimal(value):,.2f}" if is_number and value != "" else str(value)


def facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Everything plain that the object says, references by name, for the table on its page."""
    out = []
    for name, value in content.items():
        if isinstance(value, dict):
            parts = [
                str(value[key])
                for key in ("name", "value", "Address", "Line1", "City", "LastUpdatedTime")
                if key in value
            ]
            if parts:
                out.append((name, " · ".join(parts)))
        elif not isinstance(value, list) and name not in ("domain", "sparse"):
            out.append((name, str(value)))
    links = [f"{link['TxnType']} {link['TxnId']}" for link in content.get("LinkedTxn", ())]
    return [*out, ("LinkedTxn", ", ".join(links))] if links else out


def attached(book: Book, stored: StoredObject) -> list[dict[str, Any]]:
    """What hangs on the object, oldest first: who looks may read it and open its file."""
    found = hanging_on(book, stored)
    return [
        {
            "id": one.object_id,
            "at": one.content["MetaData"]["CreateTime"],
            "note": one.content.get("Note", ""),
            "file": one.content.get("FileName", ""),
            "address": path_of(one) if "Size" in one.content else "",
        }
        for one in found
    ]


def choices(
    book: Book, kind: str, wanted: Callable[[Mapping[str, Any]], bool] = lambda content: True
) -> list[tuple[str, str]]:
    """Active objects of a list for a select: id and name."""
    return sorted(
        (
            (
                str(one.object_id),
                one.content.get("DisplayName")
                or one.content.get("FullyQualifiedName")
                or one.content["Name"],
            )
            for one in book.objects(kind).filter(active=True, deleted=False)
            if wanted(one.content)
        ),
        key=lambda pair: pair[1].lower(),
    )
