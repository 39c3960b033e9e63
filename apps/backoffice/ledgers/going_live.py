"""Step "go live": what the first run will do, and then how far it is."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ActForm, PageAct, Screen
from apps.backoffice.frame.days import DayField
from apps.backoffice.ledgers.automation import list_of
from apps.backoffice.ledgers.budget import day_and_time
from apps.backoffice.ledgers.dry_run import DRY_RUN
from apps.backoffice.ledgers.effect import what_will_be_sent
from apps.backoffice.ledgers.firsts import asking
from apps.backoffice.ledgers.health import health_of
from apps.backoffice.ledgers.mapping_work import choice_page
from apps.backoffice.ledgers.steps import GO_LIVE, page_of, steps_of
from apps.connections.automation import SENDING, off
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.decide import acts
from apps.sync.dry.first_run import first_run
from apps.sync.dry.running import words
from apps.sync.mapped.completeness import completeness
from apps.sync.models import OPEN_STATES, Reason, Run, State, SyncRecord
from apps.sync.trial.first_proposed import closed_kinds
from apps.sync.want.drained import draining
from apps.sync.wording import listed


class GoLiveForm(ActForm):
    """The cut-off is a decision that going live makes: nothing dated before it is sent."""

    starts_on = DayField(
        label="Cut-off: send what is dated on or after",
        help_text="What was open before this day stays as it is in their books, and is linked with "
        "ours under “Open at the cut-off”. Before you choose another day, look under “What is whose”: "
        "it shows what falls on each side of it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = self.record.starts_on

    def questions(self) -> Iterator[str]:
        """Going live with mappings missing is possible, and meant by few."""
        yield from super().questions()
        by_this_day = copy.copy(self.record)
        by_this_day.starts_on = self.cleaned_data["starts_on"]
        complete = completeness(by_this_day)
        if complete.blocked:
            yield (
                f"{complete.blocked} of {complete.waiting} waiting documents wait for a mapping that "
                "is still to be chosen. They stay here until it is. Go live with the others?"
            )


PROGRESS = "progress"
REFRESH = 5  # seconds


def means_of_going_live(connection: Connection) -> str:
    """With what is switched off, where it was live before and paused."""
    if off(connection):
        return (
            "It goes on as before it was paused: what is switched off under “What happens by "
            "itself” stays off, and waits for a person to send it. You can pause it at any time."
        )
    if connection.capabilities.hands_over:
        return (
            "From now on invoices dated on or after the cut-off go into numbered files by themselves, "
            "and are in the books once they are confirmed. The first credit note and payment each "
            "wait for your word. You can pause it at any time."
        )
    return (
        "From now on invoices dated on or after the cut-off go over by themselves, and money that is "
        "recorded there comes back. The first credit note, payment, refund and bank deposit each wait for "
        "your word. You can pause it at any time."
    )


def before_going_live(request: HttpRequest, connection: Connection) -> SafeString:
    """The stepper, the first run in figures, and the latest documents of it."""
    run, complete = first_run(connection), completeness(connection)
    context = {
        "connection": connection,
        "name": connection.system_name,
        "steps": steps_of(connection, GO_LIVE),
        "run": run,
        "parts": [(words(part.kind, part.count), part) for part in run.parts],
        "customers": words_of("customer", run.customers),
        "items": words_of("item", run.items),
        "linked": [(words(kind, count), count) for kind, count in run.linked.items() if count],
        "in_earlier_months": run.first is not None
        and run.first < connection.company.today().replace(day=1),
        "dry_run_url": page_of(connection, DRY_RUN),
        "complete": complete,
        "choices": [
            (each, choice_page(connection, each.field)) for each in complete.lacking if each.count
        ],
        "closed": closed_kinds(connection),
        "by_file": connection.capabilities.hands_over,
        "reads_back": connection.capabilities.reads_back,
    }
    figures = render_to_string("backoffice/ledgers/first_run.html", context, request)
    return SafeString(figures + what_will_be_sent(request, connection))


def words_of(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def go_live(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> HttpResponse:
    """Live, and on to the page that shows how far the first run is."""
    if connection.starts_on != answers["starts_on"]:
        connection.starts_on = answers["starts_on"]
        connection.save(update_fields=["starts_on"])
    wished = acts.go_live(connection)
    found = off(connection, SENDING)
    after = "new ones by themselves" if not found else "the others wait for a person to send them"
    where = "into files" if connection.capabilities.hands_over else "there"
    messages.success(
        request, f"{connection} is live. {wished} records go {where} now, and {after}."
    )
    return HttpResponseRedirect(page_of(connection, PROGRESS))


def progress_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """Figures of now; while anything is on the way the page asks for itself again."""
    health, closed = health_of(connection), closed_kinds(connection)
    estimate = draining(connection)
    last = Run.objects.filter(connection=connection, duty="sync").order_by("-pk").first()
    running = connection.is_live and _moves(connection)
    whole = health.in_the_books + health.on_the_way + health.needs_person + health.by_hand
    context = {
        **screen.admin_site.each_context(request),
        "title": f"How far it is: {connection}",
        "trail": screen.trail("How far it is", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "name": connection.system_name,
        "steps": steps_of(connection, GO_LIVE),
        "health": health,
        "by_kind": _by_kind(connection),
        "by_hand_url": list_of(connection),
        "all_by_itself": not off(connection, SENDING),
        "whole": whole,
        "running": running,
        "by_file": connection.capabilities.hands_over,
        "until": day_and_time(estimate.until, connection) if estimate.until else "",
        "last": last,
        "firsts": asking(request, connection),
        "closed": listed(closed) if closed else "",
        "refresh": REFRESH,
        "back": screen.page("change", connection.pk),
        "pause_url": screen.page("pause", connection.pk) if connection.is_live else "",
    }
    shown = TemplateResponse(request, "backoffice/ledgers/progress.html", context)
    if running:
        shown["Refresh"] = str(REFRESH)
    return shown


@dataclass(frozen=True, kw_only=True)
class OfKind:
    """How far the records of a kind are: `there` of `all`."""

    words: str
    there: int
    all: int


def _by_kind(connection: Connection) -> list[OfKind]:
    """What these books are to hold, by kind, in one query: the figures above, told apart."""
    rows = SyncRecord.objects.filter(connection=connection).exclude(
        state__in=[State.LEFT_OUT, State.GONE]
    )
    counted = {
        row["kind"]: row
        for row in rows.order_by()
        .values("kind")
        .annotate(
            all=Count("pk"),
            there=Count("pk", filter=Q(state=State.IN_THE_BOOKS)),
        )
    }
    return [
        OfKind(
            words=words(kind, 2).capitalize(),
            there=counted[kind]["there"],
            all=counted[kind]["all"],
        )
        for kind in Kind
        if kind in counted
    ]


def _moves(connection: Connection) -> bool:
    """Whether anything goes on by itself within minutes: what waits for a record that a person holds
    does not, nor what waits for the hour of its files."""
    rows = SyncRecord.objects.filter(connection=connection, state__in=OPEN_STATES)
    return rows.filter(due_at__isnull=False).exclude(reason=Reason.FOR_THE_HOUR).exists()


PROGRESS_ACT = PageAct(
    name=PROGRESS,
    words="How far it is",
    permission=permissions.SEE_SYNC_LOG,
    when=lambda connection: connection.is_live,
    page=progress_page,
)
