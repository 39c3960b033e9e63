"""What a report is asked for: a company, days, and when it was known."""

from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.backoffice.frame.days import DayField, show_days_of
from apps.backoffice.frame.sight import companies_for
from apps.billing.models import Company, Customer
from apps.core.numbers import whole
from apps.exchange.reports.shape import Asked, Report

MANY: Final = 6  # names of customers that are told
LAST_MOMENT: Final = time(23, 59, 59, 999999)


class ReportForm(forms.Form):
    """The days of a report, and as known when; fields that it has no use for are left out."""

    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    customer = forms.CharField(help_text="The name, or a part of it that no other has.")
    since = DayField(label="From")
    on = DayField(label="Up to and including")
    by = forms.ChoiceField(label="By")
    known_on = DayField(
        label="As known on",
        required=False,
        help_text="What was entered later is left out. Empty: as known now.",
    )
    known_at = forms.TimeField(
        label="At",
        required=False,
        help_text="Empty: at the end of that day.",
        widget=forms.TimeInput(attrs={"type": "time", "step": 1}),
    )

    def __init__(
        self,
        report: Report,
        company: Company,
        companies: QuerySet[Company],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.report, self.own = report, company
        self._offer(companies.order_by("legal_name"))
        if not report.needs_customer:
            del self.fields["customer"]
        if not report.has_period:
            del self.fields["since"]
            self.fields["on"].label = "At the end of"
        if report.choices:
            self.fields["by"].choices = report.choices  # type: ignore[attr-defined] # a choice
        else:
            del self.fields["by"]

    def _offer(self, companies: QuerySet[Company]) -> None:
        self.fields["company"].queryset = companies  # type: ignore[attr-defined] # a choice of rows
        if len(companies[:2]) == 1:
            self.fields["company"].widget = forms.HiddenInput()

    def clean_customer(self) -> Customer:
        """By name: the one that is called so, else the only one whose name holds it."""
        typed = self.cleaned_data["customer"]
        whose = Customer.objects.filter(company=self.own)
        found = list(whose.filter(name__iexact=typed)[:2])
        found = found or list(whose.filter(name__icontains=typed).order_by("name")[:MANY])
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(f"No customer of {self.own} is called “{typed}”.")
        names = ", ".join(each.name for each in found)
        raise ValidationError(f"More than one customer is called like that: {names}.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, on = cleaned.get("since"), cleaned.get("on")
        if since and on and since > on:
            self.add_error("since", "The first day lies after the last.")
        if (
            cleaned.get("known_at")
            and not cleaned.get("known_on")
            and "known_on" not in self.errors
        ):
            self.add_error("known_on", "Say on which day.")
        return cleaned

    def answered(self) -> Asked:
        """Of a valid form."""
        answers = self.cleaned_data
        customer = answers.get("customer")
        return Asked(
            company=answers["company"],
            on=answers["on"],
            since=answers.get("since"),
            known_at=self._moment(answers.get("known_on"), answers.get("known_at")),
            by=answers.get("by", ""),
            customer_id=None if customer is None else customer.pk,
        )

    def _moment(self, day: date | None, at: time | None) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day, at or LAST_MOMENT, tzinfo=ZoneInfo(self.own.time_zone))


def company_asked(request: HttpRequest) -> Company | None:
    """The one that was chosen, else the first; None: there is none yet that this person sees."""
    companies = companies_for(request).order_by("legal_name")
    chosen = companies.filter(pk=whole(request.GET.get("company")) or 0).first()
    return chosen or companies.first()


def form_of(report: Report, company: Company, request: HttpRequest) -> ReportForm:
    """As it was sent; with the month so far where nothing was chosen yet."""
    show_days_of(company)
    today = company.today()
    asked: dict[str, Any] = {
        "company": company.pk,
        "since": today.replace(day=1).isoformat(),
        "on": today.isoformat(),
        "by": report.choices[0][0] if report.choices else "",
    }
    if report.needs_customer and not request.GET:
        # Whose account is to be said first.
        return ReportForm(report, company, companies_for(request), initial=asked)
    return ReportForm(
        report,
        company,
        companies_for(request),
        asked | {name: each for name, each in request.GET.items() if each},
    )
