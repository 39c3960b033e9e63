"""What happened to a record between Tieout and each ledger: sent, answered, read back, decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, WARN, money
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.status import their_label
from apps.backoffice.ledgers.timeline.entries import Cells, Entry, Source, person_at
from apps.connections.models import Connection
from apps.sync.models import (
    Agreed,
    Attempt,
    Candidate,
    CustomerMerge,
    Edit,
    MatchDecision,
    OpeningItem,
    RemoteRecord,
    SyncRecord,
)

OF_RECORD: Final = "record"  # in the address of a call: whose part of it is shown
ANSWERS: Final = {
    Attempt.Result.DONE: ("Sent, and in the books", GOOD, "took it into its books."),
    Attempt.Result.STEP: ("Sent in part", BUSY, "took this step; the next one follows."),
    Attempt.Result.HANDED_OVER: ("Handed over", BUSY, "was handed it, and says later what it did."),
    Attempt.Result.REFUSED: ("Rejected", BAD, "rejected it."),
    Attempt.Result.LATER: ("Not taken yet", WARN, "did not take it this time; it is tried again."),
    Attempt.Result.UNKNOWN: (
        "Outcome unknown",
        WARN,
        "gave no answer that says what became of it.",
    ),
    Attempt.Result.NEWER: ("Changed over there", WARN, "had a newer version, which is read first."),
}
# Without a call nobody over there has said anything.
UNSENT: Final = {
    Attempt.Result.DONE: "In the books, on a person's word",
    Attempt.Result.REFUSED: "Held by Tieout",
}


@dataclass(frozen=True, kw_only=True)
class Books:
    """The records of one subject, one for each set of books, with their connections."""

    records: Mapping[int, SyncRecord]

    @classmethod
    def of(cls, records: Sequence[SyncRecord]) -> "Books":
        return cls(records={each.pk: each for each in records})

    @property
    def connections(self) -> dict[int, Connection]:
        return {each.connection_id: each.connection for each in self.records.values()}

    def of_cells(self, cells: Cells) -> Connection:
        return self.records[int(cells["sync_record_id"])].connection

    def known(self, cells: Cells) -> dict[str, Any]:
        """What every entry says of whose books it is about."""
        connection = self.of_cells(cells)
        return {"books": connection.name, "system": connection.system_name}


def sources(request: HttpRequest, books: Books) -> Iterator[Source]:
    if not books.records:
        return
    if may(request, permissions.SEE_SYNC_LOG):
        yield _wanted(books)
        yield _agreed(books)
        yield from _opening(books)
    if may(request, permissions.SEE_ATTEMPTS):
        yield _attempts(request, books)
    if may(request, permissions.SEE_THEIRS):
        yield _first_read(books)
    if may(request, permissions.SEE_CANDIDATES):
        yield from _decisions(books, Candidate, "candidate", "Maybe the same")
    if may(request, permissions.SEE_MERGES):
        yield from _decisions(books, CustomerMerge, "customermerge", "Merged over there")
    if may(request, permissions.SEE_EDITS):
        yield from _edits(books)


def _of(books: Books, model: Any) -> Any:
    return model._base_manager.filter(sync_record__in=list(books.records))


def _wanted(books: Books) -> Source:
    def tell(at: datetime, cells: Cells) -> Entry:
        record = books.records[int(cells["pk"])]
        return Entry(
            at=at,
            what=f"Belongs in {record.connection.system_name}",
            ours="From here on Tieout keeps it there as it stands here.",
            who="Tieout",
            books=record.connection.name,
            url=reverse("admin:sync_syncrecord_change", args=[record.pk]),
            words="Its line in the sync log",
        )

    rows = SyncRecord.objects.filter(pk__in=list(books.records))
    return Source(name="wanted", rows=rows, at="created_at", tell=tell)


def _agreed(books: Books) -> Source:
    """The last time that what they answered or hold was read, and equalled ours."""

    def tell(at: datetime, cells: Cells) -> Entry:
        record = books.records[int(cells["record_id"])]
        return Entry(
            at=at,
            what="Both sides agreed",
            colour=GOOD,
            ours=f"What stands in {record.connection.system_name} was read, and both sides hold the "
            "same. This is the last time that anything of it moved.",
            who="Tieout",
            books=record.connection.name,
        )

    rows = Agreed.objects.filter(record__in=list(books.records))
    return Source(name="agreed", rows=rows, at="at", columns={"record_id": "record_id"}, tell=tell)


def _attempts(request: HttpRequest, books: Books) -> Source:
    calls, runs = may(request, permissions.SEE_CALLS), may(request, permissions.SEE_RUNS)

    def tell(at: datetime, cells: Cells) -> Entry:
        result = Attempt.Result(cells["result"])
        what, colour, answered = ANSWERS[result]
        known = books.known(cells)
        if not cells["call_id"]:  # nothing was sent: a person's word, or Tieout held it
            return Entry(
                at=at,
                what=UNSENT.get(result, "Noted"),
                ours=cells["sentence"],
                who="Tieout",
                **known,
            )
        technical = [("Version of the record", cells["revision"], "")]
        if cells["step"]:
            technical.append(("Step", cells["step"].replace("_", " "), ""))
        if cells["code"]:
            technical.append((f"Code of {known['system']}", cells["code"], ""))
        if cells["run_id"]:
            page = reverse("admin:sync_run_change", args=[cells["run_id"]]) if runs else ""
            technical.append(("Run", cells["run_id"], page))
        if cells["call_id"]:
            technical.append(("Call", cells["call_id"], call_page(cells) if calls else ""))
        return Entry(
            at=at,
            what=what,
            colour=colour,
            ours=f"{known['system']} {answered}",
            theirs=cells["sentence"],
            technical=technical,
            who="Tieout",
            **known,
        )

    names = ("sync_record_id", "result", "code", "sentence", "step", "revision", "call_id")
    return Source(
        name="attempts",
        rows=_of(books, Attempt),
        at="at",
        columns={**{name: name for name in names}, "run_id": "call__run_id"},
        tell=tell,
    )


def call_page(cells: Cells) -> str:
    """The page of the call, with the part of it that is this record's."""
    page = reverse("admin:sync_call_change", args=[cells["call_id"]])
    return f"{page}?{urlencode({OF_RECORD: cells['sync_record_id']})}"


