"""Cells as days: the order of day and month is told by the whole column, never by one cell."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.exchange.tables.port import Cell, CellRefused, DayOrder
from apps.exchange.tables.sentences import quoted

_LONGEST = 60
_REMEMBERED = 20_000  # beginnings of dates, of one column
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_CENTURY_TURNS = 70  # two figures: 69 is 2069, 70 is 1970
_SERIALS = (Decimal(18_000), Decimal(80_000))  # of Excel: 1949 to 2119
_EPOCH_1900 = date(1899, 12, 30)  # Excel has a 29 February 1900, so it is a day early
_EPOCH_1904 = date(1904, 1, 1)

_MONTHS = {
    1: "january jan januar jänner januari janvier janv enero ene gennaio gen janeiro",
    2: "february feb februar februari février fév févr febrero febbraio fevereiro fev",
    3: "march mar märz mrz mär maart mrt mars marzo março marco",
    4: "april apr avril avr abril abr aprile",
    5: "may mai mei mayo maggio mag maio",
    6: "june jun juni juin junio giugno giu junho",
    7: "july jul juli juillet juil julio luglio lug julho",
    8: "august aug augustus août aou agosto ago",
    9: "september sep sept septembre septiembre set setiembre settembre setembro",
    10: "october oct oktober okt octobre octubre ottobre ott outubro out",
    11: "november nov novembre noviembre novembro",
    12: "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
}


def _plain(word: str) -> str:
    """Small letters without accents."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_MONTH_OF = {_plain(word): month for month, words in _MONTHS.items() for word in words.split()}

