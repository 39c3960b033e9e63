"""Step three: one invoice goes over, is read back, and every field is compared."""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.dry_run import dry_box, mapping_url
from apps.backoffice.ledgers.effect import boxes, came_back
from apps.backoffice.ledgers.steps import GO_LIVE, MAP, TEST_INVOICE, Step, steps_of
from apps.billing import actions
from apps.billing.models import Invoice, Synced
from apps.billing.rules.documents import day
from apps.connections.endpoints import web_of
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.mappings.choices import missing
from apps.staff.acts import ActName
from apps.sync.assemble.foretold import foretold_in
from apps.sync.dry.running import dry_run
from apps.sync.mapped.completeness import still_missing
from apps.sync.models import RemoteRecord
from apps.sync.trial.advice import Advice
from apps.sync.trial.by_word import confirm_trial
from apps.sync.trial.proposed import proposed
from apps.sync.trial.running import Busy, Ended, TrialResult, Way, run_trial

CHOICES_SHOWN = 50


class InvoiceField(forms.ModelChoiceField):
    def label_from_instance(self, invoice: Invoice) -> str:
        name = "Draft, issued by this test" if invoice.is_draft else str(invoice)
        total = amount_text(invoice.total, invoice.currency)
        return f"{name}: {invoice.customer}, {total} {invoice.currency}, {day(invoice.issue_date)}"


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
        best = (self.initial or {}).get("invoice")
        recent += [best] if best is not None and best not in recent else []
        field.choices = [
            ("", "Choose one"),
            *((i.pk, field.label_from_instance(i)) for i in recent),
        ]


