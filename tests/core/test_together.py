"""Many questions in one statement are answered as each alone would be."""

from decimal import Decimal

import pytest
from django.db.models import Count, Sum
from django.test.utils import CaptureQueriesContext

from apps.billing.models import Invoice
from apps.core.together import AT_ONCE, Together
from tests.factories import make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db


def test_counts_and_rows_come_back_under_their_keys_in_one_statement(
    django_assert_num_queries: CaptureQueriesContext,
) -> None:
    customer = make_customer(make_company())
    made = [make_invoice(customer=customer, lines=[("100 % wool", 1, "7.10")]) for _ in range(3)]
    asked = Together()
    asked.count("issued", Invoice.objects.filter(status="issued"))
    asked.count("at most", Invoice.objects.filter(status="issued"), most=1)
    asked.count("none", Invoice.objects.none())
    asked.rows("none", Invoice.objects.filter(pk__in=[]), "pk")
    sums = Invoice.objects.order_by().values("currency", "status")
    asked.rows(
        ("owed", 1),
        sums.annotate(many=Count("pk"), sum=Sum("balance_due")),
        "currency",
        "many",
        "sum",
    )
    asked.rows("days", Invoice.objects.order_by("-pk")[:2], "pk", "issue_date", "voided_on")
    with django_assert_num_queries(1):  # type: ignore[operator] # a factory of contexts
        asked.ask()
    assert asked.count_of("issued") == 3
    assert asked.count_of("at most") == 2  # more than one: how many is not said
    assert (asked.count_of("none"), asked.rows_of("none")) == (0, [])
    ((currency, many, total),) = asked.rows_of(("owed", 1))
    assert (currency, int(many)) == (made[0].currency, 3)
    assert Decimal(total) == sum(each.balance_due for each in made)
    newest = made[-1]
    assert asked.rows_of("days")[0] == (str(newest.pk), newest.issue_date.isoformat(), "")
    assert len(asked.rows_of("days")) == 2


def test_more_questions_than_a_statement_takes_are_all_answered() -> None:
    make_customer(make_company())
    asked = Together()
    for place in range(AT_ONCE + 2):
        asked.count(place, Invoice.objects.filter(pk=place))
        asked.rows(place, Invoice.objects.none(), "pk")
    asked.ask()
    assert {asked.count_of(place) for place in range(AT_ONCE + 2)} == {0}
