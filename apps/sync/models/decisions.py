"""What only a person can decide: may two records be the same, whose change stands, what a merge of
customers over there means here."""

from typing import Any

from django.conf import settings
from django.db import models

from apps.core.kept import EngineManager, NeverDeleted
from apps.sync.models.records import RemoteRecord, SyncRecord
from apps.sync.models.rules import SideRule


class Candidate(NeverDeleted):
    """A remote record and a record of ours that may be the same thing. Both wait for the decision.

    `double`: the remote record bears the mark of ours, which another object stands for already. It
    is taken back over there after a person's word (`taken_back_at`), or left as a copy.
    """

    class Decision(models.TextChoices):
        OPEN = "", "To be decided"
        LINK = "link", "The same: link them"
        KEEP_BOTH = "keep_both", "Two things: keep both"
        TAKE_BACK = "take_back", "A double: take it back over there"

    remote_record = models.ForeignKey(RemoteRecord, models.PROTECT, related_name="candidates")
    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="candidates")
    evidence = models.TextField()
    double = models.BooleanField(default=False)
    taken_back_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(auto_now_add=True)

    objects = EngineManager()

    class Meta:
        ordering = ["-found_at"]
        constraints = [
            models.UniqueConstraint(fields=["remote_record", "sync_record"], name="candidate_once")
        ]
        indexes = [
            models.Index(
                fields=["decision"],
                name="candidate_to_take_back",
                condition=models.Q(double=True, taken_back_at__isnull=True),
            ),
            models.Index(
                fields=["decision", "sync_record"],
                name="candidate_open",
                condition=models.Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remote_record} and {self.sync_record}"


class Conflict(NeverDeleted):
    """A field in which both sides differ, and which of them stands: base, ours, theirs, decision.

    A person decides it, or a rule that staff chose (`rule`). What lost stays here, and can be
    brought back: that is a decision of its own, which names this one (`brings_back`).
    """

    class Decision(models.TextChoices):
        OPEN = "", "To be decided"
        OURS = "ours", "Ours stands: put it back over there"
        THEIRS = "theirs", "Theirs stands: take it over here"
        SETTLED = "settled", "Both sides agree again"

    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="conflicts")
    path = models.CharField(max_length=80)
    base = models.JSONField(null=True)
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    rule = models.ForeignKey(SideRule, models.PROTECT, null=True, related_name="decided")
    brings_back = models.ForeignKey("self", models.PROTECT, null=True, related_name="brought_back")
    reason = models.CharField(max_length=200, blank=True)  # of bringing back
    found_at = models.DateTimeField(auto_now_add=True)

    objects = EngineManager()

    class Meta:
        ordering = ["-found_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["sync_record", "path"],
                condition=models.Q(decision=""),
                name="one_open_conflict_per_field",
            ),
            models.CheckConstraint(
                name="a_rule_has_decided",
                condition=models.Q(rule=None) | models.Q(decision__in=["ours", "theirs"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} of {self.sync_record}"

    @property
    def company_id(self) -> int:
        """Whose lock comes before this row's, as in every act of billing."""
        return self.sync_record.connection.company_id

    @property
    def has_loser(self) -> bool:
        """Whether a value of one side gave way to the other's."""
        return self.decision in (self.Decision.OURS, self.Decision.THEIRS)

    @property
    def winner(self) -> Any:
        """The value that stands, as JSON."""
        return self.ours if self.decision == self.Decision.OURS else self.theirs

    @property
    def loser(self) -> Any:
        """The value that gave way, as JSON."""
        return self.theirs if self.decision == self.Decision.OURS else self.ours


class CustomerMerge(NeverDeleted):
    """A customer of ours was merged into another one over there: one question, with what waits.

    `gone_record` is what stood for ours; `remote_record` the survivor, which bears its documents
    there now. That they moved is a fact, whatever a person decides.
    """

    class Decision(models.TextChoices):
        OPEN = "", "To be decided"
        FOLLOW = "follow", "Followed: one customer here too"
        KEEP_APART = "keep_apart", "Kept apart: made there again"
        RETURNED = "returned", "It stands there again"

    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="merges")
    gone_record = models.OneToOneField(RemoteRecord, models.PROTECT, related_name="merged_away")
    remote_record = models.ForeignKey(RemoteRecord, models.PROTECT, related_name="merged_here")
    evidence = models.TextField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(auto_now_add=True)

    objects = EngineManager()

    class Meta:
        ordering = ["-found_at"]
        verbose_name = "merged customer"

    def __str__(self) -> str:
        return f"{self.sync_record.customer} into {self.remote_record.name}"
