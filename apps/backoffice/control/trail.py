"""The audit trail: when it was last verified, what was found, and a button to have it verified."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from apps.backoffice.frame.following import FollowsAdmin
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, WARN, ago, tag
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter
from apps.billing.sight import Companies, companies_of
from apps.staff.acts import ActName
from apps.staff.models import User
from apps.staff.security import Kind, note
from apps.trail.links import head
from apps.trail.models import Verification
from apps.trail.tasks import ask

State = Verification.State


@admin.register(Verification)
class VerificationAdmin(FollowsAdmin):
    list_words = "Audit trail"
    list_display = ["outcome", "asked", "took", "entries", "rows", "head_shown"]
    list_filter = [("state", ChoicesFilter), ("ended_at", DateFilter)]
    list_select_related = ["asked_by"]
    fields = ["outcome", "asked", "took", "entries", "rows", "unsealed", "head_shown"]
    readonly_fields = fields
    change_list_template = "backoffice/control/trail_list.html"
    empty_sentence = "What is written once is sealed each minute and verified each week. It was not verified yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verification]:
        rows: QuerySet[Verification] = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("findings") if is_list else rows

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.verify_page)
        return [path("verify/", view, name=self.url_name("verify")), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        number, link = head()
        extra = {"number": number, "link": link.hex()}
        if may(request, ActName.VERIFY_TRAIL):
            extra["verify_url"] = self.page("verify")
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def verify_page(self, request: HttpRequest) -> HttpResponse:
        if not may(request, ActName.VERIFY_TRAIL):
            raise PermissionDenied
        return self.posting_page(request, "verify", lambda: self._verify(request))

    def _verify(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            user = request.user
            asked = ask(user if isinstance(user, User) else None)
            note(Kind.OPERATED, "Had the audit trail verified", request=request)
            return done(HttpResponseRedirect(self.page("change", asked.pk)))
        words = "Verify now"
        context = {
            **self.admin_site.each_context(request),
            "title": words,
            "trail": self.trail(words),
            "opts": self.opts,
            "back": self.page("changelist"),
            "words": words,
        }
        return TemplateResponse(request, "backoffice/control/verify_trail.html", context)

    def moves(self, record: Verification) -> bool:
        return record.is_open

    def called(self, record: Any) -> str:
        return str(record)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        seen = companies_of(request.user)
        told = [each for each in (_told_to(seen, found) for found in record.findings) if each]
        context = {
            "record": record,
            "findings": told,
            "elsewhere": len(record.findings) - len(told),
            "more": record.count - len(record.findings),
        }
        return [render_to_string("backoffice/control/trail_findings.html", context, request)]

    @admin.display(description="Outcome")
    def outcome(self, record: Verification) -> SafeString:
        if record.state == State.BROKEN:
            return tag("Broke off: see the failed tasks", WARN)
        if record.is_open:
            return tag(record.get_state_display(), BUSY)
        if record.count:
            things = "thing is" if record.count == 1 else "things are"
            return tag(f"{record.count:,} {things} not as sealed", BAD)
        return tag("All as it was sealed", GOOD)

    @admin.display(description="Asked")
    def asked(self, record: Verification) -> str:
        by = record.asked_by or "by the timetable"
        return f"{record.asked_at:%-d %b %Y %H:%M} UTC, {by}"

    @admin.display(description="Ended")
    def took(self, record: Verification) -> str:
        if record.ended_at is None or record.begun_at is None:
            return "Not yet"
        seconds = (record.ended_at - record.begun_at).total_seconds()
        return f"{ago(record.ended_at)}, after {seconds:,.0f} s"

    @admin.display(description="Head")
    def head_shown(self, record: Verification) -> str:
        return f"{record.head_number}:{record.head_link}" if record.head_link else "–"


UNQUOTED = "Something of no company. Whoever sees every company reads what it is."


def _told_to(seen: Companies | None, found: dict[str, Any]) -> dict[str, Any] | None:
    """As somebody reads it who sees these companies (None: every one); None for what they do not see.
    What is of no company (an event, the chain itself) is told to them without its words, which may be
    another company's."""
    if seen is None or found["company"] in seen:
        return found
    if found["company"] is not None:
        return None
    return {**found, "sentence": found.get("bare") or UNQUOTED}
