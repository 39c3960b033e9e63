"""How the columns of one file write numbers and days: learnt from all their cells, or said by a person."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo

from apps.connectors.profiles import F, Field, Nested
from apps.exchange.imports.nesting import nested_cells
from apps.exchange.imports.shapes import Shape
from apps.exchange.tables.dates import DateEvidence, DateStyle
from apps.exchange.tables.numbers import NumberEvidence, NumberStyle
from apps.exchange.tables.port import Cell, CellRefused, DayOrder, Doubt, Row, RowKind

# What a person may say of a file: for all its columns alike.
DECIMAL_MARK, DAY_ORDER = "decimal_mark", "day_order"
MARKS = {".": "a point: 1,234.56", ",": "a comma: 1.234,56"}
ORDERS = {
    DayOrder.DAY_FIRST.value: "day, month, year: 31/12/2026",
    DayOrder.MONTH_FIRST.value: "month, day, year: 12/31/2026",
    DayOrder.YEAR_FIRST.value: "year, month, day: 2026-12-31",
}


@dataclass(frozen=True, slots=True)
class Styles:
    """Of each field's column; a field that is not listed is written plainly, its days as ISO 8601."""

    numbers: Mapping[str, NumberStyle] = field(default_factory=dict)
    days: Mapping[str, DateStyle] = field(default_factory=dict)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Without the zone, which is the company's."""
        return {
            "numbers": {each: style.decimal_mark for each, style in self.numbers.items()},
            "days": {
                each: {"order": style.order, "serials": style.serials, "date_1904": style.date_1904}
                for each, style in self.days.items()
            },
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Mapping[str, Any]], zone: str) -> Self:
        return cls(
            {k: NumberStyle(decimal_mark=mark) for k, mark in stored["numbers"].items()},
            {
                k: DateStyle(**{**told, "order": DayOrder(told["order"])}, day_in=_zone(zone))
                for k, told in stored["days"].items()
            },
        )

    def number(self, of: str) -> NumberStyle:
        return self.numbers.get(of, PLAINLY)

    def day(self, of: str) -> DateStyle:
        return self.days.get(of, ISO)


def _zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name else None


PLAINLY, ISO = NumberStyle(), DateStyle()


def learn(
    rows: Iterable[Row],
    columns: Mapping[F, tuple[int, ...]],
    shape: Shape[F],
    *,
    nested: Nested | None = None,
    usual: Mapping[str, str] | None = None,
    zone: str = "",
    date_1904: bool = False,
    said: Mapping[str, str] | None = None,
) -> tuple[Styles, list[Doubt]]:
    """The styles of a file by its cells, and what they leave open that nobody said.

    `columns` are the places that tell a field, `nested` how one cell holds lines. `zone` is that in
    which the company counts its days; `said` what a person chose, `usual` what holds of such files
    where no cell of theirs says otherwise.
    """
    said = said or {}
    evidence = _Evidence(columns, shape, nested)
    for row in rows:
        if row.kind is RowKind.BODY:
            evidence.take(row)
    numbers, days = evidence.numbers, evidence.days
    said = {**_unopposed(usual or {}, numbers, days), **said}
    agreed = _agreed(days.values())
    doubts = [
        *_doubts(DECIMAL_MARK, said, [each.doubt for each in numbers.values()], tuple(MARKS)),
        *_doubts(
            DAY_ORDER,
            said,
            [each.doubt for each in days.values() if agreed not in each.choices or each.against],
            tuple(ORDERS),
        ),
    ]
    mark, order = said.get(DECIMAL_MARK), said.get(DAY_ORDER)
    styles = Styles(
        {
            each: NumberStyle(decimal_mark=mark) if mark else evidence.style or PLAINLY
            for each, evidence in numbers.items()
        },
        {
            each: DateStyle(
                order=DayOrder(order) if order else evidence.order or agreed or ISO.order,
                day_in=_zone(zone),
                serials=evidence.serials,
                date_1904=date_1904,
            )
            for each, evidence in days.items()
        },
    )
    return styles, doubts


class _Evidence:
    """What the cells of a file say, field by field."""

    def __init__(
        self, columns: Mapping[F, tuple[int, ...]], shape: Shape[F], nested: Nested | None
    ) -> None:
        self._columns = {str(each): places for each, places in columns.items()}
        self.nested = nested if Field.LINES in self._columns else None
        fields: set[str] = {*columns, *(self.nested.columns if self.nested else ())}
        self.numbers: dict[str, NumberEvidence] = {
            each: NumberEvidence() for each in shape.numbers if each in fields
        }
        self.days: dict[str, DateEvidence] = {
            each: DateEvidence() for each in shape.days if each in fields
        }
        self._tell: dict[str, Callable[[Cell], None]] = {
            **{each: found.add for each, found in self.numbers.items()},
            **{each: found.add for each, found in self.days.items()},
        }
        self._places = [
            (place, tell)
            for each, tell in self._tell.items()
            for place in self._columns.get(each, ())
        ]
        self._inside = self._columns[Field.LINES][0] if self.nested else 0

    def take(self, row: Row) -> None:
        for place, tell in self._places:
            tell(row.cells[place])
        if self.nested is not None:
            self._take_inside(str(row.cells[self._inside] or ""), self.nested)

    def _take_inside(self, cell: str, nested: Nested) -> None:
        try:
            lines = nested_cells(cell, nested)
        except CellRefused:
            return  # refused with its row when that is read
        for line in lines:
            for each, text in line.items():
                if each in self._tell:
                    self._tell[each](text)


def _agreed(columns: Iterable[DateEvidence]) -> DayOrder | None:
    """The order that columns of the file prove, where they prove one alone: it holds for those that
    prove none, since whoever is asked says it for all of them alike."""
    proven = {each.orders[0] for each in columns if len(each.orders) == 1}
    return proven.pop() if len(proven) == 1 else None


def _unopposed(
    usual: Mapping[str, str],
    numbers: Mapping[str, NumberEvidence],
    days: Mapping[str, DateEvidence],
) -> dict[str, str]:
    """What holds of such files, as far as no column of this one settles it otherwise."""
    marks = {each.style.decimal_mark for each in numbers.values() if each.style and _says(each)}
    orders = {each.order for each in days.values() if each.order and each.example}
    told: dict[str, set[str]] = {DECIMAL_MARK: marks, DAY_ORDER: {*orders}}
    return {name: value for name, value in usual.items() if told[name] <= {value}}


def _says(evidence: NumberEvidence) -> bool:
    return bool(evidence.pointed or evidence.with_comma)


def _doubts(
    name: str, said: Mapping[str, str], sentences: list[str], choices: tuple[str, ...]
) -> list[Doubt]:
    """One question for all columns: what settles one of them is asked once."""
    open_still = [each for each in sentences if each]
    if name in said or not open_still:
        return []
    return [Doubt(field=name, sentence=open_still[0], choices=choices)]
