"""Our records are read in portions: so many queries for a portion, however many records it has."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.reconciliation import shelf_of_ours
from apps.reconciliation.ours import ours_of
from tests.factories import make_credit_note, make_customer, make_invoice, make_item, make_payment
from tests.reconciliation.sides import Sides

pytestmark = pytest.mark.django_db


@pytest.fixture
def sides() -> Sides:
    return Sides()


def queries_of(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        act()
    return len(asked)


def stand(sides: Sides, sales: int) -> None:
    """So many paid invoices of one customer, and one more with a credit note, on both sides."""
    customer, item = make_customer(sides.company), make_item(sides.company)
    for _ in range(sales):
        invoice = make_invoice(customer=customer, lines=[(item, 1, 100)])
        payment = make_payment(invoice=invoice, method=sides.bank)
        sides.document(invoice)
        sides.payment(payment)
    credited = make_invoice(customer=customer, lines=[(item, 1, 100)])
    sides.document(make_credit_note(invoice=credited))
    sides.document(credited)


def test_more_records_of_a_portion_take_no_more_queries(sides: Sides) -> None:
    stand(sides, 2)
    few = queries_of(sides.compare)
    stand(sides, 4)

    assert queries_of(sides.compare) == few


def test_each_portion_is_one_query_for_each_kind_in_it_and_for_what_is_read_beside(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand(sides, 5)
    monkeypatch.setattr(shelf_of_ours, "PORTION", 4)
    ours = ours_of(sides.connection)

    assert len(ours.documents) == 7  # six invoices and a credit note: 4 + (2 + 1)
    assert queries_of(lambda: list(ours.documents.items())) == 3
    # 4 + 1, each portion with its customers and its payment methods.
    assert queries_of(lambda: list(ours.payments.items())) == 6
    assert queries_of(lambda: [key in ours.known for key in ours.payments]) == 0


def test_what_a_payment_settles_is_read_for_a_portion(sides: Sides) -> None:
    stand(sides, 3)
    ours = ours_of(sides.connection)
    pks = [payment.pk for _, payment in ours.payments.items()]

    assert queries_of(lambda: [ours.allocations.get(pk) for pk in pks]) == 2
    assert queries_of(lambda: ours.allocations.get(pks[0])) == 0
    assert [sum(ours.allocations[pk].values()) for pk in pks] == [100, 100, 100]
    assert ours.allocations.get(0) is None
