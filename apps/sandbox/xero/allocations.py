"""Credit notes, overpayments and prepayments applied to invoices: dated by the later of the two."""

from typing import Any

from . import applying, ledger
from .applying import check_open_day, left, money
from .documents import IDS
from .refusals import Refused, not_found
from .store import Content, Organisation
from .wire import day_of

SOURCES = {
    "CreditNotes": "CreditNoteID",
    "Overpayments": "OverpaymentID",
    "Prepayments": "PrepaymentID",
}
# What each may be applied to.
PAIRS = {
    "ACCRECCREDIT": "ACCREC",
    "ACCPAYCREDIT": "ACCPAY",
    "RECEIVE-OVERPAYMENT": "ACCREC",
    "SPEND-OVERPAYMENT": "ACCPAY",
    "RECEIVE-PREPAYMENT": "ACCREC",
    "SPEND-PREPAYMENT": "ACCPAY",
}


def source_of(org: Organisation, kind: str, identity: str) -> Content:
    found = org.find(kind, identity)
    if found is None:
        raise not_found()
    return found


def invoice_of(org: Organisation, sent: Any) -> Content:
    """The invoice an allocation or a payment names, by id or number."""
    told = sent if isinstance(sent, dict) else {}
    found = org.find("Invoices", told.get(IDS["Invoices"])) if told.get("InvoiceID") else None
    if found is None and told.get("InvoiceNumber"):
        found = next(iter(org.by("Invoices", "number", told["InvoiceNumber"])), None)
    if found is None:
        raise Refused("The document with the supplied id was not found.")
    return found


def allocate(org: Organisation, kind: str, source_id: str, sent: Content) -> Content:
    """Apply a credit to an invoice; what is asked as a date is not looked at."""
    source = source_of(org, kind, source_id)
    invoice = invoice_of(org, sent.get("Invoice"))
    amount = money(sent.get("Amount"), "Amount")
    if source["status"] not in ledger.LIVE or invoice["status"] not in ledger.LIVE:
        raise Refused("Allocations can only be made between approved documents.")
    if invoice["type"] != PAIRS[source["type"]]:
        raise Refused("The credit cannot be allocated to a document of this type.")
    if invoice["currency"] != source["currency"] and org.switch("allocation_currency") == "refuse":
        raise Refused("The currency of the credit and of the invoice must be the same.")
    if invoice["contact"] != source["contact"] and org.switch("allocation_contact") == "refuse":
        raise Refused("The contact of the credit and of the invoice must be the same.")
    if amount > left(org, source):
        raise Refused("The amount is greater than the remaining credit.")
    if amount > left(org, invoice):
        raise Refused("Amount is greater than amount outstanding on this document.")
    day = applying.day_after(source["date"], invoice["date"])
    check_open_day(org, day, "allocation")
    made = org.add(
        "Allocations",
        {
            "source": [kind, source["id"]],
            "target": ["Invoices", invoice["id"]],
            "amount": amount,
            "date": day,
            "status": "AUTHORISED",
        },
    )
    applying.apply(org, made["source"], "Allocations", made)
    applying.apply(org, made["target"], "Allocations", made)
    for part in (made["source"], made["target"]):
        applying.note(org, org.edit(*part), "Credited" if part[0] == "Invoices" else "Allocated")
    return made


def remove(org: Organisation, kind: str, source_id: str, identity: str) -> Content:
    """Take an allocation off; both documents have it open again."""
    source = source_of(org, kind, source_id)
    found = org.find("Allocations", identity)
    if found is None or found["source"] != [kind, source["id"]]:
        raise not_found()
    check_open_day(org, found["date"], "allocation")
    applying.release(org, found["source"], found)
    applying.release(org, found["target"], found)
    org.remove("Allocations", found["id"])
    return found


def gone(org: Organisation, content: Content) -> Content:
    """As a removal is answered: seen without an invoice, in the description with one."""
    out: Content = {"AllocationID": content["id"], "Date": day_of(content["date"])}
    if org.switch("allocation_gone_answer") == "whole":
        out |= {"Amount": content["amount"], "Invoice": {"InvoiceID": content["target"][1]}}
    return out | {"IsDeleted": True}


def made(org: Organisation, content: Content) -> Content:
    """As a creation is answered; the id of the allocation is not told, unless the switch tells it."""
    kind, identity = content["source"]
    invoice = org.objects["Invoices"][content["target"][1]]
    out: Content = {}
    if org.switch("allocation_id_in_answer") == "yes":
        out["AllocationID"] = content["id"]
    return out | {
        "Amount": content["amount"],
        "Date": day_of(content["date"]),
        "Invoice": {
            "InvoiceID": invoice["id"],
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "HasErrors": False,
            "IsDiscounted": False,
            "LineItems": [],
            "ValidationErrors": [],
        },
        kind.removesuffix("s"): {SOURCES[kind]: identity, "ID": identity, "LineItems": []},
        "ValidationErrors": [],
    }
