"""Scheduled exports: when each comes next, what became of the last, and the buttons that move it."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.files.list_maker import ListExport
from apps.backoffice.files.schedule_page import refuse_without_right
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, tag
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.screens import FewRelatedFilter, ReadOnlyAdmin
from apps.exchange.models import RunMail, ScheduledExport, ScheduleRun
from apps.exchange.schedules.makers import MAKERS, CannotBeMade, maker_of
from apps.exchange.schedules.running import run_now, set_next
from apps.exchange.schedules.times import in_words

MAKERS["list"] = ListExport()
COLOURS = {
    ScheduleRun.State.WAITING: BUSY,
    ScheduleRun.State.MAKING: BUSY,
    ScheduleRun.State.MADE: GOOD,
    ScheduleRun.State.NOTHING: PLAIN,
    ScheduleRun.State.FAILED: BAD,
}
SHOWN = 30  # runs on the page


def _run_now(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    refuse_without_right(request, schedule)
    run_now(schedule)
    return "It is being made; it stands below in a moment."


def _pause(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    schedule.is_paused = True
    schedule.save(update_fields=["is_paused"])
    return f"{schedule} is paused: nothing is made until somebody resumes it."


def _resume(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    """With the rights of whoever resumes what stopped for want of its owner's."""
    refuse_without_right(request, schedule)
    if schedule.stopped:
        schedule.owner_id = person(request)
    schedule.is_paused = False
    set_next(schedule)
    schedule.save()
    return f"{schedule} goes on."


def _what_resuming_means(schedule: ScheduledExport) -> str:
    if schedule.stopped:
        return f"{schedule.stopped} It then runs with your rights."
    if maker_of(schedule).tells_days and schedule.told_until is not None:
        told = f"{schedule.told_until:%-d %b %Y}"
        return f"The next report tells all days since {told}, the last that was told."
    return "It is made again from its next time on; what was missed while it was paused is not."


RUN_NOW = ButtonAct(
    name="run-now",
    words="Run now",
    permission=permissions.SEE_COMPANIES,
    when=lambda schedule: not schedule.stopped,
    do=_run_now,
)
PAUSE = ButtonAct(
    name="pause",
    words="Pause",
    permission=permissions.SEE_COMPANIES,
    when=lambda schedule: schedule.runs_by_itself,
    do=_pause,
)
RESUME = ButtonAct(
    name="resume",
    words="Resume",
    permission=permissions.SEE_COMPANIES,
    when=lambda schedule: not schedule.runs_by_itself,
    do=_resume,
    means=_what_resuming_means,
    main=True,
)


@admin.register(ScheduledExport)
class ScheduledExportAdmin(ReadOnlyAdmin):
    list_words = "Scheduled exports"
    list_display = ["name", "company", "how_often", "next_run", "last_run", "outcome"]
    list_filter = [("company", FewRelatedFilter)]
    list_select_related = ["company", "owner"]
    acts = (RUN_NOW, PAUSE, RESUME)
    fields = ["name", "company", "what_words", "format_words", "how_often", "next_run", "owner",
              "sent_to", "kept_for", "runs_made"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = (
        "Nothing is made by itself yet. Open your company and choose “Schedule an export”, or "
        "“Repeat this” on the page Export of any list."
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ScheduledExport]":
        """Each with its last run."""
        last = Prefetch("runs", ScheduleRun.objects.all()[:1], to_attr="last_runs")
        rows: QuerySet[ScheduledExport] = super().get_queryset(request)
        return rows.prefetch_related(last)

    @admin.display(description="What")
    def what_words(self, schedule: ScheduledExport) -> str:
        try:
            return maker_of(schedule).words(schedule)
        except CannotBeMade as refusal:
            return str(refusal)

    @admin.display(description="Format")
    def format_words(self, schedule: ScheduledExport) -> str:
        return maker_of(schedule).formats[schedule.format]

    @admin.display(description="How often")
    def how_often(self, schedule: ScheduledExport) -> str:
        return f"{in_words(schedule)} ({schedule.company.time_zone})"

    @admin.display(description="Next", ordering="next_due")
    def next_run(self, schedule: ScheduledExport) -> str:
        if schedule.stopped:
            return schedule.stopped
        if schedule.is_paused or schedule.next_due is None:
            return "paused"
        return f"{schedule.next_due.astimezone(schedule.zone):%a %-d %b %Y %H:%M}"

    @admin.display(description="Last")
    def last_run(self, schedule: ScheduledExport) -> str:
        run = _last(schedule)
        return f"{run.due_at.astimezone(schedule.zone):%a %-d %b %Y %H:%M}" if run else "–"

    @admin.display(description="Outcome")
    def outcome(self, schedule: ScheduledExport) -> SafeString | str:
        run = _last(schedule)
        return _state(run) if run else "–"

    @admin.display(description="Sent to")
    def sent_to(self, schedule: ScheduledExport) -> str:
        people = [f"{each} ({each.email})" for each in schedule.people.all()]
        outside = [f"{each}, without signing in" for each in schedule.addresses]
        return "\n".join([*people, *outside]) or "nobody: it is kept here"

    @admin.display(description="Each file is kept")
    def kept_for(self, schedule: ScheduledExport) -> str:
        return f"{schedule.keep_days} days"

    @admin.display(description="Runs")
    def runs_made(self, schedule: ScheduledExport) -> SafeString | str:
        runs = schedule.runs.select_related("file").prefetch_related("mails")[:SHOWN]
        lines = ((_line(schedule, each),) for each in runs)
        return format_html_join(SafeString("<br>"), "{}", lines) or "none yet"


def _last(schedule: ScheduledExport) -> ScheduleRun | None:
    runs: list[ScheduleRun] = schedule.last_runs  # type: ignore[attr-defined] # by the list
    return runs[0] if runs else None


def _state(run: ScheduleRun) -> SafeString:
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
        f"{run.due_at.astimezone(schedule.zone):%a %-d %b %Y %H:%M}",
        _state(run),
        file,
        run.sentence,
        " · ".join(mails),
    )


def _mail(mail: RunMail) -> str:
    said = f"{mail.get_state_display()}: {mail.to}"
    return f"{said} ({mail.sentence})" if mail.sentence else said
