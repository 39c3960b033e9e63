"""Records of ours by the objects of theirs that they are today, read in portions as they are looked at."""

from array import array
from collections.abc import Callable, Collection, ItemsView, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from apps.billing.models import Synced
from apps.connectors.snapshots import Kind
from apps.sync.models import SyncRecord

Key = tuple[str, str]  # their kind, their id
Subject = TypeVar("Subject", bound=Synced)
Label = TypeVar("Label")

MONEY_KINDS = (
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.PAYMENT,
    Kind.ADJUSTMENT,
    Kind.REFUND,
    Kind.DEPOSIT,
)
# What is read with a record, where it is not its customer alone.
BESIDE: Mapping[Kind, tuple[str, ...]] = {
    Kind.INVOICE: (),  # it bears its customer's name
    Kind.CREDIT_NOTE: (),
    Kind.PAYMENT: ("customer", "method"),
    Kind.REFUND: ("customer", "method"),
    Kind.DEPOSIT: ("bank_account",),
}
PORTION = 500  # records: a query for each kind among them


class Places(Generic[Subject]):
    """Records of ours, each as one number: of its key and its kind."""

    @staticmethod
    def code(kind: Kind, pk: int) -> int:
        return pk * len(MONEY_KINDS) + MONEY_KINDS.index(kind)

    @staticmethod
    def place(code: int) -> tuple[Kind, int]:
        pk, index = divmod(code, len(MONEY_KINDS))
        return MONEY_KINDS[index], pk

    @classmethod
    def read(cls, labelled: Iterable[tuple[Label, int]]) -> Iterator[tuple[Label, Subject]]:
        """Each code's record, behind its label. Records of one portion are read together."""
        waiting = iter(labelled)
        while portion := list(islice(waiting, PORTION)):
            found = _rows({code for _, code in portion})
            for label, code in portion:
                yield label, found[code]


class Shelf(Mapping[Key, Subject]):
    """Records by key of theirs, in the order in which they were put. Only keys are held; a record is
    another instance at each look."""

    def __init__(self) -> None:
        self._codes: dict[Key, int] = {}
        self._several: dict[int, tuple[Key, ...]] = {}  # of those that are several objects: all

    def put(self, keys: Sequence[Key], kind: Kind, pk: int) -> None:
        code = Places.code(kind, pk)
        self._codes.update(dict.fromkeys(keys, code))
        if len(keys) > 1:
            self._several[code] = tuple(keys)

    def __getitem__(self, key: Key) -> Subject:
        code = self._codes[key]
        found: Subject = _rows({code})[code]
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._codes

    def __iter__(self) -> Iterator[Key]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def items(self) -> ItemsView[Key, Subject]:
        """Each object of theirs with its record."""
        return _Items(self)

    def pairs(self) -> Iterator[tuple[Key, Subject]]:
        return Places[Subject].read(self._codes.items())

    def once(self) -> Iterator[tuple[Key, Subject]]:
        """Each record once, with the first of its objects."""
        for keys, subject in self.together(MONEY_KINDS):
            yield keys[0], subject

    def together(self, kinds: Collection[Kind]) -> Iterator[tuple[tuple[Key, ...], Subject]]:
        """Each record of these kinds with all its objects; of others each object with its record."""
        return Places[Subject].read(self._together(kinds))

    def _together(self, kinds: Collection[Kind]) -> Iterator[tuple[tuple[Key, ...], int]]:
        for key, code in self._codes.items():
            keys = self._several.get(code, (key,))
            if Places.place(code)[0] not in kinds:
                keys = (key,)
            if keys[0] == key:
                yield keys, code

    def those(self, has: Callable[[Key], bool]) -> "Shelf[Subject]":
        """Records of which an object is one that `has` says yes to, with all their objects."""
        found = Shelf[Subject]()
        for keys, code in self._together(MONEY_KINDS):
            if any(map(has, keys)):
                found.put(keys, *Places.place(code))
        return found

    def several(self) -> Iterator[tuple[Kind, tuple[Key, ...]]]:
        """Records that are several objects: of which kind, and which. No record is read."""
        for code, keys in self._several.items():
            yield Places.place(code)[0], keys

    def pks(self) -> "array[int]":
        """The keys of ours, in their order. No record is read."""
        return array("q", (Places.place(code)[1] for code in self._codes.values()))

    def ids_of(self, kind: Kind, pks: Collection[int] | None = None) -> frozenset[str]:
        """Their ids of records of a kind, of these keys of ours or all. No record is read."""
        places = ((key, Places.place(code)) for key, code in self._codes.items())
        return frozenset(
            remote_id
            for (_, remote_id), (own, pk) in places
            if own is kind and (pks is None or pk in pks)
        )


class _Items(ItemsView[Key, Subject]):
    def __init__(self, shelf: Shelf[Subject]) -> None:
        super().__init__(shelf)
        self._shelf = shelf

    def __iter__(self) -> Iterator[tuple[Key, Subject]]:
        return self._shelf.pairs()


def beside(kind: Kind) -> tuple[str, ...]:
    """What is read with a record of a kind."""
    return BESIDE.get(kind, ("customer",))


def _rows(codes: Collection[int]) -> dict[int, Any]:
    by_kind: dict[Kind, list[int]] = {}
    for kind, pk in map(Places.place, codes):
        by_kind.setdefault(kind, []).append(pk)
    found: dict[int, Any] = {}
    for kind, pks in by_kind.items():
        model: Any = SyncRecord._meta.get_field(kind.value).related_model
        rows = model._default_manager.all()
        if names := beside(kind):
            rows = rows.prefetch_related(*names)  # one of each, however many records have it
        found |= {Places.code(kind, pk): row for pk, row in rows.in_bulk(pks).items()}
    return found
