"""Documents and money as Xero answers them, key by key as recorded; what has no value is absent."""

from decimal import Decimal

from . import attachments, contacts, wire
from .applying import ALLOCATIONS, PAYMENTS, applications, credited, left, paid
from .documents import IDS, NUMBERS
from .store import Content, Organisation, moment
from .wire import ZERO, day_of, text_date

# "write": the answer of a write; "list": a page; "single": one by its id; "light": without a page,
# or summaryOnly.
Form = str


def iso_z(content: Content) -> str:
    return moment(content).strftime("%Y-%m-%dT%H:%M:%SZ")


def dated(content: Content, name: str, key: str) -> Content:
    if not content.get(key):
        return {}
    return {f"{name}String": text_date(content[key]), name: day_of(content[key])}


def line(org: Organisation, one: Content, places: int, *, written: bool) -> Content:
    out: Content = {}
    if one.get("description"):
        out["Description"] = one["description"]
    if one.get("unit") is not None:
        out["UnitAmount"] = one["unit"].quantize(Decimal(1).scaleb(-places), wire.ROUNDINGS["up"])
    if one.get("tax_type"):
        out["TaxType"] = one["tax_type"]
    if "amount" in one:
        out |= {"TaxAmount": one["tax"], "LineAmount": one["amount"]}
    account = org.find("Accounts", one["account"]) if one.get("account") else None
    if account is not None and account.get("code"):
        out["AccountCode"] = account["code"]
    if one.get("item"):
        out["ItemCode"] = one["item"]
        found = org.by("Items", "code", one["item"])
        if found:
            named = {"ItemID": found[0]["id"], "Code": found[0]["code"]}
            out["Item"] = named | ({"Name": found[0]["name"]} if found[0].get("name") else {})
    out["Tracking"] = [tracked(org, each, written=written) for each in one.get("tracking", ())]
    if one.get("quantity") is not None:
        out["Quantity"] = one["quantity"]
    if one.get("discount_rate"):
        out["DiscountRate"] = one["discount_rate"]
    elif one.get("discount"):
        out["DiscountAmount"] = one["discount"]
    out["LineItemID"] = one["id"]
    if account is not None:
        out["AccountID"] = account["id"]
    if written:
        out["ValidationErrors"] = []
    return out


def tracked(org: Organisation, one: Content, *, written: bool) -> Content:
    category = org.objects["TrackingCategories"][one["category"]]
    option = next(each for each in category["options"] if each["id"] == one["option"])
    return {
        "Name": category["name"],
        "Option": option["name"],
        "TrackingCategoryID": category["id"],
        "Options": [],
    }


def whole_contact(org: Organisation, identity: str, form: Form) -> Content:
    """Writes and single reads answer the contact whole, lists its id and name."""
    if form not in ("write", "single"):
        return contacts.short(org, identity)
    return contacts.answer(org, org.objects["Contacts"][identity], listed=form == "single")


def payment_in(org: Organisation, payment: Content) -> Content:
    """A payment as its invoice shows it."""
    return {
        "PaymentID": payment["id"],
        "Date": day_of(payment["date"]),
        "Amount": payment["amount"],
        "Reference": payment["reference"],
        "CurrencyRate": payment["rate"],
        "HasAccount": True,
        "HasValidationErrors": False,
    }


def credit_in(org: Organisation, allocation: Content) -> tuple[str, Content]:
    """A credit note, overpayment or prepayment as the invoice it was applied to shows it."""
    kind, identity = allocation["source"]
    source = org.objects[kind][identity]
    if kind == "CreditNotes":
        return kind, {
            "CreditNoteID": source["id"],
            "CreditNoteNumber": source["number"],
            "ID": source["id"],
            "HasErrors": False,
            "InvoiceAddresses": [],
            "AppliedAmount": allocation["amount"],
            **dated(source, "Date", "date"),
            "LineItems": [],
            "Total": source["total"],
        }
    name = "OverpaymentID" if kind == "Overpayments" else "PrepaymentID"
    return kind, {
        name: source["id"],
        "ID": source["id"],
        "AppliedAmount": allocation["amount"],
        **dated(source, "Date", "date"),
        "LineItems": [],
        "Total": source["total"],
    }


