"""What schedules must know of a simulated ledger that its bench does not tell: how its calls are
named, what its service can be told to do, and what is open in its books, read from its control."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.connectors.port import Capabilities, Request
from apps.connectors.registry import system
from apps.connectors.snapshots import Kind
from tests.sandbox_server import SandboxServer

Fault = tuple[str, dict[str, Any]]  # its name, and what is told beside it


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it stands over there. `counts`: it is no draft."""

    number: str
    total: Decimal
    open: Decimal
    counts: bool
    void: bool


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """A step is `word nth`: the n-th write of that word, by which a fault finds its calls too."""

    name: str
    books: Callable[..., Any]
    twin: Callable[[SandboxServer], Any]
    word: Callable[[Request], str]
    papers: Callable[[Any, Kind], list[Paper]]
    faults: dict[str, Fault]  # by point
    steps: tuple[str, ...]
    later: tuple[str, ...] = ()  # steps of the acts that need what stands there already
    readings: tuple[dict[str, Any], ...] = ({},)  # switches of a company, one schedule each
    bulk: tuple[int, ...] = (1, 3)
    receivable: tuple[str, ...]
    bank: tuple[str, ...]
    tax: Callable[[Any], Any] = lambda books: None
    roles: tuple[tuple[str, str], ...] = ()
    money_in_credits: Callable[[Any], list[Decimal]] = lambda books: []
    others_pay: Callable[[Any, str, Decimal], None] | None = None  # an invoice, more than is open
    sends_invoices: Callable[[Request], bool]
    single_use: bool = False  # a refresh token that was answered is dead, whoever heard the answer
    # How a fault finds a write: of any word, and of one that is no endpoint.
    writes: dict[str, str] = field(default_factory=lambda: {"method": "write"})
    within: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def can(self) -> Capabilities:
        return system(self.name).capabilities

    def match(self, step: str) -> dict[str, Any]:
        word, nth = step.split()
        return {**self.writes, "endpoint": word, **self.within.get(word, {}), "nth": int(nth)}

    def is_call(self, step: str, request: Request) -> bool:
        return self.word(request) == step.split()[0]


# --- QuickBooks ---------------------------------------------------------------------------------


def _quickbooks_papers(books: Any, kind: Kind) -> list[Paper]:
    entity = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "CreditMemo"}[kind]
    return [
        Paper(
            number=each["DocNumber"],
            total=Decimal(str(each["TotalAmt"])),
            open=Decimal(str(each["Balance"])),
            counts=True,
            void="Voided" in each.get("PrivateNote", ""),
        )
        for each in books.theirs(entity)
    ]


def _quickbooks() -> Ledger:
    from tests.connectors.quickbooks.bench import WRITES, QuickBooksLive

    return Ledger(
        name="quickbooks",
        books=QuickBooksLive,
        twin=lambda server: server,
        word=lambda request: request.path.strip("/").split("/")[3],
        sends_invoices=lambda request: b'"Invoice"' in request.body,
        papers=_quickbooks_papers,
        faults={
            "limited_after_commit": (
                "status",
                {"status": 429, "after_commit": True, "retry_after": 1},
            ),
            "forbidden_after_commit": ("status", {"status": 403, "after_commit": True}),
            "lost_after_commit": ("lose_after_commit", {}),
            "refused_unrecorded": ("item_fault", {"code": "6000", "index": 0}),
        },
        steps=tuple(f"batch {nth}" for nth in (1, 2, 3, 4, 5, 6)),
        later=("batch 1", "batch 2", "batch 3", "batch 4"),
        bulk=(1, 3, 31),
        receivable=("Accounts Receivable (A/R)",),
        bank=("Undeposited Funds",),
        writes=WRITES,
    )


# --- Xero ---------------------------------------------------------------------------------------

BELOW = ("allocations", "history")  # an object of Xero's: the fault's word


def _xero_word(request: Request) -> str:
    parts = request.path.lower().partition("/api.xro/2.0/")[2].split("/")
    return parts[2] if len(parts) > 2 and parts[2] in BELOW else parts[0]


def _xero_papers(books: Any, kind: Kind) -> list[Paper]:
    """Those of customers: what stands for a refund or an adjustment is named by its number."""
    name, kind_, number, rest = {
        Kind.INVOICE: ("Invoices", "ACCREC", "InvoiceNumber", "AmountDue"),
        Kind.CREDIT_NOTE: ("CreditNotes", "ACCRECCREDIT", "CreditNoteNumber", "RemainingCredit"),
    }[kind]
    return [
        Paper(
            number=each[number],
            total=Decimal(str(each["Total"])),
            open=Decimal(str(each[rest])),
            counts=each["Status"] in ("AUTHORISED", "PAID", "VOIDED"),
            void=each["Status"] == "VOIDED",
        )
        for each in books.theirs(name)
        if each["Type"] == kind_ and each["Status"] != "DELETED"
        if not re.match(r"^T.*-[RA]$", each[number])
    ]


def _vat(books: Any) -> Any:
    from tests.factories import make_tax_rate

    vat = make_tax_rate(books.company, 20)
    books.map_proposed()
    return vat


