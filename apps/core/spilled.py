"""A mapping that lies on disk: what must wait for its turn without being held in memory."""

import dataclasses
import io
import pickle
import sqlite3
from collections.abc import Callable, ItemsView, Iterator, MutableMapping, ValuesView
from operator import attrgetter, methodcaller
from types import MemberDescriptorType
from typing import Any, TypeVar

Value = TypeVar("Value")
Key = TypeVar("Key", bound=tuple[str, ...])
BETWEEN = "\x1f"  # parts of a key; no id or kind of anybody's holds it
CACHE = 256  # kilobytes that one mapping holds in memory


class Spilled(MutableMapping[Key, Value]):
    """Keys of texts → any value that can be pickled, in the order in which the keys first came.

    Each read gives another copy. `told` are attributes of the values by which they are found too.
    It lies in a temporary file of SQLite, which is gone with it; one thread uses it.
    """

    def __init__(self, *told: str) -> None:
        self._told = {each: attrgetter(each) for each in told}
        self._file = sqlite3.connect("", isolation_level=None)
        names = [f'"{each}"' for each in ("key", "value", *told)]
        also = "".join(f", {name} TEXT" for name in names[2:])
        updates = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        self._put = (
            f"INSERT INTO kept ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of attributes, written in our code
            f" ON CONFLICT (key) DO UPDATE SET {updates}"
        )
        for pragma in (f"cache_size = -{CACHE}", "journal_mode = OFF", "synchronous = OFF"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute(
            f"CREATE TABLE kept (place INTEGER PRIMARY KEY, key TEXT UNIQUE, value BLOB{also})"
        )
        for each in told:
            self._file.execute(f'CREATE INDEX "by_{each}" ON kept ("{each}")')
        self._one = self._file.cursor()  # for what one statement answers with one row
        self._file.execute("BEGIN")  # one for all that comes: nothing is ever undone

    def __setitem__(self, key: Key, value: Value) -> None:
        told = [get(value) for get in self._told.values()]
        row = (BETWEEN.join(key), _written(value), *told)
        self._one.execute(self._put, row)

    def __getitem__(self, key: Key) -> Value:
        found = self._found("SELECT value FROM kept WHERE key = ?", key)
        if found is None:
            raise KeyError(key)
        return _read(found[0])

    def get(self, key: Key, default: Any = None) -> Any:
        found = self._found("SELECT value FROM kept WHERE key = ?", key)
        return default if found is None else _read(found[0])

    def __delitem__(self, key: Key) -> None:
        if not self._file.execute("DELETE FROM kept WHERE key = ?", [BETWEEN.join(key)]).rowcount:
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, tuple):
            return False
        return self._found("SELECT 1 FROM kept WHERE key = ?", key) is not None

    def _found(self, statement: str, key: tuple[str, ...]) -> Any:
        return self._one.execute(statement, [BETWEEN.join(key)]).fetchone()

    def __len__(self) -> int:
        (count,) = self._file.execute("SELECT COUNT(*) FROM kept").fetchone()
        return int(count)

    def __iter__(self) -> Iterator[Key]:
        for (key,) in self._file.execute("SELECT key FROM kept ORDER BY place"):
            yield _key(key)

    def items(self) -> ItemsView[Key, Value]:
        return _Items(self)

    def values(self) -> ValuesView[Value]:
        return _Values(self)

    def pairs(self) -> Iterator[tuple[Key, Value]]:
        return self._pairs("SELECT key, value FROM kept ORDER BY place")

    def by_key(self) -> Iterator[tuple[Key, Value]]:
        """In the order of the keys as texts."""
        return self._pairs("SELECT key, value FROM kept ORDER BY key")

    def by_number(self) -> Iterator[tuple[Key, Value]]:
        """In the order of keys that are whole numbers."""
        return self._pairs("SELECT key, value FROM kept ORDER BY length(key), key")

    def said(self, told: str) -> Iterator[str]:
        """This attribute of each that has one, in their order. No value is read."""
        column = self._column(told)
        rows = self._file.execute(
            f"SELECT {column} FROM kept WHERE {column} <> '' ORDER BY place"  # noqa: S608
        )
        for (said,) in rows:
            yield said

    def where(self, told: str, value: str) -> Iterator[tuple[Key, Value]]:
        """Those whose attribute has this value, in their order."""
        column = self._column(told)
        return self._pairs(
            f"SELECT key, value FROM kept WHERE {column} = ? ORDER BY place",  # noqa: S608
            value,
        )

    def repeated(self, told: str) -> Iterator[tuple[Key, Value]]:
        """Those whose attribute another one has too, "" aside, in their order."""
        column = self._column(told)
        return self._pairs(
            f"SELECT key, value FROM kept WHERE {column} IN (SELECT {column} FROM kept"  # noqa: S608
            f" WHERE {column} <> '' GROUP BY 1 HAVING COUNT(*) > 1) ORDER BY place"
        )

    def _column(self, told: str) -> str:
        """Raises KeyError for an attribute that was not told."""
        if told not in self._told:
            raise KeyError(told)
        return f'"{told}"'

    def _pairs(self, statement: str, *values: str) -> Iterator[tuple[Key, Value]]:
        for key, kept in self._file.execute(statement, values):
            yield _key(key), _read(kept)


