"""What was so before is told to nobody: imports, what is taken over at the start; unless a person says so."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from apps.billing.actions import change_open_fields
from apps.billing.acts.batches import release_batch
from apps.billing.changes import brought_along, made_by, maker, quietly
from apps.billing.models import Batch, Company, Customer, Invoice, Payment
from apps.exchange.imports.money.releasing import release_money
from apps.exchange.models import FileImport
from apps.triggers.events.quiet import count_quiet, tell_quiet
from apps.triggers.models import Delivery, Event
from tests.exchange.imports.money.bringing import bringing, brought, written
from tests.exchange.imports.test_online_retail import HEADING, row
from tests.factories import make_company, make_customer, make_invoice, make_payment
from tests.triggers.events.ears import Ears

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def ears(company: Company) -> Ears:
    return Ears(company)


@pytest.fixture
def documents(company: Company, ears: Ears, tmp_path: Path) -> FileImport:
    """Two invoices and a credit note of an import, released."""
    path = tmp_path / "retail.csv"
    rows = [row(), row(number="536366"), row(number="C2", quantity="-1")]
    path.write_text("\n".join([HEADING, *rows, ""]), encoding="utf-8")
    done = written(brought(path, "online-retail", company))
    assert done.batch is not None
    assert release_batch(done.batch).issued == 3
    return done


def test_whoever_names_another_reason_inside_stays_quiet() -> None:
    with quietly(7), made_by(3, reason="Import"):
        assert (maker().quiet, maker().batch_id, maker().user_id) == (True, 7, 3)
    assert not maker().quiet
    with brought_along("Taken over"):
        assert (maker().quiet, maker().batch_id) == (True, None)


def test_an_import_is_told_to_nobody_and_remembered(
    company: Company, ears: Ears, documents: FileImport
) -> None:
    assert ears.heard() == []

    assert documents.batch is not None
    assert count_quiet(documents.batch) == {
        "credit_note.issued": 1,
        "customer.created": 1,
        "invoice.issued": 2,
        "invoice.overdue": 2,  # of 2010
    }
    assert set(Event.objects.values_list("body", flat=True)) == {""}


def test_what_happens_to_it_afterwards_is_told_alone(
    company: Company, ears: Ears, documents: FileImport
) -> None:
    invoice = Invoice.objects.get(number="536365")

    change_open_fields(invoice, message="Thank you.")
    make_payment(invoice=invoice, date=date(2026, 3, 16))

    assert ears.types() == ["payment.received", "invoice.paid"]


def test_a_person_may_say_that_it_is_told_once(
    company: Company, ears: Ears, documents: FileImport
) -> None:
    ears.heard()
    batch = documents.batch
    assert batch is not None

    assert tell_quiet(batch) == 6

    told = ears.heard()
    assert Counter(each["type"] for each in told) == {
        "customer.created": 1,
        "invoice.issued": 2,
        "invoice.overdue": 2,
        "credit_note.issued": 1,
    }
    assert (told[0]["type"], told[1]["type"]) == ("customer.created", "invoice.issued")
    assert told[1]["data"]["number"] == "536365"
    assert (count_quiet(batch), tell_quiet(batch)) == ({}, 0)
    assert Delivery.objects.count() == 6


def test_what_was_taken_back_meanwhile_is_told_to_nobody(company: Company, ears: Ears) -> None:
    batch = Batch.objects.create(company=company, name="customers.csv")
    with quietly(batch.pk):
        gone, stays = make_customer(company), make_customer(company)
    ears.heard()
    gone.delete()

    assert tell_quiet(batch) == 1

    assert [each["data"]["id"] for each in ears.heard()] == [str(stays.public_id)]
    assert count_quiet(batch) == {}


def test_money_of_an_import_belongs_to_its_batch(
    company: Company, ears: Ears, tmp_path: Path
) -> None:
    owed = make_invoice(customer=make_customer(company, name="Carr"), due_date=date(2027, 1, 1))
    ears.heard()
    done = written(bringing(company, tmp_path)(f"2026-03-16,Carr,{owed.number},100.00,R-1"))
    assert done.batch is not None
    assert release_money(done.batch).refused == {}

    assert ears.heard() == []
    assert count_quiet(done.batch) == {"invoice.paid": 1, "payment.received": 1}
    assert Payment.objects.count() == 1


def test_a_record_of_both_is_told_by_what_a_person_did(company: Company, ears: Ears) -> None:
    with quietly():
        customer = make_customer(company)
    customer.city = "York"
    customer.save()

    [told] = ears.heard()

    assert told["type"] == "customer.updated"
    assert Event.objects.get(type="customer.created").quiet
    assert Customer.objects.count() == 1
