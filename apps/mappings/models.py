"""What things are called over there: their codes, and which of them stands for what of ours."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.billing.models import Item, PaymentMethod, PaymentTerm
from apps.billing.models.history import KeptHistory
from apps.connections.models import Connection


class RemoteCode(models.Model):
    """An account, tax code, term, payment method or class of theirs, as last read."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="codes")
    kind = models.CharField(max_length=20)  # CodeKind of the port
    remote_id = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    number = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    roles = models.JSONField(default=list)  # Role of the port
    detail = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
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


class Mapping(models.Model):
    """Something of ours *is called that* over there.

    Exactly one subject: an item's account, a payment method (its account over there, and their
    payment method), a term, or a role of the whole connection (`income`: the default account of
    sales).
    """

    class Subject(models.TextChoices):
        INCOME = "income", "Sales account by default"
        ITEM_ACCOUNT = "item_account", "Sales account of an item"
        METHOD_ACCOUNT = "method_account", "Account that a payment method posts to"
        METHOD = "method", "Payment method"
        TERM = "term", "Payment terms"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mappings")
    subject = models.CharField(max_length=20, choices=Subject.choices)
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="+")
    payment_method = models.ForeignKey(
        PaymentMethod, models.CASCADE, null=True, blank=True, related_name="+"
    )
    payment_term = models.ForeignKey(
        PaymentTerm, models.CASCADE, null=True, blank=True, related_name="+"
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
                condition=Q(item=None, payment_method=None, payment_term=None),
                name="one_mapping_per_role",
            ),
            *[
                models.UniqueConstraint(
                    fields=["connection", "subject", name],
                    condition=Q(**{f"{name}__isnull": False}),
                    name=f"one_mapping_per_{name}",
                )
                for name in ("item", "payment_method", "payment_term")
            ],
            models.CheckConstraint(
                name="mapping_has_its_subject",
                condition=Q(subject="income", item=None, payment_method=None, payment_term=None)
                | Q(
                    subject="item_account",
                    item__isnull=False,
                    payment_method=None,
                    payment_term=None,
                )
                | Q(
                    subject__in=["method", "method_account"],
                    item=None,
                    payment_method__isnull=False,
                    payment_term=None,
                )
                | Q(subject="term", item=None, payment_method=None, payment_term__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of_what()} → {self.code}"

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """A mapping is changed, never taken away: what was sent under it must stay explained."""
        raise ValidationError(f"{self} cannot be deleted. Choose another account or code for it.")

    def of_what(self) -> str:
        """What of ours is mapped, as staff say it."""
        thing = self.item or self.payment_method or self.payment_term
        return f"{self.get_subject_display()}: {thing}" if thing else self.get_subject_display()
