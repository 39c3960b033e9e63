"""Merging one of ours into another: what will happen is said first, and how it is taken back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import ActForm, ButtonAct, PageAct, Screen
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.lists.doubles import doubles_of
from apps.billing.acts.merging import (
    DOCUMENTS,
    Moved,
    merge_customers,
    merge_items,
    part_customers,
    part_items,
)
from apps.billing.models import Customer, Item
from apps.core.numbers import whole
from apps.staff.acts import ActName
from apps.sync.models import CustomerMerge, SyncRecord
from apps.sync.models.records import State


class MergeForm(ActForm):
    """Into which one, and why."""

    into = forms.ModelChoiceField(Customer.objects.none(), label="Merge into")
    reason = forms.CharField(
        max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), label="Reason"
    )

    def __init__(self, *args: Any, typed: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = type(self.record)
        rows = model.objects.filter(company=self.record.company_id, active=True, merged_into=None)
        rows = rows.exclude(pk=self.record.pk)
        field: Any = self.fields["into"]
        field.queryset = rows
        near = [each.record.pk for each in doubles_of(self.record)]
        chosen = whole(typed)
        offered = rows.filter(pk__in=[*near, *([chosen] if chosen else [])])
        field.choices = [("", "Choose"), *((each.pk, _described(each)) for each in offered)]
        field.initial = chosen
        if not offered:
            field.help_text = (
                "None is like it. Open “Doubles among ours” in the list for all groups."
            )


def _described(record: Customer | Item) -> str:
    if isinstance(record, Item):
        return str(record)
    return " · ".join(part for part in (record.name, record.currency, record.tax_number,
                                        record.city) if part)  # fmt: skip


def merge_page(screen: Screen, request: HttpRequest, record: Any) -> HttpResponse:
    """GET says what will come of it; POST merges."""
    posted = request.POST if request.method == "POST" else None
    typed = (posted or request.GET).get("into", "")
    form = MergeForm(posted, record=record, typed=typed)
    if request.method == "POST" and form.is_valid():
        into, reason = form.cleaned_data["into"], form.cleaned_data["reason"]
        try:
            moved = _merge(record, into, reason)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            drafts = f" {moved.drafts} open draft{'s' * (moved.drafts != 1)} went over to it."
            messages.success(
                request, f"{record} was merged into {into}.{drafts if moved.drafts else ''}"
            )
            return HttpResponseRedirect(screen.page("change", into.pk))
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Merge {screen.called(record)}",
        "trail": screen.trail("Merge into another one", record=record),
        "opts": screen.opts,
        "original": record,
        "form": form,
        "will": _will(record),
        "will_not": _will_not(record),
        "back_words": _how_back(record),
        "back": screen.page("change", record.pk),
    }
    return TemplateResponse(request, "backoffice/lists/merge.html", context)


def _merge(record: Any, into: Any, reason: str) -> Moved:
    if isinstance(record, Customer):
        return merge_customers(record, into, reason=reason)
    return merge_items(record, into, reason=reason)


def _will(record: Any) -> list[str]:
    if isinstance(record, Customer):
        drafts = _counted({"customer": record, "status": "draft"})
        first = (
            f"Its {_of(drafts, 'open draft goes', 'open drafts go')} to the other one."
            if drafts
            else "It has no open draft to bring over."
        )
        return [
            first,
            "It becomes inactive: pickers offer the other one, and imports follow it.",
            "Money and credits of both may be set against what either owes.",
        ]
    drafts = _counted({"lines__item": record, "status": "draft"})
    first = (
        f"{_of(drafts, 'open draft takes', 'open drafts take')} the other item; text, price and "
        "tax of its lines stay."
        if drafts
        else "No open draft has a line with it."
    )
    return [first, "It becomes inactive: pickers offer the other one, and imports follow it."]


def _will_not(record: Any) -> list[str]:
    if isinstance(record, Item):
        return [
            "What is issued keeps this item, its code and its price.",
            "The other one keeps its own price, tax rate and account.",
            *_in_ledgers(record),
        ]
    issued = _counted({"customer": record}) - _counted({"customer": record, "status": "draft"})
    first = (
        f"Its {_of(issued, 'issued document keeps', 'issued documents keep')} it."
        if issued
        else "Nothing of it is issued that would keep its name."
    )
    return [
        first,
        "Address, terms and tax number of the other one stay as they are.",
        *_in_ledgers(record),
    ]


def _counted(where: dict[str, Any]) -> int:
    return sum(model.objects.filter(**where).distinct().count() for model in DOCUMENTS)


def _of(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _in_ledgers(record: Any) -> list[str]:
    rows = SyncRecord.objects.filter(**{record.kind: record.pk}).exclude(state=State.LEFT_OUT)
    names = dict.fromkeys(
        each.connection.system_name for each in rows.select_related("connection").order_by("pk")
    )
    what = "customers" if isinstance(record, Customer) else "items"
    follow = " and Tieout follows" if isinstance(record, Customer) else ""
    return [
        f"Nothing is merged in {name}: both {what} stay there, this one inactive, until somebody "
        f"merges them there{follow}."
        for name in names
    ]


def _how_back(record: Any) -> str:
    if isinstance(record, Item):
        return "It can be taken back on this item's page at any time; drafts stay as they are."
    return (
        "It can be taken back on this customer's page, as long as no money of the one settles what "
        "the other owes and no accounting system has merged them too. Drafts stay where they went."
    )


def _may_merge(record: Any) -> bool:
    return record.merged_into_id is None


def _was_merged(record: Any) -> bool:
    return record.merged_into_id is not None


def _part(request: HttpRequest, record: Any, answers: dict[str, Any]) -> str:
    if isinstance(record, Item):
        part_items(record, reason=answers["reason"])
        return f"{record} is an item of its own again."
    followed = CustomerMerge.objects.filter(
        sync_record__customer=record, decision=CustomerMerge.Decision.FOLLOW
    ).select_related("sync_record__connection")
    for merge in followed[:1]:
        name = merge.sync_record.connection.system_name
        raise ValidationError(
            f"{record} was merged in {name} as well, and that cannot be taken back there. Add a "
            "new customer instead."
        )
    part_customers(record, reason=answers["reason"])
    return f"{record} is a customer of its own again."


def _means_parting(record: Any) -> str:
    return (
        f"{record} can be chosen for new work again. Drafts that went to {record.merged_into} stay "
        "there; what was issued was never moved."
    )


MERGE = PageAct(
    name="merge",
    words="Merge into another one",
    permission=ActName.MERGE,
    when=_may_merge,
    page=merge_page,
)
PART = ButtonAct(
    name="take-merge-back",
    words="Take the merge back",
    permission=ActName.MERGE,
    when=_was_merged,
    do=_part,
    asks=ReasonForm,
    means=_means_parting,
)

__all__ = ["MERGE", "PART"]
