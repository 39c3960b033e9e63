"""The search of lists: it finds what the joined one of Django finds, by keys, and misses nothing."""

from decimal import Decimal

import pytest
from django.db import connection, models
from django.urls import reverse

from apps.backoffice.frame import finding, word_index
from apps.backoffice.frame.finding import amounts_of, candidates, places_of, words_of
from apps.backoffice.frame.word_index import SEARCHED, having, make_word_indexes
from apps.billing.models import Customer, Invoice, Item
from tests.factories import make_company, make_customer, make_invoice, make_payment

pytestmark = pytest.mark.django_db
FIELDS = ["number", "customer__name", "customer_name", "purchase_order_number"]


@pytest.fixture
def books():
    company = make_company()
    bell, cole = (make_customer(company, name=name) for name in ("Bell & Söhne", "Cole 100%"))
    return [make_invoice(customer=each) for each in (bell, bell, cole)]


def by_django(*words):
    rows = Invoice.objects.all()
    for word in words:
        rows = rows.filter(finding.Place("", Invoice, tuple(FIELDS)).has(word))
    return set(rows.values_list("pk", flat=True))


def found(*words):
    return candidates(Invoice, places_of(Invoice, FIELDS), words)


@pytest.mark.parametrize(
    "words",
    [["bell"], ["BELL"], ["ell &"], ["100%"], ["00%"], ["___"], ["bell", "cole"], ["zzqy"], ["INV"], ["bell", "INV"], ['"""'], ["o'b"]],
)  # fmt: skip
def test_it_finds_what_django_finds(books, words):
    meant = found(*words)
    assert not meant.among
    assert not meant.left
    assert meant.keys == by_django(*words)


def test_umlauts_are_found_in_either_case(books):
    assert found("söhne").keys == found("SÖHNE").keys == {each.pk for each in books[:2]}


@pytest.mark.parametrize("few", [0, 1, 2])
def test_of_words_that_stand_often_nothing_is_lost(books, few, browse, monkeypatch):
    """With nearly every word frequent, the list shows the same."""
    monkeypatch.setattr(finding, "FEW", few)
    fay = browse("Fay")
    for asked in (
        "bell",
        "bell inv",
        "inv bell",
        "cole bell",
        "zzqy bell",
        "be inv",
        "be",
        "01",
        "1 bell",
    ):
        answer = fay.get(reverse("admin:billing_invoice_changelist"), {"q": asked})
        shown = {each.pk for each in answer.context["cl"].result_list}
        assert shown == by_django(*asked.split()), asked


def test_a_renamed_customer_is_found_by_either_name(books):
    bell = books[0].customer
    bell.name = "Bellini"
    bell.save()
    assert found("bellini").keys == {each.pk for each in books[:2]}
    assert found("söhne").keys == {each.pk for each in books[:2]}  # as the invoices were issued


def test_what_is_changed_past_django_is_found_anew():
    customer = make_customer(make_company(), name="Before")
    models.QuerySet(Customer).filter(pk=customer.pk).update(name="Afterwards")
    rows = Customer._base_manager.all()
    assert not having(rows, ["before"]).exclude(normal_name="before").exists()
    assert having(rows, ["afterw"]).get() == customer


def test_what_is_deleted_is_found_no_more():
    company = make_company()
    customer = make_customer(company, name="Gone tomorrow")
    models.QuerySet(Customer).filter(pk=customer.pk).delete()
    assert not having(Customer._base_manager.all(), ["tomorrow"]).exists()


@pytest.mark.parametrize("few", [0, 1, 10])
def test_umlauts_are_found_in_either_case_however_often_they_stand(books, few, browse, monkeypatch):
    """Also beside a word that is met on the way only."""
    monkeypatch.setattr(finding, "FEW", few)
    for asked in ("SÖHNE", "söhne inv", "INV SÖHNE", "be SÖHNE"):
        answer = browse("Fay").get(reverse("admin:billing_invoice_changelist"), {"q": asked})
        shown = {each.pk for each in answer.context["cl"].result_list}
        assert shown == {each.pk for each in books[:2]}, asked


