"""What a draft comes to as it is typed, before any of it is saved: worked out by the rules of billing,
from the form that would save it."""

import copy
from http import HTTPStatus
from typing import Any, TypedDict

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, path

from apps.backoffice.documents.rates import give_rate
from apps.backoffice.documents.sums_box import rows_of
from apps.backoffice.frame.formatting import amount_text
from apps.billing.acts.issuing import due_date
from apps.billing.models import Document, DocumentLine, Invoice
from apps.billing.sums.totals import lines_of, sum_up
from apps.sync.wording import listed


class TypedRow(TypedDict):
    words: str
    amount: str
    strong: bool


class TypedSums(TypedDict):
    """Texts as they are shown; `lacks` says in a sentence what is not counted yet, or why nothing is."""

    rows: list[TypedRow]
    due: str
    lacks: str


def sums_as_typed(screen: Any, request: HttpRequest, stored: Document | None) -> TypedSums:
    """Of the form that was posted, of a new document or over a stored draft. Nothing is written."""
    form_class = screen.get_form(request, stored, change=stored is not None, fields=None)
    form = form_class(request.POST, instance=copy.copy(stored) if stored else screen.model())
    form.is_valid()  # what does not fit is told when it is saved
    draft: Document = form.instance
    if not (draft.company_id and draft.customer_id and draft.issue_date):
        return _nothing("Choose a customer and a date: then you see here what it comes to.")
    draft.currency = draft.customer.currency
    give_rate(draft, form)
    lines, lacking = _lines(screen, request, stored, draft)
    try:
        sum_up(draft, lines)
    except ValidationError as refusal:
        return _nothing(" ".join(refusal.messages))
    draft.lines_off = sum(line.discount_net for line in lines)  # type: ignore[attr-defined] # as read by pages
    draft.lines_discounted = any(line.discount_percent or line.discount_amount for line in lines)  # type: ignore[attr-defined] # likewise
    rows: list[TypedRow] = [
        {
            "words": f"{row.words} {row.note}".strip(),
            "amount": f"{amount_text(row.amount, draft.currency)} {draft.currency}",
            "strong": row.strong,
        }
        for row in rows_of(draft)
    ]
    return {"rows": rows, "due": _due(draft), "lacks": _lacks(lacking)}


def _lines(
    screen: Any, request: HttpRequest, stored: Document | None, draft: Document
) -> tuple[list[DocumentLine], list[int]]:
    """The lines as typed, those of other pages as they stand; and which of them lack something,
    counted from 1 on this page."""
    ((formset_class, _),) = screen.get_formsets_with_inlines(request, stored)
    formset = formset_class(request.POST, instance=draft, prefix=formset_class.get_default_prefix())
    if not formset.management_form.is_valid():
        return [], []
    typed, lacking, shown = [], [], set()
    for place, form in enumerate(formset.forms, start=1):
        line = form.instance
        shown.add(line.pk)
        gone = f"{form.prefix}-DELETE" in request.POST
        if gone or (line.pk is None and not form.has_changed()):
            continue
        if form.is_valid():
            typed.append(line)
        else:
            lacking.append(place)
    others = [each for each in lines_of(stored) if each.pk not in shown] if stored else []
    return sorted([*others, *typed], key=lambda each: (each.pk is None, each.position)), lacking


def _due(draft: Document) -> str:
    if not isinstance(draft, Invoice):
        return ""
    if draft.terms is None and draft.pk is None:
        draft.terms = draft.customer.terms
    day = draft.due_date or due_date(draft)
    return f"Due {day:%-d %b %Y}."


def _lacks(lacking: list[int]) -> str:
    if not lacking:
        return ""
    named = listed([str(each) for each in lacking])
    one = len(lacking) == 1
    return f"Line{'' if one else 's'} {named} lack{'s' if one else ''} something, and {'is' if one else 'are'} not counted yet."


def _nothing(why: str) -> TypedSums:
    return {"rows": [], "due": "", "lacks": why}


class SumsAsTyped:
    """Of a screen of documents: the address that answers what the form comes to while it is typed."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.sums)  # type: ignore[attr-defined] # a mixin of admin classes
        name = self.url_name("sums")  # type: ignore[attr-defined] # as above
        return [path("sums/", view, name=name), *super().get_urls()]  # type: ignore[misc] # as above

    def sums(self, request: HttpRequest) -> JsonResponse:
        """Of the posted form, over the draft that `of` names where it is one already."""
        screen: Any = self
        stored, key = None, request.GET.get("of", "")
        if key:
            stored = screen.get_object(request, key)
            if stored is None:
                raise Http404
        able = (
            screen.has_change_permission(request, stored)
            if stored is not None
            else screen.has_add_permission(request)
        )
        if not able:
            raise PermissionDenied
        if request.method != "POST":
            return JsonResponse({}, status=HTTPStatus.METHOD_NOT_ALLOWED)
        return JsonResponse(sums_as_typed(screen, request, stored))
