"""Read what control is told: names and types are checked, and nothing is ever ignored."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Gives the value as it is used; ValueError says in a sentence what is wrong with it.
Reader = Callable[[Any, str], Any]
Spec = Mapping[str, Reader]


def read(spec: Spec, body: Any, what: str, required: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a body; ValueError for no object, an unknown field, a wrong type, a missing one."""
    if not isinstance(body, dict):
        raise ValueError(f"{what} is told by an object, not by {kind(body)}")
    if unknown := set(body) - set(spec):
        known = ", ".join(spec) or "nothing"
        raise ValueError(f"{what} does not know {', '.join(sorted(unknown))}; it knows {known}")
    if missing := [name for name in required if name not in body]:
        raise ValueError(f"{what} needs {', '.join(missing)}")
    return {name: spec[name](value, name) for name, value in body.items()}


def kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(value), "nothing" if value is None else "a number")


def anything(value: Any, name: str) -> Any:
    """What is checked where it is used."""
    return value


def text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is a text, not {kind(value)}")
    return value


def words(value: Any, name: str) -> str:
    """A text that says something."""
    if not text(value, name).strip():
        raise ValueError(f"{name} may not be empty")
    return str(value)


def flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {value!r}")
    return value


def number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is a number, not {value!r}")
    return value


def within(most: float) -> Reader:
    """A number no further from nil than this."""

    def reader(value: Any, name: str) -> float:
        if abs(number(value, name)) > most:
            raise ValueError(f"{name} lies between -{most} and {most}, not {value!r}")
        return float(value)

    return reader


def whole(least: int, most: int | None = None) -> Reader:
    def reader(value: Any, name: str) -> int:
        given = number(value, name)
        if given != int(given) or given < least or (most is not None and given > most):
            limit = f"from {least} on" if most is None else f"between {least} and {most}"
            raise ValueError(f"{name} is a whole number {limit}, not {value!r}")
        return int(given)

    return reader


def one_of(*allowed: str) -> Reader:
    def reader(value: Any, name: str) -> str:
        if value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    return reader


def object_(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is an object, not {kind(value)}")
    return value
