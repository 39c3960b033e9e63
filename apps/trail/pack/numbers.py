"""Number series: what was given, what is missing and why, what is void, what was deleted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django.db.models import QuerySet, Value
from django.db.models.functions import LPad, Substr

from apps.billing.models import CreditNote, Invoice, NumberGap, NumberSeries
from apps.core.numbers import whole
from apps.trail.pack.period import Period
from apps.trail.pack.tables import PORTION, Row, Table
from apps.trail.pack.words import Words

DOCUMENTS: Final[dict[str, Any]] = {
    NumberSeries.Documents.INVOICE: Invoice,
    NumberSeries.Documents.CREDIT_NOTE: CreditNote,
}
LONGEST: Final = 40  # characters of a number
UNEXPLAINED: Final = "Nothing in Tieout explains it. Ask for it."
TWICE: Final = "Ask which of these documents is meant."
Told = tuple[int, str, str]  # counter, number, status


def number_series(period: Period, words: Words) -> Iterator[Row]:
    """Each series of a year of the period, from its first number to its last one."""
    years = range(period.first_day.year, period.last_day.year + 1)
    for series in period.company.series.filter(year__in=years).order_by("kind", "year", "pk"):
        documents = DOCUMENTS[series.kind]._base_manager.filter(company=period.company)
        yield from _one(series, documents, words)
    for kind, model in DOCUMENTS.items():
        yield from _deleted(period, kind, model, words)


def _one(series: NumberSeries, documents: "QuerySet[Any]", words: Words) -> Iterator[Row]:
    name, number_of = str(series), series.number
    gaps = list(NumberGap.objects.filter(series=series).order_by("first", "pk"))
    found = Found(gaps, series.last_number)
    found.read(_told(series, documents))
    if found.count:
        yield name, "Used", number_of(found.first), number_of(found.last), found.count, *_NOBODY
    else:
        yield name, "None used", "", "", 0, *_NOBODY
    for gap in gaps:
        yield (name, "Gap: skipped by hand", number_of(gap.first), number_of(gap.last),
               gap.last - gap.first + 1, None, gap.reason, words.person(gap.made_by_id),
               gap.made_at)  # fmt: skip
    for first, last in found.missing:
        yield (name, "Gap: missing", number_of(first), number_of(last), last - first + 1, None,
               UNEXPLAINED, "", None)  # fmt: skip
    for numbers in found.twice:
        yield (name, "Used more than once", numbers[0], numbers[-1], len(numbers), None,
               f"{TWICE} {', '.join(numbers)}", "", None)  # fmt: skip
    for number in found.skipped_and_used:
        yield (name, "Used though skipped", number, number, 1, None,
               "It was skipped by hand, and a document bears it all the same.", "", None)  # fmt: skip
    for number in found.drafts:
        yield (name, "Borne by a draft", number, number, 1, None,
               "It came with its number and is not issued yet.", "", None)  # fmt: skip
    yield from _void(series, documents, words)


_NOBODY: Final = (None, "", "", None)


@dataclass
class Found:
    """What a series' numbers say, read in their order. Held are ranges and exceptions alone.

    Numbers beyond `last` came with their document in the pattern of the series: what lies between
    them is no gap.
    """

    gaps: Sequence[NumberGap]
    last_given: int
    count: int = 0
    first: int = 0
    last: int = 0
    missing: list[tuple[int, int]] = field(default_factory=list)
    twice: list[list[str]] = field(default_factory=list)
    skipped_and_used: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)

    def read(self, told: Iterator[Told]) -> None:
        before, numbers = 0, [""]
        for counter, number, status in told:
            self.count += 1
            self.first = self.first or counter
            if status == "draft":
                self.drafts.append(number)
            if counter == before:
                numbers.append(number)
                continue
            self._tell_twice(numbers)
            self._tell_missing(before + 1, min(counter - 1, self.last_given))
            if any(each.first <= counter <= each.last for each in self.gaps):
                self.skipped_and_used.append(number)
            before, numbers = counter, [number]
        self.last = before
        self._tell_twice(numbers)
        self._tell_missing(before + 1, self.last_given)

    def _tell_twice(self, numbers: list[str]) -> None:
        if len(numbers) > 1:
            self.twice.append(numbers)

    def _tell_missing(self, first: int, last: int) -> None:
        """Of a range without a document, what was not skipped by hand."""
        if first > last:
            return
        for gap in self.gaps:
            if gap.last < first or gap.first > last:
                continue
            if first < gap.first:
                self.missing.append((first, gap.first - 1))
            first = max(first, gap.last + 1)
        if first <= last:
            self.missing.append((first, last))


def _told(series: NumberSeries, documents: "QuerySet[Any]") -> Iterator[Told]:
    """In the order of their counters. What has no counter behind the prefix (a number that came with
    its document) is none of the series."""
    digits = Substr("number", len(series.prefix) + 1)
    rows = documents.filter(number__startswith=series.prefix).annotate(digits=digits)
    rows = rows.order_by(LPad("digits", LONGEST, Value("0")), "pk")
    told = rows.values_list("digits", "number", "status")
    for text, number, status in told.iterator(chunk_size=PORTION):
        counter = whole(text)
        if counter:
            yield counter, number, status


def _void(series: NumberSeries, documents: "QuerySet[Any]", words: Words) -> Iterator[Row]:
    rows = documents.filter(number__startswith=series.prefix, status="void").order_by("number")
    told = rows.values_list("pk", "number", "voided_on", "void_reason").iterator(PORTION)
    history = DOCUMENTS[series.kind].history
    while portion := list(islice(told, PORTION)):
        keys = [each[0] for each in portion]
        voided = history.filter(id__in=keys, status="void").order_by("-history_id")
        who = {
            key: (person, at)
            for key, person, at in voided.values_list("id", "history_user", "history_date")
        }  # the first row of each that says so stands last
        for key, number, day, reason in portion:
            person, at = who.get(key, (None, None))
            yield str(series), "Void", number, number, 1, day, reason, words.person(person), at


def _deleted(period: Period, kind: str, model: Any, words: Words) -> Iterator[Row]:
    """Drafts that were deleted in the period: they bore no number of the series."""
    rows = model.history.filter(company=period.company, history_type="-")
    rows = rows.filter(history_date__gte=period.begin, history_date__lt=period.end)
    label = str(NumberSeries.Documents(kind).label)
    told = rows.order_by("history_id").values_list(
        "id", "number", "status", "issue_date", "history_change_reason", "history_user",
        "history_date",
    )  # fmt: skip
    for key, number, status, day, reason, user, at in told.iterator(chunk_size=PORTION):
        what = "Deleted draft" if status == "draft" else "Deleted after issue"
        named = number or f"draft {key}, without a number"
        yield label, what, named, named, 1, day, reason or "", words.person(user), at


NUMBER_SERIES: Final = Table(
    name="number-series.csv",
    means=(
        "Each number series of a year that the period touches, whole: the first and the last number "
        "that is used and how many are, every gap (skipped by hand with its reason, or missing), "
        "every number that is used more than once, every void document. Then each draft that was "
        "deleted in the period: it bore no number of a series."
    ),
    headings=(
        "Series", "What", "First number", "Last number", "How many", "Day", "Reason", "By",
        "When (UTC)",
    ),
    rows=number_series,
)  # fmt: skip
