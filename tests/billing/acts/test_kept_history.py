"""History is added to and never altered, and names the person behind a task or an import."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from simple_history.models import HistoricalChanges

from apps.billing import actions
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents, save_many
from apps.billing.changes import made_by
from apps.billing.models import Customer
from apps.core.kept import Kept
from apps.staff.models import User
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_payment,
)

pytestmark = pytest.mark.django_db

HISTORIES = [each for each in apps.get_models() if issubclass(each, HistoricalChanges)]


def test_every_history_of_the_product_is_kept() -> None:
    assert len(HISTORIES) > 10
    assert [each.__name__ for each in HISTORIES if not issubclass(each, Kept)] == []


WRITES: dict[str, Callable[[Any], object]] = {
    "save": lambda record: record.history.first().save(),
    "delete": lambda record: record.history.first().delete(),
    "update": lambda record: record.history.update(history_change_reason="x"),
    "delete all": lambda record: record.history.all().delete(),
    "update of the model": lambda record: type(record).history.update(history_change_reason="x"),
    "delete of the model": lambda record: type(record).history.filter(id=record.pk).delete(),
    "manager": lambda record: record.history.model.objects.all().delete(),
    "bulk_update": lambda record: record.history.model.objects.bulk_update(
        list(record.history.all()), ["history_change_reason"]
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_row_of_history_refuses_every_write(write: Callable[[Any], object]) -> None:
    invoice = make_invoice()
    payment = make_payment(invoice=invoice)
    for record in (invoice, payment, payment.allocations.get(), invoice.company, invoice.customer):
        before = list(record.history.values())
        assert before
        with pytest.raises(ValidationError, match="by nobody"):
            write(record)
        assert list(record.history.values()) == before


def test_a_deleted_draft_leaves_its_history() -> None:
    draft = make_invoice(issued=False)
    pk, history = draft.pk, type(draft).history
    draft.delete()
    assert history.filter(id=pk).first().history_type == "-"


def test_what_is_posted_is_never_deleted() -> None:
    invoice = make_invoice()
    payment = make_payment(invoice=invoice)
    note = make_credit_note(company=invoice.company)
    for record in (invoice, note, payment, payment.allocations.get()):
        with pytest.raises(ValidationError):
            record.delete()
        with pytest.raises(ValidationError):
            type(record).objects.filter(pk=record.pk).delete()
        assert type(record).objects.filter(pk=record.pk).exists()


def test_whom_history_names_is_never_deleted() -> None:
    fay = User.objects.create_user("fay@example.com")
    with made_by(fay.pk):
        make_customer()
    with pytest.raises(ValidationError, match="made inactive"):
        fay.delete()
    with pytest.raises(ValidationError, match="made inactive"):
        User.objects.filter(pk=fay.pk).delete()
    assert Customer.objects.get().history.get().history_user == fay


def test_an_import_and_each_act_in_a_task_name_the_person_behind_them() -> None:
    fay, company = User.objects.create_user("fay@example.com"), make_company(amend_allowed=True)
    line = DraftLine(description="Lamp", quantity=Decimal(1), unit_price=Decimal(10))
    with made_by(fay.pk):  # as a task does, where no request is
        save_many(
            Customer,
            [Customer(company=company, code="B", name="Bell", currency="GBP")],
            key_fields=["code"],
        )
        customer = Customer.objects.get()
        [imported] = create_documents(
            [DraftDocument(customer=customer, issue_date=date(2026, 3, 2), lines=[line])]
        )
        invoice = make_invoice(customer=customer)
        actions.amend_invoice(invoice, lines=[line], reason="Wrong price")
        payment = make_payment(invoice=invoice)
        allocation = payment.allocations.get()
        actions.cancel_payment(payment, reason="Typed wrong", on=date(2026, 3, 20))
        actions.void(invoice, reason="Typed twice", on=date(2026, 3, 21))
        actions.set_closing_date(company, date(2026, 1, 31), reason="January filed")
    for record in (customer, imported, invoice, payment, allocation):
        assert {row.history_user_id for row in record.history.all()} == {fay.pk}, record
    for record, reason in (
        (invoice, "Typed twice"),
        (payment, "Typed wrong"),
        (allocation, "Typed wrong"),
        (company, "January filed"),
    ):
        newest = record.history.first()
        assert (newest.history_user_id, newest.history_change_reason) == (fay.pk, reason)