def invoice(org: Organisation, document: Content, form: Form, places: int = 2) -> Content:
    applied = applications(org, document)
    credits: dict[str, list[Content]] = {"CreditNotes": [], "Prepayments": [], "Overpayments": []}
    for kind, one in applied:
        if kind == ALLOCATIONS:
            which, shown = credit_in(org, one)
            credits[which].append(shown)
    written = form == "write"
    out: Content = {
        "Type": document["type"],
        "InvoiceID": document["id"],
        "InvoiceNumber": document["number"],
        "Reference": document["reference"],
    }
    if not written:
        out["Payments"] = [payment_in(org, one) for kind, one in applied if kind == PAYMENTS]
        out["CreditNotes"] = credits["CreditNotes"]
    out |= {"Prepayments": credits["Prepayments"], "Overpayments": credits["Overpayments"]}
    out |= {"AmountDue": due(org, document), "AmountPaid": paid(org, document)}
    if not written:
        out["AmountCredited"] = credited(org, document)
    if document["type"] == "ACCREC":
        out["SentToContact"] = document["sent"]
    out |= {"CurrencyRate": document["rate"], "IsDiscounted": bool(document["off"])}
    if document["off"] and form != "light":
        out["TotalDiscount"] = document["off"]
    if not written:
        out |= {"HasAttachments": attachments.has(org, document), "InvoiceAddresses": []}
    out |= {"HasErrors": False, "InvoicePaymentServices": []}
    out["UpdatedDateUTCString"] = iso_z(document)
    out["Contact"] = whole_contact(org, document["contact"], form)
    out |= dated(document, "Date", "date") | dated(document, "DueDate", "due")
    if document.get("expected"):
        out["ExpectedPaymentDate"] = day_of(document["expected"])
    out |= foot(org, document, form, places)
    return out


def due(org: Organisation, document: Content) -> Decimal:
    """A voided one keeps what it had, as recorded, unless the switch says nil."""
    if document["status"] in ("VOIDED", "DELETED"):
        return document["total"] if org.switch("voided_amount_due") == "keep" else ZERO
    return left(org, document)


def foot(org: Organisation, document: Content, form: Form, places: int) -> Content:
    """What invoices and credit notes end with."""
    out: Content = {}
    if document.get("theme"):
        out["BrandingThemeID"] = document["theme"]
    if document.get("url"):
        out["Url"] = document["url"]
    out |= {"Status": document["status"], "LineAmountTypes": document["amounts"]}
    shown = [] if form == "light" else document["lines"]
    out["LineItems"] = [line(org, one, places, written=form == "write") for one in shown]
    out |= {"SubTotal": document["sub"], "TotalTax": document["tax"], "Total": document["total"]}
    out |= {"UpdatedDateUTC": moment(document), "CurrencyCode": document["currency"]}
    if document.get("paid_on") and form != "write":
        out["FullyPaidOnDate"] = day_of(document["paid_on"])
    return out


def allocation(org: Organisation, one: Content) -> Content:
    """An allocation as its source shows it."""
    target = org.objects["Invoices"][one["target"][1]]
    return {
        "AllocationID": one["id"],
        "Amount": one["amount"],
        "Date": day_of(one["date"]),
        "Invoice": {
            "InvoiceID": target["id"],
            "InvoiceNumber": target["number"],
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "IsDiscounted": False,
            "InvoiceAddresses": [],
            "HasErrors": False,
            "InvoicePaymentServices": [],
            "LineItems": [],
        },
    }


def credit_note(org: Organisation, document: Content, form: Form, places: int = 2) -> Content:
    applied = applications(org, document)
    out: Content = {
        "CreditNoteID": document["id"],
        "CreditNoteNumber": document["number"],
    }
    if document["type"] == "ACCRECCREDIT":
        out["SentToContact"] = document["sent"]
    if form != "write":
        out["Payments"] = [payment_in(org, one) for kind, one in applied if kind == PAYMENTS]
    out |= {"ID": document["id"], "HasErrors": False}
    if form != "write":
        out["InvoiceAddresses"] = []
    out |= {"CurrencyRate": document["rate"], "Type": document["type"]}
    out |= {"Reference": document["reference"], "RemainingCredit": due(org, document)}
    if form != "write":
        out["Allocations"] = [allocation(org, one) for kind, one in applied if kind == ALLOCATIONS]
        out["HasAttachments"] = attachments.has(org, document)
    out["UpdatedDateUTCString"] = iso_z(document)
    out["Contact"] = whole_contact(org, document["contact"], form)
    out |= dated(document, "Date", "date")
    return out | foot(org, document, form, places)


