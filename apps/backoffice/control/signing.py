"""Sign a week of the review: on the page of the company, once the week is over."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.permissions import person
from apps.billing.models import Company
from apps.reconciliation.review.acts import open_items, sign_week, weeks_to_sign
from apps.staff.acts import ActName


class SignForm(ActForm):
    week = forms.ChoiceField(label="Week")
    text = forms.CharField(
        max_length=500, required=False, label="Remark", widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = self.fields["week"]
        assert isinstance(week, forms.ChoiceField)
        week.choices = [
            (monday.isoformat(), f"From {monday:%-d %b %Y}")
            for monday in weeks_to_sign(self.record)
        ]


def _sign(request: HttpRequest, company: Company, answers: dict[str, Any]) -> HttpResponse:
    week = date.fromisoformat(answers["week"])
    signed = sign_week(company, week, answers["text"], by=person(request))
    return HttpResponseRedirect(reverse("admin:reconciliation_reviewweek_change", args=[signed.pk]))


def what_signing_means(company: Company) -> str:
    count = open_items(company).count()
    what = f"{count:,} rows are open, each with its owner and day" if count else "Nothing is open"
    return (
        f"You sign that the week was reviewed. {what}: they are kept with the week as they read now, "
        "and so is what ended in it. A signed week can be changed by nobody."
    )


SIGN_WEEK = ButtonAct(
    name="sign-week",
    words="Sign a week of the review",
    permission=ActName.SIGN_WEEK,
    when=lambda company: bool(weeks_to_sign(company)),
    do=_sign,
    asks=SignForm,
    means=what_signing_means,
)
