"""Expenses, other income and journal entries."""

from decimal import Decimal

from . import charts, ledger, wire
from .fields import (
    Fields,
    day,
    flag,
    money,
    number,
    objects,
    one_of,
    percent,
    read,
    reference,
    text,
)
from .fields import whole as whole_number
from .refusals import Refused, missing, required
from .store import Business, Content

EXPENSE = Fields(
    {
        "categoryid": whole_number,
        "staffid": whole_number,
        "amount": money,
        "date": day,
        "clientid": reference,
        "vendor": text,
        "notes": text,
        "taxName1": text,
        "taxName2": text,
        "taxPercent1": percent,
        "taxPercent2": percent,
        "taxAmount1": money,
        "taxAmount2": money,
        "compounded_tax": flag,
    },
    frozenset({"id", "expenseid", "status", "updated", "accounting_systemid"}),
)


def make_expense(books: Business, body: Content) -> Content:
    told = read(books, EXPENSE, body)
    for name in ("categoryid", "staffid", "amount", "date"):
        if told.get(name) is None:
            raise required(name)
    if books.find("categories", told["categoryid"]) is None:
        raise missing("category", "categoryid", told["categoryid"])
    return posted(books, "expenses", books.add("expenses", flat(books, told)))


def change_expense(books: Business, expense: Content, body: Content) -> None:
    expense |= flat(books, read(books, EXPENSE, body))
    posted(books, "expenses", expense)


def flat(books: Business, told: Content) -> Content:
    """Amounts as texts; the currency of the first is the object's."""
    out = dict(told)
    for name in ("amount", "taxAmount1", "taxAmount2"):
        if name in told:
            out[name] = f"{wire.decimal(told[name]['amount']):.2f}"
    if "amount" in told:
        out["code"] = told["amount"]["code"] or books.base
    return out


def posted(books: Business, kind: str, content: Content) -> Content:
    ledger.post(books, kind, content)
    return content


def end_expense(books: Business, expense: Content, state: int) -> None:
    expense["vis_state"] = state
    posted(books, "expenses", expense)


def expense_answer(books: Business, expense: Content, includes: set[str]) -> Content:
    code = expense["code"]
    out: Content = {
        "accounting_systemid": books.account,
        "amount": wire.money(expense["amount"], code),
        "categoryid": expense["categoryid"],
        "clientid": expense.get("clientid") or 0,
        "compounded_tax": bool(expense.get("compounded_tax", False)),
        "date": expense["date"],
        "expenseid": expense["id"],
        "has_receipt": False,
        "id": expense["id"],
        "invoiceid": None,
        "notes": expense.get("notes") or "",
        "projectid": 0,
        "staffid": expense["staffid"],
        "status": 0,
        "updated": wire.stamp(expense["updated_us"]),
        "vendor": expense.get("vendor"),
        "vis_state": expense["vis_state"],
    }
    for which in ("1", "2"):
        out[f"taxName{which}"] = expense.get(f"taxName{which}")
        out[f"taxPercent{which}"] = expense.get(f"taxPercent{which}")
        out[f"taxAmount{which}"] = wire.money(expense.get(f"taxAmount{which}", "0.00"), code)
    return out


# --- other income -----------------------------------------------------------------------------------
CATEGORIES = ("advertising", "in_person_sales", "online_sales", "rentals", "other")
INCOME = Fields(
    {
        "amount": money,
        "date": day,
        "source": text,
        "category_name": one_of(*CATEGORIES),
        "payment_type": text,
        "note": text,
        "taxes": objects,
    },
    frozenset({"incomeid", "created_at", "updated_at", "sourceid", "userid"}),
)


def make_income(books: Business, body: Content) -> Content:
    told = income_of(books, body)
    if told.get("source") is None:
        raise required("source")
    return posted(books, "other_incomes", books.add("other_incomes", {"taxes": [], **told}))


def income_of(books: Business, body: Content) -> Content:
    """The full record: amount and date each time."""
    told = read(books, INCOME, body)
    for name in ("amount", "date"):
        if told.get(name) is None:
            raise required(name)
    if "taxes" in told:
        told["taxes"] = [
            {"name": text(one.get("name"), "name"), "amount": number(one.get("amount"), "amount")}
            for one in told["taxes"]
        ]
    if told.get("payment_type") == "Visa":
        told["payment_type"] = "VISA"
    return flat(books, told)


def change_income(books: Business, income: Content, body: Content) -> None:
    income |= income_of(books, body)
    posted(books, "other_incomes", income)


