"""What changed between two rows of a record's history, as a person reads it."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime

from apps.backoffice.frame.formatting import decimals_of
from apps.backoffice.frame.line_steps import line_steps
from apps.backoffice.frame.steps import Step

# What every write moves by itself, or what stands in the row for the engine alone.
SILENT = frozenset(
    {
        "id",
        "revision",
        "public_id",
        "created_at",
        "updated_at",
        "changed_at",
        "changed_by",
        "issued_by_id",
        "home_total",
        "home_tax",
        "taxes",
        "discount_net",
        "home_amount",
    }
)
EMPTY = "empty"
# What came from their books bears their sign in front of its reason (`Connection.origin`).
SIGNED_BY_BOOKS = re.compile(r"^connection:(\d+)\s*")


def steps_between(newer: Any, older: Any) -> list[Step]:
    """Every field that differs, also those that only acts write (number, status, sums)."""
    # Not simple-history's own comparison: it passes over every field that no form may write.
    fields = [each for each in newer.tracked_fields if each.name not in SILENT]
    # What the history keeps beside the record's own fields, such as a person's roles.
    fields += [newer._meta.get_field(name) for name in getattr(newer, "told_beside", ())]
    return [
        Step(
            field=capfirst(str(field.verbose_name)),
            old=in_words(field, _value(older, field), currency_of(older)),
            new=in_words(field, _value(newer, field), currency_of(newer)),
        )
        for field in fields
        if getattr(older, field.attname) != getattr(newer, field.attname)
    ]


def _value(row: Any, field: "models.Field[Any, Any]") -> Any:
    """What the field held then; of another record its name, if it is still there."""
    try:
        return getattr(row, field.name)
    except ObjectDoesNotExist:
        return "deleted since"


def reason_in_words(reason: str | None) -> str:
    """Without the sign of the books that the change came from."""
    return SIGNED_BY_BOOKS.sub("", reason or "")


def currency_of(row: Any) -> str:
    """The currency of its amounts: a document's own, a master's of its company; "" if unknown."""
    holder = getattr(row, "document", row)
    found = getattr(holder, "currency", "")
    if not found:
        company = getattr(holder, "company", None)
        found = company.home_currency if company is not None else ""
    return str(found)


def in_words(field: "models.Field[Any, Any]", value: Any, currency: str = "") -> str:
    """A stored value: choices by their label, amounts with their currency's decimals, dates as
    everywhere else, nothing as “empty”."""
    if value is None or value == "" or value == []:
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(each).replace("_", " ") for each in value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, Decimal):
        return _figure(field, value, currency)
    if isinstance(value, datetime):
        return date_format(localtime(value), "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    return str(value)


# Decimals that are no amounts: nobody pads a quantity or a percentage with noughts.
NO_AMOUNTS = frozenset(
    {"quantity", "percent", "discount_percent", "tax_percent", "exchange_rate", "rate"}
)


def _figure(field: "models.Field[Any, Any]", value: Decimal, currency: str) -> str:
    exact = -int(value.normalize().as_tuple().exponent)
    least = 0 if getattr(field, "name", None) in NO_AMOUNTS else decimals_of(currency)
    return f"{value:,.{max(least, exact, 0)}f}"


def tell_steps(rows: Sequence[Any]) -> None:
    """Give each row `steps` against the row after it (rows run from newest to oldest): fields, then
    lines."""
    for newer, older in pairwise(rows):
        newer.steps = steps_between(newer, older)
        if hasattr(newer, "lines_then"):
            of_lines = line_steps(newer.lines_then, older.lines_then, currency_of(newer))
            newer.steps += of_lines
