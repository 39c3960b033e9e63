"""What the buttons on documents ask before they issue one, or change its open fields."""

from collections.abc import Iterator
from typing import Any

from django import forms

from apps.backoffice.documents import doubles
from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.day_sense import doubts
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.formatting import amount_text
from apps.billing.models import Document, Invoice
from apps.billing.rules.days import Sense


class IssueForm(ActForm):
    """Asks nothing but what may have been issued already, or bears a day without sense."""

    def questions(self) -> Iterator[str]:
        document: Document = self.record
        today = document.company.today()
        yield from doubts("Its date", document.issue_date, Sense.DOCUMENT, today)
        if isinstance(document, Invoice) and document.due_date:
            yield from doubts("Its due date", document.due_date, Sense.DUE, today)
        yield from doubles.issued(document)


class IssueCreditForm(IssueForm):
    """Offers to set the note against its invoice in the same act, where something of that is due."""

    apply = forms.BooleanField(
        required=False,
        initial=True,
        help_text="If a second person has to approve the note first, apply it once they have.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        invoice: Invoice | None = self.record.invoice
        if invoice is None or not invoice.is_open:
            del self.fields["apply"]
            return
        amount = amount_text(min(self.record.total, invoice.balance_due), invoice.currency)
        self.fields["apply"].label = f"Set {amount} {invoice.currency} of it against {invoice}"


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
        max_length=200,
        required=False,
        help_text=(
            "Needed when the due date changes. Of what stands in the books it is the note that is read "
            "on both sides; without one the change asks for a note."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self.record, Invoice):
            del self.fields["due_date"]
        for name in ("purchase_order_number", "message", "due_date"):
            if name in self.fields:
                self.fields[name].initial = getattr(self.record, name)
