"""A bookkeeper's table as text: acts in order, what each debits and credits, and what is left.

    paid in full, and banked
        issue            receivable +120    income -100    tax -20    due 120
        pay 120          clearing +120    receivable -120    due 0
        = income -100    tax -20    clearing +120

A debit is above nil, a credit below. `due` is the balance due of the invoice after the act. The
last line is what is left in every account, by hand and not by adding up; `=` alone: nothing.
In a table of refusals the last act is followed by `! words of the sentence`.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

Amounts = dict[str, Decimal]


@dataclass(frozen=True)
class Step:
    act: str
    posts: Amounts
    due: Decimal | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    name: str
    steps: tuple[Step, ...]
    left: Amounts


def orders(table: str) -> list[Order]:
    """The orders of a table, apart by empty lines."""
    return [_order(block) for block in re.split(r"\n\s*\n", table.strip("\n")) if block.strip()]


def _order(block: str) -> Order:
    name, *rows = [row.strip() for row in block.strip().splitlines()]
    left: Amounts = {}
    steps = []
    for row in rows:
        if row.startswith("="):
            left = _amounts(row[1:].strip())
        else:
            steps.append(_step(row))
    return Order(name, tuple(steps), left)


def _step(row: str) -> Step:
    row, _, words = row.partition("!")
    act, *cells = re.split(r"\s{2,}", row.strip())
    posts = _amounts("    ".join(cell for cell in cells if not cell.startswith("due ")))
    due = next((Decimal(cell[4:]) for cell in cells if cell.startswith("due ")), None)
    refused = tuple(each.strip() for each in words.split("…") if each.strip())
    assert sum(posts.values(), Decimal(0)) == 0, f"{act}: debits are not credits"
    return Step(act, posts, due, refused)


def _amounts(text: str) -> Amounts:
    found: Amounts = {}
    for cell in re.split(r"\s{2,}", text) if text else ():
        account, amount = cell.rsplit(" ", 1)
        found[account] = found.get(account, Decimal(0)) + Decimal(amount)
    return found