def overpayment(org: Organisation, document: Content, form: Form, places: int = 2) -> Content:
    """Over- and prepayments alike."""
    applied = applications(org, document)
    name = "OverpaymentID" if document["type"].endswith("OVERPAYMENT") else "PrepaymentID"
    out: Content = {
        name: document["id"],
        "ID": document["id"],
        "Type": document["type"],
        "Reference": document["reference"],
        **({"InvoiceNumber": document["number"]} if document["number"] else {}),
        "RemainingCredit": due(org, document),
        "Allocations": [allocation(org, one) for kind, one in applied if kind == ALLOCATIONS],
        "Payments": [payment_in(org, one) for kind, one in applied if kind == PAYMENTS],
        "HasAttachments": False,
        "Contact": contacts.short(org, document["contact"]),
        **dated(document, "Date", "date"),
        "Status": document["status"],
        "LineAmountTypes": document["amounts"],
    }
    shown = [] if form == "light" else document["lines"]
    out["LineItems"] = [line(org, one, places, written=False) for one in shown]
    out |= {"SubTotal": document["sub"], "TotalTax": document["tax"], "Total": document["total"]}
    out |= {"UpdatedDateUTC": moment(document), "UpdatedDateUTCString": iso_z(document)}
    out["CurrencyCode"] = document["currency"]
    if document["currency"] != org.base:
        out["CurrencyRate"] = document["rate"]
    return out


RENDERED = {
    "Invoices": invoice,
    "CreditNotes": credit_note,
    "Overpayments": overpayment,
    "Prepayments": overpayment,
}


def refused_document(
    org: Organisation, kind: str, sent: Content, messages: list[str], contact: list[str]
) -> Content:
    """What comes back of a document that was not taken: **what was asked** over what stands."""
    known = org.find(kind, sent.get(IDS[kind])) if sent.get(IDS[kind]) else None
    out: Content = {}
    if known is not None:
        out = RENDERED[kind](org, known, "list")
    kept = ("InvoiceAddresses", "IsDiscounted", "Date", "DateString", "DueDate", "DueDateString")
    whole = (*kept, "LineAmountTypes", "LineItems", "SubTotal", "TotalTax", "Total", "CurrencyCode")
    echo: Content = {"Type": sent.get("Type") or out.get("Type") or "ACCREC"}
    echo[IDS[kind]] = (known or {}).get("id") or wire.NO_GUID
    if sent.get(NUMBERS[kind]):
        echo[NUMBERS[kind]] = str(sent[NUMBERS[kind]])
    if kind == "Invoices":
        echo |= {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
        echo |= {"InvoicePaymentServices": []}
    echo |= {name: out[name] for name in whole if name in out}
    echo |= {"IsDiscounted": False} if kind == "Invoices" else {}
    echo |= {"InvoiceAddresses": [], "HasErrors": True}
    told_contact = sent.get("Contact")
    echo["Contact"] = {
        "ContactID": (told_contact if isinstance(told_contact, dict) else {}).get("ContactID")
        or (known or {}).get("contact")
        or wire.NO_GUID,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": bool(contact),
        "ValidationErrors": [{"Message": one} for one in contact],
    }
    for name in ("Date", "DueDate") if kind == "Invoices" else ("Date",):
        if sent.get(name):
            try:
                day = wire.read_date(sent[name])
            except ValueError:
                continue
            echo |= {f"{name}String": text_date(day), name: day_of(day)}
    echo["Status"] = sent.get("Status") or out.get("Status") or "DRAFT"
    echo.setdefault("LineAmountTypes", sent.get("LineAmountTypes") or "Exclusive")
    echo.setdefault("LineItems", [])
    echo["ValidationErrors"] = [{"Message": one} for one in messages]
    return echo


# Over- and prepayments as the type of what a payment pays.
TYPES_INSIDE = {
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENT",
}


def payment(org: Organisation, one: Content) -> Content:
    """A payment as lists and writes answer it; what it pays stands under its own name.

    A refund of an over- or prepayment shows it under `Invoice`, its id as an InvoiceID.
    """
    kind, identity = one["target"]
    document = org.objects[kind][identity]
    account = org.objects["Accounts"][one["account"]]
    place = {"AccountID": account["id"]}
    if account.get("code"):
        place["Code"] = account["code"]
    out: Content = {
        "PaymentID": one["id"],
        "Date": day_of(one["date"]),
        "BankAmount": one["bank_amount"],
        "Amount": one["amount"],
        "Reference": one["reference"],
        "CurrencyRate": one["rate"],
        "PaymentType": one["type"],
        "Status": one["status"],
        "UpdatedDateUTC": moment(one),
        "HasAccount": True,
        "IsReconciled": bool(one.get("reconciled")),
        "Account": place,
    }
    if one.get("batch"):
        out["BatchPaymentID"] = one["batch"]
    out["Invoice"] = {
        "Type": TYPES_INSIDE.get(document["type"], document["type"]),
        "InvoiceID": document["id"],
        "InvoiceNumber": document["number"],
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "IsDiscounted": False,
        "InvoiceAddresses": [],
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "Contact": contacts.short(org, document["contact"]),
        "LineItems": [],
        "CurrencyCode": document["currency"],
    }
    out["HasValidationErrors"] = False
    return out
