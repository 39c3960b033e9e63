"""Reports in Xero's shape of rows: trial balance, balance sheet, aged by contact, tax."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

from . import ledger, wire
from .applying import applications
from .charts import CLASSES
from .refusals import bad_query, not_found
from .store import Content, Organisation
from .wire import ZERO

Params = dict[str, str]
SECTIONS = (
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
)


def day_asked(org: Organisation, params: Params, name: str = "date") -> date:
    if not params.get(name):
        return org.today
    try:
        return date.fromisoformat(params[name][:10])
    except ValueError:
        raise bad_query(f"{name} is not a date") from None


def cell(value: str | Decimal, attribute: tuple[str, str] | None = None) -> Content:
    shown = value if isinstance(value, str) else f"{value + ZERO:.2f}"
    out: Content = {"Value": shown}
    if attribute:
        out["Attributes"] = [{"Value": attribute[1], "Id": attribute[0]}]
    return out


def row(
    values: list[str | Decimal], attribute: tuple[str, str] | None = None, kind: str = "Row"
) -> Content:
    return {"RowType": kind, "Cells": [cell(one, attribute) for one in values]}


def section(title: str, rows: list[Content]) -> Content:
    return {"RowType": "Section", "Title": title, "Rows": rows}


def long_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def report(
    org: Organisation, name: str, kind: str, titles: list[str], rows: list[Content], ident: str = ""
) -> Content:
    return {
        "ReportID": ident or kind,
        "ReportName": name,
        "ReportType": kind,
        "ReportTitles": titles,
        "ReportDate": long_date(org.today),
        "UpdatedDateUTC": wire.bare(org.now),
        "Fields": [],
        "Rows": rows,
    }


def amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def year_start(org: Organisation, day: date) -> date:
    """The first day of the financial year that a day lies in."""
    month, last = org.settings["year_end_month"], org.settings["year_end_day"]

    def end(year: int) -> date:
        return date(year, month, min(last, monthrange(year, month)[1]))

    return (end(day.year) if end(day.year) < day else end(day.year - 1)) + timedelta(days=1)


# --- trial balance -----------------------------------------------------------------------------------
def standing(org: Organisation, day: date) -> dict[str, int]:
    """Balances as of a day: income of earlier financial years stands in Retained Earnings."""
    first = year_start(org, day)
    out = ledger.balances(org, until=day.isoformat())
    before = ledger.balances(org, until=(first - timedelta(days=1)).isoformat())
    kept = org.system("RETAINEDEARNINGS")
    for account, cents in before.items():
        if class_of(org, account) in ("REVENUE", "EXPENSE"):
            out[account] = out.get(account, 0) - cents
            out[kept] = out.get(kept, 0) + cents
    return {account: cents for account, cents in out.items() if cents}


def class_of(org: Organisation, account: str) -> str:
    return CLASSES[org.objects["Accounts"][account]["type"]]


def label(org: Organisation, account: str) -> str:
    found = org.objects["Accounts"][account]
    return f"{found['name']} ({found['code']})" if found.get("code") else str(found["name"])


def trial_balance(org: Organisation, params: Params) -> Content:
    """As of a day: the month's movement is not told apart, both pairs of columns are year to date."""
    day = day_asked(org, params)
    if params.get("paymentsonly", "").lower() == "true":
        raise bad_query("The cash basis is not simulated.")
    balances = standing(org, day)
    month = ledger.balances(org, until=day.isoformat(), since=day.replace(day=1).isoformat())
    rows: list[Content] = [
        row(["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"], kind="Header")
    ]
    for title, wanted in SECTIONS:
        of_class = [one for one in balances if class_of(org, one) == wanted]
        shown = [
            row(
                [label(org, one), *sides(month.get(one, 0)), *sides(balances[one])],
                ("account", one),
            )
            for one in sorted(of_class, key=lambda one: label(org, one))
        ]
        if shown:
            rows.append(section(title, shown))
    totals: list[str | Decimal] = ["Total"]
    for source in ({one: month.get(one, 0) for one in balances}, balances):
        totals.append(amount(sum(cents for cents in source.values() if cents > 0)))
        totals.append(amount(-sum(cents for cents in source.values() if cents < 0)))
    rows.append(section("", [row(totals, kind="SummaryRow")]))
    titles = ["Trial Balance", org.name, f"As at {long_date(day)}"]
    return report(org, "Trial Balance", "TrialBalance", titles, rows)


def sides(cents: int) -> list[str | Decimal]:
    if cents >= 0:
        return [amount(cents), ""]
    return ["", amount(-cents)]


