"""Scheduled exports: when each comes next, what became of the last, and the buttons that move it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.files.list_maker import ListExport
from apps.backoffice.files.schedule_acts import DEAL_WITH, PAUSE, RESUME, RUN_NOW
from apps.backoffice.files.schedule_page import CHANGE
from apps.backoffice.files.schedule_words import filter_words, past_words, what_words
from apps.backoffice.frame.asked_once import while_shown
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, tag
from apps.backoffice.frame.screens import FewRelatedFilter, OwnFilter, ReadOnlyAdmin
from apps.exchange.models import RunMail, ScheduledExport, ScheduleHistory, ScheduleRun
from apps.exchange.printing.words import LANGUAGES, language_of
from apps.exchange.schedules.failures import needing_a_person
from apps.exchange.schedules.makers import MAKERS, maker_of
from apps.exchange.schedules.times import in_words
from apps.staff.models import User

MAKERS["list"] = ListExport()
COLOURS = {
    ScheduleRun.State.WAITING: BUSY,
    ScheduleRun.State.MAKING: BUSY,
    ScheduleRun.State.MADE: GOOD,
    ScheduleRun.State.NOTHING: PLAIN,
    ScheduleRun.State.FAILED: BAD,
}
SHOWN = 30  # runs on the page


class NeedsFilter(OwnFilter):
    """What waits for a person."""

    title = "standing"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("person", "Needs a person")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() == "person":
            return queryset.filter(pk__in=needing_a_person().values("pk"))
        return queryset


@admin.register(ScheduledExport)
class ScheduledExportAdmin(ReadOnlyAdmin):
    list_words = "Scheduled exports"
    list_display = ["name", "company", "how_often", "next_run", "last_run", "outcome"]
    list_filter = [NeedsFilter, ("company", FewRelatedFilter)]
    list_select_related = ["company", "owner"]
    quick = (("All", "?"), ("Need a person", "?needs=person"))
    acts = (RUN_NOW, DEAL_WITH, CHANGE, PAUSE, RESUME)
    fields = ["name", "company", "what_told", "filtered", "format_words", "language_told", "how_often", "next_run", "owner",
              "sent_to", "kept_for", "runs_made", "told_past"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = (
        "Nothing is made by itself yet. Open your company and choose “Schedule an export”, or "
        "“Repeat this” on the page Export of any list."
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ScheduledExport]":
        """Each with its last run, and who paused it last."""
        runs = ScheduleRun.objects.prefetch_related("mails")[:1]
        last = Prefetch("runs", runs, to_attr="last_runs")
        rows: QuerySet[ScheduledExport] = super().get_queryset(request)
        by = ScheduleHistory.objects.filter(did=ScheduleHistory.Did.PAUSED).select_related("by")
        return rows.prefetch_related(last, Prefetch("past", by[:1], to_attr="last_pauses"))

    @admin.display(description="What")
    def what_told(self, schedule: ScheduledExport) -> str:
        return what_words(schedule)

    @admin.display(description="Filters and columns")
    def filtered(self, schedule: ScheduledExport) -> str:
        return filter_words(schedule) or "–"

    @admin.display(description="Format")
    def format_words(self, schedule: ScheduledExport) -> str:
        return maker_of(schedule).formats[schedule.format]

    @admin.display(description="Language")
    def language_told(self, schedule: ScheduledExport) -> str:
        """Of what is written in one."""
        if schedule.what not in ("daily", "aged"):
            return "–"
        return LANGUAGES[schedule.language or language_of(schedule.company)]

    @admin.display(description="How often")
    def how_often(self, schedule: ScheduledExport) -> str:
        return f"{in_words(schedule)} ({schedule.company.time_zone})"

    @admin.display(description="Next", ordering="next_due")
    def next_run(self, schedule: ScheduledExport) -> str:
        if schedule.stopped:
            return schedule.stopped
        if schedule.is_paused or schedule.next_due is None:
            return _paused(schedule)
        return _at(schedule, schedule.next_due)

    @admin.display(description="Last")
    def last_run(self, schedule: ScheduledExport) -> str:
        run = _last(schedule)
        return _at(schedule, run.due_at) if run else "–"

    @admin.display(description="Outcome")
    def outcome(self, schedule: ScheduledExport) -> SafeString | str:
        run = _last(schedule)
        return _state(run) if run else "–"

    @admin.display(description="Sent to")
    def sent_to(self, schedule: ScheduledExport) -> str:
        people = [f"{each} ({each.email})" for each in _people(schedule)]
        outside = [f"{each}, without signing in" for each in schedule.addresses]
        return "\n".join([*people, *outside]) or "nobody: it is kept here"

    @admin.display(description="Each file is kept")
    def kept_for(self, schedule: ScheduledExport) -> str:
        return f"{schedule.keep_days} days"

    @admin.display(description="Runs")
    def runs_made(self, schedule: ScheduledExport) -> SafeString | str:
        lines = ((_line(schedule, each),) for each in _runs(schedule))
        return format_html_join(SafeString("<br>"), "{}", lines) or "none yet"

    @admin.display(description="Who changed it")
    def told_past(self, schedule: ScheduledExport) -> SafeString | str:
        lines = ((_past(schedule, each),) for each in _changes(schedule))
        return format_html_join(SafeString("<br>"), "{}", lines) or "nobody"


@while_shown
def _people(schedule: ScheduledExport) -> "list[User]":
    return list(schedule.people.all())


@while_shown
def _runs(schedule: ScheduledExport) -> list[ScheduleRun]:
    """The last ones, the latest first."""
    return list(schedule.runs.select_related("file").prefetch_related("mails")[:SHOWN])


@while_shown
def _changes(schedule: ScheduledExport) -> list[ScheduleHistory]:
    return list(schedule.past.select_related("by")[:SHOWN])


def _paused(schedule: ScheduledExport) -> str:
    """“Paused by Fay, Mon 2 Nov 2026 10:15”, where it is known."""
    last: list[ScheduleHistory] = schedule.last_pauses  # type: ignore[attr-defined] # by the list
    return f"paused by {last[0].by}, {_at(schedule, last[0].at)}" if last else "paused"


def _past(schedule: ScheduledExport, row: ScheduleHistory) -> SafeString:
    changes = format_html_join(
        "",
        '<br><span class="t-quiet">{}</span>',
        ((each,) for each in past_words(row).splitlines()),
    )
    did = f"{row.by} {row.get_did_display()}, {_at(schedule, row.at)}"
    return format_html("{}{}", did, changes)


def _at(schedule: ScheduledExport, moment: datetime) -> str:
    return f"{moment.astimezone(schedule.zone):%a %-d %b %Y %H:%M}"


def _last(schedule: ScheduledExport) -> ScheduleRun | None:
    runs: list[ScheduleRun] = schedule.last_runs  # type: ignore[attr-defined] # by the list
    return runs[0] if runs else None


def _state(run: ScheduleRun) -> SafeString:
    """“Made”, or that it was made and did not reach everybody."""
    refused = [
        each
        for each in run.mails.all()
        if (each.tells, each.state) == (RunMail.Tells.FILE, RunMail.State.REFUSED)
    ]
    if refused:
        return tag(f"{run.get_state_display()}, not sent to {len(refused)}", BAD)
    return tag(run.get_state_display(), COLOURS[ScheduleRun.State(run.state)])


def _line(schedule: ScheduledExport, run: ScheduleRun) -> SafeString:
    """“Mon 2 Nov 2026 07:00 Made daily-report.csv · sent to vera@example.com”."""
    file = SafeString("")
    if run.file is not None:
        place = reverse("admin:exchange_privatefile_change", args=[run.file.pk])
        file = format_html('<a class="t-link" href="{}">{}</a>', place, run.file.name)
    mails = [_mail(each) for each in run.mails.all() if each.tells == RunMail.Tells.FILE]
    return format_html(
        "{} {} {} {} {}",
        _at(schedule, run.due_at),
        _state(run),
        file,
        run.sentence,
        " · ".join(mails),
    )


def _mail(mail: RunMail) -> str:
    said = f"{mail.get_state_display()}: {mail.to}"
    return f"{said} ({mail.sentence})" if mail.sentence else said
