"""The button on a company that closes its months."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.versions import words
from apps.billing import actions
from apps.billing.models import Company
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName


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


def _set_closing_date(request: HttpRequest, company: Company, answers: dict[str, Any]) -> str:
    actions.set_closing_date(company, answers["to"], reason=answers["reason"])
    if answers["to"] is None:
        return "Nothing is closed now."
    return f"Closed up to and including {answers['to']:%d %B %Y}."


SET_CLOSING_DATE = ButtonAct(
    name="closing-date",
    words="Set closing date",
    permission=ActName.SET_CLOSING_DATE,
    do=_set_closing_date,
    asks=ClosingDateForm,
    edits=lambda company: {"to": words("Closed up to and including", company.closing_date)},
    means=(
        "Nothing dated on or before it can be issued, voided, credited, received or applied. "
        "The reason is kept in the history."
    ),
)
