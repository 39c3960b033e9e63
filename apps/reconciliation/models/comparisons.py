"""Comparisons that were asked for, and what each found."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.connections.models import Connection
from apps.core.kept import NeverDeleted


class KeptComparison(NeverDeleted):
    """A comparison that a person or the timetable asked for, and what it found, for good.

    One worker has it at a time (`holds.py`), until `held_until`; one that waits for a worker waits until
    then. One that is `of_now` compares both sides as they stood when it was made, `on` being that day in
    the company's zone; any other as of the end of the day `on`, by what was known when it was made
    (`begun_at`). `found` is `figures.Comparison` as JSON (`keeping.py`), empty until it is done.
    `journal` are all postings that it compared, packed (`journal.py`), of one that a person asked for.
    """

    class State(models.TextChoices):
        ASKED = "asked", "About to begin"
        READING = "reading", "Reads their books"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="comparisons")
    on = models.DateField("as of")
    of_now = models.BooleanField(default=True)  # else as of the end of the day
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    agrees = models.BooleanField(null=True)  # None: not known
    # How many differences, doubles, records that stand here only, and open questions.
    open_count = models.PositiveIntegerField("open", default=0)
    sentence = models.TextField(blank=True)  # what it found, or why it was stopped
    remedy = models.CharField(max_length=300, blank=True)
    found = models.JSONField(default=dict)
    journal = models.BinaryField(null=True)
    asked_by = models.ForeignKey(  # nobody: by the timetable
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True)  # the last time
    times_begun = models.PositiveSmallIntegerField(default=0)
    held_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name = "comparison"
        permissions = [("compare", "Can compare both sides")]
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(state__in=["asked", "reading"]),
                name="one_comparison_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="done", agrees__isnull=False)
                | (~Q(state="done") & Q(agrees=None)),
                name="what_is_compared_agrees_or_not",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "-ended_at"],
                name="comparison_last_done",
                condition=Q(state="done"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection}, as of {self.on:%-d %b %Y}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.ASKED, self.State.READING)
