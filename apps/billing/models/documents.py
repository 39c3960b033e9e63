"""What an invoice and a credit note have in common: a draft that freezes when it is issued."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.changes import maker
from apps.billing.models.base import FINE, MONEY, RATE, Frozen, Synced, SyncedQuerySet
from apps.billing.models.batches import Batch
from apps.billing.models.companies import CURRENCY, Company
from apps.billing.models.customers import Customer
from apps.billing.models.items import Item
from apps.billing.models.taxes import PERCENT, TaxRate, Treatment


class TaxMode(models.TextChoices):
    """What quantity × unit price comes to."""

    EXCLUSIVE = "exclusive", "Without tax"
    INCLUSIVE = "inclusive", "With tax"
    NONE = "none", "Not taxed at all"


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxShare:
    """Tax of one component of one rate on a document: what it is due on, and what it comes to."""

    rate_id: int
    code: str
    component_id: int
    name: str
    agency: str
    percent: Decimal
    base: Decimal
    tax: Decimal

    def to_json(self) -> dict[str, Any]:
        """Amounts as texts."""
        return {
            name: format(value.normalize(), "f") if isinstance(value, Decimal) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        decimals = {name: Decimal(stored[name]) for name in ("percent", "base", "tax")}
        return cls(**{**stored, **decimals})


class Document(Synced):
    """An invoice or a credit note. Amounts are positive, in document currency.

    `paid`, `credited`, `written_off` and `applied` are sums over allocations, rewritten with each
    of them in the same transaction by `billing/acts/allocations.py` and never edited.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"
        VOID = "void", "Void"

    # May still change once issued (the due date with a reason); everything else is frozen.
    OPEN_FIELDS: ClassVar[frozenset[str]] = frozenset(
        {"message", "purchase_order_number", "due_date"}
    )
    # Written by the acts of billing alone, on drafts too.
    ACT_FIELDS: ClassVar[frozenset[str]] = frozenset(
        {"status", "number", "number_given", "batch", "issued_at", "issued_by_id"}
        | {"customer_name", "customer_address", "customer_tax_number", "terms_text"}
        | {"void_date", "voided_on", "void_reason", "discount_item"}
    )

    company = models.ForeignKey(Company, models.PROTECT, related_name="%(class)ss")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="%(class)ss")
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    number = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001 - NULL: many drafts, one unique index
    number_given = models.BooleanField(
        default=False,
        editable=False,
        help_text="Came with its number (an import): not of our series. It bears it as a draft.",
    )
    batch = models.ForeignKey(
        Batch,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="%(class)ss",
        help_text="The import that brought it.",
    )
    issue_date = models.DateField("date")
    supply_date = models.DateField(
        "date of supply",
        null=True,
        blank=True,
        help_text="When it was delivered or done. Empty: on the date of the document.",
    )
    currency = models.CharField(**CURRENCY)
    exchange_rate = models.DecimalField(
        **RATE, default=Decimal(1), help_text="Home currency per unit of document currency."
    )
    exchange_rate_date = models.DateField(null=True, blank=True)
    exchange_rate_source = models.CharField(max_length=40, blank=True)
    message = models.TextField("message to the customer", blank=True, max_length=1000)
    purchase_order_number = models.CharField(max_length=40, blank=True)
    tax_rounding = models.CharField(max_length=4, default=Company.TaxRounding.LINE, editable=False)
    tax_mode = models.CharField(
        "amounts are",
        max_length=9,
        choices=TaxMode.choices,
        default=TaxMode.EXCLUSIVE,
    )
    discount_percent = models.DecimalField(**PERCENT, null=True, blank=True)
    discount_amount = models.DecimalField(
        **MONEY, null=True, blank=True, help_text="Of the whole document, as its prices are."
    )
    # The company's choice when it was issued; a credit note has its invoice's.
    discount_item = models.ForeignKey(
        Item, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    # What the document discount comes to, as the prices are: within the tax or without.
    discount = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    net = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    tax = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    total = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    home_total = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    home_tax = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    # Tax per component, as `TaxShare.to_json` writes it: see `shares`.
    taxes = models.JSONField(default=list, editable=False)

    # Copied at issue: editing a master record never alters a document.
    customer_name = models.CharField(max_length=200, blank=True, editable=False)
    customer_address = models.TextField(blank=True, editable=False)
    customer_tax_number = models.CharField(max_length=40, blank=True, editable=False)
    terms_text = models.CharField(max_length=60, blank=True, editable=False)

    issued_at = models.DateTimeField(null=True, editable=False)
    issued_by_id = models.BigIntegerField(null=True, editable=False)
    # The day from which it is nil: its own, on which ledgers empty it. And when that was done.
    void_date = models.DateField(null=True, blank=True, editable=False)
    voided_on = models.DateField(null=True, blank=True, editable=False)
    void_reason = models.CharField(max_length=200, blank=True, editable=False)

    _books: Company  # as locked by the save under way
    lines: Any  # the concrete class's, from its lines' foreign key

    class Meta:
        abstract = True

    def __str__(self) -> str:
        if self.is_draft and self.number:
            return f"Draft {self.number}"
        return self.number or f"Draft {self.pk or ''}".strip()

    @property
    def origin(self) -> "Document | None":
        """The document that it takes back, whose rates and whose day count; None: it stands alone."""
        return None

    @property
    def shares(self) -> tuple[TaxShare, ...]:
        """Tax per component, in the order in which the lines first bear them."""
        return tuple(TaxShare.from_json(each) for each in self.taxes)

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_issued(self) -> bool:
        return self.status == self.Status.ISSUED

    def clean(self) -> None:
        super().clean()
        if self.customer_id and self.company_id and self.customer.company_id != self.company_id:
            raise ValidationError({"customer": "This customer belongs to another company."})
        if self.customer_id and not self.currency:
            self.currency = self.customer.currency

    def _lock_books(self) -> None:
        self._books = Company.locked(self.company_id)

    def _refuse_new(self) -> None:
        if self.status != self.Status.DRAFT or self.number:
            raise Frozen("A document begins as a draft without a number. Issue it to number it.")

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        if stored["status"] == self.Status.DRAFT:
            if acted := [field for field in changed if field.name in self.ACT_FIELDS]:
                raise Frozen(f"The {_names(acted)} of a draft is given when it is issued.")
            return
        if frozen := [field for field in changed if field.name not in self.OPEN_FIELDS]:
            raise Frozen(
                f"{stored['number']} is issued, so its {_names(frozen)} cannot change. "
                "Credit it and issue a new one instead."
            )
        if changed:
            # Ledgers refuse every edit in a closed month, so here too: both sides stay equal.
            self._books.refuse_change(str(stored["number"]), stored["issue_date"])
        if "due_date" in {field.name for field in changed} and not maker().reason:
            raise Frozen(f"Give a reason to change the due date of {stored['number']}.")

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        if not self.is_draft:
            raise Frozen(f"{self} is issued, so it cannot be deleted. Void or credit it instead.")
        return super().delete(*args, **options)


class LinesQuerySet(SyncedQuerySet):
    """Lines freeze with their document, so they too are written one by one or by billing itself."""


LinesManager = models.Manager.from_queryset(LinesQuerySet)


class DocumentLine(models.Model):
    """One line. Its amounts are worked out by `billing/sums/totals.py` and frozen with the document."""

    document: Any  # the foreign key of the concrete class
    document_id: int

    position = models.PositiveSmallIntegerField(default=1)
    item = models.ForeignKey(Item, models.PROTECT, null=True, blank=True, related_name="+")
    item_code = models.CharField(max_length=40, blank=True, editable=False)
    description = models.TextField(blank=True, max_length=4000)
    quantity = models.DecimalField(**FINE, default=Decimal(1))
    unit_price = models.DecimalField(**FINE, default=Decimal(0))
    tax_rate = models.ForeignKey(TaxRate, models.PROTECT, null=True, blank=True, related_name="+")
    discount_percent = models.DecimalField(**PERCENT, null=True, blank=True)
    discount_amount = models.DecimalField(**MONEY, null=True, blank=True)
    # Copied at issue: a document says for ever what it was taxed at.
    tax_code = models.CharField(max_length=20, blank=True, editable=False)
    tax_percent = models.DecimalField(**PERCENT, null=True, editable=False)
    tax_treatment = models.CharField(
        max_length=20, choices=Treatment.choices, blank=True, editable=False
    )
    # Quantity × unit price less the line's discount and its share of the document's, without tax.
    net = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    tax = models.DecimalField(**MONEY, default=Decimal(0), editable=False)
    # What both discounts took off `net`: net + discount_net is the line before them.
    discount_net = models.DecimalField(**MONEY, default=Decimal(0), editable=False)

    # Lines of drafts raise no revision: drafts never leave, and issuing writes the document.
    objects = LinesManager()

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"Line {self.position}"

    def save(self, **options: Any) -> None:
        with transaction.atomic():
            self._refuse_when_issued()
            super().save(**options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self._refuse_when_issued()
            return super().delete(*args, **options)

    def _refuse_when_issued(self) -> None:
        """Neither the document that it goes to nor the one that it lies in."""
        lies_in = type(self)._base_manager.filter(pk=self.pk).values_list("document", flat=True)  # type: ignore[misc] # of the concrete class
        # The documents are locked, so that none is issued between this look and the write.
        documents = type(self.document)._base_manager.select_for_update().order_by("pk")
        for each in documents.filter(pk__in={self.document_id, *lies_in}):
            if not each.is_draft:
                raise Frozen(f"{each} is issued, so its lines cannot change.")


def _names(fields: "list[models.Field[Any, Any]]") -> str:
    return ", ".join(str(field.verbose_name) for field in fields)
