"""Reports of the books: trial balance, balance sheet, ageing, taxes, statements.

Keys of the query are flat. Dates inside `search[…]` are ignored, and today alone is answered.
"""

import secrets
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.http import QueryDict

from . import aging, charts, invoices, ledger, wire
from .refusals import Refused
from .store import Business, Content
from .taxing import totals
from .wire import ZERO


def run(books: Business, name: str, query: QueryDict) -> Content:
    rule = REPORTS.get(name)
    if rule is None:
        raise Refused(1012, "Report not found.", "report", name)
    code = query.get("currency_code") or books.base
    told = rule(books, query, code)
    head = {"company_name": books.name, "currency_code": code}
    return {**head, "download_token": secrets.token_hex(20), **told}


def asked_days(books: Business, query: QueryDict) -> tuple[str, str]:
    """From `start_date` to `end_date`, both included; today where nothing was asked."""
    first = day(query, "start_date", books.today)
    last = day(query, "end_date", books.today)
    if first > last and "start_date" not in query:
        first = last
    if first > last:
        raise Refused(1007, "The dates run backwards.", "start_date", first)
    return first, last


def day(query: QueryDict, name: str, default: str) -> str:
    try:
        return date.fromisoformat(query.get(name, default)).isoformat()
    except ValueError:
        raise Refused(1033, f"The field '{name}' must be a date.", name, query[name]) from None


def trial_balance(books: Business, query: QueryDict, code: str) -> Content:
    first, last = asked_days(books, query)
    since = first if books.switch("trial_balance_range") == "period" else ""
    gross = books.switch("trial_balance_sides") == "gross"
    sides: dict[int, list[int]] = {}
    for account, when, cents in ledger.entries(books, code):
        if since <= when <= last:
            row = sides.setdefault(account, [0, 0])
            row[0 if cents > 0 else 1] += abs(cents)
    data = []
    for account, (debit, credit) in sorted(sides.items()):
        if not gross:
            debit, credit = max(debit - credit, 0), max(credit - debit, 0)
        if debit or credit:
            data.append(trial_row(books, account, debit, credit, code))
    data.sort(key=lambda one: (one["account_number"], one["sub_accountid"]))
    return {"start_date": first, "end_date": last, "data": data}


def trial_row(books: Business, account: int, debit: int, credit: int, code: str) -> Content:
    sub = books.objects["accounts"][account]
    parent = books.objects["accounts"][sub["parent"]]
    long = books.switch("trial_balance_sub_number") == "long"
    return {
        "account_name": parent["name"],
        "account_number": parent["number"],
        "account_sub_name": sub["name"],
        "account_sub_number": charts.full_number(books, sub) if long else sub["number"],
        "credit": wire.of_cents(credit, code),
        "debit": wire.of_cents(debit, code),
        "sub_accountid": account,
    }


