"""Reads the *Online Retail* layout: one invoice line a row, as dirty as life.

Nothing is lost in silence: a row ends in a document, in a refusal with its sentence, and what was
odd but tolerated is noted. The file is read as a stream; only the documents of one day are held
open, since rows of one document may lie apart within their day.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from apps.core.money import fits, rounded
from apps.exchange.documents import (
    DocumentKind,
    FileRefused,
    Harvest,
    Note,
    ReadCustomer,
    ReadDocument,
    ReadItem,
    ReadLine,
    Refusal,
)
from apps.exchange.profiles import ONLINE_RETAIL, OnlineRetailProfile

NAME_LENGTH = 100  # of an item


@dataclass(slots=True)
class _Row:
    """One row of the file. `trouble` says why it cannot be read; amounts are nil then."""

    row: int
    number: str
    code: str  # upper case: codes that differ in case alone are one item
    spelled: str
    description: str
    quantity: Decimal
    day: date | None
    unit_price: Decimal
    customer: str
    country: str
    trouble: str = ""

    @property
    def exact(self) -> Decimal:
        return self.quantity * self.unit_price


@dataclass(slots=True)
class _Reading:
    """What is remembered while the file goes by."""

    profile: OnlineRetailProfile
    harvest: Harvest = field(default_factory=Harvest)
    open: dict[str, list[_Row]] = field(default_factory=dict)  # documents of the day
    done: set[str] = field(default_factory=set)  # numbers of documents that are closed
    described: dict[str, str] = field(default_factory=dict)  # item code → its first description
    told: set[tuple[str, str]] = field(default_factory=set)  # what was noted of an item already


def read(
    path: Path, *, limit: int | None = None, profile: OnlineRetailProfile = ONLINE_RETAIL
) -> Harvest:
    """Read the file (UTF-8 CSV, `.gz` or plain), or its first `limit` documents.

    Refused documents count towards the limit, as they stand in the file. Raises `FileRefused`
    when the file has not the profile's columns or is no text.
    """
    reading = _Reading(profile)
    with _opened(path) as lines:
        for day_of_rows in _days(_rows(lines, profile)):
            _collect(reading, day_of_rows, limit)
            _close_day(reading)
            if limit is not None and reading.harvest.documents_seen >= limit:
                break
    return reading.harvest


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _rows(lines: TextIO, profile: OnlineRetailProfile) -> Iterator[_Row]:
    try:
        rows = csv.DictReader(lines)
        missing = [each for each in profile.columns if each not in (rows.fieldnames or ())]
        if missing:
            raise FileRefused(
                f"The file has no column {', '.join(missing)}; "
                f"the profile {profile.name} needs {', '.join(profile.columns)}."
            )
        for place, fields in enumerate(rows, start=2):
            yield _row(place, fields)
    except UnicodeDecodeError as problem:
        raise FileRefused(f"The file is not UTF-8 text ({problem.reason}).") from problem
    except (gzip.BadGzipFile, EOFError) as problem:
        raise FileRefused("The file is not a whole gzip file.") from problem
    except csv.Error as problem:
        raise FileRefused(f"The file is not CSV: {problem}.") from problem


def _row(place: int, fields: dict[str, str | None]) -> _Row:
    texts = {name: (value or "").strip() for name, value in fields.items() if name}
    troubles: list[str] = []

    def number(column: str) -> Decimal:
        try:
            value = Decimal(texts[column])
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            troubles.append(f"{column} “{texts[column]}” is not a number")
            return Decimal(0)
        return value

    try:
        day = datetime.fromisoformat(texts["InvoiceDate"]).date()
    except ValueError:
        day = None
        troubles.append(f"InvoiceDate “{texts['InvoiceDate']}” is not a date")
    if not texts["InvoiceNo"]:
        troubles.append("it names no document")
    if not texts["StockCode"]:
        troubles.append("it names no item")
    return _Row(
        row=place,
        number=texts["InvoiceNo"],
        code=texts["StockCode"].upper(),
        spelled=texts["StockCode"],
        description=" ".join(texts["Description"].split()),
        quantity=number("Quantity"),
        day=day,
        unit_price=number("UnitPrice"),
        customer=texts["CustomerID"].removesuffix(".0"),
        country=texts["Country"],
        trouble="; ".join(troubles),
    )


def _days(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Rows of one day together; a row without a date stays with the rows before it."""
    day: list[_Row] = []
    current: date | None = None
    for row in rows:
        if row.day is not None and current is not None and row.day != current:
            yield day
            day = []
        current = row.day or current
        day.append(row)
    if day:
        yield day


def _collect(reading: _Reading, rows: list[_Row], limit: int | None) -> None:
    """Lay the rows of a day to their documents; past the limit only to those already begun."""
    harvest = reading.harvest
    for row in rows:
        begun = row.number in reading.open
        if not begun and limit is not None and harvest.documents_seen >= limit:
            continue
        harvest.rows_seen += 1
        if row.number in reading.done:
            _refuse(reading, [row], "its number appeared on an earlier day already")
            continue
        if not begun:
            harvest.documents_seen += 1
            reading.open[row.number] = []
        reading.open[row.number].append(row)


