"""“Ready to close March?”: the page on which a month is closed, and the months that were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.control.month_moved import as_signed, standing_of
from apps.backoffice.control.proofs import proof_page
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.addresses import can_be_key
from apps.backoffice.frame.permissions import SEE_CLOSED_MONTHS, may, person
from apps.backoffice.frame.screens import FewRelatedFilter, ReadOnlyAdmin
from apps.billing.models import Company
from apps.connections.models import Connection
from apps.reconciliation.compare import why_not_as_of
from apps.reconciliation.keeping import ask
from apps.reconciliation.models import BooksProof, ClosedMonth
from apps.reconciliation.month_end.checks import (
    Check,
    Topic,
    Verdict,
    checks_of,
    months_to_close,
)
from apps.reconciliation.month_end.closing import close_month
from apps.reconciliation.month_end.words import TOPICS, VERDICTS
from apps.staff.acts import ActName
from apps.sync.models import State

NAME = "month-end"
ANEW = "anew"  # the page of a closed month also works out what moved in it: that reads all of its books
COLOURS = {Verdict.FINE: "good", Verdict.LOOK: "busy", Verdict.BLOCKS: "bad"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A check as a row: what it is called, its verdict in words and colour, where one goes."""

    check: Check
    words: str
    verdict: str
    colour: str
    url: str
    asks: bool


def month_end_page(screen: Screen, request: HttpRequest, company: Company) -> HttpResponse:
    """GET shows the checks; POST closes the month, or has both sides compared as of its end."""
    months = months_to_close(company)
    if request.method == "POST":
        return _post(screen, request, company)
    last = months[0] if months else None
    lines = [_line(each) for each in checks_of(company, last)] if last else []
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Ready to close {last:%B %Y}?" if last else "Nothing to close",
        "trail": screen.trail("Month-end", record=company),
        "opts": screen.opts,
        "original": company,
        "company": company,
        "last": last,
        "lines": lines,
        "blocks": sum(each.check.verdict == Verdict.BLOCKS for each in lines),
        "later": len(months) - 1,
        "may_close": may(request, ActName.SET_CLOSING_DATE),
        "may_compare": may(request, ActName.COMPARE),
        "books": _to_compare(lines),
        "back": screen.page("change", company.pk),
        "typed": request.GET.get("reason", ""),
    }
    return TemplateResponse(request, "backoffice/control/month_end.html", context)


def _books(company: Company, key: str) -> Connection:
    """Raises Http404 for what is no key of books of this company."""
    rows = Connection.objects.filter(company=company)
    found = rows.filter(pk=key).first() if can_be_key(Connection, key) else None
    if found is None:
        raise Http404
    return found


def _post(screen: Screen, request: HttpRequest, company: Company) -> HttpResponse:
    here = HttpResponseRedirect(screen.page(NAME, company.pk))
    try:
        last = date.fromisoformat(request.POST.get("last", ""))
    except ValueError:
        messages.error(request, "It was not said which month. Look at it again.")
        return here
    if key := request.POST.get("compare"):
        if not may(request, ActName.COMPARE):
            raise PermissionDenied
        books = _books(company, key)
        # Books that Tieout keeps from a later day on are compared as they stand.
        as_of = None if why_not_as_of(books, last) else last
        try:
            asked = ask(books, person(request), as_of)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return here
        return HttpResponseRedirect(
            reverse("admin:reconciliation_keptcomparison_change", args=[asked.pk])
        )
    if not may(request, ActName.SET_CLOSING_DATE):
        raise PermissionDenied
    reason = request.POST.get("reason", "")
    try:
        closed = close_month(
            company,
            last,
            looked_at=request.POST.getlist("looked"),
            reason=reason,
            by=person(request),
        )
    except ValidationError as refused:
        for sentence in refused.messages:
            messages.error(request, sentence)
        here["Location"] += f"?{urlencode({'reason': reason})}" if reason else ""
        return here
    messages.success(request, f"{closed} is closed. What was asked and found is kept.")
    return HttpResponseRedirect(
        reverse("admin:reconciliation_closedmonth_change", args=[closed.pk])
    )


