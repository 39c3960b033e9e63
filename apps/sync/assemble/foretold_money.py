"""What money will book over there: payments, refunds, deductions and bank deposits, together with
what is made beside them. No call is made."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q

from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Deposit,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
    Synced,
)
from apps.billing.sums.home_values import home_value
from apps.connections.models import Connection
from apps.connectors.snapshots import DepositSnapshot, Kind, Snapshot
from apps.core.money import ZERO, minor_unit
from apps.sync.assemble.assembler import MADE_BY
from apps.sync.assemble.foretelling import (
    Foretelling,
    Foretold,
    Moved,
    as_it_stands,
    books_of,
    instead,
)
from apps.sync.assemble.money import no_place_for
from apps.sync.assemble.obstacles import Assembled
from apps.sync.wording import called, capital, day

# What a person makes at once: money, and the documents that an act makes beside it.
Record = Payment | Refund | Adjustment | Deposit | Invoice | CreditNote


def foretold_together(
    records: Sequence[Record], touched: Sequence[Allocation] = ()
) -> list[Foretold]:
    """Of saved records of one company and currency, as one: in each of its sets of books.

    `touched` are applications that came with them, or ended: also of what was there before, and
    alone, where nothing else is made.
    """
    if records:
        return [_foretold(each, records, touched) for each in books_of(records[0].company_id)]
    if touched:
        return [_applied_alone(each, touched) for each in books_of(touched[0].company_id)]
    return []


def _applied_alone(connection: Connection, touched: Sequence[Allocation]) -> Foretold:
    """Of what is set against something, or taken off it, and makes no record beside it: what it
    realises on exchange, where it does."""
    lookups, currency = Foretelling(connection), touched[0].currency
    can = lookups.connector.capabilities
    none = f"{can.name} sets one against the other and books nothing: what the customer owes stays."
    if Kind.ALLOCATION not in can.kinds:
        none = can.cannot.get(Kind.ALLOCATION, f"{can.name} has no such thing: it stays here.")
    elif not can.accounts:
        none = can.cannot.get("accounts", f"{can.name} has no chart of accounts.")
    elif connection.starts_on and all(each.date < connection.starts_on for each in touched):
        none = f"It is dated before the cut-off, {day(connection.starts_on)}: it is never sent."
    else:
        told = lookups.told([], currency, (), _moved(lookups, [], touched))
        if told.rows:
            return told
    return instead(connection, currency, none)


def _foretold(
    connection: Connection, records: Sequence[Record], touched: Sequence[Allocation]
) -> Foretold:
    lookups = Foretelling(connection)
    currency = records[0].currency
    snapshots: list[Snapshot] = []
    lacking: list[str] = []
    booking: list[Record] = []
    stays: list[str] = []
    for record in records:
        if why_not := _why_not(lookups, record):
            stays.append(why_not)
            continue
        said_before = len(lookups.notes)
        made = _made(lookups, record)
        lacking += [capital(each.sentence) + "." for each in made.obstacles]
        if made.left_out or made.snapshot is None:
            stays += [made.left_out] if made.left_out else []
            continue
        if not lookups.connector.capabilities.accounts:
            stays += _without_accounts(lookups, record, made, lookups.notes[said_before:])
            continue
        booking.append(record)
        snapshots.append(made.snapshot)
        if isinstance(made.snapshot, DepositSnapshot):
            currency = made.snapshot.currency
    if not snapshots:
        sentence = " ".join(dict.fromkeys([*stays, *lacking])) or "It books nothing there."
        return as_it_stands(instead(connection, currency, sentence), records)
    lookups.notes += stays
    told = lookups.told(
        snapshots, currency, dict.fromkeys(lacking), _moved(lookups, booking, touched)
    )
    return as_it_stands(told, records)


def _made(lookups: Foretelling, record: Record) -> Assembled:
    kind = Kind(record.kind)
    return MADE_BY[kind](lookups, kind, [record.pk])[0]


def _why_not(lookups: Foretelling, record: Record) -> str:
    """Why these books will hold no debits and credits of it; "" if they will."""
    can, connection = lookups.connector.capabilities, lookups.connection
    what = capital(called(record))
    if record.kind not in can.kinds:
        return can.cannot.get(record.kind, f"{can.name} has nothing of this kind: it stays here.")
    dated = record.issue_date if isinstance(record, Invoice | CreditNote) else record.date
    if connection.starts_on and dated < connection.starts_on:
        return f"{what} is dated before the cut-off, {day(connection.starts_on)}: it is never sent."
    if _is_taken_back(record):
        return f"{what} is taken back, and books nothing."
    if getattr(record, "made_in", "") == connection.origin:
        return f"{what} was recorded in {can.name}, which booked it itself."
    method = record.method if isinstance(record, Payment | Refund) else None
    recorded_by_them = method is not None and method.recorded_by != PaymentMethod.RecordedBy.TIEOUT
    if recorded_by_them and not getattr(record, "made_in", ""):
        return f"Money by {method} is recorded by {can.name} itself: Tieout sends none."
    if isinstance(record, Adjustment) and (nowhere := no_place_for(can, record)):
        return nowhere
    return ""


def _without_accounts(
    lookups: Foretelling, record: Record, made: Assembled, held: Sequence[str]
) -> list[str]:
    """What will be there, or why it will not: no account of theirs says it."""
    can = lookups.connector.capabilities
    none = can.cannot.get("accounts", f"{can.name} has no chart of accounts.")
    if held:
        return [none, *held]
    cents = lookups.cents_left_open(made.snapshot) if made.snapshot is not None else ""
    return [
        each for each in (none, f"{capital(called(record))} is made in {can.name}.", cents) if each
    ]


def _is_taken_back(record: Record) -> bool:
    match record:
        case Payment():
            return not record.is_received
        case Invoice() | CreditNote():
            return record.status == Invoice.Status.VOID
    return not record.is_made


# --- What moves beside the records themselves -------------------------------------------------


def _moved(lookups: Foretelling, records: Sequence[Record], touched: Sequence[Allocation]) -> Moved:
    moved = Moved()
    can = lookups.connector.capabilities
    if Kind.ALLOCATION in can.kinds:
        applied = _applied(records, touched)
        moved.realised = sum(map(_gain, applied), ZERO)
        if not can.home_cents_told:
            unit = minor_unit(lookups.connection.home_currency)
            moved.cents = unit * sum(map(_parts, applied))
    deposits = [each for each in records if isinstance(each, Deposit)]
    # Where they name no payments, what leaves the account at another rate is held, and realises
    # nothing: the effect says itself out of which account it comes.
    if deposits and can.deposits_name_payments:
        paid = _payments_in(deposits)
        moved.cleared = sum(map(home_value, paid), ZERO)
        lies_in = {
            lookups.method(each.method, each.date, [])[0]
            for each in paid
            if each.method is not None
        }
        moved.lies_in = lies_in.pop() if len(lies_in) == 1 else ""
    return moved


def _applied(records: Iterable[Record], touched: Iterable[Allocation]) -> list[Allocation]:
    """Their applications, and those touched beside them. One of two of them counts once."""
    of_any = Q(pk__in=[])
    for record in records:
        for field in _ENDS.get(type(record), ()):
            of_any |= Q(**{field: record.pk})
    of_them = Allocation._base_manager.filter(of_any, reversed_on=None)
    every = {each.pk: each for each in (*of_them, *touched) if not each.outside_id}
    return list(every.values())


def _gain(applied: Allocation) -> Decimal:
    """What it realises: a gain above nil, and one that is taken back below."""
    return applied.exchange_difference if applied.stands else -applied.exchange_difference


def _parts(applied: Allocation) -> int:
    """How many of its two ends it takes a part of, in another currency: where a ledger cuts a part
    of its worth at home another way, that is a minor unit."""
    ends = [each for each in (applied.source, applied.target) if each is not None]
    abroad = [each for each in ends if each.currency != each.company.home_currency]
    return sum(_whole_of(each) != applied.amount for each in abroad)


def _whole_of(end: Any) -> Decimal:
    return Decimal(end.total if isinstance(end, Invoice | CreditNote) else end.amount)


_ENDS: dict[type[Synced], tuple[str, ...]] = {
    Payment: ("payment",),
    Refund: ("refund",),
    Adjustment: ("adjustment", "charge"),
    CreditNote: ("credit_note",),
}


def _payments_in(deposits: Iterable[Deposit]) -> list[Payment]:
    rows = Payment._base_manager.filter(deposit_lines__deposit__in=list(deposits))
    return list(rows.select_related("company", "method").order_by("pk"))
