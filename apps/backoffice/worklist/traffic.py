"""Technical details: runs and calls, read only, bodies as they are kept (redacted)."""

import json
import zlib
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, WARN, ago, tag
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter, ReadOnlyAdmin
from apps.backoffice.ledgers.timeline.there import OF_RECORD
from apps.backoffice.worklist.sync_log import DEEP, SUBJECT_FIELDS, subject_name
from apps.backoffice.worklist.undoing import UNDO_ACTS, undo_boxes
from apps.core.numbers import whole
from apps.sync.calls.parts import part_of
from apps.sync.models import Call, Run, SyncRecord

RUN_COLOURS = {
    Run.Outcome.RUNNING: BUSY,
    Run.Outcome.DONE: GOOD,
    Run.Outcome.YIELDED: BUSY,
    Run.Outcome.STOPPED: BAD,
}
CALL_COLOURS = {
    Call.State.INTENDED: BUSY,
    Call.State.ANSWERED: GOOD,
    Call.State.UNSENT: WARN,
    Call.State.LOST: BAD,
    Call.State.SETTLED: GOOD,
}


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "connection", "duty_words", "outcome_label", "pushed", "refused",
                    "pulled", "applied", "calls", "took", "sentence"]  # fmt: skip
    list_filter = [
        ("connection", FewRelatedFilter),
        ("outcome", ChoicesFilter),
        ("started_at", DateFilter),
    ]
    list_select_related = ["connection__company", "asked_by"]
    fields = ["connection", "duty_words", "outcome_label", "sentence", "started_at", "ended_at",
              "took", "pushed", "refused", "pulled", "applied", "calls", "asked_by"]  # fmt: skip
    readonly_fields = fields
    acts = UNDO_ACTS
    empty_sentence = "A run is one pass over a connection. None has taken place yet."

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        return undo_boxes(request, record)

    @admin.display(description="Duty", ordering="duty")
    def duty_words(self, run: Run) -> str:
        return run.duty_words

    @admin.display(description="Outcome", ordering="outcome")
    def outcome_label(self, run: Run) -> SafeString:
        outcome = Run.Outcome(run.outcome)
        return tag(str(outcome.label), RUN_COLOURS[outcome])

    @admin.display(description="Took")
    def took(self, run: Run) -> str:
        if run.ended_at is None:
            return f"since {ago(run.started_at)}"
        return f"{(run.ended_at - run.started_at).total_seconds():.1f} s"


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "connection", "purpose", "method", "path", "state_label",
                    "status", "took", "trace_id"]  # fmt: skip
    list_display_links = ["started_at", "path"]
    list_filter = [
        ("connection", FewRelatedFilter),
        ("state", ChoicesFilter),
        ("started_at", DateFilter),
    ]
    list_select_related = ["connection"]
    search_fields = ["path", "key", "trace_id"]
    fields = ["connection", "run", "purpose", "method", "path", "query", "headers", "key", "state_label",
              "status", "problem", "trace_id", "started_at", "answered_at", "took", "evidence"]  # fmt: skip
    readonly_fields = fields
    panels_first = True
    empty_sentence = "Every exchange with an accounting system is kept here."

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "sync_call_changelist":
            # A list of bodies is megabytes that nobody sees.
            rows = rows.defer("body", "answer")
        return rows

    @admin.display(description="State", ordering="state")
    def state_label(self, call: Call) -> SafeString:
        state = Call.State(call.state)
        return tag(str(state.label), CALL_COLOURS[state])

    @admin.display(description="Took", ordering="seconds")
    def took(self, call: Call) -> str:
        return "–" if call.seconds is None else f"{call.seconds:.2f} s"

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        """The part of the record that the address names; the whole is folded below it."""
        members = _members(record)
        shown = members.get(whole(request.GET.get(OF_RECORD, "")) or 0)
        part = part_of(record, shown.pk) if shown is not None else None
        page = self.page("change", record.pk)
        context = {
            "system": record.connection.system_name,
            "part": part,
            "sent": as_json(part.sent) if part else "",
            "answered": as_json(part.answered) if part else "",
            "of": subject_name(shown) if shown is not None else "",
            "members": [
                (subject_name(each), f"{page}?{urlencode({OF_RECORD: each.pk})}", each == shown)
                for each in members.values()
            ],
            "all_sent": as_code(record.body),
            "all_answered": as_code(record.answer),
        }
        return [render_to_string("backoffice/worklist/call.html", context, request)]


def _members(call: Call) -> dict[int, SyncRecord]:
    """The records that it carried, in the order of its body."""
    rows = SyncRecord.objects.filter(connection=call.connection_id, pk__in=call.members)
    found = rows.select_related("connection", *SUBJECT_FIELDS, *DEEP, "invoice__customer").in_bulk()
    return {key: found[key] for key in call.members if key in found}


def as_json(part: Any) -> SafeString:
    """A part as it was kept, indented; "" where nobody can tell which it is."""
    if part is None:
        return SafeString("")
    text = json.dumps(part, indent=2, ensure_ascii=False)
    return format_html('<pre class="t-code" tabindex="0">{}</pre>', text)


def as_code(stored: bytes | memoryview) -> SafeString:
    """A kept body, indented where it is JSON."""
    raw = bytes(stored)
    if not raw:
        return format_html('<span class="t-quiet">{}</span>', "Not kept")
    text = zlib.decompress(raw).decode("utf-8", "replace")
    with suppress(ValueError):  # not JSON: shown as it came
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return format_html('<pre class="t-code" tabindex="0">{}</pre>', text)
