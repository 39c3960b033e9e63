"""Where a figure is typed: an amount, a quantity, a rate."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import sanitize_separators

from apps.core.numbers import figure


class FigureField(forms.DecimalField):
    """A figure whose length is looked at before it is read: no page computes with 5,000 digits."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override] # of a whole number
        if value in self.empty_values or isinstance(value, Decimal):
            return None if value in self.empty_values else value
        found = figure(str(sanitize_separators(value) if self.localize else value).strip())
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found