# --- balance sheet ------------------------------------------------------------------------------------
def balance_sheet(org: Organisation, params: Params) -> Content:
    """Seen: as at the end of the month that the day lies in; a switch takes the day itself."""
    day = day_asked(org, params)
    if org.switch("balance_sheet_day") == "month_end":
        day = day.replace(day=monthrange(day.year, day.month)[1])
    balances = standing(org, day)
    earned = -sum(
        cents for one, cents in balances.items() if class_of(org, one) in ("REVENUE", "EXPENSE")
    )
    groups = (
        ("Bank", "ASSET", ("BANK",)),
        ("Current Assets", "ASSET", ("CURRENT", "INVENTORY", "PREPAYMENT")),
        ("Fixed Assets", "ASSET", ("FIXED",)),
        ("Non-current Assets", "ASSET", ("NONCURRENT",)),
        ("Current Liabilities", "LIABILITY", ("CURRLIAB", "LIABILITY", "PAYG")),
        ("Non-Current Liabilities", "LIABILITY", ("TERMLIAB",)),
        ("Equity", "EQUITY", ("EQUITY",)),
    )
    shown_day = f"{day.day} {day:%b %Y}"
    rows: list[Content] = [row(["", shown_day], kind="Header")]
    totals = {"ASSET": 0, "LIABILITY": 0, "EQUITY": 0}
    for title, group, types in groups:
        sign = 1 if group == "ASSET" else -1
        lines = []
        total = 0
        for one in sorted(balances, key=lambda each: label(org, each)):
            if org.objects["Accounts"][one]["type"] in types:
                total += sign * balances[one]
                name = org.objects["Accounts"][one]["name"]
                lines.append(row([name, amount(sign * balances[one])], ("account", one)))
        if group == "EQUITY" and earned:
            total += earned
            lines.append(row(["Current Year Earnings", amount(earned)]))
        totals[group] += total
        if lines:
            lines.append(row([f"Total {title}", amount(total)], kind="SummaryRow"))
            rows.append(section(title, lines))
    for title, cents in (
        ("Total Assets", totals["ASSET"]),
        ("Total Liabilities", totals["LIABILITY"]),
        ("Net Assets", totals["ASSET"] - totals["LIABILITY"]),
    ):
        rows.append(section("", [row([title, amount(cents)])]))
    titles = ["Balance Sheet", org.name, f"As at {long_date(day)}"]
    return report(org, "Balance Sheet", "BalanceSheet", titles, rows)


# --- aged by contact ------------------------------------------------------------------------------------
def as_of(org: Organisation, document: Content, day: str) -> tuple[Decimal, Decimal, Decimal]:
    """Total, paid and credited of a document by the end of a day; one of later has no total yet."""
    paid = credited = ZERO
    for kind, one in applications(org, document):
        if one["date"] <= day:
            if kind == "Payments":
                paid += one["amount"]
            else:
                credited += one["amount"]
    return document["total"] if document["date"] <= day else ZERO, paid, credited


def documents_of(org: Organisation, contact: str, *, sale: bool) -> list[tuple[str, Content]]:
    """What stands on a contact's account: invoices, and credits with a minus.

    Money may come before the date of what it pays: until then it stands with a minus, as it does on
    the receivable.
    """
    kinds = ("Invoices", "CreditNotes", "Overpayments")
    return [
        (kind, one)
        for kind in kinds
        for one in org.by(kind, "contact", contact)
        if one["status"] in ledger.LIVE and (one["type"] in ledger.RECEIVABLE) == sale
    ]


def owed_by(org: Organisation, contact: str, *, sale: bool) -> tuple[Decimal, Decimal]:
    """Outstanding and overdue today, base currency."""
    day = org.today.isoformat()
    outstanding = overdue = ZERO
    for kind, one in documents_of(org, contact, sale=sale):
        total, paid, credited = as_of(org, one, day)
        left = wire.cents((total - paid - credited) / one["rate"])
        signed = left if kind == "Invoices" else -left
        outstanding += signed
        if kind == "Invoices" and (one.get("due") or one["date"]) < day:
            overdue += left
    return outstanding, overdue


