"""Both sides as of the end of March, by what is known later: worked by hand, on each simulated ledger.

Known in April, as of 31 March (debits above nil):

    the test invoice   2 Mar   receivable  100.00    sales  −100.00
    A                  2 Mar   receivable  100.00    sales  −100.00
    B                 20 Mar   receivable  200.00    sales  −200.00
    C                 25 Mar   receivable  300.00    sales  −300.00
    60.00 for A       16 Mar   receivable  −60.00    money    60.00
                               receivable  640.00    sales  −700.00    money  60.00

Entered later: 40.00 for A dated 28 March; 200.00 for B dated 10 April; C credited whole on 5 May;
D of 2 April, over 50.00. As of 31 March only the first of them counts: the receivable is 600.00, money
100.00; B and C are open, and nothing is credited. Now A, B and C are settled, the test invoice and D
are open: 150.00.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.billing.actions import allocate
from apps.billing.models import Invoice
from apps.exchange.exports.plain_text.of_comparison import proof_text
from apps.reconciliation import keeping
from apps.reconciliation.compare import compare
from apps.reconciliation.journal import entries_of
from apps.reconciliation.models import BooksProof, Difference, KeptComparison, Question
from apps.reconciliation.proof.sections import lay
from apps.reconciliation.proof.signing import sign
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.exchange.exports.test_plain_text import proved
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
)
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MARCH = date(2026, 3, 31)


@dataclass(frozen=True)
class Ledger:
    """One of the simulated ones, and how a person there takes money for an invoice."""

    of: type[Books]
    twin: Callable[[SandboxServer], Any]
    receivable: str  # "": it tells no trial balance that names accounts of ours
    money: str
    pay: Callable[[Books, str, str, str], Any]  # number, amount, day


def pay_in_quickbooks(books: Books, number: str, amount: str, on: str) -> Any:
    invoice = books.their_invoice(number)["Id"]
    told = {"invoices": {invoice: amount}, "amount": amount, "date": on}
    return books.server.act(books.realm, "record_payment", **told)


def pay_in_xero(books: Books, number: str, amount: str, on: str) -> Any:
    return books.server.act(books.realm, "record_payment", number=number, amount=amount, date=on)


def pay_in_freshbooks(books: Books, number: str, amount: str, on: str) -> Any:
    return books.server.act(books.realm, "pay", number=number, amount=amount, date=on)


LEDGERS = {
    "quickbooks": Ledger(
        Books,
        lambda each: each,
        "Accounts Receivable (A/R)",
        "Undeposited Funds",
        pay_in_quickbooks,
    ),
    "xero": Ledger(
        XeroBooks, XeroTwin, "610 Accounts Receivable", "090 Business Bank Account", pay_in_xero
    ),
    "freshbooks": Ledger(FreshBooksBooks, FreshBooksTwin, "", "", pay_in_freshbooks),
}


@pytest.fixture(params=list(LEDGERS))
def there(request: pytest.FixtureRequest) -> Ledger:
    return LEDGERS[request.param]


@pytest.fixture
def books(there: Ledger, ledger: SandboxServer, transactional_db: None) -> Books:
    books, _ = live_on(there.of, there.twin(ledger))
    return books


@pytest.fixture
def march(books: Books) -> dict[str, Invoice]:
    """What was known in April."""
    customer, item = make_customer(books.company), make_item(books.company)
    made = {
        name: make_invoice(
            customer=customer, lines=[(item, 1, amount)], issue_date=date(2026, 3, day)
        )
        for name, amount, day in (("A", 100, 2), ("B", 200, 20), ("C", 300, 25))
    }
    make_payment(invoice=made["A"], amount=60, method=books.method)
    books.run()
    return made


def later(books: Books, march: dict[str, Invoice]) -> Invoice:
    """What was entered until July; D comes back."""
    for invoice in march.values():
        invoice.refresh_from_db()
    make_payment(invoice=march["A"], date=date(2026, 3, 28), method=books.method)
    make_payment(invoice=march["B"], date=date(2026, 4, 10), method=books.method)
    note = make_credit_note(invoice=march["C"], issue_date=date(2026, 5, 5))
    march["C"].refresh_from_db()
    allocate(note, march["C"], amount=Decimal(300), on=date(2026, 5, 5))
    item = march["A"].lines.get().item
    made = make_invoice(
        customer=march["A"].customer, lines=[(item, 1, 50)], issue_date=date(2026, 4, 2)
    )
    books.run()
    books.run()
    return made


def kept(books: Books, as_of: date | None = MARCH) -> KeptComparison:
    done = keeping.carry_out(keeping.ask(books.connection, books.fay.pk, as_of).pk)
    assert done is not None
    return KeptComparison.objects.get(pk=done.pk)


def sums(found: KeptComparison) -> dict[str, Decimal]:
    """The figures of both sides, which are equal."""
    told = found.found["sums"]
    assert all(Decimal(each["ours"]) == Decimal(each["theirs"]) for each in told.values()), told
    names = ("invoices: paid", "invoices: credited", "invoices: balance due", "payments: amount")
    return {name: Decimal(told[name]["ours"]) for name in names if name in told}


def owed(found: KeptComparison, there: Ledger) -> dict[str, Decimal]:
    """What their own totals say, which is what our records come to."""
    if there.receivable:
        lines = {each["name"]: each for each in found.found["accounts"]}
        for each in lines.values():
            assert Decimal(each["ours"]) == Decimal(each["theirs"])
        told = {
            "owed": Decimal(lines[there.receivable]["theirs"]),
            "money": Decimal(lines[there.money]["theirs"]),
        }
    else:
        totals = {each["total"]: each for each in found.found["totals"]}
        assert all(Decimal(each["ours"]) == Decimal(each["theirs"]) for each in totals.values())
        told = {"owed": Decimal(totals["receivable"]["theirs"])}
    # The same, customer by customer.
    customers = found.found["customers"]
    assert all(each["customer_id"] and not Decimal(each["difference"]) for each in customers)
    assert sum(Decimal(each["theirs"]) for each in customers) == told["owed"]
    return told


def expected(there: Ledger, owed: int, money: int) -> dict[str, Decimal]:
    whole = {"owed": Decimal(owed), "money": Decimal(money)}
    return whole if there.receivable else {"owed": Decimal(owed)}


def test_march_compared_again_later_is_what_was_signed_and_what_was_dated_in_it(
    there: Ledger, books: Books, march: dict[str, Invoice], tmp_path: Path
) -> None:
    first = kept(books)
    assert first.agrees, first.found
    assert (first.on, first.of_now, first.found["documents"]) == (MARCH, False, 4)
    assert first.sentence.startswith("Both sides agree as of 31 Mar 2026: 4 documents, 1 payments.")
    assert owed(first, there) == expected(there, 640, 60)
    assert sums(first) == {
        "invoices: paid": 60,
        "invoices: credited": 0,
        "invoices: balance due": 640,
        "payments: amount": 60,
    }
    signed = sign(first, "", by=books.fay.pk)
    later(books, march)

    again = kept(books)

    assert again.agrees, again.found
    assert (again.found["documents"], again.found["payments"]) == (4, 2)
    assert owed(again, there) == expected(there, 600, 100)
    # Exactly the payment of 40.00 dated 28 March: B is not paid, and C not credited.
    assert sums(again) == {
        "invoices: paid": 100,
        "invoices: credited": 0,
        "invoices: balance due": 600,
        "payments: amount": 100,
    }
    assert "credit notes: applied" not in again.found["sums"]
    assert again.found["set_off_elsewhen"] == []
    _prove(again, there, tmp_path)

    proof = sign(again, "", by=books.fay.pk)
    laid = lay(proof.told, proof.sha256)
    assert laid.title == "Books proof as of 31 Mar 2026"
    assert ("As of the end of", "31 Mar 2026") in laid.parts[0].facts
    # What was signed in April says what it said.
    assert (
        BooksProof.objects.get(pk=signed.pk).told["comparisons"][0]["sums"] == first.found["sums"]
    )

    now = compare(books.connection)
    assert now.tied_out, now.refusals
    assert (now.documents, now.payments) == (6, 3)
    assert now.sums["invoices: balance due"].ours == 150


def _prove(found: KeptComparison, there: Ledger, folder: Path) -> None:
    """Programs of others come to the balances of that day."""
    if not there.receivable:
        assert found.journal is None
        return
    programs = ["beancount"] + ["journal"] * (shutil.which("hledger") is not None)
    for program in programs:
        text = b"".join(proof_text(found, program)).decode()
        assert proved(program, text, folder) == ""
        assert " 600.00 " in text
    days = [each.day for each in entries_of(bytes(found.journal or b""))]
    assert sorted(days) == [date(2026, 3, day) for day in (2, 2, 16, 20, 25, 28)]


def test_what_is_planted_by_then_is_found_and_nothing_of_later(
    there: Ledger, books: Books, march: dict[str, Invoice]
) -> None:
    """A person there takes 30.00 for B in March, which nobody fetched, and 20.00 for D in April."""
    made = later(books, march)
    standing = Difference.objects.count(), Question.objects.filter(standing=True).count()
    there.pay(books, str(made.number), "20.00", "2026-04-20")

    assert kept(books).agrees

    there.pay(books, _open_in_march(books, march), "30.00", "2026-03-30")
    found = kept(books)

    assert not found.agrees
    differs = {each["figure"]: each for each in found.found["findings"]}
    assert {name: Decimal(each["amount"]) for name, each in differs.items()} == {
        "paid": 30,
        "balance due": -30,
    }
    [alone] = found.found["only_there"]
    assert "30.00 GBP" in alone
    # Of an earlier day nothing is opened or ended, what is asked is of that day alone, and the first
    # page says what it said.
    of_now = Question.objects.filter(standing=True).count()
    assert (Difference.objects.count(), of_now) == standing
    assert {each.as_of for each in Question.objects.filter(standing=False)} <= {date(2026, 3, 31)}
    assert keeping.newest(books.connection) is None

    now = compare(books.connection)
    assert {each.amount for each in now.differences} == {30, -30, 20, -20}


def _open_in_march(books: Books, march: dict[str, Invoice]) -> str:
    """The invoice with which the books went live is open to this day."""
    known = {each.pk for each in march.values()}
    first = Invoice.objects.filter(issue_date__lte=MARCH).exclude(pk__in=known).get()
    return str(first.number)
