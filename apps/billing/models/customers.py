"""Customers."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from apps.billing.models.base import Frozen, Synced, long_list
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.normal import NormalForms
from apps.core.kept import KeptHistory
from apps.core.likeness import normal_name, normal_tax_number, says_something, tidy

UNSEEN = "Type a name that can be read: of this one nothing is seen."
LEVELS = 5  # customers under one another, the one at the top included, as ledgers hold them


class Customer(NormalForms, Synced):
    """Who is invoiced. One currency each, as in the ledgers."""

    kind = "customer"
    NORMAL_FORMS = {
        "normal_name": ("name", normal_name),
        "normal_tax_number": ("tax_number", normal_tax_number),
    }

    company = models.ForeignKey(Company, models.PROTECT, related_name="customers")
    code = models.CharField(
        max_length=40, blank=True, help_text="Your own code for it, if you use one."
    )
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    tax_number = models.CharField(max_length=40, blank=True)
    currency = models.CharField(**CURRENCY)
    address_lines = models.TextField("address", blank=True, help_text="One line each.")
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=30, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, such as GB.")
    terms = models.ForeignKey(
        "billing.PaymentTerm", models.PROTECT, null=True, blank=True, related_name="+"
    )
    tax_rate = models.ForeignKey(
        "billing.TaxRate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Takes the place of the items' own on new lines: export, reverse charge.",
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="A group or head office, whose payments may settle this customer's invoices.",
    )
    active = models.BooleanField(default=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="aliases", editable=False
    )
    notes = models.TextField(blank=True, help_text="Only here: never sent.")
    normal_name = models.CharField(max_length=400, blank=True, editable=False)
    normal_tax_number = models.CharField(max_length=80, blank=True, editable=False)

    # Since a second person agreed to its erasure: it is neither changed, nor sent, nor read back.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = KeptHistory(excluded_fields=[*NORMAL_FORMS, "erased_at"])

    class Meta:
        ordering = ["name"]
        permissions = [
            ("merge", "Can merge customers and items"),
            ("take_held", "Can take out what is held of a customer"),
        ]
        constraints = [
            models.UniqueConstraint(
                "company",
                Lower("name"),
                name="customer_name_unique",
                violation_error_message="There is a customer of this name already.",
            ),
            models.UniqueConstraint(
                fields=["company", "code"],
                condition=~models.Q(code=""),
                name="customer_code_unique",
                violation_error_message="There is a customer with this code already.",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "normal_name"], name="customer_normal_name"),
            models.Index(
                fields=["company", "normal_tax_number"], name="customer_normal_tax_number"
            ),
            *long_list("customer", "name"),
            # Few are; of what is read over there each customer is asked for.
            models.Index(
                fields=["erased_at"],
                name="customer_erased",
                condition=models.Q(erased_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.clean_alone()
        if not self.currency and self.company_id:
            self.currency = self.company.home_currency
        if self.terms_id and self.terms and self.terms.company_id != self.company_id:
            raise ValidationError({"terms": "These payment terms belong to another company."})
        if self.parent is not None:
            self._refuse_parent(self.parent)
        if self.pk and self.children.exclude(currency=self.currency).exists():
            raise ValidationError(
                {"currency": f"{self} has sub-customers, and they are invoiced in its currency."}
            )

    def clean_alone(self) -> None:
        """The part of `clean` that asks no other record."""
        if self.name and not says_something(tidy(self.name)):
            raise ValidationError({"name": UNSEEN})
        self.name, self.code = tidy(self.name), tidy(self.code)
        self.tax_number, self.email = tidy(self.tax_number), self.email.strip()

    def ancestors(self) -> "list[Customer]":
        """Its parent, the parent of that, and so on to the top."""
        found: list[Customer] = []
        seen, above = {self.pk}, self.parent
        while above is not None and above.pk not in seen:
            found.append(above)
            seen.add(above.pk)
            above = above.parent
        return found

    def _refuse_parent(self, parent: "Customer") -> None:
        above = [parent, *parent.ancestors()]
        if parent.company_id != self.company_id:
            raise ValidationError({"parent": "This customer belongs to another company."})
        if self.pk and self.pk in (each.pk for each in above):
            raise ValidationError(
                {"parent": f"{parent} is {self} or one of its own sub-customers."}
            )
        if parent.currency != self.currency:
            raise ValidationError(
                {
                    "parent": f"{parent} is invoiced in {parent.currency}, {self} in "
                    f"{self.currency}: one payment cannot settle both."
                }
            )
        if len(above) + self._levels() > LEVELS:
            raise ValidationError(
                {"parent": f"At most {LEVELS} customers may stand under one another."}
            )

    def _levels(self) -> int:
        """How many levels it and those under it take."""
        levels, level = 1, [self.pk] if self.pk else []
        while level and levels <= LEVELS:
            rows = Customer.objects.filter(parent__in=level)
            level = list(rows.values_list("pk", flat=True))
            levels += bool(level)
        return levels

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        if changed and stored["erased_at"] is not None:
            raise Frozen("What was held of this customer is erased, so it cannot be changed.")
        if "currency" in {field.name for field in changed}:
            self.refuse_another_currency(stored["currency"])

    def refuse_another_currency(self, kept: str) -> None:
        """Raise `Frozen` once something in the books is in the currency it has had."""
        documents = self.invoices, self.creditnotes
        issued = any(each.exclude(status="draft").exists() for each in documents)
        if issued or self.payments.exists():
            raise Frozen(
                f"What {self} has in the books is in {kept}, so its currency cannot change. "
                "Add another customer for the other currency."
            )

    def billing_address(self) -> str:
        """As printed on a document, one line each."""
        town = " ".join(part for part in (self.city, self.region, self.postal_code) if part)
        parts = [*self.address_lines.splitlines(), town, self.country]
        return "\n".join(part.strip() for part in parts if part.strip())
