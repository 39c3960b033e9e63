"""“Ready to close March?”: what has to be right before a month is closed, each with what it found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.billing.models import Company, CreditNote, Document, Invoice, NumberSeries
from apps.billing.standing.money import in_clearing
from apps.billing.standing.open_records import open_records
from apps.billing.standing.reading import Reading
from apps.billing.sums.series_report import report_on
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.mappings.doubts import doubts
from apps.reconciliation.figures import shown
from apps.reconciliation.held_against import not_held_against
from apps.reconciliation.models import KeptComparison, ReviewItem
from apps.sync.mapped.completeness import lacking_of
from apps.sync.models import State, SyncRecord
from apps.sync.want.wishes import in_scope
from apps.sync.wording import listed

# The day by which a record belongs to a month.
DAYS = {
    Kind.INVOICE: "issue_date",
    Kind.CREDIT_NOTE: "issue_date",
    Kind.PAYMENT: "date",
    Kind.ALLOCATION: "date",
    Kind.ADJUSTMENT: "date",
    Kind.REFUND: "date",
    Kind.DEPOSIT: "date",
}
UNDER_WAY = (State.WAITING, State.ON_ITS_WAY, State.UNKNOWN, State.HANDED_OVER)


class Topic(StrEnum):
    """What is asked, in the order in which it is put right."""

    CONNECTED = "connected"
    MAPPINGS = "mappings"
    HELD = "held"
    SENT = "sent"
    DRAFTS = "drafts"
    NUMBERS = "numbers"
    UNAPPLIED = "unapplied"
    CLEARING = "clearing"
    REVIEW = "review"
    AGREED = "agreed"


class Verdict(StrEnum):
    """`LOOK`: a person says that it was looked at; `BLOCKS`: the month cannot be closed so."""

    FINE = "fine"
    LOOK = "look"
    BLOCKS = "blocks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was asked, of one set of books where it is of books."""

    topic: Topic
    verdict: Verdict
    sentence: str
    connection: Connection | None = None
    comparison: KeptComparison | None = None

    @property
    def key(self) -> str:
        """What a person ticks: the same as long as what it says is."""
        return f"{self.topic}:{self.connection.pk if self.connection else ''}"


def month_after(day: date) -> date:
    """The last day of the month after the one of this day."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return last_of(first)


def last_of(day: date) -> date:
    """The last day of its month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def months_to_close(company: Company) -> list[date]:
    """Last days of the months that are over and open, oldest first: from the one after the closing
    date, else from that of the first document; at most two years."""
    first = company.closing_date
    if first is None:
        days = Invoice.objects.filter(company=company, status=Document.Status.ISSUED)
        oldest = days.order_by("issue_date").values_list("issue_date", flat=True).first()
        month = last_of(oldest) if oldest is not None else last_of(company.today())
    else:
        month = last_of(first) if last_of(first) > first else month_after(first)
    found: list[date] = []
    while month < company.today() and len(found) < 24:
        found.append(month)
        month = month_after(month)
    return found


def checks_of(company: Company, last: date) -> list[Check]:
    """Everything that is asked before the month that ends on this day is closed."""
    books = Connection.objects.filter(company=company).exclude(
        stage__in=[Connection.Stage.DISCONNECTED, Connection.Stage.SETUP]
    )
    month = _Month(company, last, list(books.select_related("company", "grant")))
    asked: tuple[Callable[[], Iterator[Check]], ...] = (
        month.connected,
        month.mappings,
        month.held_and_sent,
        month.drafts,
        month.numbers,
        month.unapplied,
        month.clearing,
        month.review,
        month.agreed,
    )
    return [each for ask in asked for each in ask()]


