"""Their side of a comparison: every object of their books, read afresh and counted."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.connectors.port import Connector, Courier, Purpose, RemoteObject, Reply, Request
from apps.connectors.snapshots import ItemSnapshot, Kind

READ_KINDS = (Kind.ITEM, Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)
Key = tuple[str, str]


class ProofCourier:
    """Carries reads of a proof by another courier, marks them as such and counts them."""

    def __init__(self, carrier: Courier) -> None:
        self.carrier = carrier
        self.calls = 0

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        marked = {
            id(sent): (sent, asked)
            for asked in requests
            for sent in [dataclasses.replace(asked, purpose=Purpose.PROOF)]
        }
        for sent, reply in self.carrier.carry([sent for sent, _ in marked.values()]):
            self.calls += 1
            yield marked[id(sent)][1], reply


@dataclass(slots=True)
class Theirs:
    """What stands over there today, without what is gone."""

    documents: dict[Key, RemoteObject] = field(default_factory=dict)
    payments: dict[Key, RemoteObject] = field(default_factory=dict)
    item_accounts: dict[str, str] = field(default_factory=dict)  # their item → its sales account
    balances: Mapping[str, Decimal] = field(default_factory=dict)  # debit less credit


def theirs_of(connector: Connector, courier: Courier) -> Theirs:
    found = Theirs()
    for each in connector.everything(READ_KINDS, courier):
        if each.gone or each.part:
            continue
        key = (each.kind, each.remote_id)
        if each.of_kind in (Kind.INVOICE, Kind.CREDIT_NOTE):
            found.documents[key] = each
        elif each.of_kind is Kind.PAYMENT:
            found.payments[key] = each
        elif isinstance(each.snapshot, ItemSnapshot) and each.snapshot.account_id:
            found.item_accounts[each.remote_id] = each.snapshot.account_id
    found.balances = connector.balances(courier)
    return found


def doubles(found: Theirs) -> list[str]:
    """What stands there twice: one number on two documents of a kind, one marker on two objects."""
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    markers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in [*found.documents.values(), *found.payments.values()]:
        if each.void:
            continue
        if each.number and each.of_kind is not Kind.PAYMENT:
            numbers[each.kind, each.number].append(each.remote_id)
        if each.marker:
            markers[each.kind, each.marker].append(each.remote_id)
    return [
        f"{kind} {number} stands there {len(ids)} times (ids {', '.join(ids)})."
        for (kind, number), ids in numbers.items()
        if len(ids) > 1
    ] + [
        f"{kind} with our marker {marker} stands there {len(ids)} times (ids {', '.join(ids)})."
        for (kind, marker), ids in markers.items()
        if len(ids) > 1
    ]
