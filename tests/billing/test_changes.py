"""The outbox: one change for each save, in its transaction, and one word to those who listen."""

import pytest
from django.db import models, transaction

from apps.billing import changes
from apps.billing.actions import allocate, issue
from apps.billing.changes import made_by, maker
from apps.billing.models import (
    Allocation,
    Change,
    CreditNote,
    Customer,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    SetBasedWriteRefused,
)
from apps.staff.models import User
from tests.factories import make_customer, make_invoice, make_payment

pytestmark = pytest.mark.django_db


def break_off() -> None:
    with transaction.atomic():
        make_customer()
        raise RuntimeError("The import broke off.")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many changes each call of a listener found."""
    calls: list[int] = []
    monkeypatch.setattr(changes, "listeners", [lambda: calls.append(Change.objects.count())])
    return calls


def changes_of(record: models.Model) -> list[int]:
    found = Change.objects.filter(kind=record.kind, subject_id=record.pk)
    return list(found.order_by("pk").values_list("revision", flat=True))


def test_each_save_raises_the_revision_and_leaves_one_change() -> None:
    customer = make_customer()
    customer.city = "York"
    customer.save()
    customer.save(update_fields=["city"])
    assert customer.revision == 3
    assert Customer.objects.get(pk=customer.pk).revision == 3
    assert changes_of(customer) == [1, 2, 3]


def test_two_stale_copies_take_two_revisions() -> None:
    customer = make_customer()
    first, second = (Customer.objects.get(pk=customer.pk) for _ in range(2))
    first.save()
    second.save()
    assert changes_of(customer) == [1, 2, 3]


def test_a_change_names_the_side_and_the_person() -> None:
    fay = User.objects.create_user("fay@example.com")
    with made_by(fay.pk, origin="connection:3"):
        with made_by(reason="Typing error"):
            assert maker().user_id == fay.pk
            customer = make_customer()
        assert maker().reason == ""
    change = Change.objects.get(kind="customer", subject_id=customer.pk)
    assert (change.origin, change.user_id, change.company) == (
        "connection:3",
        fay.pk,
        customer.company,
    )
    row = customer.history.get()
    assert (row.history_user, row.history_change_reason) == (fay, "connection:3 Typing error")


def test_an_allocation_has_a_change_of_its_own_and_its_invoice_none() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    before = changes_of(invoice), changes_of(payment)
    allocation = allocate(payment, invoice, invoice.total, on=payment.date)
    assert changes_of(allocation) == [1]
    assert (changes_of(invoice), changes_of(payment)) == before


@pytest.mark.django_db(transaction=True)
def test_listeners_hear_once_of_a_burst_after_its_commit(told: list[int]) -> None:
    with transaction.atomic():
        customer = make_customer()
        with transaction.atomic():
            customer.save()
        make_invoice(customer=customer)
        assert told == []
    assert told == [Change.objects.count()]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_neither_change_nor_word(told: list[int]) -> None:
    with pytest.raises(RuntimeError):
        break_off()
    assert told == []
    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_is_rolled_back_takes_no_word_from_the_rest(told: list[int]) -> None:
    with transaction.atomic():
        with pytest.raises(RuntimeError):
            break_off()
        make_customer()
    assert told == [1]


@pytest.mark.parametrize(
    "model", [Customer, Item, Invoice, CreditNote, Payment, Allocation, InvoiceLine]
)
def test_a_set_based_write_that_leaves_no_change_is_refused(model: type[models.Model]) -> None:
    table = model._default_manager
    with pytest.raises(SetBasedWriteRefused, match=r"update\(\) leaves no change"):
        table.update(pk=1)
    with pytest.raises(SetBasedWriteRefused, match=r"bulk_create\(\)"):
        table.bulk_create([])
    with pytest.raises(SetBasedWriteRefused, match=r"bulk_update\(\)"):
        table.filter(pk=1).bulk_update([], [])


def test_it_is_refused_through_a_related_manager_too() -> None:
    invoice = make_invoice()
    with pytest.raises(SetBasedWriteRefused):
        invoice.lines.update(quantity=3)
    with pytest.raises(SetBasedWriteRefused):
        invoice.customer.invoices.update(message="Gone")


def test_history_keeps_the_lines_as_they_were() -> None:
    draft = make_invoice(issued=False, lines=[("Lamp", "2.50", "4.000000")])
    issue(draft)
    newest = draft.history.first()
    assert newest.lines_then == [
        {
            "position": 1,
            "item": None,
            "item_code": "",
            "description": "Lamp",
            "quantity": "2.5",
            "unit_price": "4",
            "net": "10",
            "tax": "0",
        }
    ]
    assert (newest.status, newest.number) == ("issued", "INV-2026-00001")
