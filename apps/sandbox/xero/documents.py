"""Invoices, bills and credit notes: numbers, statuses, what may change when, and what is dropped."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from . import contacts, ledger, taxing, wire
from .applying import check_open_day, note, settle
from .refusals import Refused
from .store import Content, Organisation
from .taxing import Use

SALES = ("ACCREC", "ACCRECCREDIT")
TYPES = {"Invoices": ("ACCREC", "ACCPAY"), "CreditNotes": ("ACCRECCREDIT", "ACCPAYCREDIT")}
NUMBERS = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}
IDS = {"Invoices": "InvoiceID", "CreditNotes": "CreditNoteID"}
NEW = ("DRAFT", "SUBMITTED", "AUTHORISED")
NOT_VALID = "Invoice not of valid status for modification"
APPLIED = "This document cannot be edited as it has a payment or credit note allocated to it."
AMOUNTS = ("Exclusive", "Inclusive", "NoTax")
PREFIXES = {"Invoices": "INV-", "CreditNotes": "CN-"}
SIXTH = Decimal("0.000001")
QUIET = {"InvoiceID", "CreditNoteID", "DueDate", "SentToContact"}
# With money on it these are taken; the rest is dropped without a word.
OF_PAID_LINES = ("Description", "AccountCode", "AccountID", "Tracking")


def places(unitdp: int) -> Decimal:
    return Decimal(1).scaleb(-unitdp)


def find(org: Organisation, kind: str, sent: Content) -> Content | None:
    """What a POST means: by id, or by the number of a sales document."""
    identity = sent.get(IDS[kind])
    if identity:
        found = org.find(kind, identity)
        if found is None:
            raise Refused("The document with the supplied id was not found.")
        return found
    number = sent.get(NUMBERS[kind])
    if kind == "CreditNotes" and org.switch("credit_note_upsert") == "id_only":
        return None
    if not number or sent.get("Type", TYPES[kind][0]) != TYPES[kind][0]:
        return None
    return next((one for one in org.by(kind, "number", number) if one["type"] in SALES), None)


def write(
    org: Organisation, kind: str, sent: Content, *, create: bool, unitdp: int, app: str
) -> Content:
    known = None if create else find(org, kind, sent)
    if known is not None:
        return update(org, kind, known, sent, unitdp)
    return make(org, kind, sent, unitdp, app)


def use_of(kind: str, document: Content) -> Use:
    return Use(sale=document["type"] in SALES, discounts=document["type"] == "ACCREC")


# --- new ones ---------------------------------------------------------------------------------------
def make(org: Organisation, kind: str, sent: Content, unitdp: int, app: str) -> Content:
    if sent.get("Type") not in TYPES[kind]:
        raise Refused(f"Requested value '{sent.get('Type')}' was not found.")
    status = sent.get("Status") or "DRAFT"
    if status not in NEW:
        raise Refused(f"A new document cannot be {status}.")
    document: Content = {
        "type": sent["Type"],
        "status": status,
        "applied": [],
        "sent": bool(sent.get("SentToContact")),
        "app": app,
        "date": org.today.isoformat(),
        "due": None,
        "reference": "",
        "amounts": "Exclusive",
        "lines": [],
    }
    sale = document["type"] in SALES
    if "Contact" not in sent:
        raise Refused("A Contact must be specified for this type of transaction.")
    contact = contacts.for_document(org, sent["Contact"], sale=sale)
    document["contact"] = contact["id"]
    take_head(org, kind, document, sent)
    take_number(org, kind, document, sent.get(NUMBERS[kind]))
    take_currency(org, document, sent, contact)
    take_lines(org, kind, document, sent.get("LineItems") or [], unitdp)
    check_totals(org, document, sent)
    themes = org.all("BrandingThemes")
    if sale and not document.get("theme"):
        document["theme"] = themes[0]["id"]
    terms_due(org, document, contact)
    check_approved(org, kind, document)
    check_open_day(org, document["date"])
    made = org.add(kind, document)
    note(org, made, "Created")
    finish(org, kind, made)
    return made


def finish(org: Organisation, kind: str, document: Content) -> None:
    settle(org, kind, document)
    ledger.post(org, kind, document)
    org.index(kind, document)


def take_head(org: Organisation, kind: str, document: Content, sent: Content) -> None:
    """Dates, reference, theme: what stands above the lines."""
    for name, key in (("Date", "date"), ("DueDate", "due"), ("ExpectedPaymentDate", "expected")):
        if sent.get(name):
            try:
                document[key] = wire.read_date(sent[name])
            except ValueError as wrong:
                raise Refused(f"{name}: {wrong}") from wrong
    if "Reference" in sent and document["type"] != "ACCPAY":
        document["reference"] = str(sent["Reference"] or "")
    if "Url" in sent:
        document["url"] = sent["Url"]
    if sent.get("BrandingThemeID"):
        if org.find("BrandingThemes", sent["BrandingThemeID"]) is None:
            raise Refused("The branding theme was not found.")
        document["theme"] = sent["BrandingThemeID"]
    if sent.get("LineAmountTypes"):
        if sent["LineAmountTypes"] not in AMOUNTS:
            raise Refused(f"Requested value '{sent['LineAmountTypes']}' was not found.")
        document["amounts"] = sent["LineAmountTypes"]


def take_number(org: Organisation, kind: str, document: Content, number: Any) -> None:
    """Sales numbers are unique, those of voided and deleted documents too; a bill's is free."""
    if document["type"] not in SALES:
        document["number"] = str(number or "")
        return
    if not number:
        while not number or org.by(kind, "number", number):
            number = f"{PREFIXES[kind]}{org.next_of(kind):04d}"
    number = str(number)
    if len(number) > 255:
        raise Refused(f"The {NUMBERS[kind]} field cannot exceed 255 characters.")
    others = [one for one in org.by(kind, "number", number) if one["type"] in SALES]
    if any(one["id"] != document.get("id") for one in others):
        what = "Invoice" if kind == "Invoices" else "Credit note"
        raise Refused(f"{what} # must be unique.")
    document["number"] = number


