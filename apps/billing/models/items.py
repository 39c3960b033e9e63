"""What is sold, on which terms it is paid, and by which methods."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.apps import apps as registry
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models.functions import Lower

from apps.billing.models.base import FINE, Frozen, Remembered, Synced
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.normal import NormalForms
from apps.core.kept import KeptHistory
from apps.core.likeness import normal_code, normal_name, says_something, tidy


class Item(NormalForms, Synced):
    """A product or service. Where its sales are booked is a mapping per ledger, not a field."""

    kind = "item"
    NORMAL_FORMS = {"normal_name": ("name", normal_name), "normal_code": ("code", normal_code)}

    company = models.ForeignKey(Company, models.PROTECT, related_name="items")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, max_length=4000)
    unit_price = models.DecimalField(**FINE, null=True, blank=True)
    tax_rate = models.ForeignKey(
        "billing.TaxRate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Given to new lines with this item.",
    )
    active = models.BooleanField(default=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="aliases", editable=False
    )
    normal_name = models.CharField(max_length=200, blank=True, editable=False)
    normal_code = models.CharField(max_length=80, blank=True, editable=False)

    history = KeptHistory(excluded_fields=[*NORMAL_FORMS])

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                "company",
                Lower("code"),
                name="item_code_unique",
                violation_error_message="There is an item with this code already.",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "normal_name"], name="item_normal_name"),
            models.Index(fields=["company", "normal_code"], name="item_normal_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}" if self.code != self.name else self.name

    def clean(self) -> None:
        super().clean()
        self.clean_alone()

    def clean_alone(self) -> None:
        """The part of `clean` that asks no other record."""
        for field in ("code", "name"):
            typed = getattr(self, field)
            if typed and not says_something(tidy(typed)):
                raise ValidationError(
                    {field: f"Type a {field} that can be read: of this one nothing is seen."}
                )
            setattr(self, field, tidy(typed))


class PaymentTerm(Remembered):
    """When an invoice is due: a number of days after its date."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="payment_terms")
    name = models.CharField(max_length=31)
    due_days = models.PositiveSmallIntegerField(validators=[MaxValueValidator(999)])
    active = models.BooleanField(default=True)

    history = KeptHistory()

    class Meta:
        ordering = ["due_days"]
        constraints = [
            models.UniqueConstraint("company", Lower("name"), name="payment_term_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


ELSEWHERE = ", or let it post elsewhere from a day on"


class PaymentMethod(Remembered):
    """How money arrives. Where it lies over there is a mapping per ledger.

    Once money moved by it, it posts where it posted: what came by it would else count as banked
    while it lies in clearing, or the reverse. A new place is a new method, or one with a date
    (`PaymentMethodPlace`); `posts_to` is where money lies from the beginning.
    """

    FIXED_ONCE_USED = ("posts_to", "currency")

    class PostsTo(models.TextChoices):
        BANK = "bank", "A bank account"
        CLEARING = "clearing", "A clearing account, until it is banked"

    class RecordedBy(models.TextChoices):
        TIEOUT = "tieout", "Tieout"
        LEDGER = "ledger", "The ledger"

    company = models.ForeignKey(Company, models.PROTECT, related_name="payment_methods")
    name = models.CharField(max_length=31)
    posts_to = models.CharField(max_length=10, choices=PostsTo.choices, default=PostsTo.CLEARING)
    currency = models.CharField(**CURRENCY)
    recorded_by = models.CharField(
        "which side records it",
        max_length=10,
        choices=RecordedBy.choices,
        default=RecordedBy.TIEOUT,
        help_text="By default the side with the bank feed.",
    )
    bank_account = models.ForeignKey(
        "billing.BankAccount",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Where its payouts arrive, for bank deposits.",
    )
    deposits_itself = models.BooleanField(
        "bank deposits are made by themselves",
        default=False,
        help_text="Payments of one day and payout become a bank deposit without anybody's help.",
    )
    active = models.BooleanField(default=True)

    history = KeptHistory()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "company", Lower("name"), "currency", name="payment_method_name_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.company_id and not self.currency:
            self.currency = self.company.home_currency
        if self.currency and len(self.currency) != 3:
            raise ValidationError({"currency": "Use an ISO 4217 code, such as GBP."})
        self._refuse_move()

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if self.pk:
                # Money that is about to move by it takes the same lock.
                PaymentMethod._base_manager.select_for_update().get(pk=self.pk)
                self._refuse_move(options.get("update_fields"))
            super().save(*args, **options)

    def is_used(self, since: date | None = None) -> bool:
        """Whether money of this day or later moved by it, in or out, cancelled or not."""
        rows = ("billing.Payment", "billing.Refund")
        return any(
            registry.get_model(name)
            ._base_manager.filter(method=self.pk, date__gte=since or date.min)
            .exists()
            for name in rows
        )

    def _refuse_move(self, written: Iterable[str] | None = None) -> None:
        stored = PaymentMethod._base_manager.filter(pk=self.pk).first() if self.pk else None
        if stored is None:
            return
        moved = [
            name
            for name in self.FIXED_ONCE_USED
            if (written is None or name in set(written))
            and getattr(self, name) != getattr(stored, name)
        ]
        if moved and self.is_used():
            words = "where it posts" if moved[0] == "posts_to" else "its currency"
            raise Frozen(
                {
                    moved[0]: (
                        f"Money moved by “{stored}” already, so {words} cannot change: what came by "
                        "it lies where it was put. Make a new payment method, and make this one "
                        f"inactive{ELSEWHERE if moved[0] == 'posts_to' else ''}."
                    )
                }
            )
