"""The columns of the detail reports: which there are, which are shown, and what stands in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import faults
from ..book import Book
from . import frame
from .frame import Json, Params
from .receivables import Item

TYPE_NAMES = {
    "CreditMemo": "Credit Memo",
    "JournalEntry": "Journal Entry",
    "Purchase": "Expense",
}


@dataclass(frozen=True)
class Column:
    """A column by the name that `columns` asks for it with; `figure` is what its totals add up."""

    name: str
    title: str
    text: Callable[[Item], str]
    figure: Callable[[Item], int] | None = None
    usual: bool = True


def columns_of(book: Book) -> list[Column]:
    """All columns in their order: amounts in each document's currency where there are several."""
    many = book.multicurrency
    prefix = "foreign" if many else "subt"
    return [
        Column("tx_date", "Date", lambda one: one.dated.isoformat()),
        Column("txn_type", "Transaction Type", type_name),
        Column("doc_num", "Num", lambda one: str(one.content.get("DocNumber", ""))),
        Column(
            "cust_name",
            "Client",
            lambda one: book.require("Customer", one.customer).content["FullyQualifiedName"],
            usual=False,
        ),
        Column("due_date", "Due Date", lambda one: str(one.content.get("DueDate", ""))),
        Column("memo", "Memo/Description", lambda one: str(one.content.get("PrivateNote", ""))),
        Column(
            "currency",
            "Currency",
            lambda one: str(one.content["CurrencyRef"]["value"]),
            usual=many,
        ),
        Column(
            "exch_rate",
            "Exchange Rate",
            lambda one: str(one.content.get("ExchangeRate", 1)),
            usual=False,
        ),
        Column(
            f"{prefix}_amount",
            "Amount",
            lambda one: frame.plain(one.amount),
            lambda one: one.amount,
        ),
        Column(
            f"{prefix}_open_bal",
            "Open Balance",
            lambda one: frame.plain(one.open),
            lambda one: one.open,
        ),
    ]


def type_name(item: Item) -> str:
    return TYPE_NAMES.get(item.stored.kind, item.stored.kind)


def shown(book: Book, params: Params, *always: str) -> list[Column]:
    """The columns asked for in `columns`, in their own order, else the usual ones; 2170 for others."""
    known = columns_of(book)
    asked = {one.strip() for one in (params.get("columns") or "").split(",") if one.strip()}
    if unknown := asked - {one.name for one in known}:
        names = ", ".join(sorted(unknown))
        raise faults.Refused("2170", f"Columns not known here: {names}", "columns")
    if asked:
        return [one for one in known if one.name in asked]
    return [one for one in known if one.usual or one.name in always]


def row(item: Item, columns: Sequence[Column]) -> Json:
    """A document: the cell of its type carries its id, that of its customer the customer's."""
    out = []
    for column in columns:
        cell: Json = {"value": column.text(item)}
        if column.name == "txn_type":
            cell["id"] = str(item.stored.object_id)
        elif column.name == "cust_name":
            cell["id"] = str(item.customer)
        out.append(cell)
    return {"ColData": out, "type": "Data"}


def sums(title: str, items: Sequence[Item], columns: Sequence[Column]) -> list[str]:
    """The cells of a total: nothing under an amount that would mix currencies."""
    one_currency = len({one.content["CurrencyRef"]["value"] for one in items}) < 2
    cells = [
        frame.plain(sum(column.figure(one) for one in items))
        if column.figure and one_currency
        else ""
        for column in columns
    ]
    return [title, *cells[1:]]


def heading(columns: Sequence[Column]) -> list[tuple[str, str]]:
    return [(one.title, one.name) for one in columns]


def section(
    title: str, items: Sequence[Item], columns: Sequence[Column], identity: str = ""
) -> Json:
    blank = [""] * (len(columns) - 1)
    return {
        "Header": {"ColData": frame.cells(title, *blank, identity=identity)},
        "Rows": {"Row": [row(one, columns) for one in items]},
        "Summary": {"ColData": frame.cells(*sums(f"Total for {title}", items, columns))},
        "type": "Section",
    }
