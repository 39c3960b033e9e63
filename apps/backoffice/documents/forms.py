"""What the buttons of billing ask: a reason, a date, the open fields, a closing date."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms

from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.day_sense import doubts
from apps.backoffice.frame.days import DayField, Sense
from apps.backoffice.money import doubles
from apps.billing.models import Document, Invoice


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


class IssueForm(ActForm):
    """Asks nothing but what may have been issued already, or bears a day without sense."""

    def questions(self) -> Iterator[str]:
        document: Document = self.record
        today = document.company.today()
        yield from doubts("Its date", document.issue_date, Sense.DOCUMENT, today)
        if isinstance(document, Invoice) and document.due_date:
            yield from doubts("Its due date", document.due_date, Sense.DUE, today)
        yield from doubles.document(document)


class OpenFieldsForm(ActForm):
    """What may change once an invoice is issued."""

    purchase_order_number = forms.CharField(max_length=40, required=False)
    message = forms.CharField(
        label="Message to the customer",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    due_date = DayField(label="Due date", sense=Sense.DUE)
    reason = forms.CharField(
        max_length=200, required=False, help_text="Needed when the due date changes."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self.record, Invoice):
            del self.fields["due_date"]
        for name in ("purchase_order_number", "message", "due_date"):
            if name in self.fields:
                self.fields[name].initial = getattr(self.record, name)


class ClosingDateForm(ReasonForm):
    to = DayField(
        label="Closed up to and including",
        sense=Sense.CLOSING,
        required=False,
        help_text="Empty: nothing is closed.",
    )
    field_order = ["to", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].initial = self.record.closing_date