_TIME = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?:\s*(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2}|[A-Za-z]+/[A-Za-z_/+-]+|[A-Za-z]{2,5}))?"
)
_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})")
_FIGURES = re.compile(
    r"([0-9]{1,2})(?P<mark>[-/. ])\s?([0-9]{1,2})(?P=mark)\s?([0-9]{4}|[0-9]{2})(?![0-9])"
)
_WORDS = re.compile(r"[0-9]+|[^\W\d_]+")
_SKIPPED = frozenset({"de", "of", "del", "den", "der", "the", "st", "nd", "rd", "th", "er", "o"})
_ORDERS = {
    DayOrder.DAY_FIRST: (2, 1, 0),
    DayOrder.MONTH_FIRST: (2, 0, 1),
    DayOrder.YEAR_FIRST: (0, 1, 2),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DateStyle:
    """How a column writes its days, and in which day a moment falls.

    `order`: of dates in figures whose year does not come first with four. `written_in`: the zone of
    times that name none ("Created (UTC)"); `day_in`: the zone in which the company counts its days.
    Without one of them, a time that names no zone gives the day as written. `serials`: the column's
    texts are Excel's numbers of days, from 1904 where `date_1904`.
    """

    order: DayOrder = DayOrder.DAY_FIRST
    written_in: tzinfo | None = None
    day_in: tzinfo | None = None
    serials: bool = False
    date_1904: bool = False


@dataclass(slots=True)
class DateEvidence:
    """What the cells of a column say of the order of day and month. Feed it every cell, then ask.

    A part above 12 settles it. A year of two figures may also come first: it is thought of only where
    the first part is no day of a month, or changes less often than the last.
    """

    orders: tuple[DayOrder, ...] = tuple(DayOrder)  # that all dates so far allow
    example: str = ""  # the first date that has another day in another order
    against: str = ""  # the first date that allows none of those that were left
    _dates: int = 0
    _serials: int = 0
    _seen: set[str] = field(default_factory=set, repr=False)
    _firsts: set[str] = field(default_factory=set, repr=False)
    _lasts: set[str] = field(default_factory=set, repr=False)

    def add(self, cell: Cell) -> None:
        if type(cell) is not str:
            return
        start = cell[:10]
        if start in self._seen:
            return  # days repeat: most cells of a column end here
        if len(self._seen) < _REMEMBERED:
            self._seen.add(start)
        text = cell.strip()
        if not text:
            return
        if _serial(text) is not None:
            self._serials += 1
            return
        self._dates += 1
        match = _FIGURES.match(text)
        if match is None:
            return
        self._firsts.add(match[1])
        self._lasts.add(match[4])
        found = {order: day for order in DayOrder if (day := _in_order(match, order))}
        if not found:
            return  # no day in any order: refused when it is read
        if not self.example and len(set(found.values())) > 1:
            self.example = text
        left = tuple(order for order in self.orders if order in found)
        if left:
            self.orders = left
        else:
            self.against = self.against or text

    def add_all(self, cells: Iterable[Cell]) -> "DateEvidence":
        for cell in cells:
            self.add(cell)
        return self

    @property
    def serials(self) -> bool:
        """Whether all texts are Excel's numbers of days."""
        return bool(self._serials) and not self._dates

    @property
    def order(self) -> DayOrder | None:
        """The order that the column settles; None where a person has to choose."""
        if self.against:
            return None
        left = self._likely
        return left[0] if len(left) == 1 or not self.example else None

    @property
    def choices(self) -> tuple[DayOrder, ...]:
        """Between which orders a person has to choose; none where it is settled."""
        if self.order is not None:
            return ()
        return tuple(DayOrder) if self.against else self._likely

    @property
    def _likely(self) -> tuple[DayOrder, ...]:
        if len(self._firsts) < len(self._lasts):
            return self.orders
        return tuple(each for each in self.orders if each is not DayOrder.YEAR_FIRST) or self.orders

    @property
    def doubt(self) -> str:
        """Why no order is settled, in a sentence; "" where one is."""
        if self.against:
            return (
                f"{quoted(self.against)} cannot be written in the order of the other dates of the "
                "column. Choose which order is right; the other rows will be refused."
            )
        if self.order is None:
            return (
                f"{quoted(self.example)} may name two days, and no other date of the column tells. "
                "Choose the order of day, month and year."
            )
        return ""


def read_date(cell: Cell, style: DateStyle) -> date:
    """The day in a cell: of a moment, the day in which it falls where the company counts its days.

    Raises `CellRefused` for what is no day, such as 30 February.
    """
    moment = read_moment(cell, style)
    return moment.date() if isinstance(moment, datetime) else moment


def read_moment(cell: Cell, style: DateStyle) -> datetime | date:
    """As `read_date`, with the time of day where the cell has one (aware where a zone is known)."""
    if isinstance(cell, datetime):
        return _in_company_days(cell, style)
    if isinstance(cell, date):
        return cell
    if isinstance(cell, Decimal):
        return _of_number(cell, style)
    if not isinstance(cell, str) or len(cell.strip()) > _LONGEST:
        raise _no_date(cell)
    text = " ".join(cell.replace("\u00a0", " ").replace("\u202f", " ").split())
    serial = _serial(text) if style.serials else None
    if serial is not None:
        return _of_serial(serial, cell, style)
    written, clock, zone = _parts(text, cell)
    day = _day(written, style, cell)
    if clock is None:
        return day
    return _in_company_days(datetime.combine(day, clock, tzinfo=zone), style)


def _of_number(number: Decimal, style: DateStyle) -> datetime | date:
    """Of a workbook's cell without a format: days as Excel counts them, or 20260331."""
    if match := _ISO.fullmatch(f"{number:f}"):
        return _checked(int(match[5]), int(match[6]), int(match[7]), number)
    return _of_serial(number, number, style)


def _no_date(cell: object, why: str = "") -> CellRefused:
    return CellRefused(f"{quoted(cell)} is not a date{why}.")


def _in_company_days(moment: datetime, style: DateStyle) -> datetime:
    if moment.tzinfo is None and style.written_in is not None:
        moment = moment.replace(tzinfo=style.written_in)
    if moment.tzinfo is None or style.day_in is None:
        return moment
    return moment.astimezone(style.day_in)


def _parts(text: str, cell: Cell) -> tuple[str, time | None, tzinfo | None]:
    """The day as written, the time of day and its zone."""
    match = _TIME.search(text)
    if match is None:
        return text, None, None
    before = text[: match.start()].rstrip("T ,")
    if text[match.end() :].strip() or not before:
        raise _no_date(cell)
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise _no_date(cell, ": its hour is none")
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        clock = time(
            hour,
            int(match["minute"]),
            int(match["second"] or 0),
            int((match["part"] or "")[:6].ljust(6, "0")),
        )
    except ValueError:
        raise _no_date(cell, ": its time is none") from None
    return before, clock, _zone(match["zone"], cell)


def _zone(name: str | None, cell: Cell) -> tzinfo | None:
    if name is None:
        return None
    if name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if name[0] in "+-":
        hours, minutes = int(name[1:3]), int(name[-2:])
        if hours > 15 or minutes > 59:
            raise _no_date(cell, ": its zone is none")
        span = timedelta(hours=hours, minutes=minutes)
        return timezone(-span if name[0] == "-" else span)
    try:
        if "/" in name:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    # "PST" or "IST" is several zones; which one is meant nobody can tell.
    raise _no_date(
        cell,
        f" whose time zone is certain: {quoted(name)} is not known. Use an offset such as +02:00",
    )


def _day(text: str, style: DateStyle, cell: Cell) -> date:
    if match := _ISO.fullmatch(text):
        year, _, month, day, *run_together = match.groups()
        year, month, day = (year, month, day) if year else run_together
        return _checked(int(year), int(month), int(day), cell)
    if match := _FIGURES.fullmatch(text.rstrip(".")):
        found = _in_order(match, style.order)
        if found is None:
            raise _no_date(cell, f" in the order {_ORDER_NAMES[style.order]}")
        return found
    return _of_words(text, cell)


_ORDER_NAMES = {
    DayOrder.DAY_FIRST: "day, month, year",
    DayOrder.MONTH_FIRST: "month, day, year",
    DayOrder.YEAR_FIRST: "year, month, day",
}


def _in_order(match: re.Match[str], order: DayOrder) -> date | None:
    """The day that three figures name in an order; None where they name none."""
    parts = (match[1], match[3], match[4])
    year, month, day = (parts[index] for index in _ORDERS[order])
    if len(month) > 2 or len(day) > 2 or len(year) not in (2, 4):
        return None
    try:
        return _bounded(date(_full_year(year), int(month), int(day)))
    except ValueError:
        return None


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) > 2:
        return number
    return number + (2000 if number < _CENTURY_TURNS else 1900)


