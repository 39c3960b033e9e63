"""Who had which right in a company, from when to when: told by the history of people, by events of who
got which company, and by what two administrators agreed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.utils import timezone

from apps.billing.models import Company, CompanyMember
from apps.staff.models import RightsRequest, SecurityEvent, User
from apps.staff.models.declarations import OnePersonDeclaration
from apps.trail.pack.period import Period
from apps.trail.pack.tables import Row, Table
from apps.trail.pack.words import Words

Kind = SecurityEvent.Kind
# The role is written, then its event, then the decision: all in one transaction.
SAME_ACT: Final = timedelta(minutes=2)
ONE_PAGE: Final = timedelta(seconds=5)  # in which a page is saved: person, roles, companies
BY_COMMAND: Final = "nobody at a screen (a command)"
UNTOLD: Final = "Nothing that is kept says since when."


@dataclass(kw_only=True)
class Right:
    """A role that somebody had in the company. Without `end` they have it still."""

    person: int
    role: str
    last_day: date | None
    begin: datetime
    given_by: int | None
    agreed_by: int | None = None
    end: datetime | None = None
    ended_by: int | None = None
    by_itself: bool = False  # its last day had passed

    def overlaps(self, period: Period) -> bool:
        return self.begin < period.end and (self.end is None or self.end > period.begin)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A person or the companies that they see, from a moment on. None: as before."""

    at: datetime
    by: int | None
    person: Any = None  # a row of their history
    companies: list[int] | None = None  # None of an event: every one, which the history says too