def balance_sheet(books: Business, query: QueryDict, code: str) -> Content:
    """Balances as of each of `dates[]`; what was earned stands in the equity."""
    days = [day_text(one) for one in query.getlist("dates[]")] or [books.today]
    sums = {one: ledger.balances(books, code, one) for one in days}

    def shown(amounts: list[int]) -> list[Content]:
        return [
            {"date": one, "balance": wire.of_cents(cents, code)}
            for one, cents in zip(days, amounts, strict=True)
        ]

    groups: dict[tuple[str, str], list[Content]] = {}
    totals_of = {"asset": [0] * len(days), "rest": [0] * len(days)}
    for parent in charts.parents(books):
        kind = charts.type_of(books, parent)
        if kind not in ("asset", "liability", "equity"):
            continue
        sign = 1 if kind == "asset" else -1
        below = []
        whole = [0] * len(days)
        for sub in charts.subs(books, parent):
            amounts = [sign * sums[one].get(sub["id"], 0) for one in days]
            if parent["number"] == "3200":
                amounts = [
                    cents + earned(books, sums[one])
                    for one, cents in zip(days, amounts, strict=True)
                ]
            whole = [a + b for a, b in zip(whole, amounts, strict=True)]
            below.append(
                {
                    "sub_account_name": sub["name"],
                    "sub_account_number": sub["number"],
                    "balances": shown(amounts),
                }
            )
        side = totals_of["asset" if kind == "asset" else "rest"]
        side[:] = [a + b for a, b in zip(side, whole, strict=True)]
        groups.setdefault((kind, parent["category"]), []).append(
            {
                "account_name": parent["name"],
                "account_number": parent["number"],
                "balances": shown(whole),
                "sub_accounts": below,
                "amounts": whole,
            }
        )
    data = []
    for (kind, category), accounts in groups.items():
        amounts = [
            sum(column) for column in zip(*(one.pop("amounts") for one in accounts), strict=True)
        ]
        told = {"account_type": kind, "category": category, "balances": shown(amounts)}
        data.append({**told, "accounts": accounts})
    return {
        "assets_total": shown(totals_of["asset"]),
        "liabilities_and_equity_total": shown(totals_of["rest"]),
        "data": data,
        "dates": days,
    }