@dataclass(frozen=True, slots=True)
class _Month:
    company: Company
    last: date
    books: list[Connection]

    def connected(self) -> Iterator[Check]:
        if not self.books:
            said = "No books are live: nothing can be said of another side."
            yield Check(topic=Topic.CONNECTED, verdict=Verdict.LOOK, sentence=said)
        for each in self.books:
            if each.stage == Connection.Stage.PAUSED:
                said = f"{each} is paused: what was changed since stands on neither side whole."
                yield Check(
                    topic=Topic.CONNECTED, verdict=Verdict.BLOCKS, sentence=said, connection=each
                )

    def mappings(self) -> Iterator[Check]:
        for each in self.books:
            count = len(lacking_of(each)) + sum(doubt.asks for doubt in doubts(each))
            yield _counted(
                Topic.MAPPINGS,
                count,
                f"Every mapping of {each} holds.",
                f"{_many(count, 'mapping')} of {each} {_one(count, 'has', 'have')} to be chosen or looked at.",
                connection=each,
            )

    def held_and_sent(self) -> Iterator[Check]:
        for each in self.books:
            records = SyncRecord.objects.filter(self._dated(), connection=each)
            held = records.filter(state=State.NEEDS_PERSON).count()
            yield _counted(
                Topic.HELD,
                held,
                f"Nothing of the month was rejected by {each} or is held.",
                f"{_many(held, 'record')} of up to {self._day()} {_one(held, 'is', 'are')} held, or rejected by "
                f"{each}.",
                connection=each,
            )
            waiting = records.filter(state__in=UNDER_WAY).count() + self._never_begun(each)
            yield _counted(
                Topic.SENT,
                waiting,
                f"Everything issued and received up to {self._day()} is in {each}.",
                f"{_many(waiting, 'record')} of up to {self._day()} {_one(waiting, 'is', 'are')} not in {each} "
                "yet.",
                connection=each,
            )

    def _dated(self) -> Q:
        """Sync records of what is dated in the month, or before and still open."""
        found = Q(pk=None)
        for kind, day in DAYS.items():
            found |= Q(**{"kind": kind, f"{kind.value}__{day}__lte": self.last}) & self._open(
                f"{kind.value}__{day}"
            )
        return found

    def _open(self, field: str) -> Q:
        closed = self.company.closing_date
        return Q() if closed is None else Q(**{f"{field}__gt": closed})

    def _never_begun(self, connection: Connection) -> int:
        """What belongs there and has no sync record; applications travel with what they apply."""
        return sum(
            in_scope(connection, kind)
            .filter(self._open(day), **{f"{day}__lte": self.last})
            .exclude(sync_records__connection=connection)
            .count()
            for kind, day in DAYS.items()
            if kind != Kind.ALLOCATION
        )

    def drafts(self) -> Iterator[Check]:
        count = sum(
            model.objects.filter(
                self._open("issue_date"),
                company=self.company,
                status=Document.Status.DRAFT,
                issue_date__lte=self.last,
            ).count()
            for model in (Invoice, CreditNote)
        )
        yield _counted(
            Topic.DRAFTS,
            count,
            f"No draft is dated up to {self._day()}.",
            f"{_many(count, 'draft')} dated up to {self._day()} {_one(count, 'was', 'were')} never issued: "
            "once the month is closed that takes another date.",
            bad=Verdict.LOOK,
        )

    def numbers(self) -> Iterator[Check]:
        series = NumberSeries.objects.filter(company=self.company)
        broken = [
            f"{each.prefix} ({gap.first} to {gap.last})" if gap.count > 1 else gap.first
            for each in series
            for gap in report_on(each).gaps
            if not gap.explained
        ]
        yield _counted(
            Topic.NUMBERS,
            len(broken),
            "No number is missing without a reason.",
            f"Numbers are missing, and nobody said why: {_listed(broken[:5])}"
            f"{f' and {len(broken) - 5} more' if len(broken) > 5 else ''}.",
        )

    def unapplied(self) -> Iterator[Check]:
        found = open_records(Reading(self.company, self.last), ["payment"])
        yield self._money(
            Topic.UNAPPLIED,
            ((each.currency, -each.open) for each in found),
            f"All money received up to {self._day()} was applied by then.",
            f"received up to {self._day()} were applied to nothing by then",
        )

    def clearing(self) -> Iterator[Check]:
        found = in_clearing(Reading(self.company, self.last))
        yield self._money(
            Topic.CLEARING,
            ((each.currency, each.amount) for each in found),
            f"All money received up to {self._day()} was banked by then.",
            f"received up to {self._day()} lay in clearing accounts at its end",
        )

    def _money(
        self, topic: Topic, rows: Iterable[tuple[str, Decimal]], fine: str, bad: str
    ) -> Check:
        """As of the end of the month, whatever was done since. What came in and went out may come to
        nil, and is named all the same."""
        sums: dict[str, Decimal] = {}
        for currency, amount in rows:
            sums[currency] = sums.get(currency, ZERO) + amount
        told = [shown(amount, currency) for currency, amount in sorted(sums.items())]
        return _counted(topic, len(told), fine, f"{_listed(told)} {bad}.", bad=Verdict.LOOK)

    def review(self) -> Iterator[Check]:
        rows = ReviewItem.objects.filter(company=self.company, ended_at=None)
        count, free = rows.count(), rows.filter(owner=None).count()
        yield _counted(
            Topic.REVIEW,
            count,
            "Nothing is open in the weekly review.",
            f"{_many(count, 'row')} of the weekly review {_one(count, 'is', 'are')} open, {free:,} without "
            "an owner.",
            bad=Verdict.LOOK,
        )

    def agreed(self) -> Iterator[Check]:
        """By a comparison that was made since the month ended."""
        zone = ZoneInfo(self.company.time_zone)
        over = datetime.combine(self.last + timedelta(days=1), time.min, zone)
        for each in self.books:
            if not each.capabilities.reads_back:
                said = not_held_against(each.capabilities)
                yield Check(
                    topic=Topic.AGREED, verdict=Verdict.LOOK, sentence=said, connection=each
                )
                continue
            rows = KeptComparison.objects.filter(
                connection=each, state=KeptComparison.State.DONE, begun_at__gte=over
            )
            covers = Q(of_now=True, on__gte=self.last) | Q(of_now=False, on=self.last)
            found = rows.filter(covers).defer("found").order_by("-ended_at").first()
            if found is None:
                said = f"{each} was not compared since {self._day()}."
                verdict = Verdict.BLOCKS
            elif found.agrees:
                said = f"{found.sentence} ({each}, totals as of {found.on:%-d %b %Y})"
                verdict = Verdict.FINE
            else:
                said, verdict = f"{each} differs: {found.sentence}", Verdict.BLOCKS
            yield Check(
                topic=Topic.AGREED,
                verdict=verdict,
                sentence=said,
                connection=each,
                comparison=found,
            )

    def _day(self) -> str:
        return f"{self.last:%-d %b %Y}"


def _counted(
    topic: Topic,
    count: int,
    fine: str,
    found: str,
    *,
    bad: Verdict = Verdict.BLOCKS,
    connection: Connection | None = None,
) -> Check:
    return Check(
        topic=topic,
        verdict=bad if count else Verdict.FINE,
        sentence=found if count else fine,
        connection=connection,
    )


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _one(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _listed(parts: list[str]) -> str:
    return listed(parts) if parts else ""
