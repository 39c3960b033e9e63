"""Read settings from the environment, and fail loudly when one cannot be understood."""

import os

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name} is {value!r}; use True or False.")
    return value == "True"


def seconds(name: str, default: float) -> float:
    value = os.environ.get(name, str(default))
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; use a number of seconds.") from None
    if number <= 0:
        raise ImproperlyConfigured(f"{name} is {value!r}; use more than 0 seconds.")
    return number


def whole(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list; empty entries are dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def named(name: str) -> dict[str, str]:
    """A comma-separated list of name=value."""
    found = {}
    for word in words(name):
        label, sign, value = (part.strip() for part in word.partition("="))
        if not (label and sign and value) or label in found:
            raise ImproperlyConfigured(f"{name} has {word!r}; use name=value, each name once.")
        found[label] = value
    return found


def ending(*ends: str) -> dict[str, str]:
    """Every variable that is given and whose name ends like that."""
    return {name: value for name, value in os.environ.items() if value and name.endswith(ends)}


def one_of(name: str, values: tuple[str, ...]) -> str:
    """One of the values; the first is the default."""
    value = os.environ.get(name, values[0])
    if value not in values:
        raise ImproperlyConfigured(f"{name} is {value!r}; use one of {', '.join(values)}.")
    return value
