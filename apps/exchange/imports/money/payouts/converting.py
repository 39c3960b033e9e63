"""Money that the processor exchanged: what a customer paid in one currency and the balance took in
another is one movement, whose fee is what is missing of it."""

from collections.abc import Sequence
from dataclasses import replace

from apps.core.money import rounded
from apps.exchange.imports.money.payouts.movements import Movement, MovementRow
from apps.exchange.profiles.movements import MovementKind


def converted(rows: Sequence[MovementRow]) -> None:
    """Put each exchange into the movement that it exchanges, and leave its rows out. One that exchanges
    a balance is no customer's."""
    sides: dict[str, list[MovementRow]] = {}
    for each in rows:
        if each.movement is not None and each.movement.kind is MovementKind.CONVERSION:
            sides.setdefault(each.movement.original, []).append(each)
    for each in rows:
        movement = each.movement
        if movement is None or movement.kind is MovementKind.CONVERSION:
            continue
        of_it = sides.get(movement.transaction, []) if movement.transaction else []
        exchanged = _exchanged(movement, [side.movement for side in of_it if side.movement])
        if exchanged is None:
            continue
        each.movement = exchanged
        for side in sides.pop(movement.transaction):
            side.movement = None
            side.left_out = f"it exchanges what row {each.row} brought, and is part of that"
    for some in sides.values():
        for side in some:
            if side.movement is not None:
                side.movement = replace(side.movement, kind=MovementKind.ASIDE)
                side.left_out = "it exchanges a balance of yours, and is no customer's"


def _exchanged(movement: Movement, sides: Sequence[Movement]) -> Movement | None:
    """In the currency that the balance took; None where the sides are not the two of all of it."""
    if len(sides) != 2:
        return None
    gone = [each for each in sides if each.currency == movement.currency]
    come = [each for each in sides if each.currency != movement.currency]
    if len(gone) != 1 or gone[0].net != -movement.net or not movement.net:
        return None
    there = come[0]
    gross = rounded(movement.gross * there.net / movement.net, there.currency)
    return replace(
        movement,
        currency=there.currency,
        gross=gross,
        fee=gross - there.net,
        net=there.net,
        facing_currency=movement.currency,
        facing_amount=movement.gross,
    )
