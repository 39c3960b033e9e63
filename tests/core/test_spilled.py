"""A mapping on disk is like any other mapping, and finds by attributes."""

import gc
import tracemalloc
from dataclasses import FrozenInstanceError, dataclass
from decimal import Decimal

import pytest

from apps.core.spilled import Spilled


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    amount: Decimal = Decimal(0)


def of(*names: str) -> Spilled[tuple[str, str], Thing]:
    found: Spilled[tuple[str, str], Thing] = Spilled("name")
    for place, name in enumerate(names):
        found["thing", str(place)] = Thing(name, Decimal(place))
    return found


def test_it_holds_what_was_put_in_the_order_of_first_coming() -> None:
    found = of("a", "b", "c")
    found["thing", "0"] = Thing("z")

    assert [each.name for each in found.values()] == ["z", "b", "c"]
    assert list(found) == [("thing", "0"), ("thing", "1"), ("thing", "2")]
    assert dict(found.items())["thing", "2"] == Thing("c", Decimal(2))
    assert (len(found), ("thing", "1") in found, ("thing", "7") in found) == (3, True, False)


def test_what_is_not_there_is_no_key() -> None:
    found = of("a")

    assert found.get(("thing", "1")) is None
    assert found.pop(("thing", "0")) == Thing("a")
    assert not found
    with pytest.raises(KeyError):
        found["thing", "0"]
    with pytest.raises(KeyError):
        del found["thing", "0"]


def test_keys_are_ordered_as_texts_and_as_numbers() -> None:
    found: Spilled[tuple[str], int] = Spilled()
    for each in ("10", "9", "100"):
        found[each,] = int(each)

    assert [value for _, value in found.by_key()] == [10, 100, 9]
    assert [value for _, value in found.by_number()] == [9, 10, 100]


def test_an_attribute_finds_all_that_have_it_and_those_that_have_it_twice() -> None:
    found = of("a", "b", "a", "", "")

    assert [key for key, _ in found.where("name", "a")] == [("thing", "0"), ("thing", "2")]
    assert [each.name for _, each in found.repeated("name")] == ["a", "a"]
    assert list(found.said("name")) == ["a", "b", "a"]
    with pytest.raises(KeyError):
        list(found.where("amount", "1"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    parts: tuple[Thing, ...]
    alone: "Single"
    open: "Open | None" = None


@dataclass(frozen=True, slots=True)
class Single:
    name: str


@dataclass
class Open:
    names: list[str]


def test_what_is_made_of_others_comes_back_equal_and_as_frozen() -> None:
    whole = Whole(parts=(Thing("a"), Thing("b")), alone=Single("c"), open=Open(["d"]))
    found: Spilled[tuple[str], Whole] = Spilled()
    found["whole",] = whole

    assert found["whole",] == whole
    with pytest.raises(FrozenInstanceError):
        found["whole",].parts[0].name = "e"  # type: ignore[misc]


def test_a_value_more_takes_next_to_no_memory() -> None:
    """Of what Python holds; SQLite's own cache has a bound. A plain dictionary takes 250 bytes."""

    def held(count: int) -> int:
        gc.collect()
        tracemalloc.start()
        found = of(*map(str, range(count)))
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found) == count
        return now

    assert (held(2_000) - held(500)) / 1_500 < 25  # bytes
