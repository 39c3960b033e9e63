"""Debits and credits behind every object, worked out anew on change.

An entry is `[sub-account, day, cents, currency]`: a debit is above nought. Each object's entries are
in one currency; FreshBooks has no rates.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from . import charts, wire
from .store import Business, Content
from .taxing import totals

Entry = list[object]
DELETED = 1
DRAFT = 1


def counts(invoice: Content) -> bool:
    """Drafts and deleted ones are in no report."""
    return bool(invoice["vis_state"] != DELETED and invoice["status"] != DRAFT)


def credit_counts(credit: Content) -> bool:
    return bool(credit["vis_state"] != DELETED and credit["status"] != "draft")


def credits_account(books: Business) -> int:
    """Where a credit stands that is not spent."""
    return charts.system(
        books, "receivable" if books.switch("credits_on") == "receivable" else "deposits"
    )


def sale(books: Business, document: Content, first: int, sign: int, day: str) -> list[Entry]:
    """A total on one account against its income and its taxes."""
    code = document["currency_code"]
    sums = totals(books, document)
    out: list[Entry] = [
        [first, day, sign * wire.cents(sums.total), code],
        [charts.system(books, "sales"), day, -sign * wire.cents(sums.net), code],
    ]
    for (name, _), (_, tax) in sums.taxes.items():
        if tax:
            account = charts.tax_account(books, name)
            out.append([account, day, -sign * wire.cents(tax), code])
    return [one for one in out if one[2]]


def invoice_entries(books: Business, invoice: Content) -> list[Entry]:
    if not counts(invoice):
        return []
    return sale(books, invoice, charts.system(books, "receivable"), 1, invoice["create_date"])


def credit_entries(books: Business, credit: Content) -> list[Entry]:
    """Goodwill takes a sale back; a prepayment and an overpayment are money that came in."""
    if not credit_counts(credit):
        return []
    account, day = credits_account(books), credit["create_date"]
    as_sale = books.switch("prepayment_lines") == "sale"
    if credit["credit_type"] == "goodwill" or (credit["credit_type"] == "prepayment" and as_sale):
        return sale(books, credit, account, -1, day)
    cents, code = wire.cents(wire.decimal(credit["amount"])), credit["currency_code"]
    return [[charts.system(books, "cash"), day, cents, code], [account, day, -cents, code]]


def payment_entries(books: Business, payment: Content) -> list[Entry]:
    """Money on a draft, or on what is deleted, stands with the deposits until the invoice counts."""
    if payment["vis_state"] == DELETED or not payment.get("invoiceid"):
        return []
    invoice = books.objects["invoices"][payment["invoiceid"]]
    day, cents = payment["date"], wire.cents(wire.decimal(payment["amount"]))
    to = charts.system(books, "receivable" if counts(invoice) else "deposits")
    source = credits_account(books) if payment["from_credit"] else charts.system(books, "cash")
    if source == to or not cents:
        return []
    return [[source, day, cents, payment["code"]], [to, day, -cents, payment["code"]]]


def expense_entries(books: Business, expense: Content) -> list[Entry]:
    """The amount includes its taxes, which are taken back from what was collected."""
    if expense["vis_state"] == DELETED:
        return []
    day, code = expense["date"], expense["code"]
    whole = wire.cents(wire.decimal(expense["amount"]))
    category = books.objects["categories"][expense["categoryid"]]
    out: list[Entry] = [[charts.system(books, "cash"), day, -whole, code]]
    for which in ("1", "2"):
        tax = wire.cents(wire.decimal(expense.get(f"taxAmount{which}") or 0))
        if tax:
            name = expense.get(f"taxName{which}") or "Sales Tax"
            out.append([charts.tax_account(books, name), day, tax, code])
            whole -= tax
    return [*out, [category["account"], day, whole, code]]


def income_entries(books: Business, income: Content) -> list[Entry]:
    """Other income includes its taxes, each a percentage of what is left without them."""
    if income["vis_state"] == DELETED:
        return []
    day, code = income["date"], income["code"]
    whole = wire.cents(wire.decimal(income["amount"]))
    out: list[Entry] = [[charts.system(books, "cash"), day, whole, code]]
    rates = [(one["name"], wire.decimal(one["amount"])) for one in income["taxes"]]
    net = Decimal(whole) / (1 + sum((rate for _, rate in rates), wire.ZERO) / 100)
    for name, rate in rates:
        tax = int((net * rate / 100).quantize(Decimal(1), wire.ROUNDINGS["up"]))
        out.append([charts.tax_account(books, name), day, -tax, code])
        whole -= tax
    return [*out, [charts.system(books, "other income"), day, -whole, code]]


def journal_entries(books: Business, journal: Content) -> list[Entry]:
    day, code = journal["user_entered_date"], journal["currency_code"]
    return [
        [
            one["sub_accountid"],
            day,
            wire.cents(wire.decimal(one["debit"] or 0) - wire.decimal(one["credit"] or 0)),
            code,
        ]
        for one in journal["details"]
    ]


ENTRIES: dict[str, Callable[[Business, Content], list[Entry]]] = {
    "invoices": invoice_entries,
    "credit_notes": credit_entries,
    "payments": payment_entries,
    "expenses": expense_entries,
    "other_incomes": income_entries,
    "journal_entries": journal_entries,
}


def post(books: Business, kind: str, content: Content) -> None:
    """Work out an object's entries; of an invoice, those of its payments as well."""
    content["entries"] = ENTRIES[kind](books, content)
    if kind == "invoices":
        for payment in books.by("payments", "invoiceid", content["id"]):
            other = books.edit("payments", payment["id"], touch=False)
            other["entries"] = payment_entries(books, other)


# --- sums --------------------------------------------------------------------------------------
def entries(books: Business, code: str | None = None) -> Iterator[tuple[int, str, int]]:
    """(sub-account, day, cents) of one currency; of all of them, in the business's own, if told so.

    What an object's entries are worth in the business's currency balances to the cent: what is over
    falls on its largest.
    """
    converted = books.switch("foreign_in_reports") == "converted" and code == books.base
    for kind in ENTRIES:
        for content in books.all(kind):
            found = content["entries"]
            if not found:
                continue
            own = found[0][3]
            if code is None or own == code:
                yield from ((account, day, cents) for account, day, cents, _ in found)
            elif converted:
                rate = Decimal(books.settings["rates"].get(own, "1"))
                worth = [
                    int((cents * rate).quantize(Decimal(1), wire.ROUNDINGS["up"]))
                    for _, _, cents, _ in found
                ]
                largest = max(range(len(worth)), key=lambda at, worth=worth: abs(worth[at]))  # type: ignore[misc] # of this round
                worth[largest] -= sum(worth)
                yield from (
                    (entry[0], entry[1], cents) for entry, cents in zip(found, worth, strict=True)
                )


def balances(
    books: Business, code: str | None = None, until: str = "9999-12-31", since: str = ""
) -> dict[int, int]:
    """What stands on each sub-account, of entries dated within the two days, both included."""
    out: dict[int, int] = {}
    for account, day, cents in entries(books, code):
        if since <= day <= until:
            out[account] = out.get(account, 0) + cents
    return {account: cents for account, cents in out.items() if cents}
