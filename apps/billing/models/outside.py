"""What is only in the other books and stands in our sums."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from apps.billing.models.base import MONEY, RATE, Remembered
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.customers import Customer
from apps.core.kept import KeptHistory, NeverDeleted


class OutsideEntry(NeverDeleted, Remembered):
    """A credit of theirs that was set against an invoice of ours over there: a journal, a credit
    note or money that was typed there.

    It is the source of an allocation, so that the invoice's balance due is one figure on both
    sides. It posts nothing here and is never sent: their books have it. `origin` is the side that
    holds it, `their_kind` and `remote_id` name it there.
    """

    kind = "outside_entry"

    company = models.ForeignKey(Company, models.PROTECT, related_name="outside_entries")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="outside_entries")
    origin = models.CharField(max_length=40)
    their_kind = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    is_money = models.BooleanField(default=False)  # else a credit without money
    date = models.DateField()
    currency = models.CharField(**CURRENCY)
    exchange_rate = models.DecimalField(**RATE, default=Decimal(1))
    amount = models.DecimalField(**MONEY)

    history = KeptHistory()

    class Meta:
        verbose_name_plural = "outside entries"
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "their_kind", "remote_id"], name="outside_entry_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="outside_entry_is_positive"),
        ]

    def __str__(self) -> str:
        return self.label

    def hold(self) -> None:
        """Lock the row until the transaction ends and read it afresh."""
        rows: Any = type(self)._base_manager.select_for_update()
        self.refresh_from_db(from_queryset=rows)
