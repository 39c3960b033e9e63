"""What a changed mapping touches: exact counts over what went over, and what waits."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.changes import made_by
from apps.connectors.snapshots import Kind
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping
from apps.sync.mapped.completeness import completeness
from apps.sync.mapped.impact import impact, sent_since, voids_the_test
from apps.sync.mapped.under_mapping import booked_under
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_item, make_payment

pytestmark = pytest.mark.django_db


def test_a_wrong_account_is_shown_with_all_that_was_booked_to_it_and_nothing_else(
    books: Books,
) -> None:
    mug, lamp = make_item(books.company), make_item(books.company)
    wrong, right = books.code("Services"), books.code("Sales of Product Income")
    set_mapping(books.connection, "item_account", code=wrong, item=mug)
    key = ("item_account", mug.pk)
    for day, price in ((5, 10), (9, 20), (20, 30)):
        lines = [(mug, 2, price), (lamp, 1, 500)]
        make_invoice(company=books.company, lines=lines, issue_date=date(2026, 3, day))
    make_invoice(company=books.company, lines=[(lamp, 1, 7)])
    books.run()
    make_invoice(company=books.company, lines=[(mug, 1, 9)], issue_date=date(2026, 4, 2))
    make_credit_note(company=books.company, lines=[(mug, 1, 4)], issue_date=date(2026, 4, 3))

    told = impact(books.connection, key, right)

    [past] = told.past
    assert (past.kind, past.count) == (Kind.INVOICE, 3)
    assert past.amounts == {"GBP": Decimal(120)}
    assert (past.first, past.last) == (date(2026, 3, 5), date(2026, 3, 20))
    # Their journal says the same of the planted account.
    assert books.balance("Services") == -past.amounts["GBP"]
    assert [(each.kind, each.count, each.amounts["GBP"]) for each in told.waiting] == [
        (Kind.INVOICE, 1, Decimal(9)),
        (Kind.CREDIT_NOTE, 1, Decimal(4)),
    ]
    assert (told.old, told.new) == (wrong, right)
    assert voids_the_test(books.connection, [(key, right)])
    assert not voids_the_test(books.connection, [(key, wrong)])


@pytest.mark.slow
def test_what_went_over_before_the_choice_in_force_is_not_of_it(books: Books) -> None:
    mug = make_item(books.company)
    set_mapping(books.connection, "item_account", code=books.code("Services"), item=mug)
    key = ("item_account", mug.pk)
    make_invoice(company=books.company, lines=[(mug, 1, 10)])
    books.run()
    right = books.code("Sales of Product Income")
    assert impact(books.connection, key, right).past_count == 1
    with made_by(books.fay.pk, reason="The accountant said so"):
        chosen = set_mapping(books.connection, "item_account", code=right, item=mug)
    back = impact(books.connection, key, books.code("Services"))
    assert (back.past, back.old) == ([], right)
    assert sent_since(books.connection, Mapping.objects.get(pk=chosen.pk)) == 0


@pytest.mark.slow
def test_every_subject_knows_what_is_booked_under_it(books: Books) -> None:
    item = make_item(books.company)
    books.company.plain_item = item  # through which a line without one goes over
    books.company.save()
    books.connection.company.refresh_from_db()
    invoice = make_invoice(company=books.company, lines=[(item, 1, 50), ("By hand", 1, 5)])
    make_payment(invoice=invoice, method=books.method)
    found = {
        subject: {each.kind: each.records.count() for each in booked_under(books.connection, key)}
        for subject in ("income", "no_tax", "bad_debt", "bank_charge")
        if (key := (subject, None))
    }
    assert found["income"][Kind.INVOICE] == 2  # the test invoice beside it
    assert found["no_tax"][Kind.INVOICE] == 2
    assert found["bad_debt"][Kind.INVOICE] == 0
    assert not any(found["bank_charge"].values())
    assert books.method is not None
    money = booked_under(books.connection, ("method_account", books.method.pk))
    assert {each.kind: each.records.count() for each in money} == {
        Kind.PAYMENT: 1,
        Kind.REFUND: 0,
    }


def test_its_queries_do_not_grow_with_the_documents(
    books: Books, django_assert_max_num_queries: Any
) -> None:
    mug = make_item(books.company)
    set_mapping(books.connection, "item_account", code=books.code("Services"), item=mug)
    new = books.code("Sales of Product Income")
    for _ in range(2):
        make_invoice(company=books.company, lines=[(mug, 1, 10)])
    books.run()
    make_invoice(company=books.company, lines=[(mug, 1, 10)])
    with django_assert_max_num_queries(20) as few:
        impact(books.connection, ("item_account", mug.pk), new)
    for _ in range(5):
        make_invoice(company=books.company, lines=[(mug, 1, 10)])
    with django_assert_max_num_queries(len(few)):
        told = impact(books.connection, ("item_account", mug.pk), new)
    assert (told.waiting_count, told.past_count) == (6, 2)
    assert completeness(books.connection).waiting == 6