class WordForm(forms.Form):
    """A person has seen it there."""

    seen = forms.ModelChoiceField(Invoice.objects.none(), widget=forms.HiddenInput)
    known_by = forms.CharField(
        label="How you know that it stands there as it is here",
        max_length=300,
        help_text="It is kept with your name and the time.",
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["seen"]
        field.queryset = Invoice.objects.filter(company=connection.company_id)


def trial_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET proposes an invoice and shows what of it will be sent; POST sends what was shown, which
    takes some seconds, and shows the table. What was not shown before is shown first."""
    drafts = may(request, ActName.ISSUE_INVOICE)
    best = proposed(connection)
    form = TrialForm(
        request.POST if request.method == "POST" and "seen" not in request.POST else None,
        initial={"invoice": best.invoice} if best else None,
        connection=connection,
        drafts=drafts,
    )
    word: WordForm | None = None
    result: TrialResult | None = None
    chosen = best.invoice if best else None
    if request.method == "POST" and "seen" in request.POST:
        word = WordForm(request.POST, connection=connection)
        result = _said(request, connection, word) if word.is_valid() else None
    elif request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["invoice"]
        shown_before = request.POST.get("shown") == str(chosen.pk) or way_of(request) is Way.COMPARE
        sends = "show" not in request.POST and shown_before
        result = _tried(request, connection, form) if sends else None
        if result is not None and result.asks_word:
            word = WordForm(initial={"seen": chosen}, connection=connection)
    connection.refresh_from_db()
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Test invoice: {connection}",
        "trail": screen.trail("Test invoice", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "steps": steps_beside(connection, result),
        "form": form,
        "why": best.why if best and chosen == best.invoice else "",
        "result": result,
        "chosen": chosen,
        "told": _foretold(request, connection, chosen, result),
        "came_back": came_back(request, connection, result),
        "word": word if result is None or result.asks_word else None,
        "missing": still_missing(connection),
        "reads_back": connection.capabilities.reads_back,
        "in_earlier_month": chosen is not None
        and bool(chosen.tax)
        and chosen.issue_date < connection.company.today().replace(day=1),
        "stands_there": chosen is not None and stands_there(connection, chosen),
        "back": screen.page("change", connection.pk),
        "map_url": screen.page(MAP, connection.pk),
        "live_url": screen.page(GO_LIVE, connection.pk),
        "chosen_url": page_of_record(chosen) if chosen is not None else "",
        **(shown_of(request, connection, result, chosen) if result is not None else {}),
    }
    shown = TemplateResponse(request, "backoffice/ledgers/trial.html", context)
    return shown if result is None else done(shown)


def steps_beside(connection: Connection, result: TrialResult | None) -> list[Step]:
    """An earlier one may have matched: what was just compared is what the page speaks of."""
    steps = steps_of(connection, TEST_INVOICE)
    if result is None or result.matched or result.is_handed_over or result.asks_word:
        return steps
    note = "Another matched, this one does not"
    return [
        replace(each, done=False, note=note) if each.done and each.now else each for each in steps
    ]


def _foretold(
    request: HttpRequest,
    connection: Connection,
    chosen: Invoice | None,
    result: TrialResult | None,
) -> SafeString:
    """What of it will be sent and what it books; once it was sent, what was foretold."""
    if chosen is None or (result is not None and result.matched and result.theirs is None):
        return SafeString("")
    if result is not None:
        return boxes(request, foretold_in(chosen, [connection]), "What Tieout said before")
    if chosen.is_draft:  # it has no number yet, so nothing of it can be composed
        return boxes(request, foretold_in(chosen, [connection]))
    run = dry_run(connection, [chosen])
    if any(each.is_sent for each in run.looked if each.record == chosen):
        return dry_box(request, run)
    return SafeString(dry_box(request, run) + boxes(request, foretold_in(chosen, [connection])))


def shown_of(
    request: HttpRequest, connection: Connection, result: TrialResult, chosen: Any = None
) -> dict[str, Any]:
    """What a person reads and may do once it was sent."""
    maps = may(request, ActName.CHANGE_MAPPINGS)
    web = web_of(connection.system, connection.environment)
    there = ""
    if web and result.place is not None:
        there = open_connector(connection).address_of(result.place, web)
    return {
        "headline": result.headline(connection.system_name),
        "advice": [(each, _where(connection, each, there, maps=maps)) for each in result.advice],
        "there_url": there,
        "discount_within": has_discount(chosen)
        and not any("iscount" in row.field for row in result.rows),
        "may_correct": result.stands_otherwise and result.in_place,
    }


def has_discount(record: Any) -> bool:
    """Whether anything is taken off on a document, of a line or of all."""
    lines = record.lines.all() if isinstance(record, Invoice) else ()
    return any(each.discount_net for each in lines)


def _where(connection: Connection, advice: Advice, there: str, *, maps: bool) -> str:
    """The address of what is to be changed; "" where there is none that this person may use."""
    if advice.subject:
        return mapping_url(connection, advice.subject, advice.pk) if maps else ""
    return page_of_record(advice.record) if advice.record is not None else there


def stands_there(connection: Connection, record: Synced) -> bool:
    """Whether something of it is known to stand there and can be read: it can be compared alone."""
    rows = RemoteRecord.objects.filter(connection=connection, retired=False, gone=False)
    ours = {f"sync_record__{record.kind}": record.pk}
    return connection.capabilities.reads_back and rows.filter(**ours).exists()


def way_of(request: HttpRequest) -> Way:
    """What the pressed button asks for; to send is what no button says."""
    asked = request.POST.get("way", "")
    return Way(asked) if asked in set(Way) else Way.SEND


def page_of_record(record: Model) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])


def _tried(request: HttpRequest, connection: Connection, form: TrialForm) -> TrialResult | None:
    """The result; None where it could not start, with the reason on the form."""
    invoice: Invoice = form.cleaned_data["invoice"]
    unmapped = missing(connection, invoices=[invoice])
    if unmapped:
        form.add_error(None, [str(each) for each in unmapped])
        return None
    try:
        if invoice.is_draft and way_of(request) is not Way.COMPARE:
            actions.issue(invoice)
        return run_trial(connection, invoice, user_id=request.user.pk, way=way_of(request))
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
    except Busy as busy:
        form.add_error(None, str(busy))
    return None


def _said(request: HttpRequest, connection: Connection, word: WordForm) -> TrialResult | None:
    """The match that a person vouches for; None where it is not believed, with the reason."""
    invoice: Invoice = word.cleaned_data["seen"]
    try:
        confirm_trial(
            connection,
            invoice,
            user_id=int(request.user.pk or 0),
            words=word.cleaned_data["known_by"],
        )
    except ValidationError as refusal:
        word.add_error(None, refusal.messages)
        return None
    return TrialResult(
        Ended.MATCHED, (), f"{invoice.number} stands there as it is here, as you have seen."
    )
