"""What waits for somebody now, one for each cause, asked in as many queries whatever there is."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from apps.billing.acts.depositing import proposed_deposits
from apps.billing.models import Company
from apps.connections.models import Connection, Grant
from apps.core.money import ZERO
from apps.core.shapes import shape_without_names
from apps.reconciliation.figures import shown
from apps.reconciliation.models import Difference, KeptComparison, Question, ReviewKind
from apps.sync.models import Candidate, Conflict, Edit, Reason, RemoteRecord, Run, State, SyncRecord

SILENT = timedelta(hours=26)  # a day, and the time that a late one takes
UNKNOWN_FOR = timedelta(hours=1)  # what an answer that was lost may take to be found
CLEARING_DAYS = 30
# A person decides these elsewhere, and they are listed as what they are.
DECIDED_ELSEWHERE = (Reason.CHANGED_ON_BOTH_SIDES, Reason.MAYBE_THE_SAME)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One cause as it stands now. `key` is the same as long as the cause is."""

    kind: ReviewKind
    key: str
    sentence: str
    since: datetime
    count: int = 1
    amount: Decimal | None = None
    currency: str = ""
    connection_id: int | None = None


def causes_of(company: Company) -> list[Standing]:
    """All that stands, of the books of one company."""
    gathered: tuple[Callable[[Company], Iterator[Standing]], ...] = (
        _connections,
        _records,
        _conflicts,
        _candidates,
        _edits,
        _arrivals,
        _differences,
        _questions,
        _clearing,
    )
    return [each for gather in gathered for each in gather(company)]


def _connections(company: Company) -> Iterator[Standing]:
    now = timezone.now()
    rows = Connection.objects.filter(company=company).exclude(stage=Connection.Stage.DISCONNECTED)
    ran = Max("runs__ended_at", filter=Q(runs__outcome=Run.Outcome.DONE))
    done = Q(comparisons__state=KeptComparison.State.DONE, comparisons__of_now=True)
    compared = Max("comparisons__ended_at", filter=done)
    last = dict(rows.annotate(ran=ran).values_list("pk", "ran"))
    tied = dict(rows.annotate(compared=compared).values_list("pk", "compared"))
    for each in rows.select_related("grant"):
        begun = each.created_at
        worked = each.last_ok_at or begun
        if each.grant is None or each.grant.status != Grant.Status.ACTIVE:
            yield _of(each, ReviewKind.LOST, "lost", f"{each} has to be connected again.", worked)
        elif each.stage == Connection.Stage.PAUSED:
            why = each.stage_reason or "nobody said why"
            yield _of(each, ReviewKind.LOST, "paused", f"{each} is paused: {why}.", worked)
        elif each.stage == Connection.Stage.LIVE:
            quiet = last[each.pk] or begun
            if now - quiet > SILENT:
                said = f"Nothing ran on {each} for more than a day."
                yield _of(each, ReviewKind.SILENT, "ran", said, quiet)
            quiet = tied[each.pk] or begun
            if each.capabilities.reads_back and now - quiet > SILENT:
                said = f"{each} was not compared for more than a day."
                yield _of(each, ReviewKind.SILENT, "compared", said, quiet)


def _of(
    connection: Connection, kind: ReviewKind, key: str, sentence: str, since: datetime
) -> Standing:
    return Standing(
        kind=kind,
        key=f"{connection.pk}:{key}",
        sentence=sentence,
        since=since,
        connection_id=connection.pk,
    )


def _grouped(
    rows: QuerySet[Any], *by: str, at: str, said: str = "", one: str = "pk"
) -> Iterator[dict[str, Any]]:
    """Of each group what it has in common, with `number`, `first` and one sentence, `said`."""
    told: dict[str, Any] = {"number": Count(one, distinct=True), "first": Min(at)}
    if said:
        told["one"] = Min(said)
    yield from rows.order_by().values(*by).annotate(**told)