def end_income(books: Business, income: Content, state: int) -> None:
    income["vis_state"] = state
    posted(books, "other_incomes", income)


def income_answer(books: Business, income: Content, includes: set[str]) -> Content:
    return {
        "amount": wire.money(income["amount"], income["code"]),
        "category_name": income.get("category_name", "other"),
        "created_at": wire.stamp(income["created_us"]),
        "date": income["date"],
        "incomeid": income["id"],
        "note": income.get("note") or "",
        "payment_type": income.get("payment_type") or "Other",
        "source": income["source"],
        "sourceid": None,
        "taxes": income["taxes"],
        "updated_at": wire.stamp(income["updated_us"]),
        "userid": None,
        "vis_state": income["vis_state"],
    }


# --- journals -----------------------------------------------------------------------------------------
JOURNAL = Fields(
    {
        "name": text,
        "description": text,
        "currency_code": text,
        "user_entered_date": day,
        "date": day,
        "details": objects,
    },
    frozenset({"id", "entryid"}),
)


def make_journal(books: Business, body: Content) -> Content:
    told = read(books, JOURNAL, body)
    when = books.switch("journal_date")
    for name in ("name", when, "details"):
        if not told.get(name):
            raise required(name)
    details = []
    for one in told["details"]:
        account = books.find("accounts", one.get("sub_accountid"))
        if account is None or not account["parent"]:
            raise missing("sub_account", "sub_accountid", one.get("sub_accountid"))
        sides = {
            name: f"{wire.decimal(number(one[name], name)):.2f}" if one.get(name) else None
            for name in ("debit", "credit")
        }
        details.append({"sub_accountid": account["id"], **sides, "detailid": books.next_of("d")})
    sums = [
        sum((wire.decimal(one[side] or 0) for one in details), Decimal(0))
        for side in ("debit", "credit")
    ]
    if len(details) < 2 or sums[0] != sums[1] or not sums[0]:
        raise Refused(1040, "Debits and credits must be equal.", "details", sums[0])
    kept = {
        "name": told["name"],
        "description": told.get("description") or "",
        "currency_code": told.get("currency_code") or books.base,
        "user_entered_date": told[when],
        "details": details,
    }
    return posted(books, "journal_entries", books.add("journal_entries", kept))


def journal_answer(books: Business, journal: Content, includes: set[str]) -> Content:
    return {
        "currency_code": journal["currency_code"],
        "description": journal["description"],
        "details": [detail_answer(journal, one) for one in journal["details"]],
        "entryid": journal["id"],
        "id": journal["id"],
        "name": journal["name"],
        "user_entered_date": journal["user_entered_date"],
    }


def detail_answer(journal: Content, detail: Content) -> Content:
    return {
        "categoryid": None,
        "credit": detail["credit"],
        "currency_code": journal["currency_code"],
        "debit": detail["debit"],
        "description": journal["description"],
        "detailid": detail["detailid"],
        "id": detail["detailid"],
        "name": journal["name"],
        "sub_accountid": detail["sub_accountid"],
        "user_entered_date": journal["user_entered_date"],
    }


def account_answer(books: Business, account: Content, includes: set[str]) -> Content:
    """A parent account of the older kind, its sub-accounts in it; its balance is theirs."""
    sums = ledger.balances(books, books.base)
    below = charts.subs(books, account)
    stamp = wire.stamp(account["created_us"])
    kind = charts.type_of(books, account)

    def balance(*accounts: Content) -> str:
        cents = sum(sums.get(one["id"], 0) for one in accounts)
        sign = 1 if kind in ("asset", "expense") else -1
        return f"{Decimal(sign * cents).scaleb(-2):f}" if cents else "0"

    return {
        "account_name": account["name"],
        "account_number": account["number"],
        "account_type": kind,
        "accountid": account["id"],
        "balance": balance(*below),
        "created_at": stamp,
        "currency_code": books.base,
        "id": account["id"],
        "sub_accounts": [
            {
                "account_sub_name": one["name"],
                "account_sub_number": one["number"],
                "account_type": kind,
                "balance": balance(one),
                "created_at": wire.stamp(one["created_us"]),
                "currency_code": books.base,
                "custom": bool(one.get("custom", False)),
                "id": one["id"],
                "parentid": account["id"],
                "sub_accountid": one["id"],
                "transaction_posted": one["id"] in sums,
            }
            for one in below
        ],
    }
