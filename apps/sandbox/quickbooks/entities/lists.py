"""Items, accounts, terms, payment methods, classes and departments."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Sum

from ...models import Posting, StoredObject
from .. import faults, fields
from ..book import Book
from ..filing import Content, folded
from ..kinds import Kind, Options, register
from ..wire import from_cents
from .common import duplicate_sentence, merged, refer, settle_name
from .names import own_currency

# Account types with the side of the books they belong to: AccountTypeEnum and
# AccountClassificationEnum of Finance.xsd.
CLASSIFICATIONS = {
    "Bank": "Asset",
    "Accounts Receivable": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Cost of Goods Sold": "Expense",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Non-Posting": "Expense",
}
# The sub-type an account gets when none was sent.
SUB_TYPES = {
    "Bank": "Checking",
    "Accounts Receivable": "AccountsReceivable",
    "Other Current Asset": "OtherCurrentAssets",
    "Other Current Liability": "OtherCurrentLiabilities",
    "Income": "SalesOfProductIncome",
    "Expense": "OtherMiscellaneousServiceCost",
    "Equity": "RetainedEarnings",
}
ITEM_ACCOUNT_TYPES = ("Income", "Other Income")
# A retainer or voucher item hangs on one of these; receivable, payable and bank are refused.
LIABILITIES = ("Other Current Liability", "Long Term Liability")
# An item of bad debts hangs on one of these, as their help has it made.
EXPENSES = ("Expense", "Other Expense")

ITEM: fields.Spec = {
    "Name": fields.text(100),
    "Sku": fields.text(100),
    "Description": fields.text(4000),
    "Active": fields.flag,
    "Taxable": fields.flag,
    "UnitPrice": fields.decimal,
    "Type": fields.choice("Service", "NonInventory", "Inventory", "Category", "Group", "Bundle"),
    "IncomeAccountRef": fields.reference,
    "ExpenseAccountRef": fields.reference,
    "PurchaseDesc": fields.text(4000),
    "PurchaseCost": fields.decimal,
    "SubItem": fields.flag,
    "ParentRef": fields.reference,
}
ACCOUNT: fields.Spec = {
    "Name": fields.text(100),
    "Description": fields.text(4000),
    "Active": fields.flag,
    "AccountType": fields.choice(*CLASSIFICATIONS),
    "AccountSubType": fields.text(100),
    "AcctNum": fields.text(20),
    "SubAccount": fields.flag,
    "ParentRef": fields.reference,
}
TERM: fields.Spec = {
    "Name": fields.text(31),
    "Active": fields.flag,
    "DueDays": fields.whole(0, 999),
    "DiscountDays": fields.whole(0, 999),
    "DiscountPercent": fields.decimal,
    "DayOfMonthDue": fields.whole(1, 31),
    "DueNextMonthDays": fields.whole(0, 999),
    "DiscountDayOfMonth": fields.whole(1, 31),
}
PAYMENT_METHOD: fields.Spec = {
    "Name": fields.text(31),
    "Active": fields.flag,
    "Type": fields.choice("CREDIT_CARD", "NON_CREDIT_CARD"),
}
CLASS: fields.Spec = {
    "Name": fields.text(100),
    "Active": fields.flag,
    "SubClass": fields.flag,
    "ParentRef": fields.reference,
}
DEPARTMENT: fields.Spec = {
    "Name": fields.text(100),
    "Active": fields.flag,
    "SubDepartment": fields.flag,
    "ParentRef": fields.reference,
}


def named(book: Book, kind: str, content: Content, current: StoredObject | None) -> None:
    """A name unique within its parent, the full name that follows, active unless said otherwise."""
    if "Name" not in content:
        raise faults.missing("Name")
    content.setdefault("Active", True)
    refer(book, content, "ParentRef", kind, current)
    parent = ""
    if "ParentRef" in content:
        above = book.referred(kind, content["ParentRef"]["value"], allow_inactive=True)
        parent = above.content["FullyQualifiedName"]
    settle_name(book, kind, content, "Name", current, parent)


def item(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(ITEM, sent, current)
    named(book, "Item", content, current)
    before = current.content if current else {}
    content.setdefault("Type", before.get("Type", "Service"))
    if current and content["Type"] != before["Type"]:
        raise faults.business("The type of an item cannot be changed.", "Type")
    if content["Type"] in ("Inventory", "Group", "Bundle"):
        raise faults.Refused(
            "500", f"Items of type {content['Type']} are not supported here.", "Type"
        )
    refer(book, content, "IncomeAccountRef", "Account", current)
    refer(book, content, "ExpenseAccountRef", "Account", current)
    if content["Type"] != "Category":
        check_income_account(book, content)
    content["SubItem"] = "ParentRef" in content
    if not content["SubItem"]:
        del content["SubItem"]
    defaults = {
        "Taxable": False,
        "UnitPrice": 0,
        "PurchaseCost": 0,
        "TrackQtyOnHand": False,
        "DeferredRevenue": False,
    }
    return {**defaults, **content}


def check_income_account(book: Book, content: Content) -> None:
    if "IncomeAccountRef" not in content:
        raise faults.missing("IncomeAccountRef")
    account = book.referred("Account", content["IncomeAccountRef"]["value"], allow_inactive=True)
    kind = account.content["AccountType"]
    liability = kind in LIABILITIES and book.settings["liability_items"] == "accept"
    expense = kind in EXPENSES and book.settings["expense_items"] == "accept"
    if kind not in ITEM_ACCOUNT_TYPES and not liability and not expense:
        raise faults.Refused(
            "6430", "When you create an item you must choose an income account.", "IncomeAccountRef"
        )


def account(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(ACCOUNT, sent, current)
    if '"' in content.get("Name", ""):
        raise faults.business("An account's name may not contain quotation marks.", "Name")
    named(book, "Account", content, current)
    if "AccountType" not in content:
        raise faults.missing("AccountType")
    kind = content["AccountType"]
    content.setdefault("AccountSubType", SUB_TYPES.get(kind, kind.replace(" ", "")))
    content["Classification"] = CLASSIFICATIONS[kind]
    content["SubAccount"] = "ParentRef" in content
    content["CurrencyRef"] = book.currency(own_currency(book, sent, current))
    return {"CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0, **content}


def term(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = plain(book, "Term", merged(TERM, sent, current), current)
    content["Type"] = "DATE_DRIVEN" if "DayOfMonthDue" in content else "STANDARD"
    if content["Type"] == "STANDARD":
        content = {"DiscountPercent": 0, "DueDays": 0, "DiscountDays": 0, **content}
    return content


def payment_method(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = plain(book, "PaymentMethod", merged(PAYMENT_METHOD, sent, current), current)
    return {"Type": "NON_CREDIT_CARD", **content}


def plain(book: Book, kind: str, content: Content, current: StoredObject | None) -> Content:
    """A list without hierarchy: a name of its own, whatever signs it holds."""
    if not content.get("Name", "").strip():
        raise faults.missing("Name")
    owner = book.name_owner(kind, folded(content["Name"]), current.object_id if current else None)
    if owner is not None:
        raise faults.Refused("6240", duplicate_sentence(owner), "Name")
    return {"Active": True, **content}


def class_(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(CLASS, sent, current)
    named(book, "Class", content, current)
    return {**content, "SubClass": "ParentRef" in content}


def department(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(DEPARTMENT, sent, current)
    named(book, "Department", content, current)
    return {**content, "SubDepartment": "ParentRef" in content}


def with_account_balances(book: Book, stored: list[StoredObject]) -> None:
    """The ledger's balance, as each side of the books reads it: liabilities and income in credit."""
    rows = Posting.objects.filter(realm=book.company.realm).values_list("account")
    sums = dict(rows.annotate(total=Sum("cents")))
    for one in stored:
        cents = sums.get(one.object_id, 0)
        in_debit = one.content["Classification"] in ("Asset", "Expense")
        balance = from_cents(cents if in_debit else -cents)
        one.content = {
            **one.content,
            "CurrentBalance": balance,
            "CurrentBalanceWithSubAccounts": balance,
        }


register(
    Kind("Item", item, list_name="Items", columns=("Name", "FullyQualifiedName", "Sku", "Type"))
)
register(
    Kind(
        "Account",
        account,
        list_name="Accounts",
        columns=(
            "Name",
            "FullyQualifiedName",
            "AccountType",
            "AccountSubType",
            "Classification",
            "AcctNum",
        ),
        enrich=with_account_balances,
    )
)
register(Kind("Term", term, list_name="Terms", columns=("Name",)))
register(
    Kind("PaymentMethod", payment_method, list_name="PaymentMethods", columns=("Name", "Type"))
)
register(Kind("Class", class_, list_name="Klasses", columns=("Name", "FullyQualifiedName")))
register(Kind("Department", department, list_name="Depts", columns=("Name", "FullyQualifiedName")))
