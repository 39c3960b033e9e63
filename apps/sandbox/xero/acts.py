"""What a person does over there by hand, and what no app may do: for tests that act as that person."""

from collections.abc import Callable
from typing import Any

from ..models import ConnectionRow
from ..storage import one_writer
from . import allocations, applying, bank, contacts, documents, journals, ledger, payments, reports
from .execute import several
from .kinds import KINDS, Call
from .organisations import furnish
from .refusals import Refused, Stopped
from .store import Content, Organisation, working

Act = dict[str, Any]


def perform(org: Organisation, act: Act) -> Content:
    """Do `{"act": name, …}` and give the object as it is answered; ValueError when it cannot."""
    check(act)
    told = {name: value for name, value in act.items() if name != "act"}
    try:
        with working(org):
            return ACTS[act["act"]](org, **told)
    except Refused as wrong:
        raise ValueError(str(wrong)) from wrong
    except Stopped as stopped:
        raise ValueError(f"answered with {stopped.reply.status}") from stopped


def check(act: Any) -> None:
    """ValueError for an act that does not exist, or an option that it would not look at."""
    name = act.get("act") if isinstance(act, dict) else None
    if not isinstance(name, str) or name not in ACTS:
        raise ValueError(f"act must be one of {', '.join(ACTS)}")
    function = ACTS[name]
    known = set(function.__code__.co_varnames[1 : function.__code__.co_argcount])
    known |= set(
        function.__code__.co_varnames[function.__code__.co_argcount :][
            : function.__code__.co_kwonlyargcount
        ]
    )
    if unknown := set(act) - known - {"act"}:
        told = ", ".join(sorted(known))
        raise ValueError(f"{name} does not know {', '.join(sorted(unknown))}; it knows {told}")


def shown(org: Organisation, kind: str, content: Content) -> Content:
    return KINDS[kind.lower()].render(org, content, "list", 4)


def named(org: Organisation, kind: str, id: str = "", number: str = "") -> Content:
    found = org.find(kind, id) if id else next(iter(org.by(kind, "number", number)), None)
    if found is None:
        raise ValueError(f"{kind} {id or number} was not found")
    return found


def create(org: Organisation, kind: str, body: Act) -> Content:
    """Any object as the API would take it: `{"kind": "Invoices", "body": {…}}`."""
    return _written(org, kind, body, "PUT")


def update(org: Organisation, kind: str, body: Act) -> Content:
    """The body with its id."""
    return _written(org, kind, body, "POST")


def _written(org: Organisation, kind: str, body: Act, method: str) -> Content:
    found = KINDS.get(kind.lower())
    if found is None or found.write is None or not isinstance(body, dict):
        raise ValueError(f"there is no kind {kind} to write, or its body is no object")
    call = Call(method, [kind], {"unitdp": "4"}, b"", {}, app="a person")
    reply = several(org, found, call, [body])
    if reply.status != 200:
        errors = reply.content["Elements"][0]["ValidationErrors"]
        raise ValueError("; ".join(one["Message"] for one in errors))
    made: Content = reply.content[found.plural][0]
    return made


def record_payment(
    org: Organisation,
    invoice: str = "",
    amount: Any = None,
    account: str = "090",
    date: str = "",
    reference: str = "",
    rate: Any = None,
    number: str = "",
) -> Content:
    """Money received for an invoice (by id or number); without an amount all that is due."""
    document = named(org, "Invoices", invoice, number)
    sent = {
        "Invoice": {"InvoiceID": document["id"]},
        "Account": {"Code": account},
        "Amount": applying.left(org, document) if amount is None else str(amount),
        "Reference": reference,
        "Date": date,
        "CurrencyRate": rate,
    }
    return shown(org, "Payments", payments.make(org, sent))


def record_batch(
    org: Organisation,
    invoices: dict[str, Any],
    account: str = "090",
    date: str = "",
    reference: str = "",
    details: str = "",
) -> Content:
    """One receipt over several invoices, as {id: amount}; its texts may be longer than by the API."""
    sent = {
        "Account": {"Code": account},
        "Date": date,
        "Reference": reference,
        "Details": details,
        "Payments": [
            {"Invoice": {"InvoiceID": one}, "Amount": str(amount)}
            for one, amount in invoices.items()
        ],
    }
    batch, _ = payments.make_batch(org, sent, summarise=True)
    return shown(org, "BatchPayments", batch)


