"""What a ledger itself has booked of each document, read from its control, and what was foretold of it
in the same words. No connector has a say in the first."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import Company, Document
from apps.mappings.choices import set_mapping
from apps.sync.assemble.foretold import foretold
from apps.sync.models import RemoteRecord
from apps.sync.wording import money
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.processes.foretold import Amounts, Told
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
    rounds_by_line: bool = False

    def journal(self, books: Any) -> dict[Key, Amounts]:
        """Debit less credit per account of each document, home currency."""
        ours = {
            (each.sync_record.kind, each.remote_id): each.sync_record.subject_id
            for each in RemoteRecord.objects.filter(
                sync_record__connection=books.connection, part="", retired=False, gone=False
            ).select_related("sync_record")
        }
        found: dict[Key, Amounts] = defaultdict(dict)
        for kind, identity, account, amount in self.rows(books):
            our_kind = self.kinds.get(kind, "")
            pk = ours.get((our_kind, identity))
            if pk is not None:
                sums = found[our_kind, pk]
                sums[account] = sums.get(account, Decimal(0)) + amount
        return {key: {a: v for a, v in sums.items() if v} for key, sums in found.items()}


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


def _quickbooks_rows(books: Books) -> Iterable[tuple[str, str, str, Decimal]]:
    agencies = {each["TaxTrackedOnSalesAccountRef"]["value"] for each in books.theirs("TaxAgency")}
    for each in books.server.control("GET", f"companies/{books.realm}/journal"):
        account = TAX if each["account"] in agencies else each["name"]
        # One that comes into being with its first document is foretold by what it will be.
        if account == f"Accounts Receivable (A/R) - {FOREIGN}":
            account = f"Receivable in {FOREIGN}"
        yield each["kind"], str(each["id"]), account, Decimal(each["amount"])


# --- Xero ---------------------------------------------------------------------------------------


def _live_xero(server: SandboxServer, company: Company, since: date) -> XeroBooks:
    books = XeroBooks(XeroTwin(server), company=company)
    books.server.act(books.realm, "add_currency", code=FOREIGN)
    books.go_live(since)
    return books


def _xero_rows(books: XeroBooks) -> Iterable[tuple[str, str, str, Decimal]]:
    for each in books.server.control("GET", f"organisations/{books.realm}/journal"):
        account = TAX if each["name"] == "VAT" else f"{each['code']} {each['name']}".strip()
        yield each["kind"], str(each["id"]), account, Decimal(each["amount"])


# --- FreshBooks ---------------------------------------------------------------------------------

TAXES = {"VAT": "20", "Reduced VAT": "5", "Zero rated": "0"}


def _live_freshbooks(server: SandboxServer, company: Company, since: date) -> FreshBooksBooks:
    books = FreshBooksBooks(FreshBooksTwin(server), company=company)
    for name, percent in TAXES.items():
        body = {"name": name, "amount": percent}
        books.server.act(books.business, "create", kind="taxes", body=body)
    books.go_live(since)
    return books


def _freshbooks_rows(books: FreshBooksBooks) -> Iterable[tuple[str, str, str, Decimal]]:
    for each in books.server.control("GET", f"businesses/{books.business}/journal"):
        own = each["account"].partition("-")[0]
        account = {"1200": "receivable", "1201": "receivable", "4000": "sales"}.get(own, TAX)
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


JOURNALS = {
    "quickbooks": Journal(
        live=_live_quickbooks,
        rows=_quickbooks_rows,
        kinds={"Invoice": "invoice", "CreditMemo": "credit_note"},
        told=told_by_account,
    ),
    "xero": Journal(
        live=_live_xero,
        rows=_xero_rows,
        kinds={"Invoices": "invoice", "CreditNotes": "credit_note"},
        told=told_by_account,
    ),
    "freshbooks": Journal(
        live=_live_freshbooks,
        rows=_freshbooks_rows,
        kinds={"invoices": "invoice", "credit_notes": "credit_note"},
        told=_told_freshbooks,
        rounds_by_line=True,
    ),
}