def day_text(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused(1033, "The field 'dates' must be a date.", "dates", text) from None


def earned(books: Business, sums: dict[int, int]) -> int:
    """Income less expenses: nothing is closed here."""
    return -sum(
        cents
        for account, cents in sums.items()
        if books.objects["accounts"][account]["type"] in ("income", "expense")
    )


def accounts_aging(books: Business, query: QueryDict, code: str) -> Content:
    as_of = day(query, "end_date", books.today)
    if books.switch("aging_day") == "today":
        as_of = books.today
    return aging.report(books, as_of, code)


def taxsummary(books: Business, query: QueryDict, code: str) -> Content:
    """Collected on sales less credits, and paid with expenses; by the day of the document, or of
    the money where `cash_based`."""
    first, last = asked_days(books, query)
    cash = query.get("cash_based", "false").lower() == "true"
    found: dict[str, dict[str, Decimal]] = {}
    invoiced = ZERO

    def add(name: str, side: str, on: Decimal, tax: Decimal) -> None:
        row = found.setdefault(name, dict.fromkeys(("on_c", "collected", "on_p", "paid"), ZERO))
        row["on_c" if side == "collected" else "on_p"] += on
        row[side] += tax

    for document, sign, share in shares(books, code, first, last, cash=cash):
        sums = totals(books, document)
        invoiced += sign * share * sums.total
        for (name, _), (on, tax) in sums.taxes.items():
            add(name, "collected", sign * share * on, sign * share * tax)
    for expense in books.all("expenses"):
        if (
            expense["vis_state"] != 1
            and expense["code"] == code
            and first <= expense["date"] <= last
        ):
            taxes = {
                which: wire.decimal(expense.get(f"taxAmount{which}") or 0) for which in ("1", "2")
            }
            for which, tax in taxes.items():
                if tax:
                    name = expense.get(f"taxName{which}") or "Sales Tax"
                    add(name, "paid", wire.decimal(expense["amount"]) - sum(taxes.values()), tax)
    return {
        "start_date": first,
        "end_date": last,
        "cash_based": cash,
        "total_invoiced": wire.money(invoiced, code),
        "taxes": [tax_row(name, row, code) for name, row in sorted(found.items())],
    }


def shares(
    books: Business, code: str, first: str, last: str, *, cash: bool
) -> list[tuple[Content, int, Decimal]]:
    """(document, sign, which part of it falls into the days)."""
    out: list[tuple[Content, int, Decimal]] = []
    for invoice in books.all("invoices"):
        if not ledger.counts(invoice) or invoice["currency_code"] != code:
            continue
        if not cash:
            if first <= invoice["create_date"] <= last:
                out.append((invoice, 1, Decimal(1)))
            continue
        whole = wire.decimal(invoice["amount"])
        paid = sum(
            (
                wire.decimal(one["amount"])
                for one in invoices.payments_of(books, invoice)
                if first <= one["date"] <= last and not one["from_credit"]
            ),
            ZERO,
        )
        if whole and paid:
            out.append((invoice, 1, paid / whole))
    if books.switch("tax_summary_credits") == "left_out":
        return out
    for credit in books.all("credit_notes"):
        mine = credit["credit_type"] == "goodwill" and credit["currency_code"] == code
        within = first <= credit["create_date"] <= last
        if mine and within and not cash and ledger.credit_counts(credit):
            out.append((credit, -1, Decimal(1)))
    return out


def tax_row(name: str, row: dict[str, Decimal], code: str) -> Content:
    return {
        "tax_name": name,
        "tax_collected": wire.money(row["collected"], code),
        "tax_paid": wire.money(row["paid"], code),
        "net_tax": wire.money(row["collected"] - row["paid"], code),
        "taxable_amount_collected": wire.money(row["on_c"], code),
        "taxable_amount_paid": wire.money(row["on_p"], code),
        "net_taxable_amount": wire.money(row["on_c"] - row["on_p"], code),
    }


def account_statement(books: Business, query: QueryDict, code: str) -> Content:
    """A client's documents and money in the order of their days, with what was owed before."""
    first, last = asked_days(books, query)
    client = books.find("clients", query.get("clientid", query.get("userid", "")))
    if client is None:
        raise Refused(1012, "Client not found.", "userid", query.get("clientid", ""), "client")
    moves: list[tuple[str, int, str, Content, Decimal]] = []
    for invoice in books.all("invoices"):
        if invoice["customerid"] != client["id"] or invoice["currency_code"] != code:
            continue
        if ledger.counts(invoice):
            total = wire.decimal(invoice["amount"])
            moves.append((invoice["create_date"], invoice["id"], "invoice", invoice, total))
            for one in invoices.payments_of(books, invoice):
                amount = -wire.decimal(one["amount"])
                moves.append((one["date"], one["id"], "payment", one, amount))
    moves.sort(key=lambda one: one[:2])
    before = sum((one[4] for one in moves if one[0] < first), ZERO)
    within = [one for one in moves if first <= one[0] <= last]
    return {
        "clientid": client["id"],
        "start_date": first,
        "end_date": last,
        "opening_balance": wire.money(before, code),
        "closing_balance": wire.money(before + sum((one[4] for one in within), ZERO), code),
        "entries": [
            {
                "date": when,
                "type": kind,
                "id": identity,
                "number": content.get("invoice_number"),
                "amount": wire.money(amount, code),
            }
            for when, identity, kind, content, amount in within
        ],
    }


def invoice_details(books: Business, query: QueryDict, code: str) -> Content:
    """Only its sums: what its rows look like was recorded by nobody."""
    first, last = asked_days(books, query)
    mine = [
        one
        for one in books.all("invoices")
        if ledger.counts(one)
        and one["currency_code"] == code
        and first <= one["create_date"] <= last
    ]
    total = sum((wire.decimal(one["amount"]) for one in mine), ZERO)
    paid = sum((wire.decimal(one["paid"]) for one in mine), ZERO)
    return {
        "clientids": [],
        "clients": [],
        "date_type": "issued",
        "start_date": first,
        "end_date": last,
        "statusids": [],
        "summary": {
            "outstanding": wire.money(total - paid, code),
            "paid": wire.money(paid, code),
            "total": wire.money(total, code),
        },
        "summary_only": True,
    }


REPORTS: dict[str, Callable[[Business, QueryDict, str], Content]] = {
    "trial_balance": trial_balance,
    "balance_sheet": balance_sheet,
    "accounts_aging": accounts_aging,
    "taxsummary": taxsummary,
    "account_statement": account_statement,
    "invoice_details": invoice_details,
}
