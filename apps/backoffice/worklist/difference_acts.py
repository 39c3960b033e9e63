"""What can be pressed on the page of a difference: the acts of its records, done there.

Each is an act that stands on the record's own page too, with the right that it asks for there. Which
record it is done to is found when it is pressed: the first of the difference that it fits then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.asked_once import while_shown
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.ledgers.comparing import COMPARE_ACT
from apps.backoffice.ledgers.conflict_words import asked_together, field_words, in_words
from apps.backoffice.ledgers.status import their_label
from apps.backoffice.worklist import acts as of_records
from apps.backoffice.worklist.conflict_acts import CONFLICT_ACTS
from apps.backoffice.worklist.merge_acts import MERGE_ACTS
from apps.backoffice.worklist.sync_log import subject_name
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.reconciliation.models import Difference, ReviewItem
from apps.reconciliation.review.acts import end
from apps.reconciliation.review.causes import key_of
from apps.reconciliation.review.listing import refresh
from apps.staff.acts import ActName
from apps.sync.decide import acts, matching
from apps.sync.models import (
    Candidate,
    Conflict,
    CustomerMerge,
    RemoteRecord,
    State,
    SyncRecord,
    rows_of,
)
from apps.sync.models.waits import On
from apps.sync.waiting.held_up import held_up_by
from apps.sync.want.wishes import in_scope

Targets = Callable[[Difference], Iterable[Any]]
SETTLED_MEANWHILE = "It was settled meanwhile, or has moved on: look at what the page says now."
AFTERWARDS = "Compare both sides again afterwards: what differs no more ends by itself."


# --- the records of a difference -------------------------------------------------------------------


@while_shown
def our_records(difference: Difference) -> list[SyncRecord]:
    """Its records of ours in those books."""
    found: list[SyncRecord] = []
    for kind, pk in difference.ours:
        rows = SyncRecord.objects.filter(connection=difference.connection_id, **{f"{kind}_id": pk})
        found += rows.select_related("connection", kind)[:1]
    return found


@while_shown
def at_stake(difference: Difference) -> list[SyncRecord]:
    """Its records of ours, and what holds each of them up: that is settled first."""
    ours = our_records(difference)
    holding = [by for each in ours if (by := held_up_by(each)) is not None and by not in ours]
    return [*holding, *ours]


@while_shown
def their_records(difference: Difference) -> list[RemoteRecord]:
    found: list[RemoteRecord] = []
    for kind, remote_id in difference.theirs:
        rows = RemoteRecord.objects.filter(
            connection=difference.connection_id, kind=kind, remote_id=remote_id, part=""
        )
        found += rows.select_related("connection")[:1]
    return found


@while_shown
def open_conflicts(difference: Difference) -> list[Conflict]:
    """What was changed on both sides; of a document the field that stands for all."""
    found = []
    for record in at_stake(difference):
        for conflict in record.conflicts.filter(decision="").order_by("pk")[:1]:
            found += asked_together(conflict)[:1]
    return found


@while_shown
def open_candidates(difference: Difference) -> list[Candidate]:
    """Of its records of either side."""
    ours = Candidate.objects.filter(decision="", sync_record__in=at_stake(difference))
    theirs = Candidate.objects.filter(decision="", remote_record__in=their_records(difference))
    return list((ours | theirs).select_related("sync_record", "remote_record").order_by("pk"))


@while_shown
def open_merges(difference: Difference) -> list[CustomerMerge]:
    customers = [each for each in at_stake(difference) if each.kind == Kind.CUSTOMER]
    rows = CustomerMerge.objects.filter(decision="", sync_record__in=customers)
    return list(rows.order_by("pk"))


@dataclass(frozen=True, slots=True)
class Alike:
    """A customer or an item of ours that waits until a person says whether it is that one of theirs."""

    record: SyncRecord
    theirs: RemoteRecord


@while_shown
def open_matches(difference: Difference) -> list[Alike]:
    waiting = [each for each in at_stake(difference) if each.awaits.on == On.MATCH]
    rows = RemoteRecord.objects.in_bulk([each.awaits.key for each in waiting])
    return [Alike(each, rows[each.awaits.key]) for each in waiting if each.awaits.key in rows]


def unsent(difference: Difference) -> list[tuple[Kind, int]]:
    """Records of ours that belong there and that nobody has begun to send."""
    if not difference.connection.is_live:
        return []
    begun = {(each.kind, each.subject_id) for each in our_records(difference)}
    return [
        (Kind(kind), pk)
        for kind, pk in difference.ours
        if (kind, pk) not in begun
        and in_scope(difference.connection, Kind(kind)).filter(pk=pk).exists()
    ]


# --- acts of records, on the difference ------------------------------------------------------------


def _first(act: ButtonAct, targets: Targets, difference: Difference) -> Any:
    return next((each for each in targets(difference) if act.when(each)), None)


def _on(act: ButtonAct, targets: Targets, told: Callable[[Any], str] | None = None) -> ButtonAct:
    """The act, done to the first of the targets that it fits; `told` says of it what it is about."""

    def when(difference: Difference) -> bool:
        return difference.stands and _first(act, targets, difference) is not None

    def do(
        request: HttpRequest, difference: Difference, answers: dict[str, Any]
    ) -> str | HttpResponse:
        target = _first(act, targets, difference)
        if target is None:
            raise ValidationError(SETTLED_MEANWHILE)
        said = act.do(request, target, answers)
        return f"{said} {AFTERWARDS}" if isinstance(said, str) else said

    def means(difference: Difference) -> str:
        target = _first(act, targets, difference)
        about = told(target) if told and target is not None else ""
        return f"{about} {act.meaning(target)}".strip()

    return replace(act, when=when, do=do, means=means if act.means else "", main=False)


def _both_values(conflict: Conflict) -> str:
    parts = [
        f"{field_words(each)} is {in_words(each, each.ours)} here and {in_words(each, each.theirs)} "
        "there."
        for each in asked_together(conflict)
    ]
    return f"{subject_name(conflict.sync_record)}: {' '.join(parts)}"


def _evidence(decision: Candidate | CustomerMerge) -> str:
    return f"{subject_name(decision.sync_record)}: {decision.evidence}"


def _two(alike: Alike) -> str:
    return f"{subject_name(alike.record)} here and {their_label(alike.theirs)} over there."


def _same(request: HttpRequest, alike: Alike, answers: dict[str, Any]) -> str:
    record = alike.record
    matching.accept(
        record.connection, Kind(record.kind), record.subject_id, alike.theirs.pk,
        user_id=person(request),
    )  # fmt: skip
    return "Decided: they are the same, and are linked. What waited goes with the next run."


def _not_the_same(request: HttpRequest, alike: Alike, answers: dict[str, Any]) -> str:
    record = alike.record
    matching.reject(
        record.connection, Kind(record.kind), record.subject_id, alike.theirs.pk,
        user_id=person(request), reason=answers["reason"],
    )  # fmt: skip
    return "Decided: they are two, and ours is created there when it is needed."


MATCH_ACTS = (
    ButtonAct(
        name="match",
        words="The same: link them",
        permission=ActName.DECIDE,
        do=_same,
        means="Both are one from now on. Nothing is created, and what waits for it goes.",
    ),
    ButtonAct(
        name="match-apart",
        words="Two: create it there",
        permission=ActName.DECIDE,
        do=_not_the_same,
        asks=of_records.KeepBothForm,
        means="Ours is created over there beside it, and what waits for it goes.",
    ),
)


def _send(request: HttpRequest, difference: Difference, answers: dict[str, Any]) -> str:
    first = next(iter(unsent(difference)), None)
    if first is None:
        raise ValidationError(SETTLED_MEANWHILE)
    acts.send_now(difference.connection, *first)
    return f"It goes with the next run, which starts now. {AFTERWARDS}"


def _read_now(request: HttpRequest, difference: Difference, answers: dict[str, Any]) -> str:
    started = acts.sync_now(difference.connection)
    said = "Their changes are read now" if started else "A run begins already, and reads them"
    return f"{said}. {AFTERWARDS}"


def stands_live(difference: Difference) -> bool:
    return difference.stands and difference.connection.is_live


# --- out of the review -----------------------------------------------------------------------------


@while_shown
def left_out(difference: Difference) -> ReviewItem | None:
    """Its row of the weekly review, where a person ended it though it stands."""
    rows = _review(difference).exclude(ended_by=None).select_related("ended_by")
    found: ReviewItem | None = rows.first()
    return found


def _review(difference: Difference) -> Any:
    return ReviewItem.objects.filter(
        company=difference.connection.company_id, kind="difference", key=key_of(difference),
        standing=True,
    )  # fmt: skip


def _leave_out(request: HttpRequest, difference: Difference, answers: dict[str, Any]) -> str:
    item = _review(difference).first()
    if item is None:  # found since the list was kept up
        refresh(difference.connection.company)
        item = _review(difference).first()
    if item is None:
        raise ValidationError(SETTLED_MEANWHILE)
    end(item, ReviewItem.Outcome.LEFT_OUT, answers["reason"], by=person(request))
    return "Left out of the review, with your reason. It is listed again only once it grows."


def may_be_left_out(difference: Difference) -> bool:
    return difference.stands and left_out(difference) is None


LEAVE_OUT = ButtonAct(
    name="leave-out",
    words="Leave it out, with a reason",
    permission=ActName.REVIEW,
    when=may_be_left_out,
    do=_leave_out,
    asks=ReasonForm,
    means=(
        "The weekly review lists it no more until it grows, and your reason stays with it. It goes on "
        "to differ: nothing is sent or changed, and both sides are not said to agree by that."
    ),
)
READ_NOW = ButtonAct(
    name="read-now",
    words="Read their changes now",
    permission=ActName.RETRY,
    when=stands_live,
    do=_read_now,
)
SEND = ButtonAct(
    name="send",
    words="Send it now",
    permission=ActName.RETRY,
    when=lambda difference: difference.stands and bool(unsent(difference)),
    do=_send,
)


def _books(difference: Difference) -> list[Connection]:
    return [difference.connection] if difference.stands else []


COMPARE_AGAIN = replace(
    _on(COMPARE_ACT, _books), name="compare-again", words="Compare again", asks=None, means=""
)
CONFLICTS = tuple(
    _on(each, open_conflicts, _both_values)
    for each in CONFLICT_ACTS
    if each.name in ("ours", "theirs")
)
CANDIDATES = tuple(_on(each, open_candidates, _evidence) for each in of_records.CANDIDATE_ACTS)
MATCHES = tuple(_on(each, open_matches, _two) for each in MATCH_ACTS)
MERGES = tuple(_on(each, open_merges, _evidence) for each in MERGE_ACTS)
RECORDS = tuple(_on(each, at_stake) for each in of_records.RECORD_ACTS)
ARRIVALS = tuple(_on(each, their_records) for each in of_records.REMOTE_ACTS)
ACTS = (
    *CONFLICTS, *CANDIDATES, *MATCHES, *MERGES, *RECORDS, SEND, *ARRIVALS, READ_NOW, COMPARE_AGAIN, LEAVE_OUT,
)  # fmt: skip
UNDER_WAY = (State.WAITING, State.ON_ITS_WAY)


def ours_without_record(difference: Difference) -> list[Any]:
    """Records of ours that those books know nothing of."""
    begun = {(each.kind, each.subject_id) for each in our_records(difference)}
    return [
        subject
        for kind, pk in difference.ours
        if (kind, pk) not in begun
        for subject in rows_of(Kind(kind)).filter(pk=pk)
    ]
