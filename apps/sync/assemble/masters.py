"""Customers and items as snapshots."""

from collections.abc import Sequence

from apps.billing.models import Customer, Item
from apps.connectors.snapshots import Address, CustomerSnapshot, ItemSnapshot, Kind
from apps.sync.assemble.bench import Bench, loaded
from apps.sync.assemble.obstacles import Assembled, Obstacle


def customers(bench: Bench, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    return [_customer(bench, each) for each in loaded(Customer, keys)]


def items(bench: Bench, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    return [_item(bench, each) for each in loaded(Item, keys)]


def _customer(bench: Bench, customer: Customer) -> Assembled:
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
        currency=customer.currency,
        active=customer.active,
    )
    return bench.checked(Kind.CUSTOMER, customer, snapshot, [])


def _item(bench: Bench, item: Item) -> Assembled:
    account = bench.mappings.income_account(item)
    obstacles: list[Obstacle] = []
    if account is None:
        obstacles.append(
            bench.unmapped(
                "income", f"no {bench.name} account is chosen for the sales of item {item.code}"
            )
        )
    snapshot = ItemSnapshot(
        marker=item.public_id.hex,
        code=item.code,
        name=item.name,
        description=item.description,
        unit_price=item.unit_price,
        account_id=account.remote_id if account else "",
        active=item.active,
    )
    return bench.checked(Kind.ITEM, item, snapshot, obstacles)