def take_currency(org: Organisation, document: Content, sent: Content, contact: Content) -> None:
    usual = contact.get("currency") if org.switch("currency_omitted") == "contact" else None
    code = sent.get("CurrencyCode") or usual or org.base
    check_currency(org, code)
    document["currency"] = code
    document["rate"] = read_rate(org, code, sent.get("CurrencyRate"))


def check_currency(org: Organisation, code: str) -> None:
    if not org.by("Currencies", "code", code):
        raise Refused(f"Requested value '{code}' was not found.")


def read_rate(org: Organisation, code: str, told: Any) -> Decimal:
    """Units of the currency per unit of the base one: as told, else the day's."""
    if code == org.base:
        return Decimal(1)
    if told in (None, 0, ""):
        return org.rate(code)
    rate = taxing.number(told, "CurrencyRate").quantize(SIXTH)
    if rate <= 0:
        raise Refused("CurrencyRate must be greater than zero.")
    return rate


def take_lines(org: Organisation, kind: str, document: Content, sent: Any, unitdp: int) -> None:
    """The whole list anew: a line with a LineItemID keeps what it does not say, others are new."""
    use = use_of(kind, document)
    contact = org.objects["Contacts"][document["contact"]]
    before = {one["id"]: one for one in document["lines"]}
    lines = []
    for one in sent:
        if not isinstance(one, dict):
            raise Refused("A line item is an object.")
        old = before.get(str(one.get("LineItemID") or ""))
        line = taxing.read_line(org, one, old, use, places(unitdp))
        line["id"] = old["id"] if old else str(uuid4())
        taxing.work_out(org, line, document["amounts"], use, contact)
        nil_account(org, line)
        lines.append(line)
    document["lines"] = lines
    taxing.total_up(document)
    if document["total"] < 0:
        raise Refused("The document total must not be negative.")


def nil_account(org: Organisation, line: Content) -> None:
    """Seen: the account of a line of nil is dropped."""
    dropped = org.switch("nil_line_account") == "drop" and line.get("amount") == 0
    if dropped and not (line.get("discount") or line.get("discount_rate")):
        line["account"], line["had_account"] = None, True


def check_totals(org: Organisation, document: Content, sent: Content) -> None:
    if org.switch("sent_totals") == "ignore":
        return
    for name, key in (("SubTotal", "sub"), ("TotalTax", "tax"), ("Total", "total")):
        if name in sent and taxing.number(sent[name], name) != document[key]:
            raise Refused("The invoice total does not equal the sum of the lines.")


