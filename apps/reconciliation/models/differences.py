"""What a comparison found to differ, kept from one comparison to the next until it differs no more."""

from django.db import models
from django.db.models import Q

from apps.billing.models.base import MONEY
from apps.connections.models import Connection
from apps.core.kept import NeverDeleted


class Why(models.TextChoices):
    """Why both sides differ, record by record. A closed list."""

    ONLY_HERE = "only_here", "Only here"
    ONLY_THERE = "only_there", "Only there"
    GONE = "gone", "Gone over there"
    AMOUNT = "amount", "Amount"
    TAX = "tax", "Tax"
    DATE = "date", "Date"
    NUMBER = "number", "Number"
    CURRENCY = "currency", "Currency"
    CUSTOMER = "customer", "Customer"
    STATE = "state", "Void or cancelled on one side"
    PAID = "paid", "Paid, credited or open"
    ALLOCATION = "allocation", "What it is set against"
    DEPOSITED = "deposited", "What the bank deposit holds"
    ACCOUNT = "account", "Account"
    EXCHANGE = "exchange", "In home currency"
    TWICE = "twice", "Stands there twice"
    CLOSED_MONTH = "closed_month", "Their month is closed"
    UNREADABLE = "unreadable", "Cannot be read or compared"
    BALANCE = "balance", "Balance of an account"
    UNEXPLAINED = "unexplained", "Unexplained"
    LEFT_OUT = "left_out", "Left out for a stated reason"
    BEFORE = "before", "Of before the cut-off"
    NOT_COUNTED = "not_counted", "Not in their sum"

    @property
    def differs(self) -> bool:
        """Whether it is a difference; else it is named, and answered or compared elsewhere."""
        return self not in (Why.ONLY_THERE, Why.LEFT_OUT, Why.BEFORE, Why.NOT_COUNTED)


class Difference(NeverDeleted):
    """One figure of one record that differs, or a record or a total that does.

    It is known by why, the records of both sides and the figure, so it stays the same row while its
    amounts move, and ends with the first comparison that does not find it. Were it found again after
    that, it is another one. `here` and `there` are what stood on each side in the last comparison, as
    staff read it; `amount` is theirs less ours, None where it is no amount.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="differences")
    why = models.CharField(max_length=12, choices=Why.choices)
    ours = models.JSONField(default=list)  # [kind, id] of each record of ours
    theirs = models.JSONField(default=list)  # [their kind, their id] of each object of theirs
    figure = models.CharField(max_length=120, blank=True)
    here = models.CharField(max_length=200, blank=True)
    there = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(**MONEY, null=True)
    currency = models.CharField(max_length=3, blank=True)
    fingerprint = models.CharField(max_length=64)
    sentence = models.TextField()
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # by the last comparison that found it
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["ended_at", "found_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "fingerprint"],
                condition=Q(ended_at=None),
                name="difference_stands_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "why"],
                name="difference_standing",
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def stands(self) -> bool:
        return self.ended_at is None
