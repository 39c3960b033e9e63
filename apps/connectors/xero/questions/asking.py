"""Words in which the questions about Xero are put: requests, bodies, and what an answer holds."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.port import Purpose, Request
from apps.connectors.questions import Answer, CannotAsk, Scene, Step, Write
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import EACH_TOLD, EXACT, Calls
from apps.connectors.xero.faults import is_refused, messages_in
from apps.connectors.xero.wire import Json

Body = Callable[[Scene], Json]
Raw = Mapping[str, Any]

TEN = Decimal("10.00")
ID = {
    "Contacts": "ContactID",
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Payments": "PaymentID",
    "BatchPayments": "BatchPaymentID",
    "BankTransactions": "BankTransactionID",
    "ManualJournals": "ManualJournalID",
}
NUMBER = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}

# What of each is left, once it was taken back.
DRAFT = "a deleted draft"
VOIDED = "a voided document"
DELETED = "a deleted payment"
ARCHIVED = "an archived contact"


def calls(scene: Scene) -> Calls:
    return Calls(scene.company)


# --- Steps --------------------------------------------------------------------------------------


def get(
    name: str,
    path: str | Callable[[Scene], str],
    *,
    since: Callable[[Scene], str] | None = None,
    exact: bool = True,
    once: bool = False,
    **query: Callable[[Scene], str],
) -> Step:
    def request(scene: Scene) -> Request:
        where = path if isinstance(path, str) else path(scene)
        asked = {key: value(scene) for key, value in query.items()}
        told = since(scene) if since else ""
        return calls(scene).get(where, Purpose.PROOF, since=told, exact=exact, **asked)

    return Step(name=name, request=request, once=once)


def write(
    name: str,
    method: str,
    path: str | Callable[[Scene], str],
    body: Body | None,
    said: Write | None,
    *,
    once: bool = False,
) -> Step:
    """A write of one element; each element tells its own errors."""

    def request(scene: Scene) -> Request:
        where = path if isinstance(path, str) else path(scene)
        return written(scene, method, where, body(scene) if body else None, of=name)

    return Step(
        name=name, request=request, write=said or Write(CHANGE, CHANGED, dated=False), once=once
    )


CHANGE, CHANGED = "a change of what it made", ""


def written(scene: Scene, method: str, path: str, body: Json | None, *, of: str = "") -> Request:
    """`of`: what it is a step of, which makes its key another than that of the same bytes elsewhere."""
    kind = path.split("/")[2 if path.count("/") > 1 else 0]
    kind = {"History": "HistoryRecords"}.get(kind, kind)
    query = () if method == "DELETE" else (EXACT, EACH_TOLD)
    return calls(scene).write(
        method,
        path,
        None if body is None else {kind: [body]},
        members=(),
        identities=(scene.tag, str(scene.question), of),
        purpose=Purpose.PROOF,
        query=query,
    )


# --- What every question starts with ------------------------------------------------------------

ABOUT = get("organisation", "Organisation", exact=False, once=True)
ACCOUNTS = get("accounts", "Accounts", exact=False, once=True)
CURRENCIES = get("currencies", "Currencies", exact=False, once=True)


def contact(name: str, **more: Callable[[Scene], Any]) -> Step:
    """A contact of this run."""

    def body(scene: Scene) -> Json:
        told = {key: value(scene) for key, value in more.items()}
        return {"Name": scene.numbered(name) if more else scene.named(name), **told}

    said = Write("a contact", ARCHIVED, dated=False)
    return write(name, "PUT", "Contacts", body, said, once=not more)


CUSTOMER = contact("customer")
OTHER = contact("other customer")


def account(scene: Scene, what: str, **wanted: str) -> Raw:
    """The first active account that is so; `CannotAsk` where there is none."""
    for each in rows(scene, "accounts", "Accounts"):
        alike = all(str(each.get(key, "")).upper() == value for key, value in wanted.items())
        if alike and each.get("Status") == "ACTIVE":
            return each
    raise CannotAsk(f"this organisation has no {what}")


def income(scene: Scene) -> Json:
    """As a line names it."""
    for each in rows(scene, "accounts", "Accounts"):
        if each.get("Type") in ("REVENUE", "SALES") and each.get("Code"):
            return {"AccountCode": each["Code"]}
    raise CannotAsk("this organisation has no income account")


def bank(scene: Scene) -> Json:
    """A bank account in the base currency, as a payment names it."""
    for each in rows(scene, "accounts", "Accounts"):
        ours = each.get("CurrencyCode", scene.home_currency) == scene.home_currency
        if each.get("Type") == "BANK" and each.get("Status") == "ACTIVE" and ours:
            return {"AccountID": each["AccountID"]}
    raise CannotAsk("this organisation has no bank account in its base currency")


def foreign(scene: Scene) -> str:
    for each in rows(scene, "currencies", "Currencies"):
        if each.get("Code") not in (None, scene.home_currency):
            return str(each["Code"])
    raise CannotAsk("this organisation keeps one currency; add a second one to it")


# --- Bodies -------------------------------------------------------------------------------------


def line(scene: Scene, amount: Decimal, **more: Any) -> Json:
    return {
        "Description": "Tieout asks",
        "Quantity": 1,
        "UnitAmount": amount,
        **income(scene),
        **more,
    }


def sale(
    scene: Scene,
    number: str,
    *lines: Json,
    status: str = "DRAFT",
    to: str = "customer",
    **more: Any,
) -> Json:
    """An invoice of this run, without tax: what is asked hangs on none."""
    return {
        "Type": "ACCREC",
        "Status": status,
        "InvoiceNumber": scene.numbered(number),
        "Contact": {"ContactID": identity(scene, to, "Contacts")},
        "Date": scene.day.isoformat(),
        "DueDate": scene.day.isoformat(),
        "LineAmountTypes": "NoTax",
        "LineItems": list(lines) or [line(scene, TEN)],
        **more,
    }


def invoice(name: str, body: Body | None = None, *, status: str = "DRAFT") -> Step:
    """A new invoice; `body` only where it is not one line of 10.00."""
    draft = status in ("DRAFT", "SUBMITTED")
    said = Write(f"an invoice ({status.lower()})", DRAFT if draft else VOIDED)
    return write(
        name, "PUT", "Invoices", body or (lambda scene: sale(scene, name, status=status)), said
    )


def note_of(scene: Scene, number: str, *lines: Json, **more: Any) -> Json:
    body = sale(scene, number, *lines, **more)
    body.pop("DueDate")
    body["CreditNoteNumber"] = body.pop("InvoiceNumber")
    return {**body, "Type": "ACCRECCREDIT"}


def credit_note(name: str, body: Body | None = None, *, status: str = "DRAFT") -> Step:
    said = Write(f"a credit note ({status.lower()})", DRAFT if status == "DRAFT" else VOIDED)
    return write(
        name,
        "PUT",
        "CreditNotes",
        body or (lambda scene: note_of(scene, name, status=status)),
        said,
    )


def payment(name: str, of: str, amount: str, **more: Any) -> Step:
    def body(scene: Scene) -> Json:
        return {
            "Invoice": {"InvoiceID": identity(scene, of, "Invoices")},
            "Account": bank(scene),
            "Date": scene.day.isoformat(),
            "Amount": Decimal(amount),
            "Reference": scene.named(name),
            **more,
        }

    return write(name, "PUT", "Payments", body, Write("a payment", DELETED))


def changed(
    name: str, of: str, kind: str, body: Callable[[Scene, Raw], Json], said: Write | None = None
) -> Step:
    """A POST over what an earlier step made; `body` is told that element."""

    def whole(scene: Scene) -> Json:
        before = element(scene, of, kind)
        return {ID[kind]: before[ID[kind]], **body(scene, before)}

    def path(scene: Scene) -> str:
        return f"{kind}/{identity(scene, of, kind)}"

    return write(name, "POST", path, whole, said)


def read(name: str, of: str, kind: str) -> Step:
    return get(name, lambda scene: f"{kind}/{identity(scene, of, kind)}")


def allocated(name: str, note: str, to: str, amount: str) -> Step:
    def body(scene: Scene) -> Json:
        target = {"InvoiceID": identity(scene, to, "Invoices")}
        return {"Amount": Decimal(amount), "Invoice": target}

    def path(scene: Scene) -> str:
        return f"CreditNotes/{identity(scene, note, 'CreditNotes')}/Allocations"

    return write(name, "PUT", path, body, Write("a credit set against an invoice", ""))


# --- Answers ------------------------------------------------------------------------------------


def words_of(answer: Answer) -> str:
    found = messages_in(answer.said)
    if not found and isinstance(answer.said, Mapping):
        found = [str(answer.said[key]) for key in ("Detail", "Message") if answer.said.get(key)]
    return f"{'; '.join(found)} (status {answer.status})" if found else f"status {answer.status}"


def rows(scene: Scene, step: str, kind: str) -> list[Raw]:
    answer = scene[step]
    found = answer.said.get(kind) if isinstance(answer.said, Mapping) else None
    if not answer.good or not isinstance(found, list):
        raise CannotAsk(f"{NAME} did not answer *{step}*: {words_of(answer)}")
    return found


def refused(scene: Scene, step: str) -> bool:
    """Whether what a step asked was refused as a whole, in a 200 or not."""
    said = scene[step].said
    if not scene[step].good or not isinstance(said, Mapping):
        return True
    lists = [each for each in said.values() if isinstance(each, list)]
    return any(is_refused(one) for each in lists for one in each if isinstance(one, Mapping))


def element(scene: Scene, step: str, kind: str) -> Raw:
    """The one element of an answer; `CannotAsk` in their words where it was refused."""
    found = rows(scene, step, kind)
    if not found or refused(scene, step):
        raise CannotAsk(f"{NAME} refused *{step}*: {words_of(scene[step])}")
    return found[0]


def identity(scene: Scene, step: str, kind: str) -> str:
    return str(element(scene, step, kind)[ID[kind]])


def lines(scene: Scene, step: str, kind: str = "Invoices") -> list[Raw]:
    return list(element(scene, step, kind).get("LineItems", ()))


def number(value: Any) -> Decimal:
    return Decimal(str(value))
