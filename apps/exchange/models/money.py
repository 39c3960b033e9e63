"""Money that a file brought: what is to be done with each movement of it, and what became of that."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.billing.models import Batch, Company, Deposit, Payment, Refund
from apps.core.kept import NeverDeleted


class BroughtMoney(NeverDeleted):
    """A movement of money in a file: a payment, a refund, a bank deposit.

    It waits in its batch as a plan (`imports/money/plans.py`) and is carried out when that is released;
    taken back, it is `dropped`. It is kept for good, since by its `key` (made of what their file says
    of it) the same movement is known again in another file.
    """

    class Act(models.TextChoices):
        RECEIVE = "receive", "payment"
        PAY_BACK = "pay_back", "refund"
        BANK = "bank", "bank deposit"

    company = models.ForeignKey(Company, models.PROTECT, related_name="brought_money")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="brought_money")
    row = models.PositiveIntegerField()  # of its file
    act = models.CharField(max_length=8, choices=Act.choices)
    key = models.CharField(max_length=64)  # SHA-256
    called = models.CharField(max_length=200)  # as staff find it in the file
    plan: Any = models.JSONField()
    sentence = models.TextField(blank=True)  # why its release was refused when it was last tried
    dropped = models.BooleanField(default=False)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="+")
    deposit = models.ForeignKey(Deposit, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["batch", "row", "id"]
        verbose_name = "brought money"
        verbose_name_plural = "brought money"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "key"], condition=Q(dropped=False), name="brought_money_once"
            ),
            models.CheckConstraint(
                condition=Q(dropped=False) | Q(payment=None, refund=None, deposit=None),
                name="dropped_money_was_not_made",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "row"], name="brought_money_of_batch"),
        ]

    def __str__(self) -> str:
        return self.called