def delete_payment(org: Organisation, id: str) -> Content:
    """A person may delete a reconciled one after taking it off the statement: here at once."""
    payment = org.edit("Payments", named(org, "Payments", id)["id"])
    payment |= {"matched": False, "reconciled": False}
    return shown(org, "Payments", payments.delete(org, {"PaymentID": id, "Status": "DELETED"}))


def reconcile(org: Organisation, kind: str, id: str) -> Content:
    """Matched with a statement line: nothing changes it from outside any more."""
    row = org.edit(kind, named(org, kind, id)["id"])
    row |= {"matched": True, "reconciled": True}
    return shown(org, kind, row)


def unreconcile(org: Organisation, kind: str, id: str) -> Content:
    row = org.edit(kind, named(org, kind, id)["id"])
    row |= {"matched": False, "reconciled": False}
    return shown(org, kind, row)


def void(org: Organisation, kind: str = "Invoices", id: str = "", number: str = "") -> Content:
    """Of an approved document; what is applied to it comes off first, as on the screen."""
    document = named(org, kind, id, number)
    for application, one in applying.applications(org, document):
        if application == "Payments":
            payments.delete(org, {"PaymentID": one["id"], "Status": "DELETED"})
        else:
            allocations.remove(org, one["source"][0], one["source"][1], one["id"])
    status = "DELETED" if document["status"] in ("DRAFT", "SUBMITTED") else "VOIDED"
    return shown(org, kind, documents.end(org, kind, named(org, kind, document["id"]), status))


def edit(
    org: Organisation,
    id: str = "",
    number: str = "",
    kind: str = "Invoices",
    reference: Any = None,
    due: Any = None,
    amount: Any = None,
    description: Any = None,
    account: Any = None,
    tax_type: Any = None,
    date: Any = None,
    contact: Any = None,
) -> Content:
    """Change a document as on its screen; line fields are those of its first line."""
    document = named(org, kind, id, number)
    line: Act = {"LineItemID": document["lines"][0]["id"]}
    for name, value in (
        ("UnitAmount", amount),
        ("Description", description),
        ("AccountCode", account),
        ("TaxType", tax_type),
    ):
        if value is not None:
            line[name] = str(value)
    sent: Act = {documents.IDS[kind]: document["id"]}
    if len(line) > 1:
        others = [{"LineItemID": one["id"]} for one in document["lines"][1:]]
        sent |= {"LineItems": [line, *others], "CurrencyRate": document["rate"]}
    for name, value in (("Reference", reference), ("DueDate", due), ("Date", date)):
        if value is not None:
            sent[name] = value
    if contact is not None:
        sent["Contact"] = {"ContactID": contact}
    changed = documents.update(org, kind, document, sent, 4)
    return shown(org, kind, changed)


def merge_contacts(org: Organisation, id: str, into: str) -> Content:
    """The first is archived and points to the second, which takes over its documents."""
    loser, winner = named(org, "Contacts", id), named(org, "Contacts", into)
    for kind in (*ledger.DOCUMENTS, "BankTransactions"):
        for one in org.by(kind, "contact", loser["id"]):
            moved = org.edit(kind, one["id"])
            moved["contact"] = winner["id"]
            org.index(kind, moved)
    gone = org.edit("Contacts", loser["id"])
    gone |= {"status": "ARCHIVED", "merged_to": winner["id"]}
    kept = org.edit("Contacts", winner["id"])
    for role in ("customer", "supplier"):
        kept[role] = bool(kept.get(role) or gone.get(role))
    return contacts.answer(org, gone, listed=True)


def restore_contact(org: Organisation, id: str) -> Content:
    """Only a person can."""
    contact = org.edit("Contacts", named(org, "Contacts", id)["id"])
    contact["status"] = "ACTIVE"
    return contacts.answer(org, contact, listed=True)


def overpayment(
    org: Organisation, contact: str, amount: Any, bank_account: str = "090", date: str = ""
) -> Content:
    """Money received on account -> the overpayment."""
    return _received(org, "RECEIVE-OVERPAYMENT", contact, amount, bank_account, date, {})


def prepayment(
    org: Organisation,
    contact: str,
    amount: Any,
    account: str = "830",
    bank_account: str = "090",
    date: str = "",
) -> Content:
    line = {
        "AccountCode": account,
        "TaxType": org.objects["Accounts"][_id(org, account)]["tax_type"],
    }
    return _received(org, "RECEIVE-PREPAYMENT", contact, amount, bank_account, date, line)


