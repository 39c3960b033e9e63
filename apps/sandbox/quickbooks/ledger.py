"""From what a request changed to the rows of the ledger: whose postings change, and at which rates."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from ..models import Company, Posting, StoredObject
from .currencies import home_cents
from .filing import Content, Filed, filed
from .links import LINK_KINDS, Target, applications, is_charge
from .posting import ControlAccounts, postings, rate_of
from .wire import cents

ACCOUNT_OF_DIFFERENCES = "ExchangeGainOrLoss"


class Journal(Protocol):
    """What the ledger reads of one request's work on a company's books, and where it opens accounts."""

    company: Company
    control: ControlAccounts
    multicurrency: bool
    kept: dict[tuple[str, int], StoredObject]
    cache: dict[tuple[str, int], StoredObject | None]

    def find(self, kind: str, identity: int) -> StoredObject | None: ...

    def everything(self, kind: str) -> list[StoredObject]: ...

    def currency(self, code: str = "") -> dict[str, str]: ...

    def add(self, kind: Filed, content: Content) -> StoredObject: ...


def post(book: Journal) -> None:
    """Replace the rows of every transaction that this request changed."""
    changed = {one.object_id: one for one in book.kept.values() if filed(one.kind).is_transaction}
    if book.multicurrency:
        changed |= paid_at_other_rates(book, list(changed.values()))
    old = [one.object_id for one in changed.values() if one.sync_token > 0 or one.pk]
    if old:
        Posting.objects.filter(realm=book.company.realm, txn__in=old).delete()
    control = control_accounts(book, list(changed.values()))
    rows = [
        Posting(
            realm=book.company.realm,
            txn=one.object_id,
            account=account,
            cents=amount,
            txn_date=one.txn_date,
        )
        for one in changed.values()
        if not one.deleted and one.txn_date is not None
        for account, amount in postings(one.kind, one.content, control, settled(book, one)).items()
    ]
    Posting.objects.bulk_create(rows)


def control_accounts(book: Journal, changed: list[StoredObject]) -> ControlAccounts:
    """The accounts that postings need, looked up only as far as these documents ask for them."""
    control = book.control
    if any(one.content.get("TxnTaxDetail", {}).get("TaxLine") for one in changed):
        control = replace(control, tax_payable=tax_payable(book))
    if book.multicurrency:
        receivables = {
            code: account
            for code, account in receivable_accounts(book).items()
            if code != book.company.home_currency
        }
        control = replace(
            control,
            foreign_receivables=receivables,
            exchange_difference=account_of_differences(book),
        )
    return control


def tax_payable(book: Journal) -> dict[str, int]:
    """Tax rate -> the account of its agency."""
    agencies = {
        str(one.object_id): int(one.content["TaxTrackedOnSalesAccountRef"]["value"])
        for one in book.everything("TaxAgency")
    }
    return {
        str(one.object_id): agencies[one.content["AgencyRef"]["value"]]
        for one in book.everything("TaxRate")
    }


def receivable_accounts(book: Journal) -> dict[str, int]:
    """Currency -> the account its customers' debts stand on."""
    out = {
        one.content["CurrencyRef"]["value"]: one.object_id
        for one in book.everything("Account")
        if one.content["AccountType"] == "Accounts Receivable"
    }
    return out | {book.company.home_currency: book.control.receivable}


def is_receivable(book: Journal, account: str) -> bool:
    if not book.multicurrency:
        return account == str(book.control.receivable)
    return int(account) in receivable_accounts(book).values()


def account_of_differences(book: Journal) -> int:
    for one in book.everything("Account"):
        if one.content["AccountSubType"] == ACCOUNT_OF_DIFFERENCES:
            return one.object_id
    return 0


def system_account(
    book: Journal, name: str, kind: str, sub_type: str, classification: str, code: str
) -> int:
    """An account that the service opens by itself, staged with what needed it."""
    content: Content = {
        "Name": name,
        "FullyQualifiedName": name,
        "Active": True,
        "AccountType": kind,
        "AccountSubType": sub_type,
        "Classification": classification,
        "SubAccount": False,
        "CurrencyRef": book.currency(code),
        "CurrentBalance": 0,
        "CurrentBalanceWithSubAccounts": 0,
    }
    return book.add(filed("Account"), content).object_id


def open_currency(book: Journal, code: str) -> None:
    """What a currency needs before its first customer: a receivable and the account of differences."""
    if code not in receivable_accounts(book):
        name = f"Accounts Receivable (A/R) - {code}"
        system_account(book, name, "Accounts Receivable", "AccountsReceivable", "Asset", code)
    if not account_of_differences(book):
        home = book.company.home_currency
        system_account(
            book, "Exchange Gain or Loss", "Other Expense", ACCOUNT_OF_DIFFERENCES, "Expense", home
        )


# --- rates of others -----------------------------------------------------------------------------
def paid_at_other_rates(book: Journal, changed: list[StoredObject]) -> dict[int, StoredObject]:
    """Payments of foreign documents that changed: each share of a payment depends on the others."""
    out = {}
    for one in changed:
        if rate_of(one.content) == 1 and not had_a_rate(book, one):
            continue
        for link in one.content.get("LinkedTxn", ()):
            kind = LINK_KINDS.get(link["TxnType"], link["TxnType"])
            if kind in ("Payment", "Deposit"):
                found = book.find(kind, int(link["TxnId"]))
                if found is not None and not found.deleted:
                    out[found.object_id] = found
    return out


def had_a_rate(book: Journal, one: StoredObject) -> bool:
    before = book.cache.get((one.kind, one.object_id))
    return before is not None and rate_of(before.content) != 1


def settled(book: Journal, one: StoredObject) -> int | None:
    """What a payment or deposit takes off others, at the rates these were booked at."""
    if not book.multicurrency:
        return None
    if one.kind == "Payment":
        return sum(share(book, one, *part) for part in applications(one.content).items())
    if one.kind == "Deposit":
        return sum(deposited(book, link, line) for line, link in deposit_links(one.content))
    return None


def share(book: Journal, payment: StoredObject, target: Target, amount: int) -> int:
    """The home cents of a target that this payment pays; all its payments make its whole home total."""
    found = book.find(*target)
    if found is None:
        return 0
    before = 0
    for link in found.content.get("LinkedTxn", ()):
        other = book.find("Payment", int(link["TxnId"])) if link["TxnType"] == "Payment" else None
        if other is not None and other.object_id < payment.object_id and not other.deleted:
            before += applications(other.content).get(target, 0)
    rate = rate_of(found.content)
    if "HomeBalance" in found.content:
        # What is left of a sale is worth its HomeBalance, to the cent.
        deposit = cents(found.content.get("Deposit", 0))
        rest = cents(found.content["TotalAmt"]) - deposit - before
        part = home_cents(rest, rate) - home_cents(rest - amount, rate)
    else:
        part = home_cents(before + amount, rate) - home_cents(before, rate)
    return part if is_charge(found) else -part


def deposit_links(content: Content) -> list[tuple[Content, Content]]:
    return [(line, link) for line in content["Line"] for link in line.get("LinkedTxn", ())]


def deposited(book: Journal, link: dict[str, Any], line: Content) -> int:
    found = book.find(link["TxnType"], int(link["TxnId"]))
    rate = rate_of(found.content) if found is not None else Decimal(1)
    return home_cents(cents(line["Amount"]), rate)
