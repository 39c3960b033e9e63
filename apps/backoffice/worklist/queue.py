"""The task queue, read only: a schedule names code to run, so nobody edits one on a screen."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_q.models import Failure, OrmQ, Schedule, Success

from apps.backoffice.frame.formatting import BAD, GOOD, tag
from apps.backoffice.frame.screens import ReadOnlyAdmin
from apps.core.tracebacks import without_messages
from apps.sync.queue import is_duty

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ["name", "func", "runs", "schedule_type", "minutes", "next_run"]
    fields = ["name", "func", "runs", "schedule_type", "minutes", "repeats", "next_run"]
    readonly_fields = fields
    empty_sentence = "Duties such as the minute's tick are listed here once they are set up."

    @admin.display(description="Runs")
    def runs(self, schedule: Schedule) -> SafeString:
        return tag("Yes", GOOD) if is_duty(schedule) else tag("No: none of Tieout's duties", BAD)


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    list_display = ["name", "func", "started", "stopped", "attempt_count"]
    fields = ["name", "func", "given", "started", "stopped", "attempt_count", "where"]
    readonly_fields = fields
    empty_sentence = "No background task has failed."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        rows = rows.filter(success=False)
        if request.resolver_match and request.resolver_match.url_name == "django_q_failure_change":
            return rows
        return rows.defer("args", "kwargs", "result")

    @admin.display(description="Given to it")
    def given(self, failure: Failure) -> str:
        """Keys of rows and words of ours; a list of them, or what is said of an older form."""
        return str(failure.args or "–")

    @admin.display(description="Where it failed")
    def where(self, failure: Failure) -> SafeString:
        """Without what the errors said: it may be a customer's data."""
        told = without_messages(str(failure.result or "")) or "Not kept"
        return format_html('<pre class="t-code" tabindex="0">{}</pre>', told)
