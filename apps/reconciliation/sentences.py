"""How a comparison says what differs: both values, and whose they are."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from apps.connectors.port import RemoteObject
from apps.reconciliation.figures import ZERO, Comparison, shown


def note_absent(
    name: str, amount: Decimal, currency: str, should_stand: bool, into: Comparison
) -> None:
    if should_stand:
        into.differences.append(
            f"{name} is here with {shown(amount, currency)} and is gone from {into.system}."
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


def not_compared(name: str, remote: RemoteObject, into: Comparison) -> str:
    if remote.unreadable is not None:
        field, value = remote.unreadable.field, remote.unreadable.value
        return f"{name} is no one record in {into.system}: {field.replace('_', ' ')} is {value}."
    return f"{name} has a shape in {into.system} that cannot be compared."


def of_theirs(remote: RemoteObject, into: Comparison) -> str:
    """An object that is only over there."""
    return label_of(remote, into.currency)


def label_of(remote: RemoteObject, home: str) -> str:
    """“Invoice 1042 of 2026-04-01, 75.00 GBP”; without a currency it is in home currency."""
    label = remote.number or remote.remote_id
    amount = shown(remote.amount or ZERO, remote.currency or home)
    return f"{remote.kind} {label} of {remote.dated or 'no date'}, {amount}"


def texts(name: str, into: Comparison, *fields: tuple[str, str, str]) -> Iterator[str]:
    for field, mine, yours in fields:
        if mine != yours:
            yield f"{name}: {field} is {mine} here and {yours or 'empty'} in {into.system}."


def amounts(
    name: str,
    word: str,
    currency: str,
    figures: Sequence[tuple[str, Decimal, Decimal]],
    into: Comparison,
) -> Iterator[str]:
    """Adds each figure to the sums, which are apart by currency, and says which differ."""
    of_currency = "" if currency == into.currency else f" ({currency})"
    for field, mine, yours in figures:
        into.add(f"{word}: {field}{of_currency}", mine, yours)
        if mine != yours:
            yield differs(name, field, mine, yours, into, currency)


def differs(
    name: str, field: str, mine: Decimal, yours: Decimal, into: Comparison, currency: str
) -> str:
    return (
        f"{name}: {field} is {shown(mine, currency)} here and {shown(yours, currency)} "
        f"in {into.system}."
    )
