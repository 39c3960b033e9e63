"""Invoices: drafts until sent, due after so many days, soft deleted."""

from datetime import date, timedelta
from uuid import uuid4

from . import ledger, wire
from .fields import Fields, day, flag, objects, percent, read, reference, text, whole
from .refusals import Refused, missing, required
from .store import Business, Content
from .taxing import kept_lines, line_answer, totals
from .wire import ZERO

DISPUTED, DRAFT, SENT, VIEWED, PAID = 0, 1, 2, 3, 4
ADDRESS = wire.names("address street street2 city province code country organization fname lname")
TEXTS = wire.names(
    "invoice_number currency_code language terms notes po_number discount_description vat_name "
    "vat_number email template payment_details generation_date fulfillment_date"
)
INVOICE = Fields(
    {
        **dict.fromkeys([*ADDRESS, *TEXTS], text),
        "customerid": whole,
        "create_date": day,
        "due_offset_days": whole,
        "discount_value": percent,
        "deposit_percentage": percent,
        "estimateid": reference,
        "ext_archive": whole,
        "show_attachments": flag,
        "auto_bill": flag,
        "status": lambda value, name: status(value),
        "lines": objects,
    },
    frozenset(
        wire.names(
            "id invoiceid accountid accounting_systemid amount paid outstanding due_date created_at "
            "updated uuid v3_status display_status payment_status deposit_status date_paid "
            "discount_total net_paid_amount current_organization version ownerid sentid"
        )
    ),
)


