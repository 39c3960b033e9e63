"""What a person does over there by hand: for its pages, and for tests that act as that person."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..asking import anything
from ..models import StoredObject
from . import faults, fields
from .book import Book, writing
from .entities.currency import rate_on
from .entities.payment import fully_applied
from .filing import DELETED_SUFFIX
from .kinds import Options, kind_known, kind_of
from .operations import perform as write
from .wire import from_cents

Act = Mapping[str, Any]


def perform(realm: str, act: Act) -> dict[str, Any]:
    """Do `{"act": name, …}` and give the object it concerned; Refused or ValueError when it cannot."""
    check(act)
    with writing(realm) as book:
        stored = ACTS[act["act"]](book, act)
    return stored.content


def check(act: Any) -> None:
    """ValueError for an act that does not exist, or an option that it would not look at."""
    if not isinstance(act, dict):
        raise ValueError("an act is an object with its name under act")
    name = act.get("act")
    if not isinstance(name, str) or name not in ACTS:
        raise ValueError(f"act must be one of {', '.join(ACTS)}")
    known = OPTIONS[name]
    if unknown := set(act) - known - {"act"}:
        told = ", ".join(sorted(known))
        raise ValueError(f"{name} does not know {', '.join(sorted(unknown))}; it knows {told}")
    if not isinstance(act.get("body", {}), dict):
        raise ValueError(f"the body of {name} is an object")
    kind = act.get("kind", KINDS_OF.get(name))
    if name in KINDS_OF and kind != KINDS_OF[name]:
        raise ValueError(f"{name} is for {KINDS_OF[name]}, not for {kind}")
    if kind is not None and not kind_known(str(kind)):
        raise ValueError(f"there is no kind {kind}")


def kept(stored: StoredObject, sent: Mapping[str, Any]) -> StoredObject:
    """The object, provided that all that was sent is in it; ValueError names what was dropped.

    Callers of the API may send what the service does not keep; who sets the stage may not.
    """
    empty: tuple[Any, ...] = ("", None, [], {}, 0, False)
    dropped = {
        name for name, value in sent.items() if value not in empty and name not in stored.content
    }
    if dropped := dropped - NOT_KEPT:
        raise ValueError(f"{stored.kind} does not keep {', '.join(sorted(dropped))}")
    return stored


def saved(book: Book, kind: str, sent: Mapping[str, Any]) -> StoredObject:
    return write(book, kind_of(kind), "create", sent, Options())


def changed(book: Book, stored: StoredObject, **fields_of: Any) -> StoredObject:
    """A sparse update of the newest version, as the screens make it."""
    required = {"CustomerRef", "TotalAmt"} if stored.kind == "Payment" else set()
    sent = {name: stored.content[name] for name in required}
    sent |= {"Id": str(stored.object_id), "SyncToken": str(stored.sync_token), "sparse": True}
    return saved(book, stored.kind, {**sent, **fields_of})


def named(book: Book, act: Act, kind: str) -> StoredObject:
    """The object an act names by id, or a document by its number."""
    if "number" in act:
        found = book.number_owner(kind, str(act["number"]), None)
        if found is None:
            raise faults.not_found(f"{kind} {act['number']} was not found")
        return found
    return book.require(kind, str(act.get("id", "")))


def create(book: Book, act: Act) -> StoredObject:
    """Any object as the API would take it: `{"kind": "Invoice", "body": {…}}`."""
    return kept(saved(book, str(act["kind"]), act["body"]), act["body"])


def update(book: Book, act: Act) -> StoredObject:
    stored = changed(book, named(book, act, str(act["kind"])), **act["body"])
    return kept(stored, act["body"])


def record_payment(book: Book, act: Act) -> StoredObject:
    """Money received: `amount`, `invoices` as {id: amount} or a list of ids paid in full.

    Without invoices it stays on account, and `customer` is needed. `method`, `account`, `reference`,
    `date`, `note` and exchange `rate` as on the screen.
    """
    given = act.get("invoices") or {}
    if not isinstance(given, dict):
        given = {str(one): book.require("Invoice", str(one)).content["Balance"] for one in given}
    lines = {one: fields.decimal(amount, "amount") for one, amount in given.items()}
    customer = act.get("customer")
    if not customer:
        if not lines:
            raise faults.missing("customer")
        customer = book.require("Invoice", next(iter(lines))).content["CustomerRef"]["value"]
    total = act.get("amount", sum(lines.values(), Decimal(0)))
    sent: dict[str, Any] = {
        "CustomerRef": {"value": str(customer)},
        "TotalAmt": total,
        "Line": fully_applied(lines),
    }
    for name, field in (
        ("method", "PaymentMethodRef"),
        ("account", "DepositToAccountRef"),
        ("reference", "PaymentRefNum"),
        ("date", "TxnDate"),
        ("note", "PrivateNote"),
        ("rate", "ExchangeRate"),
    ):
        if act.get(name):
            sent[field] = str(act[name])
    return saved(book, "Payment", sent)


def voided(kind: str) -> Callable[[Book, Act], StoredObject]:
    def rule(book: Book, act: Act) -> StoredObject:
        stored = named(book, act, kind)
        sent = {"Id": str(stored.object_id), "SyncToken": str(stored.sync_token)}
        return write(book, kind_of(kind), "void", sent, Options())

    return rule


def deleted(kind: str) -> Callable[[Book, Act], StoredObject]:
    def rule(book: Book, act: Act) -> StoredObject:
        stored = named(book, act, kind)
        sent = {"Id": str(stored.object_id), "SyncToken": str(stored.sync_token)}
        return write(book, kind_of(kind), "delete", sent, Options())

    return rule


def delete(book: Book, act: Act) -> StoredObject:
    """Any object, whatever its kind."""
    return deleted(str(act["kind"]))(book, act)


def change_line(book: Book, act: Act) -> StoredObject:
    """Another `item`, `class`, `description`, `quantity`, `price`, `amount` or `tax_code` on line `line` (from 1)."""
    stored = named(book, act, str(act.get("kind", "Invoice")))
    position = int(act.get("line", 1)) - 1
    lines = [dict(line) for line in stored.content["Line"]]
    details = [line for line in lines if line["DetailType"] == "SalesItemLineDetail"]
    if not 0 <= position < len(details):
        raise faults.business(f"There is no line {position + 1}.")
    line = details[position]
    detail = dict(line["SalesItemLineDetail"])
    if act.get("item"):
        detail["ItemRef"] = {"value": str(act["item"])}
    if "class" in act:
        detail["ClassRef"] = {"value": str(act["class"])}
    if act.get("tax_code"):
        detail["TaxCodeRef"] = {"value": str(act["tax_code"])}
    if "description" in act:
        line["Description"] = act["description"]
    if "quantity" in act or "price" in act:
        detail["Qty"] = act.get("quantity", detail.get("Qty", 1))
        detail["UnitPrice"] = act.get("price", detail.get("UnitPrice", line["Amount"]))
        line.pop("Amount")
        detail.pop("TaxInclusiveAmt", None)
    elif "amount" in act and fields.decimal(act["amount"], "amount") != line["Amount"]:
        # The screen recalculates the rate when a person overtypes the amount.
        line["Amount"] = act["amount"]
        detail.pop("TaxInclusiveAmt", None)
        detail.pop("Qty", None)
        detail.pop("UnitPrice", None)
    line["SalesItemLineDetail"] = detail
    return changed(book, stored, Line=lines)


def set_private_note(book: Book, act: Act) -> StoredObject:
    stored = named(book, act, str(act.get("kind", "Invoice")))
    return changed(book, stored, PrivateNote=act["note"])


def rename(kind: str) -> Callable[[Book, Act], StoredObject]:
    def rule(book: Book, act: Act) -> StoredObject:
        field = "DisplayName" if kind == "Customer" else "Name"
        return changed(book, named(book, act, kind), **{field: act["name"]})

    return rule


def deactivate(book: Book, act: Act) -> StoredObject:
    """Made inactive on the screen, which balances what a customer owes by a credit memo of its own.

    Intuit's reference, Customer.Active. Which item that names it does not say: here the first one.
    """
    stored = named(book, act, str(act["kind"]))
    owed = book.owed_by(stored.object_id) if stored.kind == "Customer" else 0
    if owed > 0 and book.settings["inactive_by_screen"] == "credit_memo":
        memo = _sale({"customer": stored.object_id, "amount": from_cents(owed)})
        rate = {"ExchangeRate": _newest_rate(book, stored)}
        saved(book, "CreditMemo", {**memo, **rate, "GlobalTaxCalculation": "NotApplicable"})
    return changed(book, stored, Active=False)


def _newest_rate(book: Book, customer: StoredObject) -> Decimal:
    return rate_on(book, customer.content["CurrencyRef"]["value"], book.today.isoformat())


def activate(book: Book, act: Act) -> StoredObject:
    """Active again, under its old name: the screen takes the mark of inactive ones off."""
    stored = named(book, act, str(act["kind"]))
    field = "DisplayName" if "DisplayName" in stored.content else "Name"
    plain = stored.content[field].removesuffix(DELETED_SUFFIX)
    return changed(book, stored, Active=True, **{field: plain})


def create_invoice(book: Book, act: Act) -> StoredObject:
    """An invoice typed there: `customer`, `amount`; `item`, `number`, `date`, `tax_code`, `rate`."""
    return saved(book, str(act.get("kind", "Invoice")), _sale(act))


def _sale(act: Act) -> dict[str, Any]:
    detail: dict[str, Any] = {"ItemRef": {"value": str(act.get("item", "1"))}}
    if act.get("tax_code"):
        detail["TaxCodeRef"] = {"value": str(act["tax_code"])}
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": act["amount"],
        "Description": act.get("description", ""),
        "SalesItemLineDetail": detail,
    }
    return {
        "CustomerRef": {"value": str(act["customer"])},
        "DocNumber": act.get("number", ""),
        "TxnDate": act.get("date", ""),
        "PrivateNote": act.get("note", ""),
        "ExchangeRate": act.get("rate", ""),
        "Line": [line],
    }


def named_list(kind: str) -> Callable[[Book, Act], StoredObject]:
    def rule(book: Book, act: Act) -> StoredObject:
        field = "DisplayName" if kind in ("Customer", "Vendor", "Employee") else "Name"
        sent = {field: act["name"], **act.get("body", {})}
        return kept(saved(book, kind, sent), sent)

    return rule


def change_tax_rate(book: Book, act: Act) -> StoredObject:
    """Another percentage of a rate from a day on: `id`, `percent`, `from`; older documents keep theirs."""
    stored = book.require("TaxRate", str(act.get("id", "")))
    percent = fields.decimal(act["percent"], "percent")
    begins = fields.day(act.get("from", book.today), "from")
    with book.item():
        steps = [*stored.content["EffectiveTaxRate"]]
        steps[-1] = {**steps[-1], "EndDate": f"{begins}T00:00:00-08:00"}
        steps.append({"RateValue": percent, "EffectiveDate": f"{begins}T00:00:00-08:00"})
        content = {**stored.content, "EffectiveTaxRate": steps, "RateValue": percent}
        return book.rewrite(stored, kind_of("TaxRate"), content)


def merge_customers(book: Book, act: Act) -> StoredObject:
    """The screen's merge: the loser vanishes and its documents go over to the winner."""
    loser = book.require("Customer", str(act["loser"]))
    winner = book.require("Customer", str(act["winner"]))
    if loser.content["CurrencyRef"] != winner.content["CurrencyRef"]:
        raise faults.business("Customers of different currencies cannot be merged.", "CurrencyRef")
    reference = {"value": str(winner.object_id), "name": winner.content["DisplayName"]}
    with book.item():
        documents = StoredObject.objects.filter(
            realm=book.company.realm, customer=loser.object_id, deleted=False
        ).order_by("object_id")
        for document in documents:
            moved = book.edit(document)
            moved.content = renamed(moved.content, str(loser.object_id), reference)
        book.delete(loser)
        return book.edit(winner)


