"""How events, endpoints and keys belong to a company."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from apps.billing.sight import Belonging, Companies
from apps.staff.models import User
from apps.triggers.models.keys import ApiKey


def _keys(whose: str, key: str) -> Belonging:
    """One's own, and those that reach no company which this person does not see."""

    def rule(user: User, seen: Companies) -> Q:
        reached = ApiKey.companies.through.objects.filter(apikey=OuterRef(key))
        beyond = reached.exclude(company__in=seen)
        return Q(**{whose: user}) | (Q(Exists(reached)) & ~Q(Exists(beyond)))

    return rule


WHOSE: Final[dict[str, Belonging]] = {
    "triggers.Listening": "company",
    "triggers.Event": "company",
    "triggers.Endpoint": "company",
    "triggers.Delivery": "endpoint__company",
    "triggers.DeliveryAttempt": "delivery__endpoint__company",
    # By `id`: in history `pk` is the key of the version.
    "triggers.ApiKey": _keys("user", "id"),
    "triggers.ApiKey_companies": "company",
    "triggers.ApiCall": _keys("key__user", "key"),
    "triggers.ApiRequest": _keys("key__user", "key"),
}
