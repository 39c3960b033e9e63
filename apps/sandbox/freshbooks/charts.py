"""The chart of accounts of a new business, and the sub-accounts that come with use."""

from typing import Any
from uuid import uuid4

from .store import Business, Content

# Number, name, type, category on the balance sheet, names of its sub-accounts (numbered from 1).
# That receivables are 1200 and customer deposits 1201 was read in a fresh account; the rest is ours.
CHART: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("1000", "Cash", "asset", "Cash & Bank", ("Cash", "Petty Cash")),
    ("1200", "Accounts Receivable", "asset", "Current Asset", ("Accounts Receivable",)),
    ("1201", "Customer Deposits", "asset", "Current Asset", ("Customer Deposits",)),
    ("2000", "Accounts Payable", "liability", "Current Liability", ("Accounts Payable",)),
    ("2310", "Sales Tax Payable", "liability", "Current Liability", ("Sales Tax",)),
    ("3000", "Owner's Equity", "equity", "Equity", ("Owner Investment",)),
    ("3200", "Retained Earnings", "equity", "Equity", ("Retained Earnings",)),
    ("4000", "Revenue", "income", "Income", ("Sales", "Other Income")),
    (
        "6000",
        "Operating Expenses",
        "expense",
        "Operating Expense",
        ("Advertising", "Bank Fees", "Office Expenses", "Rent", "Travel"),
    ),
)
TYPES = ("asset", "liability", "equity", "income", "expense")
SYSTEM = {
    "cash": ("1000", "Cash"),
    "receivable": ("1200", "Accounts Receivable"),
    "deposits": ("1201", "Customer Deposits"),
    "sales": ("4000", "Sales"),
    "other income": ("4000", "Other Income"),
    "tax": ("2310", "Sales Tax"),
}


def furnish(books: Business) -> None:
    for number, name, kind, category, subs in CHART:
        parent = add_account(books, number, name, kind, category)
        for sub in subs:
            made = add_sub(books, parent, sub, custom=False)
            for word, known in SYSTEM.items():
                if known == (number, sub):
                    books.sequences[f"system {word}"] = made["id"]
            if number == "6000":
                books.add("categories", {"category": sub, "account": made["id"], "parentid": 0})


def add_account(books: Business, number: str, name: str, kind: str, category: str) -> Content:
    told = {"number": number, "name": name, "type": kind, "category": category}
    return books.add("accounts", {**told, "uuid": str(uuid4()), "parent": None})


def add_sub(books: Business, parent: Content, name: str, *, custom: bool = True) -> Content:
    number = sum(1 for one in books.all("accounts") if one["parent"] == parent["id"]) + 1
    told = {"number": str(number), "name": name, "type": parent["type"]}
    told |= {"category": parent["category"], "uuid": str(uuid4())}
    return books.add("accounts", {**told, "parent": parent["id"], "custom": custom})


def system(books: Business, word: str) -> int:
    return int(books.sequences[f"system {word}"])


def tax_account(books: Business, name: str) -> int:
    """Each tax has a sub-account of its own, made when it is first needed; or all have one."""
    if books.switch("tax_accounts") == "one":
        return system(books, "tax")
    parent = next(one for one in books.all("accounts") if one["number"] == "2310")
    for one in books.all("accounts"):
        if one["parent"] == parent["id"] and one["name"] == name:
            return int(one["id"])
    return int(add_sub(books, parent, name)["id"])


def parents(books: Business) -> list[Content]:
    return [one for one in books.all("accounts") if one["parent"] is None]


def subs(books: Business, parent: Content) -> list[Content]:
    return [one for one in books.all("accounts") if one["parent"] == parent["id"]]


def type_of(books: Business, account: Content) -> str:
    number = account["number"]
    if account["parent"]:
        number = books.objects["accounts"][account["parent"]]["number"]
    return books.switch("deposits_type") if number == "1201" else str(account["type"])


def full_number(books: Business, account: Content) -> str:
    """`1000`, or `1000-1` of a sub-account."""
    if not account["parent"]:
        return str(account["number"])
    return f"{books.objects['accounts'][account['parent']]['number']}-{account['number']}"


def as_data(books: Business, account: Content, stamp: str) -> Content:
    """An account as the newer ledger_accounts answer it."""
    parent = books.objects["accounts"][account["parent"]] if account["parent"] else None
    out: dict[str, Any] = {
        "uuid": account["uuid"],
        "name": account["name"],
        "number": full_number(books, account),
        "description": "",
        "type": type_of(books, account),
        "sub_type": account["category"],
        "system_account_name": account["name"],
        "parent_account": parent["uuid"] if parent else None,
        "sub_accounts": [one["uuid"] for one in subs(books, account)],
        "auto_created": not account.get("custom", False),
        "state": "active",
        "updated_at": stamp,
        "category_id": None,
        "jea_id": None if parent else account["id"],
        "jesa_id": account["id"] if parent else None,
    }
    if account.get("custom"):
        del out["system_account_name"]
    return out
