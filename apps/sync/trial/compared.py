"""Two documents side by side, as a bookkeeper ticks them off: compared by id, shown by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from apps.billing.rules.documents import day
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, LineTax
from apps.connectors.snapshots import DocumentSnapshot, InvoiceSnapshot, Kind, Line
from apps.core.money import ZERO
from apps.mappings.models import RemoteCode
from apps.sync.models import RemoteRecord
from apps.sync.trial.causes import TAX_RATE
from apps.sync.wording import money


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One field compared: what Tieout has, what their books answered."""

    field: str
    ours: str
    theirs: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What their customers, items and accounts are called, by (what, their id)."""

    known: Mapping[tuple[str, str], str]
    home: str = ""  # the home currency of these books
    by_percent: bool = False  # what a line is taxed by is the percentage itself

    @classmethod
    def of(cls, connection: Connection, *documents: DocumentSnapshot) -> Self:
        """The names that these documents need, in three queries."""
        lines = [line for each in documents for line in each.lines]
        wanted = {
            Kind.CUSTOMER: {each.customer_id for each in documents},
            Kind.ITEM: {line.item_id for line in lines},
        }
        known: dict[tuple[str, str], str] = {}
        for kind, ids in wanted.items():
            rows = RemoteRecord.objects.filter(
                connection=connection, of_kind=kind, remote_id__in=ids, part=""
            )
            known |= {(kind, each.remote_id): each.name or each.number for each in rows}
        codes = RemoteCode.objects.filter(connection=connection)
        accounts = codes.filter(
            kind=CodeKind.ACCOUNT, remote_id__in={line.account_id for line in lines}
        )
        known |= {(CodeKind.ACCOUNT, each.remote_id): str(each) for each in accounts}
        for code in codes.filter(kind=CodeKind.TAX_CODE):
            known[(CodeKind.TAX_CODE, code.remote_id)] = str(code)
            known |= {(TAX_RATE, part.remote_id): part.name for part in code.code_parts}
        line_tax = connection.capabilities.line_tax
        return cls(known, connection.home_currency, line_tax is LineTax.PERCENT)

    def row(self, field: str, what: str, ours: str, theirs: str) -> TrialRow:
        """Compared by id, shown by name; two ids of one name are told apart."""
        mine, yours = self.called(what, ours), self.called(what, theirs)
        if ours != theirs and mine == yours:
            mine, yours = f"{mine} (id {ours})", f"{yours} (id {theirs})"
        return TrialRow(field, mine, yours, ours == theirs)

    def called(self, what: str, remote_id: str) -> str:
        if not remote_id:
            return ""
        if self.by_percent and what in (CodeKind.TAX_CODE, TAX_RATE):
            return f"{remote_id} %"
        return self.known.get((what, remote_id)) or f"id {remote_id}"


def compared(
    ours: DocumentSnapshot, theirs: DocumentSnapshot, names: Names
) -> tuple[TrialRow, ...]:
    """Every field that a bookkeeper would tick off, in the order of the paper."""
    rows = [
        row_of("Number", ours.number, theirs.number),
        names.row("Customer", Kind.CUSTOMER, ours.customer_id, theirs.customer_id),
        row_of("Date", ours.issue_date, theirs.issue_date),
        *_due_date(ours, theirs),
        row_of("Currency", ours.currency, theirs.currency),
        *foreign(ours.exchange_rate, theirs.exchange_rate),
        row_of("Number of lines", len(ours.lines), len(theirs.lines)),
    ]
    for place, (one, other) in enumerate(zip(ours.lines, theirs.lines, strict=False), start=1):
        rows += [
            names.row(f"Line {place}: item", Kind.ITEM, one.item_id, other.item_id),
            _account(f"Line {place}: account", one, other, names),
            *_tax_code(f"Line {place}: tax code", one.tax_code_id, other.tax_code_id, names),
            row_of(f"Line {place}: quantity", one.quantity, other.quantity),
            row_of(f"Line {place}: unit price", one.unit_price, other.unit_price),
            money_row(f"Line {place}: amount", one.net, other.net, ours.currency),
        ]
    rows += [
        money_row("Net", ours.net, theirs.net, ours.currency),
        *_tax_by_rate(ours, theirs, names),
        money_row("Tax", ours.tax, theirs.tax, ours.currency),
        money_row("Total", ours.total, theirs.total, ours.currency),
        *_home_total(ours, theirs, names.home),
    ]
    return tuple(rows)


def _due_date(ours: DocumentSnapshot, theirs: DocumentSnapshot) -> list[TrialRow]:
    """Of an invoice; a credit note is due on no day."""
    if not (isinstance(ours, InvoiceSnapshot) and isinstance(theirs, InvoiceSnapshot)):
        return []
    return [row_of("Due date", ours.due_date, theirs.due_date)]


def foreign(ours: Decimal, theirs: Decimal) -> list[TrialRow]:
    """The rate of what is in a foreign currency: home currency per unit."""
    return [] if ours == theirs == 1 else [row_of("Exchange rate", ours, theirs)]


def _home_total(ours: DocumentSnapshot, theirs: DocumentSnapshot, home: str) -> list[TrialRow]:
    """What it comes to at home, where that is another figure than the total or they say so."""
    mine = ours.total if ours.home_total is None else ours.home_total
    if theirs.home_total is None and mine == ours.total:
        return []
    yours = theirs.home_total
    shown = "" if yours is None else _amount(yours, home)
    return [TrialRow("Total in home currency", _amount(mine, home), shown, mine == yours)]


def _account(field: str, ours: Line, theirs: Line, names: Names) -> TrialRow:
    """A line of nil books nothing, so that some keep no account of it: that is no difference."""
    row = names.row(field, CodeKind.ACCOUNT, ours.account_id, theirs.account_id)
    books_nothing = not (ours.net or theirs.net or theirs.account_id)
    return replace(row, agrees=True) if books_nothing else row


def _tax_code(field: str, ours: str, theirs: str, names: Names) -> list[TrialRow]:
    return [names.row(field, CodeKind.TAX_CODE, ours, theirs)] if ours or theirs else []


def _tax_by_rate(
    ours: DocumentSnapshot, theirs: DocumentSnapshot, names: Names
) -> Iterator[TrialRow]:
    """Tax of each rate of theirs, whichever side says it. Where they choose the rates themselves
    neither is held, and the sum is compared."""
    mine = {each.rate_id: each.tax for each in ours.taxes}
    yours = {each.rate_id: each.tax for each in theirs.taxes}
    for rate_id in dict.fromkeys((*mine, *yours)):
        field = f"Tax: {names.called(TAX_RATE, rate_id)}"
        yield money_row(field, mine.get(rate_id, ZERO), yours.get(rate_id, ZERO), ours.currency)


def row_of(field: str, ours: Any, theirs: Any) -> TrialRow:
    return TrialRow(field, _shown(ours), _shown(theirs), ours == theirs)


def money_row(field: str, ours: Decimal, theirs: Decimal, currency: str) -> TrialRow:
    shown = _amount(ours, currency), _amount(theirs, currency)
    return TrialRow(field, *shown, ours == theirs)


def _amount(amount: Decimal, currency: str) -> str:
    """With all decimals of its currency, and every further one: it may be what differs."""
    return money(amount, currency).removesuffix(currency).rstrip()


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return day(value)
    return "" if value is None else str(value)