def _close_day(reading: _Reading) -> None:
    for number, rows in reading.open.items():
        sentence = _why_refused(rows, reading.profile)
        if sentence:
            _refuse(reading, rows, sentence)
        else:
            _take(reading, number, rows)
        reading.done.add(number)
    reading.open = {}


def _why_refused(rows: list[_Row], profile: OnlineRetailProfile) -> str:
    """The sentence why a document is not taken; "" if it is."""
    number = rows[0].number
    troubles = [f"row {row.row}: {row.trouble}" for row in rows if row.trouble]
    if troubles:
        return f"it cannot be read ({'; '.join(troubles)})"
    if number.startswith(profile.bad_debt_prefix):
        return "a bad-debt adjustment is neither an invoice nor a credit note"
    fees = sorted({row.code for row in rows} & profile.fee_codes)
    if fees:
        return f"a fee document ({', '.join(fees)}) is a charge, not a sale"
    if len({row.customer for row in rows}) > 1:
        return "its rows name more than one customer"
    # As it would be booked: a document whose lines all round to nil is worth nothing either.
    total = sum((rounded(row.exact, profile.currency) for row in rows), Decimal(0))
    if not total:
        return "a document of nil value books nothing"
    is_credit = number.startswith(profile.credit_prefix)
    if is_credit and total > 0:
        return f"it is numbered as a credit note, yet comes to {total:f} in the seller's favour"
    if not is_credit and total < 0:
        return f"it comes to {total:f}, yet is not numbered as a credit note"
    return ""


def _refuse(reading: _Reading, rows: list[_Row], sentence: str) -> None:
    reading.harvest.refusals.extend(
        Refusal(row=row.row, document=row.number, sentence=sentence) for row in rows
    )


def _take(reading: _Reading, number: str, rows: list[_Row]) -> None:
    profile = reading.profile
    is_credit = number.startswith(profile.credit_prefix)
    for row in rows:
        _learn_item(reading, row)
    reading.harvest.documents.append(
        ReadDocument(
            kind=DocumentKind.CREDIT_NOTE if is_credit else DocumentKind.INVOICE,
            number=number,
            customer_code=_learn_customer(reading, rows[0]),
            dated=_day_of(rows[0]),
            currency=profile.currency,
            lines=tuple(_line(reading, row, -1 if is_credit else 1) for row in rows),
        )
    )


def _day_of(row: _Row) -> date:
    if row.day is None:  # refused before, since a row without a date cannot be read
        raise FileRefused(f"Row {row.row} has no date.")
    return row.day


def _line(reading: _Reading, row: _Row, sign: int) -> ReadLine:
    currency = reading.profile.currency
    if not fits(row.exact, currency):
        _note(
            reading,
            row,
            f"{row.quantity:f} × {row.unit_price:f} is {row.exact:f} {currency}, finer than a "
            f"penny: booked as {rounded(row.exact, currency):f}, rounded half-up",
        )
    if not row.description:
        _note(reading, row, f"no description: the name of item {row.code} is used")
    return ReadLine(
        row=row.row,
        item_code=row.code,
        description=row.description or reading.harvest.items[row.code].name,
        quantity=sign * row.quantity,
        unit_price=row.unit_price,
    )


def _learn_item(reading: _Reading, row: _Row) -> None:
    """The first description names an item; other words stay on their lines, noted once."""
    described = reading.described
    if not described.get(row.code):
        described[row.code] = row.description
        name = row.description[:NAME_LENGTH].strip() or row.code
        reading.harvest.items[row.code] = ReadItem(code=row.code, name=name)
    if row.spelled != row.code and (row.code, row.spelled) not in reading.told:
        reading.told.add((row.code, row.spelled))
        _note(reading, row, f"“{row.spelled}” is read as item {row.code}: only the case differs")
    first = described[row.code]
    if row.description not in ("", first) and (row.code, row.description) not in reading.told:
        reading.told.add((row.code, row.description))
        _note(
            reading,
            row,
            f"item {row.code} is called “{row.description}” here and “{first}” before: "
            "the line keeps its own words",
        )


def _learn_customer(reading: _Reading, row: _Row) -> str:
    profile = reading.profile
    customers = reading.harvest.customers
    if not row.customer:
        customers.setdefault(
            profile.walk_in_code,
            ReadCustomer(code=profile.walk_in_code, name=profile.walk_in_name),
        )
        return profile.walk_in_code
    country = profile.countries.get(row.country, "")
    known = customers.setdefault(
        row.customer,
        ReadCustomer(code=row.customer, name=f"Customer {row.customer}", country=country),
    )
    if known.country != country:
        _note(
            reading,
            row,
            f"customer {row.customer} is in {row.country or 'no country'} here and in "
            f"{known.country or 'no country'} before: the first stands",
        )
    return row.customer


def _note(reading: _Reading, row: _Row, sentence: str) -> None:
    reading.harvest.notes.append(Note(row=row.row, document=row.number, sentence=sentence))
