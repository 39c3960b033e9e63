"""`Among` finds what `__in` finds, and asks PostgreSQL with one parameter however many values there are."""

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Lower

from apps.billing.models import Customer
from apps.core.lookups import Among
from tests.factories import make_company, make_customer

pytestmark = pytest.mark.django_db
CODES = ["C1", "C2", "Ç 3", 'q"u{o,t\\e', "None"]


@pytest.mark.parametrize(
    "wanted", [["C1", "Ç 3"], ['q"u{o,t\\e', "None", "C9"], ["C9"], [], [None]]
)
def test_it_finds_what_in_finds(wanted: list[str | None]) -> None:
    company = make_company()
    for code in CODES:
        make_customer(company, code=code)
    rows = Customer.objects.filter(company=company)
    told = [each for each in wanted if each is not None]
    assert {*rows.filter(Among(F("code"), wanted))} == {*rows.filter(code__in=told)}
    lowered = rows.alias(lowered=Lower("code"))
    small = [each.lower() for each in told]
    assert {*lowered.filter(Among(F("lowered"), small))} == {*lowered.filter(lowered__in=small)}
    assert {*rows.exclude(Among(F("code"), told))} == {*rows.exclude(code__in=told)}


def test_keys_are_found_and_locked() -> None:
    company = make_company()
    keys = [make_customer(company, code=code).pk for code in CODES]
    found = Customer.objects.select_for_update().filter(Among(F("pk"), keys[:3]))
    assert {each.pk for each in found} == {*keys[:3]}


def test_its_statement_is_as_long_for_one_as_for_hundreds_where_there_are_arrays() -> None:
    def asked(values: int) -> tuple[str, int]:
        wanted = [f"{each:03}" for each in range(values)]
        query, told = Customer.objects.filter(Among(F("code"), wanted)).query.sql_with_params()
        return query, len(told)

    arrays = connection.vendor == "postgresql"
    assert (asked(1)[1], asked(500)[1]) == (1, 1 if arrays else 500)
    assert (asked(1)[0] == asked(500)[0]) is arrays
