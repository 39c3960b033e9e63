"""What the company's books cannot hold is said before a document is frozen, never after."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils.timezone import now

from apps.billing.actions import issue
from apps.billing.acts.bulk import DraftDocument, create_documents
from apps.billing.acts.drafting import DraftLine
from apps.billing.models import Company, Document, Invoice
from apps.billing.rules.objections import ToBe, objections
from apps.connections.models import Connection
from apps.sync.models import RemoteRecord
from tests.books import Books
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.sandbox_server import SandboxServer
from tests.sync.assemble.test_what_a_ledger_has import having
from tests.sync.desk import Desk

pytestmark = pytest.mark.django_db

SALE = ["sales_tax"]


def connected(company: Company, **their: Any) -> Desk:
    """Books of the real connector, mapped as far as a document without tax needs."""
    return Desk(company, company_read_at=now(), **their)


def a_line(**fields: Any) -> Callable[[Company], list[Any]]:
    return lambda company: [(make_item(company, **fields), 1, "10.00")]


def without_item(company: Company) -> list[Any]:
    return [(make_item(company), 1, "10.00"), ("Extra", 1, "5.00")]


def two_codes(company: Company) -> list[Any]:
    tucson = make_tax_rate(company, "9.1")
    phoenix = make_tax_rate(company, "8.6")
    connection = Connection.objects.get(company=company)
    desk = Desk.__new__(Desk)
    desk.company, desk.connection = company, connection
    for rate in (tucson, phoenix):
        desk.code(rate.code, "tax_code", SALE, [(rate.code, str(rate.percent))])
        desk.map("tax", rate.code, tax_rate=rate)
    item = make_item(company)
    return [(item, 1, "10.00", tucson), (item, 1, "10.00", phoenix)]


UNFIT: dict[str, tuple[dict[str, Any], Callable[[Company], list[Any]], dict[str, Any], str]] = {
    # kind: (their settings, lines, fields of the document, what is said)
    "a line without item": ({}, without_item, {}, "Line 2 has no item"),
    "a long text": ({}, a_line(description="x" * 4001), {}, "text of line 1 has 4001 characters"),
    "a long message": ({}, a_line(), {"message": "x" * 1001}, "message to the customer has 1001"),
    "two tax codes": (
        {"tax_regime": "manual"},
        two_codes,
        {"tax_mode": "exclusive"},
        "Its lines bear 2 tax codes",
    ),
}


@pytest.mark.parametrize("make", [make_invoice, make_credit_note], ids=["invoice", "credit note"])
@pytest.mark.parametrize("what", UNFIT)
def test_what_the_books_cannot_hold_is_refused_at_issue(
    what: str, make: Callable[..., Document]
) -> None:
    their, lines, fields, sentence = UNFIT[what]
    company = make_company()
    connected(company, **their)
    draft = make(company=company, lines=lines(company), issued=False, **fields)
    with pytest.raises(ValidationError) as refused:
        issue(draft)
    assert sentence in " ".join(refused.value.messages)
    draft.refresh_from_db()
    assert draft.is_draft
    assert draft.number is None


def test_a_currency_that_the_books_do_not_keep_is_refused_at_issue() -> None:
    company = make_company()
    connected(company)
    make_exchange_rate(company, "EUR", "0.85")
    draft = make_invoice(customer=make_customer(company, currency="EUR"), issued=False)
    with pytest.raises(ValidationError, match="keeps its books in GBP only"):
        issue(draft)
    Connection.objects.update(multi_currency=True)
    issue(draft)
    assert draft.is_issued


def test_a_currency_that_their_ledger_has_not_is_refused_at_issue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its capabilities, which say so for every ledger that keeps one currency alone."""
    company = make_company()
    connected(company, multi_currency=True)
    having(monkeypatch, several_currencies=False, cannot={"several_currencies": "It keeps one."})
    make_exchange_rate(company, "EUR", "0.85")
    draft = make_invoice(customer=make_customer(company, currency="EUR"), issued=False)
    with pytest.raises(ValidationError, match="QuickBooks could not hold it: It keeps one"):
        issue(draft)
    at_home = make_invoice(company=company)
    assert at_home.is_issued


@pytest.mark.parametrize("whose", ["customer", "item"])
def test_what_is_inactive_here_is_sold_no_more_and_still_credited(whose: str) -> None:
    item = make_item()
    invoice = make_invoice(company=item.company, lines=[(item, 2, "10.00")])
    draft = make_invoice(customer=invoice.customer, lines=[(item, 1, "10.00")], issued=False)
    inactive = {"customer": invoice.customer, "item": item}[whose]
    inactive.active = False
    inactive.save()
    draft.refresh_from_db()
    with pytest.raises(ValidationError, match=r"is inactive\. Make it active again"):
        issue(Invoice.objects.get(pk=draft.pk))
    note = make_credit_note(invoice=Invoice.objects.get(pk=invoice.pk))
    assert note.is_issued


