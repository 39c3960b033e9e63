"""What a document will book is told before it goes, account by account, and is what they then book.

By hand: ten lanterns at 10.00 less 10 % and two days at 55.00, less 5 % on the whole, come to 85.50
and 104.50; 20 % of 190.00 are 38.00. In euros at 0.85: 10.01 and 20.02 are 8.51 and 17.02 £.
"""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.actions import issue
from apps.billing.models import Document, Invoice
from apps.connections.models import Connection
from apps.connectors.quickbooks.connector import QuickBooks
from apps.connectors.snapshots import Kind
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping
from apps.sync.assemble.foretold import Foretold, foretold
from apps.sync.models import State
from tests.books import Books
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

RECEIVABLE, RECEIVABLE_EUR = "Accounts Receivable (A/R)", "Accounts Receivable (A/R) - EUR"
SALES, SERVICES = "Sales of Product Income", "Services"
VAT, VAT_ROW = (
    "HM Revenue & Customs (HMRC) Payable",
    "Tax 20.0% S, owed to HM Revenue & Customs (HMRC)",
)


def two_accounts(books: Books) -> tuple[Any, Any]:
    """An item of the default sales account, and one of an account of its own."""
    goods, days = make_item(books.company), make_item(books.company)
    set_mapping(books.connection, "item_account", code=books.code(SERVICES), item=days)
    return goods, days


def taxed(books: Books, **fields: Any) -> Invoice:
    goods, days = two_accounts(books)
    rate = make_tax_rate(books.company, 20, code="S20")
    set_mapping(books.connection, "tax", code=books.code("20.0% S"), tax_rate=rate)
    first = (goods, 10, 10, rate, {"discount_percent": Decimal(10)})
    lines = [first, (days, 2, 55, rate)]
    more = {"discount_percent": Decimal(5), **fields}
    return make_invoice(company=books.company, lines=lines, **more)


def of_euros(books: Books, **fields: Any) -> Invoice:
    goods, days = two_accounts(books)
    customer = make_customer(books.company, currency="EUR")
    lines = [(goods, 1, "10.01"), (days, 1, "20.02")]
    return make_invoice(customer=customer, lines=lines, **fields)


def sums(told: Foretold) -> dict[str, tuple[Decimal, Decimal]]:
    """By account: debit less credit in the document's currency, and at home."""
    return {
        row.account: (row.debit - row.credit, row.home_debit - row.home_credit) for row in told.rows
    }


def moved(books: Books, document: Document) -> dict[str, Decimal]:
    """What their trial balance says since, once it was issued and carried over."""
    before = books.trial_balance()
    if document.is_draft:
        issue(document)
    books.run()
    assert books.record(document).state == State.IN_THE_BOOKS, books.record(document).sentence
    after = books.trial_balance()
    return {
        name: after.get(name, Decimal(0)) - before.get(name, Decimal(0))
        for name in before.keys() | after.keys()
        if after.get(name, Decimal(0)) != before.get(name, Decimal(0))
    }


def adds_up(told: Foretold) -> bool:
    total = told.total
    return total.debit == total.credit and total.home_debit == total.home_credit


@pytest.mark.slow
def test_an_invoice_with_two_discounts_and_vat_is_foretold_as_they_book_it(uk: Books) -> None:
    draft = taxed(uk, issued=False)
    [told] = foretold(draft)
    by_hand = {
        RECEIVABLE: Decimal("228.00"),
        SALES: Decimal("-85.50"),
        SERVICES: Decimal("-104.50"),
    }
    assert sums(told) == {
        name: (amount, amount) for name, amount in {**by_hand, VAT_ROW: Decimal(-38)}.items()
    }
    assert adds_up(told)
    assert told.total.debit == draft.total == Decimal(228)
    assert not told.is_foreign
    assert told.is_mapped

    draft.refresh_from_db()
    assert draft.is_draft
    assert draft.number is None
    assert moved(uk, draft) == {**by_hand, VAT: Decimal(-38)}


@pytest.mark.slow
def test_a_credit_note_is_foretold_the_other_way_round(uk: Books) -> None:
    invoice = taxed(uk)
    uk.run()
    note = make_credit_note(invoice=invoice, issued=False)
    [told] = foretold(note)
    by_hand = {RECEIVABLE: Decimal(-228), SALES: Decimal("85.50"), SERVICES: Decimal("104.50")}
    assert sums(told) == {
        name: (amount, amount) for name, amount in {**by_hand, VAT_ROW: Decimal(38)}.items()
    }
    assert adds_up(told)
    assert moved(uk, note) == {**by_hand, VAT: Decimal(38)}