class _Items(ItemsView[Key, Value]):
    def __init__(self, spilled: Spilled[Key, Value]) -> None:
        super().__init__(spilled)
        self._spilled = spilled

    def __iter__(self) -> Iterator[tuple[Key, Value]]:
        return self._spilled.pairs()


class _Values(ValuesView[Value]):
    def __init__(self, spilled: Spilled[Any, Value]) -> None:
        super().__init__(spilled)
        self._spilled = spilled

    def __iter__(self) -> Iterator[Value]:
        for _, value in self._spilled.pairs():
            yield value


def _key(text: str) -> Any:
    return tuple(text.split(BETWEEN))


def _written(value: Any) -> bytes:
    into = io.BytesIO()
    _Pickler(into, pickle.HIGHEST_PROTOCOL).dump(value)
    return into.getvalue()


def _read(value: bytes) -> Any:
    return pickle.loads(value)  # noqa: S301 - written above by this process, in a file nobody else sees


# Python looks up the fields of a frozen dataclass with slots anew for each value that it writes or
# reads, which is most of the time that both take. Here they are known by the class.


class _Ways(dict[type[Any], Callable[[Any], Any]]):
    """How a value is taken apart, by its class."""

    def __missing__(self, shape: type[Any]) -> Callable[[Any], Any]:
        if issubclass(shape, type):  # a class itself goes by its name
            self[shape] = attrgetter("__qualname__")
        elif _is_slotted(shape):
            self[shape] = _apart(shape)
        else:
            self[shape] = methodcaller("__reduce_ex__", pickle.HIGHEST_PROTOCOL)
        return self[shape]


class _Pickler(pickle.Pickler):
    dispatch_table = _Ways()


def _is_slotted(shape: type[Any]) -> bool:
    if not dataclasses.is_dataclass(shape):
        return False
    names = [each.name for each in dataclasses.fields(shape)]
    # Of a single one `attrgetter` tells the value, of more a tuple of them.
    return len(names) > 1 and all(
        isinstance(getattr(shape, name, None), MemberDescriptorType) for name in names
    )


def _apart(shape: type[Any]) -> Callable[[Any], Any]:
    values = attrgetter(*(each.name for each in dataclasses.fields(shape)))
    return lambda value: (_together, (shape, *values(value)))


def _together(shape: type[Any], *values: Any) -> Any:
    made = object.__new__(shape)
    for put, value in zip(_slots[shape], values, strict=True):
        put(made, value)
    return made


class _Slots(dict[type[Any], tuple[Callable[[Any, Any], None], ...]]):
    """What fills each field of a class, of a frozen one too."""

    def __missing__(self, shape: type[Any]) -> tuple[Callable[[Any, Any], None], ...]:
        fields = dataclasses.fields(shape)
        self[shape] = tuple(getattr(shape, each.name).__set__ for each in fields)
        return self[shape]


_slots = _Slots()
