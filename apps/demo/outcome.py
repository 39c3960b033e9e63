"""What the demo showed: as JSON for a machine, as tables for a person."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from apps.connections.models import Connection
from apps.connectors.port import Purpose
from apps.exchange.documents import Refusal
from apps.reconciliation.figures import TOTALS, Comparison, shown
from apps.reconciliation.models import Question
from apps.sync.models import Call, Run

SHOWN_AT_MOST = 12
TRIED = ("trial", "first")  # duties of runs in which a person sends one record and has it compared


@dataclass(frozen=True, slots=True)
class Outcome:
    """The comparison, what it cost, and what the file's reader refused."""

    connection: Connection
    comparison: Comparison
    calls: dict[str, int]
    refused: list[Refusal]
    seconds: float

    @property
    def tied_out(self) -> bool:
        return self.comparison.tied_out

    @property
    def calls_per_1000_documents(self) -> float:
        """Calls that write invoices and credit notes and read back what became of it, per 1,000 of
        those that are in the books."""
        documents = self.comparison.documents
        return round(self.calls[Purpose.DOCUMENTS] * 1000 / documents, 1) if documents else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "tied_out": self.tied_out,
            "refused": [
                {"row": each.row, "document": each.document, "sentence": each.sentence}
                for each in self.refused
            ],
            "systems": {
                self.connection.system: {
                    "documents": self.comparison.documents,
                    "payments": self.comparison.payments,
                    "calls": self.calls,
                    "calls_per_1000_documents": self.calls_per_1000_documents,
                    "doubles": len(self.comparison.doubles),
                    "differences": len(self.comparison.differences)
                    + len(self.comparison.only_here),
                    "questions": len(self.comparison.questions),
                    "seconds": round(self.seconds, 1),
                }
            },
        }


def calls_of(connection: Connection) -> dict[str, int]:
    """Calls by what they were for, of every run of this connection. The test invoice and the first
    of each kind go over once, before others do by themselves: all that they took is proof."""
    calls = Call.objects.filter(connection=connection)
    tried = Q(run__duty__in=TRIED)
    counted = Counter(calls.exclude(tried).values_list("purpose", flat=True))
    counted[Purpose.PROOF] += calls.filter(tried).count()
    # A proof leaves its number on its run, not a row for each of its many reads.
    proofs = Run.objects.filter(connection=connection, duty="proof")
    counted[Purpose.PROOF] += proofs.aggregate(calls=Sum("calls"))["calls"] or 0
    return {purpose.value: counted[purpose.value] for purpose in Purpose}


# --- For a person -------------------------------------------------------------------------------


def print_outcome(outcome: Outcome, console: Console) -> None:
    found = outcome.comparison
    console.print()
    console.print(_figures(found))
    if found.accounts:
        console.print(_accounts(found))
    if found.totals:
        console.print(_totals(found))
    console.print(_cost(outcome))
    _list(console, "What differs", [*found.differences, *found.only_here, *found.doubles], "red")
    _list(console, "To be answered by a person", _said(found.questions), "red")
    _list(console, "Answered by a person", _said(found.answered), "yellow")
    _list(console, f"Only in {found.system}", found.only_there, "yellow")
    _list(console, f"Given another account in {found.system}", found.recoded, "yellow")
    _list(console, "Open at the cut-off and linked", found.opening, "yellow")
    _list(console, "Left out for a stated reason", found.left_out, "yellow")
    alone = [found.not_held_against] if found.not_held_against else []
    _list(console, "Held against no total of theirs", alone, "yellow")
    console.print(_verdict(found))


def _figures(found: Comparison) -> Table:
    table = _table(f"Tieout and {found.system}, read afresh")
    for column in ("", "Tieout", found.system, ""):
        table.add_column(column, justify="left" if column == "" else "right")
    table.add_row("Documents compared", *[f"{found.documents:,}"] * 2, "")
    table.add_row("Payments compared", *[f"{found.payments:,}"] * 2, "", end_section=True)
    for name, both in found.sums.items():
        table.add_row(
            name[0].upper() + name[1:],
            _amount(both.ours),
            _amount(both.theirs),
            _mark(both.agrees),
        )
    return table


def _accounts(found: Comparison) -> Table:
    table = _table("Totals by account, worked out apart from the documents (debit less credit)")
    explains = any(line.explained for line in found.accounts)
    table.add_column("Account")
    table.add_column("Kind")
    table.add_column("Tieout", justify="right")
    if explains:
        table.add_column("Explained", justify="right")
    table.add_column(f"Trial balance in {found.system}", justify="right")
    table.add_column("")
    for line in found.accounts:
        cells = [line.name, line.role, _amount(line.ours)]
        if explains:
            cells.append(_amount(line.explained) if line.explained else "")
        table.add_row(*cells, _amount(line.theirs), _mark(not line.difference))
    return table


def _totals(found: Comparison) -> Table:
    table = _table(f"Totals of {found.system}, by our records and by its own word")
    for column in ("", "Tieout", "Explained", found.system, ""):
        table.add_column(column, justify="left" if column == "" else "right")
    for line in found.totals:
        explained = line.difference - line.unexplained
        table.add_row(
            f"{TOTALS[line.total]} in {line.currency}, {line.on}",
            _amount(line.ours),
            _amount(explained) if explained else "",
            _amount(line.theirs),
            _mark(line.agrees),
        )
    return table


def _cost(outcome: Outcome) -> Table:
    table = _table("What it took")
    table.add_column("")
    table.add_column("", justify="right")
    for purpose in Purpose:
        table.add_row(f"Calls: {purpose.value}", f"{outcome.calls[purpose.value]:,}")
    table.add_row("Document calls per 1,000", f"{outcome.calls_per_1000_documents:,.1f}")
    table.add_row("Seconds, from consent to proof", f"{outcome.seconds:,.1f}")
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def plain_table() -> Table:
    return Table(show_header=False, box=box.SIMPLE)


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _mark(agrees: bool) -> Text:
    return Text("agrees", style="green") if agrees else Text("DIFFERS", style="bold red")


def _list(console: Console, title: str, sentences: list[str], style: str) -> None:
    if not sentences:
        return
    console.print(Text(f"{title} ({len(sentences):,})", style=f"bold {style}"))
    for sentence in sentences[:SHOWN_AT_MOST]:
        console.print(Text(f"  {sentence}"), soft_wrap=True)
    if len(sentences) > SHOWN_AT_MOST:
        console.print(Text(f"  … and {len(sentences) - SHOWN_AT_MOST:,} more"))
    console.print()


def _said(questions: list[Question]) -> list[str]:
    return [str(each) for each in questions]


def _verdict(found: Comparison) -> Text:
    if found.tied_out:
        total = found.sums.get("invoices: total")
        proof = f" on {shown(total.ours, found.currency)} of invoices" if total else ""
        return Text(f"Both sides agree{proof}, to the penny.", style="bold green")
    if found.questions and not (found.differences or found.only_here or found.doubles):
        return Text(
            f"Both sides cannot be said to agree: {len(found.questions)} questions are open.",
            style="bold red",
        )
    return Text("Both sides do not agree; see what differs above.", style="bold red")
