"""What a comparison asks a person: rows that block agreement until somebody answers them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.billing.models.base import MONEY
from apps.connections.models import Connection
from apps.core.kept import NeverDeleted


class Cause(models.TextChoices):
    """Why both sides cannot be said to agree, though their figures may be equal. A closed list."""

    TAX_ELSEWHERE = "tax_elsewhere", "Tax at another agency or country"
    INCOME_LEFT = "income_left", "Income that its credit did not take back"
    MONEY_ELSEWHERE = "money_elsewhere", "Money that lies elsewhere"
    ACCOUNT_ELSEWHERE = "account_elsewhere", "Booked on another account"
    SALE_TWICE = "sale_twice", "Maybe one sale, typed on both sides"
    REFUND_TWICE = "refund_twice", "Maybe one refund, typed on both sides"
    MONEY_TWICE = "money_twice", "Maybe one receipt, typed on both sides"
    ON_THE_WAY = "on_the_way", "Stuck on the way"
    ARRIVED = "arrived", "Arrived and not dealt with"
    LEFT_OUT = "left_out", "Left out of their books"


class Question(NeverDeleted):
    """Something that a comparison found and only a person can judge.

    It is known by what was asked: another amount, date or account behind it is another question,
    which opens anew. An answer is given once, with a reason; then it stays listed and no longer
    blocks. `standing` is whether the last comparison of now still found it. `as_of` is the earlier day
    whose last comparison found it, though its cause may be gone by now: that day agrees once it is
    answered, or once it is compared again and not found.
    """

    class Answer(models.TextChoices):
        OPEN = "", "To be answered"
        RIGHT = "right", "It is right as it stands"
        EVENS_OUT = "evens_out", "It is known, and evens out later"
        SETTLED = "settled", "It was so on that day, and is settled since"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="questions")
    cause = models.CharField(max_length=20, choices=Cause.choices)
    ours = models.JSONField(default=list)  # [kind, id] of each record of ours
    theirs = models.JSONField(default=list)  # [their kind, their id] of each object of theirs
    amount = models.DecimalField(**MONEY, null=True)
    currency = models.CharField(max_length=3, blank=True)
    fingerprint = models.CharField(max_length=64)  # of the cause, the records and the figures
    sentence = models.TextField()
    remedy = models.CharField(max_length=300, blank=True)
    standing = models.BooleanField(default=True)
    as_of = models.DateField("of the end of", null=True)  # None: of now alone
    found_at = models.DateTimeField(auto_now_add=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["answer", "-found_at", "-id"]
        permissions = [("answer_question", "Can answer what a comparison asks")]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "fingerprint"], name="question_asked_once"
            ),
            models.CheckConstraint(
                name="an_answer_has_its_reason",
                condition=Q(answer="", answered_at=None)
                | (~Q(answer="") & ~Q(reason="") & Q(answered_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "cause"],
                name="question_standing",
                condition=Q(standing=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.sentence}"

    @property
    def is_open(self) -> bool:
        return (self.standing or self.as_of is not None) and not self.answer

    def save(self, *args: Any, **options: Any) -> None:
        self.remedy = self.remedy[:300]
        super().save(*args, **options)
