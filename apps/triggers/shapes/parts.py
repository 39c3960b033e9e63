"""What the shapes are made of: how an amount, a day, a moment and another record are written outside.

Amounts are texts with all decimals of their currency, so that no reader makes a binary fraction of
them; days are `YYYY-MM-DD`, by the company's calendar; moments are UTC, with a Z. Every field is
always there: `null` or "" where there is nothing, so that whoever maps fields by one example finds
them in each.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from apps.billing import models
from apps.core.money import figure

Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["1250.00"])]
Number = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["2.5"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["GBP"])]
Day = Annotated[date, Field(examples=["2026-03-31"])]
Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: written(moment),
        # What it is, for the description: a serializer's own type would tell of a text alone.
        return_type=Annotated[str, Field(json_schema_extra={"format": "date-time"})],
        when_used="json",
    ),
    Field(examples=["2026-03-31T08:15:00.250000Z"]),
]


class Shape(BaseModel):
    """How something looks outside. A field may be added; none is taken out or changes its meaning
    while the version stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Shape):
    """Another record, by its id and what staff call it."""

    id: UUID
    name: str


class Numbered(Shape):
    """Another document, by its id and its number ("" of a draft)."""

    id: UUID
    number: str


class Company(Shape):
    """Whose it is. Companies are known by a number, which a key lists at `/me`."""

    id: int
    name: str


def company_shape(company: models.Company) -> Company:
    return Company(id=company.pk, name=company.legal_name)


def money(amount: Decimal, currency: str) -> str:
    return figure(amount, currency)


def plain(number: Decimal) -> str:
    """A quantity, price, percentage or rate without zeros at its end and without an exponent."""
    return f"{number.normalize() + 0:f}"


def plain_if_any(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
