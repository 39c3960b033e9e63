"""What things are called over there: their codes, and which of them stands for what of ours."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.billing.models import (
    AccountRole,
    BankAccount,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    PaymentTerm,
    TaxRate,
)
from apps.billing.models.base import Remembered
from apps.connections.models import Connection
from apps.connectors.port import CodePart, DatedPercent
from apps.core.kept import KeptHistory


class RemoteCode(models.Model):
    """An account, tax code, term, payment method or class of theirs, as last read."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="codes")
    kind = models.CharField(max_length=20)  # CodeKind of the port
    remote_id = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    number = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    roles = models.JSONField(default=list)  # Role of the port
    # Of a tax code: its rates, each {"remote_id", "name", "percent" (a text), "agency"}.
    parts = models.JSONField(default=list)
    detail = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    # What it was called until it was renamed over there, and when that was read.
    named_before = models.CharField(max_length=250, blank=True, default="")
    renamed_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "number", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "remote_id"], name="remote_code_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()

    @property
    def code_parts(self) -> tuple[CodePart, ...]:
        """The rates that a tax code is made of."""
        return tuple(_part(each) for each in self.parts)

    def parts_on(self, day: date) -> tuple[CodePart, ...]:
        """The rates that it is made of, each with its percentage of that day."""
        return tuple(part.on(day) for part in self.code_parts)


def _part(stored: dict[str, Any]) -> CodePart:
    dated = tuple(
        DatedPercent(
            percent=Decimal(each["percent"]),
            since=date.fromisoformat(each["since"]) if each["since"] else None,
            until=date.fromisoformat(each["until"]) if each["until"] else None,
        )
        for each in stored.get("dated", ())
    )
    return CodePart(**{**stored, "percent": Decimal(stored["percent"]), "dated": dated})


# Foreign keys of a mapping to what of ours it is about, each with the subjects it belongs to.
# Every other subject is a role of the whole connection.
THINGS: dict[str, tuple[str, ...]] = {
    "item": ("item_account",),
    "payment_method": ("method", "method_account"),
    "method_place": ("place_account",),
    "payment_term": ("term",),
    "tax_rate": ("tax",),
    "bank_account": ("bank_account",),
}


def _of_one_thing() -> Q:
    """The thing of its subject is set and no other; a role has none."""
    named = [subject for subjects in THINGS.values() for subject in subjects]
    condition = ~Q(subject__in=named) & Q(**dict.fromkeys(THINGS))
    for name, subjects in THINGS.items():
        others = dict.fromkeys(other for other in THINGS if other != name)
        condition |= Q(subject__in=subjects, **{f"{name}__isnull": False}, **others)
    return condition


class Mapping(Remembered):
    """Something of ours *is called that* over there.

    Exactly one subject: an item's account, a payment method (its account over there, and their
    payment method), a term, a tax rate, a bank account, or a role of the whole connection
    (`income`: the default account of sales; `no_tax`: the code of a line that is not taxed at all;
    the account of each `AccountRole`).
    """

    class Subject(models.TextChoices):
        INCOME = "income", "Sales account by default"
        ITEM_ACCOUNT = "item_account", "Sales account of an item"
        METHOD_ACCOUNT = "method_account", "Account that a payment method posts to"
        PLACE_ACCOUNT = "place_account", "Account that a payment method posts to from a day on"
        METHOD = "method", "Payment method"
        TERM = "term", "Payment terms"
        TAX = "tax", "Tax rate"
        NO_TAX = "no_tax", "Lines without tax"
        BANK_ACCOUNT = "bank_account", "Bank account"
        BANK_CHARGE = AccountRole.BANK_CHARGE.value, AccountRole.BANK_CHARGE.label
        EARLY_DISCOUNT = AccountRole.EARLY_DISCOUNT.value, AccountRole.EARLY_DISCOUNT.label
        TAX_WITHHELD = AccountRole.TAX_WITHHELD.value, AccountRole.TAX_WITHHELD.label
        SMALL_DIFFERENCE = AccountRole.SMALL_DIFFERENCE.value, AccountRole.SMALL_DIFFERENCE.label
        BAD_DEBT = AccountRole.BAD_DEBT.value, AccountRole.BAD_DEBT.label
        INPUT_TAX = AccountRole.INPUT_TAX.value, AccountRole.INPUT_TAX.label
        RETAINER = AccountRole.RETAINER.value, AccountRole.RETAINER.label

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mappings")
    subject = models.CharField(max_length=20, choices=Subject.choices)
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="+")
    payment_method = models.ForeignKey(
        PaymentMethod, models.CASCADE, null=True, blank=True, related_name="+"
    )
    method_place = models.ForeignKey(
        PaymentMethodPlace, models.CASCADE, null=True, blank=True, related_name="+"
    )
    payment_term = models.ForeignKey(
        PaymentTerm, models.CASCADE, null=True, blank=True, related_name="+"
    )
    tax_rate = models.ForeignKey(TaxRate, models.CASCADE, null=True, blank=True, related_name="+")
    bank_account = models.ForeignKey(
        BankAccount, models.CASCADE, null=True, blank=True, related_name="+"
    )
    code = models.ForeignKey(RemoteCode, models.PROTECT, related_name="mappings")
    # What it was called before it was first changed (NULL: never changed). See `fingerprint.py`.
    first_code = models.ForeignKey(
        RemoteCode, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    history = KeptHistory()

    class Meta:
        ordering = ["connection", "subject", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "subject"],
                condition=Q(**dict.fromkeys(THINGS)),
                name="one_mapping_per_role",
            ),
            *[
                models.UniqueConstraint(
                    fields=["connection", "subject", name],
                    condition=Q(**{f"{name}__isnull": False}),
                    name=f"one_mapping_per_{name}",
                )
                for name in THINGS
            ],
            models.CheckConstraint(name="mapping_has_its_subject", condition=_of_one_thing()),
        ]

    def __str__(self) -> str:
        return f"{self.of_what()} → {self.code}"

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """A mapping is changed, never taken away: what was sent under it must stay explained."""
        raise ValidationError(f"{self} cannot be deleted. Choose another account or code for it.")

    @staticmethod
    def argument_of(subject: str) -> str:
        """The foreign key that holds the thing of a subject; "" for a role of the connection."""
        return next((name for name, subjects in THINGS.items() if subject in subjects), "")

    @property
    def thing(self) -> models.Model | None:
        """What of ours it is about; None for a role of the whole connection."""
        return next((found for name in THINGS if (found := getattr(self, name))), None)

    def of_what(self) -> str:
        """What of ours is mapped, as staff say it."""
        thing = self.thing
        return f"{self.get_subject_display()}: {thing}" if thing else self.get_subject_display()
