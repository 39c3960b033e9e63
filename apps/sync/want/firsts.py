"""Of which kinds the first real record matched, so that the others follow by themselves."""

from collections.abc import Iterable
from collections.abc import Mapping as Mapped

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.fingerprint import fingerprint, fingerprint_from
from apps.mappings.look_up import Key
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import TRIED_FIRST, FirstOfKind

Subject = Mapping.Subject
_PLACES = (Subject.METHOD_ACCOUNT, Subject.PLACE_ACCOUNT, Subject.METHOD)
_FEES = (Subject.BANK_CHARGE, Subject.INPUT_TAX)
_ROLES = (
    *_FEES,
    Subject.EARLY_DISCOUNT,
    Subject.TAX_WITHHELD,
    Subject.SMALL_DIFFERENCE,
    Subject.BAD_DEBT,
    Subject.RETAINER,
)
# What a record of the kind is translated by: a change of one of these asks for a new first.
RELIES_ON: dict[Kind, tuple[str, ...]] = {
    Kind.CREDIT_NOTE: (Subject.INCOME, Subject.ITEM_ACCOUNT, Subject.TAX, Subject.NO_TAX),
    Kind.PAYMENT: _PLACES,
    Kind.REFUND: (*_PLACES, *_FEES),
    Kind.DEPOSIT: (Subject.BANK_ACCOUNT, *_PLACES, *_ROLES),
}
assert set(RELIES_ON) == set(TRIED_FIRST), "of each kind it is known what it relies on"


def relied_on(
    connection: Connection, kind: Kind, *, instead: Mapped[Key, RemoteCode] | None = None
) -> str:
    """The fingerprint in force of what a record of this kind is translated by."""
    return fingerprint(connection, of=RELIES_ON[kind], instead=instead)


def open_by(
    connection: Connection, rows: Iterable[Mapping], used: Mapped[str, str]
) -> frozenset[Kind]:
    """`open_kinds`, from the mappings of the connection as they were read and the fingerprints under which
    the firsts matched, by kind."""
    return frozenset(
        Kind(kind)
        for kind, fingerprint in used.items()
        if fingerprint == fingerprint_from(connection, rows, RELIES_ON[Kind(kind)])
    )


def open_kinds(connection: Connection) -> frozenset[Kind]:
    """The kinds whose first matched under what is in force now."""
    tried = FirstOfKind.objects.filter(connection=connection, opened_at__isnull=False)
    return frozenset(
        Kind(kind)
        for kind, used in tried.values_list("kind", "fingerprint")
        if used == relied_on(connection, Kind(kind))
    )
