"""Receipts, what lies in clearing, and realised exchange differences."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from apps.billing.models import PaymentMethod, Refund
from apps.billing.standing.entries import Movement, entries
from apps.billing.standing.money import Moved, banked, in_clearing, moved
from apps.exchange.exports.cells import Cell
from apps.exchange.reports.receivables import OLD, age
from apps.exchange.reports.shape import Asked, Column, Group, Line, Report
from apps.exchange.reports.words import called, names_of

DEPOSITS: Final = "deposits"


def _line(each: Moved, column: str) -> Line:
    return Line(
        kind=each.kind,
        key=each.key,
        group=(str(each.method_id or ""), each.currency),
        column=column,
        dated=each.dated,
        what=called(each.kind, each.number, each.key),
        currency=each.currency,
        amount=each.amount,
        customer_id=each.customer_id,
    )


def _methods(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    names = dict(PaymentMethod.objects.filter(company=asked.company).values_list("pk", "name"))
    return {
        each: [names[int(each[0])] if each[0] else "Without a method", each[1]] for each in groups
    }


def _receipts(asked: Asked) -> Iterator[Line]:
    for each in moved(asked.reading, asked.since or asked.on):
        if each.kind == "payment":
            yield _line(each, "received")
        else:
            yield _line(each, "refunded" if each.why == Refund.Why.REFUND else "returned")


RECEIPTS: Final = Report(
    name="receipts",
    title="Receipts",
    meaning="Money that came in and went out in a period, by payment method, in the currency of the "
    "bank; refunds and returns with the fee that the bank took beside them.",
    heads=("Method", "Currency"),
    columns=(
        Column("received", "Received"),
        Column("refunded", "Refunded"),
        Column("returned", "Returned"),
        Column("net", "Net", adds=("received", "refunded", "returned")),
    ),
    lines=_receipts,
    labels=_methods,
    has_period=True,
)


def _clearing(asked: Asked) -> Iterator[Line]:
    for each in in_clearing(asked.reading):
        yield _line(each, age((asked.on - each.dated).days))


CLEARING: Final = Report(
    name="clearing",
    title="Money in clearing",
    meaning="Money received, or paid out, that no bank deposit held at the end of a day, by days since "
    "it was dated.",
    heads=("Method", "Currency"),
    columns=OLD,
    lines=_clearing,
    labels=_methods,
)


# --- exchange --------------------------------------------------------------------------------------


def _exchange(asked: Asked) -> Iterator[Line]:
    since = asked.since or asked.on
    for each in entries(asked.reading, since):
        if each.movement == Movement.EXCHANGE:
            group = (str(each.customer_id), each.currency)
            yield _realised(asked, "allocation", each.key, group, each.dated, each.home)
    for deposit in banked(asked.reading, since):
        group = (DEPOSITS, "")
        yield _realised(asked, "deposit", deposit.key, group, deposit.dated, deposit.realised)


def _realised(
    asked: Asked, kind: str, key: int, group: Group, dated: date, amount: Decimal
) -> Line:
    return Line(
        kind=kind,
        key=key,
        group=group,
        column="gain" if amount > 0 else "loss",
        dated=dated,
        what=called(kind, "", key),
        currency=asked.company.home_currency,
        amount=amount,
    )


def _whose(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    names = names_of(int(each[0]) for each in groups if each[0] != DEPOSITS)
    return {
        each: ["Bank deposits", ""] if each[0] == DEPOSITS else [names[int(each[0])], each[1]]
        for each in groups
    }


EXCHANGE: Final = Report(
    name="realised-exchange",
    title="Realised exchange differences",
    meaning="What money and credits at another rate than their invoices realised in a period, and "
    "what bank deposits did, in home currency.",
    heads=("Customer", "Currency"),
    columns=(
        Column("gain", "Gains"),
        Column("loss", "Losses"),
        Column("net", "Net", adds=("gain", "loss")),
    ),
    lines=_exchange,
    labels=_whose,
    has_period=True,
)
