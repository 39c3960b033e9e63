"""Step three: one invoice goes over, is read back, and every field is compared."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.effect import boxes
from apps.backoffice.ledgers.steps import GO_LIVE, MAP, TEST_INVOICE, steps_of
from apps.billing import actions
from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.mappings.choices import missing
from apps.staff.acts import ActName
from apps.sync.foretell import foretold_in, foretold_of
from apps.sync.trial import Busy, TrialResult, run_trial

CHOICES_SHOWN = 50


class InvoiceField(forms.ModelChoiceField):
    def label_from_instance(self, invoice: Invoice) -> str:
        name = "Draft, issued by this test" if invoice.is_draft else str(invoice)
        total = amount_text(invoice.total, invoice.currency)
        return f"{name}: {invoice.customer}, {total} {invoice.currency}, {invoice.issue_date}"


class TrialForm(forms.Form):
    invoice = InvoiceField(
        Invoice.objects.none(),
        label="Which invoice",
        empty_label="Choose one",
        help_text="It is a real invoice and stays in their books.",
    )

    def __init__(self, *args: Any, connection: Connection, drafts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Invoice.objects.filter(company=connection.company_id, total__gt=0)
        if connection.starts_on:
            rows = rows.filter(issue_date__gte=connection.starts_on)
        stages = Q(status="issued") | Q(status="draft") if drafts else Q(status="issued")
        field: Any = self.fields["invoice"]
        # The choices are a slice; validation looks in all of them.
        field.queryset = rows.filter(stages).select_related("customer").order_by("-id")
        recent = list(field.queryset[:CHOICES_SHOWN])
        field.choices = [
            ("", "Choose one"),
            *((i.pk, field.label_from_instance(i)) for i in recent),
        ]


def trial_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET shows the choice; POST sends the invoice, which takes some seconds, and shows the table."""
    posted = request.POST if request.method == "POST" else None
    form = TrialForm(posted, connection=connection, drafts=may(request, ActName.ISSUE_INVOICE))
    result: TrialResult | None = None
    only_shown = "show" in request.POST
    told = ""
    if request.method == "POST" and form.is_valid():
        invoice: Invoice = form.cleaned_data["invoice"]
        told = boxes(request, foretold_in(invoice, [connection]))
    if told and not only_shown:
        result = _tried(request, connection, form)
        if result is not None:
            form = TrialForm(connection=connection, drafts=may(request, ActName.ISSUE_INVOICE))
    connection.refresh_from_db()
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Test invoice: {connection.name}",
        "trail": screen.trail("Test invoice", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "steps": steps_of(connection, TEST_INVOICE),
        "form": form,
        "result": result,
        "told": told,
        "came_back": _came_back(request, connection, result),
        "missing": missing(connection),
        "back": screen.page("change", connection.pk),
        "map_url": screen.page(MAP, connection.pk),
        "live_url": screen.page(GO_LIVE, connection.pk),
        "log_url": screen.page("change", connection.pk),
    }
    shown = TemplateResponse(request, "backoffice/ledgers/trial.html", context)
    return shown if result is None else done(shown)


def _came_back(request: HttpRequest, connection: Connection, result: TrialResult | None) -> str:
    """What they made of it, in debits and credits, to lie beside what was foretold."""
    if result is None or result.theirs is None:
        return ""
    told = foretold_of(connection, result.theirs)
    heading = f"What came back from {connection.system_name} books"
    return boxes(request, [told], heading) if told.rows else ""


def _tried(request: HttpRequest, connection: Connection, form: TrialForm) -> TrialResult | None:
    """The result; None where it could not start, with the reason on the form."""
    invoice: Invoice = form.cleaned_data["invoice"]
    unmapped = missing(connection, invoices=[invoice])
    if unmapped:
        form.add_error(None, [str(each) for each in unmapped])
        return None
    try:
        if invoice.is_draft:
            actions.issue(invoice)
        return run_trial(connection, invoice, user_id=request.user.pk)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    except Busy as busy:
        form.add_error(None, str(busy))
    return None
