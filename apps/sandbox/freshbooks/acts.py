"""What somebody else does in the books by hand: for tests that act as that person."""

from collections.abc import Callable
from typing import Any

from . import charts, invoices
from .kinds import KINDS, Kind, named
from .refusals import Refused
from .store import Business, Content, working

Act = dict[str, Any]
INVOICES = KINDS["invoices/invoices"]
CREDITS = KINDS["credit_notes/credit_notes"]
PAYMENTS = KINDS["payments/payments"]


def perform(books: Business, act: Act) -> Content:
    """Do `{"act": name, …}` and give the object as it is answered; ValueError when it cannot."""
    check(act)
    told = {name: value for name, value in act.items() if name != "act"}
    try:
        with working(books):
            return ACTS[act["act"]](books, **told)
    except Refused as wrong:
        raise ValueError(wrong.message) from wrong


def check(act: Any) -> None:
    """An unknown act, or an option that it does not know; ValueError."""
    name = act.get("act") if isinstance(act, dict) else None
    if name not in ACTS:
        raise ValueError(f"act must be one of {', '.join(ACTS)}")
    code = ACTS[name].__code__
    known = set(code.co_varnames[1 : code.co_argcount])
    if unknown := set(act) - known - {"act"}:
        told = ", ".join(sorted(known))
        raise ValueError(f"{name} does not know {', '.join(sorted(unknown))}; it knows {told}")


def kind_of(name: str) -> Kind:
    found = next((one for one in KINDS.values() if one.name == name), None)
    if found is None:
        raise ValueError(f"there is no kind {name}")
    return found


def shown(books: Business, kind: Kind, identity: int, event: str) -> Content:
    books.tell(f"{kind.event}.{event}", identity)
    return kind.answer(books, books.objects[kind.name][identity], {"lines"})


def invoice_of(books: Business, id: Any, number: str) -> Content:
    found = books.find("invoices", id) if id else None
    if found is None and number:
        found = next(iter(books.by("invoices", "invoice_number", number)), None)
    if found is None:
        raise ValueError(f"invoice {id or number} was not found")
    return found


def create(books: Business, kind: str, body: Act) -> Content:
    """Any object as the API would take it: `{"kind": "clients", "body": {…}}`."""
    found = kind_of(kind)
    if found.make is None or not isinstance(body, dict):
        raise ValueError(f"{kind} cannot be made, or its body is no object")
    return shown(books, found, found.make(books, body)["id"], "create")


def edit(books: Business, kind: str, id: Any, body: Act) -> Content:
    found = kind_of(kind)
    if found.change is None or not isinstance(body, dict):
        raise ValueError(f"{kind} cannot be changed, or its body is no object")
    content = books.edit(found.name, named(books, found, str(id))["id"])
    found.change(books, content, body)
    return shown(books, found, content["id"], "update")


def delete(books: Business, kind: str, id: Any) -> Content:
    """Soft, whatever stands against it in the API is a refusal here too."""
    found = kind_of(kind)
    content = named(books, found, str(id))
    if found.deletes == "real":
        books.remove(found.name, content["id"])
        return {"deleted": content["id"]}
    found.end(books, books.edit(found.name, content["id"]))
    return shown(books, found, content["id"], "delete")


def undelete(books: Business, kind: str, id: Any) -> Content:
    return _moved(books, kind, id, 0)


def archive(books: Business, kind: str, id: Any) -> Content:
    return _moved(books, kind, id, 2)


def _moved(books: Business, kind: str, id: Any, state: int) -> Content:
    found = kind_of(kind)
    content = books.edit(found.name, named(books, found, str(id))["id"])
    found.move(books, content, state)
    return shown(books, found, content["id"], "update")


def pay(
    books: Business,
    id: Any = "",
    number: str = "",
    amount: Any = None,
    date: str = "",
    type: str = "Check",
    note: str = "",
) -> Content:
    """Money received for an invoice (by id or number); without an amount all that is due."""
    invoice = invoice_of(books, id, number)
    due = invoices.outstanding(invoice) if amount is None else amount
    sent = {
        "invoiceid": invoice["id"],
        "amount": {"amount": str(due)},
        "date": date or books.today,
        "type": type,
        "note": note,
    }
    assert PAYMENTS.make is not None
    return shown(books, PAYMENTS, PAYMENTS.make(books, sent)["id"], "create")


