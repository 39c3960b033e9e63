"""Rows of a card processor's file as movements of money, each held against its own sums."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from apps.core.money import ZERO, figure, fits, is_currency
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.money.holding import key_of
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.profiles.movements import (
    TAKEN_AS_WORDS,
    MovementField,
    MovementKind,
    PayoutProfile,
)
from apps.exchange.tables.dates import DateStyle, read_moment
from apps.exchange.tables.port import CellRefused

CALLED = {
    MovementKind.CHARGE: "payment",
    MovementKind.REFUND: "refund",
    MovementKind.CHARGEBACK: "chargeback",
    MovementKind.RETURNED: "payment that came again",
    MovementKind.FEE: "fee",
    MovementKind.PAYOUT: "payout",
    MovementKind.PAYOUT_BACK: "payout that came back",
    MovementKind.CONVERSION: "exchange of currencies",
    MovementKind.ASIDE: "movement that is no customer's",
}
COMES_IN = (MovementKind.CHARGE, MovementKind.RETURNED)
GOES_BACK = (MovementKind.REFUND, MovementKind.CHARGEBACK)


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """`net` is `gross` less `fee`, in `currency`, all signed: what came in is above nil, a fee that was
    kept too. `facing_*` is what the customer paid or got back, where the file tells it. `alike`
    counts the rows before it that say the same, where nothing tells them apart."""

    row: int
    kind: MovementKind
    key: str  # SHA-256, the same in every file that tells of it
    transaction: str
    day: date
    currency: str
    gross: Decimal
    fee: Decimal
    net: Decimal
    moment: datetime | None = None
    bank_day: date | None = None
    source: str = ""
    original: str = ""
    payout: str = ""
    is_paid: bool = True  # its payout is on its way or at the bank
    facing_currency: str = ""
    facing_amount: Decimal | None = None
    description: str = ""
    invoice: str = ""
    order: str = ""
    name: str = ""
    email: str = ""
    customer_code: str = ""
    alike: int = 0

    @property
    def called(self) -> str:
        """As staff find it in the file."""
        amount = (
            f"{figure(abs(self.gross or self.net), self.currency, grouped=True)} {self.currency}"
        )
        which = self.transaction or self.order or f"row {self.row}"
        return f"{CALLED[self.kind]} {which} of {amount}"


@dataclass(slots=True)
class MovementRow:
    """A row of the file: its movement, or why it is none. Of what is `left_out` the movement is kept
    where it moves the balance."""

    row: int
    movement: Movement | None = None
    left_out: str | None = None
    refusals: Sequence[Refusal] = ()
    notes: Sequence[Note] = ()

    @property
    def rows(self) -> int:
        return 1


class NoMovement(ValueError):
    """Why a row is none, in a sentence that goes on from “refused:”."""


class LeftOut(ValueError):
    """Why a row is none of what the file is to bring."""


def movements_of(
    records: Iterable[ReadRecord], profile: PayoutProfile, zone: str
) -> Iterator[MovementRow]:
    """Each row once, in their order. `zone` is that in which the company counts its days."""
    seen: dict[str, Movement] = {}
    for record in records:
        found = MovementRow(record.row)
        try:
            found.movement = _once(_movement(record, profile, zone), seen, profile)
        except LeftOut as reason:
            found.left_out = str(reason)
        except NoMovement as reason:
            found.refusals = [_refusal(record, str(reason))]
        if found.movement is not None and found.movement.kind is MovementKind.ASIDE:
            found.left_out = (
                "it moves the processor's balance and is no customer's: a purchase, a reserve or money "
                "of your own"
            )
        yield found


def _refusal(record: ReadRecord, sentence: str) -> Refusal:
    return Refusal(
        row=record.row,
        document=record.text(MovementField.TRANSACTION) or record.text(MovementField.ORDER),
        sentence=sentence,
        day=record.day(MovementField.DAY),
        currency=record.text(MovementField.CURRENCY).upper(),
        amount=record.number(MovementField.GROSS),
    )


def _once(movement: Movement, seen: dict[str, Movement], profile: PayoutProfile) -> Movement:
    """Raises `LeftOut` for what an earlier row told, `NoMovement` where that says otherwise."""
    if not movement.transaction:
        alike = movement.alike
        while movement.key in seen:
            alike += 1
            movement = replace(movement, alike=alike, key=_key(movement, profile, alike))
        seen[movement.key] = movement
        return movement
    known = seen.setdefault(movement.key, movement)
    if known is movement:
        return movement
    if replace(movement, row=known.row) == known:
        raise LeftOut(f"row {known.row} tells the same movement")
    raise NoMovement(
        f"row {known.row} has the same {movement.transaction} and says otherwise of it. Take the one "
        "out that is wrong"
    )


def _movement(record: ReadRecord, profile: PayoutProfile, zone: str) -> Movement:
    if record.left_out is not None:
        raise LeftOut(record.left_out)
    status = record.text(MovementField.STATUS)
    if profile.happened and status and status.casefold() not in profile.happened:
        raise LeftOut(f"it is “{status}” there: its money has not moved, or went back")
    kind = _kind(record, profile)
    if kind is MovementKind.NONE:
        raise LeftOut("it moves no money")
    if record.trouble:
        raise NoMovement(record.trouble)
    moment = _moment(record, profile, zone)
    day = moment.date() if moment else record.day(MovementField.DAY)
    assert day is not None  # required of every layout
    currency = record.text(MovementField.CURRENCY).upper()
    if not is_currency(currency):
        raise NoMovement(f"“{currency}” is no currency. Use an ISO 4217 code, such as GBP")
    gross, fee, net = _amounts(record, profile, kind, currency)
    if not (gross or fee or net):
        raise LeftOut("it is of nil")
    facing = record.number(MovementField.FACING_AMOUNT)
    payout_status = record.text(MovementField.PAYOUT_STATUS).casefold()
    movement = Movement(
        row=record.row,
        kind=_by_sign(kind, gross),
        key="",
        transaction=record.text(MovementField.TRANSACTION),
        day=day,
        moment=moment,
        bank_day=record.day(MovementField.BANK_DAY),
        currency=currency,
        gross=gross,
        fee=fee,
        net=net,
        source=record.text(MovementField.SOURCE),
        original=record.text(MovementField.ORIGINAL),
        payout=record.text(MovementField.PAYOUT),
        is_paid=not profile.paid or payout_status in profile.paid,
        facing_currency=record.text(MovementField.FACING_CURRENCY).upper() if facing else "",
        facing_amount=facing,
        description=record.text(MovementField.DESCRIPTION),
        invoice=record.text(MovementField.INVOICE),
        order=record.text(MovementField.ORDER),
        name=record.text(MovementField.NAME),
        email=record.text(MovementField.EMAIL),
        customer_code=record.text(MovementField.CUSTOMER_CODE),
    )
    told = record.text(MovementField.MOMENT)
    return replace(movement, key=_key(movement, profile, 0, told))


def _key(movement: Movement, profile: PayoutProfile, alike: int, told: str = "") -> str:
    if movement.transaction:
        return key_of(profile.processor, movement.transaction)
    if alike:
        return key_of(movement.key, alike)
    of = (told or movement.day, movement.kind, movement.order, movement.source)
    # A spreadsheet that saved the file writes 100 for 100.00.
    figures = (f"{each.normalize():f}" for each in (movement.gross, movement.fee))
    return key_of(profile.processor, *of, *figures, movement.currency)


def _kind(record: ReadRecord, profile: PayoutProfile) -> MovementKind:
    said, told = record.text(MovementField.TAKEN_AS), record.text(MovementField.KIND)
    words = ", ".join(TAKEN_AS_WORDS)
    try:
        kind = MovementKind(said or told)
    except ValueError:
        if said:
            raise NoMovement(f"“{said}” is none of {words}") from None
        raise NoMovement(
            f"“{told}” is no kind of movement that is known here. Say what it is in a column "
            f"“Taken as”: {words}"
        ) from None
    if kind is MovementKind.ADJUSTMENT:
        return _adjustment(record, profile, words)
    return kind


def _adjustment(record: ReadRecord, profile: PayoutProfile, words: str) -> MovementKind:
    """A chargeback or a dispute won, by what it moved or what is said of it."""
    source = record.text(MovementField.SOURCE)
    description = record.text(MovementField.DESCRIPTION).casefold()
    disputed = source.startswith(profile.dispute_sources) if profile.dispute_sources else False
    if not disputed and not any(each in description for each in profile.dispute_words):
        raise NoMovement(
            f"it is an adjustment, and nothing tells of what. Say it in a column “Taken as”: {words}"
        )
    gross = record.number(MovementField.GROSS) or ZERO
    return MovementKind.RETURNED if gross > 0 else MovementKind.CHARGEBACK


def _by_sign(kind: MovementKind, gross: Decimal) -> MovementKind:
    """Raises `NoMovement` for an amount of the wrong sign."""
    if kind in COMES_IN and gross < 0:
        return MovementKind.ASIDE  # a payment of ours, to somebody else
    if kind in GOES_BACK and gross > 0:
        raise NoMovement("money that went back is below nil, and its amount is above")
    return kind


def _amounts(
    record: ReadRecord, profile: PayoutProfile, kind: MovementKind, currency: str
) -> tuple[Decimal, Decimal, Decimal]:
    """(gross, fee, net). Raises `NoMovement` where they contradict each other."""
    gross = record.number(MovementField.GROSS) or ZERO
    fee = record.number(MovementField.FEE) or ZERO
    fee = -fee if profile.fee_is_negative else fee
    told = record.number(MovementField.NET)
    net = gross - fee if told is None else told
    for each in (gross, fee, net):
        if not fits(each, currency):
            raise NoMovement(f"{each} has more decimals than {currency} has")
    if net != gross - fee:
        raise NoMovement(
            f"its gross {figure(gross, currency)} less its fee {figure(fee, currency)} is "
            f"{figure(gross - fee, currency)}, and its net says {figure(net, currency)}"
        )
    if kind is MovementKind.FEE:
        return ZERO, -net, net
    return gross + ZERO, fee + ZERO, net + ZERO


def _moment(record: ReadRecord, profile: PayoutProfile, zone: str) -> datetime | None:
    """Where its time stands in columns of their own; in the company's zone. Raises `NoMovement`."""
    time, written_in = record.text(MovementField.TIME), record.text(MovementField.ZONE)
    day = record.day(MovementField.DAY)
    if not time or day is None:
        return None
    written_in = profile.zones.get(written_in.upper(), written_in)
    style = DateStyle(day_in=ZoneInfo(zone) if zone else None)
    try:
        found = read_moment(f"{day.isoformat()} {time} {written_in}".strip(), style)
    except CellRefused as reason:
        raise NoMovement(str(reason).rstrip(".")) from reason
    assert isinstance(found, datetime)  # a time was told
    return found


def in_words(amount: Decimal, currency: str) -> str:
    return f"{figure(amount, currency, grouped=True)} {currency}"


def only(rows: Sequence[MovementRow]) -> list[Movement]:
    """Those that can be read, in the order of the file."""
    return [each.movement for each in rows if each.movement is not None]
