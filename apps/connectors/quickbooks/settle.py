"""Finds out what became of a write whose answer was lost: by its own key, or by looking."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from apps.connectors.errors import (
    ConnectorError,
    NameTaken,
    NeverArrived,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
)
from apps.connectors.port import Courier, Outcome, Purpose, Push, RemoteObject
from apps.connectors.quickbooks.client import one_of, quoted
from apps.connectors.quickbooks.feed import BY_ID, Reader, in_parts
from apps.connectors.quickbooks.halving import NOT_QUERYABLE, in_halves
from apps.connectors.quickbooks.masters import item_name, projected_customer, projected_item
from apps.connectors.quickbooks.objects import (
    CUSTOMER,
    DEPOSIT,
    ENTITY,
    ITEM,
    PAYMENT,
    objects_of,
)
from apps.connectors.quickbooks.wire import short_marker
from apps.connectors.quickbooks.writes import is_deleted_as_wished, write_of
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CustomerSnapshot,
    DepositSnapshot,
    DocumentSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)

Found = dict[int, tuple[RemoteObject, ...] | ConnectorError]
Finder = Callable[[Sequence[Push], Reader, Courier], Found]


def look_up(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """What is there of them: the object, or why it cannot be it. What is left out is not there.

    One that cannot be asked for stays unknown and troubles no other.
    """
    found: Found = {}
    changes = [push for push in pushes if push.known]
    groups = [(_updates, changes)] + [
        (finder, [push for push in pushes if push.known is None and push.kind is kind])
        for kind, finder in _FINDERS.items()
    ]
    for finder, some in groups:
        if some:
            for part in in_halves(
                partial(_asked, finder, reader, courier),
                some,
                alone=_not_asked,
                still_answers=partial(reader.still_answers, courier),
            ):
                found.update(part)
    return found


def _asked(finder: Finder, reader: Reader, courier: Courier, pushes: Sequence[Push]) -> Found:
    return finder(pushes, reader, courier)


def _not_asked(push: Push, trouble: ConnectorError) -> Found:
    words = f"QuickBooks does not let Tieout look for it: {trouble.sentence}"
    return {push.ref: OutcomeUnknown(words, code=trouble.code, trace_id=trouble.trace_id)}


def outcome_of(
    push: Push,
    found: tuple[RemoteObject, ...] | ConnectorError | None,
    replayed: ConnectorError | None,
    believe_absence: bool,
) -> Outcome:
    """What the look-up proves of it. `replayed` is what its replay was answered with: a refusal
    stands where nothing is there; what is no answer makes absence too early to believe."""
    if isinstance(found, ConnectorError):
        return Outcome(ref=push.ref, error=found)
    if found:
        return Outcome(ref=push.ref, remote=found)
    if isinstance(replayed, RecordRefused | RemoteIsNewer):
        return Outcome(ref=push.ref, error=replayed)
    if replayed is None and believe_absence:
        absent = NeverArrived("It never arrived in QuickBooks.", "Tieout sends it again.")
        return Outcome(ref=push.ref, error=absent)
    words = "It is not in QuickBooks so far, but may still be on its way."
    if replayed is not None:
        words = f"{words} Sent once more, it was answered: {replayed.sentence}"
    return Outcome(ref=push.ref, error=OutcomeUnknown(words, "Tieout looks again."))


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
        standing = there.get((before.kind, before.remote_id))
        if standing is None:
            found[push.ref] = OutcomeUnknown("QuickBooks cannot show how it stands.")
            continue
        own = next((each for each in standing if each.part == before.part), standing[0])
        if is_deleted_as_wished(dataclasses.replace(push, known=own)):
            found[push.ref] = (own,)
        elif own.gone:
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
    if own.unreadable:
        return False
    try:
        return write_of(dataclasses.replace(push, known=own), reader.home, reader.regime) is None
    except ConnectorError:
        return False


# --- What was to be created -------------------------------------------------------------------


def _customers(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    names = {
        push.ref: projected_customer(push.snapshot).name
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
            and projected_item(ours).code == theirs.code
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


def _entries(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """Journals and expenses by number, which is our short marker; the whole marker is the proof.

    What somebody renumbered there meanwhile is found by its day, as is everything where numbers
    cannot be asked for.
    """
    entity = ENTITY[pushes[0].kind]
    numbers = {push.ref: short_marker(push.snapshot.marker) for push in pushes}
    try:
        there = reader.where(entity, "DocNumber", list(numbers.values()), courier)
    except RecordRefused as refusal:
        if refusal.code != NOT_QUERYABLE:
            raise
        there = []
    found = _by_marker(pushes, there)
    missing = [push for push in pushes if push.ref not in found]
    if missing:
        found.update(_by_marker(missing, _of_their_days(missing, reader, courier)))
    return found


def _deposits(pushes: Sequence[Push], reader: Reader, courier: Courier) -> Found:
    """Through their payments, each of which is deposited once; one without payments by its day."""
    listed = {push.ref: _payments_in(push) for push in pushes}
    wanted = [(PAYMENT, each) for some in listed.values() for each in sorted(some)]
    holders: dict[str, set[str]] = {}
    for each in reader.read(wanted, courier) if wanted else ():
        in_deposits = {link.remote_id for link in each.links if link.kind == DEPOSIT}
        if not each.part:
            holders[each.remote_id] = in_deposits
    ids = sorted({one for some in holders.values() for one in some})
    there = list(reader.read([(DEPOSIT, each) for each in ids], courier)) if ids else []
    found = _by_marker(pushes, there)
    for push in pushes:
        others = {one for each in listed[push.ref] for one in holders.get(each, ())}
        if push.ref not in found and others:
            found[push.ref] = RecordRefused(
                "A payment of it lies in another bank deposit in QuickBooks.",
                "Undo that deposit in QuickBooks, or take the payment out of this one.",
                owner_kind=DEPOSIT,
                owner_id=min(others),
            )
    loose = [push for push in pushes if push.ref not in found and not listed[push.ref]]
    if loose:
        found.update(_by_marker(loose, _of_their_days(loose, reader, courier)))
    return found


def _payments_in(push: Push) -> set[str]:
    snapshot = push.snapshot
    lines = snapshot.lines if isinstance(snapshot, DepositSnapshot) else ()
    return {each.payment_id for each in lines if each.payment_id and each.kind in ("", PAYMENT)}


def _by_marker(pushes: Sequence[Push], there: Sequence[RemoteObject]) -> Found:
    found: Found = {}
    for push in pushes:
        marker = push.snapshot.marker
        own = next((each for each in there if not each.gone and each.marker == marker), None)
        if own:
            found[push.ref] = (own,)
    return found


def _of_their_days(pushes: Sequence[Push], reader: Reader, courier: Courier) -> list[RemoteObject]:
    entity = ENTITY[pushes[0].kind]
    days = [_day_of(push) for push in pushes]
    conditions = [
        f"TxnDate >= {quoted(min(days).isoformat())}",
        f"TxnDate <= {quoted(max(days).isoformat())}",
    ]
    return [
        each
        for rows, _ in reader.pages(entity, conditions, Purpose.READS, courier)
        for row in rows
        for each in objects_of(entity, row, reader.home)
    ]


def _day_of(push: Push) -> date:
    match push.snapshot:
        case AdjustmentSnapshot() | DepositSnapshot() as snapshot:
            return snapshot.dated
        case RefundSnapshot() as refund:
            return refund.paid_on
    raise TypeError(f"{push.kind} is no entry")


def _money_of(push: Push) -> tuple[str, date]:
    """Customer and date, by which QuickBooks can be asked for it."""
    snapshot = push.snapshot
    if isinstance(snapshot, PaymentSnapshot):
        return snapshot.customer_id, snapshot.paid_on
    if isinstance(snapshot, AllocationSnapshot):
        return snapshot.customer_id, snapshot.applied_on
    raise TypeError(f"{push.kind} is no money")


_FINDERS: dict[Kind, Finder] = {
    Kind.CUSTOMER: _customers,
    Kind.ITEM: _items,
    Kind.INVOICE: _documents,
    Kind.CREDIT_NOTE: _documents,
    Kind.PAYMENT: _payments,
    Kind.ALLOCATION: _payments,
    Kind.ADJUSTMENT: _entries,
    Kind.REFUND: _entries,
    Kind.DEPOSIT: _deposits,
}
