"""Security events that concern a company. An event names none: its details and its people tell."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.apps import apps
from django.db import models

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.core.numbers import whole
from apps.staff.models import SecurityEvent, User
from apps.trail.pack.period import Period
from apps.trail.pack.rights import Staff, staff_of
from apps.trail.pack.tables import PORTION, Row, Table
from apps.trail.pack.words import Words
from apps.trail.sources import path_to_company
from apps.triggers.models import ApiKey

Kind = SecurityEvent.Kind
Page = tuple[type[models.Model], int]
NOTHING: Final = "(?!)"  # a pattern that nothing fits
MASKED: Final = (
    "Its words name another company, too: who sees both reads them under “Security events”."
)


def security_events(period: Period, words: Words) -> Iterator[Row]:
    rows = SecurityEvent.objects.filter(at__gte=period.begin, at__lt=period.end).order_by("pk")
    told = rows.iterator(chunk_size=PORTION)
    concern = Concern.of(period)
    while portion := list(islice(told, PORTION)):
        pages = concern.pages_of(portion)
        for each in portion:
            if concern.holds(each, pages):
                yield (each.at, each.get_kind_display(), concern.said(each),
                       words.person(each.person_id), words.person(each.subject_id),
                       each.address or "")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Concern:
    """What tells whether an event is of the company."""

    company: int
    connections: frozenset[int]
    keys: frozenset[int]  # of the API, which open this company and no other
    staff: Staff
    others: re.Pattern[str]  # what other companies are called

    @classmethod
    def of(cls, period: Period) -> "Concern":
        key = period.company.pk
        opens: dict[int, set[int]] = defaultdict(set)
        through = ApiKey.companies.through.objects.values_list("apikey_id", "company_id")
        for api_key, company in through:
            opens[api_key].add(company)
        names = Company.objects.exclude(pk=key).values_list("legal_name", flat=True)
        owned = Connection.objects.filter(company=key).values_list("pk", flat=True)
        return cls(
            company=key,
            connections=frozenset(owned),
            keys=frozenset(each for each, companies in opens.items() if companies == {key}),
            staff=staff_of(period),
            others=re.compile(
                rf"(?<!\w)({'|'.join(map(re.escape, names)) or NOTHING})(?!\w)", re.IGNORECASE
            ),
        )

    def holds(self, event: SecurityEvent, pages: dict[Page, int | None]) -> bool:
        """Where details name a record, its company decides; else whose event it is. A page of no record
        (a list, a report) counts where its person sees this company alone."""
        details = event.details
        if "connection" in details:
            return details["connection"] in self.connections
        if "key" in details:
            return details["key"] in self.keys
        if "company" in details:
            return bool(details["company"] == self.company)
        if "page" in details:
            page = page_of(details)
            if page is not None and page[0] is User:
                return page[1] in self.staff.people
            found = pages.get(page) if page is not None else None
            return event.person_id in self.staff.narrow if found is None else found == self.company
        if event.kind == Kind.LIMIT_CHANGED:
            # approvals-and-limits.csv tells all those of this company.
            return event.person_id in self.staff.narrow
        who = event.subject_id or event.person_id
        return who in self.staff.people

    def pages_of(self, events: Sequence[SecurityEvent]) -> dict[Page, int | None]:
        """The company of each record that these name, in a statement for each model."""
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for each in events:
            if (page := page_of(each.details)) is not None:
                wanted[page[0]].add(page[1])
        found: dict[Page, int | None] = {}
        for model, keys in wanted.items():
            path = path_to_company(model)
            if path:
                rows: models.QuerySet[Any] = models.QuerySet(model).filter(pk__in=keys)
                found |= {(model, key): company for key, company in rows.values_list("pk", path)}
        return found

    def said(self, event: SecurityEvent) -> str:
        return MASKED if self.others.search(event.words) else event.words


def page_of(details: dict[str, Any]) -> Page | None:
    """The record of which the page is that an event names; None of a list, or of what is no record."""
    _, _, name = str(details.get("page", "")).partition("admin:")
    label, _, rest = name.partition("_")
    model_name, _, what = rest.partition("_")
    key = whole((details.get("keys") or [None])[0])
    if not what or key is None:
        return None
    try:
        return apps.get_model(label, model_name), key
    except LookupError:
        return None


EVENTS: Final = Table(
    name="security-events.csv",
    means=(
        "What happened to access in the period and concerns this company: sign-ins, second factors and "
        "rights of its people, what was downloaded of it and refused, its ledgers, keys of the API that "
        "open it alone, commands about its people. An event names no company; one of a list or a report is "
        "here only where its person sees no other company. All events are read under “Security events”."
    ),
    headings=("When (UTC)", "Event", "What happened", "Who", "To whom", "From address"),
    rows=security_events,
)
