"""Sign a week of the review, on the page of the company, once it is over; and a comparison, on its own."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.control.proofs import proof_page
from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.permissions import person
from apps.billing.models import Company
from apps.reconciliation.models import KeptComparison
from apps.reconciliation.proof.signing import may_be_signed, sign
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


class RemarkForm(ActForm):
    text = forms.CharField(
        max_length=500, required=False, label="Remark", widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.record.agrees:
            self.fields["text"].required = True
            self.fields["text"].help_text = "Both sides do not agree: what is known of it."


def _sign_proof(
    request: HttpRequest, kept: KeptComparison, answers: dict[str, Any]
) -> HttpResponse:
    return HttpResponseRedirect(proof_page(sign(kept, answers["text"], by=person(request))))


def what_a_proof_means(kept: KeptComparison) -> str:
    said = "Both sides agree." if kept.agrees else "Both sides do not agree, and the proof says so."
    return (
        f"{said} You sign what this comparison found: its figures, what differs, and what people "
        "answered are kept as they read now, as a page and a PDF for whoever audits the books. A proof "
        "can be changed by nobody."
    )


SIGN_PROOF = ButtonAct(
    name="sign",
    words="Sign it",
    permission=ActName.SIGN_PROOF,
    when=may_be_signed,
    do=_sign_proof,
    asks=RemarkForm,
    means=what_a_proof_means,
    main=True,
)