def test_an_index_of_what_is_not_searched_any_more_goes(monkeypatch):
    of_before = {**SEARCHED, "billing.Item": ("code",)}
    monkeypatch.setattr(word_index, "SEARCHED", of_before)
    make_word_indexes()
    old = word_index._name(Item)
    assert old in word_index._made()
    monkeypatch.setattr(word_index, "SEARCHED", SEARCHED)
    make_word_indexes()
    made = word_index._made()
    assert old not in made
    assert len(made) == len(word_index._kept_up(made)) == len(SEARCHED)


def test_words_are_taken_apart_as_django_does():
    assert words_of('acme "two words" \'x y\' "') == ["acme", "two words", "x y", '"']


def test_the_keys_of_a_word_are_one_statement(books, django_assert_num_queries):
    with django_assert_num_queries(1):
        found("bell")


def test_each_table_has_its_index(django_assert_num_queries):
    made = word_index._made()
    assert len(made) == len(word_index._kept_up(made)) == len(SEARCHED)
    with django_assert_num_queries(3 if connection.vendor == "sqlite" else 2):
        make_word_indexes()


def test_no_table_of_them_is_read_whole(books):
    """The plan of a word: of each table that is searched by an index, no row is looked through."""
    make_payment(invoice=books[0])
    for model in (Invoice, Customer):
        plan = having(model._base_manager.all(), ["zzqy"]).explain()
        if connection.vendor == "sqlite":
            assert f"SCAN {model._meta.db_table}" not in plan, plan


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("92", ["92"]), ("92.00", ["92"]), ("1,234.56", ["1234.56"]), ("1.234,56", ["1234.56"]),
        ("1'234.5", ["1234.5"]), ("1.234", ["1.234", "1234"]), ("12,34,567", []), ("1.2.3", []),
        ("INV-7", []), ("0", []), ("9" * 16, []), ("1,234,567.8", ["1234567.8"]), ("٣", []),
    ],
)  # fmt: skip
def test_what_a_word_may_be_as_an_amount(word, values):
    assert [str(each.normalize() if "." in str(each) else each) for each in amounts_of(word)] == [
        str(Decimal(each).normalize()) for each in values
    ]


@pytest.mark.parametrize("few", [0, 10])
@pytest.mark.parametrize("typed", ["1,234.56", "1.234,56", "1234.56", "1234.56 Quirk"])
def test_an_amount_finds_what_comes_to_it(few, typed, browse, monkeypatch):
    """Also where each word stands too often to be looked up, and beside another word."""
    monkeypatch.setattr(finding, "FEW", few)
    customer = make_customer(name="Quirk")
    sold = make_invoice(customer=customer, lines=[("Advice", 1, "1234.56")])
    make_invoice(customer=customer, lines=[("Advice", 1, "1234.57")])
    paid = make_payment(company=customer.company, customer=customer, amount=Decimal("1234.56"))
    fay = browse("Fay")
    for record, list_of in ((sold, "invoice"), (paid, "payment")):
        answer = fay.get(reverse(f"admin:billing_{list_of}_changelist"), {"q": typed})
        assert [each.pk for each in answer.context["cl"].result_list] == [record.pk]


def test_a_balance_finds_its_invoice(browse):
    customer = make_customer(name="Quirk")
    invoice = make_invoice(customer=customer, lines=[("Advice", 1, 100)])
    make_payment(invoice=invoice, amount=Decimal("62.50"))
    answer = browse("Fay").get(reverse("admin:billing_invoice_changelist"), {"q": "37.50"})
    assert [each.pk for each in answer.context["cl"].result_list] == [invoice.pk]


@pytest.mark.parametrize("list_of", ["customer", "item", "invoice", "payment", "deposit"])
@pytest.mark.parametrize("typed", ["b", "x y", "&", "be l"])
def test_words_of_one_letter_are_found_on_the_way(books, list_of, typed, browse):
    """No index knows them, also where a list looks at one table alone."""
    answer = browse("Fay").get(reverse(f"admin:billing_{list_of}_changelist"), {"q": typed})
    assert answer.status_code == 200
    if (list_of, typed) == ("customer", "&"):
        assert answer.context["cl"].result_count == 1
