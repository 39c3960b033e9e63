"""What of theirs was set against our invoice is the source of an allocation here: the entry is
never recorded a second time, and the balance due is one figure on both sides."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import reverse, set_closing_date
from apps.billing.models import Adjustment, Allocation, CreditNote, Invoice, OutsideEntry, Payment
from apps.reconciliation.compare import compare
from apps.sync.models import RemoteRecord
from tests.books import Books
from tests.factories import make_invoice
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture
from tests.sync.theirs import their_id

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@dataclass(frozen=True)
class Kind:
    """How somebody over there credits a customer of ours, and which figure of ours it becomes."""

    name: str
    figure: str
    account: str  # what it debits, beside the receivable that it credits

    def __str__(self) -> str:
        return self.name


KINDS = [
    Kind("JournalEntry", "credited", "Bad Debts"),
    Kind("CreditMemo", "credited", "Sales of Product Income"),
    Kind("Deposit", "paid", "Checking"),
]


@pytest.fixture
def books(ledger: SandboxServer) -> Books:
    return live_books(ledger)


def credit_there(books: Books, kind: Kind, customer: str, amount: int = 30) -> str:
    """Their id of a credit of this amount to the customer, of 20 March."""
    receivable = {"value": books.code("Accounts Receivable (A/R)").remote_id}
    other = {"value": books.code(kind.account).remote_id}
    entity = {"Type": "Customer", "EntityRef": {"value": customer}}
    bodies: dict[str, dict[str, Any]] = {
        "JournalEntry": {
            "DocNumber": "J-12",
            "Line": [
                _journal_line(amount, "Debit", other),
                _journal_line(amount, "Credit", receivable, Entity=entity),
            ],
        },
        "CreditMemo": {
            "DocNumber": "CM-12",
            "CustomerRef": {"value": customer},
            "Line": [
                {
                    "Amount": amount,
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": {"ItemRef": {"value": _item(books)}},
                }
            ],
        },
        "Deposit": {
            "DepositToAccountRef": other,
            "Line": [
                {
                    "Amount": amount,
                    "DetailType": "DepositLineDetail",
                    "DepositLineDetail": {
                        "AccountRef": receivable,
                        "Entity": {"type": "CUSTOMER", "value": customer},
                    },
                }
            ],
        },
    }
    body = {"TxnDate": "2026-03-20", **bodies[kind.name]}
    made = books.server.act(books.realm, "create", kind=kind.name, body=body)
    return str(made["Id"])


def _item(books: Books) -> str:
    sales = books.code("Sales of Product Income").remote_id
    items = books.theirs("Item")
    return str(next(each["Id"] for each in items if each["IncomeAccountRef"]["value"] == sales))


def _journal_line(amount: int, side: str, account: dict[str, str], **more: Any) -> dict[str, Any]:
    detail = {"PostingType": side, "AccountRef": account, **more}
    return {
        "Amount": amount,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


def set_against(books: Books, kind: Kind, credit: str, invoice: str, amount: int = 30) -> str:
    """A payment of nil that joins the two, as their screen makes it."""
    customer = books.server.objects(books.realm, "Invoice")
    of = next(each["CustomerRef"] for each in customer if each["Id"] == invoice)
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": one, "TxnType": what}]}
        for one, what in ((invoice, "Invoice"), (credit, kind.name))
    ]
    body = {"CustomerRef": of, "TotalAmt": 0, "TxnDate": "2026-03-21", "Line": lines}
    return str(books.server.act(books.realm, "create", kind="Payment", body=body)["Id"])


def joined(books: Books, kind: Kind) -> tuple[Invoice, str, str]:
    """An invoice of ours of 100.00, 30.00 of it settled by a credit of theirs."""
    invoice = make_invoice(company=books.company)
    books.run()
    customer = their_id(books, invoice.customer)
    credit = credit_there(books, kind, customer)
    tie = set_against(books, kind, credit, their_id(books, invoice))
    books.run()
    invoice.refresh_from_db()
    return invoice, credit, tie


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_credit_of_theirs_joined_to_our_invoice_settles_it_here_and_is_entered_once(
    books: Books, kind: Kind
) -> None:
    before = books.trial_balance()
    invoice, credit, _ = joined(books, kind)

    assert invoice.balance_due == 70
    assert getattr(invoice, kind.figure) == 30
    allocation = invoice.allocations.get()
    assert (allocation.amount, allocation.date) == (30, date(2026, 3, 21))
    entry = allocation.outside_entry
    assert isinstance(entry, OutsideEntry)
    assert isinstance(entry, OutsideEntry)
    assert (entry.remote_id, entry.amount, entry.date) == (credit, 30, date(2026, 3, 20))
    # Entered once: neither recorded here a second time nor sent back.
    assert [model.objects.count() for model in (Adjustment, CreditNote, Payment)] == [0, 0, 0]
    books.run()
    change = {
        name: amount - before.get(name, Decimal(0))
        for name, amount in books.trial_balance().items()
        if amount != before.get(name)
    }
    income = -70 if kind.name == "CreditMemo" else -100
    expected = {"Accounts Receivable (A/R)": 70, "Sales of Product Income": income}
    if kind.name != "CreditMemo":
        expected[kind.account] = 30
    assert change == expected
    found = compare(books.connection)
    assert found.tied_out, found.refusals
    assert found.sums[f"invoices: {kind.figure}"].theirs == 30
    assert not RemoteRecord.objects.filter(arrival="needs_person").exists()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_they_un_apply_is_open_again_here(books: Books, kind: Kind) -> None:
    invoice, _, tie = joined(books, kind)

    books.server.act(books.realm, "delete_payment", id=tie)
    books.run()

    invoice.refresh_from_db()
    assert invoice.balance_due == 100
    assert not Allocation.objects.get().stands
    found = compare(books.connection)
    assert found.tied_out, found.refusals


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_nobody_here_un_applies_what_they_set_against_it(books: Books, kind: Kind) -> None:
    invoice, _, _ = joined(books, kind)

    with pytest.raises(ValidationError, match="un-apply it there"):
        reverse(invoice.allocations.get(), on=date(2026, 3, 25), reason="Not ours")


def test_what_was_set_against_it_in_a_closed_month_waits_and_is_asked(books: Books) -> None:
    kind = KINDS[0]
    invoice = make_invoice(company=books.company)
    books.run()
    set_closing_date(books.company, date(2026, 3, 31), reason="March is closed")
    credit = credit_there(books, kind, their_id(books, invoice.customer))
    set_against(books, kind, credit, their_id(books, invoice))
    books.run()

    invoice.refresh_from_db()
    assert invoice.balance_due == 100
    found = compare(books.connection)
    assert "balance due is 100.00 GBP here and 70.00 GBP" in " ".join(found.differences)
    assert [each.cause for each in found.questions] == ["arrived"]
