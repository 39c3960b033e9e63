"""Invoices and their lines."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round

from apps.billing.models.base import MONEY, WithLines, long_list
from apps.billing.models.documents import Document, DocumentLine
from apps.billing.models.items import PaymentTerm
from apps.core.kept import KeptHistory

OPEN = Q(status="issued", balance_due__gt=0)


class Invoice(Document):
    """What a customer owes for. `balance_due` = total − paid − credited − written off."""

    kind = "invoice"
    SUM_FIELDS = ("paid", "credited", "written_off")

    terms = models.ForeignKey(PaymentTerm, models.PROTECT, null=True, blank=True, related_name="+")
    due_date = models.DateField(null=True, blank=True)
    paid = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    credited = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    written_off = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    balance_due = models.GeneratedField(
        # SQLite reckons in binary fractions: unrounded, 0.30 − 0.10 − 0.20 would be left open.
        expression=Round(F("total") - F("paid") - F("credited") - F("written_off"), precision=4),
        output_field=models.DecimalField(**MONEY),
        db_persist=True,
    )

    # It books a bad debt, and the tax that was relieved with it, again: money came after all, or the
    # sale is credited.
    recovers = models.ForeignKey(
        "billing.CreditNote",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="recoveries",
    )

    history = KeptHistory(bases=[WithLines], excluded_fields=["balance_due"])

    class Meta:
        ordering = ["-issue_date", "-id"]
        permissions = [
            ("issue_invoice", "Can issue invoices"),
            ("void_invoice", "Can void invoices"),
            ("amend_invoice", "Can amend unpaid invoices, where the company allows it"),
            ("credit_invoice", "Can credit invoices"),
            ("change_open_fields", "Can change the open fields of an issued invoice"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "number"],
                name="invoice_number_unique",
                violation_error_message="There is an invoice of this number already.",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(number__isnull=False),
                name="issued_invoice_has_number",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "status", "-issue_date", "-id"], name="invoice_listed"),
            models.Index(fields=["customer", "due_date"], name="invoice_by_customer"),
            models.Index(fields=["company", "due_date"], name="invoice_by_due_date"),
            *long_list("invoice", "-issue_date", "number", "due_date", "total", "balance_due"),
            models.Index(fields=["-issue_date", "-id"], name="invoice_open", condition=OPEN),
            models.Index(
                fields=["-issue_date", "-id"], name="invoice_draft", condition=Q(status="draft")
            ),
            models.Index(
                fields=["-issue_date", "-id"], name="invoice_void", condition=Q(status="void")
            ),
            # What is owed is summed from it alone.
            models.Index(
                fields=["status", "company", "currency", "due_date", "balance_due"],
                name="invoice_sums_owed",
                condition=Q(balance_due__gt=0),
            ),
        ]

    @property
    def origin(self) -> Document | None:
        """What it books again."""
        return self.recovers

    @property
    def is_open(self) -> bool:
        """Whether money is still expected for it."""
        return self.is_issued and self.balance_due > 0

    def clean(self) -> None:
        super().clean()
        if self.due_date and self.issue_date and self.due_date < self.issue_date:
            raise ValidationError({"due_date": "The due date lies before the date of the invoice."})


class InvoiceLine(DocumentLine):
    document = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        verbose_name = "line"
        constraints = [
            models.UniqueConstraint(fields=["document", "position"], name="invoice_line_position")
        ]
