"""What the API reads: texts, figures and days, each with its limits, and nothing beside them."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)
LONGEST: Final = 20
TOO_LONG: Final = "Send a figure of at most 13 digits before and 10 after the point."
WRITTEN_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WRITTEN_MOMENT: Final = re.compile(
    WRITTEN_DAY.pattern + r"[Tt ][0-9:]{5,8}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
FIGURE: Final = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,10})?")


class Input(BaseModel):
    """A body. A name that is not known is refused: it is a misspelt one."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def _only_what_is_given(schema: dict[str, Any]) -> None:
    """What is left out stays as it is: no default is one."""
    for each in schema.get("properties", {}).values():
        each.pop("default", None)


class Change(Input):
    """A body of which only what is given is changed."""

    model_config = ConfigDict(json_schema_extra=_only_what_is_given)

    def given(self) -> dict[str, Any]:
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name in self.model_fields_set
        }


def _figure(value: Any) -> Any:
    """A figure as a text, or as a JSON number, which was read without a binary fraction."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("Send a figure, such as “12.50”.")
    if isinstance(value, Decimal) and abs(value.adjusted()) > LONGEST:
        raise ValueError(TOO_LONG)  # written out it could be longer than any memory
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if not FIGURE.fullmatch(text.strip()):
        raise ValueError(TOO_LONG)
    return Decimal(text.strip())


def _in_time(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"Send a day from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _in_utc(moment: datetime) -> datetime:
    """Databases know no displacement of 22 hours."""
    if not FIRST_DAY.year <= moment.year <= LAST_DAY.year:
        raise ValueError(f"Send a moment from {FIRST_DAY.year} to {LAST_DAY.year}.")
    return moment.astimezone(UTC)


def _as_day(value: Any) -> Any:
    """Not a number, which pydantic would take for seconds since 1970."""
    if not isinstance(value, str) or not WRITTEN_DAY.fullmatch(value):
        raise ValueError("Send a day as a text, such as “2026-03-31”.")
    return value


def _as_moment(value: Any) -> Any:
    if not isinstance(value, str) or not WRITTEN_MOMENT.fullmatch(value):
        raise ValueError("Send a moment with its zone, such as “2026-03-31T08:15:00Z”.")
    return value


Figure = Annotated[
    Decimal,
    BeforeValidator(_figure),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^-?[0-9]{1,13}(\.[0-9]{1,10})?$"},
                {"type": "number"},
            ],
            "examples": ["12.50"],
        }
    ),
]
Day = Annotated[
    date, BeforeValidator(_as_day), AfterValidator(_in_time), Field(examples=["2026-03-31"])
]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_as_moment),
    AfterValidator(_in_utc),
    Field(examples=["2026-03-31T08:15:00Z"]),
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["GBP"])]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200)]
CompanyNumber = Annotated[
    int,
    Field(
        ge=1,
        lt=2**31,
        strict=True,
        description="Whose it is; may be left out where the key is for one.",
    ),
]
AllowDuplicate = Annotated[
    bool,
    Field(strict=True, description="It is another one, though one like it is here already."),
]


YesNo = Annotated[bool, Field(strict=True)]


def text(most: int, least: int = 0) -> Any:
    return StringConstraints(min_length=least, max_length=most)
