"""Where both sides differed: a field that both changed, a figure that a comparison found."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, WARN, money
from apps.backoffice.frame.history_words import Step
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.conflict_words import field_words, in_words, read_names
from apps.backoffice.ledgers.timeline.entries import Cells, Entry, Found, Source, person_at
from apps.backoffice.ledgers.timeline.there import Books
from apps.billing.models import Synced
from apps.reconciliation.models import Difference, Question
from apps.sync.models import Conflict


def sources(request: HttpRequest, subject: Synced, books: Books) -> Iterator[Source]:
    if not books.records:
        return
    if may(request, permissions.SEE_CONFLICTS):
        yield from _conflicts(books)
    if may(request, permissions.SEE_DIFFERENCES):
        yield from _differences(subject, books)
    if may(request, permissions.SEE_QUESTIONS):
        yield from _questions(subject, books)


CONFLICTS = frozenset({"conflicts", "conflicts decided"})


def read_names_in(found: Sequence[Found], books: Books) -> None:
    """Ask together for the names of what the values of all these fields name."""
    read_names(
        [
            Conflict(
                sync_record=books.records[int(each.cells["sync_record_id"])],
                path=each.cells["path"],
                ours=_value(each.cells["ours"]),
                theirs=_value(each.cells["theirs"]),
            )
            for each in found
            if each.source.name in CONFLICTS
        ]
    )


def _conflicts(books: Books) -> Iterator[Source]:
    """A field that was changed on both sides, and which of both values stands."""

    def differed(cells: Cells) -> Step:
        conflict = Conflict(
            sync_record=books.records[int(cells["sync_record_id"])], path=cells["path"]
        )
        ours, theirs = (in_words(conflict, _value(cells[side])) for side in ("ours", "theirs"))
        system = books.of_cells(cells).system_name
        return Step(
            field=field_words(conflict), old=f"Tieout has {ours}", new=f"{system} has {theirs}"
        )

    def found(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what="Changed on both sides",
            colour=PLAIN if cells["decision"] else BAD,
            steps=[differed(cells)],
            who="Tieout",
            url=reverse("admin:sync_conflict_change", args=[cells["pk"]]),
            words="The question",
            **books.known(cells),
        )

    def decided(at: datetime, cells: Cells) -> Entry:
        by_rule = bool(cells["rule_id"])
        return Entry(
            at=at,
            what="Decided by a rule" if by_rule else "Decided",
            ours=f"{Conflict(decision=cells['decision']).get_decision_display()}.",
            steps=[differed(cells)],
            who=cells["who"] or "Tieout",
            reason=cells["reason"],
            url=reverse("admin:sync_conflict_change", args=[cells["pk"]]),
            words="The question",
            **books.known(cells),
        )

    rows = Conflict.objects.filter(sync_record__in=list(books.records))
    rows = rows.annotate(who=person_at("decided_by"))
    names = ("sync_record_id", "path", "ours", "theirs", "decision", "rule_id", "reason", "who")
    columns = {name: name for name in names}
    yield Source(name="conflicts", rows=rows, at="found_at", columns=columns, tell=found)
    yield Source(
        name="conflicts decided", rows=rows, at="decided_at", columns=columns, tell=decided
    )


def _value(text: str) -> Any:
    return json.loads(text) if text else None


def _naming(model: Any, subject: Synced, books: Books) -> QuerySet[Any]:
    """The rows that name this record of ours: `ours` is [[kind, id], …], written alike in both
    databases. Those of its books alone are looked through, by their index."""
    named = json.dumps([subject.kind, subject.pk])
    rows = model.objects.filter(connection__in=list(books.connections))
    found: QuerySet[Any] = rows.annotate(ours_written=Cast("ours", TextField())).filter(
        ours_written__contains=named
    )
    return found


def _differences(subject: Synced, books: Books) -> Iterator[Source]:
    names = ("connection_id", "why", "here", "there", "sentence", "amount", "currency", "ended_at")

    def told(what: str, colour: str, at: datetime, cells: Cells) -> Entry:
        connection = books.connections[int(cells["connection_id"])]
        both = Step(
            field=Difference(why=cells["why"]).get_why_display(),
            old=f"Tieout has {cells['here'] or 'nothing'}",
            new=f"{connection.system_name} has {cells['there'] or 'nothing'}",
        )
        amount = Decimal(cells["amount"]) if cells["amount"] else None
        return Entry(
            at=at,
            what=what,
            colour=colour,
            ours=cells["sentence"],
            steps=[both] if cells["here"] or cells["there"] else [],
            amount=money(amount, cells["currency"]) if amount else "",
            books=connection.name,
            who="Comparison",
            url=reverse("admin:reconciliation_difference_change", args=[cells["pk"]]),
            words="The difference",
        )

    def found(at: datetime, cells: Cells) -> Entry:
        return told("Differs", PLAIN if cells["ended_at"] else BAD, at, cells)

    def ended(at: datetime, cells: Cells) -> Entry:
        return told("Differs no more", GOOD, at, cells)

    rows, columns = _naming(Difference, subject, books), {name: name for name in names}
    yield Source(name="differs", rows=rows, at="found_at", columns=columns, tell=found)
    yield Source(name="differs no more", rows=rows, at="ended_at", columns=columns, tell=ended)


def _questions(subject: Synced, books: Books) -> Iterator[Source]:
    names = ("connection_id", "cause", "sentence", "answer", "reason", "who")

    def told(at: datetime, cells: Cells, **said: Any) -> Entry:
        return Entry(
            at=at,
            books=books.connections[int(cells["connection_id"])].name,
            url=reverse("admin:reconciliation_question_change", args=[cells["pk"]]),
            words="The question",
            **said,
        )

    def asked(at: datetime, cells: Cells) -> Entry:
        cause = Question(cause=cells["cause"]).get_cause_display()
        colour = PLAIN if cells["answer"] else WARN
        return told(at, cells, what=cause, colour=colour, ours=cells["sentence"], who="Comparison")

    def answered(at: datetime, cells: Cells) -> Entry:
        words = Question(answer=cells["answer"]).get_answer_display()
        return told(
            at, cells, what="Answered", ours=f"{words}.", reason=cells["reason"], who=cells["who"]
        )

    rows = _naming(Question, subject, books).annotate(who=person_at("answered_by"))
    columns = {name: name for name in names}
    yield Source(name="asked", rows=rows, at="found_at", columns=columns, tell=asked)
    yield Source(name="answered", rows=rows, at="answered_at", columns=columns, tell=answered)
