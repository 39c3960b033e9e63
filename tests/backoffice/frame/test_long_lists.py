"""Lists are counted no further than people read, and found by keys."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.backoffice.frame import long_lists
from apps.backoffice.frame.long_lists import LongPaginator
from apps.billing.models import Customer, Invoice
from tests.factories import make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db
LIST = "admin:billing_customer_changelist"


@pytest.fixture
def many():
    company = make_company()
    return [make_customer(company, name=f"Customer {place:03}") for place in range(23)]


def paged(rows):
    paginator = LongPaginator(rows, 5)
    return [each.pk for number in paginator.page_range for each in paginator.page(number)]


@pytest.mark.parametrize("from_the_front", [0, 7, 1_000])
def test_every_row_is_on_one_page_in_its_order(many, monkeypatch, from_the_front):
    """Also where pages further down are read from the end."""
    monkeypatch.setattr(long_lists, "FROM_THE_FRONT", from_the_front)
    rows = Customer.objects.order_by("name", "pk")
    assert paged(rows) == [each.pk for each in rows]
    some = rows.filter(name__gte="Customer 004")
    assert paged(some) == [each.pk for each in some]


def test_a_filtered_list_is_counted_a_little_behind_the_page(many, monkeypatch):
    monkeypatch.setattr(long_lists, "COUNTED", 10)
    rows = Customer.objects.filter(active=True)
    first = LongPaginator(rows, 5)
    assert (first.count, first.more, first.words) == (10, True, "More than 10")
    third = LongPaginator(rows, 5, asked=3)
    assert (third.count, third.more) == (20, True)
    last = LongPaginator(rows, 5, asked=5)
    assert (last.count, last.more, last.words) == (23, False, "23")
    assert LongPaginator(Customer.objects.all(), 5).words == "23"


def test_all_of_a_list_too_long_to_know_is_acted_on_by_nobody(many, browse, monkeypatch):
    monkeypatch.setattr(long_lists, "COUNTED", 10)
    company = many[0].company
    drafts = [make_invoice(customer=many[0], issued=False) for _ in range(12)]
    address = reverse("admin:billing_invoice_changelist")
    answer = browse("Fay").post(
        address,
        {"action": "issue_selected", "select_across": "1", "_selected_action": [drafts[0].pk]},
        follow=True,
    )
    assert "Nothing was done: more than 10,000" in answer.text
    assert not Invoice.objects.filter(company=company, status="issued").exists()


def test_a_long_list_is_not_sorted_by_what_has_no_index(many, browse, monkeypatch):
    fay, address = browse("Fay"), reverse("admin:billing_invoice_changelist")
    make_invoice(customer=many[0])
    for _ in range(2):
        make_invoice(customer=many[1])
    by_customer = "2"
    assert "is not sorted by this column" not in fay.get(address, {"o": by_customer}).text
    monkeypatch.setattr(long_lists, "COUNTED", 1)
    for column, refused in (
        (by_customer, True),
        ("1", False),
        ("-3", False),
        ("5", True),
        ("-7", False),
    ):
        answer = fay.get(address, {"o": column})
        assert ("is not sorted by this column" in answer.text) is refused, column
        assert len(answer.context["cl"].result_list) == 3


@pytest.mark.parametrize(
    "model", ["billing_invoice", "billing_payment", "billing_creditnote", "billing_customer",
              "billing_allocation", "sync_syncrecord", "sync_remoterecord", "sync_call"]
)  # fmt: skip
def test_a_list_asks_twelve_questions_at_most(world, browse, model):
    fay = browse("Ada" if model == "sync_call" else "Fay")
    for query in ({}, {"q": "bell"}):
        fay.get(reverse(f"admin:{model}_changelist"), query)
        with CaptureQueriesContext(connection) as asked:
            answer = fay.get(reverse(f"admin:{model}_changelist"), query)
        assert answer.status_code == 200
        assert len(asked) <= 12, [each["sql"][:150] for each in asked.captured_queries]
        assert len(answer.content) < 200_000
