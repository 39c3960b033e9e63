"""The main job, from an empty folder to two sides that agree."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone
from rich.console import Console
from rich.text import Text

from apps.billing.changes import made_by
from apps.connections.models import Connection
from apps.connectors.registry import system
from apps.demo import acting, connecting, outcome, watching
from apps.demo.bringing import bring_a_file
from apps.demo.children import Children
from apps.demo.farewell import farewell
from apps.demo.other_side import Books, other_sides
from apps.demo.payments import lay_payments
from apps.demo.people import Person, hire_colleagues, hire_fay
from apps.demo.place import Place
from apps.demo.preparing import set_up_database
from apps.demo.printing import print_one
from apps.demo.real_file import build_from_file, write_refusals
from apps.demo.season import live_a_season
from apps.demo.stopping import to_stop
from apps.demo.studio import Sample, build_studio
from apps.demo.visitor import Visitor
from apps.exchange.documents import Harvest
from apps.reconciliation.compare import compare

REFUSALS_ON_SCREEN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the person who starts the demo asked for."""

    once: bool
    system: str
    file: Path | None
    profile: str
    limit: int | None
    report: Path | None
    published_limits: bool
    prepared: Path | None


def tell(place: Place, wishes: Wishes, console: Console) -> bool:
    """Show the main job; whether both sides agree. Every process it starts has ended afterwards."""
    with Children(place) as children:
        shown = _show(place, wishes, children, console)
        if not wishes.once:
            _keep_running(children, console)
    return shown


def _show(place: Place, wishes: Wishes, children: Children, console: Console) -> bool:
    say = Teller(console)
    ledgers = children.start_ledgers()
    with say("Set up the database"):
        set_up_database(place, wishes.prepared)
    person = hire_fay()
    web = children.start_web()
    children.start_worker()
    with made_by(person.user_id, reason="demo"):
        sample, harvest = _build(wishes, place, say)
        books = other_sides()[wishes.system](place.ledgers)
        children.wait_until(ledgers, books.is_up)
        books.open_company(
            sample.company.legal_name,
            sample.company.home_currency,
            published_limits=wishes.published_limits,
        )
        started = time.monotonic()
        with say("Start the back office"):
            children.wait_until(web, lambda: Visitor(place.web).is_up())
        connection = _go_live(place, person, sample, books, say)
        found = _work(connection, person, books, children, say, console, started, harvest)
        with say("Print an invoice") as note:
            note(print_one(sample.company, place.folder))
    outcome.print_outcome(found, console)
    if wishes.report:
        wishes.report.write_text(json.dumps(found.as_json(), indent=2) + "\n", encoding="utf-8")
    farewell(place, [*hire_colleagues(timezone.localdate()), person], books, console)
    return found.tied_out


def _build(wishes: Wishes, place: Place, say: "Teller") -> tuple[Sample, Harvest]:
    # What a ledger can say of it: nobody would enter in vain what it has not.
    can = system(wishes.system).capabilities
    one_each, by_line = can.pays_one_invoice, other_sides()[wishes.system].rounds_by_line
    if wishes.file is None:
        with say("Found a sample company") as note:
            today = timezone.localdate()
            sample = build_studio(today, abroad=can.several_currencies, by_line=by_line)
            harvest = Harvest()
            laid = lay_payments(sample.company, until=today, one_each=one_each)
            season = live_a_season(sample.company, today, one_each=one_each)
            note(f"{sample.company}: 40 invoices, {laid.all} payments so far")
        with say("Beside them") as note:
            note("; ".join(season.done))
        with say("Bring a file of invoices in") as note:
            note(bring_a_file(sample.company, place.folder, today))
        return sample, harvest
    with say(f"Read {wishes.file.name}") as note:
        built = build_from_file(wishes.file, wishes.profile, wishes.limit, by_line=by_line)
        harvest = built.harvest
        note(
            f"{harvest.documents_seen:,} documents in {harvest.rows_seen:,} rows: "
            f"{len(harvest.documents):,} taken, {harvest.refused_documents:,} refused"
        )
    _print_refusals(harvest, write_refusals(harvest, place.folder), say.console)
    with say("Lay payments over it") as note:
        laid = lay_payments(built.sample.company, one_each=one_each)
        note(
            f"{laid.full} in full, {laid.part} in part, {laid.several} over several invoices, "
            f"{laid.on_account} on account"
        )
    return built.sample, harvest


