"""Plain pages of a simulated ledger's books, where a person looks at what stands there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MOST_ROWS = 200
TRIAL_BALANCE = "Trial balance"
Columns = Sequence[tuple[str, bool]]  # each with whether it is an amount


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A note or a file that hangs on an object; `address` opens the file."""

    when: str
    by: str
    words: str
    address: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Whose pages these are, and at which addresses its lists lie (by their titles)."""

    brand: str
    company: str
    menu: Mapping[str, str]

    def common(self, title: str) -> dict[str, Any]:
        menu = list(self.menu.items())
        return {"brand": self.brand, "company": self.company, "menu": menu, "title": title}

    def listing(
        self,
        request: HttpRequest,
        title: str,
        columns: Columns,
        rows: Sequence[tuple[str, Mapping[str, Any]]],
    ) -> HttpResponse:
        """The last of a kind, the newest first. `rows`: the address of each, and what it says."""
        shown = [(address, cells_of(row, columns)) for address, row in rows[-MOST_ROWS:]]
        told = {"columns": columns, "rows": shown[::-1]}
        return render(request, "plain/list.html", self.common(title) | told)

    def one(
        self,
        request: HttpRequest,
        title: str,
        name: str,
        row: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]],
        columns: Columns,
        beside: Sequence[Beside] = (),
    ) -> HttpResponse:
        """All that an object says; its lines apart, and what hangs on it."""
        facts = [(key, shown(value)) for key, value in row.items() if value not in ("", [], None)]
        told = {"name": name, "facts": facts, "columns": columns, "beside": beside}
        told["lines"] = [cells_of(each, columns) for each in lines]
        return render(request, "plain/object.html", self.common(title) | told)

    def trial_balance(
        self, request: HttpRequest, rows: Sequence[tuple[str, str, Decimal]]
    ) -> HttpResponse:
        """Number, name, and debit less credit of each account."""
        sides = [
            (number, name, max(amount, Decimal(0)), max(-amount, Decimal(0)))
            for number, name, amount in rows
        ]
        told = {
            "rows": sides,
            "debit": sum((each[2] for each in sides), Decimal(0)),
            "credit": sum((each[3] for each in sides), Decimal(0)),
        }
        return render(request, "plain/trial_balance.html", self.common(TRIAL_BALANCE) | told)


def cells_of(row: Mapping[str, Any], columns: Columns) -> list[tuple[Any, bool]]:
    return [(shown(row.get(name)), number) for name, number in columns]


def shown(value: Any) -> Any:
    """An amount, or whatever is named, by the one word that a person looks for."""
    if isinstance(value, dict):
        return value.get("amount") or value.get("Name") or value.get("Code") or value
    return value
