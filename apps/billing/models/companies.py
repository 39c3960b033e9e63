"""A company: a legal entity with its home currency, number series and closing date."""

from datetime import date
from typing import Any, NoReturn, Self
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format

from apps.billing.changes import maker
from apps.billing.models.base import Frozen, Remembered
from apps.core.dates import usual_date_order
from apps.core.kept import Kept, KeptHistory
from apps.core.money import is_currency

CURRENCY: dict[str, Any] = {
    "max_length": 3,
    "validators": [RegexValidator(r"^[A-Z]{3}\Z", "Use an ISO 4217 code, such as GBP.")],
}


# Country → months after which tax on a bad debt may be taken back. VAT Notice 700/18, 2.2: six
# months after the payment was due and the supply was made, whichever is later.
RELIEF_MONTHS = {"GB": 6}


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not a time zone; use a name such as Europe/London.")


def validate_currency(code: str) -> None:
    if not is_currency(code):
        raise ValidationError(f"“{code}” is not a currency; use an ISO 4217 code, such as GBP.")


class GuardedQuerySet(models.QuerySet[Any]):
    """Set-based writes would move a closing date, a counter, a rate or a limit without a history."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError("Use save() or an act of billing: update() leaves no history.")

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise TypeError("Use save() or an act of billing: bulk_update() leaves no history.")


GuardedManager = models.Manager.from_queryset(GuardedQuerySet)


class Company(Remembered):
    """A legal entity. Everything posted belongs to one; a connection serves one."""

    class TaxRounding(models.TextChoices):
        LINE = "line", "Per line"
        RATE = "rate", "Per tax rate"

    class DateOrder(models.TextChoices):
        DAY_FIRST = "dmy", "Day, month, year: 31/12/2026"
        MONTH_FIRST = "mdy", "Month, day, year: 12/31/2026"
        YEAR_FIRST = "ymd", "Year, month, day: 2026-12-31"

    legal_name = models.CharField(max_length=200, unique=True)
    tax_number = models.CharField("tax number", max_length=40, blank=True)
    home_currency = models.CharField(**CURRENCY)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, such as GB.")
    time_zone = models.CharField(
        max_length=60,
        default="Europe/London",
        validators=[validate_time_zone],
        help_text="Accounting dates are days in this time zone.",
    )
    date_order = models.CharField(
        "order in which dates are typed",
        max_length=3,
        choices=DateOrder.choices,
        blank=True,
        help_text="Empty: as is usual in its country.",
    )
    address = models.TextField(blank=True, help_text="As on the letterhead, one line each.")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    closing_date = models.DateField(
        null=True,
        blank=True,
        help_text="Nothing dated on or before it can be issued, voided, received or applied.",
    )
    tax_rounding = models.CharField(
        max_length=4, choices=TaxRounding.choices, default=TaxRounding.LINE
    )
    prices_include_tax = models.BooleanField(
        default=False, help_text="On new documents: unit prices already contain the tax."
    )
    discount_item = models.ForeignKey(
        "billing.Item",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=(
            "Discounts are booked on this item's account, as lines of their own. "
            "Empty: they lower the income of the line."
        ),
    )
    plain_item = models.ForeignKey(
        "billing.Item",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="item for lines without one",
        help_text=(
            "Where a ledger sells every amount through an item, lines without an item go over as "
            "this one. Empty: such a document is refused when it is issued."
        ),
    )
    bad_debt_item = models.ForeignKey(
        "billing.Item",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="item of bad debts",
        help_text=(
            "Bad debts whose tax is taken back go over as this item, on the account that is "
            "mapped for bad debts. It is sold to nobody."
        ),
    )
    relief_months = models.PositiveSmallIntegerField(
        "months until a bad debt's tax is relieved",
        null=True,
        blank=True,
        validators=[MaxValueValidator(120)],
        help_text=(
            "Counted from the due date or the date of the invoice, whichever is later. Empty: "
            "as the law of its country says, where Tieout knows it (GB: 6)."
        ),
    )
    books_kept_years = models.PositiveSmallIntegerField(
        "years that books are kept",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=(
            "Whole years after the end of the fiscal year. As long as the law of its country asks: "
            "Tieout does not know it. Erasing a customer leaves its issued documents for so long."
        ),
    )
    year_ends_in = models.PositiveSmallIntegerField(
        "month in which its fiscal year ends",
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="1 to 12.",
    )
    amend_allowed = models.BooleanField(
        "amending allowed",
        default=False,
        help_text="Accountants may amend an unpaid invoice in an open month, with a reason.",
    )
    # The smallest number length of its ledgers, written by `connections` at connect.
    number_length = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = KeptHistory()
    objects = GuardedManager()

    class Meta:
        verbose_name_plural = "companies"
        ordering = ["legal_name"]
        permissions = [
            ("set_closing_date", "Can move the closing date"),
        ]

    def __str__(self) -> str:
        return self.legal_name

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if self.pk:
                self._refuse_another_currency(options.get("update_fields"))
                self._refuse_reopening(options.get("update_fields"))
            super().save(*args, **options)

    def _refuse_another_currency(self, update_fields: Any) -> None:
        stored = Company.locked(self.pk).home_currency
        written = update_fields is None or "home_currency" in update_fields
        if not written or self.home_currency == stored:
            return
        documents = self.invoices, self.creditnotes
        issued = any(each.exclude(status="draft").exists() for each in documents)
        if issued or self.payments.exists():
            raise Frozen(
                f"The books of {self} are kept in {stored}, so its currency cannot change."
            )

    def _refuse_reopening(self, update_fields: Any) -> None:
        stored = Company.locked(self.pk).closing_date
        written = update_fields is None or "closing_date" in update_fields
        if not written or stored is None or maker().reason:
            return
        if self.closing_date is None or self.closing_date < stored:
            raise ValidationError("Give a reason to move the closing date back.")

    @classmethod
    def locked(cls, pk: int) -> Self:
        """The company, its row locked until the transaction ends.

        Every act that posts takes this lock first: no entry slips under a closing date that is
        being moved, and acts of one company never wait for each other in a circle. Rows that
        merely point to the company are not held up by it.
        """
        company: Self = cls._base_manager.select_for_update(no_key=True).get(pk=pk)
        return company

    def today(self) -> date:
        """The accounting date of this moment, in the company's time zone."""
        return timezone.localdate(timezone=ZoneInfo(self.time_zone))

    @property
    def months_to_relief(self) -> int | None:
        """Months after which the tax of a bad debt is relieved; None where nobody said so."""
        if self.relief_months is not None:
            return self.relief_months
        return RELIEF_MONTHS.get(self.country)

    @property
    def types_dates(self) -> DateOrder:
        """In which order a day is typed and shown in fields: as chosen, else as in its country."""
        return self.DateOrder(self.date_order or usual_date_order(self.country))

    def is_closed_on(self, day: date) -> bool:
        return self.closing_date is not None and day <= self.closing_date

    def refuse_closed(self, day: date) -> None:
        """Raise when nothing may be posted on this day any more."""
        if self.closing_date is not None and day <= self.closing_date:
            raise ValidationError(
                f"The books of {self} are closed up to {date_format(self.closing_date, 'j F Y')}, "
                f"so nothing can be dated {date_format(day, 'j F Y')}."
            )

    def refuse_change(self, what: str, dated: date) -> None:
        """Raise when something posted on this day may not be changed any more."""
        if self.is_closed_on(dated):
            raise Frozen(
                f"{what} is dated {date_format(dated, 'j F Y')}, in a closed month, so it cannot "
                "change. Move the closing date back first, with a reason."
            )

    def clean(self) -> None:
        super().clean()
        if self.home_currency and not is_currency(self.home_currency):
            raise ValidationError(
                {"home_currency": f"“{self.home_currency}” is not a currency; use one such as GBP."}
            )
        self._check_bad_debt_item()

    def _check_bad_debt_item(self) -> None:
        """What was written off by an item stays on its account, and no sale is booked to it."""
        stored = type(self)._base_manager.filter(pk=self.pk).first()
        before = None if stored is None else stored.bad_debt_item_id
        if self.bad_debt_item_id == before:
            return
        if before is not None and self.creditnotes.filter(relieves__isnull=False).exists():
            raise ValidationError(
                {"bad_debt_item": "Bad debts were written off by this item, so it stays."}
            )
        item = self.bad_debt_item
        if item is None:
            return
        if item.company_id != self.pk:
            raise ValidationError({"bad_debt_item": "This item is of another company."})
        if self.invoices.filter(lines__item=item).exists():
            raise ValidationError(
                {"bad_debt_item": "This item is sold already. Make one for bad debts alone."}
            )


