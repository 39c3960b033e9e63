"""Proof that no number is missing: per series first, last, count, and every gap with its reason."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import groupby

from apps.billing.models import Company, CreditNote, Document, Invoice, NumberSeries
from apps.core.numbers import whole
from apps.staff.models import User

UNEXPLAINED = "No document has this number, and nobody gave a reason. Look into it."
IMPORTED = "A document that came with its own number has it."
MODELS: Mapping[str, type[Document]] = {Invoice.kind: Invoice, CreditNote.kind: CreditNote}


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Counters that no document of the series has, as numbers, both ends included."""

    first: str
    last: str
    count: int
    reason: str
    explained: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesReport:
    """`count` documents have numbers of the series, `void` of them are void; from `first` to `last`.

    Both are "" while no number was given.
    """

    series: NumberSeries
    first: str
    last: str
    count: int
    void: int
    gaps: tuple[Gap, ...]

    @property
    def complete(self) -> bool:
        return all(gap.explained for gap in self.gaps)


def report_on(series: NumberSeries) -> SeriesReport:
    """Hold the series' counter against the documents that are stored."""
    own: dict[int, str] = {}
    given: set[int] = set()
    documents = MODELS[series.kind]._base_manager.filter(
        company=series.company_id, number__startswith=series.prefix
    )
    for number, came_with, status in documents.values_list("number", "number_given", "status"):
        digits = (number or "").removeprefix(series.prefix)
        count = whole(digits)
        if count is None:
            continue
        if came_with:
            given.add(count)
        else:
            own[count] = status
    return SeriesReport(
        series=series,
        first=series.number(min(own)) if own else "",
        last=series.number(max(own)) if own else "",
        count=len(own),
        void=sum(status == Document.Status.VOID for status in own.values()),
        gaps=tuple(_gaps(series, own.keys(), given)),
    )


def report_on_company(company: Company) -> list[SeriesReport]:
    return [report_on(series) for series in company.series.select_related("company")]


def _gaps(series: NumberSeries, own: Set[int], given: Set[int]) -> Iterator[Gap]:
    """Neighbouring counters with one reason are one gap."""
    reasons = _reasons(series)
    missing = sorted(set(range(1, series.last_number + 1)) - own)
    # Neighbours keep the same distance to their place in the list.
    runs = groupby(
        enumerate(missing), key=lambda each: (each[1] - each[0], _reason(each[1], reasons, given))
    )
    for (_, reason), run in runs:
        counters = [counter for _, counter in run]
        yield Gap(
            first=series.number(counters[0]),
            last=series.number(counters[-1]),
            count=len(counters),
            reason=reason,
            explained=reason != UNEXPLAINED,
        )


def _reason(counter: int, reasons: list[tuple[range, str]], given: Set[int]) -> str:
    for skipped, reason in reasons:
        if counter in skipped:
            return reason
    return IMPORTED if counter in given else UNEXPLAINED


def _reasons(series: NumberSeries) -> list[tuple[range, str]]:
    """What was skipped on purpose, by whom and when."""
    gaps = list(series.gaps.all())
    people = User.objects.in_bulk({gap.made_by_id for gap in gaps if gap.made_by_id is not None})
    return [
        (
            range(gap.first, gap.last + 1),
            (
                f"Skipped: {gap.reason} ({people.get(gap.made_by_id or 0, 'Tieout')}, "
                f"{gap.made_at:%d %B %Y})"
            ),
        )
        for gap in gaps
    ]
