"""What a reader brought stands in billing: once, issued under its own number, to the penny."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import Change, CreditNote, Customer, Invoice, InvoiceLine, Item
from apps.exchange.documents import Harvest
from apps.exchange.imports.loading import load
from tests.exchange.imports.test_online_retail import reading, row
from tests.factories import make_company

__all__ = ["reading"]  # the fixture

pytestmark = pytest.mark.django_db

Reading = Callable[..., Harvest]


def test_documents_stand_issued_under_their_own_numbers(reading: Reading, tmp_path: Path) -> None:
    company = make_company(home_currency="GBP")

    loaded = load(reading(row(), row(number="C536379", quantity="-2")), company)

    assert (loaded.customers, loaded.items, loaded.documents) == (1, 1, 2)
    invoice = Invoice.objects.get(number="536365")
    assert invoice.is_issued
    assert invoice.number_given
    assert invoice.total == invoice.balance_due == Decimal("15.30")
    assert invoice.customer_name == "Customer 17850"
    note = CreditNote.objects.get(number="C536379")
    assert note.is_issued
    assert note.open_credit == Decimal("5.10")


def test_a_line_finer_than_a_penny_is_booked_rounded_half_up(reading: Reading) -> None:
    harvest = reading(row(), row(code="PADS", quantity="1", price="0.005"))

    load(harvest, make_company(home_currency="GBP"))

    assert InvoiceLine.objects.get(item__code="PADS").net == Decimal("0.01")
    assert Invoice.objects.get().total == harvest.documents[0].total == Decimal("15.31")


def test_every_document_loaded_leaves_a_change_for_the_books(reading: Reading) -> None:
    load(reading(row(), row(number="2")), make_company(home_currency="GBP"))

    assert Change.objects.filter(kind="invoice").count() == 2


def test_masters_that_stand_there_already_are_used_again(reading: Reading) -> None:
    company = make_company(home_currency="GBP")
    load(reading(row()), company)

    load(reading(row(number="2", code="85123a")), company)

    assert Customer.objects.filter(company=company).count() == 1
    assert Item.objects.filter(company=company).count() == 1


def test_a_file_loaded_twice_is_refused_and_doubles_nothing(reading: Reading) -> None:
    company = make_company(home_currency="GBP")
    harvest = reading(row(), row(number="2"))
    load(harvest, company)

    with pytest.raises(ValidationError, match="536365"):
        load(harvest, company)

    assert Invoice.objects.count() == 2
