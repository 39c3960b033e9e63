"""Expenses and journal entries: what else moves money or the receivable."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields, ledger
from ..book import Book, reference_to
from ..currencies import home_cents, rounded
from ..filing import Content
from ..kinds import Kind, Options, register
from ..links import for_customers, receivable_side
from ..wire import cents, from_cents
from .common import merged, refer
from .currency import document_currency

DATED: dict[str, fields.Reader] = {
    "TxnDate": fields.day,
    "PrivateNote": fields.text(4000),
    "DocNumber": fields.text(21),
    "ExchangeRate": fields.decimal,
    "Line": fields.rows,
}
PURCHASE: fields.Spec = DATED | {
    "AccountRef": fields.reference,
    "PaymentType": fields.choice("Cash", "Check", "CreditCard"),
    "PaymentMethodRef": fields.reference,
    "EntityRef": fields.reference,
    "Credit": fields.flag,
}
JOURNAL: fields.Spec = DATED | {"Adjustment": fields.flag}


def dated(
    book: Book, spec: fields.Spec, sent: Mapping[str, Any], current: StoredObject | None
) -> tuple[Content, list[Mapping[str, Any]]]:
    """The header's fields and the lines to build, dates checked."""
    content = merged(spec, sent, current)
    content.setdefault("TxnDate", book.today.isoformat())
    book.check_open(current.content["TxnDate"] if current else None)
    book.check_open(content["TxnDate"])
    lines = content.pop("Line", None)
    if not lines:
        raise faults.missing("Line")
    return content, lines


def numbered(position: int, row: Mapping[str, Any], unit: Decimal) -> Content:
    """What every line of these has: id, description, amount."""
    line: Content = {"Id": str(position)}
    if row.get("Description") not in fields.ABSENT:
        line["Description"] = fields.text(4000)(row["Description"], "Description")
    if row.get("Amount") in fields.ABSENT:
        raise faults.missing("Line.Amount")
    line["Amount"] = rounded(fields.decimal(row["Amount"], "Line.Amount"), unit)
    return line


def account_reference(
    book: Book, detail: Mapping[str, Any], before: frozenset[str]
) -> dict[str, str]:
    """The account of a line. One that a line of this transaction named `before` may have become
    inactive since, as with every reference that does not change."""
    identity = fields.reference(detail.get("AccountRef"), "AccountRef")
    if identity is None:
        raise faults.missing("AccountRef")
    return reference_to(book.referred("Account", identity, allow_inactive=identity in before))


def accounts_before(current: StoredObject | None) -> frozenset[str]:
    """The accounts that the lines of a transaction name, as it is stored."""
    lines = current.content["Line"] if current else []
    details = (line.get(line.get("DetailType", ""), {}) for line in lines)
    return frozenset(each["AccountRef"]["value"] for each in details if "AccountRef" in each)


def total_of(lines: list[Content]) -> Decimal:
    return sum((Decimal(line["Amount"]) for line in lines), Decimal(0))