def _to_compare(lines: Sequence[Line]) -> list[Connection]:
    """Books that must be compared before the month can be closed."""
    return [
        each.check.connection
        for each in lines
        if each.check.topic == Topic.AGREED
        and each.check.verdict == Verdict.BLOCKS
        and each.check.connection is not None
        and each.check.connection.is_live
    ]


def _line(check: Check) -> Line:
    return Line(
        check=check,
        words=TOPICS[check.topic],
        verdict=VERDICTS[check.verdict],
        colour=COLOURS[check.verdict],
        url=_place(check) if check.verdict != Verdict.FINE else "",
        asks=check.verdict == Verdict.LOOK,
    )


def _place(check: Check) -> str:
    """Where one puts it right."""
    books = check.connection
    match check.topic:
        case Topic.HELD if books is not None:
            asked = {"connection__id__exact": books.pk, "state__exact": State.NEEDS_PERSON.value}
            return f"{reverse('admin:sync_syncrecord_changelist')}?{urlencode(asked)}"
        case Topic.SENT if books is not None:
            asked = {"connection__id__exact": books.pk, "state__exact": State.WAITING.value}
            return f"{reverse('admin:sync_syncrecord_changelist')}?{urlencode(asked)}"
        case Topic.MAPPINGS if books is not None:
            return reverse("admin:connections_connection_map", args=[books.pk])
        case Topic.AGREED if check.comparison is not None:
            return reverse("admin:reconciliation_keptcomparison_change", args=[check.comparison.pk])
        case _ if books is not None:
            return reverse("admin:connections_connection_change", args=[books.pk])
        case Topic.DRAFTS:
            return f"{reverse('admin:billing_invoice_changelist')}?stands=draft"
        case Topic.NUMBERS:
            return reverse("admin:billing_numberseries_changelist")
        case Topic.UNAPPLIED:
            return reverse("admin:billing_payment_changelist")
        case Topic.CLEARING:
            return reverse("admin:billing_deposit_changelist")
        case Topic.REVIEW:
            return f"{reverse('admin:reconciliation_reviewitem_changelist')}?open=yes"
    return reverse("admin:connections_connection_changelist")


MONTH_END = PageAct(
    name=NAME,
    words="Month-end",
    permission=SEE_CLOSED_MONTHS,
    page=month_end_page,
)


@admin.register(ClosedMonth)
class ClosedMonthAdmin(ReadOnlyAdmin):
    list_words = "Closed months"
    list_display = ["month", "company", "closed_by", "closed_at", "looked_at"]
    list_filter = [("company", FewRelatedFilter)]
    list_select_related = ["company", "closed_by"]
    fields = ["month", "company", "closed_by", "closed_at", "reason"]
    readonly_fields = fields
    empty_sentence = (
        "No month was closed with its checks yet: press Month-end on the page of the company."
    )

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        rows = [
            {
                **each,
                "words": TOPICS[Topic(each["topic"])],
                "verdict": VERDICTS[Verdict(each["verdict"])],
                "colour": COLOURS[Verdict(each["verdict"])],
            }
            for each in record.found
        ]
        proof = BooksProof.objects.filter(closed_month=record).only("pk").first()
        context = {
            "rows": rows,
            "standing": standing_of(record) if ANEW in request.GET else None,
            "signed": as_signed(record),
            "anew": ANEW,
            "closed": record,
            "proof": proof_page(proof) if proof else "",
        }
        return [render_to_string("backoffice/control/closed_month.html", context, request)]

    @admin.display(description="Month", ordering="last")
    def month(self, closed: ClosedMonth) -> str:
        return str(closed)

    @admin.display(description="Looked at")
    def looked_at(self, closed: ClosedMonth) -> int:
        return sum(each["verdict"] == Verdict.LOOK for each in closed.found)