def renamed(content: Any, loser: str, reference: dict[str, str]) -> Any:
    """What an object says, naming the winner wherever it named the loser: in its head, in the
    entity of a journal's or a bank deposit's line, in the customer of an expense's line."""
    if isinstance(content, list):
        return [renamed(each, loser, reference) for each in content]
    if not isinstance(content, dict):
        return content
    found = {}
    for name, value in content.items():
        names_it = name in ("CustomerRef", "EntityRef", "Entity") and isinstance(value, dict)
        if (
            names_it
            and value.get("value") == loser
            and content.get("Type", "Customer") == "Customer"
        ):
            found[name] = {**value, **reference}
        else:
            found[name] = renamed(value, loser, reference)
    return found


ACTS: dict[str, Callable[[Book, Act], StoredObject]] = {
    "create": create,
    "update": update,
    "delete": delete,
    "record_payment": record_payment,
    "void_payment": voided("Payment"),
    "delete_payment": deleted("Payment"),
    "void_invoice": voided("Invoice"),
    "delete_invoice": deleted("Invoice"),
    "delete_credit_memo": deleted("CreditMemo"),
    "delete_deposit": deleted("Deposit"),
    "change_line": change_line,
    "set_private_note": set_private_note,
    "rename_customer": rename("Customer"),
    "rename_item": rename("Item"),
    "deactivate": deactivate,
    "activate": activate,
    "create_invoice": create_invoice,
    "create_customer": named_list("Customer"),
    "create_vendor": named_list("Vendor"),
    "create_employee": named_list("Employee"),
    "create_class": named_list("Class"),
    "create_department": named_list("Department"),
    "create_item": named_list("Item"),
    "change_tax_rate": change_tax_rate,
    "merge_customers": merge_customers,
}
# Sent with an object, and no field of it.
NOT_KEPT = {"sparse"}
ONE = frozenset({"id", "number", "kind"})
MADE = frozenset({"name", "body"})
# What each act looks at.
OPTIONS: dict[str, frozenset[str]] = {
    "create": frozenset({"kind", "body"}),
    "update": ONE | {"body"},
    "delete": ONE,
    "record_payment": frozenset({"amount", "invoices", "customer", "method", "account"})
    | {"reference", "date", "note", "rate"},
    "void_payment": ONE,
    "delete_payment": ONE,
    "void_invoice": ONE,
    "delete_invoice": ONE,
    "delete_credit_memo": ONE,
    "delete_deposit": ONE,
    "change_line": ONE
    | {"line", "item", "class", "description", "quantity", "price", "amount", "tax_code"},
    "set_private_note": ONE | {"note"},
    "rename_customer": ONE | {"name"},
    "rename_item": ONE | {"name"},
    "deactivate": ONE,
    "activate": ONE,
    "create_invoice": frozenset({"kind", "customer", "amount", "item", "description"})
    | {"number", "date", "note", "tax_code", "rate"},
    "create_customer": MADE,
    "create_vendor": MADE,
    "create_employee": MADE,
    "create_class": MADE,
    "create_department": MADE,
    "create_item": MADE,
    "change_tax_rate": frozenset({"id", "percent", "from"}),
    "merge_customers": frozenset({"loser", "winner"}),
}
# The kind that an act is for, where it is for one alone.
KINDS_OF = {
    "void_payment": "Payment",
    "delete_payment": "Payment",
    "void_invoice": "Invoice",
    "delete_invoice": "Invoice",
    "delete_credit_memo": "CreditMemo",
    "delete_deposit": "Deposit",
    "rename_customer": "Customer",
    "rename_item": "Item",
}
# Every option of any act, for whoever reads a request; `check` knows which act takes which.
ASKED = dict.fromkeys(sorted({"act"}.union(*OPTIONS.values())), anything)
