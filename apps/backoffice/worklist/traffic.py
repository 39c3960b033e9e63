"""Technical details: runs and calls, read only, bodies as they are kept (redacted)."""

import json
import zlib
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, WARN, ago, tag
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter, ReadOnlyAdmin
from apps.sync.models import Call, Run

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
DUTIES = {
    "sync": "Send and get",
    "trial": "Test invoice",
    "proof": "Compare",
    "codes": "Read accounts",
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
    list_select_related = ["connection", "asked_by"]
    fields = ["connection", "duty_words", "outcome_label", "sentence", "started_at", "ended_at",
              "took", "pushed", "refused", "pulled", "applied", "calls", "asked_by"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "A run is one pass over a connection. None has taken place yet."

    @admin.display(description="Duty", ordering="duty")
    def duty_words(self, run: Run) -> str:
        return DUTIES.get(run.duty, run.duty)

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
              "status", "problem", "trace_id", "started_at", "answered_at", "took", "members", "evidence",
              "sent_body", "their_answer"]  # fmt: skip
    readonly_fields = fields
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

    @admin.display(description="What we sent")
    def sent_body(self, call: Call) -> SafeString:
        return as_code(call.body)

    @admin.display(description="What they answered")
    def their_answer(self, call: Call) -> SafeString:
        return as_code(call.answer)


def as_code(stored: bytes | memoryview) -> SafeString:
    """A kept body, indented where it is JSON."""
    raw = bytes(stored)
    if not raw:
        return format_html('<span class="t-quiet">{}</span>', "Not kept")
    text = zlib.decompress(raw).decode("utf-8", "replace")
    with suppress(ValueError):  # not JSON: shown as it came
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return format_html('<pre class="t-code" tabindex="0">{}</pre>', text)
