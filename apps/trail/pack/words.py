"""What stood in a row of history and what stands there, field by field, as an auditor reads it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.utils.text import capfirst

from apps.connections.models import Connection
from apps.core.numbers import whole
from apps.exchange.exports.cells import decimals_of, number_text
from apps.staff.models import User
from apps.trail.pack.period import Period

# What every write moves by itself, or what stands in the row for the engine alone.
SILENT: Final = frozenset(
    {"id", "revision", "public_id", "created_at", "updated_at", "issued_by_id", "taxes",
     "number_given", "batch"}
)  # fmt: skip
EMPTY: Final = "empty"
AMOUNT: Final = 4  # decimals of a column of amounts; what has more is a rate
# Of a line of a document in history: what is told, and what it is called.
OF_LINES: Final = {
    "item_code": "item",
    "description": "description",
    "quantity": "quantity",
    "unit_price": "price",
    "discount_percent": "discount percent",
    "discount_amount": "discount",
    "tax_code": "tax rate",
    "net": "net",
    "tax": "tax",
}
_ORIGIN: Final = re.compile(r"^(\w+):(\d+)(?: |$)")


@dataclass(frozen=True, slots=True)
class Step:
    """One field: what it is called, what it was, what it is."""

    field: str
    old: str
    new: str


class Words:
    """Names of people, ledgers and other records by their keys, each asked for once."""

    def __init__(self, period: Period) -> None:
        people = User.objects.values_list("pk", "name", "email")
        self._people = {key: f"{name} <{email}>" if name else email for key, name, email in people}
        rows = Connection.objects.filter(company=period.company).select_related("grant")
        self.ledgers = {each.pk: str(each) for each in rows}
        self._others: dict[tuple[type[models.Model], int], str] = {}

    def person(self, key: int | None) -> str:
        return "" if key is None else self._people.get(key, f"person {key}")

    def record(self, model: type[models.Model], key: int) -> str:
        if (model, key) not in self._others:
            found = models.QuerySet(model).filter(pk=key).first()
            self._others[model, key] = "deleted since" if found is None else str(found)
        return self._others[model, key]

    def came_from(self, said: str | None) -> tuple[str, str]:
        """What history says of a change: (whence it came, the reason)."""
        found = _ORIGIN.match(said or "")
        if found is None:
            return "Tieout", said or ""
        reason = (said or "")[found.end() :].strip()
        if found[1] == "connection":
            return self.ledgers.get(whole(found[2]) or 0, f"connection {found[2]}"), reason
        return f"{found[1]} {found[2]}", reason

    def steps(self, older: Any, newer: Any, *, but: frozenset[str] = frozenset()) -> Iterator[Step]:
        """What differs between two rows of a document's history, its lines included."""
        currency = getattr(newer, "currency", "")
        for field in newer.tracked_fields:
            if field.name in SILENT or field.name in but:
                continue
            if getattr(older, field.attname) != getattr(newer, field.attname):
                old, new = (self._in_words(field, each, currency) for each in (older, newer))
                yield Step(str(capfirst(field.verbose_name)), old, new)
        if hasattr(newer, "lines_then"):
            yield from _of_lines(older.lines_then, newer.lines_then)

    def _in_words(self, field: "models.Field[Any, Any]", row: Any, currency: str) -> str:
        """Choices by their label, amounts with their currency's decimals, days as 2026-12-31."""
        value = getattr(row, field.attname)
        if value is None or value == "":
            return EMPTY
        if field.remote_field is not None:
            return self.record(field.remote_field.model, value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, Decimal):
            is_amount = getattr(field, "decimal_places", 0) <= AMOUNT
            return number_text(value, decimals_of(currency) if is_amount else 0)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}"
        return value.isoformat() if isinstance(value, date) else str(value)


def _of_lines(older: list[dict[str, Any]], newer: list[dict[str, Any]]) -> Iterator[Step]:
    before, now = ({each["position"]: each for each in lines} for lines in (older, newer))
    for position in sorted(before.keys() | now.keys()):
        old, new = before.get(position), now.get(position)
        if old is None or new is None:
            yield Step(f"Line {position}", _line(old), _line(new))
            continue
        for name, words in OF_LINES.items():
            if old.get(name) != new.get(name):
                yield Step(f"Line {position}, {words}", _text(old.get(name)), _text(new.get(name)))


def _line(line: Mapping[str, Any] | None) -> str:
    if line is None:
        return EMPTY
    what = line["description"] or line["item_code"]
    return f"{what}, {line['quantity']} at {line['unit_price']}, net {line['net']}"


def _text(value: Any) -> str:
    return EMPTY if value in (None, "") else str(value)
