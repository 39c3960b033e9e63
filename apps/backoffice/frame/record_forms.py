"""Forms of records: tidy decimals, one way to type a day, rows that know their parent."""

import re
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest

from apps.backoffice.frame.addresses import looked_up_with_care, shows_what_is_loaded
from apps.backoffice.frame.asking import Asking
from apps.backoffice.frame.days import DayField, DayInput
from apps.backoffice.frame.figure_field import FigureField
from apps.billing.rules.days import Sense


class TidyDecimalField(FigureField):
    """Shows 1 where six decimals are stored; every decimal that says something stays."""

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return f"{value.normalize():f}"


# What the days of a model are of, by the name of their field.
SENSES = {"issue_date": Sense.DOCUMENT, "due_date": Sense.DUE, "date": Sense.MONEY}


class RecordForm(Asking, forms.ModelForm):
    """The form of a record: it asks about what is rarely meant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shows_what_is_loaded(self)


class TidyForms:
    """Decimals without trailing zeros, and one way to type a day, in every form."""

    day_classes = ""  # of the theme

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DecimalField):
            kwargs.setdefault("form_class", TidyDecimalField)
        if isinstance(db_field, models.DateField) and not isinstance(
            db_field, models.DateTimeField
        ):
            kwargs |= {
                "form_class": DayField,
                "widget": DayInput(attrs={"class": self.day_classes}),
                "sense": SENSES.get(db_field.name, Sense.ANY),
            }
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc] # a mixin of admin classes
        if field is not None:
            looked_up_with_care(field.widget)
        return field


class AsManyAsPosted(forms.BaseFormSet):
    """As many forms as were posted, whatever the post says of their number: each that is made up for
    it would be filled, checked and shown."""

    def total_form_count(self) -> int:
        said = super().total_form_count()
        if not self.is_bound:
            return said
        places = re.compile(rf"{re.escape(str(self.prefix))}-(\d{{1,6}})-")
        posted = (places.match(name) for name in self.data)
        return min(said, 1 + max((int(found[1]) for found in posted if found), default=-1))


class OfParentFormSet(AsManyAsPosted, forms.BaseInlineFormSet):
    """Gives each form its parent, which a new one does not find through its own row yet."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "parent": self.instance}


class OfParentForm(forms.ModelForm):
    """A row of an inline that asks its parent before it is saved."""

    def __init__(self, *args: Any, parent: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parent = parent
        shows_what_is_loaded(self)
