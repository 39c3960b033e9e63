"""Where a payment method posts from a day on, once it is used: a place with a date."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models.functions import Coalesce

from apps.billing.models.base import Frozen, Remembered
from apps.billing.models.items import PaymentMethod
from apps.core.kept import KeptHistory


class PaymentMethodPlace(Remembered):
    """Money by this method of this day or later posts here; earlier money stays where it posted.

    Made by `billing.moving.post_elsewhere`, and never edited: another place has another day.
    """

    method = models.ForeignKey(PaymentMethod, models.PROTECT, related_name="places")
    since = models.DateField()
    posts_to = models.CharField(max_length=10, choices=PaymentMethod.PostsTo.choices)
    reason = models.CharField(max_length=200)

    history = KeptHistory()

    class Meta:
        ordering = ["method", "since"]
        constraints = [
            models.UniqueConstraint(fields=["method", "since"], name="one_place_of_a_method_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.method} from {self.since.day} {self.since:%B %Y}"

    @property
    def company_id(self) -> int:
        return self.method.company_id

    @property
    def name(self) -> str:
        return self.method.name

    @property
    def currency(self) -> str:
        return self.method.currency

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk:
            raise Frozen("Where money was posted from a day on does not change. Add another day.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise Frozen("Where money was posted from a day on stays. Add another day.")


@dataclass(frozen=True)
class Places:
    """The dated places of many methods, read once."""

    of_method: dict[int, list[PaymentMethodPlace]] = field(default_factory=dict)  # newest first

    @classmethod
    def among(cls, rows: Iterable[PaymentMethodPlace]) -> Self:
        found: dict[int, list[PaymentMethodPlace]] = {}
        for row in sorted(rows, key=lambda each: each.since, reverse=True):
            found.setdefault(row.method_id, []).append(row)
        return cls(found)

    @classmethod
    def of_company(cls, company_id: int) -> Self:
        rows = PaymentMethodPlace.objects.filter(method__company=company_id)
        return cls.among(rows.select_related("method"))

    def on(self, method: PaymentMethod, day: date) -> PaymentMethodPlace | None:
        """The place in force on a day; None: where it posted from the beginning."""
        rows = self.of_method.get(method.pk, [])
        return next((each for each in rows if each.since <= day), None)

    def posts_to(self, method: PaymentMethod, day: date) -> str:
        place = self.on(method, day)
        return method.posts_to if place is None else place.posts_to

    def to_bank(self, method: PaymentMethod | None, day: date) -> bool:
        """Whether money by this method of this day is at the bank without a bank deposit."""
        return method is not None and self.posts_to(method, day) == PaymentMethod.PostsTo.BANK


def is_at_the_bank(method: PaymentMethod | None, day: date) -> bool:
    """`Places.to_bank`, of one payment or refund: a query of its own."""
    if method is None:
        return False
    return Places.among(method.places.all()).to_bank(method, day)


def where_it_posted() -> Coalesce:
    """In a query of payments or refunds: where each posts, by its own date."""
    dated = PaymentMethodPlace.objects.filter(
        method=models.OuterRef("method"), since__lte=models.OuterRef("date")
    ).order_by("-since")
    return Coalesce(models.Subquery(dated.values("posts_to")[:1]), models.F("method__posts_to"))
