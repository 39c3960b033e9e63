"""Customers that belong together: who pays for whom.

A parent may pay for its sub-customers, and theirs: the payment stands at who paid, its allocations
at what they settle. Credits stay with their own customer. Customers that were merged are one: the
money and the credits of each may be set against what any of them owes.
"""

from collections.abc import Collection

from apps.billing.models import Customer, Item


def pays_for(payer_id: int, customer: Customer) -> bool:
    """Whether money of the one may be set against what the other owes."""
    above = [customer.pk, *(each.pk for each in customer.ancestors())]
    return payer_id in above or payer_id in with_aliases(above)


def payers_of(customer: Customer) -> set[int]:
    """Keys of all whose money may be set against what this customer owes."""
    return with_aliases([customer.pk, *(each.pk for each in customer.ancestors())])


def are_one(one: Customer, other: Customer) -> bool:
    """Whether both are the same customer, or were merged into one."""
    return one.pk == other.pk or stands_for(one).pk == stands_for(other).pk


def stands_for(customer: Customer) -> Customer:
    """The customer that it was merged into, and that into; itself where it was not merged."""
    while customer.merged_into is not None:
        customer = customer.merged_into
    return customer


def sold_instead(item: Item) -> Item:
    """The item that it was merged into, and that into; itself where it was not merged."""
    while item.merged_into is not None:
        item = item.merged_into
    return item


def with_aliases(customers: Collection[int]) -> set[int]:
    """These customers and all that are one with any of them: two queries for each merge in a row."""
    found, level = set(customers), set(customers)
    while level:
        # Two questions, each of one index: joined by "or" they read every customer there is.
        rows = Customer.objects.order_by()
        aliases = rows.filter(merged_into__in=level).values_list("pk", flat=True)
        into = rows.filter(pk__in=level, merged_into__isnull=False)
        survivors = into.values_list("merged_into", flat=True)
        level = {*aliases, *(pk for pk in survivors if pk is not None)} - found
        found |= level
    return found


def related(one: Customer, other: Customer) -> bool:
    """Whether both have the same customer at the top, or one is the top of the other."""
    return _top(one) == _top(other)


def _top(customer: Customer) -> int:
    above = customer.ancestors()
    return above[-1].pk if above else customer.pk


def with_those_below(customer: Customer) -> list[int]:
    """Keys of a customer, of those merged with it, and of all they may pay for: one query for each
    level."""
    first = sorted(with_aliases([customer.pk]), key=lambda pk: (pk != customer.pk, pk))
    found, level = [*first], [*first]
    while level:
        below = Customer.objects.filter(parent__in=level).exclude(pk__in=found)
        level = list(below.order_by("pk").values_list("pk", flat=True))
        found += level
    return found