def _first_read(books: Books) -> Source:
    """Their objects that stand for it, when each was read first."""

    def tell(at: datetime, cells: Cells) -> Entry:
        known = books.known(cells)
        theirs = RemoteRecord(
            kind=cells["kind"],
            of_kind=cells["of_kind"],
            number=cells["number"],
            name=cells["name"],
            remote_id=cells["remote_id"],
        )
        amount = Decimal(cells["amount"]) if cells["amount"] else None
        return Entry(
            at=at,
            what=f"Stands in {known['system']}",
            colour=WARN if cells["gone"] in ("1", "true") else GOOD,
            ours="It has been deleted there since." if cells["gone"] in ("1", "true") else "",
            theirs=f"{their_label(theirs)}, id {cells['remote_id']}",
            amount=money(amount, cells["currency"]) if amount is not None else "",
            url=reverse("admin:sync_remoterecord_change", args=[cells["pk"]]),
            words="What was read there",
            who="Tieout",
            **known,
        )

    names = ("sync_record_id", "kind", "of_kind", "number", "name", "remote_id", "amount", "currency", "gone")  # fmt: skip
    return Source(
        name="theirs",
        rows=_of(books, RemoteRecord).filter(part=""),
        at="first_read_at",
        columns={name: name for name in names},
        tell=tell,
    )


def _decisions(books: Books, model: Any, page: str, what: str) -> Iterator[Source]:
    """A question that was put to a person, and its answer."""

    def asked(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what=f"{what}?",
            colour=PLAIN if cells["decision"] else BAD,
            ours=cells["evidence"],
            who="Tieout",
            url=reverse(f"admin:sync_{page}_change", args=[cells["pk"]]),
            words="The question",
            **books.known(cells),
        )

    def decided(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what=f"{what}: decided",
            ours=f"{model(decision=cells['decision']).get_decision_display()}.",
            who=cells["who"] or "Tieout",
            reason=cells["reason"],
            url=reverse(f"admin:sync_{page}_change", args=[cells["pk"]]),
            words="The question",
            **books.known(cells),
        )

    columns = {name: name for name in ("sync_record_id", "decision", "evidence", "reason", "who")}
    rows = _of(books, model).annotate(who=person_at("decided_by"))
    yield Source(name=page, rows=rows, at="found_at", columns=columns, tell=asked)
    yield Source(name=f"{page} decided", rows=rows, at="decided_at", columns=columns, tell=decided)


