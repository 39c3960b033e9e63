"""What no column holds is the key of no row, however it is asked for."""

import pytest
from django import forms

from apps.billing.models import Company, Customer
from tests.factories import make_customer

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


@pytest.mark.parametrize("key", ["9" * 20, "9" * 5_000, "-" + "9" * 20])
def test_a_choice_of_several_says_what_is_none_of_them(key: str, db: None) -> None:
    field = forms.ModelMultipleChoiceField(Company.objects.all())
    with pytest.raises(forms.ValidationError):
        field.clean([key])
