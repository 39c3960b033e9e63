"""What a movement says of whose it is: the numbers of invoices, an order, an e-mail address, a name."""

import re
from collections.abc import Iterable

from apps.exchange.imports.money.payouts.movements import Movement

# A number alone is one of an invoice only behind a word that says so.
_SAID = re.compile(
    r"(?:\b(?:order|invoice|inv|bill|rechnung|bestellung|auftrag|factura|pedido|facture|commande)"
    r"\b[\s.:]*(?:no|nr|nº|number|id)?[\s.:]*#?|#)\s*([A-Za-z0-9][\w/.-]*)",
    re.IGNORECASE,
)
_MIXED = re.compile(r"\b(?=[\w/-]*\d)(?=[\w/-]*[A-Za-z])[A-Za-z0-9][\w/-]{2,}")
_PARTED = re.compile(r"[\s,;]+")


def numbers_told(movement: Movement) -> list[str]:
    """What may be the number of an invoice in its own columns, the surest first, each with and without
    a leading `#`."""
    told = [each for each in (movement.invoice, movement.order) if each]
    return _spelled(part for each in told for part in (each, *_PARTED.split(each)) if part)


def numbers_said(movement: Movement) -> list[str]:
    """The same of its description."""
    text = movement.description
    return _spelled([*_SAID.findall(text), *_MIXED.findall(text)])


def numbers_in(movement: Movement) -> list[str]:
    return list(dict.fromkeys([*numbers_told(movement), *numbers_said(movement)]))


def _spelled(numbers: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(_spellings(each.rstrip(".-/") for each in numbers)))


def _spellings(numbers: Iterable[str]) -> Iterable[str]:
    for each in numbers:
        bare = each.removeprefix("#")
        if bare:
            yield from (each, bare, f"#{bare}")


def said_in(movement: Movement) -> list[str]:
    """All by which a movement that gives money back is told to belong to the one that brought it, the
    surest first."""
    tags = (
        ("code", movement.customer_code),
        ("email", movement.email),
        ("name", movement.name),
    )
    return [
        *(f"number {each.casefold()}" for each in numbers_in(movement)),
        *(f"{name} {told.casefold()}" for name, told in tags if told),
    ]
