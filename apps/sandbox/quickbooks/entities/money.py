"""Bank deposits, expenses and journal entries: what else moves money or the receivable."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields, linking
from ..book import Book, reference_to
from ..kinds import Content, Kind, Options, register
from ..wire import cents, to_cents
from .common import merged, refer
from .names import check_currency
from .payment import DEPOSIT_ACCOUNTS

DATED: dict[str, fields.Reader] = {
    "TxnDate": fields.day,
    "PrivateNote": fields.text(4000),
    "DocNumber": fields.text(21),
    "Line": fields.rows,
}
DEPOSIT: fields.Spec = DATED | {"DepositToAccountRef": fields.reference}
PURCHASE: fields.Spec = DATED | {
    "AccountRef": fields.reference,
    "PaymentType": fields.choice("Cash", "Check", "CreditCard"),
    "EntityRef": fields.reference,
    "Credit": fields.flag,
}
JOURNAL: fields.Spec = DATED | {"Adjustment": fields.flag}


def dated(
    book: Book, spec: fields.Spec, sent: Mapping[str, Any], current: StoredObject | None
) -> tuple[Content, list[Mapping[str, Any]]]:
    """The header's fields and the lines to build, dates checked."""
    check_currency(book, sent)
    content = merged(spec, sent, current)
    content.setdefault("TxnDate", book.today.isoformat())
    book.check_open(current.content["TxnDate"] if current else None)
    book.check_open(content["TxnDate"])
    lines = content.pop("Line", None)
    if not lines:
        raise faults.missing("Line")
    return content, lines


def numbered(position: int, row: Mapping[str, Any]) -> Content:
    """What every line of these has: id, description, amount."""
    line: Content = {"Id": str(position)}
    if row.get("Description") not in fields.ABSENT:
        line["Description"] = fields.text(4000)(row["Description"], "Description")
    if row.get("Amount") in fields.ABSENT:
        raise faults.missing("Line.Amount")
    line["Amount"] = to_cents(fields.decimal(row["Amount"], "Line.Amount"))
    return line


def account_reference(book: Book, detail: Mapping[str, Any]) -> dict[str, str]:
    identity = fields.reference(detail.get("AccountRef"), "AccountRef")
    if identity is None:
        raise faults.missing("AccountRef")
    return reference_to(book.referred("Account", identity, allow_inactive=True))


def total_of(lines: list[Content]) -> Decimal:
    return sum((Decimal(line["Amount"]) for line in lines), Decimal(0))


