"""What a link changes of a name, an e-mail address, a code or a price once the books are live: both sides say one thing
then, and the other one gives way. Told before a pair is accepted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import CustomerSnapshot, ItemSnapshot, Master
from apps.sync.match.likeness import Party, Thing
from apps.sync.match.pairs import Matches, Pair
from apps.sync.models import Side
from apps.sync.rules.choosing import rules_of
from apps.sync.wording import money

Record = Party | Thing


class Field(StrEnum):
    """Of a snapshot: what a bookkeeper knows a record by."""

    NAME = "name"
    EMAIL = "email"
    CODE = "code"
    PRICE = "unit_price"

    @property
    def word(self) -> str:
        return {Field.PRICE: "price", Field.EMAIL: "e-mail address"}.get(self, self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class GivesWay:
    """One field of a pair: `old` gives way to `new`, both in words. `there`: the record of theirs is
    changed; else ours is, where staff chose that theirs wins in it."""

    field: Field
    old: str
    new: str
    there: bool


def told_of(
    connection: Connection,
    connector: Connector,
    found: Matches,
    pairs: Iterable[Pair],
    called: Mapping[int, str],
) -> Mapping[Pair, tuple[GivesWay, ...]]:
    """For each of these pairs what gives way; empty where both say the same. `called`: what their
    lists call theirs, by key of the remote record. Asks for the rules alone."""
    theirs_win = frozenset(
        name for name, each in rules_of(connection, found.kind).items() if each.side == Side.THEIRS
    )
    return {
        each: gives_way(
            connector,
            found.here[each.ours],
            found.there[each.theirs],
            standing=called.get(each.theirs, ""),
            theirs_win=theirs_win,
        )
        for each in pairs
    }


def gives_way(
    connector: Connector,
    ours: Record,
    theirs: Record,
    *,
    standing: str,
    theirs_win: frozenset[str] = frozenset(),
) -> tuple[GivesWay, ...]:
    """What one says otherwise than the other, each as that ledger can hold it. `standing` is what
    their lists call theirs, `theirs_win` are fields of a snapshot in which theirs wins. What is empty
    on one side is filled from the other, and nothing gives way. Pure."""
    return tuple(_each(connector, ours, theirs, standing or theirs.name, theirs_win))


def counted(told: Iterable[tuple[GivesWay, ...]], *, there: bool) -> Mapping[Field, int]:
    """How many records of one side bear another of each afterwards; none left out is nil."""
    every = [each.field for some in told for each in some if each.there == there]
    return {field: every.count(field) for field in Field if field in every}


def _each(
    connector: Connector, ours: Record, theirs: Record, standing: str, theirs_win: frozenset[str]
) -> Iterator[GivesWay]:
    mine, yours = _held(connector, _master(ours)), _held(connector, _master(theirs))
    if Field.NAME in theirs_win:
        if mine.name != yours.name:
            yield GivesWay(field=Field.NAME, old=ours.name, new=theirs.name, there=False)
    elif (named := connector.listed_as(_master(ours), standing)) != standing:
        yield GivesWay(field=Field.NAME, old=standing, new=named, there=True)
    if isinstance(mine, CustomerSnapshot) and isinstance(yours, CustomerSnapshot):
        yield from _of_customer(mine, yours, there=Field.EMAIL not in theirs_win)
    if isinstance(mine, ItemSnapshot) and isinstance(yours, ItemSnapshot):
        yield from _of_item(mine, yours, ours, price_there=Field.PRICE not in theirs_win)


def _of_customer(
    mine: CustomerSnapshot, yours: CustomerSnapshot, *, there: bool
) -> Iterator[GivesWay]:
    one, other = mine.email, yours.email
    if one and other and one.casefold() != other.casefold():
        old, new = (other, one) if there else (one, other)
        yield GivesWay(field=Field.EMAIL, old=old, new=new, there=there)


def _of_item(
    mine: ItemSnapshot, yours: ItemSnapshot, ours: Record, *, price_there: bool
) -> Iterator[GivesWay]:
    # Where their item has no code, its name may stand for it.
    if mine.code and yours.code not in ("", mine.code, yours.name):
        yield GivesWay(field=Field.CODE, old=yours.code, new=mine.code, there=True)
    one, other = mine.unit_price, yours.unit_price
    if one and other and one != other:
        currency = ours.currency if isinstance(ours, Thing) else ""
        old, new = (other, one) if price_there else (one, other)
        yield GivesWay(
            field=Field.PRICE,
            old=money(old, currency),
            new=money(new, currency),
            there=price_there,
        )


def _master(record: Record) -> Master:
    if isinstance(record, Party):
        # Of several addresses each is one that the other side may have too.
        only = next(iter(record.emails)) if len(record.emails) == 1 else ""
        return CustomerSnapshot(marker="", name=record.name, email=only)
    return ItemSnapshot(marker="", code=record.code, name=record.name, unit_price=record.price)


def _held(connector: Connector, master: Master) -> Master:
    held = connector.project(master)
    assert isinstance(held, Master), "what a ledger holds of one is of its kind"
    return held
