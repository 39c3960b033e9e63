"""Tax rates, their components and the agencies that the tax is owed to."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower

from apps.billing.models.base import Frozen, Remembered
from apps.billing.models.companies import Company, GuardedManager
from apps.core.kept import KeptHistory
from apps.core.money import is_held

PERCENT: dict[str, Any] = {"max_digits": 9, "decimal_places": 6}


class Treatment(models.TextChoices):
    """How the law treats a sale: by it a rate is called something over there."""

    STANDARD = "standard", "Standard"
    REDUCED = "reduced", "Reduced"
    ZERO = "zero", "Zero rated"
    EXEMPT = "exempt", "Exempt"
    OUTSIDE = "outside", "Outside the scope"
    EXPORT = "export", "Export"
    REVERSE_CHARGE = "reverse_charge", "Reverse charge"


# No tax is due under these, so a rate of theirs has no percentage.
UNTAXED = frozenset(
    {
        Treatment.ZERO,
        Treatment.EXEMPT,
        Treatment.OUTSIDE,
        Treatment.EXPORT,
        Treatment.REVERSE_CHARGE,
    }
)


class TaxAgency(Remembered):
    """Whom tax is owed to: HM Revenue & Customs, Revenu Québec, Arizona."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="tax_agencies")
    name = models.CharField(max_length=100)
    registration = models.CharField(
        max_length=40, blank=True, help_text="The company's number with this agency."
    )
    active = models.BooleanField(default=True)

    history = KeptHistory()

    class Meta:
        verbose_name = "tax agency"
        verbose_name_plural = "tax agencies"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("company", Lower("name"), name="tax_agency_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(Remembered):
    """A rate that lines are taxed at: its percentage is the sum of its components.

    Once an issued document bears it, only its name, its last day and whether it is offered may
    change; another percentage is another rate, which `follows` this one.
    """

    OPEN_FIELDS = frozenset({"name", "valid_to", "active"})

    company = models.ForeignKey(Company, models.PROTECT, related_name="tax_rates")
    code = models.CharField(max_length=20, help_text="Short, such as S20 or GST.")
    name = models.CharField(max_length=100)
    treatment = models.CharField(
        max_length=20, choices=Treatment.choices, default=Treatment.STANDARD
    )
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, such as GB.")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followers"
    )
    # Written when the first issued document bears it.
    used = models.BooleanField(default=False, editable=False)
    active = models.BooleanField(default=True)

    history = KeptHistory()
    objects = GuardedManager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                "company",
                Lower("code"),
                name="tax_rate_code_unique",
                violation_error_message="There is a tax rate with this code already.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="tax_rate_runs_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def percent(self) -> Decimal:
        """The sum of its components."""
        return sum((each.percent for each in self.components.all()), Decimal(0))

    def clean(self) -> None:
        super().clean()
        self.code = self.code.strip()
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValidationError({"valid_to": "Its last day lies before its first."})

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if self.pk:
                self._refuse_changes(options.get("update_fields"))
            super().save(*args, **options)

    def _refuse_changes(self, update_fields: Iterable[str] | None) -> None:
        stored = TaxRate._base_manager.select_for_update().get(pk=self.pk)
        self.used = self.used or stored.used
        if not stored.used:
            return
        changed = [
            field
            for field in self._meta.concrete_fields
            if field.name not in self.OPEN_FIELDS
            and (update_fields is None or field.name in set(update_fields))
            and getattr(self, field.attname) != getattr(stored, field.attname)
        ]
        if changed:
            raise Frozen(
                f"Documents bear {stored}, so its {changed[0].verbose_name} cannot change. "
                "Make a new rate that follows it."
            )

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        if self.used:
            raise Frozen(f"Documents bear {self}, so it is kept. Make it inactive instead.")
        return super().delete(*args, **options)


class TaxComponent(Remembered):
    """One percentage of a rate, owed to one agency."""

    rate = models.ForeignKey(TaxRate, models.CASCADE, related_name="components")
    agency = models.ForeignKey(TaxAgency, models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    percent = models.DecimalField(
        **PERCENT, validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]
    )
    position = models.PositiveSmallIntegerField(default=1)

    history = KeptHistory()
    objects = GuardedManager()

    class Meta:
        verbose_name = "component"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["rate", "position"], name="tax_component_position"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="tax_component_is_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} %"

    def clean(self) -> None:
        super().clean()
        if self.rate_id and self.percent and self.rate.treatment in UNTAXED:
            raise ValidationError(
                {"percent": f"No tax is due where a sale is {self.rate.get_treatment_display()}."}
            )

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            self._refuse_when_used()
            super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self._refuse_when_used()
            return super().delete(*args, **options)

    def _refuse_when_used(self) -> None:
        """Neither the rate that it goes to nor the one that it is of."""
        is_of = TaxComponent._base_manager.filter(pk=self.pk).values_list("rate", flat=True)
        rates = TaxRate._base_manager.select_for_update().order_by("pk")
        for rate in rates.filter(pk__in={self.rate_id, *is_of}):
            if rate.used:
                raise Frozen(
                    f"Documents bear {rate}, so it is kept. Make a new rate that follows it."
                )


class ExchangeRate(Remembered):
    """Home currency per unit of a currency, on a day, and where it came from."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="exchange_rates")
    currency = models.CharField(max_length=3)
    date = models.DateField()
    rate = models.DecimalField(
        max_digits=20,
        decimal_places=10,
        help_text="Home currency per unit of this currency.",
    )
    source = models.CharField(max_length=40, help_text="Where it came from, such as ECB.")

    history = KeptHistory()
    objects = GuardedManager()

    class Meta:
        ordering = ["currency", "-date"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "currency", "date"],
                name="one_exchange_rate_a_day",
                violation_error_message="There is a rate of this currency for this day already.",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate.normalize():f} of {self.date:%-d %b %Y}"

    def clean(self) -> None:
        super().clean()
        self.currency = self.currency.strip().upper()
        if self.company_id and self.currency == self.company.home_currency:
            raise ValidationError(
                {"currency": f"{self.currency} is the home currency: its rate is always 1."}
            )
        if self.rate is not None and not is_held(self.rate):
            raise ValidationError(
                {"rate": "A rate has at most 7 decimals: ledgers hold no more of it."}
            )

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("A rate is kept: documents may rest on it. Enter another for a later day.")