@dataclass(slots=True)
class _Heap:
    """Records of one cause; `of` is where it is, the books first. Their remedies have one `shape`, and may
    each name their own record."""

    of: tuple[Any, ...]
    shape: str
    remedy: str
    one: str
    first: datetime
    count: int = 0
    alike: bool = True  # one remedy is that of all

    @property
    def told(self) -> str:
        """What to do about all of them, else about one."""
        return self.remedy if self.alike else f"One of them: {self.remedy}"

    def said(self, many: str) -> str:
        """The sentence of a single one, else what is said of many."""
        return (self.one if self.count == 1 else many) or many or self.one

    def standing(self, kind: ReviewKind, key: str, sentence: str) -> Standing:
        return Standing(
            kind=kind,
            key=key,
            sentence=sentence,
            since=self.first,
            count=self.count,
            connection_id=self.of[0],
        )


def _heaps(rows: QuerySet[Any], *by: str, at: str, by_remedy: bool = False) -> Iterable[_Heap]:
    """Rows in one heap for each place, of which the last name of `by` is a remedy; with `by_remedy` one
    for each shape of it: a thousand that name a record each are one cause."""
    found: dict[tuple[Any, ...], _Heap] = {}
    *places, remedy = by
    for row in _grouped(rows.order_by(), *by, at=at, said="sentence"):
        of = tuple(row[name] for name in places)
        shape = shape_without_names(row[remedy]) if by_remedy else ""
        heap = found.setdefault(
            (*of, shape), _Heap(of, shape, row[remedy], row["one"], row["first"])
        )
        heap.count += row["number"]
        heap.alike &= heap.remedy == row[remedy]
        # The same one is shown at each look, whatever their order.
        heap.remedy = min(heap.remedy, row[remedy])
        heap.one, heap.first = min(heap.one, row["one"]), min(heap.first, row["first"])
    return found.values()


def _records(company: Company) -> Iterator[Standing]:
    """Held and rejected ones by reason and remedy, missing mappings by what is not chosen."""
    records = SyncRecord.objects.filter(connection__company=company)
    stuck = records.filter(state=State.NEEDS_PERSON).exclude(reason__in=DECIDED_ELSEWHERE)
    unmapped = stuck.filter(reason=Reason.MAPPING_MISSING)
    by = ("connection_id", "waits_for", "remedy")
    for heap in _heaps(unmapped, *by, at="changed_at"):
        connection_id, waits_for = heap.of
        yield heap.standing(
            ReviewKind.MAPPING, f"{connection_id}:{waits_for}", heap.remedy or heap.one
        )
    others = stuck.exclude(reason=Reason.MAPPING_MISSING)
    by = ("connection_id", "reason", "remedy")
    for heap in _heaps(others, *by, at="changed_at", by_remedy=True):
        connection_id, reason = heap.of
        words = str(Reason(reason).label) if reason else "Needs a person"
        key = f"{connection_id}:{reason}:{_short(heap.shape)}"
        yield heap.standing(ReviewKind.REJECTED, key, heap.said(f"{words}. {heap.told}".strip()))
    lost = records.filter(state=State.UNKNOWN, changed_at__lt=timezone.now() - UNKNOWN_FOR)
    for row in _grouped(lost, "connection_id", at="changed_at"):
        yield Standing(
            kind=ReviewKind.UNKNOWN,
            key=f"{row['connection_id']}:unknown",
            sentence="Nobody knows yet whether these arrived.",
            since=row["first"],
            count=row["number"],
            connection_id=row["connection_id"],
        )


def _conflicts(company: Company) -> Iterator[Standing]:
    rows = Conflict.objects.filter(sync_record__connection__company=company, decision="")
    said = "Changed here and over there: say whose change stands."
    return _decisions(rows, ReviewKind.CONFLICT, said)


def _candidates(company: Company) -> Iterator[Standing]:
    rows = Candidate.objects.filter(sync_record__connection__company=company, decision="")
    said = "May stand on both sides already: link them, or keep both."
    return _decisions(rows, ReviewKind.CANDIDATE, said)


def _edits(company: Company) -> Iterator[Standing]:
    """What was changed by hand and nobody said why, by side; and notes that were not taken."""
    undone = [Edit.State.ASKS, Edit.State.REFUSED]
    rows = Edit.objects.filter(connection__company=company, state__in=undone)
    for row in _grouped(rows, "connection_id", "side", "state", at="found_at", said="what"):
        side = Edit.Side(row["side"])
        where = "here" if side == Edit.Side.HERE else "over there"
        said = f"Changed by hand {where}: say why."
        if row["state"] == Edit.State.REFUSED:
            said = "A note of a change by hand was not taken over there."
        elif row["number"] == 1:
            said = f"Changed by hand {where}: {row['one']}. Say why."
        yield Standing(
            kind=ReviewKind.EDIT,
            key=f"{row['connection_id']}:{side}:{row['state']}",
            sentence=said,
            since=row["first"],
            count=row["number"],
            connection_id=row["connection_id"],
        )