def aged(org: Organisation, params: Params, *, sale: bool) -> Content:
    contact = org.find("Contacts", params.get("contactid", ""))
    if contact is None:
        raise not_found()
    day = day_asked(org, params).isoformat()
    name = "Aged Receivables By Contact" if sale else "Aged Payables By Contact"
    heads: list[str | Decimal] = [
        "Date",
        "Number",
        "Due Date",
        "",
        "Total",
        "Paid",
        "Credited",
        "Due",
    ]
    rows: list[Content] = [row(heads, kind="Header")]
    lines, sums = [], [ZERO, ZERO, ZERO, ZERO]
    found = documents_of(org, contact["id"], sale=sale)
    for kind, one in sorted(found, key=lambda each: (each[1]["date"], each[1]["made"])):
        total, paid, credited = as_of(org, one, day)
        left = total - paid - credited
        if not left:
            continue
        sign = 1 if kind == "Invoices" else -1
        figures = [sign * value for value in (total, paid, credited, left)]
        sums = [
            summed + wire.cents(value / one["rate"])
            for summed, value in zip(sums, figures, strict=True)
        ]
        late = late_words(one, day) if kind == "Invoices" else ""
        due = wire.text_date(one["due"]) if one.get("due") else ""
        head: list[str | Decimal] = [wire.text_date(one["date"]), one["number"], due, late]
        lines.append(row([*head, *figures], ("invoiceID", one["id"])))
    if lines:
        lines.append(row(["Total", "", "", "", *sums], kind="SummaryRow"))
        rows.append(section("", lines))
    rows.append(section("", [row(["Closing Balance", "", "", "", *sums], kind="SummaryRow")]))
    shown = long_date(date.fromisoformat(day))
    titles = ["Invoices", contact["name"], f"To {shown}", f"Showing payments to {shown}"]
    kind = "AgedReceivablesByContact" if sale else "AgedPayablesByContact"
    return report(org, name, kind, titles, rows)


def late_words(document: Content, day: str) -> str:
    due = document.get("due")
    if not due or due >= day:
        return ""
    days = (date.fromisoformat(day) - date.fromisoformat(due)).days
    return f"{days} days overdue"


# --- tax ---------------------------------------------------------------------------------------------------
def tax_summary(org: Organisation, first: str, last: str) -> list[Content]:
    """Net and tax of approved documents and bank money by tax rate, base currency."""
    sums: dict[str, list[Decimal]] = {}
    for kind in ("Invoices", "CreditNotes", "BankTransactions"):
        for one in org.all(kind):
            if one["status"] not in ledger.LIVE or not first <= one["date"] <= last:
                continue
            sign = -1 if one["type"] in ("ACCRECCREDIT", "ACCPAYCREDIT") else 1
            for line in one["lines"]:
                if "amount" in line and not one["type"].endswith("-OVERPAYMENT"):
                    both = sums.setdefault(line["tax_type"], [ZERO, ZERO])
                    net = ledger.net_of(line, one["amounts"])
                    both[0] += wire.cents(sign * net / one["rate"])
                    both[1] += wire.cents(sign * line["tax"] / one["rate"])
    names = {one["type"]: one["name"] for one in org.all("TaxRates")}
    return [
        row([names.get(kind, kind), net, tax], ("taxType", kind))
        for kind, (net, tax) in sorted(sums.items())
    ]


def publish_tax(org: Organisation, first: str, last: str) -> Content:
    """What a person does before a tax return can be read by the API (AU and NZ)."""
    kind = "BASReport" if org.switch("version") == "AU" else "GSTReport"
    heads: list[str | Decimal] = ["Tax Rate", "Net", "Tax"]
    rows = [row(heads, kind="Header"), section("", tax_summary(org, first, last))]
    days = [long_date(date.fromisoformat(one)) for one in (first, last)]
    made = report(
        org, "GST Report", kind, [org.name, f"{days[0]} to {days[1]}"], rows, str(uuid4())
    )
    return org.add("TaxReturns", {"report": made})


def published(org: Organisation) -> list[Content]:
    return [
        {name: value for name, value in one["report"].items() if name != "Rows"}
        for one in org.all("TaxReturns")
    ]


def one_published(org: Organisation, identity: str) -> Content:
    for one in org.all("TaxReturns"):
        if one["report"]["ReportID"] == identity:
            return dict(one["report"])
    raise not_found()


REPORTS: dict[str, Callable[[Organisation, Params], Content]] = {
    "trialbalance": trial_balance,
    "balancesheet": balance_sheet,
    "agedreceivablesbycontact": lambda org, params: aged(org, params, sale=True),
    "agedpayablesbycontact": lambda org, params: aged(org, params, sale=False),
}


def run(org: Organisation, name: str, params: Params) -> Content:
    found = REPORTS.get(name.lower())
    if found is None:
        return one_published(org, name)
    return found(org, params)
