"""The task queue, read only: a schedule names code to run, so nobody edits one on a screen."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from apps.backoffice.frame.screens import ReadOnlyAdmin

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ["name", "func", "schedule_type", "minutes", "next_run"]
    fields = ["name", "func", "schedule_type", "minutes", "cron", "repeats", "next_run"]
    readonly_fields = fields
    empty_sentence = "Duties such as the minute's tick are listed here once they are set up."


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    list_display = ["name", "func", "started", "stopped", "attempt_count"]
    fields = ["name", "func", "started", "stopped", "attempt_count", "result"]
    readonly_fields = fields
    empty_sentence = "No background task has failed."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(success=False)
