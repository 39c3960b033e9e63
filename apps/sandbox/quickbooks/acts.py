"""What a person does over there by hand: for its pages, and for tests that act as that person."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..models import StoredObject
from . import faults, fields
from .book import Book, writing
from .entities.payment import fully_applied
from .kinds import DELETED_SUFFIX, Options, kind_of
from .operations import perform as write

Act = Mapping[str, Any]


def perform(realm: str, act: Act) -> dict[str, Any]:
    """Do `{"act": name, …}` and give the object it concerned; Refused or ValueError when it cannot."""
    rule = ACTS.get(str(act.get("act")))
    if rule is None:
        raise ValueError(f"act must be one of {', '.join(ACTS)}")
    with writing(realm) as book:
        stored = rule(book, act)
    return stored.content


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
    return saved(book, str(act["kind"]), act["body"])


def update(book: Book, act: Act) -> StoredObject:
    return changed(book, named(book, act, str(act["kind"])), **act["body"])


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
    return changed(book, named(book, act, str(act["kind"])), Active=False)


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
        return saved(book, kind, {field: act["name"], **act.get("body", {})})

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
        )
        for document in documents:
            moved = book.edit(document)
            if "CustomerRef" in moved.content:
                moved.content = {**moved.content, "CustomerRef": reference}
        book.delete(loser)
        return book.edit(winner)


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
