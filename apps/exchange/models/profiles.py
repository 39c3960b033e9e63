"""Layouts of a company's own: how the files of some product are read, as its people said."""

from typing import Any

from django.conf import settings
from django.db import models

from apps.billing.models import Company
from apps.billing.models.base import Remembered
from apps.core.kept import KeptHistory, NeverDeleted

OWN = "own-"  # begins the code of a layout that was made here


class ImportProfile(Remembered, NeverDeleted):
    """A profile that was built here, written by `imports/own/saving.py` alone, which validates it.

    Without a company it is shared by all. `content` is the profile as `imports/own/as_json.py` writes
    it, `headings` are those of the file that it was built on. One that is not wanted any more is retired.
    """

    class Subject(models.TextChoices):
        DOCUMENTS = "documents", "Invoices and credit notes"
        CUSTOMERS = "customers", "Customers"
        ITEMS = "items", "Items"
        TAX_RATES = "tax_rates", "Tax rates"
        PAYMENTS = "payments", "Payments"
        PAYOUTS = "payouts", "Card payouts"

    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="import_profiles"
    )
    name = models.CharField(max_length=100)
    subject = models.CharField("rows are", max_length=12, choices=Subject.choices)
    content: Any = models.JSONField(editable=False)
    headings: Any = models.JSONField(default=list, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    retired_at = models.DateTimeField(null=True, editable=False)

    history = KeptHistory()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "layout"

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        return f"{OWN}{self.pk}"
