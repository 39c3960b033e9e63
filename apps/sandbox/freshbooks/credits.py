"""Credit notes: goodwill and prepayments by hand, overpayments by themselves; bound to no invoice."""

from . import ledger, wire
from .fields import Fields, day, objects, one_of, read, text, whole
from .invoices import ADDRESS, check_number, next_number, refresh_credit
from .refusals import Refused, missing, required
from .store import Business, Content
from .taxing import kept_lines, line_answer, totals

TYPES = ("goodwill", "prepayment")
CREDIT = Fields(
    {
        **dict.fromkeys(
            wire.names(
                "credit_number currency_code language notes terms template vat_name vat_number "
                "street street2 city province code country organization fname lname"
            ),
            text,
        ),
        "clientid": whole,
        "create_date": day,
        "credit_type": one_of(*TYPES),
        "lines": objects,
    },
    frozenset(
        wire.names(
            "id creditid accounting_systemid amount paid status display_status payment_status "
            "description current_organization"
        )
    ),
)


def make(books: Business, body: Content) -> Content:
    told = read(books, CREDIT, body)
    for name in ("clientid", "create_date"):
        if told.get(name) is None:
            raise required(name)
    client = books.find("clients", told["clientid"])
    if client is None or client["vis_state"] == ledger.DELETED:
        raise missing("client", "userid", told["clientid"])
    return open_credit(books, client, told)


def open_credit(books: Business, client: Content, told: Content) -> Content:
    told = dict(told)
    lines = told.pop("lines", [])
    code = told.pop("currency_code", None) or client["currency_code"] or books.base
    number = told.pop("credit_number", None) or next_number(books, "credit_number", "credit_notes")
    check_number(books, "credit_notes", "credit_number", number)
    starts = books.switch("credit_note_starts")
    own = told.get("credit_type") == "overpayment"
    address = {
        name: client.get(f"p_{name}", client.get(name)) or ""
        for name in ADDRESS
        if name != "address"
    }
    credit = books.add(
        "credit_notes",
        {
            **address,
            "credit_type": "goodwill",
            "language": client.get("language") or "en",
            "notes": "",
            "terms": None,
            "template": "clean-grouped",
            "status": "created" if own else starts,
            "paid": "0.00",
            **told,
            "credit_number": number,
            "currency_code": code,
            "lines": [],
        },
    )
    credit["lines"] = kept_lines(books, credit, lines, code)
    refresh(books, credit)
    return credit


def change(books: Business, credit: Content, body: Content) -> None:
    told = read(books, CREDIT, body)
    lines = told.pop("lines", None)
    if told.get("credit_number"):
        number = told["credit_number"]
        check_number(books, "credit_notes", "credit_number", number, credit["id"])
    if told.get("currency_code", credit["currency_code"]) != credit["currency_code"]:
        raise Refused(1004, "The currency stays.", "currency_code", told["currency_code"])
    credit |= told
    if lines is not None:
        credit["lines"] = kept_lines(books, credit, lines, credit["currency_code"])
    refresh(books, credit)


def mark_as_sent(books: Business, credit: Content) -> None:
    if books.switch("credit_mark_as_sent") == "accept" and credit["status"] in ("draft", "created"):
        credit["status"] = "sent"
    refresh(books, credit)


def restore(books: Business, credit: Content, state: int) -> None:
    if credit["vis_state"] == ledger.DELETED:
        check_number(books, "credit_notes", "credit_number", credit["credit_number"], credit["id"])
    credit["vis_state"] = state
    refresh(books, credit)


def refresh(books: Business, credit: Content) -> None:
    total = totals(books, credit).total
    if total < wire.decimal(credit["paid"]):
        words = "The total may not be less than what was used."
        raise Refused(1040, words, "amount", total)
    credit["amount"] = f"{total:.2f}"
    books.index("credit_notes", credit)
    refresh_credit(books, credit)


def left(credit: Content) -> "wire.Decimal":
    return wire.decimal(credit["amount"]) - wire.decimal(credit["paid"])


def answer(books: Business, credit: Content, includes: set[str]) -> Content:
    code = credit["currency_code"]
    client = books.objects["clients"][credit["clientid"]]
    used = wire.decimal(credit["paid"])
    lines = credit["lines"]
    out: Content = {
        **{name: credit.get(name) or "" for name in ADDRESS if name != "address"},
        "accounting_systemid": books.account,
        "amount": wire.money(credit["amount"], code),
        "clientid": credit["clientid"],
        "create_date": credit["create_date"],
        "credit_number": credit["credit_number"],
        "credit_type": credit["credit_type"],
        "creditid": credit["id"],
        "current_organization": client["organization"],
        "currency_code": code,
        "description": (lines[0].get("description") or lines[0].get("name") or "") if lines else "",
        "display_status": credit["status"],
        "dispute_status": None,
        "ext_archive": 0,
        "id": credit["id"],
        "language": credit["language"],
        "last_order_status": None,
        "notes": credit["notes"] or "",
        "paid": wire.money(credit["paid"], code),
        "payment_status": "unpaid" if not used else "partial" if left(credit) > 0 else "paid",
        "payment_type": None,
        "sentid": 1,
        "status": credit["status"],
        "template": credit["template"],
        "terms": credit["terms"],
        "vat_name": credit.get("vat_name"),
        "vat_number": credit.get("vat_number") or "",
        "vis_state": credit["vis_state"],
    }
    if "lines" in includes:
        out["lines"] = [line_answer(one, credit, code, "", credit=True) for one in lines]
    return out
