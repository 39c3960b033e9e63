"""Who stands under whom over there: kept where it is only theirs, waited for where it is ours."""

from collections.abc import Collection, Sequence

from apps.billing.models import Allocation, Customer, Payment
from apps.connectors.snapshots import CustomerSnapshot, Kind
from apps.sync.assemble.lookups import Lookups
from apps.sync.assemble.obstacles import Obstacle
from apps.sync.models import Agreed, Reason, RemoteRecord
from apps.sync.models.waits import On


def parents_of_theirs(lookups: Lookups, customers: Sequence[Customer]) -> dict[int, str]:
    """Of customers without a parent here, the one that they have there, where that is no customer
    of ours: it is theirs to decide, and no write of ours takes it away."""
    above = {key: parent for key, parent in _above(lookups, customers).items() if parent}
    if not above:
        return {}
    ours = set(
        RemoteRecord.objects.filter(
            connection=lookups.connection,
            of_kind=Kind.CUSTOMER,
            remote_id__in=set(above.values()),
            part="",
            retired=False,
            sync_record__isnull=False,
        ).values_list("remote_id", flat=True)
    )
    return {key: parent for key, parent in above.items() if parent not in ours}


def not_under_yet(
    lookups: Lookups, payment: Payment, standing: Sequence[Allocation]
) -> list[Obstacle]:
    """A parent's payment goes when what it settles is under the parent there too, which their
    books ask for."""
    whose = {
        each.invoice.customer_id
        for each in standing
        if each.invoice is not None and each.invoice.customer_id != payment.customer_id
    }
    if not whose:
        return []
    steps: dict[int, Customer] = {}  # each customer between what it settles and who paid
    for customer in Customer._base_manager.filter(pk__in=whose).order_by("pk"):
        chain = [customer, *customer.ancestors()]
        below = [each for each in chain if each.pk != payment.customer_id]
        if len(below) < len(chain):  # it was not moved elsewhere since
            steps |= {each.pk: each for each in chain[: chain.index(payment.customer)]}
    above = _above(lookups, steps.values())
    lookups.learn(Kind.CUSTOMER, {each.parent_id for each in steps.values()})
    return [
        Obstacle(
            reason=Reason.WAITS_FOR_RECORD,
            sentence=f"{each} is not yet under {each.parent} in {lookups.name}, so a payment of "
            f"{payment.customer} cannot settle its invoice there",
            remedy=f"See what holds up customer {each}.",
            waits_for=On.IN_STEP.of(Kind.CUSTOMER, each.pk),
        )
        for each in steps.values()
        if above.get(each.pk, "")
        != lookups.needed(Kind.CUSTOMER, each.parent_id or 0, "parent", [])
    ]


def _above(lookups: Lookups, customers: Collection[Customer]) -> dict[int, str]:
    """Their id of the parent that each has there, as last agreed."""
    rows = Agreed.objects.filter(
        record__connection=lookups.connection, record__customer__in=[each.pk for each in customers]
    ).select_related("record")
    found = [(each.record.customer_id, each.snapshot) for each in rows]
    return {
        key: snapshot.parent_id
        for key, snapshot in found
        if key is not None and isinstance(snapshot, CustomerSnapshot)
    }
