"""What a ledger itself has booked of each document, read from its control, and what was foretold of it
in the same words. No connector has a say in the first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import Allocation, BankAccount, Company, Document, PaymentMethod
from apps.connections.lifecycle import refresh_company
from apps.connections.switching import switch
from apps.mappings.choices import set_mapping
from apps.sync.assemble.foretold import foretold
from apps.sync.assemble.foretold_money import Record, foretold_together
from apps.sync.models import RemoteRecord
from apps.sync.wording import called, capital, money
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_method
from tests.freshbooks_twin import FreshBooksTwin
from tests.processes.foretold import Amounts, Told
from tests.processes.foretold_money import told_together
from tests.processes.real_documents import FOREIGN
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

TAX = "tax"  # all accounts of tax together: only the ledger knows which rate stands on which
Key = tuple[str, int]  # kind and pk of ours


@dataclass(frozen=True, kw_only=True)
class Journal:
    """`kinds`: of their objects of a document → our kind."""

    live: Callable[..., Any]
    rows: Callable[[Any], Iterable[tuple[str, str, str, Decimal]]]  # kind, id, account, amount
    kinds: dict[str, str]
    told: Callable[[Any, Document], Told]
    told_money: Callable[[Any, Sequence[Record], Sequence[Allocation]], Told]
    cards: Callable[[Any], tuple[PaymentMethod, BankAccount] | tuple[None, None]]
    objects: dict[str, str] = field(default_factory=dict)  # how a connector calls their kinds
    rounds_by_line: bool = False

    def named_there(self, kind: str) -> str:
        return self.objects.get(kind, kind)

    def objects_booked(self, books: Any) -> dict[tuple[str, str], Amounts]:
        """Debit less credit per account of each object of theirs, home currency."""
        found: dict[tuple[str, str], Amounts] = defaultdict(dict)
        for kind, identity, account, amount in self.rows(books):
            sums = found[kind, identity]
            sums[account] = sums.get(account, Decimal(0)) + amount
        return found

    def journal(self, books: Any) -> dict[Key, Amounts]:
        """Debit less credit per account of each document, home currency."""
        ours = {
            (each.sync_record.kind, each.remote_id): each.sync_record.subject_id
            for each in RemoteRecord.objects.filter(
                sync_record__connection=books.connection, part="", retired=False, gone=False
            ).select_related("sync_record")
        }
        found: dict[Key, Amounts] = {}
        for (kind, identity), sums in self.objects_booked(books).items():
            our_kind = self.kinds.get(kind, "")
            pk = ours.get((our_kind, identity))
            if pk is not None:
                found[our_kind, pk] = {name: amount for name, amount in sums.items() if amount}
        return found


def told_by_account(books: Books, document: Document) -> Told:
    """Debit less credit at home of each row; rates of tax together. Its own currency adds up too."""
    [told] = foretold(document)
    if not told.rows or told.notes:
        return Told({}, told.sentence or " ".join(told.notes))
    total = told.total
    assert (total.debit, total.home_debit) == (total.credit, total.home_credit), document
    amounts: Amounts = {}
    for row in told.rows:
        account = TAX if row.account.startswith("Tax ") else row.account
        sums = amounts.get(account, Decimal(0))
        amounts[account] = sums + row.home_debit - row.home_credit
    lacking = [row.lacking for row in told.rows if row.lacking] + list(told.lacking)
    return Told({a: v for a, v in amounts.items() if v}, " ".join(lacking))


# --- QuickBooks ---------------------------------------------------------------------------------


class DiscountsApart(Books):
    """Discounts of a document have an account of their own."""

    def map(self) -> None:
        super().map()
        discounts, item = self.code("Discounts given"), self.company.discount_item
        set_mapping(self.connection, "item_account", code=discounts, item=item)


def _live_quickbooks(server: SandboxServer, company: Company, since: date) -> Books:
    books = DiscountsApart(server, company=company, profile="uk", multicurrency=True)
    books.go_live(since)
    return books


def _cards(books: Any, clearing: str, bank: str) -> tuple[PaymentMethod, BankAccount]:
    """A method whose money lies on a clearing account until it is banked."""
    account = BankAccount.objects.create(company=books.company, name="Current", currency="GBP")
    cards = make_method(books.company, posts_to="clearing", bank_account=account)
    for subject, thing, name in (
        ("method_account", {"payment_method": cards}, clearing),
        ("bank_account", {"bank_account": account}, bank),
    ):
        set_mapping(books.connection, subject, code=books.code(name), **thing)
    return cards, account


def _quickbooks_cards(books: Any) -> tuple[PaymentMethod, BankAccount]:
    return _cards(books, "Undeposited Funds", "Checking")


# Accounts that come into being with the first entry on them: foretold by what they will be.
TO_BE = {
    f"Accounts Receivable (A/R) - {FOREIGN}": f"Receivable in {FOREIGN}",
    "Exchange Gain or Loss": "Exchange gain or loss",
}


def _quickbooks_rows(books: Books) -> Iterable[tuple[str, str, str, Decimal]]:
    agencies = {each["TaxTrackedOnSalesAccountRef"]["value"] for each in books.theirs("TaxAgency")}
    for each in books.server.control("GET", f"companies/{books.realm}/journal"):
        account = TAX if each["account"] in agencies else each["name"]
        account = TO_BE.get(account, account)
        yield each["kind"], str(each["id"]), account, Decimal(each["amount"])


# --- Xero ---------------------------------------------------------------------------------------


XERO_OBJECTS = ("Invoice", "CreditNote", "Payment", "Overpayment", "BankTransaction")


def _live_xero(server: SandboxServer, company: Company, since: date) -> XeroBooks:
    books = XeroBooks(XeroTwin(server), company=company)
    books.server.act(books.realm, "add_currency", code=FOREIGN)
    books.go_live(since)
    return books


def _xero_cards(books: XeroBooks) -> tuple[PaymentMethod, BankAccount]:
    switch(books.connection, {"bank_deposits"})
    books.map_role("bank_charge", "Bank Fees")
    return _cards(books, "Card Clearing", "Business Bank Account")


def _xero_rows(books: XeroBooks) -> Iterable[tuple[str, str, str, Decimal]]:
    """Money on account is booked by the line of the bank that it came with, and what of it is
    applied by an application of its own."""
    on_account = {
        each["BankTransactionID"]: each["OverpaymentID"]
        for each in books.theirs("BankTransactions")
        if "OverpaymentID" in each
    } | {
        part["AllocationID"]: each["OverpaymentID"]
        for each in books.theirs("Overpayments")
        for part in each.get("Allocations", ())
    }
    for each in books.server.control("GET", f"organisations/{books.realm}/journal"):
        account = TAX if each["name"] == "VAT" else f"{each['code']} {each['name']}".strip()
        kind, identity = each["kind"], str(each["id"])
        if identity in on_account:
            kind, identity = "Overpayments", on_account[identity]
        yield kind, identity, account, Decimal(each["amount"])


# --- FreshBooks ---------------------------------------------------------------------------------

OWN = {"1000": "money", "1200": "receivable", "1201": "receivable", "4000": "sales"}
TAXES = {"VAT": "20", "Reduced VAT": "5", "Zero rated": "0"}


def _live_freshbooks(server: SandboxServer, company: Company, since: date) -> FreshBooksBooks:
    books = FreshBooksBooks(FreshBooksTwin(server), company=company)
    for name, percent in TAXES.items():
        body = {"name": name, "amount": percent}
        books.server.act(books.business, "create", kind="taxes", body=body)
    _typed_before(books)
    refresh_company(books.connection)
    books.go_live(since)
    return books


def _typed_before(books: FreshBooksBooks) -> None:
    """An invoice that their people typed before there was a connection: what it shows of their
    rounding is known from the beginning. Three of 0.33 at 5 % tell lines from documents, one of 0.10
    where half a cent goes."""
    client = books.server.act(
        books.business, "create", kind="clients", body={"organization": "Typed before"}
    )
    for number, prices in enumerate((["0.33"] * 3, ["0.10"])):
        lines = [
            {"name": "A", "qty": "1", "unit_cost": {"amount": each}, "taxName1": "Reduced VAT"}
            for each in prices
        ]
        body = {
            "customerid": client["id"],
            "create_date": "2009-11-01",
            "invoice_number": f"BEFORE-{number}",
            "status": 2,
            "lines": lines,
        }
        books.server.act(books.business, "create", kind="invoices", body=body)


def _freshbooks_rows(books: FreshBooksBooks) -> Iterable[tuple[str, str, str, Decimal]]:
    for each in books.server.control("GET", f"businesses/{books.business}/journal"):
        own = each["account"].partition("-")[0]
        account = OWN.get(own, TAX)
        yield each["kind"], str(each["id"]), account, Decimal(each["amount"])


def _told_freshbooks(books: FreshBooksBooks, document: Document) -> Told:
    """No line there names an account: the sentence says the total and the tax."""
    [told] = foretold(document)
    total, tax = (money(each, document.currency) for each in (document.total, document.tax))
    if f" of {total}" not in told.sentence or "is made in" not in told.sentence:
        return Told({}, told.sentence or "no sentence")
    assert not document.tax or f", {tax} of it tax," in told.sentence, told.sentence
    sign = 1 if document.kind == "invoice" else -1
    amounts = {
        "receivable": document.total,
        TAX: -document.tax,
        "sales": document.tax - document.total,
    }
    return Told({name: sign * amount for name, amount in amounts.items() if amount})


def _told_money_freshbooks(
    books: FreshBooksBooks, records: Sequence[Record], touched: Sequence[Allocation]
) -> Told:
    [told] = foretold_together(records, touched)
    if "is made in" not in told.sentence:
        return Told({}, told.sentence or "no sentence")
    amounts: Amounts = {}
    for each in records:
        if capital(called(each)) not in told.sentence:
            continue
        other = "money" if each.kind == "payment" else "sales"
        amounts["receivable"] = amounts.get("receivable", Decimal(0)) - each.amount
        amounts[other] = amounts.get(other, Decimal(0)) + each.amount
    return Told(amounts)


JOURNALS = {
    "quickbooks": Journal(
        live=_live_quickbooks,
        rows=_quickbooks_rows,
        kinds={"Invoice": "invoice", "CreditMemo": "credit_note"},
        told=told_by_account,
        told_money=told_together,
        cards=_quickbooks_cards,
    ),
    "xero": Journal(
        live=_live_xero,
        rows=_xero_rows,
        kinds={"Invoices": "invoice", "CreditNotes": "credit_note"},
        told=told_by_account,
        told_money=told_together,
        cards=_xero_cards,
        objects={f"{each}s": each for each in XERO_OBJECTS},
    ),
    "freshbooks": Journal(
        live=_live_freshbooks,
        rows=_freshbooks_rows,
        kinds={"invoices": "invoice", "credit_notes": "credit_note"},
        told=_told_freshbooks,
        told_money=_told_money_freshbooks,
        cards=lambda books: (None, None),
        objects={"payments": "payment", "credit_notes": "credit_note"},
        rounds_by_line=True,
    ),
}