def credit(
    books: Business,
    client: Any,
    amount: Any,
    credit_type: str = "goodwill",
    date: str = "",
    number: str = "",
    notes: str = "",
) -> Content:
    """A credit note of one line."""
    sent = {
        "clientid": client,
        "create_date": date or books.today,
        "credit_type": credit_type,
        "notes": notes,
        "lines": [{"name": "Credit", "qty": "1", "unit_cost": {"amount": str(amount)}}],
        **({"credit_number": number} if number else {}),
    }
    assert CREDITS.make is not None
    made = CREDITS.make(books, sent)
    if made["status"] == "draft":
        made["status"] = "sent"
        CREDITS.actions["action_mark_as_sent"](books, made)
    return shown(books, CREDITS, made["id"], "create")


def spend(
    books: Business, credit: Any, id: Any = "", number: str = "", amount: Any = None
) -> Content:
    """A credit note used for an invoice, whatever the API wants for that."""
    from .payments import kept

    invoice = invoice_of(books, id, number)
    source = named(books, CREDITS, str(credit))
    left = invoices.wire.decimal(source["amount"]) - invoices.wire.decimal(source["paid"])
    most = min(left, invoices.outstanding(invoice))
    part = most if amount is None else invoices.wire.decimal(amount)
    if part <= 0 or part > most:
        raise ValueError(f"at most {most} can be used")
    told = {"creditid": source["id"], "from_credit": True, "type": "Credit", "date": books.today}
    return shown(books, PAYMENTS, kept(books, invoice, told, part)["id"], "create")


def change_line(
    books: Business,
    id: Any = "",
    number: str = "",
    line: int = 1,
    name: Any = None,
    description: Any = None,
    qty: Any = None,
    unit_cost: Any = None,
    tax_name: Any = None,
    tax_amount: Any = None,
) -> Content:
    """Change one line of an invoice (counted from 1) as on its screen."""
    invoice = books.edit("invoices", invoice_of(books, id, number)["id"])
    changed = dict(invoice["lines"][line - 1])
    for field, value in (("name", name), ("description", description), ("qty", qty)):
        if value is not None:
            changed[field] = str(value)
    if unit_cost is not None:
        changed["unit_cost"] = str(unit_cost)
    for field, value in (("taxName1", tax_name), ("taxAmount1", tax_amount)):
        if value is not None:
            changed[field] = str(value)
    lines = [dict(one) for one in invoice["lines"]]
    lines[line - 1] = changed
    sent = [{**one, "unit_cost": {"amount": one["unit_cost"]}} for one in lines]
    invoices.change(books, invoice, {"lines": sent})
    return shown(books, INVOICES, invoice["id"], "update")


def set_status(books: Business, status: int, id: Any = "", number: str = "") -> Content:
    """Sent (2), viewed by the client (3), disputed (0), back to a draft (1)."""
    invoice = books.edit("invoices", invoice_of(books, id, number)["id"])
    invoices.change(books, invoice, {"status": status})
    return shown(books, INVOICES, invoice["id"], "update")


def account(books: Business, parent: str, name: str, type: str = "") -> Content:
    """A sub-account by hand, below the account of this number; with a type that one is opened too."""
    found = next((one for one in charts.parents(books) if one["number"] == parent), None)
    if found is None:
        if type not in charts.TYPES:
            told = ", ".join(charts.TYPES)
            raise ValueError(f"there is no account {parent}; a new one has a type: {told}")
        found = charts.add_account(books, parent, name, type, type.capitalize())
    made = charts.add_sub(books, found, name)
    return {"sub_accountid": made["id"], "account_sub_number": made["number"]}


def journal(
    books: Business,
    amount: Any,
    debit: str = "6000-2",
    credit: str = "1000-1",
    date: str = "",
    name: str = "By hand",
) -> Content:
    """A journal entry between two sub-accounts, told by their full numbers."""
    by_number = {charts.full_number(books, one): one["id"] for one in books.all("accounts")}
    when = books.switch("journal_date")
    sent = {
        "name": name,
        when: date or books.today,
        "details": [
            {"sub_accountid": by_number.get(debit), "debit": str(amount)},
            {"sub_accountid": by_number.get(credit), "credit": str(amount)},
        ],
    }
    kind = kind_of("journal_entries")
    assert kind.make is not None
    return kind.answer(books, kind.make(books, sent), set())


ACTS: dict[str, Callable[..., Content]] = {
    one.__name__: one
    for one in (
        create,
        edit,
        delete,
        undelete,
        archive,
        pay,
        credit,
        spend,
        change_line,
        set_status,
        account,
        journal,
    )
}