@dataclass
class Standing:
    """What a person may in the company, as it moves."""

    company: int
    member: bool
    every: bool = False
    active: bool = False
    roles: frozenset[str] = frozenset()
    last_day: date | None = None
    held: dict[tuple[str, date | None], Right] = field(default_factory=dict)
    over: list[Right] = field(default_factory=list)

    def move(self, person: int, moved: Moved) -> None:
        row = moved.person
        if row is None:
            self.member = moved.companies is not None and self.company in moved.companies
        elif row.history_type == "-":
            self.active = False
        else:
            self.every, self.active, self.last_day = row.every_company, row.is_active, row.last_day
            self.roles = frozenset(filter(None, row.roles_then.split(", ")))
        sees = self.active and (self.every or self.member)
        now = {(each, self.last_day) for each in self.roles} if sees else set()
        for key in self.held.keys() - now:
            right = self.held.pop(key)
            right.end, right.ended_by = moved.at, moved.by
            self.over.append(right)
        for role, last in sorted(now - self.held.keys(), key=str):
            right = self._went_on(role, last, moved.at) or Right(
                person=person, role=role, last_day=last, begin=moved.at, given_by=moved.by
            )
            self.held[role, last] = right

    def _went_on(self, role: str, last_day: date | None, at: datetime) -> Right | None:
        """One that ended a moment before, while the same page was saved: it never did."""
        for each in self.over:
            assert each.end is not None  # it is over
            if (each.role, each.last_day) == (role, last_day) and at - each.end < ONE_PAGE:
                self.over.remove(each)
                each.end = each.ended_by = None
                return each
        return None

    @property
    def rights(self) -> list[Right]:
        """Without what stood for a moment only, while one page was saved."""
        lasted = [each for each in self.over if each.end and each.end - each.begin >= ONE_PAGE]
        found, now = [*lasted, *self.held.values()], timezone.now()
        for each in found:
            if each.last_day is not None:
                end = datetime.combine(each.last_day + timedelta(days=1), time(), UTC)
                if end <= (each.end or now):
                    each.end, each.ended_by, each.by_itself = end, None, True
        return sorted(found, key=lambda each: (each.begin, each.role))


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The people of a company: their rights in the period, and whose sight of it nothing explains.
    `narrow` are those who never saw another company, as far as anything tells."""

    rights: list[Right]
    untold: list[tuple[int, bool]]
    narrow: frozenset[int]

    @property
    def people(self) -> frozenset[int]:
        return frozenset({each.person for each in self.rights} | {key for key, _ in self.untold})


def staff_of(period: Period) -> Staff:
    company = period.company.pk
    members: dict[int, set[int]] = defaultdict(set)
    for user, seen in CompanyMember.objects.values_list("user_id", "company_id"):
        members[user].add(seen)
    told = _told_companies()
    rights, untold, narrow = [], [], set()
    history = User.history.order_by("id", "history_id").defer("email", "name")
    for key, rows in groupby(history.iterator(), key=attrgetter("id")):
        events = told.get(key, [])
        standing = Standing(company=company, member=_at_first(company, events, members[key]))
        moves = [Moved(at=each.history_date, by=each.history_user_id, person=each) for each in rows]
        moves += [Moved(at=at, by=by, companies=now) for at, by, _, now in events]
        for moved in sorted(moves, key=attrgetter("at")):
            standing.move(key, moved)
        own = [each for each in standing.rights if each.overlaps(period)]
        rights += own
        is_member = company in members[key]
        if standing.member != is_member and not standing.every:
            untold.append((key, is_member))
        elsewhere = any(
            {*(before or [0]), *(now or [0])} - {company} for _, _, before, now in events
        )
        if not standing.every and not elsewhere and members[key] <= {company}:
            narrow.add(key)
    _agreed(rights)
    only = Company.objects.count() == 1
    everybody = frozenset(User.objects.values_list("pk", flat=True)) if only else frozenset(narrow)
    return Staff(rights=rights, untold=untold, narrow=everybody)


Told = tuple[datetime, int | None, list[int] | None, list[int] | None]  # at, by, before, now


def _told_companies() -> dict[int, list[Told]]:
    """By person, each event that says which companies they saw and see."""
    found: dict[int, list[Told]] = defaultdict(list)
    rows = SecurityEvent.objects.filter(kind=Kind.RIGHTS_CHANGED, subject__isnull=False)
    told = rows.order_by("pk").values_list("subject_id", "at", "person_id", "details")
    for subject, at, by, details in told.iterator():
        if "companies_now" in details:
            said = (details.get("companies_before"), details["companies_now"])
            found[subject].append((at, by, *said))
    return found


def _at_first(company: int, events: Sequence[Told], now: set[int]) -> bool:
    """Whether they were a member before anything tells: what the first event says; without one, as it
    is today (a command gives companies as it adds a person)."""
    if not events:
        return company in now
    before = events[0][2]
    return before is not None and company in before


def _agreed(rights: Sequence[Right]) -> None:
    """By whom each was agreed to, where a second administrator was asked."""
    rows = RightsRequest.objects.filter(
        state=RightsRequest.State.APPROVED, person__in={each.person for each in rights}
    )
    by_person: dict[int, list[RightsRequest]] = defaultdict(list)
    for asked in rows.order_by("pk"):
        by_person[asked.person_id].append(asked)
    for right in rights:
        for asked in by_person[right.person]:
            assert asked.decided_at is not None  # it is approved
            if abs(asked.decided_at - right.begin) < SAME_ACT and right.role in asked.roles:
                right.given_by, right.agreed_by = asked.asked_by_id, asked.decided_by_id


def people_and_rights(period: Period, words: Words) -> Iterator[Row]:
    staff = staff_of(period)
    for each in staff.rights:
        yield (words.person(each.person), each.role, each.begin, each.end, each.last_day,
               words.person(each.given_by) or BY_COMMAND, words.person(each.agreed_by),
               _ended(each, words), "")  # fmt: skip
    for key, sees in staff.untold:
        what = "Sees the company now" if sees else "Does not see the company now"
        yield words.person(key), what, None, None, None, "", "", "", UNTOLD
    declared = OnePersonDeclaration.objects.filter(
        person__in=staff.people, made_at__lt=period.end
    ).exclude(ended_at__lt=period.begin)
    for said in declared.order_by("pk"):
        who = words.person(said.person_id)
        yield (who, "Declared to be the only person", said.made_at, said.ended_at, None, who, "",
               "", said.reason)  # fmt: skip


def _ended(right: Right, words: Words) -> str:
    if right.end is None:
        return ""
    return "by itself" if right.by_itself else words.person(right.ended_by) or BY_COMMAND


PEOPLE: Final = Table(
    name="people-and-rights.csv",
    means=(
        "Who had which role in this company within the period, from when to when, who gave it and which "
        "second administrator agreed. A role counts from when its person was active and saw the company; "
        "without an end they have it still. Declarations that one person is the only one stand at the "
        "end. Companies that a command gave as it added a person count from that day."
    ),
    headings=(
        "Person", "What", "From (UTC)", "To (UTC)", "Last day", "Given by", "Agreed by",
        "Ended by", "Reason",
    ),
    rows=people_and_rights,
)  # fmt: skip
