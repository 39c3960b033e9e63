"""Credit notes and their lines."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round

from apps.billing.models.base import MONEY, WithLines, long_list
from apps.billing.models.documents import Document, DocumentLine
from apps.billing.models.invoices import Invoice, InvoiceLine
from apps.core.kept import KeptHistory


class CreditNote(Document):
    """What is taken back of a sale. `open_credit` = total − applied."""

    kind = "credit_note"
    SUM_FIELDS = ("applied",)

    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_notes",
        help_text="The invoice it mirrors, if it was made from one.",
    )
    # It writes a bad debt of this invoice off with its tax: it settles that alone, counts as written
    # off, and is no credit to the customer. See `billing/acts/relieving.py`.
    relieves = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reliefs",
        verbose_name="writes off",
    )
    reason = models.CharField(max_length=200, blank=True)
    applied = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    open_credit = models.GeneratedField(
        # SQLite reckons in binary fractions: unrounded, 0.30 − 0.10 − 0.20 would be left open.
        expression=Round(F("total") - F("applied"), precision=4),
        output_field=models.DecimalField(**MONEY),
        db_persist=True,
    )

    history = KeptHistory(bases=[WithLines], excluded_fields=["open_credit"])

    class Meta:
        ordering = ["-issue_date", "-id"]
        permissions = [
            ("issue_credit_note", "Can issue credit notes"),
            ("void_credit_note", "Can void credit notes"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "number"],
                name="credit_note_number_unique",
                violation_error_message="There is a credit note of this number already.",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(number__isnull=False),
                name="issued_credit_note_has_number",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "status", "-issue_date", "-id"], name="credit_note_listed"
            ),
            *long_list("credit_note", "-issue_date", "total"),
            models.Index(
                fields=["-issue_date", "-id"],
                name="credit_note_open",
                condition=Q(status="issued", open_credit__gt=0),
            ),
        ]

    @property
    def origin(self) -> Invoice | None:
        """The invoice whose sale, or whose tax alone, it takes back; None for a rebate."""
        return self.relieves if self.invoice is None else self.invoice

    @property
    def is_rebate(self) -> bool:
        """Without an invoice: nothing of a sale says what it may come to."""
        return self.invoice_id is None and self.relieves_id is None


class CreditNoteLine(DocumentLine):
    document = models.ForeignKey(CreditNote, models.CASCADE, related_name="lines")
    # The line of the invoice that it takes back, so that the last part takes what is left of it.
    invoice_line = models.ForeignKey(
        InvoiceLine,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="credit_lines",
    )

    class Meta(DocumentLine.Meta):
        verbose_name = "line"
        constraints = [
            models.UniqueConstraint(
                fields=["document", "position"], name="credit_note_line_position"
            )
        ]
