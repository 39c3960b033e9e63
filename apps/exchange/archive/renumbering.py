"""Keys of our rows that stand in texts and JSON, where no foreign key tells them.

A restored company may stand beside others, so all its keys move by one distance; whatever names a
row by its key moves with it. Each function takes a stored value and answers the moved one.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from apps.core.numbers import whole

Move = Callable[[int], int]
Renumber = Callable[[Any, Move], Any]

DIGEST: Final = 16  # figures and letters of one in a key of the review
_LAYOUT = re.compile(r"own-(\d{1,18})", re.ASCII)
_ORIGIN = re.compile(r"connection:(\d{1,18})(?=$|[: ])", re.ASCII)
# What an approval was asked with names these by key (`billing/acts/approving.py`, `READ`).
_ASKED_WITH = frozenset({"method", "tax_rate", "fee_tax_rate", "note"})
# So do lines of documents and of bank deposits, as their history keeps them.
_LINES_NAME = frozenset({"item", "tax_rate", "payment", "refund"})
# What is to be done with money that a file brought (`imports/money/plans.py`).
_PLANS_NAME = frozenset({"customer", "method", "payment", "bank_account"})
_PLANS_LIST = frozenset({"payments", "refunds"})
_SHARES_NAME = frozenset({"rate_id", "component_id"})


def origin(text: str, move: Move) -> str:
    """“connection:12”, also with more behind it: a reason, or the key of a bank deposit of theirs."""
    found = _ORIGIN.match(text)
    return f"connection:{move(int(found[1]))}{text[found.end() :]}" if found else text


def layout(text: str, move: Move) -> str:
    """“own-12”: a layout of a company's own; one that came with the product keeps its code."""
    found = _LAYOUT.fullmatch(text)
    return f"own-{move(int(found[1]))}" if found else text


def wait(text: str, move: Move) -> str:
    """“record:invoice:7”; what is no figure above nil is a word."""
    word, *names = text.split(":")
    return ":".join([word, *(_moved_text(each, move) for each in names)])


def shares(stored: list[dict[str, Any]], move: Move) -> list[dict[str, Any]]:
    """Tax per component, as `TaxShare.to_json` writes it."""
    return [_moved_fields(each, _SHARES_NAME, move) for each in stored]


def lines(stored: list[dict[str, Any]], move: Move) -> list[dict[str, Any]]:
    return [_moved_fields(each, _LINES_NAME, move) for each in stored]


def answers(stored: dict[str, str], move: Move) -> dict[str, str]:
    return {
        name: _moved_text(said, move) if name in _ASKED_WITH else said
        for name, said in stored.items()
    }


def keys(stored: list[int], move: Move) -> list[int]:
    return [move(each) for each in stored]


def carried(stored: list[list[Any]], move: Move) -> list[list[Any]]:
    """Allocations that left inside a payment: key, revision, their target's kind and their id."""
    return [[move(key), *rest] for key, *rest in stored]


def plan(stored: dict[str, Any], move: Move) -> dict[str, Any]:
    """Money on hold, as `stored` of its plans writes it; amounts, days and keys of files stay."""
    moved = _moved_fields(stored, _PLANS_NAME, move)
    for name in _PLANS_LIST & moved.keys():
        moved[name] = keys(moved[name], move)
    if "parts" in moved:
        parts = moved["parts"]
        moved["parts"] = [_moved_fields(each, frozenset({"invoice"}), move) for each in parts]
    return moved


def named(stored: list[list[Any]], move: Move) -> list[list[Any]]:
    """Kind and key of each record that a question is about."""
    return [[kind, move(key)] for kind, key in stored]


def place(stored: int, move: Move) -> int:
    """How far something has come: a key, 0 at the beginning."""
    return move(stored) if stored else 0


def compared(stored: dict[str, Any], move: Move) -> dict[str, Any]:
    """What a comparison found: the records of ours that explain its totals."""
    totals = [
        {
            **total,
            "explanations": [
                {**each, "ours": named(each["ours"], move)} for each in total["explanations"]
            ],
        }
        for total in stored.get("totals", ())
    ]
    return {**stored, "totals": totals} if stored else stored


def closed(stored: list[dict[str, Any]], move: Move) -> list[dict[str, Any]]:
    """What was asked before a month was closed: the comparison that a check rests on."""
    return [
        {**each, "comparison": move(each["comparison"]) if each["comparison"] else None}
        for each in stored
    ]


def review_key(stored: str, move: Move) -> str:
    """“12:mapping:item:7”; a digest is as it is, also where it happens to have no letter."""
    parts = [each if len(each) == DIGEST else _moved_text(each, move) for each in stored.split(":")]
    return ":".join(parts)


def _moved_text(text: str, move: Move) -> str:
    key = whole(text)
    return str(move(key)) if key else text


def _moved_fields(stored: dict[str, Any], names: frozenset[str], move: Move) -> dict[str, Any]:
    return {
        name: move(value) if name in names and value is not None else value
        for name, value in stored.items()
    }
