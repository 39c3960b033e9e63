"""Their taxes as codes: a line bears up to two, each by its name and percentage. Pure.

The id of a code is what a line itself says, "HST@13", so that a line is read without their list:
"GST@5+QST@9.975" are two beside each other, "GST@5>PST@8" the second one on top of the first.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import Any

from apps.connectors.freshbooks.wire import NIL, Json, Raw, Unread, figure, plain, text
from apps.connectors.port import Code, CodeKind, CodePart, Role

MOST = 2  # taxes of a line
FINEST = Decimal("0.001")  # of a percentage
REGIME = "taxes"
NO_TAX = "No tax@0"
BESIDE, UPON = "+", ">"
HUNDRED = Decimal(100)


# --- What a code says -------------------------------------------------------------------------


def rate_id(name: str, percent: Decimal) -> str:
    return f"{name.strip()}@{plain(percent)}"


def parts_of(code: str) -> list[tuple[str, Decimal]]:
    """Name and percentage of each part. Raises ValueError for what is no code."""
    if code in ("", NO_TAX):
        return []
    found = []
    for each in code.replace(UPON, BESIDE).split(BESIDE):
        name, at, percent = each.rpartition("@")
        try:
            figure_of = Decimal(percent)
        except InvalidOperation:
            raise ValueError(code) from None
        if not at or not name or not figure_of.is_finite():
            raise ValueError(code)
        found.append((name, figure_of))
    return found


def effective(code: str) -> list[tuple[str, Decimal]]:
    """Rate id and percentage of the net, of each part: what stands upon another bears that too."""
    parts = parts_of(code)
    if UPON not in code or len(parts) < MOST:
        return [(rate_id(name, percent), percent) for name, percent in parts]
    (first, low), (second, high) = parts
    return [
        (rate_id(first, low), low),
        (rate_id(second, high), high * (HUNDRED + low) / HUNDRED),
    ]


def line_fields(code: str) -> Json:
    """How a line says its tax. All names are said, so that a changed line loses what it had."""
    parts = parts_of(code)
    fields: Json = {}
    for place in range(MOST):
        name, percent = parts[place] if place < len(parts) else ("", NIL)
        fields |= {f"taxName{place + 1}": name, f"taxAmount{place + 1}": plain(percent)}
    if UPON in code:
        fields["compounded_tax"] = True
    return fields


def code_of(line: Raw) -> str:
    """The code that a line of theirs bears. Raises Unread for a tax whose name would end it."""
    found = []
    for place in (1, 2):
        name = text(line, f"taxName{place}").strip()
        if BESIDE in name or UPON in name:
            raise Unread(f"taxName{place}", name)
        percent = _percent(line, f"taxAmount{place}")
        if name or percent:
            found.append(rate_id(name or "Tax", percent))
    between = UPON if line.get("compounded_tax") is True else BESIDE
    return between.join(found)


def _percent(source: Raw, name: str) -> Decimal:
    value = source.get(name)
    if value in (None, ""):
        return NIL
    if isinstance(value, float):
        return Decimal(str(value))
    return figure(source, name)


def projected_code(code: str) -> str:
    """As it comes back from a line; what is no code stays, and is objected to."""
    try:
        parts = parts_of(code)
    except ValueError:
        return code
    return (UPON if UPON in code else BESIDE).join(rate_id(*each) for each in parts)


# --- Their list ---------------------------------------------------------------------------------


def codes_of(taxes: Iterable[Raw]) -> tuple[Code, ...]:
    """Each tax of theirs, each two of them together, and none at all."""
    known: dict[str, dict[str, Any]] = {}
    for each in taxes:
        name, percent = text(each, "name").strip(), figure(each, "amount")
        if name and not any(sign in name for sign in (BESIDE, UPON)):
            known[rate_id(name, percent)] = {
                "name": name,
                "percent": percent,
                "number": text(each, "number"),
                "compound": each.get("compound") is True,
            }
    asked = [each for each in known if known[each]["percent"]]  # nil beside another says nothing
    singles = [_code([each], known) for each in sorted(known)]
    pairs = [
        _code(sorted(pair, key=lambda each: known[each]["compound"]), known)
        for pair in combinations(sorted(asked), MOST)
        if not all(known[each]["compound"] for each in pair)
    ]
    none = Code(
        kind=CodeKind.TAX_CODE,
        remote_id=NO_TAX,
        name="No tax",
        roles=frozenset({Role.SALES_TAX}),
    )
    return (none, *singles, *pairs)


def _code(ids: Sequence[str], known: dict[str, dict[str, Any]]) -> Code:
    upon = len(ids) == MOST and known[ids[-1]]["compound"]
    code = (UPON if upon else BESIDE).join(ids)
    percents = dict(effective(code))
    return Code(
        kind=CodeKind.TAX_CODE,
        remote_id=code,
        name=" and ".join(
            f"{known[each]['name']} {plain(known[each]['percent'])}%" for each in ids
        ),
        roles=frozenset({Role.SALES_TAX}),
        parts=tuple(
            CodePart(
                remote_id=each,
                name=known[each]["name"],
                percent=percents[each],
                agency=known[each]["number"],
            )
            for each in ids
        ),
    )
