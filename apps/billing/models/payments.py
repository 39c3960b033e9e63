"""Money received, and what it is set against."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.formats import date_format

from apps.billing.models.base import MONEY, RATE, Frozen, Synced, long_list
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.credit_notes import CreditNote
from apps.billing.models.customers import Customer
from apps.billing.models.entries import Adjustment, Refund
from apps.billing.models.invoices import Invoice
from apps.billing.models.items import PaymentMethod
from apps.billing.models.outside import OutsideEntry
from apps.core.kept import KeptHistory
from apps.core.money import figure


class Payment(Synced):
    """Money that arrived at a customer. `on_account` = amount − applied.

    `amount` is in the customer's currency, `exchange_rate` home currency per unit of it. Where the
    bank took it in another currency, `bank_amount` is what it came to there. `applied` is set
    against invoices, refunds and adjustments.
    """

    kind = "payment"
    SUM_FIELDS = ("applied",)
    TOLD_FIELDS = ("banked",)

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        CANCELLED = "cancelled", "Cancelled"

    class OnAccount(models.TextChoices):
        OVERPAYMENT = "overpayment", "Overpayment"
        PREPAYMENT = "prepayment", "Prepayment"

    # May change once received; the rest is cancelled and received again.
    OPEN_FIELDS: ClassVar[frozenset[str]] = frozenset(
        {"method", "reference", "payout_reference", "memo", "rest_is"}
    )

    company = models.ForeignKey(Company, models.PROTECT, related_name="payments")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payments")
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.RECEIVED, editable=False
    )
    date = models.DateField()
    method = models.ForeignKey(
        PaymentMethod, models.PROTECT, null=True, blank=True, related_name="+"
    )
    currency = models.CharField(**CURRENCY)
    exchange_rate = models.DecimalField(**RATE, default=Decimal(1))
    exchange_rate_date = models.DateField(null=True, blank=True)
    exchange_rate_source = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(**MONEY)
    bank_currency = models.CharField(max_length=3, blank=True)
    bank_amount = models.DecimalField(**MONEY, null=True, blank=True)
    reference = models.CharField(max_length=21, blank=True, help_text="Cheque or transfer number.")
    payout_reference = models.CharField(
        "payout",
        max_length=60,
        blank=True,
        help_text="The processor's payout it reached the bank with.",
    )
    memo = models.CharField(max_length=400, blank=True)
    rest_is = models.CharField(
        "what is left over is",
        max_length=12,
        choices=OnAccount.choices,
        default=OnAccount.OVERPAYMENT,
    )
    made_in = models.CharField(
        max_length=40, blank=True, editable=False, help_text="The side that made it; empty: Tieout."
    )
    applied = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    on_account = models.GeneratedField(
        # SQLite reckons in binary fractions: unrounded, 0.30 − 0.10 − 0.20 would be left open.
        expression=Round(F("amount") - F("applied"), precision=4),
        output_field=models.DecimalField(**MONEY),
        db_persist=True,
    )
    # Lies in a bank deposit that stands, here or in their books alone: as their lines say, and kept so
    # that what waits for one is found without a look at all that ever arrived.
    banked = models.BooleanField(default=False, editable=False)
    cancelled_on = models.DateField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(max_length=200, blank=True, editable=False)

    _books: Company  # as locked by the save under way

    history = KeptHistory(excluded_fields=["on_account", "banked"])

    class Meta:
        ordering = ["-date", "-id"]
        permissions = [
            ("receive_payment", "Can receive payments"),
            ("cancel_payment", "Can cancel payments"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
        ]
        indexes = [
            models.Index(fields=["company", "-date", "-id"], name="payment_listed"),
            models.Index(fields=["customer", "date"], name="payment_by_customer"),
            *long_list("payment", "-date", "amount"),
            models.Index(
                fields=["-date", "-id"],
                name="payment_on_account",
                condition=Q(status="received", on_account__gt=0),
            ),
            models.Index(
                fields=["-date", "-id"],
                name="payment_cancelled",
                condition=Q(status="cancelled"),
            ),
            # All columns that are asked for stand in it, also the one that is always the same: SQLite
            # reads the row where a column is missing.
            models.Index(
                fields=[
                    *("status", "company", "method", "date"),
                    *("payout_reference", "currency", "bank_currency"),
                ],
                name="payment_to_bank",
                condition=Q(banked=False),
            ),
            models.Index(
                fields=["status", "company", "currency", "on_account"],
                name="payment_sums_on_account",
                condition=Q(on_account__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{figure(self.amount, self.currency, grouped=True)} {self.currency} of {date_format(self.date, 'j M Y')}"

    def clean(self) -> None:
        super().clean()
        if self.customer_id and self.company_id and self.customer.company_id != self.company_id:
            raise ValidationError({"customer": "This customer belongs to another company."})

    @property
    def is_received(self) -> bool:
        return self.status == self.Status.RECEIVED

    def _lock_books(self) -> None:
        self._books = Company.locked(self.company_id)

    def _refuse_new(self) -> None:
        raise Frozen("Money is received by “Receive payment”, not by saving a payment.")

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        if frozen := [field for field in changed if field.name not in self.OPEN_FIELDS]:
            names = ", ".join(str(field.verbose_name) for field in frozen)
            raise Frozen(
                f"This payment is received, so its {names} cannot change. "
                "Cancel it and receive it again instead."
            )
        if "method" in {field.name for field in changed}:
            self._refuse_deposited()
            self._refuse_method()
        if changed:
            self._books.refuse_change("This payment", stored["date"])

    def _refuse_method(self) -> None:
        """The bank's side of the money stays what it is: a method of that currency, and ours."""
        there = self.bank_currency or self.currency
        method = self.method
        if method is not None and (method.company_id, method.currency) != (self.company_id, there):
            raise Frozen(
                f"This payment reached the bank in {there}: choose a method of {self.company} in "
                f"{there}."
            )

    def _refuse_deposited(self) -> None:
        line = self.deposit_lines.filter(standing=True).select_related("deposit").first()
        if line is not None:
            raise Frozen(
                f"Take this payment out of the bank deposit of {line.deposit} first; "
                "then its method can change."
            )
        outside = type(self).objects.filter(pk=self.pk).exclude(outside_deposit=None)
        if outside.exists():
            raise Frozen("It lies in a bank deposit of the other books: take it out there first.")

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("A payment is never deleted. Cancel it instead.")


