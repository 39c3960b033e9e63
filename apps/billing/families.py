"""Customers that belong together: who pays for whom.

A parent may pay for its sub-customers, and theirs: the payment stands at who paid, its allocations
at what they settle. Credits stay with their own customer.
"""

from apps.billing.models import Customer


def pays_for(payer_id: int, customer: Customer) -> bool:
    """Whether money of the one may be set against what the other owes."""
    return payer_id == customer.pk or payer_id in (each.pk for each in customer.ancestors())


def related(one: Customer, other: Customer) -> bool:
    """Whether both have the same customer at the top, or one is the top of the other."""
    return _top(one) == _top(other)


def _top(customer: Customer) -> int:
    above = customer.ancestors()
    return above[-1].pk if above else customer.pk


def with_those_below(customer: Customer) -> list[int]:
    """Keys of a customer and of all it may pay for: one query for each level."""
    found, level = [customer.pk], [customer.pk]
    while level:
        below = Customer.objects.filter(parent__in=level).exclude(pk__in=found)
        level = list(below.order_by("pk").values_list("pk", flat=True))
        found += level
    return found
