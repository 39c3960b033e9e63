"""Which customers (items) of ours and of theirs may be one: found by keys, never all against all."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import Kind
from apps.core.likeness import normal_code
from apps.core.names import Name, normalised
from apps.sync.match.decided import Decided
from apps.sync.match.likeness import (
    Level,
    Likeness,
    Party,
    Thing,
    customers_alike,
    items_alike,
    tax_number_of,
)
from apps.sync.match.sides import Ours, our_emails, ours_of, theirs_of

MASTERS = (Kind.CUSTOMER, Kind.ITEM)
COMMON = 60  # of theirs under one key: from here on it is no key, but a word like “Services”
AT_MOST = 10  # of theirs that are shown for one of ours
ENDS = 5  # letters at either end of a name by which slips of the pen are found
SLIPS = 4  # letters of a word from which on it is also looked for with one letter missing

Record = Party | Thing


@dataclass(frozen=True, slots=True)
class Pair:
    """Keys of our record and of their remote record, and how alike they are."""

    ours: int
    theirs: int
    likeness: Likeness

    @property
    def exact(self) -> bool:
        return self.likeness.level is Level.EXACT


@dataclass(frozen=True, slots=True)
class Matches:
    """Everything of one kind that is tied to nothing: in pairs, best first, or alone.

    `chosen` are those of ours that a person said are created there.
    """

    kind: Kind
    pairs: tuple[Pair, ...]
    only_here: tuple[int, ...]
    only_there: tuple[int, ...]
    here: Mapping[int, Record] = field(default_factory=dict)  # ours, by key
    there: Mapping[int, Record] = field(default_factory=dict)  # theirs, by key of the remote record
    chosen: frozenset[int] = field(default=frozenset())

    @property
    def archived(self) -> frozenset[int]:
        """Theirs that are not used any more."""
        return frozenset(key for key, each in self.there.items() if not each.active)

    @property
    def exact(self) -> tuple[Pair, ...]:
        return tuple(each for each in self.pairs if each.exact)

    @property
    def likely(self) -> tuple[Pair, ...]:
        return tuple(each for each in self.pairs if not each.exact)


def matches(connection: Connection, connector: Connector, kind: Kind) -> Matches:
    """All of a kind. Reads a bounded number of statements, and makes no call."""
    index = Index.of(connection, connector, kind)
    if kind == Kind.CUSTOMER:
        index.learn_shared(our_emails(connection))
    ours = ours_of(connection, kind)
    pairs = index.pairs(ours, Decided.of(connection, kind))
    mine, yours = {each.ours for each in pairs}, {each.theirs for each in pairs}
    return Matches(
        kind=kind,
        pairs=tuple(pairs),
        only_here=tuple(each.record.key for each in ours if each.record.key not in mine),
        only_there=tuple(key for key in index.records if key not in yours),
        here={each.record.key: each.record for each in ours},
        there=index.records,
        chosen=frozenset(each.record.key for each in ours if each.chosen_at is not None),
    )


def alike_of(
    connection: Connection, connector: Connector, kind: Kind, keys: Collection[int]
) -> frozenset[int]:
    """Those of these of ours that are like something of theirs of which nobody has decided."""
    index = Index.of(connection, connector, kind)
    if kind == Kind.CUSTOMER:
        index.learn_shared(our_emails(connection))
    pairs = index.pairs(ours_of(connection, kind, keys), Decided.of(connection, kind, keys))
    return frozenset(each.ours for each in pairs)


def evidence_of(
    connection: Connection, connector: Connector, kind: Kind, ours: int, theirs: int
) -> str:
    """What speaks for and against one pair, in words; "" where nothing speaks for it."""
    mine = ours_of(connection, kind, {ours})
    yours = theirs_of(connection, connector, kind, {theirs})
    if not mine or not yours:
        return ""
    told = alike(mine[0].record, yours[0].record)
    return "; ".join((*told.reasons, *told.against)) if told is not None else ""


def alike(ours: Record, theirs: Record, shared: frozenset[str] = frozenset()) -> Likeness | None:
    """Two customers or two items; None where nothing says that they are one."""
    if isinstance(ours, Party) and isinstance(theirs, Party):
        return customers_alike(ours, theirs, shared=shared)
    if isinstance(ours, Thing) and isinstance(theirs, Thing):
        return items_alike(ours, theirs)
    return None


@dataclass(slots=True)
class Index:
    """What of theirs is tied to nothing, by the keys under which it is looked for."""

    kind: Kind
    records: dict[int, Record]
    read_at: Mapping[int, datetime]  # when each was first read
    shared: frozenset[str] = frozenset()  # e-mail addresses that several have
    _keys: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, connection: Connection, connector: Connector, kind: Kind) -> "Index":
        theirs = theirs_of(connection, connector, kind)
        index = cls(
            kind=kind,
            records={each.record.key: each.record for each in theirs},
            read_at={each.record.key: each.first_read_at for each in theirs},
        )
        for key, record in index.records.items():
            for word in set(keys_of(record)):
                index._keys[word].append(key)
        return index

    def learn_shared(self, emails: Iterable[frozenset[str]]) -> None:
        """Which addresses several have, given those of all our customers."""
        self.shared = _shared(emails, self.records.values())

    def pairs(self, ours: Sequence[Ours], decided: Decided) -> list[Pair]:
        """Of these, best first; one of each side in exact ones, and then in no other."""
        found = [pair for each in ours for pair in self._of(each, decided)]
        return sorted(_one_to_one(found), key=lambda each: (not each.exact, -each.likeness.figure))

    def _of(self, ours: Ours, decided: Decided) -> list[Pair]:
        found = []
        for key in self._near(ours.record):
            if decided.keeps_apart(ours.record.key, key) or ours.is_beyond(self.read_at[key]):
                continue
            likeness = alike(ours.record, self.records[key], self.shared)
            if likeness is not None:
                found.append(Pair(ours.record.key, key, likeness))
        return sorted(found, key=lambda each: (not each.exact, -each.likeness.figure))[:AT_MOST]

    def _near(self, record: Record) -> set[int]:
        found: set[int] = set()
        once: set[int] = set()  # under one key that says little
        for word in set(keys_of(record)):
            some: Sequence[int] = self._keys.get(word, ())
            if len(some) > COMMON:
                # So many of one very name are shown in part, never passed over.
                found.update(some[:AT_MOST] if word[0] == PROOF else ())
            elif word[0] in TELLING:
                found.update(some)
            else:
                found.update(once.intersection(some))
                once.update(some)
        return found


# --- Keys -----------------------------------------------------------------------------------------

# What a key begins with: of the very same thing, the same words, a slip of the pen, an end of the
# name. One key of the last, or one word alone, says little.
PROOF, SAME_WORDS, SLIP, BEGINS, ENDS_SO = "=", "~", "-", "^", "$"
TELLING = (PROOF, SAME_WORDS, SLIP)


def keys_of(record: Record) -> Iterator[str]:
    """The words under which a record is found by whatever may be one with it."""
    if isinstance(record, Party):
        yield from (f"{PROOF}@{each}" for each in record.emails)
        if number := tax_number_of(record.tax_number):
            yield f"{PROOF}#{number}"
    else:
        # Their name may be our code, or begin with it.
        yield from {
            f"{PROOF}!{each}" for each in map(normal_code, (record.code, record.name)) if each
        }
        if record.code:
            yield from _of_name(normalised(f"{record.code} {record.name}"))
    yield from _of_name(normalised(record.name))


def _of_name(name: Name) -> Iterator[str]:
    if not name.whole:
        return
    yield f"{PROOF}{name.whole}"
    words = [each for each in name.words if each != "and"]
    yield f"{SAME_WORDS}{' '.join(sorted(name.words))}"
    yield from {each for each in words if len(each) > 2}
    yield from {f"{one} {other}" for one, other in pairwise(words)}
    squeezed = name.whole.replace(" ", "")
    yield f"{SAME_WORDS}{squeezed}"  # but for a space
    yield f"{BEGINS}{squeezed[:ENDS]}"
    yield f"{ENDS_SO}{squeezed[-ENDS:]}"
    # Two spellings that differ in one letter, or in two that changed places, are one where one
    # letter of each is left out: of the word that names it, mostly the first or the longest.
    for word in {*words[:1], max(words, key=len, default="")}:
        if len(word) >= SLIPS - 1:
            yield f"{SLIP}{word}"
        if len(word) >= SLIPS:
            yield from {f"{SLIP}{word[:at]}{word[at + 1 :]}" for at in range(len(word))}


def _shared(emails: Iterable[frozenset[str]], theirs: Iterable[Record]) -> frozenset[str]:
    """Addresses that more than one customer of either side has."""
    ours = Counter(each for some in emails for each in some)
    others = Counter(
        each for record in theirs if isinstance(record, Party) for each in record.emails
    )
    return frozenset(each for each in {*ours, *others} if ours[each] > 1 or others[each] > 1)


# --- One to one -----------------------------------------------------------------------------------


def _one_to_one(pairs: Sequence[Pair]) -> list[Pair]:
    """An exact pair of which one side fits another as well is only likely; what is left of the
    exact ones takes both sides out of every other pair."""
    by_ours, by_theirs = _grouped(pairs, lambda each: each.ours), _grouped(
        pairs, lambda each: each.theirs
    )  # fmt: skip
    told = []
    for pair in pairs:
        here, there = by_theirs[pair.theirs], by_ours[pair.ours]
        also_here = sum(_as_well(each, pair) for each in here)
        also_there = sum(_as_well(each, pair) for each in there)
        against = [f"{also_there + 1} of theirs fit it equally well"] if also_there else []
        against += [f"{also_here + 1} of ours fit it equally well"] if also_here else []
        told.append(_doubted(pair, against) if against else pair)
    exact = [each for each in told if each.exact]
    mine, yours = {each.ours for each in exact}, {each.theirs for each in exact}
    return [each for each in told if each.exact or not (each.ours in mine or each.theirs in yours)]


def _grouped(
    pairs: Iterable[Pair], key: Callable[[Pair], int]
) -> Mapping[int, list[Pair]]:  # fmt: skip
    found: dict[int, list[Pair]] = defaultdict(list)
    for each in pairs:
        found[key(each)].append(each)
    return found


def _as_well(other: Pair, pair: Pair) -> bool:
    """Whether another pair with one side of this is as good: as exact, or as near by name without
    anything that speaks against it."""
    if other is pair:
        return False
    if pair.exact:
        clean = not other.likeness.against
        return other.exact or (clean and other.likeness.figure > pair.likeness.figure)
    same = other.likeness.figure == pair.likeness.figure
    return other.exact or (same and bool(other.likeness.against) == bool(pair.likeness.against))


def _doubted(pair: Pair, against: Collection[str]) -> Pair:
    likeness = replace(
        pair.likeness, level=Level.LIKELY, against=(*pair.likeness.against, *against)
    )
    return replace(pair, likeness=likeness)
