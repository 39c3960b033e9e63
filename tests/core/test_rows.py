"""Rows written in one statement are the rows that the ORM writes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import signals

from apps.billing.acts.history import line_then
from apps.billing.models import Customer, Invoice, InvoiceLine, Item, Treatment
from apps.core.rows import as_read, insert_rows, update_rows
from tests.factories import make_company, make_customer, make_invoice, make_item, make_tax_rate

HISTORY: Any = Invoice.history.model  # type: ignore[attr-defined] # simple-history adds it


def a_line(document: Invoice, position: int, **fields: Any) -> InvoiceLine:
    return InvoiceLine(
        document=document,
        position=position,
        description="Läntern “№ 7”\twith a tab,\na line and a \\",
        quantity=Decimal("1.5"),
        unit_price=Decimal("-83.333333"),
        net=Decimal("-125.00"),
        **fields,
    )


def stored(model: type[models.Model], **of: Any) -> list[dict[str, Any]]:
    rows = model._base_manager.filter(**of).order_by("pk").values()
    return [{name: value for name, value in row.items() if name not in KEYS} for row in rows]


KEYS = ("id", "history_id", "document_id")


@pytest.mark.django_db
def test_lines_are_stored_as_the_orm_stores_them() -> None:
    company = make_company()
    rate, item = make_tax_rate(company), make_item(company)
    fields = [
        {},
        {"item": item, "item_code": item.code, "tax_rate": rate, "tax_percent": Decimal(20)},
        {"discount_percent": Decimal("12.5"), "tax_treatment": Treatment.STANDARD},
        {"discount_amount": Decimal("0.0001"), "tax": Decimal(10) ** 14},
    ]
    by_orm, by_us = (
        make_invoice(customer=make_customer(company), lines=[], issued=False) for _ in range(2)
    )
    for place, each in enumerate(fields):
        a_line(by_orm, place, **each).save()
    written = insert_rows(InvoiceLine, [a_line(by_us, p, **each) for p, each in enumerate(fields)])
    assert written == len(fields)
    assert stored(InvoiceLine, document=by_us) == stored(InvoiceLine, document=by_orm)
    assert [line_then(line) for line in by_us.lines.all()] == [
        line_then(line) for line in by_orm.lines.all()
    ]


@pytest.mark.django_db
def test_a_row_of_history_is_stored_as_the_orm_stores_it() -> None:
    """With a date, a moment, an identifier, JSON and what is not known."""
    invoice = make_invoice(lines=[("Lantern", 3, "0.10")])
    kept = HISTORY.objects.get(id=invoice.pk, history_type="+")
    again = HISTORY(
        **{
            field.attname: getattr(kept, field.attname)
            for field in HISTORY._meta.concrete_fields
            if field.attname != "history_id"
        }
    )
    again.lines_then = [{"net": "0.30", "description": "é"}]
    again.issue_date = date(2024, 2, 29)
    insert_rows(HISTORY, [again])
    rows = stored(HISTORY, id=invoice.pk)
    was, now = rows[0], rows[-1]
    assert now == {**was, "lines_then": again.lines_then, "issue_date": date(2024, 2, 29)}


@pytest.mark.django_db
def test_a_refused_row_takes_the_others_with_it() -> None:
    invoice = make_invoice(lines=[], issued=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(InvoiceLine, [a_line(invoice, place) for place in (1, 2, 2)])
    assert not invoice.lines.exists()


@pytest.mark.django_db
def test_one_statement_whatever_their_number(django_assert_max_num_queries: Any) -> None:
    invoice = make_invoice(lines=[], issued=False)
    with django_assert_max_num_queries(1):
        insert_rows(InvoiceLine, [a_line(invoice, place) for place in range(300)])
    assert invoice.lines.count() == 300


@pytest.mark.django_db
def test_fields_are_updated_as_the_orm_updates_them_and_others_stay() -> None:
    company = make_company()
    rate = make_tax_rate(company)
    items = [make_item(company, code=f"I{place}", unit_price=Decimal(1)) for place in range(3)]
    items[0].unit_price, items[0].tax_rate = Decimal("0.123456"), rate
    items[1].unit_price, items[1].name = None, "not among the fields"
    update_rows(Item, items[:2], ["unit_price", "tax_rate"])
    update_rows(Item, [], ["unit_price"])
    first, second, third = Item.objects.order_by("code")
    assert (first.unit_price, first.tax_rate) == (Decimal("0.123456"), rate)
    assert (second.unit_price, second.tax_rate) == (None, None)
    assert second.name != "not among the fields"
    assert third.unit_price == Decimal(1)
    items[0].code = "I2"
    with pytest.raises(IntegrityError), transaction.atomic():
        update_rows(Item, items, ["code"])
    assert Item.objects.filter(code="I0").exists()


@pytest.mark.django_db
def test_a_record_as_read_is_the_one_that_the_orm_reads() -> None:
    customer = make_customer(make_company(), name="Bell", email="bell@example.com")
    values = Customer._base_manager.filter(pk=customer.pk).values().get()
    read = as_read(Customer, values)
    assert {**vars(read), "_state": None} == {
        **vars(Customer._base_manager.get(pk=customer.pk)),
        "_state": None,
    }
    assert read == customer
    assert read.company == customer.company
    read.phone = "1"
    read.save()
    assert Customer._base_manager.get(pk=customer.pk).phone == "1"

    partly = as_read(Customer, {"id": customer.pk, "name": "Bell"})
    assert partly.get_deferred_fields() > {"email", "phone"}
    assert partly.email == "bell@example.com"


def test_nobody_waits_for_records_that_are_made_so() -> None:
    for model in (Customer, Item):
        assert not signals.pre_init.has_listeners(model)
        assert not signals.post_init.has_listeners(model)
