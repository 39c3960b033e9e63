"""Figures of a snapshot as a ledger expects to read them: 10.00, never 10.0000."""

import dataclasses
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from apps.core.money import ZERO, minor_unit

MONEY = frozenset({"net", "tax", "total", "amount", "fee", "fee_tax", "unit_price"})
OF_HOME = frozenset({"home_total"})  # money of the home currency
ONE = Decimal(1)

Value = TypeVar("Value")


def plain(value: Decimal, unit: Decimal = ONE) -> Decimal:
    """The same figure with as many decimals as the unit, more only where it is finer: of 0.01 the
    figure 10.0000 is 10.00, and 10.0050 is 10.005."""
    shortest = value.normalize() + ZERO  # never −0
    coarser = shortest.as_tuple().exponent > unit.as_tuple().exponent  # type: ignore[operator]
    return shortest.quantize(unit) if coarser else shortest


def with_decimals(snapshot: Value, home: str) -> Value:
    """The snapshot with each amount in the decimals of its currency (`home` where it names none),
    and rates and quantities without noughts behind. No value changes."""
    own = minor_unit(getattr(snapshot, "currency", "") or home)
    return _written(snapshot, own, minor_unit(home))


def _written(value: Any, unit: Decimal, of_home: Decimal) -> Any:
    changed: dict[str, Any] = {}
    for name in _names(value.__class__):
        held = getattr(value, name)
        if isinstance(held, Decimal):
            changed[name] = plain(held, _unit(name, unit, of_home))
        elif isinstance(held, tuple) and held and dataclasses.is_dataclass(held[0]):
            changed[name] = tuple(_written(each, unit, of_home) for each in held)
    return dataclasses.replace(value, **changed) if changed else value


def _unit(name: str, unit: Decimal, of_home: Decimal) -> Decimal:
    if name in OF_HOME:
        return of_home
    return unit if name in MONEY else ONE


@cache
def _names(shape: type[Any]) -> tuple[str, ...]:
    """Fields that may hold a figure, or parts with figures."""
    plain_types = (str, bool, date)
    return tuple(each.name for each in dataclasses.fields(shape) if each.type not in plain_types)
