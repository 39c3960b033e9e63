"""Entries on the receivable that no document of sale makes: adjustments and refunds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format

from apps.billing.models.base import MONEY, RATE, Frozen, Synced
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.customers import Customer
from apps.billing.models.items import PaymentMethod
from apps.core.kept import KeptHistory
from apps.core.money import figure


class AccountRole(models.TextChoices):
    """What an account is for that no item or payment method names. Mapped per ledger."""

    BANK_CHARGE = "bank_charge", "Bank charges and fees"
    EARLY_DISCOUNT = "early_discount", "Early-payment discounts"
    TAX_WITHHELD = "tax_withheld", "Tax withheld"
    SMALL_DIFFERENCE = "small_difference", "Small differences"
    BAD_DEBT = "bad_debt", "Bad debts"
    INPUT_TAX = "input_tax", "Tax on fees, to be taken back"
    RETAINER = "retainer", "Retainers and prepayments"


class Entry(Synced):
    """What an adjustment and a refund have in common: made by an act, cancelled by an act."""

    class Status(models.TextChoices):
        MADE = "made", "In the books"
        CANCELLED = "cancelled", "Cancelled"

    # May change once made.
    OPEN_FIELDS: ClassVar[frozenset[str]] = frozenset({"memo"})

    company = models.ForeignKey(Company, models.PROTECT, related_name="%(class)ss")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="%(class)ss")
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.MADE, editable=False
    )
    date = models.DateField()
    currency = models.CharField(**CURRENCY)
    exchange_rate = models.DecimalField(**RATE, default=Decimal(1))
    exchange_rate_date = models.DateField(null=True, blank=True)
    exchange_rate_source = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(**MONEY)
    reason = models.CharField(max_length=200, blank=True)
    memo = models.CharField(max_length=400, blank=True)
    made_in = models.CharField(
        max_length=40, blank=True, editable=False, help_text="The side that made it; empty: Tieout."
    )
    cancelled_on = models.DateField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(max_length=200, blank=True, editable=False)

    _books: Company  # as locked by the save under way

    class Meta:
        abstract = True

    @property
    def is_made(self) -> bool:
        return self.status == self.Status.MADE

    def clean(self) -> None:
        super().clean()
        if self.customer_id and self.company_id and self.customer.company_id != self.company_id:
            raise ValidationError({"customer": "This customer belongs to another company."})

    def _lock_books(self) -> None:
        self._books = Company.locked(self.company_id)

    def _refuse_new(self) -> None:
        raise Frozen(f"A {self._meta.verbose_name} is made by an act of its own, not by saving it.")

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        if frozen := [field for field in changed if field.name not in self.OPEN_FIELDS]:
            raise Frozen(
                f"This {self._meta.verbose_name} is in the books, so its "
                f"{frozen[0].verbose_name} cannot change. Cancel it and make another."
            )
        if changed:
            self._books.refuse_change(f"This {self._meta.verbose_name}", stored["date"])

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen(f"A {self._meta.verbose_name} is never deleted. Cancel it instead.")


class Adjustment(Entry):
    """An amount between the receivable and the account of a role, without money.

    A *credit* lowers what the customer owes (a deduction: bank charge, early-payment discount, tax
    withheld, small difference, bad debt; a retainer that is used) and is set against one invoice.
    A *debit* takes up money on account (a retainer received, a surplus of pennies) and a payment
    is set against it.
    """

    kind = "adjustment"

    class Side(models.TextChoices):
        CREDIT = "credit", "Lowers what is owed"
        DEBIT = "debit", "Takes up money on account"

    role = models.CharField("account", max_length=20, choices=AccountRole.choices)
    side = models.CharField(max_length=6, choices=Side.choices, default=Side.CREDIT)
    # A debit that takes a deduction back, whole or in part: a credit note that took back more of
    # the sale than was left beside it, or the payment that it came with went back.
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="reversals"
    )
    # The tax within a bank's charge, beside the charge: what becomes of that becomes of it.
    tax_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="taxes"
    )
    # The payment that a deduction was made with: it goes back with it.
    payment = models.ForeignKey(
        "billing.Payment",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="deductions",
    )

    history = KeptHistory()

    class Meta:
        ordering = ["-date", "-id"]
        permissions = [
            ("deduct", "Can make deductions"),
            ("write_off", "Can write off bad debts"),
            ("cancel_adjustment", "Can cancel adjustments"),
            ("hold_retainer", "Can hold and use retainers"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="adjustment_is_positive"),
        ]
        indexes = [
            models.Index(fields=["company", "-date", "-id"], name="adjustment_listed"),
            models.Index(fields=["company", "status", "role"], name="adjustment_by_role"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {figure(self.amount, self.currency, grouped=True)} {self.currency}"


class Refund(Entry):
    """Money that went out to a customer: of a credit note, of money on account, or a payment that
    came back. Its allocations say what it paid out; together they are its amount.

    `fee` is what the bank took on the same line of the statement: the line is amount + fee.
    `fee_tax` is the tax within it, which the company takes back, at `fee_tax_rate`.
    """

    kind = "refund"

    class Why(models.TextChoices):
        REFUND = "refund", "Refund"
        RETURNED = "returned", "Returned payment"
        CHARGEBACK = "chargeback", "Chargeback"

    why = models.CharField("kind", max_length=10, choices=Why.choices, default=Why.REFUND)
    method = models.ForeignKey(PaymentMethod, models.PROTECT, related_name="+")
    fee = models.DecimalField(**MONEY, default=Decimal(0))
    fee_tax = models.DecimalField("tax in the fee", **MONEY, default=Decimal(0))
    fee_tax_rate = models.ForeignKey(
        "billing.TaxRate",
        models.PROTECT,
        verbose_name="tax rate of the fee",
        null=True,
        blank=True,
        related_name="+",
    )
    reference = models.CharField(max_length=21, blank=True)

    history = KeptHistory()

    class Meta:
        ordering = ["-date", "-id"]
        permissions = [
            ("pay_refund", "Can refund"),
            ("return_payment", "Can record returned payments and chargebacks"),
            ("cancel_refund", "Can cancel refunds"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.CheckConstraint(condition=Q(fee__gte=0), name="refund_fee_is_not_negative"),
            models.CheckConstraint(
                condition=Q(fee_tax__gte=0, fee_tax__lte=F("fee"))
                & (Q(fee_tax=0) | Q(fee_tax_rate__isnull=False)),
                name="refund_fee_holds_its_tax",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-date", "-id"], name="refund_listed"),
        ]

    def __str__(self) -> str:
        day = date_format(self.date, "j M Y")
        return f"{self.get_why_display()} {figure(self.amount, self.currency, grouped=True)} {self.currency} of {day}"

    @property
    def bank_amount(self) -> Decimal:
        """What the line of the bank statement says, in the refund's currency."""
        return self.amount + self.fee

    @property
    def fee_net(self) -> Decimal:
        """The fee without its tax, in the refund's currency."""
        return self.fee - self.fee_tax