def _bounded(day: date) -> date | None:
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _of_words(text: str, cell: Cell) -> date:
    """A date with the name of its month, in any order; the year comes last, or first with four."""
    words = [_plain(word) for word in _WORDS.findall(text)]
    figures = [word for word in words if word[0].isdecimal() and word.isascii()]
    names = [word for word in words if not word[0].isdecimal() and word not in _SKIPPED]
    months = [_MONTH_OF[word] for word in names if word in _MONTH_OF]
    # The name of a weekday may stand before.
    if len(figures) != 2 or len(months) != 1 or len(names) > 2:
        raise _no_date(cell)
    if len(names) == 2 and (words[0] in _MONTH_OF or words[0].isdecimal()):
        raise _no_date(cell)
    day, year = figures if len(figures[0]) <= 2 else reversed(figures)
    if len(day) > 2 or len(year) not in (2, 4):
        raise _no_date(cell)
    return _checked(_full_year(year), months[0], int(day), cell)


def _checked(year: int, month: int, day: int, cell: Cell) -> date:
    try:
        found = _bounded(date(year, month, day))
    except ValueError:
        raise _no_date(cell, ": there is no such day") from None
    if found is None:
        raise _no_date(cell, f" between {_FIRST_YEAR} and {_LAST_YEAR}")
    return found


def _serial(text: str) -> Decimal | None:
    if not re.fullmatch(r"[0-9]{5}(?:\.[0-9]{1,15})?", text):
        return None
    number = Decimal(text)
    return number if _SERIALS[0] <= number <= _SERIALS[1] else None


def _of_serial(number: Decimal, cell: Cell, style: DateStyle) -> datetime | date:
    if not number.is_finite() or not _SERIALS[0] <= number <= _SERIALS[1]:
        raise _no_date(cell, ", nor a number of days as Excel counts them")
    whole = int(number)
    day = (_EPOCH_1904 if style.date_1904 else _EPOCH_1900) + timedelta(days=whole)
    if number == whole:
        return day
    seconds = int((number - whole) * 86_400 + Decimal("0.5"))
    return _in_company_days(datetime.combine(day, time()) + timedelta(seconds=seconds), style)