def status(value: object) -> int:
    """Only 0 to 3 are set by hand."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(1015, "The field 'status' must be a number.", "status", value)
    if not 0 <= value <= 3:
        words = "Status must be one of 'draft', 'sent', 'viewed' or 'disputed'."
        raise Refused(1004, words, "status", value)
    return value


def make(books: Business, body: Content) -> Content:
    told = read(books, INVOICE, body)
    for name in ("customerid", "create_date"):
        if told.get(name) is None:
            raise required(name)
    client = books.find("clients", told["customerid"])
    if client is None or client["vis_state"] == ledger.DELETED:
        raise missing("client", "userid", told["customerid"])
    lines = told.pop("lines", [])
    code = told.pop("currency_code", None) or client["currency_code"] or books.base
    wanted = told.pop("status", DRAFT)
    kept = books.switch("status_on_create") == "kept"
    number = told.pop("invoice_number", None) or next_number(books, "invoice_number", "invoices")
    check_number(books, "invoices", "invoice_number", number)
    address = {
        name: client.get(f"p_{name}", client.get(name)) or ""
        for name in ADDRESS
        if name != "address"
    }
    invoice = books.add(
        "invoices",
        {
            "address": "",
            **address,
            "due_offset_days": 0,
            "language": client.get("language") or "en",
            "terms": None,
            "notes": "",
            "po_number": None,
            "template": "clean-grouped",
            "discount_value": "0",
            "uuid": str(uuid4()),
            **told,
            "invoice_number": number,
            "currency_code": code,
            "status": wanted if kept else DRAFT,
            "lines": [],
        },
    )
    invoice["lines"] = kept_lines(books, invoice, lines, code)
    refresh(books, invoice)
    return invoice


def next_number(books: Business, name: str, kind: str) -> str:
    """`0000001`, the next one that nothing has."""
    while True:
        number = f"{books.next_of(name):07}"
        if not books.by(kind, name, number):
            return number


def check_number(
    books: Business, kind: str, name: str, number: str, own: int | None = None
) -> None:
    longest = int(books.settings["longest_number"])
    if longest and len(number) > longest:
        raise Refused(1017, f"The field '{name}' is longer than {longest}.", name, number)
    if books.switch("duplicate_numbers") == "accept":
        return
    for one in books.by(kind, name, number):
        gone = one["vis_state"] == ledger.DELETED and books.switch("deleted_keeps_number") == "no"
        if one["id"] != own and not gone:
            raise Refused(1029, f"The field '{name}' is already in use.", name, number)


def change(books: Business, invoice: Content, body: Content) -> None:
    told = read(books, INVOICE, body)
    lines = told.pop("lines", None)
    if told.get("invoice_number"):
        check_number(books, "invoices", "invoice_number", told["invoice_number"], invoice["id"])
    if "create_date" in told and told["create_date"] is None:
        raise required("create_date")
    if "customerid" in told and books.find("clients", told["customerid"]) is None:
        raise missing("client", "userid", told["customerid"])
    if told.get("currency_code", invoice["currency_code"]) != invoice["currency_code"]:
        raise Refused(1004, "The currency stays.", "currency_code", told["currency_code"])
    invoice |= told
    if lines is not None:
        invoice["lines"] = kept_lines(books, invoice, lines, invoice["currency_code"])
    refresh(books, invoice)


def mark_as_sent(books: Business, invoice: Content) -> None:
    if invoice["status"] == DRAFT:
        invoice["status"] = SENT
    refresh(books, invoice)


def delete(books: Business, invoice: Content) -> None:
    """Its payments go with it, or keep it."""
    for payment in payments_of(books, invoice):
        if books.switch("delete_paid_invoice") == "refuse":
            words = "An invoice with payments may not be deleted."
            raise Refused(1003, words, "vis_state", 1)
        gone = books.edit("payments", payment["id"])
        gone["vis_state"] = ledger.DELETED
        ledger.post(books, "payments", gone)
        if gone.get("creditid"):
            refresh_credit(books, books.edit("credit_notes", gone["creditid"]))
        books.tell("payment.delete", gone["id"])
    invoice["vis_state"] = ledger.DELETED
    refresh(books, invoice)


def restore(books: Business, invoice: Content, state: int) -> None:
    if invoice["vis_state"] == ledger.DELETED:
        check_number(books, "invoices", "invoice_number", invoice["invoice_number"], invoice["id"])
    invoice["vis_state"] = state
    refresh(books, invoice)


def payments_of(books: Business, invoice: Content) -> list[Content]:
    found = books.by("payments", "invoiceid", invoice["id"])
    return [one for one in found if one["vis_state"] != ledger.DELETED]


def refresh(books: Business, invoice: Content) -> None:
    """Total and paid anew, and what they post; never less than was paid."""
    total = totals(books, invoice).total
    if total < 0 and books.switch("negative_total") == "refuse":
        raise Refused(1040, "The total may not be negative.", "amount", total)
    payments = payments_of(books, invoice)
    paid = sum((wire.decimal(one["amount"]) for one in payments), ZERO)
    if paid > max(total, ZERO):
        raise Refused(1040, "The total may not be less than what was paid.", "amount", total)
    invoice |= {"amount": f"{total:.2f}", "paid": f"{paid:.2f}"}
    settled = paid == total and bool(payments)
    invoice["date_paid"] = max((one["date"] for one in payments), default=None) if settled else None
    books.index("invoices", invoice)
    ledger.post(books, "invoices", invoice)


def outstanding(invoice: Content) -> "wire.Decimal":
    return wire.decimal(invoice["amount"]) - wire.decimal(invoice["paid"])


def due_date(invoice: Content) -> str:
    first = date.fromisoformat(invoice["create_date"])
    return (first + timedelta(days=invoice["due_offset_days"])).isoformat()


# --- what a credit has left --------------------------------------------------------------------
def refresh_credit(books: Business, credit: Content) -> None:
    """What was used of it so far, and what it posts."""
    spent = sum((wire.decimal(one["amount"]) for one in spent_by(books, credit)), ZERO)
    credit["paid"] = f"{spent:.2f}"
    ledger.post(books, "credit_notes", credit)


def spent_by(books: Business, credit: Content) -> list[Content]:
    found = books.by("payments", "creditid", credit["id"])
    return [one for one in found if one["from_credit"] and one["vis_state"] != ledger.DELETED]


# --- answers -----------------------------------------------------------------------------------
def payment_status(books: Business, invoice: Content) -> str:
    left, paid = outstanding(invoice), wire.decimal(invoice["paid"])
    if left <= 0 and (paid or books.switch("nil_invoice") == "paid"):
        return "paid"
    return "partial" if paid else "unpaid"


def v3_status(books: Business, invoice: Content) -> str:
    money = payment_status(books, invoice)
    if invoice["status"] == DISPUTED:
        return "disputed"
    if invoice["status"] == DRAFT:
        return "draft"
    if money == "paid":
        return "paid"
    if outstanding(invoice) > 0 and due_date(invoice) < books.today:
        return "overdue"
    return "partial" if money == "partial" else display_status(invoice)


def display_status(invoice: Content) -> str:
    return {DRAFT: "draft", VIEWED: "viewed"}.get(invoice["status"], "sent")


def status_answer(books: Business, invoice: Content) -> int:
    paid = payment_status(books, invoice) == "paid" and invoice["status"] != DRAFT
    if paid and books.switch("paid_status") == "four":
        return PAID
    return int(invoice["status"])


def answer(books: Business, invoice: Content, includes: set[str]) -> Content:
    code, stamp = invoice["currency_code"], wire.stamp(invoice["updated_us"])
    client = books.objects["clients"][invoice["customerid"]]
    lines = invoice["lines"]
    out: Content = {
        **{name: invoice.get(name) or "" for name in ADDRESS},
        "accountid": books.account,
        "accounting_systemid": books.account,
        "amount": wire.money(invoice["amount"], code),
        "auto_bill": bool(invoice.get("auto_bill", False)),
        "autobill_status": None,
        "basecampid": 0,
        "create_date": invoice["create_date"],
        "created_at": wire.stamp(invoice["created_us"]),
        "currency_code": code,
        "current_organization": client["organization"],
        "customerid": invoice["customerid"],
        "date_paid": invoice["date_paid"],
        "deposit_amount": None,
        "deposit_percentage": invoice.get("deposit_percentage"),
        "deposit_status": "none",
        "description": (lines[0].get("description") or lines[0].get("name") or "") if lines else "",
        "discount_description": invoice.get("discount_description"),
        "discount_total": wire.money(-totals(books, invoice).discount + ZERO, code),
        "discount_value": invoice["discount_value"],
        "display_status": display_status(invoice),
        "dispute_status": None,
        "due_date": due_date(invoice),
        "due_offset_days": invoice["due_offset_days"],
        "estimateid": invoice.get("estimateid") or 0,
        "ext_archive": invoice.get("ext_archive", 0),
        "fulfillment_date": invoice.get("fulfillment_date") or invoice["create_date"],
        "generation_date": invoice.get("generation_date"),
        "gmail": False,
        "id": invoice["id"],
        "invoice_number": invoice["invoice_number"],
        "invoiceid": invoice["id"],
        "language": invoice["language"],
        "last_order_status": None,
        "net_paid_amount": wire.money(invoice["paid"], code),
        "notes": invoice["notes"] or "",
        "outstanding": wire.money(outstanding(invoice), code),
        "ownerid": 1,
        "paid": wire.money(invoice["paid"], code),
        "parent": 0,
        "payment_details": invoice.get("payment_details") or "",
        "payment_status": payment_status(books, invoice),
        "po_number": invoice["po_number"],
        "return_uri": None,
        "sentid": 1,
        "show_attachments": bool(invoice.get("show_attachments", False)),
        "status": status_answer(books, invoice),
        "template": invoice["template"],
        "terms": invoice["terms"],
        "updated": stamp,
        "uuid": invoice["uuid"],
        "v3_status": v3_status(books, invoice),
        "vat_name": invoice.get("vat_name"),
        "vat_number": invoice.get("vat_number") or "",
        "version": wire.version(invoice["updated_us"]),
        "vis_state": invoice["vis_state"],
    }
    if "lines" in includes:
        out["lines"] = [line_answer(one, invoice, code, stamp, credit=False) for one in lines]
    if "presentation" in includes:
        out["presentation"] = {
            "date_format": "mm/dd/yyyy",
            "invoiceid": invoice["id"],
            "theme_font_name": "modern",
            "theme_layout": "simple",
            "theme_primary_color": "#663399",
        }
    return out
