"""What differs is a row that lasts as long as it differs, and says which figure of which record it is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.reconciliation.findings import Finding
from apps.reconciliation.lasting import keep_differences
from apps.reconciliation.models import Difference, Why
from apps.sync.models import State
from tests.factories import make_invoice, make_payment
from tests.reconciliation.sides import Sides

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 31, 6, 0, tzinfo=UTC)


@pytest.fixture
def sides() -> Sides:
    return Sides()


def standing() -> list[Difference]:
    return [*Difference.objects.filter(ended_at=None)]


def test_a_total_that_differs_is_one_row_from_one_comparison_to_the_next(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    remote = sides.document(invoice)
    sides.compare()
    assert standing() == []

    sides.change(remote, snapshot={"total": Decimal("99.99")})
    sides.compare()
    [row] = [each for each in standing() if each.figure == "total"]
    assert (row.why, row.here, row.there) == (Why.AMOUNT, "100.00 GBP", "99.99 GBP")
    assert (row.amount, row.currency) == (Decimal("-0.01"), "GBP")
    assert row.ours == [["invoice", invoice.pk]]
    assert row.theirs == [["Invoice", remote.remote_id]]
    assert row.sentence == (
        f"Invoice {invoice.number}: total is 100.00 GBP here and 99.99 GBP in QuickBooks."
    )

    sides.change(remote, snapshot={"total": Decimal("98")})
    sides.compare()
    [again] = [each for each in standing() if each.figure == "total"]
    assert (again.pk, again.found_at) == (row.pk, row.found_at)
    assert (again.there, again.amount) == ("98.00 GBP", Decimal(-2))
    assert again.seen_at > row.seen_at

    sides.change(remote, snapshot={"total": Decimal(100)})
    sides.compare()
    assert standing() == []
    again.refresh_from_db()
    assert again.ended_at is not None
    assert again.there == "98.00 GBP"  # as it stood last

    sides.change(remote, snapshot={"total": Decimal("98")})
    sides.compare()
    assert [each.pk for each in standing() if each.figure == "total"] != [row.pk]


@pytest.mark.parametrize(
    ("there", "why", "figure"),
    [
        ({"tax": Decimal("0.01")}, Why.TAX, "tax"),
        ({"net": Decimal("100.01")}, Why.AMOUNT, "net"),
        ({"number": "INV-1"}, Why.NUMBER, "number"),
        ({"customer_id": "9999"}, Why.CUSTOMER, "customer"),
        ({"home_total": Decimal(80)}, Why.EXCHANGE, "home total"),
        ({"void": True}, Why.STATE, "state"),
    ],
)
def test_each_is_of_one_kind_of_the_closed_list(
    sides: Sides, there: dict[str, Any], why: Why, figure: str
) -> None:
    sides.change(sides.document(make_invoice(company=sides.company)), snapshot=there)
    sides.compare()
    assert (why, figure) in [(Why(each.why), each.figure) for each in standing()]


def test_what_was_never_sent_what_is_gone_and_what_is_paid_there_alone(sides: Sides) -> None:
    unsent = make_invoice(company=sides.company)
    paid = make_invoice(company=sides.company)
    remote = sides.document(paid)
    sides.change(remote, balance=Decimal(40))
    money = make_payment(invoice=paid, amount="10", method=sides.bank)
    sides.payment(money)
    sides.theirs.payments.clear()
    sides.tie(unsent, State.WAITING, "It waits for its customer.")
    sides.compare()
    found = {(Why(each.why), tuple(map(tuple, each.ours))) for each in standing()}
    assert (Why.GONE, (("payment", money.pk),)) in found
    assert (Why.PAID, (("invoice", paid.pk),)) in found
    assert (Why.ONLY_HERE, (("invoice", unsent.pk),)) in found


def test_an_account_that_is_apart_has_no_record(sides: Sides) -> None:
    sides.document(make_invoice(company=sides.company))
    sides.balances["79"] = Decimal("-90")
    sides.compare()
    [row] = [each for each in standing() if each.why == Why.BALANCE]
    assert (row.ours, row.theirs, row.amount) == ([], [], Decimal(10))


def test_alike_ones_are_told_apart_and_hundreds_take_few_statements() -> None:
    sides = Sides()

    def found(count: int) -> list[Finding]:
        return [
            Finding(
                "It stands there twice.",
                Why.TWICE,
                theirs=(("Invoice", str(place // 2)),),
                figure="number",
            )
            for place in range(count)
        ]

    asked = {}
    for place, count in enumerate((2, 400)):
        with CaptureQueriesContext(database) as queries:
            at = FIRST + timedelta(days=place)
            assert keep_differences(sides.connection, found(count), at) == count
        asked[count] = len(queries)
    assert asked[400] - asked[2] <= 10  # rows of one statement: databases have a limit
    assert keep_differences(sides.connection, [], FIRST + timedelta(days=2)) == 0
    assert Difference.objects.filter(ended_at=FIRST + timedelta(days=2)).count() == 400
