"""How the columns of one file write numbers and days: learnt from all their cells, or said by a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo

from apps.exchange.profiles import Field
from apps.exchange.tables.dates import DateEvidence, DateStyle
from apps.exchange.tables.numbers import NumberEvidence, NumberStyle
from apps.exchange.tables.port import DayOrder, Doubt, Row, RowKind

NUMBERS = (Field.QUANTITY, Field.UNIT_PRICE, Field.LINE_AMOUNT, Field.DISCOUNT_PERCENT)
DAYS = (Field.DATE, Field.DUE_DATE)
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

    numbers: Mapping[Field, NumberStyle] = field(default_factory=dict)
    days: Mapping[Field, DateStyle] = field(default_factory=dict)

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
            {Field(k): NumberStyle(decimal_mark=mark) for k, mark in stored["numbers"].items()},
            {
                Field(k): DateStyle(
                    **{**told, "order": DayOrder(told["order"])}, day_in=_zone(zone)
                )
                for k, told in stored["days"].items()
            },
        )

    def number(self, of: Field) -> NumberStyle:
        return self.numbers.get(of, PLAINLY)

    def day(self, of: Field) -> DateStyle:
        return self.days.get(of, ISO)


def _zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name else None


PLAINLY, ISO = NumberStyle(), DateStyle()


def learn(
    rows: Iterable[Row],
    columns: Mapping[Field, int],
    *,
    zone: str = "",
    date_1904: bool = False,
    said: Mapping[str, str] | None = None,
) -> tuple[Styles, list[Doubt]]:
    """The styles of a file by its cells, and what they leave open that nobody said.

    `zone` is that in which the company counts its days; `said` what a person chose.
    """
    said = said or {}
    numbers = {each: NumberEvidence() for each in NUMBERS if each in columns}
    days = {each: DateEvidence() for each in DAYS if each in columns}
    add = [(columns[each], evidence.add) for each, evidence in numbers.items()]
    add += [(columns[each], evidence.add) for each, evidence in days.items()]
    for row in rows:
        if row.kind is RowKind.BODY:
            for place, tell in add:
                tell(row.cells[place])
    doubts = [
        *_doubts(DECIMAL_MARK, said, [each.doubt for each in numbers.values()], tuple(MARKS)),
        *_doubts(DAY_ORDER, said, [each.doubt for each in days.values()], tuple(ORDERS)),
    ]
    mark, order = said.get(DECIMAL_MARK), said.get(DAY_ORDER)
    styles = Styles(
        {
            each: NumberStyle(decimal_mark=mark) if mark else evidence.style or PLAINLY
            for each, evidence in numbers.items()
        },
        {
            each: DateStyle(
                order=DayOrder(order) if order else evidence.order or ISO.order,
                day_in=_zone(zone),
                serials=evidence.serials,
                date_1904=date_1904,
            )
            for each, evidence in days.items()
        },
    )
    return styles, doubts


def _doubts(
    name: str, said: Mapping[str, str], sentences: list[str], choices: tuple[str, ...]
) -> list[Doubt]:
    """One question for all columns: what settles one of them is asked once."""
    open_still = [each for each in sentences if each]
    if name in said or not open_still:
        return []
    return [Doubt(field=name, sentence=open_still[0], choices=choices)]
