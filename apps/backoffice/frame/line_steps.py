"""What changed in the lines of a document between two rows of its history, line by line.

Lines are told apart by what they are of (item and text), in their order: whoever takes the first of
three off did not change the other two.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Final

from apps.backoffice.frame.formatting import amount_text, percent
from apps.backoffice.frame.steps import Step

Line = Mapping[str, Any]  # as `billing.acts.history.line_then` writes it

NOT_THERE: Final = "not there"
TAKEN_OFF: Final = "taken off"
TOLD: Final = 12  # lines of one row; of more it is said how many
SHORT: Final = 40  # letters of a line's text, where it only names the line


def line_steps(newer: Sequence[Line], older: Sequence[Line], currency: str) -> list[Step]:
    """A step for each line that differs; nothing of rows that hold no lines of a sale."""
    if not all("quantity" in each for each in (*newer, *older)):
        return []
    found = list(_steps(newer, older, currency))
    more = len(found) - TOLD
    if more > 0:
        found = [*found[:TOLD], Step(field="Further lines", old="–", new=f"{more} changed")]
    return found


def _steps(newer: Sequence[Line], older: Sequence[Line], currency: str) -> Iterator[Step]:
    matcher = SequenceMatcher(
        None, [_of(each) for each in older], [_of(each) for each in newer], autojunk=False
    )
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        both = min(old_to - old_from, new_to - new_from)
        for place in range(both):
            old, new = older[old_from + place], newer[new_from + place]
            if step := _changed(old, new, new_from + place + 1, currency):
                yield step
        for place in range(old_from + both, old_to):
            words = _words(older[place], currency)
            yield Step(field=_called(place + 1, older[place]), old=_said(words), new=TAKEN_OFF)
        for place in range(new_from + both, new_to):
            words = _words(newer[place], currency)
            yield Step(field=_called(place + 1, newer[place]), old=NOT_THERE, new=_said(words))


def _of(line: Line) -> tuple[Any, str]:
    return line.get("item"), str(line.get("description", ""))


def _changed(old: Line, new: Line, number: int, currency: str) -> Step | None:
    was, is_now = _words(old, currency), _words(new, currency)
    if _of(old) != _of(new):
        was, is_now = {"": _name(old), **was}, {"": _name(new), **is_now}
    names = [name for name in {**was, **is_now} if was.get(name) != is_now.get(name)]
    if not names:
        return None
    return Step(
        field=_called(number, new),
        old=_said({name: was.get(name, "none") for name in names}),
        new=_said({name: is_now.get(name, "none") for name in names}),
    )


def _words(line: Line, currency: str) -> dict[str, str]:
    """What a line says, by what each of it is called; without what it does not have."""
    discount = line.get("discount_percent")
    amount = line.get("discount_amount")
    found = {
        "quantity": _figure(line["quantity"]),
        "unit price": _figure(line["unit_price"], currency),
        "discount": percent(Decimal(discount)) if discount else _figure(amount, currency),
        "tax rate": _rate(line),
        "net": _figure(line.get("net"), currency),
        "tax": _figure(line.get("tax"), currency),
    }
    return {name: said for name, said in found.items() if said}


def _figure(text: str | None, currency: str = "") -> str:
    """“8”, “12.50” with the decimals of its currency; nothing of nothing."""
    if text is None:
        return ""
    figure = Decimal(text)
    return amount_text(figure, currency) if currency else f"{figure.normalize():f}"


def _rate(line: Line) -> str:
    """Of a draft, which does not bear its rate yet, only that it has one."""
    code, rate = line.get("tax_code"), line.get("tax_percent")
    if not code:
        return ""
    return f"{code} {percent(Decimal(rate))}" if rate is not None else str(code)


def _called(number: int, line: Line) -> str:
    return f"Line {number}, {_name(line)}"


def _name(line: Line) -> str:
    """“Brass lantern”: as much of its text as names it."""
    text = " ".join(str(line.get("description") or line.get("item_code") or "no text").split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def _said(words: Mapping[str, str]) -> str:
    """“quantity 8, net 100.00”."""
    return ", ".join(f"{name} {said}".strip() for name, said in words.items())
