"""How a comparison says what differs: both values, and whose they are."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from apps.connectors.port import RemoteObject
from apps.reconciliation.figures import ZERO, Comparison, shown
from apps.reconciliation.findings import About, Finding
from apps.reconciliation.models import Why
from apps.sync.wording import day

# By figure; what is none of them is an amount.
WHY = {
    **dict.fromkeys(("tax", "tax in the fee"), Why.TAX),
    **dict.fromkeys(("home total", "home amount"), Why.EXCHANGE),
    **dict.fromkeys(
        (
            *("paid", "credited", "written off", "balance due", "settled otherwise"),
            *("applied", "open credit", "on account"),
        ),
        Why.PAID,
    ),
}
TEXTS = {"number": Why.NUMBER, "date": Why.DATE, "currency": Why.CURRENCY}


def note_absent(
    name: About,
    amount: Decimal,
    currency: str,
    should_stand: bool,
    into: Comparison,
    days: tuple[date | None, date | None],
) -> None:
    """It is not there; `days` are those of both sides, theirs where it is there later than the day
    that is asked."""
    here, there = days
    if not should_stand:
        return
    if here is not None and there is not None:
        into.differences += texts(name, into, ("date", here.isoformat(), there.isoformat()))
    else:
        into.differences.append(
            name.differs(
                Why.GONE,
                f"{name} is here with {shown(amount, currency)} and is gone from {into.system}.",
                here=shown(amount, currency),
                amount=-amount,
                currency=currency,
            )
        )


def made_of(
    objects: Sequence[RemoteObject],
    keys: Sequence[tuple[str, str]],
    into: Comparison,
) -> str:
    """“ (in Worked receipt 1 of 60.00 EUR and receipt 2, taken back)”; "" of what is one object."""
    if len(keys) < 2:
        return ""
    there = {(each.kind, each.remote_id): each for each in objects}
    said = [
        f"{kind} {remote_id}{_state_of(there.get((kind, remote_id)), into.currency)}"
        for kind, remote_id in keys
    ]
    return f" (in {into.system} {', '.join(said[:-1])} and {said[-1]})"


def _state_of(remote: RemoteObject | None, home: str) -> str:
    if remote is None:
        return ", which is gone"
    if remote.void:
        return ", taken back"
    return f" of {shown(remote.amount or ZERO, remote.currency or home)}"


def not_compared(name: About, remote: RemoteObject, into: Comparison) -> Finding:
    said = f"{name} has a shape in {into.system} that cannot be compared."
    if remote.unreadable is not None:
        field, value = remote.unreadable.field, remote.unreadable.value
        said = f"{name} is no one record in {into.system}: {field.replace('_', ' ')} is {value}."
    return name.differs(Why.UNREADABLE, said)


def another_customer(name: About, here: str, into: Comparison) -> Finding:
    said = f"{name} is of {here} here and of another customer in {into.system}."
    return name.differs(Why.CUSTOMER, said, figure="customer", here=here)


def one_side_stands(
    name: About, ended: str, amount: Decimal, currency: str, into: Comparison, *, here: bool
) -> Finding:
    """It was taken back (`ended`: “void”) on one side alone; `here` where it stands on ours, with `amount`."""
    stands = shown(amount, currency)
    if here:
        said = f"{name} is {ended} in {into.system} and stands here with {stands}."
    else:
        said = f"{name} is {ended} here and stands in {into.system} with {stands}."
    return name.differs(
        Why.STATE,
        said,
        figure="state",
        here=stands if here else ended,
        there=ended if here else stands,
        amount=-amount if here else amount,
        currency=currency,
    )


def of_theirs(remote: RemoteObject, into: Comparison) -> str:
    """An object that is only over there."""
    return label_of(remote, into.currency)


def label_of(remote: RemoteObject, home: str) -> str:
    """“Invoice 1042 of 1 April 2026, 75.00 GBP”; without a currency it is in home currency."""
    label = remote.number or remote.remote_id
    amount = shown(remote.amount or ZERO, remote.currency or home)
    dated = day(remote.dated) if remote.dated else "no date"
    return f"{remote.kind} {label} of {dated}, {amount}"


def texts(name: About, into: Comparison, *fields: tuple[str, str, str]) -> Iterator[Finding]:
    """Of each field of these that differs; a date as ISO says it."""
    for field, mine, yours in fields:
        if mine != yours:
            here, there = (_in_words(field, each) for each in (mine, yours))
            said = f"{name}: {field} is {here} here and {there} in {into.system}."
            yield name.differs(TEXTS[field], said, figure=field, here=here, there=there)


def _in_words(field: str, value: str) -> str:
    if field == "date" and value:
        return day(date.fromisoformat(value))
    return value or "empty"


def amounts(
    name: About,
    word: str,
    currency: str,
    figures: Sequence[tuple[str, Decimal, Decimal]],
    into: Comparison,
    now: Sequence[tuple[str, Decimal, Decimal]] = (),
) -> Iterator[Finding]:
    """Adds each figure to the sums, which are apart by currency, and says which differ. As of a day
    `now` are those that move, as they are now: what differs then and is equal now is listed as such."""
    of_currency = "" if currency == into.currency else f" ({currency})"
    equal_now = {field for field, mine, yours in now if mine == yours}
    for field, mine, yours in figures:
        into.add(f"{word}: {field}{of_currency}", mine, yours)
        if mine == yours:
            continue
        if field in equal_now:
            note_set_off(name, field, mine, yours, into, currency)
        else:
            yield differs(name, field, mine, yours, into, currency)


def note_set_off(
    name: About, field: str, mine: Decimal, yours: Decimal, into: Comparison, currency: str
) -> None:
    """A figure that both sides have now, and had not on the day: what settles it bears another day
    there, or was un-applied since, which a ledger shows on no day."""
    here, there = shown(mine, currency), shown(yours, currency)
    into.set_off_elsewhen.append(
        name.differs(
            Why.PAID,
            f"{name}: {field} was {here} here and {there} in {into.system}, and is equal now.",
            figure=field,
            here=here,
            there=there,
            amount=yours - mine,
            currency=currency,
        )
    )


def differs(
    name: About,
    field: str,
    mine: Decimal,
    yours: Decimal,
    into: Comparison,
    currency: str,
    why: Why | None = None,
) -> Finding:
    here, there = shown(mine, currency), shown(yours, currency)
    of_a_rate = Why.TAX if field.startswith("tax at ") else Why.AMOUNT
    return name.differs(
        why or WHY.get(field, of_a_rate),
        f"{name}: {field} is {here} here and {there} in {into.system}.",
        figure=field,
        here=here,
        there=there,
        amount=yours - mine,
        currency=currency,
    )
