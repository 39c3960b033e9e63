"""Aged receivables, the roll-forward of the receivable account, and unapplied cash and credits."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q

from apps.billing.standing.entries import Entry, Movement, beside, entries
from apps.billing.standing.open_records import OpenRecord, open_records
from apps.billing.standing.parts import ENDS, Parts
from apps.core.money import ZERO, figure
from apps.exchange.reports.shape import Asked, Check, Column, Line, Report, Table
from apps.exchange.reports.words import as_they_are, called, customers

BY_DUE_DATE, BY_DATE = "due", "date"
AGES: Final = (("up_to_30", 30), ("up_to_60", 60), ("up_to_90", 90))
OVER: Final = "over_90"


def age(days: int) -> str:
    """The column of so many days, from the first on."""
    return next((name for name, most in AGES if days <= most), OVER)


# --- aged receivables ------------------------------------------------------------------------------


def _aged(asked: Asked) -> Iterator[Line]:
    for each in open_records(asked.reading):
        yield _open(each, _bucket(each, asked))


def _bucket(record: OpenRecord, asked: Asked) -> str:
    if not record.is_owed:
        return "unapplied"
    since = record.dated if asked.by == BY_DATE else record.due
    days = (asked.on - since).days
    return age(days) if days > 0 else "not_due"


def _open(record: OpenRecord, column: str) -> Line:
    return Line(
        kind=record.kind,
        key=record.key,
        group=(str(record.customer_id), record.currency),
        column=column,
        dated=record.dated,
        what=called(record.kind, record.number, record.key),
        currency=record.currency,
        amount=record.open,
        customer_id=record.customer_id,
    )


def _what_is_owed(asked: Asked) -> Iterator[Line]:
    """The entries whose sum the aged receivables are, and what was applied, which moves no sum."""
    for each in (*_both(asked),):
        if each.amount:
            yield _entry(each, each.movement, (str(each.customer_id), each.currency))
    for part in Parts.of(asked.reading).all(Q(outside_id="", outside_entry=None)):
        yield Line(
            kind="allocation",
            key=part.key,
            group=(str(part.customers[1]), part.currency),
            column="applied",
            dated=part.dated,
            what=called("allocation", "", part.key),
            currency=part.currency,
            amount=part.amount,
            customer_id=part.customers[1],
            touches=tuple((ENDS[end], key) for end, key in part.ends),
        )


def _both(asked: Asked) -> Iterator[Entry]:
    yield from entries(asked.reading)
    yield from beside(asked.reading)


def _entry(each: Entry, column: str, group: tuple[str, ...], *, at_home: str = "") -> Line:
    return Line(
        kind=each.kind,
        key=each.key,
        group=group,
        column=column,
        dated=each.dated,
        what=called(each.kind, each.number, each.key),
        currency=at_home or each.currency,
        amount=each.home if at_home else each.amount,
        customer_id=each.customer_id,
    )


def _agrees_with_the_account(asked: Asked, table: Table) -> list[Check]:
    """A sentence for each currency."""
    account: dict[str, Decimal] = {}
    elsewhere: dict[str, Decimal] = {}
    for each in _both(asked):
        if not each.movement.beside:
            account[each.currency] = account.get(each.currency, ZERO) + each.amount
        elif each.movement == Movement.OTHER_BOOKS:
            elsewhere[each.currency] = elsewhere.get(each.currency, ZERO) + each.amount
    aged = {
        row.heads[0].removeprefix("Total "): row.figures[-1].amount
        for row in table.totals
        if isinstance(row.heads[0], str) and row.figures[-1] is not None
    }
    return [
        _check(currency, aged.get(currency, ZERO), account.get(currency, ZERO), elsewhere)
        for currency in sorted({*aged, *account})
    ]


def _check(currency: str, aged: Decimal, account: Decimal, elsewhere: dict[str, Decimal]) -> Check:
    beside_ = elsewhere.get(currency, ZERO)
    said = f"The receivable account in {currency} is {figure(account, currency, grouped=True)}"
    if beside_:
        said += (
            f"; {figure(beside_, currency, grouped=True)} of what is open is set against what only "
            "the other books hold"
        )
    if aged == account + beside_:
        return Check(f"{said}. It agrees with this report.", agrees=True)
    apart = figure(aged - account - beside_, currency, grouped=True)
    return Check(f"{said}. This report is {apart} away from it.", agrees=False)


_BUCKETS: Final = (
    Column("not_due", "Not due"),
    Column("up_to_30", "1–30 days"),
    Column("up_to_60", "31–60 days"),
    Column("up_to_90", "61–90 days"),
    Column(OVER, "Over 90 days"),
    Column("unapplied", "Unapplied"),
)
AGED: Final = Report(
    name="aged-receivables",
    title="Aged receivables",
    meaning="What each customer owed at the end of a day, by how long it was overdue, and what they "
    "held unapplied.",
    heads=("Customer", "Currency"),
    columns=(*_BUCKETS, Column("balance", "Balance", adds=tuple(each.name for each in _BUCKETS))),
    lines=_aged,
    labels=customers,
    basis=_what_is_owed,
    check=_agrees_with_the_account,
    choices=((BY_DUE_DATE, "Days overdue"), (BY_DATE, "Days since the date of the document")),
)


# --- roll-forward ----------------------------------------------------------------------------------

_MOVED: Final = (
    Column(Movement.INVOICED, "Invoices"),
    Column(Movement.CREDITED, "Credit notes"),
    Column(Movement.RECEIVED, "Receipts"),
    Column(Movement.REFUNDED, "Refunds and returns"),
    Column(Movement.WRITTEN_OFF, "Written off"),
    Column(Movement.DEDUCTED, "Deductions"),
    Column(Movement.EXCHANGE, "Exchange"),
)


def _rolled(asked: Asked) -> Iterator[Line]:
    since = asked.since or asked.on
    for each in entries(asked.reading.as_of(since - timedelta(days=1))):
        yield from _in_both_currencies(each, "opening", asked)
    for each in entries(asked.reading, since):
        yield from _in_both_currencies(each, each.movement, asked)


def _in_both_currencies(each: Entry, column: str, asked: Asked) -> Iterator[Line]:
    home = asked.company.home_currency
    if each.currency != home and each.amount:
        yield _entry(each, column, (each.currency, each.currency))
    yield _entry(each, column, (each.currency, home), at_home=home)


ROLL_FORWARD: Final = Report(
    name="receivable-roll-forward",
    title="Receivable roll-forward",
    meaning="How the receivable account came from its opening to its closing balance; accounts in "
    "another currency in that and in home currency.",
    heads=("Receivable in", "Shown in"),
    columns=(
        Column("opening", "Opening"),
        *_MOVED,
        Column("closing", "Closing", adds=("opening", *(each.name for each in _MOVED))),
    ),
    lines=_rolled,
    labels=as_they_are,
    has_period=True,
)


# --- unapplied cash and credits --------------------------------------------------------------------


def _unapplied(asked: Asked) -> Iterator[Line]:
    for each in open_records(asked.reading):
        if not each.is_owed:
            yield _open(each, age((asked.on - each.dated).days))


_BY_AGE: Final = (
    Column("up_to_30", "Up to 30 days"),
    Column("up_to_60", "31–60 days"),
    Column("up_to_90", "61–90 days"),
    Column(OVER, "Over 90 days"),
)
OLD: Final = (*_BY_AGE, Column("all", "Total", adds=tuple(each.name for each in _BY_AGE)))
UNAPPLIED: Final = Report(
    name="unapplied",
    title="Unapplied cash and credits",
    meaning="Money and credit notes that customers held at the end of a day, set against nothing, "
    "by days since they were dated.",
    heads=("Customer", "Currency"),
    columns=OLD,
    lines=_unapplied,
    labels=customers,
)