def purchase(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content, rows = dated(book, PURCHASE, sent, current)
    refer(book, content, "AccountRef", "Account", current)
    refer(book, content, "PaymentMethodRef", "PaymentMethod", current)
    for name in ("AccountRef", "PaymentType"):
        if name not in content:
            raise faults.missing(name)
    code = currency_of(book, content["AccountRef"]["value"])
    asked = fields.reference(sent.get("CurrencyRef"), "CurrencyRef")
    if asked and code == book.company.home_currency and book.multicurrency:
        # A home account may pay a foreign customer; a foreign account pays in its own money only.
        code = asked
    content |= document_currency(book, content, sent, code, content["TxnDate"])
    unit = book.unit(code)
    entity = content.pop("EntityRef", None)
    if entity:
        identity = entity["value"] if isinstance(entity, dict) else entity
        content["EntityRef"] = party(book, identity)
    lines, known = [], accounts_before(current)
    for position, row in enumerate(rows, 1):
        detail = row.get("AccountBasedExpenseLineDetail")
        if not detail:
            raise faults.Refused("500", "Only lines by account are supported here.", "Line")
        answered: Content = {"AccountRef": account_reference(book, detail, known)}
        customer = fields.reference(detail.get("CustomerRef"), "CustomerRef")
        if customer:
            answered["CustomerRef"] = reference_to(book.referred("Customer", customer))
        if ledger.is_receivable(book, answered["AccountRef"]["value"]):
            check_receivable(book, answered["AccountRef"]["value"], customer, code)
        answered |= {"BillableStatus": "NotBillable", "TaxCodeRef": {"value": "NON"}}
        line = numbered(position, row, unit)
        line["DetailType"] = "AccountBasedExpenseLineDetail"
        line["AccountBasedExpenseLineDetail"] = answered
        line["CustomExtensions"] = []
        lines.append(line)
    return {
        "Credit": False,
        **content,
        **kept_links(current),
        "TotalAmt": total_of(lines),
        "Line": lines,
    }


def currency_of(book: Book, account: str) -> str:
    found = book.referred("Account", account, allow_inactive=True)
    return str(found.content["CurrencyRef"]["value"])


def check_receivable(book: Book, account: str, customer: str | None, code: str) -> None:
    """A line on a receivable names its customer, and all three are of one currency."""
    if not customer:
        raise faults.business("Choose a customer for the receivable line.", "Entity")
    own = book.referred("Customer", customer, allow_inactive=True).content["CurrencyRef"]["value"]
    if {own, currency_of(book, account)} != {code}:
        raise faults.business(
            f"The receivable and its customer must be kept in {code}, as the transaction is.",
            "CurrencyRef",
        )


def party(book: Book, identity: str) -> dict[str, str]:
    """A customer, vendor or employee by id: the three lists share one sequence."""
    for kind in ("Customer", "Vendor", "Employee"):
        found = book.find(kind, int(identity)) if identity.isdigit() else None
        if found is not None and not found.deleted:
            if not found.active:
                raise book.inactive(kind, identity)
            return {**reference_to(found), "type": kind}
    raise faults.Refused("2500", f"Names element id {identity} not found", "Names")


def kept_links(current: StoredObject | None) -> Content:
    linked = current.content.get("LinkedTxn") if current else None
    return {"LinkedTxn": linked} if linked else {}


def journal_entry(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content, rows = dated(book, JOURNAL, sent, current)
    code = fields.reference(sent.get("CurrencyRef"), "CurrencyRef") or book.company.home_currency
    if code != book.company.home_currency and not book.multicurrency:
        raise faults.business("Multi-currency is off.", "CurrencyRef")
    content |= document_currency(book, content, sent, code, content["TxnDate"])
    unit = book.unit(code)
    lines, balance, known = [], Decimal(0), accounts_before(current)
    for position, row in enumerate(rows, 1):
        detail = row.get("JournalEntryLineDetail") or {}
        side = fields.choice("Debit", "Credit")(detail.get("PostingType"), "PostingType")
        answered: Content = {
            "PostingType": side,
            "AccountRef": account_reference(book, detail, known),
        }
        entity = (detail.get("Entity") or {}).get("EntityRef")
        identity = fields.reference(entity, "EntityRef")
        if identity:
            named = party(book, identity)
            kind = named.pop("type")
            answered["Entity"] = {"Type": kind, "EntityRef": named}
        account = answered["AccountRef"]["value"]
        if ledger.is_receivable(book, account):
            of_customer = answered.get("Entity", {}).get("Type") == "Customer"
            check_receivable(book, account, identity if of_customer else None, code)
        line = numbered(position, row, unit)
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
        **home_total(book, content, total_of(debits)),
        "Line": lines,
    }


def home_total(book: Book, content: Content, total: Decimal) -> Content:
    if not book.multicurrency:
        return {}
    return {"HomeTotalAmt": from_cents(home_cents(cents(total), content["ExchangeRate"]))}


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
    change = on_receivable(book, after) - (on_receivable(book, before) if before else 0)
    open_before = after.open_amount
    after.open_amount += change
    if open_before * after.open_amount < 0 or (change and turned(book, before, after)):
        raise faults.business(
            "More than the rest is linked to a payment. Remove the payment first.", "Line.Amount"
        )


def turned(book: Book, before: StoredObject | None, after: StoredObject) -> bool:
    """Whether what is linked changed sides: a charge cannot become a credit under its payments."""
    linked = before is not None and before.content.get("LinkedTxn")
    return bool(linked) and on_receivable(book, before) * on_receivable(book, after) <= 0  # type: ignore[arg-type] # linked says that it is there


def on_receivable(book: Book, stored: StoredObject) -> int:
    """What it adds to the customer's account, in cents of its currency."""
    if stored.kind == "JournalEntry":
        return receivable_side(stored.content)
    if stored.kind == "Deposit":
        return -sum(cents(line["Amount"]) for line in for_customers(stored.content))
    sign = -1 if stored.content.get("Credit") else 1
    details = ((one, one["AccountBasedExpenseLineDetail"]) for one in stored.content["Line"])
    amounts = [
        cents(line["Amount"])
        for line, detail in details
        if "CustomerRef" in detail and ledger.is_receivable(book, detail["AccountRef"]["value"])
    ]
    return sign * sum(amounts)


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
