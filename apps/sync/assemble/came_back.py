"""What a ledger made of a record, by what was read back: its debits and credits, and beside them what
it realises on exchange. No call is made."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db.models import Q

from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.core.money import ZERO, minor_unit, rounded
from apps.sync.assemble.foretelling import DocumentSnapshot, Foretelling, Foretold, Moved
from apps.sync.models import RemoteRecord
from apps.sync.there.remote import as_object

Key = tuple[str, str]  # our word for a kind, or theirs; their id
End = DocumentSnapshot | PaymentSnapshot | RefundSnapshot | AdjustmentSnapshot
Lookup = Callable[[Iterable[Key]], dict[Key, Snapshot]]


def came_back_of(connection: Connection, snapshot: Snapshot) -> Foretold:
    """Of a document or money as it stands over there: what they made of it."""
    lookups = Foretelling(connection)
    currency = str(getattr(snapshot, "currency", connection.home_currency))
    can = lookups.connector.capabilities
    if not can.accounts:
        return Foretold(connection=connection, currency=currency)
    moved = None
    if currency != connection.home_currency:
        there = _standing(connection, lookups.connector)
        if isinstance(snapshot, PaymentSnapshot) and Kind.ALLOCATION in can.kinds:
            moved = realised(snapshot, there, connection.home_currency)
        elif isinstance(snapshot, DepositSnapshot) and can.deposits_name_payments:
            moved = cleared(snapshot, there, connection.home_currency)
    return lookups.told([snapshot], currency, (), moved)


def realised(payment: PaymentSnapshot, there: Lookup, home: str) -> Moved:
    """A gain above nil, of what it is set against as that was last read. Of a part only its document
    knows how much of its worth went before: a minor unit for each end that is a part is left open."""
    moved = Moved()
    standing = [each for each in payment.allocations if not each.cancelled]
    ends = there((each.target_kind, each.target_id) for each in standing)
    for each in standing:
        target = ends.get((each.target_kind, each.target_id))
        if not isinstance(target, End):
            continue  # not theirs to tell: an entry that is like none of ours
        moved.realised += _worth(payment, each.amount, home) - _worth(target, each.amount, home)
        parts = sum(_whole_of(one) != each.amount for one in (payment, target))
        moved.cents += minor_unit(home) * parts
    return moved


def cleared(deposit: DepositSnapshot, there: Lookup, home: str) -> Moved:
    """What its payments were worth where they lay until they were banked."""
    named = [(str(Kind.PAYMENT), each.payment_id) for each in deposit.lines if each.payment_id]
    paid = [each for each in there(named).values() if isinstance(each, PaymentSnapshot)]
    if len(paid) < len(set(named)):
        return Moved()
    lay_on = {each.account_id for each in paid}
    return Moved(
        cleared=sum((_worth(each, each.amount, home) for each in paid), ZERO),
        lies_in=lay_on.pop() if len(lay_on) == 1 else "",
    )


def _worth(end: End, amount: Decimal, home: str) -> Decimal:
    """What a part of it takes off its worth at home: what stays is worth its amount at the rate."""
    whole = _whole_of(end)
    at_home = getattr(end, "home_total", None)
    worth = rounded(whole * end.exchange_rate, home) if at_home is None else at_home
    return Decimal(worth - rounded((whole - amount) * end.exchange_rate, home))


def _whole_of(end: End) -> Decimal:
    return end.total if isinstance(end, DocumentSnapshot) else end.amount


def _standing(connection: Connection, connector: Connector) -> Lookup:
    """What of theirs stands for a kind and id, as last read."""

    def there(keys: Iterable[Key]) -> dict[Key, Snapshot]:
        wanted = set(keys)
        ids = Q(pk__in=[])
        for kind, remote_id in wanted:
            ids |= Q(of_kind=kind, remote_id=remote_id) | Q(kind=kind, remote_id=remote_id)
        rows = RemoteRecord.objects.filter(ids, connection=connection, part="", gone=False)
        found: dict[Key, Snapshot] = {}
        for row in rows:
            snapshot = as_object(row, connector).snapshot
            if snapshot is not None:
                found |= {(row.of_kind or "", row.remote_id): snapshot}
                found |= {(row.kind, row.remote_id): snapshot}
        return {key: found[key] for key in wanted if key in found}

    return there