def _xero() -> Ledger:
    from tests.connectors.xero.bench import XeroLive
    from tests.xero_twin import XeroTwin

    return Ledger(
        name="xero",
        books=XeroLive,
        twin=XeroTwin,
        word=_xero_word,
        sends_invoices=lambda request: _xero_word(request) == "invoices",
        papers=_xero_papers,
        faults={
            "limited_after_commit": (
                "status",
                {"status": 429, "after_commit": True, "retry_after": 1, "problem": "minute"},
            ),
            "forbidden_after_commit": ("status", {"status": 403, "after_commit": True}),
            "lost_after_commit": ("lose_after_commit", {}),
            "refused_unrecorded": ("item_fault", {"index": 0}),
        },
        steps=(
            "contacts 1",
            "items 1",
            "invoices 1",
            "creditnotes 1",
            "payments 1",
            "batchpayments 1",
            "banktransactions 1",
            "allocations 1",
            "allocations 2",
            "invoices 2",
            "banktransactions 2",
        ),
        later=("invoices 1", "invoices 2", "payments 1", "batchpayments 1", "allocations 1"),
        bulk=(1, 3, 3, 53),
        receivable=("Accounts Receivable",),
        bank=("Business Bank Account",),
        tax=_vat,
        roles=(("bank_charge", "Bank Fees"),),
    )


# --- FreshBooks ---------------------------------------------------------------------------------


def _freshbooks_word(request: Request) -> str:
    """What is used of a credit is a payment by it."""
    return "uses" if b'"from_credit"' in request.body else request.path.strip("/").split("/")[4]


def _freshbooks_papers(books: Any, kind: Kind) -> list[Paper]:
    """A credit of theirs that keeps what was paid too much is no credit note."""
    if kind is Kind.INVOICE:
        name, number = "invoices", "invoice_number"
    else:
        name, number = "credit_notes", "credit_number"
    found = []
    for each in books.theirs(name):
        if each["vis_state"] == 1 or each.get("credit_type", "goodwill") != "goodwill":
            continue
        total = Decimal(each["amount"]["amount"])
        left = each["outstanding"]["amount"] if "outstanding" in each else None
        paid = Decimal(each["paid"]["amount"])
        found.append(
            Paper(
                number=each[number],
                total=total,
                open=total - paid if left is None else Decimal(left),
                counts="draft" not in (each.get("v3_status"), each.get("display_status")),
                void=(each.get("notes") or "").startswith("Voided"),
            )
        )
    return found


def _freshbooks_money(books: Any) -> list[Decimal]:
    """What was paid too much is money that came, and stands as a credit."""
    return [
        Decimal(each["amount"]["amount"])
        for each in books.theirs("credit_notes")
        if each["vis_state"] == 0 and each["credit_type"] in ("overpayment", "prepayment")
    ]


def _freshbooks_tax(books: Any) -> Any:
    from tests.factories import make_tax_rate

    books.server.act(books.business, "create", kind="taxes", body={"name": "VAT", "amount": "20"})
    vat = make_tax_rate(books.company, 20)
    books.map()
    return vat


def _paid_too_much(books: Any, number: str, amount: Decimal) -> None:
    """By their own staff: they split it."""
    told = {"number": number, "amount": f"{amount:f}", "date": "2026-03-20"}
    books.server.act(books.business, "pay", **told)


def _freshbooks() -> Ledger:
    from tests.connectors.freshbooks.bench import FreshBooksLive
    from tests.freshbooks_twin import FreshBooksTwin

    return Ledger(
        name="freshbooks",
        books=FreshBooksLive,
        twin=FreshBooksTwin,
        word=_freshbooks_word,
        sends_invoices=lambda request: _freshbooks_word(request) == "invoices",
        within={"uses": {"endpoint": "payments", "contains": '"from_credit"'}},
        papers=_freshbooks_papers,
        faults={
            "limited_after_commit": (
                "status",
                {"status": 429, "body": "accounting", "errno": 429, "after_commit": True}
                | {"retry_after": 1},
            ),
            "forbidden_after_commit": (
                "status",
                {"status": 403, "body": "accounting", "errno": 1003, "after_commit": True},
            ),
            "lost_after_commit": ("lose_after_commit", {}),
            "refused_unrecorded": ("status", {"status": 422, "body": "accounting", "errno": 1001}),
        },
        steps=(
            "clients 1",
            "items 1",
            "invoices 1",
            "invoices 2",
            "invoices 4",
            "credit_notes 1",
            "payments 1",
            "payments 2",
            "payments 3",
            "uses 1",
        ),
        later=("invoices 1", "invoices 2", "payments 1", "payments 2", "payments 3"),
        readings=({}, {}, {"status_on_create": "draft"}, {"duplicate_numbers": "accept"}),
        bulk=(1, 3, 7),
        receivable=("1200-1", "1201-1"),
        bank=("1000-1",),
        tax=_freshbooks_tax,
        money_in_credits=_freshbooks_money,
        others_pay=_paid_too_much,
        single_use=True,
    )


def books_of(ledger: Ledger, server: SandboxServer, company: Any, **theirs: Any) -> Any:
    """Books of a company in this ledger, connected; with how many masters they began."""
    books = ledger.books(ledger.twin(server), company=company, **theirs)
    books.began_with = {kind: len(books.standing(kind)) for kind in (Kind.CUSTOMER, Kind.ITEM)}
    return books


LEDGERS: dict[str, Callable[[], Ledger]] = {
    "quickbooks": _quickbooks,
    "xero": _xero,
    "freshbooks": _freshbooks,
}