def terms_due(org: Organisation, document: Content, contact: Content) -> None:
    """Whether the contact's terms give a due date is a switch: one source says so."""
    if document["due"] is None and org.switch("due_date_from_terms") == "yes":
        terms = contact.get("terms")
        if terms and terms["Type"] == "DAYSAFTERBILLDATE":
            day = date.fromisoformat(document["date"]) + timedelta(days=terms["Day"])
            document["due"] = day.isoformat()


def check_approved(org: Organisation, kind: str, document: Content) -> None:
    """What a document needs before it is more than a draft."""
    if document["status"] == "DRAFT":
        return
    problems = []
    if kind == "Invoices" and not document["due"]:
        problems.append("Due Date is required to approve this document.")
    if not document["lines"]:
        problems.append("One or more line items must be specified.")
    for line in document["lines"]:
        if not line.get("description"):
            problems.append("Description is required for each line item.")
        if taxing.is_words(line) and not line.get("had_account"):
            continue
        if line.get("unit") is None:
            problems.append("Unit amount is required for each line item.")
        if not line.get("account") and not line.get("had_account"):
            problems.append("Account code must be specified for each line item.")
    if problems:
        raise Refused(*dict.fromkeys(problems))


# --- changes ---------------------------------------------------------------------------------------
def update(org: Organisation, kind: str, known: Content, sent: Content, unitdp: int) -> Content:
    if known["status"] in ("VOIDED", "DELETED"):
        raise Refused(NOT_VALID)
    status = sent.get("Status") or known["status"]
    if status == "PAID":
        status = known["status"]
    if status in ("VOIDED", "DELETED"):
        return end(org, kind, known, status)
    check_move(org, known, status)
    check_open_day(org, known["date"])
    if known["applied"]:
        part = known["status"] == "AUTHORISED"
        if part and org.switch("part_paid_edits") == "refuse":
            raise Refused(APPLIED)
        return edit_paid(org, kind, known, sent)
    document = org.edit(kind, known["id"])
    document["status"] = "AUTHORISED" if status == "PAID" else status
    edit_open(org, kind, document, known, sent, unitdp)
    check_approved(org, kind, document)
    check_open_day(org, document["date"])
    note(org, document, "Edited")
    finish(org, kind, document)
    return document


def check_move(org: Organisation, known: Content, status: str) -> None:
    now = known["status"]
    if status == now:
        return
    allowed = {
        "DRAFT": ("SUBMITTED", "AUTHORISED"),
        "SUBMITTED": ("AUTHORISED", "DRAFT"),
        "AUTHORISED": (),
        "PAID": ("AUTHORISED",),  # sent back as it was read before it was paid
    }[now]
    refuse_draft = status == "DRAFT" and org.switch("submitted_to_draft") == "refuse"
    if status not in allowed or refuse_draft:
        raise Refused(NOT_VALID)


def end(org: Organisation, kind: str, known: Content, status: str) -> Content:
    """A draft is deleted, an approved document voided while nothing is on it."""
    drafts = ("DRAFT", "SUBMITTED")
    if (status == "DELETED") != (known["status"] in drafts):
        raise Refused(NOT_VALID)
    if known["applied"]:
        raise Refused(APPLIED)
    check_open_day(org, known["date"])
    document = org.edit(kind, known["id"])
    document["status"] = status
    note(org, document, "Voided" if status == "VOIDED" else "Deleted")
    finish(org, kind, document)
    return document


