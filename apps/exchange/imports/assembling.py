"""Lines of a file gathered into documents: each ends taken, or refused with a sentence.

Nothing is lost in silence: what was odd but tolerated is noted. The file goes by as a stream; only
documents whose rows may still come are held open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.connectors.profiles import Field, Gather, Prefix, Profile
from apps.core.money import fits, rounded
from apps.exchange.documents import (
    NOTHING,
    DocumentKind,
    Note,
    ReadCustomer,
    ReadDocument,
    ReadItem,
    ReadLine,
    Refusal,
    Value,
)
from apps.exchange.imports.heads import (
    HEAD,
    OF_CUSTOMER,
    OF_LINE,
    SHARED,
    as_held,
    discount_of,
    discounted_apart,
    has_negative_prices,
    one_a_row,
    one_discount,
    signed,
    supplied,
    tax_code_of,
    worth,
)
from apps.exchange.imports.reading import Line

NAME_LENGTH = 100  # of an item


@dataclass(slots=True)
class Gathered:
    """The rows of one document and what became of them: `document`, or `refusals` of every row.

    `customer` and `items` are as they are known by now, by their first row in the file.
    `with_origin`: the invoice that it takes back stands further up in the file; `after_credits`:
    another credit of that does.
    """

    number: str
    rows: int
    document: ReadDocument | None = None
    customer: ReadCustomer | None = None
    items: list[ReadItem] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    with_origin: bool = False
    after_credits: bool = False

    @property
    def origin(self) -> str:
        """The number of the invoice that it takes back; "" of any other document."""
        if self.document is None or self.document.kind is not DocumentKind.CREDIT_NOTE:
            return ""
        return self.document.text(Field.ORIGIN)


class Assembler:
    """Remembers of a file what its later rows are held against: numbers, customers, items."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.customers: dict[str, ReadCustomer] = {}  # by code, or by name where there is none
        self.items: dict[str, ReadItem] = {}  # by code
        self._described: dict[str, str] = {}  # item code → its first description
        self._told: set[tuple[str, str]] = set()  # what was noted of an item already
        self._done: set[str] = set()  # keys of documents that are closed
        self._invoices: set[str] = set()  # numbers of invoices that were taken, for their credits
        self._credited: set[str] = set()  # numbers of invoices that a credit of the file takes back
        self._prefixes = sorted(profile.prefixes.items(), key=lambda each: -len(each[0]))

    def documents(self, lines: Iterable[Line], *, limit: int | None = None) -> Iterator[Gathered]:
        """All documents of the file, or the first `limit`; the refused count towards it, as they
        stand in the file."""
        begun = 0
        for some in _parts(lines, self.profile.gather):
            open_now: dict[str, list[Line]] = {}
            for line in some:
                if line.key in self._done:
                    yield self._come_again(line)
                elif line.key in open_now:
                    open_now[line.key].append(line)
                elif limit is None or begun < limit:
                    begun += 1
                    open_now[line.key] = [line]
            for key, of_it in open_now.items():
                yield self._close(of_it)
                self._done.add(key)
            if limit is not None and begun >= limit:
                return

    def _come_again(self, line: Line) -> Gathered:
        where = (
            "its number appeared on an earlier day already"
            if self.profile.gather is Gather.SAME_DAY
            else "its number stood further up already, with other documents between"
        )
        return Gathered(line.number, 1, refusals=[self._refusal(line, where)])

    def _close(self, lines: Sequence[Line]) -> Gathered:
        prefix = self._what_it_is(lines)
        if sentence := self._why_refused(lines, prefix):
            refusals = [self._refusal(line, sentence) for line in one_a_row(lines)]
            return Gathered(lines[0].number, len(refusals), refusals=refusals)
        return self._taken(lines, prefix.kind or self.profile.kind)

    def _what_it_is(self, lines: Sequence[Line]) -> Prefix:
        first, profile = lines[0], self.profile
        if first.kind:
            try:
                return Prefix(kind=DocumentKind(first.kind))
            except ValueError:
                sentence = f"it is called “{first.kind}”, neither an invoice nor a credit note"
                return Prefix(refused=sentence)
        for beginning, prefix in self._prefixes:
            if first.number.startswith(beginning):
                return prefix
        if profile.by_sign and worth(lines) < 0:
            return Prefix(kind=DocumentKind.CREDIT_NOTE)
        return Prefix(kind=profile.kind)

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
        if lines[0].more and (sentence := self._why_not_taken_yet(lines)):
            return sentence
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

    def _why_not_taken_yet(self, lines: Sequence[Line]) -> str:
        status = lines[0].text(Field.STATUS)
        if sentence := self.profile.refused_statuses.get(status.casefold()):
            return sentence
        if self.profile.one_row and len({line.row for line in lines}) > 1:
            return (
                "its number stands in more than one row, and in this layout a document is one row"
            )
        told: dict[Field, Value] = {}
        for line in lines:
            for each in line.more.keys() & SHARED:
                if told.setdefault(each, line.more[each]) != line.more[each]:
                    return f"its rows name more than one {each.replace('_', ' ')}"
        return ""

    def _why_not_its_kind(self, lines: Sequence[Line], kind: DocumentKind | None) -> str:
        total = worth(lines)
        if not total and self.profile.refuses_nil:
            return "a document of nil value books nothing"
        if kind is not DocumentKind.CREDIT_NOTE:
            return (
                f"it comes to {total:f}, yet is not numbered as a credit note" if total < 0 else ""
            )
        if self.profile.credits_are_negative and total > 0:
            return f"it is numbered as a credit note, yet comes to {total:f} in the seller's favour"
        return ""

    # --- What is taken ---

    def _taken(self, lines: Sequence[Line], kind: DocumentKind) -> Gathered:
        first = lines[0]
        gathered = Gathered(first.number, len(one_a_row(lines)))
        for line in lines:
            self._learn_item(line, gathered)
        gathered.customer = self._learn_customer(first, gathered)
        sign = -1 if self._is_turned(lines, kind) else 1
        by_price = sign < 0 and self.profile.turns_prices and has_negative_prices(lines)
        assert first.day is not None, "a row without a date cannot be read"
        told = signed(first.more, HEAD, sign)
        if told:
            day, note = supplied(lines)
            told = {**told, **day, **one_discount(told)}
            if note:
                _note(gathered, first, note)
        taken = [self._line(line, sign, by_price, gathered) for line in lines]
        if charges := self._charges(first, sign):
            told, taken = discounted_apart(told, taken, first.currency)
            taken += charges
        gathered.document = ReadDocument(
            kind=kind,
            number=first.number,
            customer_code=gathered.customer.code or gathered.customer.name,
            dated=first.day,
            currency=first.currency,
            told=told,
            lines=tuple(taken),
        )
        gathered.items = [
            self.items[code] for code in dict.fromkeys(line.item for line in lines) if code
        ]
        if kind is DocumentKind.INVOICE:
            self._invoices.add(first.number)
        elif origin := gathered.origin:
            gathered.with_origin = origin in self._invoices
            gathered.after_credits = origin in self._credited
            self._credited.add(origin)
        return gathered

    def _is_turned(self, lines: Sequence[Line], kind: DocumentKind) -> bool:
        """Whether its amounts stand below nil in the file."""
        if kind is DocumentKind.INVOICE:
            return False
        if self.profile.credits_are_negative is None:
            return worth(lines) < 0
        return self.profile.credits_are_negative

    def _line(self, line: Line, sign: int, by_price: bool, gathered: Gathered) -> ReadLine:
        if not fits(line.exact, line.currency):
            booked = rounded(line.exact, line.currency)
            _note(
                gathered,
                line,
                f"{line.quantity:f} × {line.unit_price:f} is {line.exact:f} {line.currency}, finer "
                f"than a penny: booked as {booked:f}, rounded half-up",
            )
        description = line.description
        if not description and line.item:
            _note(gathered, line, f"no description: the name of item {line.item} is used")
            description = self.items[line.item].name
        more = line.more
        if more:
            self._shorten(line, gathered)
        return ReadLine(
            row=line.row,
            item_code="" if line.by_name else line.item,
            item_name=line.item if line.by_name else "",
            description=description,
            quantity=line.quantity if by_price else sign * line.quantity,
            unit_price=sign * line.unit_price if by_price else line.unit_price,
            discount_percent=(line.amount(Field.DISCOUNT_PERCENT) or None) if more else None,
            discount_amount=discount_of(line, sign) if more else None,
            tax_code=tax_code_of(line) if more else None,
            told=signed(more, OF_LINE, sign) if more else NOTHING,
        )

    def _shorten(self, line: Line, gathered: Gathered) -> None:
        """More decimals than a line holds are left out where it comes to the same amount; else they
        stay, and are refused."""
        quantity, price = as_held(line.quantity), as_held(line.unit_price)
        if rounded(quantity * price, line.currency) != rounded(line.exact, line.currency):
            return
        if (quantity, price) != (line.quantity, line.unit_price):
            _note(
                gathered,
                line,
                f"{line.quantity:f} × {line.unit_price:f} is kept as {quantity:f} × {price:f}, which "
                "comes to the same amount",
            )
        line.quantity, line.unit_price = quantity, price

    def _charges(self, line: Line, sign: int) -> list[ReadLine]:
        """Amounts of the whole document, each as a line that bears no tax."""
        found = []
        for each, words in self.profile.charges.items():
            if amount := line.amount(each):
                found.append(
                    ReadLine(
                        row=line.row,
                        item_code="",
                        description=words,
                        quantity=Decimal(1),
                        unit_price=sign * amount,
                        tax_code="",
                    )
                )
        return found

    def _learn_item(self, line: Line, gathered: Gathered) -> None:
        """The first description names an item; other words stay on their lines, noted once."""
        if not line.item:
            return
        if not self._described.get(line.item):
            self._described[line.item] = line.description
            self.items[line.item] = self._item(line)
        if line.spelled != line.item and self._is_news(line.item, line.spelled):
            _note(
                gathered,
                line,
                f"“{line.spelled}” is read as item {line.item}: only the case differs",
            )
        first = self._described[line.item]
        if line.by_name:
            return
        if line.description not in ("", first) and self._is_news(line.item, line.description):
            _note(
                gathered,
                line,
                f"item {line.item} is called “{line.description}” here and “{first}” before: "
                "the line keeps its own words",
            )

    def _item(self, line: Line) -> ReadItem:
        if line.by_name:
            return ReadItem(code="", name=line.item)
        words = line.description
        if not self.profile.one_line_texts:
            words = " ".join(words.split())
        return ReadItem(code=line.item, name=words[:NAME_LENGTH].strip() or line.item)

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
            code or name,
            ReadCustomer(
                code=code,
                name=name,
                country=line.country,
                told={each: line.more[each] for each in line.more.keys() & OF_CUSTOMER},
            ),
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
        of = line.key if gather is Gather.TOGETHER else line.day
        if of is not None and current is not None and of != current:
            yield part
            part = []
        current = of if of is not None else current
        part.append(line)
    if part:
        yield part
