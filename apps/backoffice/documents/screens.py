"""Screens of invoices and credit notes: drafts are edited, what is issued is read."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from apps.backoffice.documents.acts import (
    CREDIT_NOTE_ACTS,
    INVOICE_ACTS,
    ISSUE,
    issue,
    may_issue,
)
from apps.backoffice.documents.following import follow_customer
from apps.backoffice.documents.head import (
    CUSTOMER_FIELDS,
    RATE_FIELDS,
    TAX_FIELDS,
    DocumentForm,
    SubmitButton,
    opens,
)
from apps.backoffice.documents.line_defaults import defaults_of_line
from apps.backoffice.documents.line_pages import ASKED, with_lines_counted
from apps.backoffice.documents.lines import (
    CreditNoteLineInline,
    InvoiceLineInline,
    editable,
    lines_box,
)
from apps.backoffice.documents.running_sums import running_sums
from apps.backoffice.documents.standing import StandsFilter, credit_note_standing, invoice_standing
from apps.backoffice.documents.sums_box import sums_box
from apps.backoffice.files.many import PrintOfTheSelected
from apps.backoffice.files.printing import prints_box, with_mails
from apps.backoffice.frame.addresses import known
from apps.backoffice.frame.days import show_days_of
from apps.backoffice.frame.formatting import (
    NOTHING,
    link,
    money,
    tag,
)
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.one_record import of_one
from apps.backoffice.frame.parts import LAST, PER_PART, counted, part_of
from apps.backoffice.frame.performing import company_named
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import (
    DateFilter,
    FewRelatedFilter,
    RecordWithHistoryAdmin,
    RelatedFilter,
)
from apps.backoffice.frame.sight import company_in_sight
from apps.backoffice.frame.whose_rows import SaysWhoseRows
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.dry_run import DryRunOfTheSelected
from apps.backoffice.ledgers.timeline.page import WithTimeline
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.money.forms import with_retainers
from apps.backoffice.money.words import allocations_box
from apps.billing.acts.drafting import default_mode
from apps.billing.models import Allocation, CreditNote, Invoice
from apps.billing.sums.totals import work_out
from apps.exchange.printing.kept import with_what_moved

SAVE_AND_ISSUE = SubmitButton(action_name="_issue", description="Save and issue")


class DocumentAdmin(
    SaysWhoseRows, WithTimeline, DryRunOfTheSelected, FixedCompany, RecordWithHistoryAdmin
):
    """What both have in common. `standing` gives the words of the status label."""

    standing: ClassVar[Any]
    # The fieldsets while it is a draft: the first, then what stands below the lines.
    typed: ClassVar[Any]
    form = DocumentForm
    change_form_template = "backoffice/documents/change_form.html"

    class Media:
        js = ["admin/js/jquery.init.js", "backoffice/lines.js", "backoffice/sums.js"]

    search_fields = ["number", "customer__name", "customer_name", "purchase_order_number"]
    amount_fields: Sequence[str] = ("total",)
    list_select_related = ["customer", "company"]
    autocomplete_fields = ["company", "customer"]
    list_display_links = ["name"]
    quick: tuple[tuple[str, str], ...] = (
        ("All", "?"),
        ("Draft", "?stands=draft"),
        ("Open", "?stands=open"),
        ("Needs a person", "?stands=attention"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if of_one(request) else rows.prefetch_related(ledger_status.for_lists())

    def of_page(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        asked = with_lines_counted(with_what_moved(super().of_page(rows)))
        applied = counted(Allocation.objects.all(), rows.model.kind)
        return with_mails(asked).annotate(applied_count=applied)

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is only read has no form: its lines are a plain table among the panels."""
        forms: list[Any] = super().get_inline_instances(request, obj)
        if obj is None:
            return forms
        return [each for each in forms if each.has_change_permission(request, obj)]

    def lines_read(self, request: HttpRequest, record: Any) -> list[str]:
        """The lines and what they come to, where no form shows them."""
        if self.get_inline_instances(request, record):
            return []
        return [lines_box(request, record), sums_box(request, record)]

    def response_change(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Back to the page of lines that was saved; to the last one, where lines were added."""
        answer = super().response_change(request, obj, *args, **kwargs)
        page = LAST if getattr(request, "lines_added", False) else request.GET.get(ASKED)
        leads = urlsplit(answer.headers.get("Location", "")).path
        stays = "_continue" in request.POST and leads == request.path
        if page and stays and obj.lines.count() > PER_PART:
            answer.headers["Location"] = f"{request.path}?{urlencode({ASKED: page})}"
        return self._on_to_issuing(request, obj, answer)

    def get_urls(self) -> list[URLPattern]:
        defaults = self.admin_site.admin_view(self.line_defaults)
        sums = self.admin_site.admin_view(self.sums)
        return [
            path("line-defaults/", defaults, name=self.url_name("line_defaults")),
            path("sums/", sums, name=self.url_name("sums")),
            *super().get_urls(),
        ]

    def line_defaults(self, request: HttpRequest) -> JsonResponse:
        """What a line of this item takes, for the form to show while it is typed."""
        if not (self.has_add_permission(request) or super().has_change_permission(request)):
            raise PermissionDenied
        return JsonResponse(defaults_of_line(request.GET, request))

    def sums(self, request: HttpRequest) -> JsonResponse:
        """What the form comes to as it is typed now, of a new document or of `?draft=`; nothing is saved."""
        key = request.GET.get("draft", "")
        draft = self.get_object(request, known(self.model, key)) if key else None
        if key and draft is None:
            raise Http404
        may_type = self.has_change_permission if key else self.has_add_permission
        if not may_type(request, *([draft] if key else [])):
            raise PermissionDenied
        show_days_of(draft.company if draft else company_named(request))
        return JsonResponse(running_sums(self, request, draft))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return editable(obj) and bool(super().has_change_permission(request, obj))

    def why_not_delete(self, record: Any) -> str:
        if record.is_draft:
            return ""
        return f"{record} is issued, so it is never deleted. Void or credit it instead."

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "message" and field is not None:
            field.widget.attrs.update(rows=3)
        return field

    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        kept: Any = self.model
        past = kept.history.filter(history_id=known(kept.history.model, args[1])).first()
        lines = past.lines_then if past else []
        part = part_of(request, ASKED, "lines", len(lines), lambda: lines)
        extra = {"lines_then": part.rows, "part": part}
        return super().history_form_view(request, *args, extra_context=extra, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Sums stand in a box of their own, which also says how an issued document was taxed; only
        an old version shows them as fields."""
        if getattr(request, "reads_history", False):
            return super().get_fieldsets(request, obj)
        foreign = obj is not None and obj.currency != obj.company.home_currency
        if self._is_typed(request, obj):
            return [each for each in self.typed if foreign or each != RATE_FIELDS]
        left_out = ["Sums"] if foreign else ["Sums", RATE_FIELDS[0]]
        if not editable(obj):
            left_out += [RATE_FIELDS[0], TAX_FIELDS[0]]
        return [each for each in super().get_fieldsets(request, obj) if each[0] not in left_out]

    def _is_typed(self, request: HttpRequest, obj: Any) -> bool:
        return editable(obj) and (obj is None or self.has_change_permission(request, obj))

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        """Lines first: what is mostly left alone is folded below them."""
        record = kwargs.get("obj")
        if self._is_typed(request, record) and not getattr(request, "reads_history", False):
            form = context["adminform"].form
            context |= {"lines_first": True, "opens": opens(form, record)}
            beside = context.get("actions_submit_line") or []
            if self._may_issue(request):
                context["actions_submit_line"] = [*beside, SAVE_AND_ISSUE]
        return super().render_change_form(request, context, **kwargs)

    def _may_issue(self, request: HttpRequest) -> bool:
        return any(may(request, each.permission) for each in self.acts if each.name == ISSUE.name)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return self._on_to_issuing(
            request, obj, super().response_add(request, obj, *args, **kwargs)
        )

    def _on_to_issuing(self, request: HttpRequest, document: Any, answer: Any) -> Any:
        """“Save and issue” leads to the page that asks what is to be asked, and says what it means."""
        asked = SAVE_AND_ISSUE.action_name in request.POST and "Location" in answer.headers
        if asked and self._may_issue(request):
            answer.headers["Location"] = self.page(ISSUE.name, document.pk)
        return answer

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        company = company_in_sight(request, str(initial.get("company") or ""))
        if company is None:
            return initial
        return {"issue_date": company.today(), "tax_mode": default_mode(company), **initial}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not follow_customer(obj, form, new=not change):
            messages.warning(
                request,
                f"There is no exchange rate of {obj.currency} on or before this date. Add one "
                "under “Exchange rates”, or type it here, before you issue it.",
            )
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save lines at the end of the document, in the order in which they were typed."""
        lines = formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        taken = max([0, *form.instance.lines.values_list("position", flat=True)])
        for line in lines:
            if line.pk is None:
                request.lines_added = True  # type: ignore[attr-defined] # read by `response_change`
                taken += 1
                line.position = taken
            line.save()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        work_out(form.instance)

    @admin.display(description="Number", ordering="number")
    def name(self, document: Any) -> str:
        return str(document)

    @admin.display(description="Customer", ordering="customer__name")
    def who(self, document: Any) -> str:
        return document.customer_name or document.customer.name

    @admin.display(description="Status", ordering="status")
    def status_label(self, document: Any) -> SafeString:
        return tag(*type(self).standing(document))

    @admin.display(description="In the books")
    def in_ledgers(self, document: Any) -> SafeString:
        return ledger_status.in_ledgers(document)

    @admin.display(description="Net")
    def money_net(self, document: Any) -> SafeString:
        return money(document.net, document.currency)

    @admin.display(description="Tax")
    def money_tax(self, document: Any) -> SafeString:
        return money(document.tax, document.currency)

    @admin.display(description="Total", ordering="total")
    def money_total(self, document: Any) -> SafeString:
        return money(document.total, document.currency)


@admin.register(Invoice)
class InvoiceAdmin(PrintOfTheSelected, DocumentAdmin):
    standing = staticmethod(invoice_standing)
    typed = [
        (None, {"fields": [("company", "customer"), ("issue_date", "due_date")]}),
        ("Terms and supply", {"fields": [("terms", "supply_date")]}),
        TAX_FIELDS,
        RATE_FIELDS,
        CUSTOMER_FIELDS,
    ]
    quick = (
        ("All", "?"),
        ("Draft", "?stands=draft"),
        ("Open", "?stands=open"),
        ("Overdue", "?stands=overdue"),
        ("Paid", "?stands=paid"),
        ("Needs a person", "?stands=attention"),
    )
    list_display = ["name", "who", "issue_date", "due_date", "status_label", "money_total",
                    "money_due", "in_ledgers"]  # fmt: skip
    amount_fields = ("total", "balance_due")
    also_asked = ("batch__id__exact",)  # by the page of an import
    list_filter = [StandsFilter, ("company", FewRelatedFilter), ("customer", RelatedFilter),
                   ("issue_date", DateFilter), ("due_date", DateFilter)]  # fmt: skip
    inlines = [InvoiceLineInline]
    autocomplete_fields = ["company", "customer", "terms"]
    page_related = ("terms", "recovers")
    readonly_fields = ["number", "status_label", "money_net", "money_tax", "money_total",
                       "money_paid", "money_credited", "money_written_off",
                       "money_due"]  # fmt: skip
    acts = INVOICE_ACTS
    actions = ["issue_selected", "show_what_would_be_sent", "print_selected"]
    empty_sentence = "Add an invoice: it stays a draft until you issue it."
    fieldsets = [
        (None, {"fields": [("status_label", "number"), ("company", "customer"),
                           ("issue_date", "due_date"), ("supply_date", "terms")]}),
        TAX_FIELDS,
        RATE_FIELDS,
        CUSTOMER_FIELDS,
        ("Sums", {"fields": [("money_net", "money_tax", "money_total"),
                             ("money_paid", "money_credited"),
                             ("money_written_off", "money_due")]}),
    ]  # fmt: skip

    @admin.display(description="Paid")
    def money_paid(self, invoice: Invoice) -> SafeString:
        return money(invoice.paid, invoice.currency)

    @admin.display(description="Credited")
    def money_credited(self, invoice: Invoice) -> SafeString:
        return money(invoice.credited, invoice.currency)

    @admin.display(description="Written off and deducted")
    def money_written_off(self, invoice: Invoice) -> SafeString:
        return money(invoice.written_off, invoice.currency)

    @admin.display(description="Balance due", ordering="balance_due")
    def money_due(self, invoice: Invoice) -> SafeString:
        due = invoice.balance_due if invoice.pk and invoice.is_issued else None
        return money(due, invoice.currency)

    @admin.action(description="Issue the selected drafts", permissions=["issue"])
    def issue_selected(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        drafts = queryset.order_by("issue_date", "id")
        self.each(request, drafts, issue, "{count} issued, each with its number.")

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return may_issue(request)

    def of_page(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        notes = CreditNote.objects.filter(invoice=OuterRef("pk"))
        return with_retainers(super().of_page(rows)).annotate(was_credited=Exists(notes))

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [
            *self.lines_read(request, record),
            *([self._settled(request, record)] if not record.is_draft else []),
            ledger_status.panel(request, record),
            timeline_box(request, record),
            prints_box(request, record),
        ]

    def _settled(self, request: HttpRequest, invoice: Invoice) -> str:
        return allocations_box(
            request,
            "Payments, credits and deductions",
            invoice,
            towards=False,
            empty="Nothing is applied to it yet.",
            notes=invoice.credit_notes.all() if getattr(invoice, "was_credited", True) else (),
        )


@admin.register(CreditNote)
class CreditNoteAdmin(DocumentAdmin):
    standing = staticmethod(credit_note_standing)
    typed = [
        (None, {"fields": [("company", "customer"), ("issue_date", "of_invoice"), "reason"]}),
        TAX_FIELDS,
        RATE_FIELDS,
        CUSTOMER_FIELDS,
    ]
    list_display = ["name", "who", "issue_date", "of_invoice", "status_label", "money_total",
                    "money_open", "in_ledgers"]  # fmt: skip
    list_select_related = ["customer", "company", "invoice", "relieves"]
    list_filter = [
        StandsFilter,
        ("company", FewRelatedFilter),
        ("customer", RelatedFilter),
        ("issue_date", DateFilter),
    ]
    inlines = [CreditNoteLineInline]
    readonly_fields = ["number", "status_label", "of_invoice", "money_net", "money_tax",
                       "money_total", "money_applied", "money_open"]  # fmt: skip
    actions = ["show_what_would_be_sent"]
    acts = CREDIT_NOTE_ACTS
    empty_sentence = "Open an issued invoice and choose “Credit this invoice”."
    fieldsets = [
        (None, {"fields": [("status_label", "number"), ("company", "customer"),
                           ("issue_date", "of_invoice"), "reason"]}),
        TAX_FIELDS,
        RATE_FIELDS,
        CUSTOMER_FIELDS,
        ("Sums", {"fields": [("money_net", "money_tax", "money_total"),
                             ("money_applied", "money_open")]}),
    ]  # fmt: skip

    @admin.display(description="Invoice", ordering="invoice")
    def of_invoice(self, note: CreditNote) -> SafeString | str:
        """The one that it mirrors, or whose bad debt it writes off."""
        if note.origin is None:
            return NOTHING
        return link(
            reverse("admin:billing_invoice_change", args=[note.origin.pk]), str(note.origin)
        )

    @admin.display(description="Applied")
    def money_applied(self, note: CreditNote) -> SafeString:
        return money(note.applied, note.currency)

    @admin.display(description="Open credit", ordering="open_credit")
    def money_open(self, note: CreditNote) -> SafeString:
        return money(note.open_credit if note.pk and note.is_issued else None, note.currency)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return [
            *self.lines_read(request, record),
            *([self._settled(request, record)] if not record.is_draft else []),
            ledger_status.panel(request, record),
            timeline_box(request, record),
            prints_box(request, record),
        ]

    def _settled(self, request: HttpRequest, note: CreditNote) -> str:
        return allocations_box(
            request,
            "What it is set against",
            note,
            towards=True,
            empty="Nothing yet: all of it is open.",
        )
