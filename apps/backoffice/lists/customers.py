"""The screen of customers, with what each owes."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.files.held import TAKE_HELD
from apps.backoffice.files.mailing import MAIL_STATEMENT
from apps.backoffice.files.printing import prints_box, with_mails
from apps.backoffice.files.statements import STATEMENT, AgedReceivables
from apps.backoffice.frame.formatting import PLAIN, activity, tag
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.one_record import of_one
from apps.backoffice.frame.screens import FewRelatedFilter, RecordWithHistoryAdmin, YesNoFilter
from apps.backoffice.frame.whose_rows import SaysWhoseRows
from apps.backoffice.ledgers import status as ledger_status
from apps.backoffice.ledgers.sides import told_before_saving
from apps.backoffice.ledgers.timeline.page import WithTimeline
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.lists.account_box import account_box, with_sums
from apps.backoffice.lists.doubles import AsksOfDoubles, AsksOfDoublesAdmin
from apps.backoffice.lists.erasing import ERASING
from apps.backoffice.lists.erasure_box import erasure_box
from apps.backoffice.lists.groups import GroupsAdmin
from apps.backoffice.lists.merging import MERGE, PART
from apps.backoffice.money.payment_acts import RECEIVE_PAYMENT
from apps.billing.models import Customer, Invoice


def _was_invoiced(customer: Customer) -> bool:
    """Asked once of each copy in memory: a form asks for its fields several times."""
    if not hasattr(customer, "was_invoiced"):
        customer.was_invoiced = customer.invoices.exists()  # type: ignore[attr-defined] # of `of_page`
    return bool(customer.was_invoiced)  # type: ignore[attr-defined] # as above


class CustomerForm(AsksOfDoubles):
    """Says before it is saved in which fields their books win."""

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        if self.instance.pk:
            yield from told_before_saving(self.instance, self.changed_data)


@admin.register(Customer)
class CustomerAdmin(
    SaysWhoseRows,
    WithTimeline,
    AgedReceivables,
    AsksOfDoublesAdmin,
    GroupsAdmin,
    FixedCompany,
    RecordWithHistoryAdmin,
):
    list_display = ["name", "code", "email", "city", "currency", "status", "in_ledgers"]
    list_filter = [("company", FewRelatedFilter), ("active", YesNoFilter)]
    list_select_related = ["company", "merged_into"]
    search_fields = ["name", "code", "email", "tax_number", "normal_name"]
    autocomplete_fields = ["company", "terms", "tax_rate", "parent"]
    page_related = ("terms", "tax_rate", "parent")
    acts = (RECEIVE_PAYMENT, STATEMENT, MAIL_STATEMENT, MERGE, PART, TAKE_HELD, *ERASING)
    form = CustomerForm
    empty_sentence = "Add a customer, and you can invoice them."
    fieldsets = [
        (None, {"fields": ["company", ("name", "code"), ("currency", "terms"), "parent",
                           "active"]}),
        ("How to reach them", {"fields": [("email", "phone"), "address_lines",
                                           ("city", "region"), ("postal_code", "country")]}),
        ("Tax and notes", {"fields": [("tax_number", "tax_rate"), "notes"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows: QuerySet[Customer] = super().get_queryset(request)
        return rows if of_one(request) else rows.prefetch_related(ledger_status.for_lists())

    def of_page(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        invoices = Invoice.objects.filter(customer=OuterRef("pk"))
        asked = with_sums(with_mails(super().of_page(rows)))
        return asked.annotate(was_invoiced=Exists(invoices))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, "currency"] if obj and _was_invoiced(obj) else fixed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        erased = obj is not None and obj.erased_at is not None
        return bool(super().has_change_permission(request, obj)) and not erased

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "currency" in form.base_fields:
            form.base_fields["currency"].required = False
            form.base_fields["currency"].help_text = "Empty: the company's own. One per customer."
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in ("address_lines", "notes") and field is not None:
            field.widget.attrs.update(rows=3)
        return field

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        panels = [
            account_box(request, record),
            ledger_status.panel(request, record),
            timeline_box(request, record),
            prints_box(request, record),
        ]
        return [each for each in (erasure_box(request, record), *panels) if each]

    @admin.display(description="Status", ordering="active")
    def status(self, customer: Customer) -> SafeString:
        if customer.erased_at is not None:
            return tag("Erased", PLAIN)
        if customer.merged_into_id:
            return tag(f"Merged into {customer.merged_into}", PLAIN)
        return activity(customer.active)

    @admin.display(description="In the books")
    def in_ledgers(self, customer: Customer) -> SafeString:
        return ledger_status.in_ledgers(customer)
