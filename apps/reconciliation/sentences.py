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
