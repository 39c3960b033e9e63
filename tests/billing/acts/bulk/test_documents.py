"""Many documents at once, as an import brings them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.billing.actions import set_closing_date
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.acts.bulk import documents as bulk_documents
from apps.billing.changes import made_by
from apps.billing.models import Change, CreditNote, Customer, Invoice, InvoiceLine, TaxMode
from apps.staff.models import User
from tests.factories import (
    make_company,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
    make_term,
)

pytestmark = pytest.mark.django_db


def draft(customer: Customer, *prices: str, **fields: Any) -> DraftDocument:
    lines = [
        DraftLine(description="Lamp", quantity=Decimal(3), unit_price=Decimal(price))
        for price in prices or ("10",)
    ]
    return DraftDocument(
        **{"customer": customer, "issue_date": date(2026, 3, 2), "lines": lines, **fields}
    )


def test_documents_arrive_issued_under_their_own_numbers() -> None:
    customer = make_customer(name="Bell", city="York")
    item = make_item(customer.company, code="LAMP", name="Lamp, brass")
    lines = [
        DraftLine(item=item, quantity=Decimal(3), unit_price=Decimal("0.335")),
        DraftLine(description="Delivery", quantity=Decimal(1), unit_price=Decimal(5)),
    ]
    created = create_documents(
        [
            draft(customer, number="536365", lines=lines),
            draft(customer, number="C536379", model=CreditNote, reason="Sent back"),
        ]
    )
    invoice, note = Invoice.objects.get(), CreditNote.objects.get()
    assert created == [invoice, note]
    assert (invoice.number, invoice.number_given, invoice.status) == ("536365", True, "issued")
    assert (invoice.net, invoice.total, invoice.home_total) == (Decimal("6.01"),) * 3
    assert (invoice.balance_due, invoice.due_date) == (Decimal("6.01"), date(2026, 3, 2))
    assert (invoice.customer_name, invoice.customer_address) == ("Bell", "York")
    first = invoice.lines.first()
    assert first is not None
    assert (first.item_code, first.description, first.net) == (
        "LAMP",
        "Lamp, brass",
        Decimal("1.01"),
    )
    assert (note.number, note.total, note.reason) == ("C536379", 30, "Sent back")


def test_each_leaves_a_change_and_a_history_row_with_its_lines() -> None:
    fay = User.objects.create_user("fay@example.com")
    with made_by(fay.pk, reason="Import 7"):
        create_documents([draft(make_customer(), "1", "2")])
    invoice = Invoice.objects.get()
    assert invoice.issued_by_id == fay.pk
    change = Change.objects.get(kind="invoice")
    assert (change.subject_id, change.revision, change.user_id) == (invoice.pk, 1, fay.pk)
    row = invoice.history.get()
    assert (row.history_type, row.history_user, row.history_change_reason) == (
        "+",
        fay,
        "Import 7",
    )
    assert [line["net"] for line in row.lines_then] == ["3", "6"]


def test_bulk_and_single_issue_make_the_same_invoice() -> None:
    company = make_company()
    customer = make_customer(company, name="Bell", address_lines="1 Quay St", tax_number="GB1")
    item, term = make_item(company), make_term(company)
    single = make_invoice(customer=customer, lines=[(item, "2.5", "3.333")], terms=term)
    lines = [DraftLine(item=item, quantity=Decimal("2.5"), unit_price=Decimal("3.333"))]
    [bulk] = create_documents([draft(customer, lines=lines, terms=term)])
    own = {"id", "public_id", "number", "revision", "created_at", "updated_at", "issued_at"}

    def fields(invoice: Any) -> dict[str, Any]:
        values = Invoice.objects.filter(pk=invoice.pk).values().get()
        return {name: value for name, value in values.items() if name not in own}

    assert fields(single) == fields(bulk)
    kept = [
        InvoiceLine.objects.filter(document=each).values_list(
            "position", "item", "item_code", "description", "quantity", "unit_price", "net", "tax"
        )
        for each in (single, bulk)
    ]
    assert list(kept[0]) == list(kept[1])


def test_without_numbers_they_take_the_next_of_their_series_in_order() -> None:
    customer = make_customer()
    make_invoice(customer=customer)
    make_invoice(customer=customer, on_number="INV-2026-00003")
    created = create_documents(
        [
            draft(customer),
            draft(customer, issue_date=date(2025, 6, 1)),
            draft(customer),
            draft(customer, model=CreditNote),
        ]
    )
    assert [each.number for each in created] == [
        "INV-2026-00002",
        "INV-2025-00001",
        "INV-2026-00004",
        "CN-2026-00001",
    ]
    assert make_invoice(customer=customer).number == "INV-2026-00005"


def test_drafts_stay_drafts_and_have_no_number() -> None:
    customer = make_customer()
    [made] = create_documents([draft(customer, issued=False)])
    kept = Invoice.objects.get(pk=made.pk)
    assert (kept.status, kept.number, kept.total, kept.issued_at) == ("draft", None, 30, None)
    with pytest.raises(ValidationError, match="A draft has no number"):
        create_documents([draft(customer, issued=False, number="7")])


def test_everything_unfit_is_named_before_anything_is_written() -> None:
    customer = make_customer()
    make_invoice(customer=customer, on_number="A1")
    with pytest.raises(ValidationError) as refused:
        create_documents(
            [
                draft(customer, number="A0"),
                draft(customer, number="A1"),
                draft(customer, number="A2", lines=[]),
                draft(customer, "-1", number="A3"),
                draft(customer, number="A0"),
                draft(make_customer(), number="A4"),
                draft(customer, number=" "),
                draft(customer, "0.0000001", number="A5"),
                draft(customer, model=CreditNote, number="A0"),
            ]
        )
    sentences = refused.value.messages
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "Document 2 (A1)",
        "Document 3 (A2)",
        "Document 4 (A3)",
        "Document 5 (A0)",
        "Document 6 (A4)",
        "Document 7 ( )",
        "Document 8 (A5)",
    ]
    assert "of this number already" in sentences[0]
    assert "no lines" in sentences[1]
    assert "less than nothing" in sentences[2]
    assert "another company" in sentences[4]
    assert "decimal places" in sentences[6]
    assert Invoice.objects.count() == 1
    assert not CreditNote.objects.exists()


def test_a_closed_month_takes_no_documents() -> None:
    customer = make_customer()
    set_closing_date(customer.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match=r"Document 2: The books .* closed up to 31 March"):
        create_documents([draft(customer, issue_date=date(2026, 4, 1)), draft(customer)])
    assert not Invoice.objects.exists()
    create_documents([draft(customer, issued=False)])
    assert Invoice.objects.get().is_draft


def test_a_month_that_closes_while_it_runs_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer()
    prepare = bulk_documents.prepare_documents

    def close_then(*args: Any) -> Any:
        ready = prepare(*args)
        set_closing_date(customer.company, date(2026, 3, 31), reason="March filed")
        return ready

    monkeypatch.setattr(bulk_documents, "prepare_documents", close_then)
    with pytest.raises(ValidationError, match="closed up to 31 March"):
        create_documents([draft(customer)])
    assert not Invoice.objects.exists()


def test_no_documents_are_no_work() -> None:
    assert create_documents([]) == []


def test_the_statements_do_not_grow_with_the_documents() -> None:
    customer = make_customer()

    def statements(prefix: str, count: int) -> int:
        drafts = [draft(customer, "1", "2", number=f"{prefix}{place}") for place in range(count)]
        with CaptureQueriesContext(connection) as asked:
            create_documents(drafts)
        return len(asked)

    assert statements("A", 3) == statements("B", 20) <= 12


def test_portions_hold_the_database_for_a_bounded_number_of_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk_documents, "PORTION", 6)
    customer = make_customer()
    sizes: list[int] = []
    write = bulk_documents._write

    def watched(portion: Any, company_id: int) -> None:
        sizes.append(sum(len(each.lines) for each in portion))
        write(portion, company_id)

    monkeypatch.setattr(bulk_documents, "_write", watched)
    created = create_documents([draft(customer, "1", "2") for _ in range(7)])
    assert sizes == [4, 4, 4, 2]
    assert [each.number for each in created] == [f"INV-2026-{n:05d}" for n in range(1, 8)]


def test_lines_take_the_customers_rate_else_the_items_unless_they_bear_their_own() -> None:
    # 3 × 10.00 each: export 0.00; VAT 20 % 6.00; own 5 % 1.50; None and no rate at all 0.00.
    company = make_company()
    vat, reduced = make_tax_rate(company), make_tax_rate(company, 5, code="R5")
    export = make_tax_rate(company, 0, code="EX", treatment="export")
    item = make_item(company, tax_rate=vat)
    at_home, abroad = make_customer(company), make_customer(company, tax_rate=export)
    base = {"item": item, "quantity": Decimal(3), "unit_price": Decimal(10)}
    lines = [
        DraftLine(**base),
        DraftLine(**base, tax_rate=reduced),
        DraftLine(**base, tax_rate=None),
        DraftLine(description="Delivery", quantity=Decimal(3), unit_price=Decimal(10)),
    ]
    create_documents([draft(at_home, lines=lines), draft(abroad, lines=lines[:1])])
    home, foreign = Invoice.objects.order_by("id")
    assert list(home.lines.values_list("tax_code", "tax")) == [
        (vat.code, 6),
        ("R5", Decimal("1.5")),
        ("", 0),
        ("", 0),
    ]
    assert (home.net, home.tax, home.total) == (120, Decimal("7.50"), Decimal("127.50"))
    assert list(foreign.lines.values_list("tax_code", "tax")) == [("EX", 0)]
    for rate in (vat, reduced, export):
        rate.refresh_from_db()
        assert rate.used
        assert rate.history.count() == 2  # made, and marked once


def test_a_company_whose_prices_contain_tax_reckons_so() -> None:
    # 3 × 4.00 = 12.00 with tax: 10.00 + 2.00; said to be without: 12.00 + 2.40.
    company = make_company(prices_include_tax=True)
    customer = make_customer(company, tax_rate=make_tax_rate(company))
    created = create_documents(
        [
            draft(customer, "4"),
            draft(customer, "4", tax_mode=TaxMode.EXCLUSIVE),
            draft(customer, "4", tax_mode=TaxMode.NONE),
        ]
    )
    assert [(each.net, each.tax, each.total) for each in created] == [
        (10, 2, 12),
        (12, Decimal("2.40"), Decimal("14.40")),
        (12, 0, 12),
    ]


def test_foreign_documents_take_the_rate_of_their_own_day() -> None:
    company = make_company()
    make_exchange_rate(company, "EUR", "0.85", date(2026, 3, 1))
    make_exchange_rate(company, "EUR", "0.87", date(2026, 3, 5))
    customer = make_customer(company, currency="EUR")
    created = create_documents(
        [
            draft(customer),
            draft(customer, issue_date=date(2026, 3, 5)),
            draft(customer, exchange_rate=Decimal("0.9"), exchange_rate_source="Contract"),
        ]
    )
    assert [(each.home_total, each.exchange_rate_source) for each in created] == [
        (Decimal("25.50"), "ECB"),
        (Decimal("26.10"), "ECB"),
        (27, "Contract"),
    ]
    with pytest.raises(ValidationError, match=r"Document 1: There is no exchange rate of EUR on"):
        create_documents([draft(customer, issue_date=date(2026, 2, 28))])


def test_taxed_and_discounted_documents_are_those_that_single_issue_makes() -> None:
    company = make_company(tax_rounding="rate")
    vat = make_tax_rate(company, 5, "9.975")
    make_exchange_rate(company, "EUR", "0.8567")
    customer = make_customer(company, currency="EUR")
    own = {"discount_percent": Decimal("12.5")}
    single = make_invoice(
        customer=customer,
        discount_amount=Decimal(1),
        lines=[("Lamp", 3, "9.99", vat, own), ("Rug", 1, "0.37", vat)],
    )
    lines = [
        DraftLine(
            description="Lamp",
            quantity=Decimal(3),
            unit_price=Decimal("9.99"),
            tax_rate=vat,
            discount_percent=Decimal("12.5"),
        ),
        DraftLine(description="Rug", quantity=Decimal(1), unit_price=Decimal("0.37"), tax_rate=vat),
    ]
    [bulk] = create_documents([draft(customer, lines=lines, discount_amount=Decimal(1))])
    bulk.refresh_from_db()
    names = ("net", "tax", "total", "discount", "home_total", "home_tax", "taxes", "tax_rounding")
    assert [getattr(bulk, name) for name in names] == [getattr(single, name) for name in names]
    fields = ("net", "tax", "discount_net", "tax_code", "tax_percent", "tax_treatment")
    assert list(bulk.lines.values_list(*fields)) == list(single.lines.values_list(*fields))


def test_the_statements_do_not_grow_with_taxed_documents_either() -> None:
    company = make_company()
    vat = make_tax_rate(company)
    make_exchange_rate(company, "EUR", "0.85")

    def statements(count: int) -> int:
        customers = [make_customer(company, currency="EUR", tax_rate=vat) for _ in range(count)]
        drafts = [draft(Customer.objects.get(pk=each.pk), "1", "2") for each in customers]
        with CaptureQueriesContext(connection) as asked:
            create_documents(drafts)
        return len(asked)

    statements(1)  # marks the rate as used
    assert statements(3) == statements(20) <= 16
