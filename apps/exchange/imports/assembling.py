"""Lines of a file gathered into documents: each ends taken, or refused with a sentence.

Nothing is lost in silence: what was odd but tolerated is noted. The file goes by as a stream; only
documents whose rows may still come are held open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from apps.core.money import fits, rounded
from apps.exchange.documents import (
    DocumentKind,
    Note,
    ReadCustomer,
    ReadDocument,
    ReadItem,
    ReadLine,
    Refusal,
)
from apps.exchange.imports.reading import Line
from apps.exchange.profiles import Gather, Prefix, Profile

NAME_LENGTH = 100  # of an item
AN_INVOICE = Prefix(kind=DocumentKind.INVOICE)


@dataclass(slots=True)
class Gathered:
    """The rows of one document and what became of them: `document`, or `refusals` of every row.

    `customer` and `items` are as they are known by now, by their first row in the file.
    """

    number: str
    rows: int
    document: ReadDocument | None = None
    customer: ReadCustomer | None = None
    items: list[ReadItem] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Assembler:
    """Remembers of a file what its later rows are held against: numbers, customers, items."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.customers: dict[str, ReadCustomer] = {}  # by code, or by name where there is none
        self.items: dict[str, ReadItem] = {}  # by code
        self._described: dict[str, str] = {}  # item code → its first description
        self._told: set[tuple[str, str]] = set()  # what was noted of an item already
        self._done: set[str] = set()  # numbers of documents that are closed
        self._prefixes = sorted(profile.prefixes.items(), key=lambda each: -len(each[0]))

    def documents(self, lines: Iterable[Line], *, limit: int | None = None) -> Iterator[Gathered]:
        """All documents of the file, or the first `limit`; the refused count towards it, as they
        stand in the file."""
        begun = 0
        for some in _parts(lines, self.profile.gather):
            open_now: dict[str, list[Line]] = {}
            for line in some:
                if line.number in self._done:
                    yield self._come_again(line)
                elif line.number in open_now:
                    open_now[line.number].append(line)
                elif limit is None or begun < limit:
                    begun += 1
                    open_now[line.number] = [line]
            for number, of_it in open_now.items():
                yield self._close(number, of_it)
                self._done.add(number)
            if limit is not None and begun >= limit:
                return

    def _come_again(self, line: Line) -> Gathered:
        where = (
            "its number appeared on an earlier day already"
            if self.profile.gather is Gather.SAME_DAY
            else "its number stood further up already, with other documents between"
        )
        return Gathered(line.number, 1, refusals=[self._refusal(line, where)])

    def _close(self, number: str, lines: Sequence[Line]) -> Gathered:
        prefix = self._prefix(number)
        if sentence := self._why_refused(lines, prefix):
            refusals = [self._refusal(line, sentence) for line in lines]
            return Gathered(number, len(lines), refusals=refusals)
        return self._taken(number, lines, prefix.kind or DocumentKind.INVOICE)

    def _prefix(self, number: str) -> Prefix:
        for beginning, prefix in self._prefixes:
            if number.startswith(beginning):
                return prefix
        return AN_INVOICE

    def _refusal(self, line: Line, sentence: str) -> Refusal:
        currency = line.currency
        readable = bool(currency) and not line.trouble
        return Refusal(
            row=line.row,
            document=line.number,
            sentence=sentence,
            day=line.day,
            currency=currency,
            amount=rounded(line.exact, currency) if readable else None,
        )

    def _why_refused(self, lines: Sequence[Line], prefix: Prefix) -> str:
        """The sentence why a document is not taken; "" if it is."""
        if troubles := [f"row {line.row}: {line.trouble}" for line in lines if line.trouble]:
            return f"it cannot be read ({'; '.join(troubles)})"
        if prefix.refused:
            return prefix.refused
        refused = self.profile.refused_items
        for code in sorted({line.item for line in lines} & refused.keys()):
            return refused[code].format(code=code)
        for told, what in (
            (_customer_of, "customer"),
            (_currency_of, "currency"),
            (_day_of, "date"),
        ):
            if len({told(line) for line in lines}) > 1:
                return f"its rows name more than one {what}"
        return self._why_not_its_kind(lines, prefix.kind)

    def _why_not_its_kind(self, lines: Sequence[Line], kind: DocumentKind | None) -> str:
        # As it would be booked: a document whose lines all round to nil is worth nothing either.
        total = sum(rounded(line.exact, line.currency) for line in lines)
        if not total:
            return "a document of nil value books nothing"
        if kind is not DocumentKind.CREDIT_NOTE:
            return (
                f"it comes to {total:f}, yet is not numbered as a credit note" if total < 0 else ""
            )
        if self.profile.credits_are_negative and total > 0:
            return f"it is numbered as a credit note, yet comes to {total:f} in the seller's favour"
        return ""

    # --- What is taken ---

    def _taken(self, number: str, lines: Sequence[Line], kind: DocumentKind) -> Gathered:
        gathered = Gathered(number, len(lines))
        first = lines[0]
        for line in lines:
            self._learn_item(line, gathered)
        gathered.customer = self._learn_customer(first, gathered)
        turned = kind is DocumentKind.CREDIT_NOTE and self.profile.credits_are_negative
        assert first.day is not None, "a row without a date cannot be read"
        gathered.document = ReadDocument(
            kind=kind,
            number=number,
            customer_code=gathered.customer.code or gathered.customer.name,
            dated=first.day,
            currency=first.currency,
            due=first.due,
            purchase_order_number=first.purchase_order_number,
            message=first.message,
            lines=tuple(self._line(line, -1 if turned else 1, gathered) for line in lines),
        )
        gathered.items = [
            self.items[code] for code in dict.fromkeys(line.item for line in lines) if code
        ]
        return gathered

    def _line(self, line: Line, sign: int, gathered: Gathered) -> ReadLine:
        if not fits(line.exact, line.currency):
            booked = rounded(line.exact, line.currency)
            _note(
                gathered,
                line,
                f"{line.quantity:f} × {line.unit_price:f} is {line.exact:f} {line.currency}, finer "
                f"than a penny: booked as {booked:f}, rounded half-up",
            )
        if not line.description:
            _note(gathered, line, f"no description: the name of item {line.item} is used")
        return ReadLine(
            row=line.row,
            item_code=line.item,
            description=line.description or self.items[line.item].name,
            quantity=sign * line.quantity,
            unit_price=line.unit_price,
            discount_percent=line.discount,
            tax_code=line.tax_code,
        )

    def _learn_item(self, line: Line, gathered: Gathered) -> None:
        """The first description names an item; other words stay on their lines, noted once."""
        if not line.item:
            return
        if not self._described.get(line.item):
            self._described[line.item] = line.description
            name = line.description[:NAME_LENGTH].strip() or line.item
            self.items[line.item] = ReadItem(code=line.item, name=name)
        if line.spelled != line.item and self._is_news(line.item, line.spelled):
            _note(
                gathered,
                line,
                f"“{line.spelled}” is read as item {line.item}: only the case differs",
            )
        first = self._described[line.item]
        if line.description not in ("", first) and self._is_news(line.item, line.description):
            _note(
                gathered,
                line,
                f"item {line.item} is called “{line.description}” here and “{first}” before: "
                "the line keeps its own words",
            )

    def _is_news(self, code: str, words: str) -> bool:
        if (code, words) in self._told:
            return False
        self._told.add((code, words))
        return True

    def _learn_customer(self, line: Line, gathered: Gathered) -> ReadCustomer:
        walk_in = self.profile.walk_in
        if walk_in is not None and not (line.customer_code or line.customer_name):
            return self.customers.setdefault(
                walk_in.code, ReadCustomer(code=walk_in.code, name=walk_in.name)
            )
        code = line.customer_code
        name = line.customer_name or self.profile.customer_name.format(code=code)
        known = self.customers.setdefault(
            code or name, ReadCustomer(code=code, name=name, country=line.country)
        )
        if known.country != line.country:
            _note(
                gathered,
                line,
                f"customer {code or name} is in {line.country or 'no country'} here and in "
                f"{known.country or 'no country'} before: the first stands",
            )
        return known


def _customer_of(line: Line) -> object:
    return line.customer_code, line.customer_name


def _currency_of(line: Line) -> object:
    return line.currency


def _day_of(line: Line) -> object:
    return line.day


def _note(gathered: Gathered, line: Line, sentence: str) -> None:
    gathered.notes.append(Note(row=line.row, document=line.number, sentence=sentence))


def _parts(lines: Iterable[Line], gather: Gather) -> Iterator[list[Line]]:
    """Lines among which all rows of a document lie; one without a date stays with those before it."""
    part: list[Line] = []
    current: object = None
    for line in lines:
        of = line.number if gather is Gather.TOGETHER else line.day
        if of is not None and current is not None and of != current:
            yield part
            part = []
        current = of if of is not None else current
        part.append(line)
    if part:
        yield part
