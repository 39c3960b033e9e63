"""Finds out what became of a write whose answer was lost: by its own key, or by looking."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from apps.connectors.errors import (
    ConnectorError,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Courier, Outcome, Purpose, Push, RemoteObject
from apps.connectors.quickbooks.client import one_of, quoted
from apps.connectors.quickbooks.feed import BY_ID, Reader, in_parts
from apps.connectors.quickbooks.masters import held_customer, held_item, item_name
from apps.connectors.quickbooks.objects import CUSTOMER, ENTITY, ITEM, PAYMENT, objects_of
from apps.connectors.quickbooks.writes import write_of
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CustomerSnapshot,
    DocumentSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
)

Found = dict[int, tuple[RemoteObject, ...] | ConnectorError]


def look_up(
    pushes: Sequence[Push], reader: Reader, courier: Courier, *, believe_absence: bool
) -> Iterator[Outcome]:
    """An outcome per push: found there, taken by another, surely not there, or still unknown."""
    creates = [push for push in pushes if push.known is None]
    found: Found = {}
    found.update(_updates([push for push in pushes if push.known], reader, courier))
    for kind, finder in _FINDERS.items():
        some = [push for push in creates if push.kind is kind]
        if some:
            found.update(finder(some, reader, courier))
    for push in pushes:
        yield _outcome(push, found.get(push.ref), believe_absence)


def _outcome(
    push: Push, found: tuple[RemoteObject, ...] | ConnectorError | None, believe_absence: bool
) -> Outcome:
    if isinstance(found, ConnectorError):
        return Outcome(ref=push.ref, error=found)
    if found:
        return Outcome(ref=push.ref, remote=found)
    if believe_absence:
        return Outcome(
            ref=push.ref,
            error=TryLater("It never arrived in QuickBooks.", "Tieout sends it again."),
        )
    return Outcome(
        ref=push.ref,
        error=OutcomeUnknown(
            "It is not in QuickBooks so far, but may still be on its way.",
            "Tieout looks again.",
        ),
    )


# --- What was to be changed -------------------------------------------------------------------


def _updates(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """A change is done where nothing would be left to write, and did not arrive where their
    version is still the one it was made on."""
    known = {push.ref: push.known for push in pushes if push.known}
    wanted = [(each.kind, each.remote_id) for each in known.values()]
    if not wanted:
        return {}
    there: dict[tuple[str, str], list[RemoteObject]] = {}
    for each in reader.read(wanted, courier):
        there.setdefault((each.kind, each.remote_id), []).append(each)
    found: Found = {}
    for push in pushes:
        before = known[push.ref]
        standing = there[before.kind, before.remote_id]
        own = next((each for each in standing if each.part == before.part), standing[0])
        if own.gone:
            found[push.ref] = RemoteGone(
                "It was deleted in QuickBooks.", "Decide whether it is to be created anew."
            )
        elif _says_so(push, own, reader):
            found[push.ref] = (own, *(each for each in standing if each is not own))
        elif own.version != before.version:
            found[push.ref] = RemoteIsNewer(
                "It was changed in QuickBooks meanwhile.",
                "Tieout reads it again and compares before it sends.",
            )
    return found


def _says_so(push: Push, own: RemoteObject, reader: Reader) -> bool:
    again = Push(
        ref=push.ref, kind=push.kind, snapshot=push.snapshot, identity=push.identity, known=own
    )
    try:
        return write_of(again, reader.home, reader.regime) is None
    except ConnectorError:
        return False


# --- What was to be created -------------------------------------------------------------------


def _customers(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    names = {
        push.ref: held_customer(push.snapshot).name
        for push in pushes
        if isinstance(push.snapshot, CustomerSnapshot)
    }
    there = reader.named(CUSTOMER, "DisplayName", list(names.values()), courier)
    return _by_name(pushes, names, there, lambda push, each: each.marker == push.snapshot.marker)


def _items(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """An item has no field for our marker: its name with its code as the Sku is the proof."""
    names = {
        push.ref: item_name(push.snapshot.code, push.snapshot.name)
        for push in pushes
        if isinstance(push.snapshot, ItemSnapshot)
    }
    there = reader.named(ITEM, "Name", list(names.values()), courier)

    def is_ours(push: Push, each: RemoteObject) -> bool:
        ours, theirs = push.snapshot, each.snapshot
        return (
            isinstance(ours, ItemSnapshot)
            and isinstance(theirs, ItemSnapshot)
            and held_item(ours).code == theirs.code
        )

    return _by_name(pushes, names, there, is_ours)


def _by_name(
    pushes: Sequence[Push],
    names: dict[int, str],
    there: Sequence[RemoteObject],
    is_ours: Callable[[Push, RemoteObject], bool],
) -> Found:
    found: Found = {}
    for push in pushes:
        same = [each for each in there if each.name.casefold() == names[push.ref].casefold()]
        own = next((each for each in same if is_ours(push, each)), None)
        if own:
            found[push.ref] = (own,)
        elif same:
            found[push.ref] = NameTaken(
                f"QuickBooks has another one of the name {names[push.ref]}.",
                "Link it, or rename one of both.",
                owner_kind=same[0].kind,
                owner_id=same[0].remote_id,
            )
    return found


def _documents(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """By number, many at once; our marker in the note proves that it is ours."""
    numbers = {
        push.ref: push.snapshot.number.strip()
        for push in pushes
        if isinstance(push.snapshot, DocumentSnapshot)
    }
    there = reader.where(ENTITY[pushes[0].kind], "DocNumber", list(numbers.values()), courier)
    found: Found = {}
    for push in pushes:
        same = [each for each in there if each.number == numbers[push.ref]]
        own = next((each for each in same if each.marker == push.snapshot.marker), None)
        if own:
            found[push.ref] = (own,)
        elif same:
            found[push.ref] = NumberTaken(
                f"QuickBooks has another document of the number {numbers[push.ref]}.",
                "Compare it with the document of that number in QuickBooks, then decide.",
                owner_kind=same[0].kind,
                owner_id=same[0].remote_id,
            )
    return found


def _payments(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """By customer and date, then by our marker: the note itself cannot be queried. Two payments of
    one customer, day and amount are told apart by it."""
    customers: dict[str, list[date]] = {}
    for push in pushes:
        customer, dated = _money_of(push)
        customers.setdefault(customer, []).append(dated)
    there: list[RemoteObject] = []
    for some in in_parts(sorted(customers), BY_ID):
        dates = [dated for customer in some for dated in customers[customer]]
        conditions = [
            f"CustomerRef IN {one_of(some)}",
            f"TxnDate >= {quoted(min(dates).isoformat())}",
            f"TxnDate <= {quoted(max(dates).isoformat())}",
        ]
        for rows, _ in reader.pages(PAYMENT, conditions, Purpose.READS, courier):
            there += [each for row in rows for each in objects_of(PAYMENT, row, reader.home)]
    found: Found = {}
    for push in pushes:
        own = next(
            (
                each
                for each in there
                if each.marker and each.marker == push.snapshot.marker and not each.part
            ),
            None,
        )
        if own:
            parts = [each for each in there if each.remote_id == own.remote_id and each.part]
            found[push.ref] = (own, *parts)
    return found


def _money_of(push: Push) -> tuple[str, date]:
    """Customer and date, by which QuickBooks can be asked for it."""
    snapshot = push.snapshot
    if isinstance(snapshot, PaymentSnapshot):
        return snapshot.customer_id, snapshot.paid_on
    if isinstance(snapshot, AllocationSnapshot):
        return snapshot.customer_id, snapshot.applied_on
    raise TypeError(f"{push.kind} is no money")


_FINDERS: dict[Kind, Callable[[Sequence[Push], Reader, Courier], Found]] = {
    Kind.CUSTOMER: _customers,
    Kind.ITEM: _items,
    Kind.INVOICE: _documents,
    Kind.CREDIT_NOTE: _documents,
    Kind.PAYMENT: _payments,
    Kind.ALLOCATION: _payments,
}
