"""Which customer of theirs a record goes under: its own, or the one that survived it in a merge.

A customer that was kept apart after a merge over there has two: new work goes under the one that
was made again, and what moved with the merge stays where it is. Their books settle nothing across
two customers, so what mirrors, settles or pays out something that moved goes where that is.
"""

from collections.abc import Iterable

from apps.billing.models import Allocation, CreditNote, Synced
from apps.connectors.snapshots import Kind
from apps.sync.assemble.lookups import Lookups
from apps.sync.assemble.obstacles import Obstacle, cannot_hold
from apps.sync.models import RemoteRecord

# Kind → the ends of an allocation at which a record of it may stand.
ENDS: dict[Kind, tuple[str, ...]] = {
    Kind.INVOICE: ("invoice",),
    Kind.CREDIT_NOTE: ("credit_note",),
    Kind.PAYMENT: ("payment",),
    Kind.ADJUSTMENT: ("adjustment", "charge"),
    Kind.REFUND: ("refund",),
}


def customer_of(lookups: Lookups, record: Synced, obstacles: list[Obstacle]) -> str:
    """Their id of the customer that a document, payment or entry of ours goes under."""
    customer_id = record.customer_id  # type: ignore[attr-defined] # every one of these has a customer
    found = lookups.needed(Kind.CUSTOMER, customer_id, "customer", obstacles)
    former = lookups.apart.get(customer_id, frozenset())
    if not (found and former):
        return found
    stands = _customers_there(lookups, [(Kind(record.kind), record.pk)]) & former
    if stands:
        return stands.pop()
    beside = _customers_there(lookups, _beside(record)) & (former | {found})
    if len(beside) > 1:
        obstacles.append(
            cannot_hold(
                f"it settles what {lookups.name} keeps under two customers since a merge there, and "
                f"{lookups.name} takes one customer at a time",
                "Take it back here and enter it again in parts, one for each.",
            )
        )
    return min(beside) if beside else found


def refuse_across(
    lookups: Lookups, allocations: Iterable[Allocation], there: str, obstacles: list[Obstacle]
) -> None:
    """Hold what would settle, out of money or a credit that stands under customer `there`, what
    stands under the other one of a customer that was kept apart after a merge over there."""
    for each in allocations:
        target = each.target
        if target is None:
            continue
        former = lookups.apart.get(target.customer_id, frozenset())
        if not former or not there:
            continue
        own = lookups.needed(Kind.CUSTOMER, target.customer_id, "customer", [])
        stands = _customers_there(lookups, [(Kind(target.kind), target.pk)]) & (former | {own})
        if there in (former | {own}) and stands - {there}:
            obstacles.append(
                cannot_hold(
                    f"it settles {target}, which {lookups.name} keeps under another customer since a "
                    f"merge there, and {lookups.name} settles nothing across two customers",
                    f"Un-apply it from {target} here.",
                )
            )
            return


def _beside(record: Synced) -> Iterable[tuple[Kind, int]]:
    """What it mirrors, settles, pays out or is settled by."""
    if isinstance(record, CreditNote) and record.invoice_id is not None:
        yield Kind.INVOICE, record.invoice_id
    for own in ENDS[Kind(record.kind)]:
        standing = Allocation._base_manager.filter(**{own: record.pk}, reversed_on=None)
        for each in standing.order_by("pk"):
            for kind, ends in ENDS.items():
                for end in ends:
                    pk = getattr(each, f"{end}_id")
                    if end != own and pk is not None:
                        yield kind, pk


def _customers_there(lookups: Lookups, records: Iterable[tuple[Kind, int]]) -> set[str]:
    """The customers that these bear over there, of those that stand."""
    found: set[str] = set()
    for kind, pk in records:
        rows = RemoteRecord.objects.filter(
            connection=lookups.connection,
            part="",
            retired=False,
            gone=False,
            **{f"sync_record__{kind.value}": pk},
        )
        found |= set(rows.values_list("customer_id_there", flat=True))
    return found
