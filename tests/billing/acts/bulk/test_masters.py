"""Many customers or items at once: what differs is written, with its change and its history."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.billing.acts.bulk import save_many
from apps.billing.changes import made_by
from apps.billing.models import Change, Company, Customer, Item
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_item

pytestmark = pytest.mark.django_db


def customers(company: Company, *names: str, city: str = "") -> list[Customer]:
    return [
        Customer(company=company, code=name.upper(), name=name, currency="GBP", city=city)
        for name in names
    ]


def statements(records: list[Item]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        save_many(Item, records, key_fields=["code"])
    return len(asked)


def test_new_ones_are_made_with_change_and_history() -> None:
    company, fay = make_company(), User.objects.create_user("fay@example.com")
    with made_by(fay.pk, reason="Import 7"):
        written = save_many(Customer, customers(company, "Bell", "Hart"), key_fields=["code"])
    assert [each.name for each in written.created] == ["Bell", "Hart"]
    assert (written.updated, written.unchanged) == ([], 0)
    for customer in Customer.objects.all():
        assert Change.objects.get(kind="customer", subject_id=customer.pk).user_id == fay.pk
        row = customer.history.get()
        assert (row.history_type, row.name, row.history_user) == ("+", customer.name, fay)
        assert row.history_change_reason == "Import 7"


def test_only_what_differs_is_written() -> None:
    company = make_company()
    first = save_many(
        Customer, customers(company, "Bell", "Hart", city="York"), key_fields=["code"]
    ).created
    before = Change.objects.count()
    again = [
        *customers(company, "Bell", city="York"),
        *customers(company, "Hart", city="Leeds"),
        *customers(company, "Moss"),
    ]
    written = save_many(Customer, again, key_fields=["code"])
    assert [each.name for each in written.created] == ["Moss"]
    assert [each.name for each in written.updated] == ["Hart"]
    assert written.unchanged == 1
    assert Change.objects.count() == before + 2
    hart = Customer.objects.get(name="Hart")
    assert (hart.pk, hart.public_id, hart.created_at) == (
        first[1].pk,
        first[1].public_id,
        first[1].created_at,
    )
    assert (hart.city, hart.revision, hart.history.count()) == ("Leeds", 2, 2)
    assert hart.history.first().history_type == "~"
    bell = Customer.objects.get(name="Bell")
    assert (bell.revision, bell.updated_at, bell.history.count()) == (1, first[0].updated_at, 1)


def test_the_same_again_writes_nothing_at_all() -> None:
    company = make_company()
    save_many(Customer, customers(company, "Bell", "Hart"), key_fields=["code"])
    before = Change.objects.count()
    with CaptureQueriesContext(connection) as asked:
        written = save_many(Customer, customers(company, "Bell", "Hart"), key_fields=["code"])
    assert written.unchanged == 2
    assert Change.objects.count() == before
    assert not [
        each["sql"] for each in asked if each["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}
    ]


def test_fields_that_the_records_do_not_carry_stay_and_are_filled_in() -> None:
    company = make_company()
    stored = make_customer(company, name="Bell", code="B1", city="York", notes="Pays late")
    record = Customer(company=company, code="b1", name="Bell Group")
    written = save_many(Customer, [record], key_fields=["code"], fields=["name"])
    assert written.updated == [stored]
    kept = Customer.objects.get(pk=stored.pk)
    assert (kept.name, kept.code, kept.city, kept.notes) == (
        "Bell Group",
        "B1",
        "York",
        "Pays late",
    )
    assert (record.pk, record.city, record.revision) == (stored.pk, "York", 2)


def test_a_field_that_is_not_to_be_written_is_a_mistake_of_the_caller() -> None:
    record = Customer(company=make_company(), code="b1", name="Bell")
    with pytest.raises(ValueError, match="revision"):
        save_many(Customer, [record], key_fields=["code"], fields=["name", "revision"])


def test_codes_that_differ_in_case_are_one() -> None:
    company = make_company()
    item = make_item(company, code="Lamp-1é")
    written = save_many(
        Item, [Item(company=company, code="LAMP-1é", name=item.name)], key_fields=["code"]
    )
    assert written.created == []
    assert Item.objects.count() == 1


def test_the_same_code_in_another_company_is_another_item() -> None:
    item = make_item(code="LAMP")
    record = Item(company=make_company(), code="LAMP", name="Lamp")
    written = save_many(Item, [record], key_fields=["company", "code"])
    assert written.created == [record]
    assert record.pk != item.pk


def test_everything_unfit_is_named_before_anything_is_written() -> None:
    company = make_company()
    records = customers(company, "Bell", "Hart", "Bell")
    records[1].email = "not an address"
    with pytest.raises(ValidationError) as refused:
        save_many(Customer, records, key_fields=["code"])
    assert refused.value.messages == [
        "Record 2 (Hart): Enter a valid email address.",
        "Record 3 (Bell): It stands twice among these records.",
    ]
    assert not Customer.objects.exists()


def test_a_name_that_another_has_is_said_in_a_sentence() -> None:
    company = make_company()
    make_customer(company, name="Bell", code="B1")
    with pytest.raises(ValidationError, match="Bell: There is a customer of this name already"):
        save_many(Customer, customers(company, "Bell"), key_fields=["code"])
    twins = customers(company, "Hart", "Hart")
    twins[1].code = "H2"
    with pytest.raises(ValidationError, match="name or code in common"):
        save_many(Customer, twins, key_fields=["code"])


def test_the_statements_do_not_grow_with_the_records() -> None:
    company = make_company()

    def items(prefix: str, count: int, price: int) -> list[Item]:
        return [
            Item(company=company, code=f"{prefix}{place}", name="Lamp", unit_price=Decimal(price))
            for place in range(count)
        ]

    few, many = statements(items("A", 5, 1)), statements(items("B", 40, 1))
    assert few == many <= 8
    few, many = statements(items("A", 5, 2)), statements(items("B", 40, 2))
    assert few == many <= 8
