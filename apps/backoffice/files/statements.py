"""Pages that ask for a day and print what was open then: statements, and aged receivables."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from apps.backoffice.files.answers import pdf_response
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ActForm, PageAct, Screen
from apps.backoffice.frame.days import DayField, show_days_of
from apps.backoffice.frame.sight import companies_for, company_in_sight
from apps.billing.models import Company, Customer
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.printing.statements import (
    print_ageing,
    print_brought_forward,
    print_open_items,
)
from apps.exchange.printing.words import LANGUAGES, language_of

AGED = "aged-receivables"
PRINT_BUTTON = "print"
A_QUARTER = timedelta(days=91)


class PeriodForm(ActForm):
    """Which statement: what is open on a day, or what moved up to it."""

    OPEN, MOVED = "open", "moved"
    how = forms.ChoiceField(
        label="Statement",
        choices=[(OPEN, "What is open, item by item"),
                 (MOVED, "Balance brought forward, and what moved since")],
    )  # fmt: skip
    start = DayField(
        label="From",
        required=False,
        help_text="Of a balance brought forward: the first day whose entries are listed.",
    )
    on = DayField(label="Up to and including")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = self.record.company.today()
        self.fields["on"].initial = today
        self.fields["start"].initial = (today - A_QUARTER).replace(day=1)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, on = cleaned.get("start"), cleaned.get("on")
        if cleaned.get("how") == self.MOVED and not start and "start" not in self.errors:
            self.add_error("start", "Say from which day.")
        if start and on and start > on and cleaned.get("how") == self.MOVED:
            self.add_error("start", "The first day lies after the last.")
        return cleaned


class StatementForm(PeriodForm):
    language = forms.ChoiceField(choices=list(LANGUAGES.items()))
    field_order = ["how", "start", "on", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = language_of(self.record.company)


def print_statement(customer: Customer, on: date, start: date | None, language: str) -> bytes:
    """Of what moved since `start`, else of what is open."""
    if start is None:
        return print_open_items(customer, on, language)
    return print_brought_forward(customer, start, on, language)


def statement_page(screen: Screen, request: HttpRequest, customer: Customer) -> HttpResponse:
    asked = request.GET if PRINT_BUTTON in request.GET else None
    form = StatementForm(asked, record=customer)
    if asked is not None and form.is_valid():
        answers = form.cleaned_data
        start = answers["start"] if answers["how"] == StatementForm.MOVED else None
        try:
            pdf = print_statement(customer, answers["on"], start, answers["language"])
            return pdf_response(pdf, f"statement-{customer.pk}-{answers['on']}.pdf")
        except CannotPrint as refusal:
            messages.error(request, str(refusal))
    context = {
        **screen.admin_site.each_context(request),
        "title": "Statement",
        "trail": screen.trail("Statement", record=customer),
        "opts": screen.opts,
        "original": customer,
        "heading": f"Statement of {customer}",
        "form": form,
        "back": screen.page("change", customer.pk),
    }
    return TemplateResponse(request, "backoffice/files/ask.html", context)


STATEMENT = PageAct(
    name="statement",
    words="Statement (PDF)",
    permission=permissions.SEE_INVOICES,
    page=statement_page,
)


# --- aged receivables ----------------------------------------------------------------------------


class AgeingForm(forms.Form):
    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    on = DayField(label="At the end of")
    language = forms.ChoiceField(choices=list(LANGUAGES.items()))

    def __init__(self, companies: QuerySet[Company], *args: Any) -> None:
        super().__init__(*args)
        companies = companies.order_by("legal_name")
        self.fields["company"].queryset = companies  # type: ignore[attr-defined] # a choice of rows


class AgedReceivables:
    """The paper of the report of this name, in the languages of customers. Without a question for a
    paper its address, which stood in menus and bookmarks, leads to that report."""

    def get_urls(self: Any) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.aged_receivables)
        return [
            path(f"{AGED}/", view, name=self.url_name("aged_receivables")),
            *super().get_urls(),  # type: ignore[misc] # a mixin of admin classes
        ]

    def aged_receivables(self: Any, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request) or not permissions.may(
            request, permissions.SEE_INVOICES
        ):
            raise PermissionDenied
        show_days_of(_company_asked(request))
        form = AgeingForm(companies_for(request), request.GET)
        if PRINT_BUTTON in request.GET and form.is_valid():
            answers = form.cleaned_data
            try:
                pdf = print_ageing(answers["company"], answers["on"], answers["language"])
                return pdf_response(pdf, f"aged-receivables-{answers['on']}.pdf")
            except CannotPrint as refusal:
                messages.error(request, str(refusal))
        asked = {name: request.GET[name] for name in ("company", "on") if request.GET.get(name)}
        report = reverse("admin:billing_company_report", args=[AGED])
        return HttpResponseRedirect(f"{report}?{urlencode(asked)}" if asked else report)


def aged_papers(company: Company, on: date) -> list[tuple[str, str]]:
    """The report of this day as a paper in each language of customers, its own first: (language, address)."""
    address, own = reverse("admin:billing_customer_aged_receivables"), language_of(company)
    day = {"company": company.pk, "on": on.isoformat(), PRINT_BUTTON: "yes"}
    ordered = sorted(LANGUAGES.items(), key=lambda each: each[0] != own)
    return [(words, f"{address}?{urlencode({**day, 'language': code})}") for code, words in ordered]


def _company_asked(request: HttpRequest) -> Company | None:
    key = request.GET.get("company", "")
    if key:
        return company_in_sight(request, key)
    companies = list(companies_for(request)[:2])
    return companies[0] if len(companies) == 1 else None
