"""Customers and items as snapshots."""

from collections.abc import Sequence
from typing import Final

from apps.billing.models import Customer, Item
from apps.connectors.snapshots import Address, CustomerSnapshot, ItemSnapshot, Kind
from apps.sync.assemble.families import parents_of_theirs
from apps.sync.assemble.lookups import Lookups, loaded
from apps.sync.assemble.obstacles import Assembled, Obstacle, cannot_hold
from apps.sync.models import Reason
from apps.sync.there.merges import merged_sentence

ERASED: Final = "What was held of this customer is erased here, so nothing of it is sent."


def customers(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    found = list(loaded(Customer, keys, "merged_into"))
    lookups.learn(Kind.CUSTOMER, {each.parent_id for each in found})
    kept = parents_of_theirs(lookups, [each for each in found if each.parent_id is None])
    return [_customer(lookups, each, kept.get(each.pk, "")) for each in found]


def items(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    return [_item(lookups, each) for each in loaded(Item, keys)]


def _customer(lookups: Lookups, customer: Customer, kept_parent: str) -> Assembled:
    obstacles: list[Obstacle] = []
    parent_id = kept_parent
    if customer.parent_id:
        parent_id = lookups.needed(Kind.CUSTOMER, customer.parent_id, "parent", obstacles)
    snapshot = CustomerSnapshot(
        marker=customer.public_id.hex,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        address=Address(
            lines=tuple(customer.address_lines.splitlines()),
            city=customer.city,
            region=customer.region,
            postal_code=customer.postal_code,
            country=customer.country,
        ),
        parent_id=parent_id,
        currency=customer.currency,
        active=customer.active,
        code=customer.code,
    )
    if customer.erased_at is not None:
        obstacles.append(cannot_hold(ERASED, "Erase it over there by hand."))
    made = lookups.checked(Kind.CUSTOMER, customer, snapshot, obstacles)
    if customer.merged_into_id and lookups.is_alias(customer.pk):
        made.left_out = merged_sentence(lookups.name, customer)
        made.left_out_for = Reason.MERGED
    if customer.erased_at is not None:
        made.left_out = ERASED  # where it does not stand there
    return made


def _item(lookups: Lookups, item: Item) -> Assembled:
    obstacles: list[Obstacle] = []
    snapshot = ItemSnapshot(
        marker=item.public_id.hex,
        code=item.code,
        name=item.name,
        description=item.description,
        unit_price=item.unit_price,
        account_id=lookups.income(item, f"item {item.code}", obstacles),
        active=item.active,
    )
    return lookups.checked(Kind.ITEM, item, snapshot, obstacles)
