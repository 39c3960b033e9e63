"""What is foretold of a document is what the ledger books, account by account."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.acts.issuing import to_be
from apps.billing.models import CreditNote, Invoice
from apps.staff.access import give_role, set_up_roles
from apps.staff.models import User
from apps.staff.roles import RoleName
from apps.sync.assemble.foretold import Foretold, foretell
from tests.books import Books, read_codes
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.sandbox_server import SandboxServer
from tests.sync.test_books_of_money import SALES, change, live_books

pytestmark = pytest.mark.django_db

D = Decimal
VAT_PAYABLE = "HM Revenue & Customs (HMRC) Payable"


@pytest.fixture
def uk(ledger: SandboxServer) -> Books:
    books = Books(ledger, profile="uk")
    make_tax_rate(books.company, "20")
    books.go_live()
    return books


def told(draft: Invoice | CreditNote) -> Foretold:
    (found,) = foretell(to_be(draft))
    return found


def entries(found: Foretold) -> dict[str, Decimal]:
    """Account → its debit, below nil its credit; what is a tax there goes by one name."""
    assert sum(each.debit - each.credit for each in found.entries) == 0
    return {each.account: each.debit - each.credit for each in found.entries}


def booked_alike(before: dict[str, Decimal], books: Books, foreseen: dict[str, Decimal]) -> None:
    """Tax goes to the account of its agency there, which only they know."""
    books.run()
    there = change(books, before)
    renamed: dict[str, Decimal] = {}
    for account, amount in foreseen.items():
        name = VAT_PAYABLE if account.startswith("Sales tax") else account
        renamed[name] = renamed.get(name, D(0)) + amount
    assert there == renamed


def test_an_invoice_with_tax_and_two_discounts_is_foretold_to_the_penny(uk: Books) -> None:
    """10 at 12.50 less 10 % are 112.50, less 10 % on the whole 101.25; 20 % of it is 20.25. Debit
    the receivable 121.50, credit sales 101.25 and tax 20.25."""
    standard = uk.company.tax_rates.get()
    draft = make_invoice(
        company=uk.company,
        issued=False,
        lines=[(make_item(uk.company), 10, "12.50", standard)],
        discount_percent=D(10),
    )
    line = draft.lines.get()
    line.discount_percent = D(10)
    line.save()
    draft.refresh_from_db()

    found = entries(told(draft))

    assert sorted(found.values()) == [D("-101.25"), D("-20.25"), D("121.50")]
    assert any(name.startswith("Sales tax, ") for name in found), found
    before = uk.trial_balance()
    issue(draft)
    booked_alike(before, uk, found)


def test_a_credit_note_is_foretold_the_other_way_round(uk: Books) -> None:
    invoice = make_invoice(
        company=uk.company,
        lines=[(make_item(uk.company), 2, "50", uk.company.tax_rates.get())],
    )
    uk.run()
    note = make_credit_note(invoice=invoice, issued=False)

    found = entries(told(note))

    assert sorted(found.values()) == [D(-120), D(20), D(100)]
    before = uk.trial_balance()
    issue(note)
    booked_alike(before, uk, found)


def test_a_foreign_invoice_is_foretold_at_its_home_value(ledger: SandboxServer) -> None:
    """100.00 EUR at 0.85 are 85.00 GBP, on the receivable of that currency."""
    books = live_books(ledger, profile="multicurrency", home_currency="GBP", country="GB")
    make_exchange_rate(books.company, "EUR", "0.85")
    customer = make_customer(books.company, currency="EUR")
    make_invoice(customer=customer)  # their receivable in EUR comes to be
    books.run()
    read_codes(books.connection)
    draft = make_invoice(customer=customer, issued=False)

    found = told(draft)

    assert found.currency == "GBP"
    assert entries(found) == {"Accounts Receivable (A/R) - EUR": D(85), SALES: D(-85)}
    before = books.trial_balance()
    issue(draft)
    booked_alike(before, books, entries(found))


def test_without_a_mapping_it_says_which_and_where_to_choose_it(books: Books) -> None:
    books.connection.mappings.filter(subject="income").delete()
    found = told(make_invoice(company=books.company, issued=False))
    assert found.entries == ()
    assert found.to_map
    assert "no QuickBooks account is chosen for the sales of" in found.sentence


def test_it_costs_few_statements_whatever_the_number_of_lines(
    books: Books, django_assert_max_num_queries: Any
) -> None:
    item = make_item(books.company)
    drafts: Sequence[Invoice] = [
        make_invoice(company=books.company, issued=False, lines=[(item, 1, 5)] * lines)
        for lines in (1, 40)
    ]
    for draft in drafts:
        with django_assert_max_num_queries(30):
            told(draft)


def issue(draft: Invoice | CreditNote) -> None:
    from apps.billing.actions import issue as issue_it

    issue_it(draft)


def test_the_issue_page_shows_it_before_anything_is_frozen(books: Books, client: Client) -> None:
    set_up_roles()
    give_role(fay := User.objects.get(name="Fay"), RoleName.ACCOUNTANT)
    client.force_login(fay)
    draft = make_invoice(company=books.company, issued=False)
    address = reverse("admin:billing_invoice_issue", args=[draft.pk])

    page = client.get(address).content.decode()
    assert "What QuickBooks will book (GBP)" in page
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("t-foretold") :]))
    assert "Accounts Receivable (A/R) 100.00 GBP" in shown
    assert "Sales of Product Income 100.00 GBP" in shown
    assert "Total 100.00 GBP 100.00 GBP" in shown

    books.connection.mappings.filter(subject="income").delete()
    page = client.get(address).content.decode()
    assert "cannot be told yet: no QuickBooks account is chosen for the sales of" in page
    assert reverse("admin:connections_connection_map", args=[books.connection.pk]) in page
    draft.refresh_from_db()
    assert (draft.is_draft, draft.number) == (True, None)
