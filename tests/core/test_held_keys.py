"""What no column holds is the key of no row, however it is asked for."""

from datetime import date

import pytest
from django import forms

from apps.billing.models import Company, Customer, ExchangeRate
from tests.factories import make_company, make_customer

TOO_LARGE = [10**19, 2**63, -(2**63) - 1]


@pytest.mark.parametrize("key", TOO_LARGE)
def test_a_key_that_no_column_holds_finds_nothing_and_hides_nothing(key: int, db: None) -> None:
    bell = make_customer()
    rows = Customer.objects
    assert list(rows.filter(pk__in=[key, bell.pk])) == [bell]
    assert list(rows.filter(company__in=[key, bell.company_id])) == [bell]
    assert not rows.filter(pk__in=[key]).exists()
    assert not rows.filter(company=key).exists()
    assert not rows.filter(company_id=key).exists()
    assert list(rows.exclude(pk__in=[key]).exclude(company=key)) == [bell]


@pytest.mark.parametrize("key", TOO_LARGE)
def test_comparisons_with_it_find_nothing_or_all_that_have_a_value(key: int, db: None) -> None:
    bell = make_customer()
    rows = Customer.objects
    for path in ("pk", "company", "company_id", "parent"):
        for name in ("gt", "gte", "lt", "lte"):
            holds = (key < 0) is name.startswith("g")
            found = list(rows.filter(**{f"{path}__{name}": key}))
            assert found == ([bell] if holds and getattr(bell, path) is not None else []), (
                path,
                name,
            )
    assert list(rows.filter(pk__range=(1, key))) == ([bell] if key > 0 else [])
    assert list(rows.filter(pk__range=(key, bell.pk))) == ([bell] if key < 0 else [])
    assert list(rows.exclude(pk__range=(key, key))) == [bell]
    assert not rows.filter(pk__range=(None, key)).exists()


@pytest.mark.parametrize("year", [10**19, 10_000, 0, -(10**19)])
def test_a_year_that_no_calendar_has_is_the_year_of_nothing(year: int, db: None) -> None:
    rate = ExchangeRate.objects.create(
        company=make_company(), currency="EUR", date=date(2026, 3, 1), rate="1.1", source="ECB"
    )
    for kind in ("year", "iso_year"):
        rows = ExchangeRate.objects
        assert not rows.filter(**{f"date__{kind}": year}).exists()
        for name in ("gt", "gte", "lt", "lte"):
            holds = (year <= 0) is name.startswith("g")
            found = list(rows.filter(**{f"date__{kind}__{name}": year}))
            assert found == ([rate] if holds else [])


@pytest.mark.parametrize("key", ["9" * 20, "9" * 5_000, "-" + "9" * 20])
def test_a_choice_of_several_says_what_is_none_of_them(key: str, db: None) -> None:
    field = forms.ModelMultipleChoiceField(Company.objects.all())
    with pytest.raises(forms.ValidationError):
        field.clean([key])
