"""How each kind stands on a connection, and which of its records is the best first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.billing.models import CreditNote, Payment, Refund
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.together import Together
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping
from apps.sync.assemble import Assembler
from apps.sync.models import (
    TRIED_FIRST,
    FirstOfKind,
    RemoteRecord,
    State,
    SyncRecord,
    rows_of,
)
from apps.sync.want.firsts import open_by, open_kinds
from apps.sync.want.wishes import in_scope
from apps.sync.wording import listed

LOOKED_AT = 200  # of the latest that wait
TRIED = 10  # of the best of them


@dataclass(frozen=True, kw_only=True, slots=True)
class KindStands:
    """One kind: open or not, how many wait, and what was tried last."""

    kind: Kind
    words: str
    is_open: bool
    waiting: int
    row: FirstOfKind | None
    tried: SyncRecord | None  # what was sent as the first, has not matched and was not taken back

    @property
    def is_asked_anew(self) -> bool:
        """It matched once, under what has changed since."""
        return not self.is_open and self.row is not None and self.row.opened_at is not None

    @property
    def asks(self) -> bool:
        """Whether a person has something to try."""
        return not self.is_open and (self.waiting > 0 or self.tried is not None)


def kinds_of(connection: Connection) -> list[KindStands]:
    """Of each kind that these books have and whose first is a test, in the order in which they are
    best tried: a refund pays back what is there, a bank deposit holds what is."""
    rows = {
        Kind(each.kind): each
        for each in FirstOfKind.objects.filter(connection=connection).select_related(
            "record", "opened_by"
        )
    }
    opened = open_kinds(connection)
    return [
        KindStands(
            kind=kind,
            words=FirstOfKind.Of(kind.value).label,
            is_open=kind in opened,
            waiting=0 if kind in opened else waiting(connection, kind).count(),
            row=rows.get(kind),
            tried=None if kind in opened else _tried(connection, kind, rows.get(kind)),
        )
        for kind in TRIED_FIRST
        if kind in connection.capabilities.kinds
    ]


def _tried(connection: Connection, kind: Kind, row: FirstOfKind | None) -> SyncRecord | None:
    if row is None or row.record is None or row.opened_at is not None:
        return None
    still = in_scope(connection, kind).filter(pk=row.record.subject_id)
    return row.record if still.exists() else None


@dataclass(frozen=True, kw_only=True, slots=True)
class KindAsks:
    """A kind of which a person has one to try."""

    kind: Kind
    words: str
    waiting: int
    tried: bool  # one was sent and has not matched


def ask_kinds(asked: Together, connection: Connection, most: int | None = None) -> None:
    """Put what `kinds_that_ask` reads; with `most` nothing is counted beyond it."""
    firsts = FirstOfKind.objects.filter(connection=connection)
    matched = firsts.filter(opened_at__isnull=False)
    asked.rows((connection.pk, "matched"), matched, "kind", "fingerprint")
    for kind in _tried_first(connection):
        asked.count((connection.pk, kind, "waiting"), waiting(connection, kind), most=most)
        sent = firsts.filter(kind=kind.value, opened_at=None, record__isnull=False)
        tried = in_scope(connection, kind).filter(pk__in=sent.values(f"record__{kind.value}"))
        asked.count((connection.pk, kind, "tried"), tried, most=0)


def kinds_that_ask(
    asked: Together, connection: Connection, rows: Iterable[Mapping]
) -> list[KindAsks]:
    """Of `kinds_of` those that ask; `rows` are the mappings of the connection."""
    used = {kind: by for kind, by in asked.rows_of((connection.pk, "matched"))}  # noqa: C416 # of pairs
    opened = open_by(connection, rows, used)
    found = [
        KindAsks(
            kind=kind,
            words=str(FirstOfKind.Of(kind.value).label),
            waiting=asked.count_of((connection.pk, kind, "waiting")),
            tried=bool(asked.count_of((connection.pk, kind, "tried"))),
        )
        for kind in _tried_first(connection)
        if kind not in opened
    ]
    return [each for each in found if each.waiting or each.tried]


def _tried_first(connection: Connection) -> list[Kind]:
    return [kind for kind in TRIED_FIRST if kind in connection.capabilities.kinds]


def kinds_closed(connection: Connection) -> frozenset[Kind]:
    """The kinds of which these books have none that goes over by itself yet."""
    return frozenset(TRIED_FIRST) & connection.capabilities.kinds - open_kinds(connection)


def closed_kinds(connection: Connection) -> list[str]:
    """What staff call them."""
    closed = kinds_closed(connection)
    return [str(FirstOfKind.Of(kind.value).label).lower() for kind in TRIED_FIRST if kind in closed]


def waiting(connection: Connection, kind: Kind) -> QuerySet[SyncRecord]:
    """Those that would be created there, and were not yet."""
    there = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False)
    return SyncRecord.objects.filter(
        ~Exists(there),
        connection=connection,
        kind=kind,
        state__in=[State.WAITING, State.NEEDS_PERSON],
        opening=False,
        sent=0,
    )


def choices_of(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Records of ours that may be tried, the latest first."""
    keys = waiting(connection, kind).values(f"{kind.value}_id")
    return rows_of(kind).filter(pk__in=keys).order_by("-pk")


