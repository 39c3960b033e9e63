"""The weekly review: what waits for somebody, one row for a cause, and the weeks that were signed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.billing.models.base import MONEY
from apps.connections.models import Connection
from apps.core.kept import Kept, NeverDeleted


class ReviewKind(models.TextChoices):
    """What a row of the review is about. A closed list."""

    LOST = "lost", "Connection lost or paused"
    SILENT = "silent", "Nothing ran, or nothing was compared"
    REJECTED = "rejected", "Held or rejected"
    UNKNOWN = "unknown", "Outcome unknown"
    MAPPING = "mapping", "A mapping is missing"
    CONFLICT = "conflict", "Changed on both sides"
    CANDIDATE = "candidate", "Maybe the same"
    ARRIVED = "arrived", "Arrived and not dealt with"
    DIFFERENCE = "difference", "Differs between both sides"
    QUESTION = "question", "Question of a comparison"
    CLEARING = "clearing", "Not banked for long"
    EDIT = "edit", "Changed by hand, without a note"


class ReviewItem(NeverDeleted):
    """One cause that somebody has to deal with, however many records it stops.

    `key` tells it from others of its kind. `standing` is whether the last look still found its cause;
    it is open while it stands and nobody ended it. `amount` is None where there is none, or several
    currencies. What a person ended while its cause stands is another row once that grows.
    """

    class Outcome(models.TextChoices):
        OPEN = "", "Open"
        FIXED = "fixed", "Fixed"
        LINKED = "linked", "Linked"
        LEFT_OUT = "left_out", "Left out, with a reason"
        NOTED = "noted", "Noted in both systems"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    connection = models.ForeignKey(Connection, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=ReviewKind.choices)
    key = models.CharField(max_length=120)
    sentence = models.TextField()
    count = models.PositiveIntegerField("records", default=1)
    amount = models.DecimalField(**MONEY, null=True)
    currency = models.CharField(max_length=3, blank=True)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    standing = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField("due", null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(  # nobody: its cause went away
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["ended_at", "since", "id"]
        verbose_name = "row of the review"
        verbose_name_plural = "review"
        permissions = [
            ("review", "Can take on, comment and end what the review lists"),
            ("sign_week", "Can sign a week of the review"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "key"],
                condition=Q(standing=True),
                name="review_lists_a_cause_once",
            ),
            models.CheckConstraint(
                name="a_review_ends_with_its_outcome",
                condition=Q(outcome="", ended_at=None)
                | (~Q(outcome="") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="what_a_person_ends_has_its_reason",
                condition=Q(ended_by=None) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "since"], name="review_open", condition=Q(ended_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


class ReviewLook(models.Model):
    """When the list of a company was kept up last."""

    company = models.OneToOneField(Company, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.company} at {self.at:%Y-%m-%d %H:%M}"


class ReviewRemark(Kept):
    """What somebody said or did about a row of the review."""

    item = models.ForeignKey(ReviewItem, models.PROTECT, related_name="remarks")
    text = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text


class ReviewWeek(Kept):
    """A week that somebody signed: what was open at its signing and what had ended in it, for good.

    `found` has a list `open` and a list `ended` of rows as they read then.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    monday = models.DateField()
    found = models.JSONField(default=dict)
    remark = models.CharField(max_length=500, blank=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-monday"]
        verbose_name = "signed week"
        constraints = [
            models.UniqueConstraint(fields=["company", "monday"], name="a_week_is_signed_once"),
            models.CheckConstraint(
                name="a_week_begins_on_a_monday", condition=Q(monday__iso_week_day=1)
            ),
        ]

    def __str__(self) -> str:
        return f"Week of {self.monday:%-d %b %Y}"
