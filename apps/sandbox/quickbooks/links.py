"""How payments name what they are applied to, and which side of the account that stands on."""

from collections.abc import Mapping
from typing import Any

from ..models import StoredObject
from .wire import cents

# How a payment's line names what it is applied to, and the kind that is.
LINK_KINDS = {
    "Invoice": "Invoice",
    "CreditMemo": "CreditMemo",
    "Expense": "Purchase",
    "Check": "Purchase",
    "Purchase": "Purchase",
    "JournalEntry": "JournalEntry",
    "Deposit": "Deposit",
}
Target = tuple[str, int]


def applications(content: Mapping[str, Any] | None) -> dict[Target, int]:
    """What a payment's lines apply, in cents: target -> amount."""
    out: dict[Target, int] = {}
    for line in content["Line"] if content else ():
        for link in line["LinkedTxn"]:
            target = (LINK_KINDS[link["TxnType"]], int(link["TxnId"]))
            out[target] = out.get(target, 0) + cents(line["Amount"])
    return out


def is_charge(target: StoredObject) -> bool:
    """Whether it raises what the customer owes (an invoice) or lowers it (a credit)."""
    if target.kind == "Purchase":
        return not target.content.get("Credit")
    if target.kind == "JournalEntry":
        return receivable_side(target.content) >= 0
    if target.kind == "Deposit":
        return sum(cents(line["Amount"]) for line in for_customers(target.content)) < 0
    return target.kind == "Invoice"


def receivable_side(content: Mapping[str, Any]) -> int:
    """What a journal entry's lines for a customer add to the receivable, in cents."""
    total = 0
    for line in content["Line"]:
        detail = line.get("JournalEntryLineDetail", {})
        if detail.get("Entity", {}).get("Type") == "Customer":
            sign = 1 if detail["PostingType"] == "Debit" else -1
            total += sign * cents(line["Amount"])
    return total


def for_customers(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A deposit's lines that name a customer: money of theirs, on the receivable."""
    return [
        line
        for line in content["Line"]
        if line.get("DepositLineDetail", {}).get("Entity", {}).get("type") == "Customer"
    ]