@dataclass(frozen=True, slots=True)
class ProposedFirst:
    """A record that waits, and in a sentence why this one."""

    record: Any
    why: str


def proposed_first(connection: Connection, kind: Kind) -> ProposedFirst | None:
    """The one that shows most of what can go wrong; what something else holds comes last. None
    where nothing waits."""
    keys = list(choices_of(connection, kind).values_list("pk", flat=True)[:LOOKED_AT])
    rows = COUNTED[kind](rows_of(kind).filter(pk__in=keys))
    shows = SHOWS[kind]
    ranked = sorted(rows, key=lambda each: (len(list(shows(each))), each.pk), reverse=True)
    if not ranked:
        return None
    best = ranked[:TRIED]
    assembler = Assembler(connection, open_connector(connection), Mappings.of(connection))
    made = assembler.many(kind, [each.pk for each in best])
    lacking = {each.pk: len(each.obstacles) for each in made if not each.left_out}
    # What their books have in no form at all is no test.
    chosen = min(
        (each for each in best if each.pk in lacking),
        key=lambda each: lacking[each.pk],
        default=None,
    )
    if chosen is None:
        return None
    told = list(shows(chosen))
    return ProposedFirst(chosen, f"Proposed because it has {listed(told)}." if told else "")


# --- What of it can go wrong, in words --------------------------------------------------------


def _of_credit_note(note: CreditNote) -> Iterator[str]:
    counted: dict[str, int] = vars(note)
    if note.tax:
        yield "tax"
    if counted["lowered"]:
        yield "a discount"
    if counted["of_lines"] > 1:
        yield f"{counted['of_lines']} lines"


def _of_payment(payment: Payment) -> Iterator[str]:
    settles: int = vars(payment)["settles"]
    if settles:
        yield (
            "an invoice that it settles" if settles == 1 else f"{settles} invoices that it settles"
        )
    if settles > 1:
        yield "a split"
    if payment.on_account and settles:
        yield "a rest on account"
    if payment.reference:
        yield "a reference"


def _of_refund(refund: Refund) -> Iterator[str]:
    if refund.fee_net:
        yield "a fee"
    if refund.fee_tax:
        yield "tax in the fee"
    if refund.reference:
        yield "a reference"


def _of_deposit(deposit: Any) -> Iterator[str]:
    counted: dict[str, int] = vars(deposit)
    if counted["of_lines"] > 1:
        yield f"{counted['of_lines']} lines"
    if counted["charges"]:
        yield "a fee taken off"


SHOWS: dict[Kind, Callable[[Any], Iterator[str]]] = {
    Kind.CREDIT_NOTE: _of_credit_note,
    Kind.PAYMENT: _of_payment,
    Kind.REFUND: _of_refund,
    Kind.DEPOSIT: _of_deposit,
}
_LINES = Count("lines", distinct=True)
COUNTED: dict[Kind, Callable[[QuerySet[Any]], QuerySet[Any]]] = {
    Kind.CREDIT_NOTE: lambda rows: rows.annotate(
        of_lines=_LINES,
        lowered=Count("lines", filter=Q(lines__discount_net__gt=0), distinct=True),
    ),
    Kind.PAYMENT: lambda rows: rows.annotate(
        settles=Count("allocations", filter=Q(allocations__reversed_on=None), distinct=True)
    ),
    Kind.REFUND: lambda rows: rows,
    Kind.DEPOSIT: lambda rows: rows.annotate(
        of_lines=_LINES, charges=Count("lines", filter=~Q(lines__role=""), distinct=True)
    ),
}
assert set(SHOWS) == set(COUNTED) == set(TRIED_FIRST), "of each kind one is proposed"