@pytest.mark.slow
def test_an_invoice_in_euros_is_foretold_in_both_currencies(abroad: Books) -> None:
    draft = of_euros(abroad, issued=False)
    [told] = foretold(draft)
    assert told.is_foreign
    assert (told.currency, told.home) == ("EUR", "GBP")
    figures = {
        SALES: (Decimal("-10.01"), Decimal("-8.51")),
        SERVICES: (Decimal("-20.02"), Decimal("-17.02")),
    }
    owed = Decimal("30.03"), Decimal("25.53")
    # Their receivable of a currency comes into being with the first customer in it.
    assert sums(told) == {"Receivable in EUR": owed, **figures}
    assert adds_up(told)

    assert moved(abroad, draft) == {
        RECEIVABLE_EUR: Decimal("25.53"),
        SALES: Decimal("-8.51"),
        SERVICES: Decimal("-17.02"),
    }


@pytest.mark.parametrize("subject", ["item_account", "income", "tax"])
def test_an_account_that_nobody_has_chosen_is_said_in_its_row(uk: Books, subject: str) -> None:
    draft = taxed(uk, issued=False)
    Mapping.objects.filter(connection=uk.connection, subject=subject).delete()
    if subject == "item_account":  # without one of its own it has the default, which is gone too
        Mapping.objects.filter(connection=uk.connection, subject="income").delete()
    [told] = foretold(draft)
    assert not told.is_mapped
    assert adds_up(told)
    assert told.total.debit == Decimal(228)
    lacking = [row for row in told.rows if row.lacking]
    assert (
        sum(row.credit for row in lacking)
        == {
            "item_account": Decimal(190),
            "income": Decimal("85.50"),
            "tax": Decimal(38),
        }[subject]
    )
    words = {"tax": "tax code is chosen for tax rate S20"}.get(subject, "account is chosen for")
    assert all(words in row.lacking for row in lacking)
    assert not told.lacking  # each is said once


def test_each_set_of_books_tells_its_own(uk: Books) -> None:
    draft = taxed(uk, issued=False)
    Connection.objects.create(
        company=uk.company,
        system=uk.connection.system,
        environment=uk.connection.environment,
        remote_company_id="9",
        name="The second set",
        home_currency="GBP",
    )
    first, second = foretold(draft)
    assert first.is_mapped
    assert not second.is_mapped
    Connection.objects.filter(name="The second set").update(stage=Connection.Stage.DISCONNECTED)
    assert [each.connection for each in foretold(draft)] == [uk.connection]


def less(monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    """Their books as ours see them, with less than they have."""
    found = dataclasses.replace(QuickBooks.capabilities, **said)
    monkeypatch.setattr(QuickBooks, "capabilities", found)


def test_books_without_accounts_say_what_will_be_made_there(
    uk: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = taxed(uk, issued=False)
    less(monkeypatch, accounts=False, cannot={"accounts": "They have no chart of accounts."})
    [told] = foretold(draft)
    assert not told.rows
    assert told.sentence.startswith("They have no chart of accounts. An invoice of 228.00 GBP, ")
    assert "38.00 GBP of it tax" in told.sentence


def test_of_books_whose_rounding_is_told_no_cents_are_left_open(
    uk: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    less(monkeypatch, accounts=False, cannot={"accounts": "They have no chart of accounts."})
    [told] = foretold(taxed(uk, issued=False))
    assert told.sentence.endswith(f"is made in {uk.connection.system_name}.")


def test_books_that_lack_the_kind_say_that_it_stays_here(
    uk: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = taxed(uk, issued=False)
    less(
        monkeypatch,
        kinds=frozenset(set(Kind) - {Kind.INVOICE}),
        cannot={Kind.INVOICE: "They keep no invoices."},
    )
    [told] = foretold(draft)
    assert (told.rows, told.sentence) == ((), "They keep no invoices.")


def test_without_a_rate_of_its_currency_it_says_so(abroad: Books) -> None:
    customer = make_customer(abroad.company, currency="USD")
    draft = make_invoice(customer=customer, issued=False)
    [told] = foretold(draft)
    assert not told.rows
    assert "no exchange rate of USD" in told.sentence


def test_the_queries_do_not_grow_with_the_lines(uk: Books) -> None:
    def asked(make: Callable[[], Document]) -> int:
        document = make()
        with CaptureQueriesContext(
            database,
        ) as found:
            foretold(document)
        assert not [each for each in found if each["sql"].startswith(("INSERT", "UPDATE"))]
        return len(found)

    few = asked(lambda: make_invoice(company=uk.company, issued=False))
    lines = [(make_item(uk.company), 1, 10) for _ in range(30)]
    many = asked(lambda: make_invoice(company=uk.company, issued=False, lines=lines))
    assert many == few <= 24