def _decisions(rows: QuerySet[Any], kind: ReviewKind, said: str) -> Iterator[Standing]:
    """By set of books and kind of record; several fields of one are one decision."""
    by = ("sync_record__connection_id", "sync_record__kind")
    for row in _grouped(rows, *by, at="found_at", one="sync_record"):
        connection_id = row["sync_record__connection_id"]
        yield Standing(
            kind=kind,
            key=f"{connection_id}:{row['sync_record__kind']}",
            sentence=said,
            since=row["first"],
            count=row["number"],
            connection_id=connection_id,
        )


def _arrivals(company: Company) -> Iterator[Standing]:
    rows = RemoteRecord.objects.filter(
        connection__company=company, arrival=RemoteRecord.Arrival.NEEDS_PERSON
    )
    by = ("connection_id", "kind", "remedy")
    for heap in _heaps(rows, *by, at="read_at", by_remedy=True):
        connection_id, kind = heap.of
        key = f"{connection_id}:{kind}:{_short(heap.shape)}"
        yield heap.standing(ReviewKind.ARRIVED, key, heap.said(heap.told))


def _differences(company: Company) -> Iterator[Standing]:
    """By record: its figures differ together. The row shows the largest amount."""
    rows = Difference.objects.filter(connection__company=company, ended_at=None).order_by("id")
    found: dict[str, list[Difference]] = defaultdict(list)
    for each in rows.iterator():
        found[key_of(each)].append(each)
    for key, several in found.items():
        most = max(several, key=lambda each: abs(each.amount or ZERO))
        more = f" And {len(several) - 1} more of its figures." if len(several) > 1 else ""
        yield Standing(
            kind=ReviewKind.DIFFERENCE,
            key=key,
            sentence=f"{most.sentence}{more}",
            since=min(each.found_at for each in several),
            count=len(several),
            amount=most.amount,
            currency=most.currency if most.amount is not None else "",
            connection_id=most.connection_id,
        )


def key_of(difference: Difference) -> str:
    """By what the review knows it: all figures of its record together."""
    records = f"{difference.ours}{difference.theirs}"
    own = records if difference.ours or difference.theirs else difference.figure
    return f"{difference.connection_id}:{_short(own)}"


def _questions(company: Company) -> Iterator[Standing]:
    rows = Question.objects.filter(connection__company=company, answer="", standing=True)
    for each in rows.iterator():
        yield Standing(
            kind=ReviewKind.QUESTION,
            key=f"{each.connection_id}:{each.pk}",
            sentence=each.sentence,
            since=each.found_at,
            amount=each.amount if each.currency else None,
            currency=each.currency,
            connection_id=each.connection_id,
        )


def _clearing(company: Company) -> Iterator[Standing]:
    """Money that came in and was not banked for a month, by method and currency."""
    zone = ZoneInfo(company.time_zone)
    found: dict[tuple[str, int, str], list[tuple[date, Decimal, int]]] = defaultdict(list)
    for each in proposed_deposits(company, company.today() - timedelta(days=CLEARING_DAYS)):
        days = [one.date for one in each.payments] + [one.date for one in each.refunds]
        key = (each.method.name, each.method.pk, each.currency)
        found[key].append((min(days), each.total, len(days)))
    for (name, method, currency), several in found.items():
        total = sum((amount for _, amount, _ in several), ZERO)
        since = min(first for first, _, _ in several)
        yield Standing(
            kind=ReviewKind.CLEARING,
            key=f"{method}:{currency}",
            sentence=(
                f"{shown(total, currency)} by {name} came in more than {CLEARING_DAYS} days ago and "
                "were not banked yet."
            ),
            since=datetime.combine(since, time.min, zone),
            count=sum(number for _, _, number in several),
            amount=total,
            currency=currency,
        )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
