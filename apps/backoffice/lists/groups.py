"""Doubles among ours: groups among our own customers or items, merged or kept one by one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.sight import companies_for
from apps.backoffice.lists.doubles import REASONS, page_of
from apps.billing.acts.merging import keep_both
from apps.billing.models import Customer, Invoice, InvoiceLine
from apps.billing.rules.doubles import Group, groups_of
from apps.core.numbers import whole
from apps.staff.acts import ActName

PER_PAGE = 20


class GroupsAdmin:
    """The page of a list of customers or items; a mixin before the screen's own class."""

    def get_urls(self) -> list[URLPattern]:
        screen: Any = self
        view = screen.admin_site.admin_view(self.groups_view)
        own = path("maybe-the-same/", view, name=screen.url_name("maybe_the_same"))
        return [own, *super().get_urls()]  # type: ignore[misc] # as above

    def quick_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        screen: Any = self
        links: list[dict[str, Any]] = super().quick_links(request)  # type: ignore[misc] # as above
        here = {"words": "All", "query": "?", "now": not request.GET}
        same = {"words": "Doubles among ours", "query": screen.page("maybe_the_same"), "now": False}
        return [*(links or [here]), same]

    def groups_view(self, request: HttpRequest) -> HttpResponse:
        screen: Any = self
        if not screen.has_view_permission(request):
            raise PermissionDenied
        view = lambda: _page(screen, request)  # noqa: E731 - the door takes a view without a request
        answer: HttpResponse = screen.posting_page(request, "maybe_the_same", view)
        return answer


def _page(screen: Any, request: HttpRequest) -> HttpResponse:
    """GET lists a company's groups; POST keeps one of them for good."""
    if request.method == "POST":
        return _keep(screen, request)
    companies = list(companies_for(request).order_by("legal_name")[:50])
    chosen = request.GET.get("company", "")
    company = next((each for each in companies if str(each.pk) == chosen), None)
    company = company or (companies[0] if companies else None)
    groups = groups_of(screen.model, company.pk) if company else []
    page = Paginator(groups, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Doubles among ours: {screen.words.lower()}",
        "trail": screen.trail("Doubles among ours"),
        "opts": screen.opts,
        "back": screen.page("changelist"),
        "companies": companies,
        "company": company,
        "count": len(groups),
        "members": sum(len(each.keys) for each in groups),
        "page": page,
        "groups": _shown(screen, list(page)),
        "of_customers": screen.model is Customer,
        "may_merge": may(request, ActName.MERGE),
        "reasons": REASONS,
    }
    return TemplateResponse(request, "backoffice/lists/maybe_the_same.html", context)


def _shown(screen: Any, groups: list[Group]) -> list[dict[str, Any]]:
    keys = [key for group in groups for key in group.keys]
    rows = screen.model.objects.in_bulk(keys)
    documents = _documents(screen.model, keys)
    shown = []
    for group in groups:
        records = [rows[key] for key in group.keys if key in rows]
        # Which one has most documents is the one that is kept, unless a person says otherwise.
        best = max(records, key=lambda each: (documents.get(each.pk, 0), -each.pk))
        shown.append({
            "best": best,
            "size": len(records),
            "keys": ",".join(str(each.pk) for each in records),
            "members": [
                {"record": each, "why": group.why(each.pk), "page": page_of(each),
                 "documents": documents.get(each.pk, 0),
                 "merge": "" if each.pk == best.pk
                 else f"{screen.page('merge', each.pk)}?into={best.pk}"}
                for each in records
            ],
        })  # fmt: skip
    return shown


def _documents(model: Any, keys: list[int]) -> dict[int, int]:
    """How many invoices each customer has, or lines of invoices each item."""
    rows: Any = Invoice.objects if model is Customer else InvoiceLine.objects
    name = model.kind
    counted = rows.order_by().filter(**{f"{name}__in": keys}).values_list(name)
    return dict(counted.annotate(Count("pk")))


def _keep(screen: Any, request: HttpRequest) -> HttpResponse:
    if not may(request, ActName.MERGE):
        raise PermissionDenied
    typed = request.POST.get("keys", "").split(",")[:200]
    keys = [key for each in typed if (key := whole(each)) is not None]
    records = list(screen.get_queryset(request).filter(pk__in=keys).order_by("company", "pk"))
    try:
        if len({each.company_id for each in records}) != 1 or len(records) < 2:
            raise ValidationError("This group has changed meanwhile. Look at it again.")
        for place, record in enumerate(records):
            keep_both(record, records[place + 1 :], reason=request.POST.get("reason", ""))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        names = ", ".join(str(each) for each in records[:5])
        messages.success(request, f"Kept: {names}. They are not asked about again.")
    return HttpResponseRedirect(request.get_full_path())
