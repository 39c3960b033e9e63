"""Records that failed, that wait for a decision, or that nobody takes up; arrivals likewise.

A thousand records that fail by one cause are one cause: they are grouped by connection, reason, what
they wait for, and the provider's code; where there is none of these, by the shape of the sentence,
which is the sentence without what differs from record to record.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.alerts.causes.cause import Cause, at, counted, list_page, page
from apps.alerts.models import Kind
from apps.connections.models import Connection
from apps.core.shapes import shape
from apps.sync.models import (
    HELD_REASONS,
    OPEN_STATES,
    Attempt,
    On,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    Wait,
)

Books = Mapping[int, Connection]
DECISIONS: Final = frozenset(
    {
        Reason.CHANGED_ON_BOTH_SIDES,
        Reason.MAYBE_THE_SAME,
        Reason.MERGED,
        Reason.DOUBLE,
        Reason.FIRST_OF_ITS_KIND,
    }
)
# What is waited for is one thing for all who wait for it.
SHARED_WAITS: Final = frozenset({On.MAPPING, On.ACCOUNT, On.CLOSING_DATE, On.FIRST})
LATE: Final = timedelta(hours=1)
MOST_SHAPES: Final = 5  # of one reason; what has more is told as one


@dataclass(slots=True)
class _Heap:
    """Records of one cause; `shown` is the sentence of one of them."""

    count: int = 0
    shown: str = ""
    remedy: str = ""
    waits: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, Any]) -> None:
        self.count += row["count"]
        self.shown = min(filter(None, (self.shown, row["sentence"])), default="")
        self.remedy = min(filter(None, (self.remedy, row["a_remedy"])), default="")


def failed(books: Books) -> Iterator[Cause]:
    """What needs a person: one statement, whatever number of records there is."""
    rows = SyncRecord.objects.filter(state=State.NEEDS_PERSON, connection__in=books)
    for (connection, reason, name), heap in _heaps(_grouped(rows)).items():
        is_decision = reason in DECISIONS
        words = str(Reason(reason).label) if reason else "They need a person"
        what = counted(heap.count, "record waits", "records wait") if is_decision else counted(
            heap.count, "record failed", "records failed"
        )  # fmt: skip
        yield Cause(
            kind=Kind.DECISION if is_decision else Kind.FAILED,
            name=f"{reason}:{name}",
            **at(books[connection]),
            count=heap.count,
            sentence=f"{what}: {words[:1].lower()}{words[1:]}. {_example(heap)}".strip(),
            remedy=heap.remedy or "Open the list, put right what is said, and send again.",
            page=list_page(
                "sync_syncrecord", state__exact=State.NEEDS_PERSON.value,
                reason=reason, connection__id__exact=connection,
            ),
        )  # fmt: skip


def arrived(books: Books) -> Iterator[Cause]:
    """Changes of theirs that could not be taken over here."""
    rows = RemoteRecord.objects.filter(
        arrival=RemoteRecord.Arrival.NEEDS_PERSON, connection__in=books
    )
    grouped = (
        rows.order_by().values("connection", "sentence")
        .annotate(count=Count("pk"), a_remedy=Min("remedy"))
    )  # fmt: skip
    plain = ({**row, "reason": "", "waits_for": "", "code": ""} for row in grouped.iterator())
    for (connection, _, name), heap in _heaps(plain).items():
        yield Cause(
            kind=Kind.ARRIVED,
            name=name,
            **at(books[connection]),
            count=heap.count,
            sentence=f"{counted(heap.count, 'arrival', 'arrivals')} could not be applied here. "
            f"{_example(heap)}".strip(),
            remedy=heap.remedy or "Open the list and decide what becomes of each.",
            page=list_page(
                "sync_remoterecord", arrival__exact=RemoteRecord.Arrival.NEEDS_PERSON.value,
                connection__id__exact=connection,
            ),
        )  # fmt: skip


def closed_month(books: Books) -> Iterator[Cause]:
    """Changes and money of theirs that are dated into a month that is closed here: read, listed, and
    not applied before somebody decides. One for each set of books."""
    rows = RemoteRecord.objects.filter(
        On.CLOSING_DATE.rows, arrival=RemoteRecord.Arrival.WAITS, connection__in=books
    )
    told = rows.order_by().values("connection")
    for row in told.annotate(count=Count("pk"), first=Min("dated"), last=Max("dated")):
        each = books[row["connection"]]
        until = each.company.closing_date
        closed = f"up to {until:%-d %B %Y}" if until else "at their date"
        yield Cause(
            kind=Kind.CLOSED_MONTH,
            **at(each),
            count=row["count"],
            sentence=f"{counted(row['count'], 'arrival is', 'arrivals are')} dated {_days(row)} and not "
            f"applied: our books are closed {closed}.",
            remedy=f"Open the list. Either move the closing date of {each.company} back, let them be "
            "applied and close the month again; or date them into an open month over there.",
            page=list_page(
                "sync_remoterecord", arrival__exact=RemoteRecord.Arrival.WAITS.value,
                connection__id__exact=each.pk,
            ),
        )  # fmt: skip


def _days(row: Mapping[str, Any]) -> str:
    first, last = row["first"], row["last"]
    if first is None:
        return "into a closed month"
    return f"{first:%-d %B %Y}" if first == last else f"{first:%-d %B %Y} to {last:%-d %B %Y}"


def late(books: Books, now: datetime) -> Iterator[Cause]:
    """Records of live books that should have been taken up an hour ago and more."""
    live = [key for key, each in books.items() if each.is_live and not _is_put_off(each, now)]
    rows = SyncRecord.objects.filter(
        state__in=OPEN_STATES, due_at__lt=now - LATE, connection__in=live
    ).exclude(reason=Reason.FOR_THE_HOUR)
    for row in rows.order_by().values("connection").annotate(count=Count("pk"), due=Min("due_at")):
        hours = int((now - row["due"]).total_seconds() // 3600)
        yield Cause(
            kind=Kind.LATE,
            **at(books[row["connection"]]),
            count=row["count"],
            sentence=f"{counted(row['count'], 'record was', 'records were')} to go on before now and "
            f"did not; the oldest has waited for {counted(hours, 'hour', 'hours')}.",
            remedy="See on the books' page what holds them up, and whether the worker runs.",
            page=page("connections_connection", row["connection"]),
        )


def _is_put_off(connection: Connection, now: datetime) -> bool:
    """The provider asked us to hold, or calls are scarce: that ends by itself."""
    return any(
        until and until > now for until in (connection.paused_until, connection.scarce_until)
    )


def _grouped(rows: "QuerySet[SyncRecord]") -> Iterator[Mapping[str, Any]]:
    last = Attempt.objects.filter(sync_record=OuterRef("pk")).order_by("-at", "-id")
    code = Coalesce(Subquery(last.values("code")[:1]), Value(""))
    found = rows.annotate(code=code).order_by()
    grouped = found.values("connection", "reason", "waits_for", "code", "sentence")
    yield from grouped.annotate(count=Count("pk"), a_remedy=Min("remedy")).iterator()


def _heaps(rows: Iterator[Mapping[str, Any]]) -> dict[tuple[int, str, str], _Heap]:
    """By connection, reason, and what tells one cause from another."""
    found: defaultdict[tuple[int, str, str], _Heap] = defaultdict(_Heap)
    for row in rows:
        found[row["connection"], row["reason"], _name(row)].add(row)
    shapes = Counter((connection, reason) for connection, reason, name in found if _is_shape(name))
    joined: defaultdict[tuple[int, str, str], _Heap] = defaultdict(_Heap)
    for (connection, reason, name), heap in found.items():
        many = _is_shape(name) and shapes[connection, reason] > MOST_SHAPES
        told = {"count": heap.count, "sentence": heap.shown, "a_remedy": heap.remedy}
        joined[connection, reason, "" if many else name].add(told)
    return joined


def _name(row: Mapping[str, Any]) -> str:
    wait = Wait(row["waits_for"])
    if wait.on in SHARED_WAITS:
        return str(wait)
    if row["reason"] in DECISIONS:
        return ""
    if row["code"] and row["reason"] not in HELD_REASONS:
        return f"code {row['code']}"
    return f"shape {sha256(shape(row['sentence']).encode()).hexdigest()[:16]}"


def _is_shape(name: str) -> bool:
    return name.startswith("shape ")


def _example(heap: _Heap) -> str:
    if not heap.shown:
        return ""
    return heap.shown if heap.count == 1 else f"One of them: {heap.shown}"
