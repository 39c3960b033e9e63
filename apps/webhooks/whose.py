"""How what accounting systems told us belongs to a company."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from apps.billing.sight import Belonging, Companies
from apps.staff.models import User
from apps.webhooks.models import Notice


def _delivery(user: User, seen: Companies) -> Q:
    """One request may speak of several companies: of those who see each of them. What speaks of none
    that we know is of those who see every company."""
    told = Notice.objects.filter(delivery=OuterRef("pk"))
    of_others = told.exclude(connection__company__in=seen)
    return Q(Exists(told)) & ~Q(Exists(of_others))


WHOSE: Final[dict[str, Belonging]] = {
    "webhooks.Delivery": _delivery,
    "webhooks.Notice": "connection__company",
    "webhooks.Registration": "connection__company",
}
