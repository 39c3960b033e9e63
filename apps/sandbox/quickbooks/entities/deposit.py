"""Bank deposits: what leaves undeposited funds together, with fees taken off."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields, ledger
from ..book import Book
from ..filing import Content
from ..kinds import Kind, Options, register
from ..links import for_customers
from .common import refer
from .currency import document_currency
from .deposit_accounts import DEPOSIT_ACCOUNTS
from .money import (
    DATED,
    account_reference,
    accounts_before,
    check_receivable,
    currency_of,
    dated,
    home_total,
    keep_open,
    kept_links,
    numbered,
    party,
    total_of,
)

DEPOSIT: fields.Spec = DATED | {"DepositToAccountRef": fields.reference}
# What may lie in undeposited funds, with the sign its total has there.
DEPOSITED = {"Payment": 1, "SalesReceipt": 1, "RefundReceipt": -1}


def deposit(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content, rows = dated(book, DEPOSIT, sent, current)
    content.pop("DocNumber", None)
    refer(book, content, "DepositToAccountRef", "Account", current)
    if "DepositToAccountRef" not in content:
        raise faults.missing("DepositToAccountRef")
    account = content["DepositToAccountRef"]["value"]
    target = book.referred("Account", account, allow_inactive=True)
    if target.content["AccountType"] not in DEPOSIT_ACCOUNTS:
        raise faults.business("Select a bank account for this deposit.", "DepositToAccountRef")
    code = deposit_currency(book, sent, account)
    content |= document_currency(book, content, sent, code, content["TxnDate"])
    own = str(current.object_id) if current else None
    known = accounts_before(current)
    lines = [
        deposit_line(book, position, row, own, code, known) for position, row in enumerate(rows, 1)
    ]
    total = total_of(lines)
    if total < 0:
        raise faults.business("A deposit may not be negative.", "TotalAmt")
    return {
        **content,
        **kept_links(current),
        "TotalAmt": total,
        **home_total(book, content, total),
        "Line": lines,
    }


def deposit_currency(book: Book, sent: Mapping[str, Any], account: str) -> str:
    """The bank account's currency; a home account may also take a foreign deposit."""
    code = currency_of(book, account)
    asked = fields.reference(sent.get("CurrencyRef"), "CurrencyRef")
    home = book.company.home_currency
    return asked if asked and book.multicurrency and code == home else code


def deposit_line(
    book: Book,
    position: int,
    row: Mapping[str, Any],
    own: str | None,
    code: str,
    known: frozenset[str],
) -> Content:
    """A whole payment taken out of undeposited funds, or an amount against an account."""
    detail = row.get("DepositLineDetail") or {}
    links = row.get("LinkedTxn") or []
    line = numbered(position, row, book.unit(code))
    if links and row.get("DetailType") not in fields.ABSENT and not detail.get("AccountRef"):
        raise faults.missing("AccountRef")
    if not links:
        line["LineNum"] = position
        line["DetailType"] = "DepositLineDetail"
        line["DepositLineDetail"] = direct(book, detail, code, known)
        return line
    kind = str(links[0].get("TxnType") or "Payment")
    if kind not in DEPOSITED:
        raise faults.Refused("2170", f"{kind} cannot be deposited", "TxnType")
    money = book.require(kind, links[0].get("TxnId"))
    deposited = [one["TxnId"] for one in money.content.get("LinkedTxn", [])]
    if any(one != own for one in deposited):
        raise faults.business("The payment has already been deposited.", "LinkedTxn")
    where = money.content.get("DepositToAccountRef", {}).get("value")
    if where != str(book.control.undeposited_funds):
        raise faults.business("The payment is not in Undeposited Funds.", "LinkedTxn")
    if money.content["CurrencyRef"]["value"] != code:
        raise faults.business(f"The payment is not in {code}, as the deposit is.", "CurrencyRef")
    if line["Amount"] != DEPOSITED[kind] * Decimal(money.content["TotalAmt"]):
        raise faults.business("A payment is deposited in full.", "Line.Amount")
    link = {"TxnId": str(money.object_id), "TxnType": kind, "TxnLineId": "0"}
    # Lines taken from undeposited funds are answered without id, number and detail type.
    return {"Amount": line["Amount"], "LinkedTxn": [link]}


def direct(book: Book, detail: Mapping[str, Any], code: str, known: frozenset[str]) -> Content:
    """A fee or other amount against an account; on a receivable with its customer."""
    answered: Content = {"AccountRef": account_reference(book, detail, known)}
    entity = fields.reference(detail.get("Entity"), "Entity")
    if entity:
        answered["Entity"] = party(book, entity)
    if ledger.is_receivable(book, answered["AccountRef"]["value"]):
        of_customer = answered.get("Entity", {}).get("type") == "Customer"
        check_receivable(
            book, answered["AccountRef"]["value"], entity if of_customer else None, code
        )
    return answered


def after_deposit(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    """Payments know the deposit they lie in, and are locked by it."""
    old, new = _deposited(before), _deposited(after)
    identity = str((after or before).object_id)  # type: ignore[union-attr] # one of the two is there
    for kind, money_id in old ^ new:
        changed = book.edit(book.require(kind, money_id))
        content = {**changed.content}
        content.pop("LinkedTxn", None)
        if (kind, money_id) in new:
            content["LinkedTxn"] = [{"TxnId": identity, "TxnType": "Deposit"}]
        changed.content = content
    keep_open(book, before, after)


def _deposited(stored: StoredObject | None) -> set[tuple[str, str]]:
    lines = stored.content["Line"] if stored else []
    return {
        (link["TxnType"], link["TxnId"]) for line in lines for link in line.get("LinkedTxn", [])
    }


def customer_of_lines(content: Content) -> str | None:
    for line in for_customers(content):
        return str(line["DepositLineDetail"]["Entity"]["value"])
    return None


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
        open_amount=None,
        party=customer_of_lines,
    )
)
