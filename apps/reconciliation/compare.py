"""Do both sides agree: reads their books afresh and lays everything beside what stands here."""

import time
from datetime import date
from typing import Protocol

from django.utils import timezone

from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.connectors.errors import CannotTell, ConnectorError
from apps.connectors.totals import ControlTotal
from apps.mappings.codes import keep_codes
from apps.mappings.models import RemoteCode
from apps.reconciliation.accounts import compare_accounts
from apps.reconciliation.customers import compare_customers
from apps.reconciliation.dated_earlier import note_dated_earlier
from apps.reconciliation.documents import compare_documents
from apps.reconciliation.explained import explain_recoding
from apps.reconciliation.figures import Comparison
from apps.reconciliation.held_against import not_held_against
from apps.reconciliation.journal import Journal
from apps.reconciliation.lasting import keep_differences
from apps.reconciliation.ledger import Chart, Ledger
from apps.reconciliation.money import compare_deposits, compare_entries, compare_payments
from apps.reconciliation.opening import compare_opening
from apps.reconciliation.ours import ours_of
from apps.reconciliation.questions.answering import keep, keep_of_day
from apps.reconciliation.theirs import ProofCourier, Theirs, doubles, not_read, theirs_of
from apps.reconciliation.totals import compare_totals
from apps.sync.models import Run
from apps.sync.wording import listed


class Held(Protocol):
    """Whether whoever compares may go on; each raises what says that it may not."""

    def before_call(self) -> None: ...

    def renew(self, *, at_once: bool = False) -> None: ...


class Unhindered:
    """Nobody else compares these books."""

    def before_call(self) -> None:
        pass

    def renew(self, *, at_once: bool = False) -> None:
        pass


def compare(
    connection: Connection,
    *,
    as_of: date | None = None,
    journal: Journal | None = None,
    hold: Held | None = None,
) -> Comparison:
    """Compare every document, payment and account of these books with our rows, and with the totals
    that their ledger tells itself: as both sides stand now, or as they stood at the end of the day
    `as_of`, by what is known of it now.

    Nothing remembered is believed: their side is read from their service now, and noted as a run
    of the duty "proof" with its calls, what differs as differences, and what only a person can judge as
    questions; as of a day nothing that differs is noted, and questions are of that day alone. No billing row and nothing over there is
    written. Raises `ConnectionLost` or `TryLater` where their service cannot be read now, `CannotTell`
    where nothing of theirs ever can and for a day that `why_not_as_of` refuses, and what `hold` raises.
    """
    refuse_unreadable(connection)
    if as_of is not None and (why := why_not_as_of(connection, as_of)):
        raise CannotTell(why)
    hold = hold or Unhindered()
    run = Run.objects.create(connection=connection, duty="proof", started_at=timezone.now())
    started = time.monotonic()
    calls = 0
    try:
        with ReadCourier(connection) as carrier:
            courier = ProofCourier(carrier, hold.before_call)
            connector = open_connector(connection)
            try:
                theirs = theirs_of(connector, courier, today_in(connection.company), as_of)
                if opened_since(connection, theirs):
                    keep_codes(connection, connector.codes(courier))
            finally:
                calls = courier.calls
        found = lay_side_by_side(connection, theirs, journal, hold)
    except Exception as problem:
        # A sentence of ours or of theirs; anything else only by its class, it may quote a record.
        sentence = str(problem) if isinstance(problem, ConnectorError) else type(problem).__name__
        _close(run, Run.Outcome.STOPPED, sentence, calls)
        raise
    found.calls = calls
    found.seconds = time.monotonic() - started
    _close(run, Run.Outcome.DONE, summary(found), calls)
    return found


def refuse_unreadable(connection: Connection) -> None:
    """Nothing is said of books that cannot be read: neither that they agree nor that they differ."""
    capabilities = connection.capabilities
    if not capabilities.reads_back:
        raise CannotTell(
            not_held_against(capabilities),
            remedy=f"Compare with what {capabilities.name} prints.",
        )