def _go_live(
    place: Place, person: Person, sample: Sample, books: Books, say: "Teller"
) -> Connection:
    with say("Connect on the consent page"):
        connection = connecting.connect(place, person, sample.company, books)
    with say("Confirm that it is the right company") as note:
        note(connecting.confirm_company(connection, person))
    connecting.choose_cut_off(connection)
    with say("Map accounts, payment methods and terms") as note:
        note(f"{connecting.map_accounts(connection, sample, books.chart)} choices")
    with say("Send a test invoice and read it back") as note:
        note(connecting.send_test_invoice(connection, person).sentence)
    with say("Go live"):
        connecting.open_automation(connection)
    with say("Send the first of each kind, alone, and read it back") as note:
        note("; ".join(connecting.send_firsts(connection, person)))
    return connection


def _work(
    connection: Connection,
    person: Person,
    books: Books,
    children: Children,
    say: "Teller",
    console: Console,
    started: float,
    harvest: Harvest,
) -> outcome.Outcome:
    watching.watch_sending(connection, children, console)
    name = connection.system_name
    with say(f"Record payments in {name}, by hand") as note:
        acted = acting.record_payments(books)
        arrived = acting.wait_for_payments(connection, acted, children)
        note(f"{len(arrived)} came back here")
    with say("Cancel one of them there") as note:
        books.void_payment(acted.cancelled)
        payment = acting.wait_for_cancelling(connection, acted, children)
        note(f"{payment} of {payment.customer} is cancelled here, its invoices are open again")
    if undeposited := acting.undeposited(connection, books):
        with say(f"Bank {len(undeposited)} payments in {name}, by hand") as note:
            deposit = acting.wait_for_deposit(connection, books, undeposited, children)
            note(f"The bank deposit of {deposit} came back here")
    with say("Wait until nothing is left to do"):
        watching.watch_quietly(connection, children)
    with say(f"Compare with {name}, read afresh"):
        comparison = compare(connection)
    if left := acting.left_out(comparison):
        with say(f"Answer for what {name} has not, and compare again") as note:
            acting.answer_for(left, person)
            note("; ".join(str(each) for each in left))
            comparison = compare(connection)
    return outcome.Outcome(
        connection=connection,
        comparison=comparison,
        calls=outcome.calls_of(connection),
        refused=harvest.refusals,
        seconds=time.monotonic() - started,
    )


class Teller:
    """Says what is done, when it is done, and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def __call__(self, what: str) -> Iterator["_Note"]:
        to_stop.check()
        began = time.monotonic()
        note = _Note()
        yield note
        took = f"{time.monotonic() - began:.1f} s"
        line = Text.assemble(("  ✓ ", "green"), f"{what}", (f"  {took}", "dim"))
        self.console.print(line)
        if note.words:
            self.console.print(Text(f"    {note.words}", style="dim"), soft_wrap=True)


class _Note:
    """What there is to say about a step beside its name."""

    words = ""

    def __call__(self, words: str) -> None:
        self.words = words


def _print_refusals(harvest: Harvest, written: Path, console: Console) -> None:
    for each in harvest.refusals[:REFUSALS_ON_SCREEN]:
        console.print(
            Text(f"    row {each.row}: {each.document} refused: {each.sentence}"), soft_wrap=True
        )
    more = len(harvest.refusals) - REFUSALS_ON_SCREEN
    if more > 0:
        console.print(Text(f"    … and {more:,} rows more"))
    console.print(
        Text(f"    all of them, and {len(harvest.notes):,} notes: {written}", style="dim")
    )


def _keep_running(children: Children, console: Console) -> None:
    console.print(Text("Everything keeps running. Press Ctrl-C to stop it.", style="bold"))
    try:
        while True:
            children.check()
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("Stopping …")
