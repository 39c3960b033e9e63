"""Debits and credits behind every object, in cents of the base currency, worked out anew on change.

An entry is `[account, day, cents]`: a debit is above nought.
"""

from decimal import Decimal

from . import wire
from .store import Content, Organisation
from .taxing import net_of
from .wire import ZERO

Entry = list[object]
LIVE = ("AUTHORISED", "PAID")
# How a document's total stands on its control account: an invoice is owed to us, a bill by us.
SIGNS = {
    "ACCREC": 1,
    "ACCRECCREDIT": -1,
    "ACCPAY": -1,
    "ACCPAYCREDIT": 1,
    "RECEIVE-OVERPAYMENT": -1,
    "SPEND-OVERPAYMENT": 1,
    "RECEIVE-PREPAYMENT": -1,
    "SPEND-PREPAYMENT": 1,
}
RECEIVABLE = ("ACCREC", "ACCRECCREDIT", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT")
DOCUMENTS = ("Invoices", "CreditNotes", "Overpayments", "Prepayments")


def base_cents(amount: Decimal, rate: Decimal) -> int:
    """Cents of the base currency: a rate is foreign units per unit of it."""
    return int((amount / rate).quantize(wire.CENT, wire.ROUNDINGS["up"]).scaleb(2))


def control(org: Organisation, document: Content) -> str:
    return org.system("DEBTORS" if document["type"] in RECEIVABLE else "CREDITORS")


def spread(
    org: Organisation,
    document: Content,
    whole: int,
    *,
    sign: int,
    span: tuple[Decimal, Decimal] = (ZERO, Decimal(1)),
) -> list[Entry]:
    """The other side of a document: its lines' accounts and its tax, together `whole` base cents.

    `span` takes a part of the document, from one share of it to another (a prepayment that is
    applied bit by bit); all parts make the whole, to the cent.
    """

    def within(amount: Decimal) -> int:
        first, last = (base_cents(amount * share, document["rate"]) for share in span)
        return last - first

    parts: dict[str, int] = {}
    for line in document["lines"]:
        net = net_of(line, document["amounts"])
        account = line.get("account")
        if net and account:
            parts[account] = parts.get(account, 0) + within(net)
    tax = within(document["tax"])
    if tax:
        account = org.system("GST")
        parts[account] = parts.get(account, 0) + tax
    missing = whole - sum(parts.values())
    if missing:
        largest = max(parts, key=lambda one: abs(parts[one]), default="")
        to_largest = org.switch("base_rounding") == "largest_line" and largest
        account = largest if to_largest else org.system("ROUNDING")
        parts[account] = parts.get(account, 0) + missing
    return [[account, document["date"], sign * amount] for account, amount in parts.items()]


def post(org: Organisation, kind: str, content: Content) -> None:
    """Work out an object's entries; those of what is applied to it as well."""
    content["entries"] = ENTRIES[kind](org, content) if kind in ENTRIES else []
    if kind in DOCUMENTS:
        repost_applied(org, content)


def repost_applied(org: Organisation, document: Content) -> None:
    """What each application takes off a document in base currency depends on those before it."""
    for kind, identity in document["applied"]:
        other = org.edit(kind, identity, touch=False)
        other["entries"] = ENTRIES[kind](org, other)


def document_entries(org: Organisation, document: Content) -> list[Entry]:
    if document["status"] not in LIVE:
        return []
    sign = SIGNS[document["type"]]
    whole = base_cents(document["total"], document["rate"])
    first: Entry = [control(org, document), document["date"], sign * whole]
    return [first, *spread(org, document, whole, sign=-sign)]


def bank_entries(org: Organisation, money: Content) -> list[Entry]:
    """Spent and received money; over- and prepayments too: the objects made of them post nothing."""
    if money["status"] != "AUTHORISED":
        return []
    inwards = 1 if money["type"].startswith("RECEIVE") else -1
    whole = base_cents(money["total"], money["rate"])
    bank: Entry = [money["bank"], money["date"], inwards * whole]
    if money["type"].endswith("-OVERPAYMENT"):
        account = control(org, money)
        return [bank, [account, money["date"], -inwards * whole]]
    return [bank, *spread(org, money, whole, sign=-inwards)]


def transfer_entries(org: Organisation, transfer: Content) -> list[Entry]:
    if transfer["status"] != "AUTHORISED":
        return []
    whole = base_cents(transfer["amount"], transfer["rate"])
    return [
        [transfer["from"], transfer["date"], -whole],
        [transfer["to"], transfer["date"], whole],
    ]


def journal_entries(org: Organisation, journal: Content) -> list[Entry]:
    if journal["status"] != "POSTED":
        return []
    out: list[Entry] = []
    for line in journal["lines"]:
        out.append([line["account"], journal["date"], base_cents(line["amount"], Decimal(1))])
    return out


def owner(org: Organisation, target: list[str]) -> Content:
    kind, identity = target
    return org.objects[kind][identity]


def stretch(org: Organisation, document: Content, identity: str) -> tuple[Decimal, Decimal]:
    """From which to which amount of a document one application takes; all of them make its whole."""
    before = ZERO
    for kind, other in document["applied"]:
        amount: Decimal = org.objects[kind][other]["amount"]
        if other == identity:
            return before, before + amount
        before += amount
    return before, before


def released(org: Organisation, document: Content, applied: Content) -> list[Entry]:
    """What an application takes off: of the control account, or of a prepayment's own accounts."""
    sign, day = SIGNS[document["type"]], applied["date"]
    first, last = stretch(org, document, applied["id"])
    part = base_cents(last, document["rate"]) - base_cents(first, document["rate"])
    if document["type"].endswith("-PREPAYMENT"):
        span = (first / document["total"], last / document["total"])
        out = spread(org, document, part, sign=-sign, span=span)
        return [[account, day, amount] for account, _, amount in out]
    return [[control(org, document), day, -sign * part]]


def payment_entries(org: Organisation, payment: Content) -> list[Entry]:
    if payment["status"] != "AUTHORISED":
        return []
    document = owner(org, payment["target"])
    sign = SIGNS[document["type"]]
    money = base_cents(payment["amount"], payment["rate"])
    if payment.get("bank_base") is not None:
        money = payment["bank_base"]
    out: list[Entry] = [[payment["account"], payment["date"], sign * money]]
    out += released(org, document, payment)
    return gained(org, out, payment["date"])


def allocation_entries(org: Organisation, allocation: Content) -> list[Entry]:
    source, invoice = owner(org, allocation["source"]), owner(org, allocation["target"])
    out = released(org, source, allocation) + released(org, invoice, allocation)
    return gained(org, out, allocation["date"])


def gained(org: Organisation, entries: list[Entry], day: str) -> list[Entry]:
    """A difference of rates is a realised gain or loss."""
    difference = sum(int(str(entry[2])) for entry in entries)
    if difference:
        entries.append([org.system("REALISEDCURRENCYGAIN"), day, -difference])
    return entries


ENTRIES = {
    "Invoices": document_entries,
    "CreditNotes": document_entries,
    "BankTransactions": bank_entries,
    "BankTransfers": transfer_entries,
    "ManualJournals": journal_entries,
    "Payments": payment_entries,
    "Allocations": allocation_entries,
}


def balances(
    org: Organisation, until: str | None = None, since: str | None = None
) -> dict[str, int]:
    """What stands on each account, in base cents, of entries dated within the two days."""
    out: dict[str, int] = {}
    for kind in ENTRIES:
        for content in org.all(kind):
            for account, day, amount in content.get("entries", ()):
                if (until is None or day <= until) and (since is None or day >= since):
                    out[account] = out.get(account, 0) + amount
    return {account: amount for account, amount in out.items() if amount}
