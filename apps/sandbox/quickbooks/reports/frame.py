"""The documented shape of every report: header, columns and rows, all amounts as texts."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .. import faults, wire
from ..book import Book

Json = dict[str, Any]
Params = Mapping[str, str]


def report(
    book: Book,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: list[Json],
    *,
    empty: bool,
    options: Iterable[tuple[str, str]] = (),
    **header: str,
) -> Json:
    """A report of columns (title, type) and rows; `header` are the facts beside its name and time."""
    said = {"Name": "NoReportData", "Value": "true" if empty else "false"}
    return {
        "Header": {
            "Time": wire.stamp(book.now, book.zone),
            "ReportName": name,
            **{key: value for key, value in header.items() if value},
            "Currency": book.company.home_currency,
            "Option": [*({"Name": key, "Value": value} for key, value in options), said],
        },
        "Columns": {"Column": [{"ColTitle": title, "ColType": kind} for title, kind in columns]},
        "Rows": {"Row": rows},
    }


def cells(*values: str, identity: str = "") -> list[Json]:
    """One cell a column; the first one carries the id of what the row is about."""
    out: list[Json] = [{"value": value} for value in values]
    if identity:
        out[0] = {**out[0], "id": identity}
    return out


def total_row(*values: str, group: str = "GrandTotal") -> Json:
    row: Json = {"Summary": {"ColData": cells(*values)}, "type": "Section"}
    return {**row, "group": group} if group else row


def money(cents: int) -> str:
    """Two decimals; nothing where there is nothing."""
    return f"{wire.from_cents(cents):.2f}" if cents else ""


def total(cents: int) -> str:
    """An amount of a total's row, where nil is written."""
    return f"{wire.from_cents(cents):.2f}"


def plain(cents: int) -> str:
    """How the detail reports write an amount: as short as it is, with a decimal at least."""
    return str(float(Decimal(cents).scaleb(-2)))


def accrual_only(params: Params) -> None:
    """Refuse what is not simulated, rather than answer it wrongly."""
    basis = params.get("accounting_method") or "Accrual"
    if basis not in ("Cash", "Accrual"):
        raise faults.Refused("2170", f"{basis} is not an accounting method", "accounting_method")
    if basis == "Cash":
        raise faults.Refused("500", "Reports by cash are not simulated.", "accounting_method")
    if (params.get("summarize_column_by") or "Total") != "Total":
        raise faults.Refused("500", "Only Total columns are simulated.", "summarize_column_by")


def order(params: Params) -> bool:
    """Whether rows go the other way round."""
    asked = params.get("sort_order") or "ascend"
    if asked not in ("ascend", "descend"):
        raise faults.Refused("2170", f"{asked} is not an order", "sort_order")
    return asked == "descend"


def customers_asked(book: Book, params: Params) -> set[int] | None:
    """The ids in `customer`; None for all. 2500 for one that does not exist."""
    asked = [one.strip() for one in (params.get("customer") or "").split(",") if one.strip()]
    found = {book.referred("Customer", one, allow_inactive=True).object_id for one in asked}
    return found or None