def _id(org: Organisation, code: str) -> str:
    found = org.account(code=code)
    if found is None:
        raise ValueError(f"there is no account {code}")
    return str(found["id"])


def _received(
    org: Organisation, kind: str, contact: str, amount: Any, account: str, date: str, line: Act
) -> Content:
    sent = {
        "Type": kind,
        "Contact": {"ContactID": contact},
        "BankAccount": {"Code": account},
        "Date": date,
        "LineAmountTypes": "Inclusive",
        "LineItems": [{"Description": "Receipt", "Quantity": 1, "UnitAmount": str(amount), **line}],
    }
    made = bank.write(org, sent, create=True, unitdp=4)
    which = bank.WITH_CREDIT[kind]
    return shown(org, which, org.objects[which][made["credit"]])


def delete_overpayment(org: Organisation, id: str, kind: str = "Overpayments") -> Content:
    """What no app may: its allocations come off, it is voided, and its bank transaction deleted."""
    credit = named(org, kind, id)
    for application, one in applying.applications(org, credit):
        if application == "Payments":
            payments.delete(org, {"PaymentID": one["id"], "Status": "DELETED"})
        else:
            allocations.remove(org, kind, id, one["id"])
    gone = org.edit(kind, id)
    gone["status"] = "VOIDED"
    for row in org.all("BankTransactions"):
        if row.get("credit") == id:
            deleted = org.edit("BankTransactions", row["id"])
            deleted["status"] = "DELETED"
            ledger.post(org, "BankTransactions", deleted)
    return shown(org, kind, gone)


def allocate(org: Organisation, kind: str, id: str, invoice: str, amount: Any) -> Content:
    told = {"Invoice": {"InvoiceID": invoice}, "Amount": str(amount)}
    return allocations.made(org, allocations.allocate(org, kind, id, told))


def deallocate(org: Organisation, kind: str, id: str, allocation: str) -> Content:
    return allocations.gone(org, allocations.remove(org, kind, id, allocation))


def deposit(
    org: Organisation, amount: Any, from_account: str = "615", to: str = "090", date: str = ""
) -> Content:
    """A clearing account emptied into the bank: money received without a document."""
    processor = contacts.active_named(org, "Card processor")
    if processor is None:
        processor = contacts.write(org, {"Name": "Card processor"}, create=True)
    sent = {
        "Type": "RECEIVE",
        "Contact": {"ContactID": processor["id"]},
        "BankAccount": {"Code": to},
        "Date": date,
        "LineAmountTypes": "NoTax",
        "LineItems": [
            {
                "Description": "Payout",
                "Quantity": 1,
                "UnitAmount": str(amount),
                "AccountCode": from_account,
            }
        ],
    }
    return shown(org, "BankTransactions", bank.write(org, sent, create=True, unitdp=4))


def journal(
    org: Organisation,
    amount: Any,
    debit: str = "610",
    credit: str = "200",
    date: str = "",
    narration: str = "By hand",
) -> Content:
    """A manual journal, on the receivable unless told otherwise."""
    sent = {
        "Narration": narration,
        "Status": "POSTED",
        "Date": date,
        "JournalLines": [
            {"AccountCode": debit, "LineAmount": str(amount)},
            {"AccountCode": credit, "LineAmount": f"-{amount}"},
        ],
    }
    return shown(org, "ManualJournals", journals.write(org, sent))


def publish_tax_return(org: Organisation, first: str, last: str) -> Content:
    report: Content = reports.publish_tax(org, first, last)["report"]
    return report


def reset_demo(org: Organisation) -> Content:
    """A Demo Company is set back: every id vanishes, it is furnished anew, connections stay."""
    for kind in list(org.objects):
        for one in org.all(kind):
            org.remove(kind, one["id"])
    org.sequences.clear()
    furnish(org)
    org.row_moved = True
    return {"reset": True}


def disconnect(org: Organisation) -> Content:
    """Ended inside Xero: every further call is 403."""
    with one_writer:
        gone, _ = ConnectionRow.objects.filter(tenant=org.tenant).delete()
    return {"disconnected": gone}


ACTS: dict[str, Callable[..., Content]] = {
    one.__name__: one
    for one in (
        create,
        update,
        record_payment,
        record_batch,
        delete_payment,
        reconcile,
        unreconcile,
        void,
        edit,
        merge_contacts,
        restore_contact,
        overpayment,
        prepayment,
        delete_overpayment,
        allocate,
        deallocate,
        deposit,
        journal,
        publish_tax_return,
        reset_demo,
        disconnect,
    )
}
