"""Waits while the worker carries everything, and shows how far it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from apps.billing.models import Allocation, Change, CreditNote, Customer, Invoice, Payment
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.demo.children import Children
from apps.demo.place import DemoRefused
from apps.sync.models import OPEN_STATES, Run, State, SyncRecord

LOOK_EVERY = 0.25
# Nothing moved for so long: the waiting ends and the comparison says what is missing. Longer than
# a lease, a provider's time-out and a full minute of limits together.
STALLED_AFTER = 300.0
HOPELESS_AFTER = 4  # runs in a row that were stopped

BARS: dict[str, tuple[Kind, ...]] = {
    "Customers and items": (Kind.CUSTOMER, Kind.ITEM),
    "Invoices and credit notes": (Kind.INVOICE, Kind.CREDIT_NOTE),
    "Payments and credits applied": (Kind.PAYMENT, Kind.ALLOCATION),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the sending is: records in the books per bar, and what is still open."""

    done: dict[str, int]
    open: int
    stuck: int

    @property
    def is_settled(self) -> bool:
        return not self.open


def watch_sending(connection: Connection, children: Children, console: Console) -> Standing:
    """Return when nothing is left to send, or nothing has moved for five minutes."""
    expected = _expected(connection)
    with _progress(console) as progress:
        bars = {name: progress.add_task(name, total=expected[name]) for name in BARS}
        return _watch(connection, children, lambda standing: _draw(progress, bars, standing))


def watch_quietly(connection: Connection, children: Children) -> Standing:
    return _watch(connection, children, lambda standing: None)


def refuse_hopeless(connection: Connection) -> None:
    """Raises DemoRefused with the sentence that every one of the last runs stopped at, where none of
    them came any further: a limit of calls stops many a run that did its share before."""
    runs = Run.objects.filter(connection=connection).exclude(outcome=Run.Outcome.RUNNING)
    last = list(runs.order_by("-started_at", "-pk")[:HOPELESS_AFTER])
    if len(last) == HOPELESS_AFTER and all(_came_no_further(run) for run in last):
        raise DemoRefused(f"The last {HOPELESS_AFTER} runs stopped: {last[0].sentence}")


def _came_no_further(run: Run) -> bool:
    moved = run.pushed or run.pulled or run.applied
    return run.outcome == Run.Outcome.STOPPED and not moved


def _watch(
    connection: Connection, children: Children, draw: Callable[[Standing], None]
) -> Standing:
    moved_at = time.monotonic()
    last: Standing | None = None
    while True:
        children.check()
        refuse_hopeless(connection)
        standing = standing_of(connection)
        draw(standing)
        if standing.is_settled:
            return standing
        if standing != last:
            last, moved_at = standing, time.monotonic()
        if time.monotonic() - moved_at > STALLED_AFTER:
            return standing
        time.sleep(LOOK_EVERY)


def standing_of(connection: Connection) -> Standing:
    records = SyncRecord.objects.filter(connection=connection)
    in_the_books = records.filter(state=State.IN_THE_BOOKS)
    unread = Change.objects.filter(company=connection.company_id, sync_read_at=None)
    return Standing(
        done={name: in_the_books.filter(kind__in=kinds).count() for name, kinds in BARS.items()},
        open=records.filter(state__in=OPEN_STATES).count() + unread.count(),
        stuck=records.filter(state=State.NEEDS_PERSON).count(),
    )


def _expected(connection: Connection) -> dict[str, int]:
    """What will be carried: the masters that documents use, the documents, the money."""
    company = connection.company_id
    issued = {"company": company, "status": Invoice.Status.ISSUED}
    invoices, notes = Invoice.objects.filter(**issued), CreditNote.objects.filter(**issued)
    customers = Customer.objects.filter(Q(invoices__in=invoices) | Q(creditnotes__in=notes))
    items = {
        *invoices.values_list("lines__item", flat=True),
        *notes.values_list("lines__item", flat=True),
    } - {None}
    money = Payment.objects.filter(company=company, status=Payment.Status.RECEIVED).count()
    # A payment carries its own allocations; those of credit notes travel by themselves.
    applied = Allocation.objects.filter(company=company, reversed_on=None).count()
    masters = customers.distinct().count() + len(items)
    return dict(
        zip(BARS, (masters, invoices.count() + notes.count(), money + applied), strict=True)
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("  {task.description:<30}"),
        BarColumn(bar_width=36),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _draw(progress: Progress, bars: dict[str, TaskID], standing: Standing) -> None:
    for name, bar in bars.items():
        progress.update(bar, completed=standing.done[name])
