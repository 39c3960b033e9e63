"""Pairs that look like one and are two, as somebody said."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models.companies import Company
from apps.core.kept import Kept


class KeptBoth(Kept):
    """Two customers or two items that a person keeps, with the reason: not asked about again.

    The lower key stands first. Written once; who was wrong merges them all the same.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "billing.Customer", models.CASCADE, null=True, blank=True, related_name="kept_beside"
    )
    other_customer = models.ForeignKey(
        "billing.Customer", models.CASCADE, null=True, blank=True, related_name="+"
    )
    item = models.ForeignKey(
        "billing.Item", models.CASCADE, null=True, blank=True, related_name="kept_beside"
    )
    other_item = models.ForeignKey(
        "billing.Item", models.CASCADE, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "pair kept"
        verbose_name_plural = "pairs kept"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "other_customer"], name="kept_both_customers_once"
            ),
            models.UniqueConstraint(fields=["item", "other_item"], name="kept_both_items_once"),
            models.CheckConstraint(
                condition=Q(
                    customer__lt=F("other_customer"), item__isnull=True, other_item__isnull=True
                )
                | Q(
                    item__lt=F("other_item"),
                    customer__isnull=True,
                    other_customer__isnull=True,
                ),
                name="kept_both_is_one_pair",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="kept_both_says_why"),
        ]

    def __str__(self) -> str:
        if self.customer_id:
            return f"{self.customer} and {self.other_customer}"
        return f"{self.item} and {self.other_item}"