def deposit(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content, rows = dated(book, DEPOSIT, sent, current)
    content.pop("DocNumber", None)
    refer(book, content, "DepositToAccountRef", "Account", current)
    if "DepositToAccountRef" not in content:
        raise faults.missing("DepositToAccountRef")
    target = book.referred("Account", content["DepositToAccountRef"]["value"], allow_inactive=True)
    if target.content["AccountType"] not in DEPOSIT_ACCOUNTS:
        raise faults.business("Select a bank account for this deposit.", "DepositToAccountRef")
    own = str(current.object_id) if current else None
    lines = [deposit_line(book, position, row, own) for position, row in enumerate(rows, 1)]
    total = total_of(lines)
    if total < 0:
        raise faults.business("A deposit may not be negative.", "TotalAmt")
    return {
        **content,
        "TotalAmt": total,
        "CurrencyRef": book.currency(),
        "Line": lines,
    }


def deposit_line(book: Book, position: int, row: Mapping[str, Any], own: str | None) -> Content:
    """A whole payment taken out of undeposited funds, or an amount against an account."""
    detail = row.get("DepositLineDetail") or {}
    links = row.get("LinkedTxn") or []
    line = numbered(position, row)
    if links and row.get("DetailType") not in fields.ABSENT and not detail.get("AccountRef"):
        raise faults.missing("AccountRef")
    if not links:
        line["LineNum"] = position
        line["DetailType"] = "DepositLineDetail"
        line["DepositLineDetail"] = {"AccountRef": account_reference(book, detail)}
        return line
    payment = book.require("Payment", links[0].get("TxnId"))
    deposited = [one["TxnId"] for one in payment.content.get("LinkedTxn", [])]
    if any(one != own for one in deposited):
        raise faults.business("The payment has already been deposited.", "LinkedTxn")
    where = payment.content.get("DepositToAccountRef", {}).get("value")
    if where != str(book.control.undeposited_funds):
        raise faults.business("The payment is not in Undeposited Funds.", "LinkedTxn")
    if line["Amount"] != payment.content["TotalAmt"]:
        raise faults.business("A payment is deposited in full.", "Line.Amount")
    link = {"TxnId": str(payment.object_id), "TxnType": "Payment", "TxnLineId": "0"}
    # Lines taken from undeposited funds are answered without id, number and detail type.
    return {"Amount": line["Amount"], "LinkedTxn": [link]}


def after_deposit(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    """Payments know the deposit they lie in, and are locked by it."""
    old, new = _deposited(before), _deposited(after)
    identity = str((after or before).object_id)  # type: ignore[union-attr] # one of the two is there
    for payment_id in old ^ new:
        changed = book.edit(book.require("Payment", payment_id))
        content = {**changed.content}
        content.pop("LinkedTxn", None)
        if payment_id in new:
            content["LinkedTxn"] = [{"TxnId": identity, "TxnType": "Deposit"}]
        changed.content = content


def _deposited(stored: StoredObject | None) -> set[str]:
    lines = stored.content["Line"] if stored else []
    return {link["TxnId"] for line in lines for link in line.get("LinkedTxn", [])}


def purchase(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content, rows = dated(book, PURCHASE, sent, current)
    refer(book, content, "AccountRef", "Account", current)
    for name in ("AccountRef", "PaymentType"):
        if name not in content:
            raise faults.missing(name)
    entity = content.pop("EntityRef", None)
    if entity:
        identity = entity["value"] if isinstance(entity, dict) else entity
        content["EntityRef"] = party(book, identity)
    lines = []
    for position, row in enumerate(rows, 1):
        detail = row.get("AccountBasedExpenseLineDetail")
        if not detail:
            raise faults.Refused("500", "Only lines by account are supported here.", "Line")
        answered: Content = {"AccountRef": account_reference(book, detail)}
        customer = fields.reference(detail.get("CustomerRef"), "CustomerRef")
        if customer:
            answered["CustomerRef"] = reference_to(book.referred("Customer", customer))
        answered |= {"BillableStatus": "NotBillable", "TaxCodeRef": {"value": "NON"}}
        line = numbered(position, row)
        line["DetailType"] = "AccountBasedExpenseLineDetail"
        line["AccountBasedExpenseLineDetail"] = answered
        line["CustomExtensions"] = []
        lines.append(line)
    return {
        "Credit": False,
        **content,
        **kept_links(current),
        "TotalAmt": total_of(lines),
        "CurrencyRef": book.currency(),
        "Line": lines,
    }


def party(book: Book, identity: str) -> dict[str, str]:
    """A customer, vendor or employee by id: the three lists share one sequence."""
    for kind in ("Customer", "Vendor", "Employee"):
        found = book.find(kind, int(identity)) if identity.isdigit() else None
        if found is not None and found.active:
            return {**reference_to(found), "type": kind}
    raise faults.Refused("2500", f"Names element id {identity} not found", "Names")


def kept_links(current: StoredObject | None) -> Content:
    linked = current.content.get("LinkedTxn") if current else None
    return {"LinkedTxn": linked} if linked else {}


def journal_entry(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content, rows = dated(book, JOURNAL, sent, current)
    lines, balance = [], Decimal(0)
    for position, row in enumerate(rows, 1):
        detail = row.get("JournalEntryLineDetail") or {}
        side = fields.choice("Debit", "Credit")(detail.get("PostingType"), "PostingType")
        answered: Content = {"PostingType": side, "AccountRef": account_reference(book, detail)}
        entity = (detail.get("Entity") or {}).get("EntityRef")
        identity = fields.reference(entity, "EntityRef")
        if identity:
            named = party(book, identity)
            kind = named.pop("type")
            answered["Entity"] = {"Type": kind, "EntityRef": named}
        elif answered["AccountRef"]["value"] == str(book.control.receivable):
            raise faults.business("Choose a customer for the receivable line.", "Entity")
        line = numbered(position, row)
        line["DetailType"] = "JournalEntryLineDetail"
        line["JournalEntryLineDetail"] = answered
        lines.append(line)
        balance += line["Amount"] if side == "Debit" else -line["Amount"]
    if balance:
        raise faults.business("Debits and credits of a journal entry must be equal.", "Line")
    debits = [one for one in lines if one["JournalEntryLineDetail"]["PostingType"] == "Debit"]
    return {
        "Adjustment": False,
        **content,
        **kept_links(current),
        "TotalAmt": total_of(debits),
        "CurrencyRef": book.currency(),
        "Line": lines,
    }


def purchase_party(content: Content) -> str | None:
    for line in content["Line"]:
        customer = line["AccountBasedExpenseLineDetail"].get("CustomerRef")
        if customer:
            return str(customer["value"])
    return None


def journal_party(content: Content) -> str | None:
    for line in content["Line"]:
        entity = line["JournalEntryLineDetail"].get("Entity")
        if entity and entity["Type"] == "Customer":
            return str(entity["EntityRef"]["value"])
    return None


def keep_open(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    """What of an expense or journal entry stands on the customer's account and is not yet linked."""
    if after is None:
        if before is not None and before.content.get("LinkedTxn"):
            raise faults.business(
                "This transaction is linked to a payment. Remove the payment first."
            )
        return
    change = _receivable(book, after) - (_receivable(book, before) if before else 0)
    after.open_amount += change


def _receivable(book: Book, stored: StoredObject) -> int:
    if stored.kind == "JournalEntry":
        return linking.receivable_side(stored.content)
    sign = -1 if stored.content.get("Credit") else 1
    receivable = str(book.control.receivable)
    details = ((one, one["AccountBasedExpenseLineDetail"]) for one in stored.content["Line"])
    on_receivable = [
        cents(line["Amount"])
        for line, detail in details
        if detail["AccountRef"]["value"] == receivable and "CustomerRef" in detail
    ]
    return sign * sum(on_receivable)


register(
    Kind(
        "Deposit",
        deposit,
        is_transaction=True,
        list_name="Txns",
        columns=("TxnDate", "TotalAmt"),
        counted=True,
        relink=after_deposit,
        deletable=True,
    )
)
register(
    Kind(
        "Purchase",
        purchase,
        is_transaction=True,
        list_name="Txns",
        columns=("TxnDate", "DocNumber", "TotalAmt", "PaymentType"),
        relink=keep_open,
        deletable=True,
        open_amount=None,
        party=purchase_party,
    )
)
register(
    Kind(
        "JournalEntry",
        journal_entry,
        is_transaction=True,
        list_name="Txns",
        columns=("TxnDate", "DocNumber", "TotalAmt"),
        counted=True,
        relink=keep_open,
        deletable=True,
        open_amount=None,
        party=journal_party,
    )
)
