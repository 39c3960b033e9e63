"""What must stand over there before one record can: customers and items, and what it settles, pays
back or banks. Each goes only where it is in scope and its own kind is open."""

from collections import defaultdict

from django.db.models import Q

from apps.billing.models import Allocation, CreditNote, Customer, Deposit, Payment, Refund
from apps.connectors.port import Connector
from apps.connectors.snapshots import Kind
from apps.sync.models import Reason, State, SyncRecord, rows_of
from apps.sync.run import Crew
from apps.sync.trial.alone import send_whole
from apps.sync.want.wishes import DOCUMENTS, in_scope, make_wishes, want_masters

Keys = dict[Kind, set[int]]
# In which order they go.
ORDER = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.ADJUSTMENT, Kind.PAYMENT, Kind.REFUND)


def send_what_goes_before(crew: Crew, first: CreditNote | Payment | Refund | Deposit) -> None:
    """Whatever of it waits; what stays held says why by itself, and holds the first."""
    connection = crew.connection
    needed = needed_before(crew.connector, first)
    for kind, keys in needed.items():
        unseen = in_scope(connection, kind).filter(pk__in=keys)
        fresh = unseen.exclude(sync_records__connection=connection)
        make_wishes(connection, kind, list(fresh.only("pk", "revision")))
    want_masters(connection)
    subjects: Keys = {**needed, Kind(first.kind): {*needed[Kind(first.kind)], first.pk}}
    for customers in _families(_customers(subjects)):
        _send(crew, Kind.CUSTOMER, customers)
    _send(crew, Kind.ITEM, _items(crew, subjects))
    for kind in ORDER:
        _send(crew, kind, needed[kind])


def needed_before(connector: Connector, first: CreditNote | Payment | Refund | Deposit) -> Keys:
    """Keys of ours by kind, and of those what they need themselves; customers and items apart."""
    found: Keys = defaultdict(set)
    match first:
        case Payment():
            _of_payments(connector, {first.pk}, found)
        case Refund():
            _of_refunds(connector, {first.pk}, found)
        case Deposit():
            lines = first.lines.values_list("payment_id", "refund_id")
            for payment_id, refund_id in lines:
                found[Kind.PAYMENT] |= {payment_id} - {None}
                found[Kind.REFUND] |= {refund_id} - {None}
            _of_payments(connector, found[Kind.PAYMENT], found)
            _of_refunds(connector, found[Kind.REFUND], found)
    return found


def _of_payments(connector: Connector, payments: set[int], found: Keys) -> None:
    """The invoices that they settle, where those travel inside them."""
    if connector.capabilities.payments_carry_allocations:
        parts = Allocation._base_manager.filter(payment__in=payments, reversed_on=None)
        settled = parts.filter(invoice__isnull=False)
        found[Kind.INVOICE] |= set(settled.values_list("invoice_id", flat=True))


def _of_refunds(connector: Connector, refunds: set[int], found: Keys) -> None:
    """What they pay back, where their ledger wants it there first."""
    if not connector.capabilities.refunds_name_sources:
        return
    parts = Allocation._base_manager.filter(refund__in=refunds, reversed_on=None)
    for kind in (Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.ADJUSTMENT):
        keys = parts.exclude(**{kind.value: None}).values_list(f"{kind.value}_id", flat=True)
        found[kind] |= set(keys)


def _customers(subjects: Keys) -> set[int]:
    found: set[int] = set()
    for kind, keys in subjects.items():
        if kind != Kind.DEPOSIT and keys:
            found |= set(rows_of(kind).filter(pk__in=keys).values_list("customer_id", flat=True))
    return found


def _items(crew: Crew, subjects: Keys) -> set[int]:
    found: set[int | None] = set()
    for kind in DOCUMENTS:
        rows = rows_of(kind).filter(pk__in=subjects.get(kind, set()))
        found |= set(rows.values_list("lines__item_id", flat=True))
        found |= set(rows.values_list("discount_item_id", flat=True))
    if None in found:
        found.add(crew.connection.company.plain_item_id)
    return {key for key in found if key is not None}


def _families(customers: set[int]) -> list[set[int]]:
    """Those above before those under them."""
    levels = [customers]
    while level := set(
        Customer._base_manager.filter(pk__in=levels[-1], parent__isnull=False).values_list(
            "parent_id", flat=True
        )
    ):
        levels.append(level)
    return levels[::-1]


def _send(crew: Crew, kind: Kind, keys: set[int]) -> None:
    """Those that wait, and those that waited for the first of their kind: it may be open by now, and
    no run has released them yet. The plan holds them where it is not."""
    held = Q(state=State.NEEDS_PERSON, reason=Reason.FIRST_OF_ITS_KIND)
    waiting = SyncRecord.objects.filter(
        held | Q(state=State.WAITING), connection=crew.connection, **{f"{kind.value}__in": keys}
    )
    send_whole(crew, kind, list(waiting))