class Allocation(Synced):
    """A part of a payment, credit note or adjustment, set against an invoice.

    A payment or credit note may also be set against the refund that pays it out, and a payment
    against the adjustment (`charge`) that takes it up.

    `outside_entry` is a credit of theirs (a journal, a credit note typed over there) that they set
    against our invoice.

    It has its own date, not before either document. Un-applying reverses it with a date of its
    own; nothing is deleted. `outside_*` name a document of theirs that is not ours (a journal, an
    invoice typed over there), so that a payment's total, unapplied and due equal theirs.
    """

    kind = "allocation"

    company = models.ForeignKey(Company, models.PROTECT, related_name="allocations")
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    adjustment = models.ForeignKey(
        Adjustment, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    outside_entry = models.ForeignKey(
        OutsideEntry, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    charge = models.ForeignKey(
        Adjustment, models.PROTECT, null=True, blank=True, related_name="settled_by"
    )
    outside_kind = models.CharField(max_length=40, blank=True, editable=False)
    outside_id = models.CharField(max_length=60, blank=True, editable=False)
    outside_label = models.CharField(max_length=120, blank=True, editable=False)
    date = models.DateField()
    currency = models.CharField(**CURRENCY)
    amount = models.DecimalField(**MONEY)
    # In home currency: what it takes off the target, and what the source is worth at its own rate.
    # The difference between the two is realised: a gain where it is above nil.
    home_amount = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    exchange_difference = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    reversed_on = models.DateField(null=True, blank=True, editable=False)
    reversal_reason = models.CharField(max_length=200, blank=True, editable=False)

    history = KeptHistory()

    class Meta:
        ordering = ["date", "id"]
        permissions = [
            ("allocate", "Can apply payments and credit notes"),
            ("reverse_allocation", "Can un-apply payments and credit notes"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(outside_entry=None)
                    & (
                        Q(payment__isnull=False, credit_note=None, adjustment=None)
                        | Q(payment=None, credit_note__isnull=False, adjustment=None)
                        | Q(payment=None, credit_note=None, adjustment__isnull=False)
                    )
                )
                | Q(
                    outside_entry__isnull=False,
                    payment=None,
                    credit_note=None,
                    adjustment=None,
                    invoice__isnull=False,
                ),
                name="allocation_has_one_source",
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, refund=None, charge=None, outside_id="")
                | Q(invoice=None, refund__isnull=False, charge=None, outside_id="")
                | Q(invoice=None, refund=None, charge__isnull=False, outside_id="")
                | (Q(invoice=None, refund=None, charge=None) & ~Q(outside_id="")),
                name="allocation_has_one_target",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_is_positive"),
        ]
        indexes = long_list("allocation", "date")

    def __str__(self) -> str:
        return f"{figure(self.amount, self.currency, grouped=True)} {self.currency} to {self.target or self.outside_label}"

    @property
    def source(self) -> "Payment | CreditNote | Adjustment | OutsideEntry":
        found = self.payment or self.credit_note or self.adjustment or self.outside_entry
        assert found is not None  # a CHECK: exactly one of them
        return found

    @property
    def target(self) -> "Invoice | Refund | Adjustment | None":
        """What of ours it is set against; None: a document of theirs."""
        return self.invoice or self.refund or self.charge

    @property
    def stands(self) -> bool:
        return self.reversed_on is None

    def _refuse_new(self) -> None:
        raise Frozen("Money is set against an invoice by “Apply”, not by saving an allocation.")

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        if changed:
            raise Frozen("An allocation does not change. Reverse it and apply again instead.")

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("An allocation is never deleted. Reverse it instead.")