@pytest.mark.parametrize("whose", ["customer", "item"])
def test_what_is_gone_over_there_is_refused_at_issue(whose: str) -> None:
    company = make_company()
    desk = connected(company)
    item = make_item(company)
    draft = make_invoice(company=company, lines=[(item, 1, "10.00")], issued=False)
    desk.there(item, "7")
    desk.there(draft.customer, "8")
    RemoteRecord.objects.filter(remote_id={"item": "7", "customer": "8"}[whose]).update(gone=True)
    with pytest.raises(ValidationError, match="was deleted or made inactive in QuickBooks"):
        issue(draft)


def test_a_missing_mapping_refuses_nothing_since_it_can_still_be_chosen() -> None:
    company = make_company()
    connected(company, tax_regime="codes", tax_code_on_every_line=True)
    rate = make_tax_rate(company, "20")
    item = make_item(company)
    draft = make_invoice(company=company, lines=[(item, 1, "10.00", rate)], issued=False)
    issue(draft)
    assert draft.is_issued


def test_many_at_once_are_refused_by_name_before_anything_is_written() -> None:
    company = make_company()
    connected(company)
    customer, item = make_customer(company), make_item(company)
    good = DraftLine(item=item, description="Lamp", quantity=1, unit_price=10)
    bad = DraftLine(item=None, description="Extra", quantity=1, unit_price=10)
    drafts = [
        DraftDocument(
            customer=customer, issue_date=make_invoice(issued=False).issue_date, lines=lines
        )
        for lines in ([good], [bad], [good, bad])
    ]
    with pytest.raises(ValidationError) as refused:
        create_documents(drafts)
    said = refused.value.messages
    assert [each.split(":")[0] for each in said] == ["Document 2", "Document 3"]
    assert "Line 1 has no item" in said[0]
    assert "Line 2 has no item" in said[1]
    assert not Invoice.objects.filter(customer=customer).exists()
    assert len(create_documents(drafts[:1])) == 1


def test_the_books_are_asked_with_the_same_few_queries_for_one_and_for_fifty(
    django_assert_max_num_queries: Any,
) -> None:
    company = make_company()
    connected(company)
    customer = make_customer(company)
    items = [make_item(company) for _ in range(50)]
    drafts = [
        make_invoice(customer=customer, lines=[(item, 1, 10)], issued=False) for item in items
    ]
    asked = [ToBe(each, list(each.lines.all())) for each in drafts]
    with django_assert_max_num_queries(9):
        assert objections(asked) == [[]] * 50


@pytest.mark.django_db(transaction=True)
def test_lines_without_an_item_go_over_as_the_companys_item_for_such(books: Books) -> None:
    extra = make_item(books.company, code="EXTRA", name="Extra charge")
    lamp = make_item(books.company, code="LAMP2")
    lines = [(lamp, 1, "10.00"), ("Extra", 1, "5.00")]
    draft = make_invoice(company=books.company, lines=lines, issued=False)
    with pytest.raises(ValidationError, match="Line 2 has no item"):
        issue(draft)
    books.company.refresh_from_db()
    books.company.plain_item = extra
    books.company.save()
    draft = Invoice.objects.get(pk=draft.pk)
    issue(draft)
    books.run()
    assert books.record(draft).get_state_display() == "In the books"
    sold = books.their_invoice(draft.number)["Line"]
    named = {
        each["Amount"]: each["SalesItemLineDetail"]["ItemRef"]["name"]
        for each in sold
        if each["DetailType"] == "SalesItemLineDetail"
    }
    assert {name.split()[0] for name in named.values()} >= {"EXTRA"} or "Extra" in str(named)
    assert books.balance("Accounts Receivable (A/R)") == 115  # the test invoice, and 10 + 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_second_set_of_books_leaves_out_what_it_cannot_hold(ledger: SandboxServer) -> None:
    """The main set keeps euro; the second does not, and says so instead of stopping the sale."""
    main = Books(ledger, multicurrency=True)
    main.go_live()
    second = SecondBooks(ledger, company=main.company)
    second.method = main.method
    second.go_live()
    make_exchange_rate(main.company, "EUR", "0.85")
    invoice = make_invoice(customer=make_customer(main.company, currency="EUR"))
    main.run()
    second.run()
    assert main.record(invoice).get_state_display() == "In the books"
    left_out = second.record(invoice)
    assert left_out.get_state_display() == "Left out"
    assert "keeps its books in GBP only" in left_out.sentence


class SecondBooks(Books):
    """Another set of books of a company that has one, as a person said."""

    second_books = True