def edit_open(
    org: Organisation, kind: str, document: Content, known: Content, sent: Content, unitdp: int
) -> None:
    """While nothing is applied everything may change (of an approved credit note not the lines)."""
    frozen = kind == "CreditNotes" and known["status"] == "AUTHORISED"
    if frozen and ("LineItems" in sent or "Contact" in sent):
        asked = (sent.get("Contact") or {}).get("ContactID")
        if "LineItems" in sent or asked != known["contact"]:
            if org.switch("authorised_credit_note_lines") == "refuse":
                raise Refused("The lines and the contact of an approved credit note cannot change.")
            sent = {k: v for k, v in sent.items() if k not in ("LineItems", "Contact")}
    take_head(org, kind, document, sent)
    if "Contact" in sent:
        found = contacts.for_document(org, sent["Contact"], sale=document["type"] in SALES)
        document["contact"] = found["id"]
    if sent.get(NUMBERS[kind]):
        take_number(org, kind, document, sent[NUMBERS[kind]])
    take_new_rate(org, document, sent)
    before = sent.get("LineItems")
    if before is None:
        before = as_sent(document, recreate=org.switch("update_without_lines") == "recreate")
        unitdp = unitdp if org.switch("update_without_lines") == "recreate" else 4
    take_lines(org, kind, document, before, unitdp)
    check_totals(org, document, sent)
    if "SentToContact" in sent:
        document["sent"] = bool(sent["SentToContact"])
        if org.switch("sent_alters_discounts") == "alter":
            alter_discounts(org, kind, document)


def take_new_rate(org: Organisation, document: Content, sent: Content) -> None:
    """Lines without a rate reset it to the day's, unless the switch keeps it."""
    if sent.get("CurrencyCode"):
        check_currency(org, sent["CurrencyCode"])
        document["currency"] = sent["CurrencyCode"]
    if sent.get("CurrencyRate"):
        document["rate"] = read_rate(org, document["currency"], sent["CurrencyRate"])
    elif "LineItems" in sent and org.switch("rate_on_update") == "reset":
        document["rate"] = org.rate(document["currency"])


def as_sent(document: Content, *, recreate: bool) -> list[Content]:
    """The lines as they stand, as if they had been sent; `recreate` without their ids."""
    out = []
    for line in document["lines"]:
        told: Content = {"LineItemID": line["id"]}
        if recreate:
            told = {
                "Description": line.get("description"),
                "ItemCode": line.get("item"),
                "Quantity": line.get("quantity"),
                "UnitAmount": line.get("unit"),
                "AccountID": line.get("account"),
                "TaxType": line.get("tax_type"),
                "TaxAmount": line.get("tax"),
                "DiscountRate": line.get("discount_rate"),
                "DiscountAmount": line.get("discount"),
            }
            told = {name: value for name, value in told.items() if value not in (None, "")}
        out.append(told)
    return out


def alter_discounts(org: Organisation, kind: str, document: Content) -> None:
    """Seen: marking as sent turned amounts of discount into percentages of two decimals."""
    contact = org.objects["Contacts"][document["contact"]]
    for line in document["lines"]:
        full = line.get("quantity", wire.ZERO) * line.get("unit", wire.ZERO)
        if line.get("discount") and full:
            line["discount_rate"] = wire.cents(line.pop("discount") * 100 / full)
            line.pop("amount_sent", None)
            line.pop("tax_sent", None)
            taxing.work_out(org, line, document["amounts"], use_of(kind, document), contact)
    taxing.total_up(document)


def edit_paid(org: Organisation, kind: str, known: Content, sent: Content) -> Content:
    """With money on it: texts, accounts, tracking, contact and due date; amounts are dropped."""
    # A due date or a mark as sent on a part-paid one does not move its time.
    quiet = known["status"] == "AUTHORISED" and set(sent) <= QUIET
    document = org.edit(kind, known["id"], touch=not quiet)
    take_head(org, kind, document, {k: v for k, v in sent.items() if k in ("Reference", "DueDate")})
    if "SentToContact" in sent:
        document["sent"] = bool(sent["SentToContact"])
    if "Contact" in sent:
        found = contacts.for_document(org, sent["Contact"], sale=document["type"] in SALES)
        document["contact"] = found["id"]
    lines = {one["id"]: one for one in document["lines"]}
    for one in sent.get("LineItems") or ():
        line = lines.get(str(one.get("LineItemID") or ""))
        if line is None:
            raise Refused("A LineItemID must be specified for each line of a paid document.")
        taken = {name: one[name] for name in OF_PAID_LINES if name in one}
        read = taxing.read_line(org, taken, line, use_of(kind, document), places(4))
        line.update(
            {key: read[key] for key in ("description", "account", "tracking") if key in read}
        )
    note(org, document, "Edited")
    ledger.post(org, kind, document)
    org.index(kind, document)
    return document