def why_not_as_of(connection: Connection, day: date) -> str:
    """Why both sides cannot be compared as of a day, in a sentence; "" where they can."""
    if day > today_in(connection.company):
        return f"{day:%-d %b %Y} lies ahead: choose a day up to today."
    first = connection.starts_on
    if first is not None and day < first:
        return f"{connection} is kept by Tieout from {first:%-d %b %Y} on: choose that day or a later one."
    return ""


def opened_since(connection: Connection, theirs: Theirs) -> bool:
    """Whether their trial balance names an account that they opened since their chart was read."""
    known = RemoteCode.objects.filter(connection=connection, kind="account")
    return bool(set(theirs.balances) - set(known.values_list("remote_id", flat=True)))


def lay_side_by_side(
    connection: Connection,
    theirs: Theirs,
    journal: Journal | None = None,
    hold: Held | None = None,
) -> Comparison:
    """Compare what was read with our rows as they stand now, and keep what differs and what must be
    asked; where theirs is as of a day, ours is too, and only what is asked of it is kept. Calls nobody. A `journal` takes
    down what each record posts."""
    hold = hold or Unhindered()
    ours = ours_of(connection, theirs.until)
    found = Comparison(
        system=connection.system_name,
        books=connection.name,
        currency=connection.company.home_currency,
        at=timezone.now(),
        as_of=theirs.until,
        differences=not_read(theirs, connection.system_name),
        doubles=doubles(theirs, ours.known, ours.several),
        only_here=ours.missing,
        left_out=ours.left_out,
        not_held_against=not_held_against(connection.capabilities),
        journal=journal,
    )
    note_dated_earlier(ours, theirs, found)
    hold.renew()
    ledger = Ledger(Chart(connection), journal=journal)
    incomes = compare_documents(ours, theirs, ledger, found)
    if ControlTotal.TRIAL_BALANCE in connection.capabilities.control_totals:
        explain_recoding(incomes.recoded, ledger, found)
    hold.renew()
    compare_opening(ours, theirs, found)
    hold.renew()
    whereabouts = compare_payments(ours, theirs, ledger, found)
    hold.renew()
    compare_entries(ours, theirs, found)
    compare_deposits(ours, theirs, found)
    compare_totals(ours, theirs, found)
    hold.renew()
    asked = compare_accounts(ours, theirs, ledger, incomes, whereabouts, found)
    hold.renew()
    compare_customers(ours, theirs, ledger.chart, found)
    hold.renew(at_once=True)  # what is written down from here on is of who still has it
    if found.as_of is None:
        kept = keep(connection, asked)
    else:
        kept = keep_of_day(connection, found.as_of, asked)
    found.questions, found.answered = kept.open, kept.answered
    if found.as_of is None:  # what stands on a first page and in a review is of now
        keep_differences(connection, found.findings, found.at)
    return found


def summary(found: Comparison) -> str:
    """One sentence for the list of runs."""
    when = f" as of {found.as_of:%-d %b %Y}" if found.as_of is not None else ""
    if found.tied_out:
        agreed = f"Both sides agree{when}: {found.documents} documents, {found.payments} payments."
        return f"{agreed} {found.not_held_against}".strip()
    counted = (
        (len(found.differences), "difference", "differences"),
        (len(found.doubles), "stands there twice", "stand there twice"),
        (len(found.only_here), f"is not in {found.system}", f"are not in {found.system}"),
        (len(found.questions), "question", "questions"),
    )
    told = [f"{count:,} {one if count == 1 else many}" for count, one, many in counted if count]
    said = listed(told) if told else f"A total of {found.system} is not ours"
    return f"{said}{when}."


def _close(run: Run, outcome: Run.Outcome, sentence: str, calls: int) -> None:
    run.outcome, run.sentence, run.calls = outcome, sentence, calls
    run.ended_at = timezone.now()
    run.save(update_fields=["outcome", "sentence", "calls", "ended_at"])