class NumberSeries(Remembered):
    """Document numbers of one company, kind and year; given at issue, under this row's lock."""

    class Documents(models.TextChoices):
        INVOICE = "invoice", "Invoices"
        CREDIT_NOTE = "credit_note", "Credit notes"

    company = models.ForeignKey(Company, models.PROTECT, related_name="series")
    kind = models.CharField(max_length=20, choices=Documents.choices)
    year = models.PositiveSmallIntegerField()
    prefix = models.CharField(
        max_length=16, help_text="Stands before the number, such as INV-2026-."
    )
    width = models.PositiveSmallIntegerField(default=5, help_text="Digits, filled up with zeros.")
    last_number = models.PositiveIntegerField(default=0, editable=False)

    history = KeptHistory()
    objects = GuardedManager()

    class Meta:
        verbose_name_plural = "number series"
        permissions = [("skip_numbers", "Can skip document numbers, with a reason")]
        ordering = ["company", "kind", "-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "year"], name="one_series_per_company_kind_year"
            ),
            models.UniqueConstraint(
                fields=["company", "kind", "prefix"], name="series_prefix_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.year}"

    def save(self, *args: Any, **options: Any) -> None:
        """Raises `Frozen` when the pattern of numbers that were given would change."""
        self.clean()
        with transaction.atomic():
            if self.pk:
                rows = type(self)._base_manager.select_for_update()
                stored = rows.get(pk=self.pk)
                # A copy in memory may be older than the counter; only issuing and skipping move it.
                self.last_number = stored.last_number
                self._refuse_another_pattern(stored)
            super().save(*args, **options)

    def _refuse_another_pattern(self, stored: "NumberSeries") -> None:
        fixed = ("company_id", "kind", "year", "prefix")
        if stored.last_number and any(
            getattr(self, name) != getattr(stored, name) for name in fixed
        ):
            raise Frozen(f"Numbers of {stored} were given, so its pattern cannot change.")

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("A number series is never deleted: it proves that no number is missing.")

    def number(self, counter: int) -> str:
        return f"{self.prefix}{counter:0{self.width}d}"

    def clean(self) -> None:
        super().clean()
        if self.company_id and self.company.number_length:
            longest = len(self.number(10**self.width - 1))
            if longest > self.company.number_length:
                raise ValidationError(
                    f"Numbers like {self.number(1)} would have {longest} characters; the connected "
                    f"ledger holds {self.company.number_length}. Shorten the prefix or the width."
                )


class NumberGap(Kept):
    """Numbers of a series that no document will ever have, and why. Written once."""

    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="gaps")
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    made_by_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["first"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="gap_runs_on"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"
