"""What most acts ask: a reason, and on which day."""

from datetime import date
from typing import Any

from django import forms

from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.days import DayField
from apps.billing.models import Document
from apps.billing.rules.days import Sense


class ReasonForm(ActForm):
    reason = forms.CharField(
        max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), label="Reason"
    )


class DatedReasonForm(ReasonForm):
    on = DayField(label="Date", sense=Sense.MONEY)
    field_order = ["on", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = max(self.record.company.today(), dated(self.record))


def dated(record: Any) -> date:
    """The accounting date of a record that was posted."""
    found: date = record.issue_date if isinstance(record, Document) else record.date
    return found
