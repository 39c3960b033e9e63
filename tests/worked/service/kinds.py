"""The kinds of object: what may be written of each, how it begins, by what it is found."""

from dataclasses import dataclass
from typing import Any

from .values import (
    Reader,
    Refused,
    Spec,
    currency,
    day,
    decimal,
    flag,
    money,
    one_of,
    or_nothing,
    percent,
    rate,
    text,
)

REMARK = (text(0, 200), "")
ID = text(1, 20)
LINE = Spec(
    {"text": text(0, 200), "quantity": decimal, "price": decimal, "net": money, "tax": money},
    {"product": (or_nothing(ID), None), "tax_percent": (or_nothing(percent), None)},
)
SOURCE = Spec({"kind": one_of("receipt", "credit"), "id": ID}, {})


def lines(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list of at least one line is wanted")
    return [LINE.whole(line, f"lines.{at}") for at, line in enumerate(value)]


def source(value: Any) -> dict[str, Any]:
    return SOURCE.whole(value, "of")


@dataclass(frozen=True)
class Kind:
    """One kind of object. `state` is the one it begins in, "" where it has none."""

    name: str
    writes: Spec
    state: str = ""
    found_by: str = ""

    @property
    def plural(self) -> str:
        return f"{self.name}s"


_DOCUMENT: dict[str, Reader] = {
    "number": text(1, 20),
    "contact": ID,
    "dated": day,
    "currency": currency,
    "rate": rate,
    "lines": lines,
    "net": money,
    "tax": money,
    "total": money,
}
_PAID: dict[str, Reader] = {
    "contact": ID,
    "dated": day,
    "currency": currency,
    "rate": rate,
    "amount": money,
}
_ADDRESS = ("email", "phone", "street", "city", "postcode", "country")

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "contact",
            Spec(
                {"name": text(1, 80)},
                {
                    **{name: (text(0, 200), "") for name in _ADDRESS},
                    "archived": (flag, False),
                    "remark": REMARK,
                },
            ),
            found_by="name",
        ),
        Kind(
            "product",
            Spec(
                {"code": text(1, 30), "name": text(1, 80)},
                {"price": (or_nothing(decimal), None), "archived": (flag, False), "remark": REMARK},
            ),
            found_by="code",
        ),
        Kind("invoice", Spec({**_DOCUMENT, "due": day}, {"remark": REMARK}), "draft", "number"),
        Kind("credit", Spec(_DOCUMENT, {"remark": REMARK}), "draft", "number"),
        Kind(
            "receipt",
            Spec(
                _PAID,
                {"method": (text(0, 40), ""), "reference": (text(0, 12), ""), "remark": REMARK},
            ),
            "standing",
        ),
        Kind("refund", Spec({**_PAID, "of": source}, {"remark": REMARK}), "standing"),
    )
}
BY_PLURAL = {kind.plural: kind for kind in KINDS.values()}


def kind_of(plural: str) -> Kind:
    if plural not in BY_PLURAL:
        raise Refused(404, "not_found", f"There is nothing at /{plural}.")
    return BY_PLURAL[plural]