def _edits(books: Books) -> Iterator[Source]:
    """Changed by hand after it stood in the books, here or there, and the note of why."""

    def changed(at: datetime, cells: Cells) -> Entry:
        known = books.known(cells)
        there = cells["side"] == Edit.Side.THERE
        return Entry(
            at=at,
            what=f"Changed in {known['system']}" if there else "Changed after it was in the books",
            colour=WARN,
            ours=cells["what"],
            who=known["system"] if there else (cells["who"] or "Tieout"),
            url=reverse("admin:sync_edit_change", args=[cells["pk"]]),
            words="This change",
            **known,
        )

    def noted(at: datetime, cells: Cells) -> Entry:
        edit = Edit(state=cells["state"])
        where = f": {cells['where']}" if cells["where"] else ""
        return Entry(
            at=at,
            what="Note of why",
            ours=f"“{cells['note']}” {edit.get_state_display()}{where}.",
            theirs=cells["sentence"],
            who=cells["who"] or "Tieout",
            url=reverse("admin:sync_edit_change", args=[cells["pk"]]),
            words="This change",
            **books.known(cells),
        )

    rows = _of(books, Edit)
    names = ("sync_record_id", "side", "what", "who")
    yield Source(
        name="edits",
        rows=rows.annotate(who=person_at("by")),
        at="found_at",
        columns={name: name for name in names},
        tell=changed,
    )
    of_note = ("sync_record_id", "state", "note", "where", "sentence", "who")
    yield Source(
        name="notes",
        rows=rows.annotate(who=person_at("noted_by")),
        at="noted_at",
        columns={name: name for name in of_note},
        tell=noted,
    )


def _opening(books: Books) -> Iterator[Source]:
    """Open at the cut-off, and linked with theirs; or taken apart again."""

    def linked(at: datetime, cells: Cells) -> Entry:
        ours, theirs = (
            money(Decimal(cells[each]), cells["currency"]) for each in ("ours", "theirs")
        )
        return Entry(
            at=at,
            what="Linked: open at the cut-off",
            colour=GOOD,
            ours="It stood on both sides before the cut-off, so Tieout does not send it.",
            amount=ours if ours == theirs else "",
            theirs="" if ours == theirs else "Open there then was another amount.",
            who=cells["who"] or "Tieout",
            reason=cells["why"],
            **books.known(cells),
        )

    def apart(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what="Taken apart again",
            colour=WARN,
            ours="It is no longer linked with theirs of before the cut-off.",
            who=cells["who"] or "Tieout",
            reason=cells["why"],
            **books.known(cells),
        )

    rows = _of(books, OpeningItem)
    columns = {name: name for name in ("sync_record_id", "ours", "theirs", "currency", "who")}
    yield Source(
        name="linked",
        rows=rows.annotate(who=person_at("linked_by")),
        at="linked_at",
        columns={**columns, "why": "reason"},
        tell=linked,
    )
    yield Source(
        name="apart",
        rows=rows.annotate(who=person_at("unlinked_by")),
        at="unlinked_at",
        columns={**columns, "why": "unlink_reason"},
        tell=apart,
    )


def matches(request: HttpRequest, subject: Any, books: Books) -> Iterator[Source]:
    """Of a customer or an item: whether it is one of theirs."""
    if subject.kind not in ("customer", "item") or not may(request, permissions.SEE_SYNC_LOG):
        return
    of = books.connections

    def tell(at: datetime, cells: Cells) -> Entry:
        connection = of.get(int(cells["connection_id"]))
        withdrawn = " This decision was taken back since." if cells["withdrawn_at"] else ""
        return Entry(
            at=at,
            what=MatchDecision(decision=cells["decision"]).get_decision_display(),
            ours=f"{cells['evidence']}{withdrawn}".strip(),
            theirs=cells["their_name"],
            system=connection.system_name if connection else "The other side",
            books=connection.name if connection else "",
            who=cells["who"] or "Tieout",
            reason=cells["reason"],
        )

    names = ("connection_id", "decision", "evidence", "reason", "withdrawn_at", "who")
    rows = MatchDecision.objects.filter(**{subject.kind: subject.pk})
    yield Source(
        name="matches",
        rows=rows.annotate(who=person_at("decided_by")),
        at="decided_at",
        columns={**{name: name for name in names}, "their_name": "remote_record__name"},
        tell=tell,
    )
