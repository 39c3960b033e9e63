"""Exports that come by themselves: when, of what, to whom, and what became of each run."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.core.kept import Kept, NeverDeleted
from apps.exchange.models.files import PrivateFile


class ScheduledExport(NeverDeleted):
    """An export that is made again and again, with the rights of its owner.

    `what` names its maker (`schedules/makers.py`), `choice` is what that maker asks, `format` one of
    its formats. Times are those of the company's clock. `next_due` is the next run; `told_until` the
    last day that a daily report has told. `stopped` says why it runs no more until a person saves it.
    What failed up to `dealt_with_at` is on nobody's list any more.
    """

    class Every(models.TextChoices):
        DAY = "day", "Every day"
        WEEK = "week", "Every week"
        MONTH = "month", "Every month"
        CRON = "cron", "By a cron expression"

    class Weekday(models.IntegerChoices):
        MONDAY = 1, "Monday"
        TUESDAY = 2, "Tuesday"
        WEDNESDAY = 3, "Wednesday"
        THURSDAY = 4, "Thursday"
        FRIDAY = 5, "Friday"
        SATURDAY = 6, "Saturday"
        SUNDAY = 7, "Sunday"

    LAST_DAY = 31

    company = models.ForeignKey(Company, models.PROTECT, related_name="scheduled_exports")
    name = models.CharField(max_length=120)
    what = models.CharField(max_length=20, editable=False)
    choice: Any = models.JSONField(default=dict, editable=False)
    format = models.CharField(max_length=20)
    every = models.CharField("how often", max_length=5, choices=Every.choices, default=Every.DAY)
    at = models.TimeField("at", help_text="By the company's clock.")
    weekday = models.PositiveSmallIntegerField(
        "on", choices=Weekday.choices, default=Weekday.MONDAY, help_text="Of a weekly one."
    )
    month_day = models.PositiveSmallIntegerField(
        "on day",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(LAST_DAY)],
        help_text="Of a monthly one. In a month that has no such day: its last.",
    )
    cron = models.CharField(
        "cron expression",
        max_length=100,
        blank=True,
        help_text="Minute, hour, day, month, weekday: “0 7 * * 1-5” is seven o'clock on working days.",
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    people: Any = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        verbose_name="sent to",
        help_text="People here. Each must have the right to see what is in it.",
    )
    addresses: Any = models.JSONField(default=list, blank=True)
    # Of a report or print, one of `printing.words.LANGUAGES`; "": that of the company's papers.
    language = models.CharField(max_length=2, blank=True)
    sends_empty = models.BooleanField(
        "send it when nothing happened",
        default=True,
        help_text="Of a daily report: says so in one line. Otherwise such a day is left out.",
    )
    keep_days = models.PositiveSmallIntegerField(
        "keep each file for (days)",
        default=400,
        validators=[MinValueValidator(1), MaxValueValidator(4000)],
    )
    is_paused = models.BooleanField("paused", default=False)
    stopped = models.CharField(max_length=400, blank=True, editable=False)
    next_due = models.DateTimeField("next run", null=True, editable=False)
    told_until = models.DateField(null=True, editable=False)
    dealt_with_at = models.DateTimeField(null=True, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["company", "name", "id"]
        verbose_name = "scheduled export"
        permissions = [("schedule", "Can schedule exports")]
        indexes = [
            models.Index(
                fields=["next_due"],
                name="scheduled_export_due",
                condition=Q(is_paused=False, stopped=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.company.time_zone)

    @property
    def runs_by_itself(self) -> bool:
        return not self.is_paused and not self.stopped


class ScheduleHistory(Kept):
    """What a person did to a scheduled export, and when: a row that nobody changes.

    `changes` are triples of texts: what was changed, how it stood before, how it stands since.
    """

    class Did(models.TextChoices):
        MADE = "made", "scheduled it"
        CHANGED = "changed", "changed it"
        PAUSED = "paused", "paused it"
        RESUMED = "resumed", "resumed it"
        TOOK_OVER = "took_over", "took it over and resumed it"
        DEALT_WITH = "dealt_with", "took care of what had failed"

    schedule = models.ForeignKey(ScheduledExport, models.PROTECT, related_name="past")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    did = models.CharField(max_length=10, choices=Did.choices)
    changes = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.by} {self.get_did_display()}"


class ScheduleRun(NeverDeleted):
    """One run of a scheduled export: once for each time it was due.

    `asked` is what was asked when it became due (`schedules/asked.py`): what is changed of its schedule
    afterwards is for the next. A worker holds it by `claim` while it is making. `first_day` to
    `last_day` are the accounting days that it tells, where it tells days.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        MAKING = "making", "Being made"
        MADE = "made", "Made"
        NOTHING = "nothing", "Nothing happened"
        FAILED = "failed", "Failed"

    schedule = models.ForeignKey(ScheduledExport, models.PROTECT, related_name="runs")
    due_at = models.DateTimeField("due")
    # A person asked for it: it tells the day before, whatever reports have told, and counts as none.
    is_beside_plan = models.BooleanField(default=False)
    asked: Any = models.JSONField(default=dict)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField()
    sentence = models.CharField(max_length=400, blank=True)
    file = models.OneToOneField(PrivateFile, models.PROTECT, null=True, related_name="run")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-due_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at"], name="schedule_run_once")
        ]
        indexes = [
            models.Index(
                fields=["try_after"],
                name="schedule_run_open",
                condition=Q(state__in=["waiting", "making"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.due_at:%-d %b %Y %H:%M} UTC"


class RunMail(NeverDeleted):
    """A mail of a run to one address: written before it leaves, so that none leaves twice.

    A worker that ended while it was leaving leaves it in doubt: it is said so, and not sent again.
    `is_told`: of one that was refused, that its owner was told so, or need not be. `about` is the
    first of those that such a mail tells of.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Not known whether it left"
        SENT = "sent", "Sent"
        REFUSED = "refused", "Not sent"

    class Tells(models.TextChoices):
        FILE = "file", "What was made"
        FAILURE = "failure", "That it failed"
        GAVE_UP = "gave_up", "That it is not tried again"
        REFUSED = "refused", "That others did not get it"

    run = models.ForeignKey(ScheduleRun, models.PROTECT, related_name="mails")
    tells = models.CharField(max_length=7, choices=Tells.choices)
    to = models.EmailField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    about = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    is_told = models.BooleanField(default=False)
    is_link = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    sentence = models.CharField(max_length=400, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "tells", "to"], name="run_mail_once", condition=Q(about=None)
            ),
            models.UniqueConstraint(
                fields=["about", "to"], name="refusal_told_once", condition=Q(about__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["try_after"], name="run_mail_waiting", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["run"],
                name="run_mail_untold",
                condition=Q(tells="file", state="refused", is_told=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tells_display()} to {self.to}"
