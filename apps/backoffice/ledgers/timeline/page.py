"""The page of a timeline, of a record of ours and of one in the sync log, and the box that leads to it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.status import colour_of, sentence_of
from apps.backoffice.ledgers.timeline.entries import Mark
from apps.backoffice.ledgers.timeline.reading import part, records_of
from apps.billing.models import Synced
from apps.sync.models import State, SyncRecord

NAME = "timeline"
WORDS = "Timeline"
AFTER = "after"  # in the address: the mark behind which this part begins


class WithTimeline:
    """Of a screen of synced records: a page of all that happened to one."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.timeline_view)
        name = self.url_name(NAME)  # type: ignore[attr-defined] # of the screen
        return [
            path(f"<path:object_id>/{NAME}/", view, name=name),
            *super().get_urls(),  # type: ignore[misc] # a mixin of admin classes
        ]

    def timeline_of(self, record: Any) -> tuple[Synced, list[SyncRecord]]:
        """The record of ours, and its records in the books that are looked at."""
        return record, records_of(record)

    def timeline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        screen: Any = self
        if not screen.has_view_permission(request):
            raise PermissionDenied
        record = screen._found(request, object_id)
        subject, records = self.timeline_of(record)
        after = Mark.read(request.GET.get(AFTER, ""))
        shown = part(request, subject, records, after)
        here = request.path
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": record,
            "title": WORDS,
            "trail": screen.trail(WORDS, record=record),
            "called": screen.called(record),
            "back": screen.page("change", record.pk),
            "entries": shown.entries,
            "now": [] if after else standings(request, records),
            "older": f"{here}?{urlencode({AFTER: shown.older})}" if shown.older else "",
            "newest": here if after else "",
        }
        return TemplateResponse(request, "backoffice/ledgers/timeline.html", context)


def standings(request: HttpRequest, records: Sequence[SyncRecord]) -> list[dict[str, str]]:
    """How it stands now in each set of books: what it waits for is said above what has been."""
    if not may(request, "sync.view_syncrecord"):
        return []
    return [
        {
            "books": each.connection.name,
            "words": str(State(each.state).label),
            "colour": colour_of(each),
            "sentence": sentence_of(each),
            "remedy": each.remedy,
        }
        for each in records
    ]


def box(request: HttpRequest, record: Any) -> str:
    """On the page of a record: the way to its timeline."""
    options = record._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_{NAME}", args=[record.pk])
    return render_to_string("backoffice/ledgers/timeline_box.html", {"url": address}, request)
