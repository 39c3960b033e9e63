"""Issuing: a number, copies of the masters, and then nothing changes any more."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import issue, set_closing_date
from apps.billing.changes import made_by
from apps.billing.models import (
    CreditNote,
    Customer,
    Frozen,
    Invoice,
    InvoiceLine,
    NumberSeries,
)
from apps.staff.models import User
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_term,
)

pytestmark = pytest.mark.django_db


def test_numbers_follow_each_other_per_company_kind_and_year() -> None:
    customer = make_customer()
    first, second = make_invoice(customer=customer), make_invoice(customer=customer)
    last_year = make_invoice(customer=customer, issue_date=date(2025, 12, 31))
    note = make_credit_note(customer=customer)
    elsewhere = make_invoice()
    assert [each.number for each in (first, second, last_year, note, elsewhere)] == [
        "INV-2026-00001",
        "INV-2026-00002",
        "INV-2025-00001",
        "CN-2026-00001",
        "INV-2026-00001",
    ]


def test_a_series_of_the_companys_own_is_used() -> None:
    customer = make_customer()
    NumberSeries.objects.create(
        company=customer.company, kind="invoice", year=2026, prefix="R26/", width=3, last_number=41
    )
    assert make_invoice(customer=customer).number == "R26/042"


def test_a_given_number_stays_and_leaves_the_series_alone() -> None:
    customer = make_customer()
    given = make_invoice(customer=customer, on_number=" 536365 ")
    assert (given.number, given.number_given) == ("536365", True)
    assert make_invoice(customer=customer).number == "INV-2026-00001"


def test_a_number_that_an_import_gave_already_is_passed_over() -> None:
    customer = make_customer()
    make_invoice(customer=customer, on_number="INV-2026-00001")
    assert make_invoice(customer=customer).number == "INV-2026-00002"


def test_a_number_is_given_once() -> None:
    customer = make_customer()
    make_invoice(customer=customer, on_number="536365")
    draft = make_invoice(customer=customer, issued=False)
    with pytest.raises(ValidationError, match="an invoice of this number already: 536365"):
        issue(draft, on_number="536365")


def test_a_refused_issue_takes_no_number() -> None:
    customer = make_customer()
    draft = make_invoice(customer=customer, issued=False, lines=[])
    with pytest.raises(ValidationError, match="no lines"):
        issue(draft)
    draft.refresh_from_db()
    assert (draft.status, draft.number) == ("draft", None)
    assert make_invoice(customer=customer).number == "INV-2026-00001"


def test_a_number_longer_than_the_ledger_holds_is_refused() -> None:
    company = make_company(number_length=21)
    draft = make_invoice(company=company, issued=False)
    with pytest.raises(ValidationError, match="the connected ledger holds 21"):
        issue(draft, on_number="A-NUMBER-OF-TWENTY-TWO")
    with pytest.raises(ValidationError, match="Shorten the prefix"):
        NumberSeries.objects.create(
            company=company, kind="invoice", year=2026, prefix="INVOICES-2026-NORTH", width=5
        )


def test_it_is_due_by_its_terms_and_without_terms_on_its_date() -> None:
    customer = make_customer()
    term = make_term(customer.company, name="30 days", due_days=30)
    invoice = make_invoice(customer=customer, terms=term, issue_date=date(2026, 1, 31))
    assert (invoice.due_date, invoice.terms_text) == (date(2026, 3, 2), "30 days")
    assert make_invoice(customer=customer).due_date == date(2026, 3, 2)
    agreed = make_invoice(customer=customer, terms=term, due_date=date(2026, 12, 1))
    assert agreed.due_date == date(2026, 12, 1)


def test_editing_a_master_never_alters_an_issued_invoice() -> None:
    customer = make_customer(name="Bell", address_lines="1 Quay St", city="York", country="GB")
    item = make_item(customer.company, code="LAMP", name="Lamp")
    invoice = make_invoice(customer=customer, lines=[(item, 1, 5)])
    customer.name, customer.city = "Bell Group", "Leeds"
    customer.save()
    item.code, item.name = "LAMP-2", "Lamp, brass"
    item.save()
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert invoice.customer_name == "Bell"
    assert invoice.customer_address == "1 Quay St\nYork\nGB"
    line = invoice.lines.get()
    assert (line.item_code, line.description) == ("LAMP", "Lamp")


def test_issuing_names_the_person_behind_it() -> None:
    fay = User.objects.create_user("fay@example.com")
    draft = make_invoice(issued=False)
    with made_by(fay.pk, reason="Monthly run"):
        issue(draft)
    assert draft.issued_by_id == fay.pk
    newest = draft.history.first()
    assert (newest.history_user, newest.history_change_reason) == (fay, "Monthly run")


@pytest.mark.parametrize(
    ("fields", "lines", "sentence"),
    [
        ({}, [("Returned", -1, 10)], "less than nothing"),
        ({}, [("", 1, 10)], "neither an item nor a description"),
        ({"currency": "EUR"}, [("Lamp", 1, 10)], "invoiced in GBP, not in EUR"),
        ({"exchange_rate": Decimal("1.1")}, [("Lamp", 1, 10)], "exchange rate"),
        ({"due_date": date(2026, 3, 1)}, [("Lamp", 1, 10)], "due date lies before"),
    ],
)
def test_what_makes_no_sense_is_not_issued(
    fields: dict[str, Any], lines: list[Any], sentence: str
) -> None:
    draft = make_invoice(issued=False, lines=lines, **fields)
    with pytest.raises(ValidationError, match=sentence):
        issue(draft)
    assert Invoice.objects.get(pk=draft.pk).is_draft


def test_items_terms_and_customers_are_of_the_same_company() -> None:
    customer = make_customer()
    foreign_item = make_invoice(customer=customer, issued=False, lines=[(make_item(), 1, 1)])
    with pytest.raises(ValidationError, match="of another company"):
        issue(foreign_item)
    term = make_term(make_company())
    foreign_term = make_invoice(customer=customer, issued=False, terms=term)
    with pytest.raises(ValidationError, match="belong to another company"):
        issue(foreign_term)
    strayed = make_invoice(customer=customer, issued=False)
    strayed.customer = make_customer()
    strayed.save()
    with pytest.raises(ValidationError, match="belongs to another company"):
        issue(strayed)


def test_a_merged_customer_is_named_with_its_successor() -> None:
    customer = make_customer()
    draft = make_invoice(customer=customer, issued=False)
    customer.merged_into = make_customer(customer.company, name="Bell Group")
    customer.save()
    with pytest.raises(ValidationError, match="merged into Bell Group"):
        issue(draft)


def test_nothing_is_issued_into_a_closed_month() -> None:
    draft = make_invoice(issued=False, issue_date=date(2026, 1, 31))
    set_closing_date(draft.company, date(2026, 1, 31), reason="January filed")
    with pytest.raises(ValidationError, match="closed up to 31 January 2026"):
        issue(draft)
    draft.refresh_from_db()
    draft.issue_date = date(2026, 2, 1)
    draft.save()
    issue(draft)
    assert draft.number == "INV-2026-00001"


def test_it_is_issued_once() -> None:
    invoice = make_invoice()
    with pytest.raises(ValidationError, match="INV-2026-00001 is issued already"):
        issue(Invoice.objects.get(pk=invoice.pk))


def test_an_issue_by_someone_else_is_seen_before_a_stale_copy_issues() -> None:
    draft = make_invoice(issued=False)
    stale = Invoice.objects.get(pk=draft.pk)
    issue(draft)
    with pytest.raises(ValidationError, match="issued already"):
        issue(stale)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "INV-1"),
        ("customer_id", 999),
        ("issue_date", date(2026, 4, 1)),
        ("currency", "EUR"),
        ("exchange_rate", Decimal(2)),
        ("total", Decimal(1)),
        ("net", Decimal(1)),
        ("status", "void"),
        ("status", "draft"),
        ("void_date", date(2026, 4, 1)),
        ("customer_name", "Someone else"),
        ("terms_text", "Never"),
        ("tax_rounding", "rate"),
    ],
)
def test_a_frozen_field_is_refused_in_a_shell(field: str, value: object) -> None:
    invoice = make_invoice()
    setattr(invoice, field, value)
    with pytest.raises(Frozen, match="INV-2026-00001 is issued"):
        invoice.save()
    assert getattr(Invoice.objects.get(pk=invoice.pk), field) != value


@pytest.mark.parametrize(
    ("field", "value"), [("status", "issued"), ("number", "INV-9"), ("customer_name", "Bell")]
)
def test_a_draft_is_not_issued_by_hand(field: str, value: str) -> None:
    draft = make_invoice(issued=False)
    setattr(draft, field, value)
    with pytest.raises(Frozen, match="given when it is issued"):
        draft.save()


def test_a_document_does_not_begin_as_issued() -> None:
    customer = make_customer()
    with pytest.raises(Frozen, match="begins as a draft"):
        Invoice.objects.create(
            company=customer.company,
            customer=customer,
            issue_date=date(2026, 3, 2),
            currency="GBP",
            status="issued",
            number="INV-1",
        )


def test_the_due_date_changes_with_a_reason_alone() -> None:
    invoice = make_invoice()
    invoice.due_date = date(2026, 5, 1)
    with pytest.raises(Frozen, match="Give a reason"):
        invoice.save()
    with made_by(reason="Agreed by telephone"):
        invoice.save()
    assert Invoice.objects.get(pk=invoice.pk).due_date == date(2026, 5, 1)


def test_a_stale_copy_never_undoes_a_payment() -> None:
    invoice = make_invoice()
    stale = Invoice.objects.get(pk=invoice.pk)
    make_payment(invoice=invoice, amount=60)
    stale.message = "Thank you"
    stale.save()
    assert stale.paid == 60
    assert stale.history.first().paid == 60
    kept = Invoice.objects.get(pk=invoice.pk)
    assert (kept.message, kept.paid, kept.balance_due) == ("Thank you", 60, 40)


def test_lines_freeze_with_their_document() -> None:
    invoice = make_invoice()
    line = InvoiceLine.objects.get(document=invoice)
    line.quantity = Decimal(1)
    with pytest.raises(Frozen, match="its lines cannot change"):
        line.save()
    with pytest.raises(Frozen, match="its lines cannot change"):
        line.delete()
    with pytest.raises(Frozen, match="its lines cannot change"):
        InvoiceLine.objects.create(document=invoice, position=2, description="More")
    with pytest.raises(Frozen, match="its lines cannot change"):
        InvoiceLine.objects.filter(document=invoice).delete()
    assert InvoiceLine.objects.get(document=invoice).quantity == 10


def test_nothing_issued_is_deleted() -> None:
    invoice, note = make_invoice(), make_credit_note()
    with pytest.raises(Frozen, match="Void or credit it"):
        invoice.delete()
    with pytest.raises(Frozen, match="Void or credit it"):
        Invoice.objects.all().delete()
    with pytest.raises(Frozen, match="Void or credit it"):
        CreditNote.objects.filter(pk=note.pk).delete()
    draft = make_invoice(issued=False)
    Invoice.objects.filter(pk=draft.pk).delete()
    assert set(Invoice.objects.values_list("pk", flat=True)) == {invoice.pk}
    assert Customer.objects.filter(pk=draft.customer_id).exists()
