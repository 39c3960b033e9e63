"""Reads whole lists: what changed, what stands, everything afresh."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from apps.connectors.freshbooks.client import CREDIT, PAYMENT, Answer
from apps.connectors.freshbooks.heads import (
    ENTITY,
    KINDS,
    id_of,
    is_deleted,
    is_money,
    pays_by_credit,
    version_of,
)
from apps.connectors.freshbooks.reader import DELETED_ONES, Credits, Reader
from apps.connectors.freshbooks.wire import Raw, moment, named, their_day
from apps.connectors.port import Courier, KnownThere, Page, Purpose, RemoteObject, SurveyPage
from apps.connectors.snapshots import Kind
from apps.core.spilled import Spilled

# A payment may be a credit there: what over-paid an invoice, or was paid before there was one.
LISTED = {each: (entity,) for each, entity in ENTITY.items()} | {Kind.PAYMENT: (CREDIT, PAYMENT)}
# What a filter that is not honoured lists besides is older than this.
EDGE = timedelta(days=3)


def kinds_for(kinds: Iterable[Kind]) -> list[str]:
    wanted = {each for kind in kinds for each in LISTED.get(kind, ())}
    return [each for each in KINDS if each in wanted]


PORTION = 1000  # rows of a list that are put together at a time


class Feed(Reader):
    """Reads lists of one account from their first page to the last."""

    def changes(
        self, since: datetime, now: datetime, known: KnownThere, courier: Courier
    ) -> Iterator[Page]:
        """What changed since a time of theirs and is not held as it is, the deleted by a list of
        their own. They know days alone, Eastern ones: the day before is asked for as well, which
        covers the hour that an autumn night has twice. Ten calls where nothing fills a page.

        The cursor is their time of the first answer: what changes while we read comes again."""
        query = (("search[updated_min]", their_day(since, days_before=1)),)
        answers: list[Answer] = []
        credits: Credits = {}
        for kind in KINDS:
            changed: dict[str, Raw] = {}
            before = len(answers)
            for asked in (query, (*query, *DELETED_ONES)):
                changed |= self.rows(kind, courier, asked, Purpose.READS, answers.append)
            told = [raw for each in answers[before:] for raw in each.rows(kind)]
            nameless = sum(not id_of(kind, raw) for raw in told)
            recent = {one: raw for one, raw in changed.items() if _is_recent(raw, since)}
            versions = {one: version_of(kind, raw) for one, raw in recent.items()}
            news = [recent[one] for one in known.news(kind, versions)] if versions else []
            if kind == CREDIT:
                credits |= recent
            objects = tuple(self._news(kind, news, credits, courier))
            yield Page(objects=objects, nameless=nameless)
        first = next((each.at for each in answers if each.at is not None), now)
        yield Page(objects=(), cursor=max(since, first))

    def _news(
        self, kind: str, news: Sequence[Raw], credits: Credits, courier: Courier
    ) -> list[RemoteObject]:
        found = self.objects(kind, news, credits, courier)
        if kind != PAYMENT:
            return found
        # Money on account that was used: told anew with its uses.
        used = dict.fromkeys(named(raw, "creditid") for raw in news if pays_by_credit(raw))
        money = [raw for one in used if (raw := credits.get(one)) is not None and is_money(raw)]
        fresh = self.raws(CREDIT, [id_of(CREDIT, raw) for raw in money], courier)
        return [*found, *self.objects(CREDIT, list(fresh.values()), {}, courier)]

    # --- What stands ---

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        return {
            kind: frozenset(
                each.remote_id
                for each in self._standing(kind, courier, Purpose.READS)
                if not each.part
            )
            for kind in kinds
        }

    def _standing(self, kind: str, courier: Courier, purpose: Purpose) -> Iterator[RemoteObject]:
        """All of a list, ordered by id. It waits on disk until its last page was read, and what
        hangs together is put together for a portion of it; credits, which hang on one another, are
        one portion."""
        met: Spilled[tuple[str], Raw] = Spilled()
        self.put_rows(met, kind, courier, (), purpose)
        standing = (raw for _, raw in met.by_number() if not is_deleted(raw))
        credits: Credits = {}
        if kind == PAYMENT:
            self.learn((raw for raw in met.values() if not is_deleted(raw)), credits, courier)
        while portion := list(islice(standing, len(met) if kind == CREDIT else PORTION)):
            yield from self.objects(kind, portion, credits, courier)

    def everything(self, kinds: Sequence[Kind], courier: Courier) -> Iterator[RemoteObject]:
        wanted = frozenset(kinds)
        for kind in kinds_for(wanted):
            for each in self._standing(kind, courier, Purpose.PROOF):
                if _is_wanted(each, wanted):
                    yield each

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        """`position` is "kind:page"."""
        listed, wanted = kinds_for(kinds), frozenset(kinds)
        first, _, page = position.partition(":")
        start = listed.index(first) if first in listed else 0
        for place, kind in enumerate(listed[start:], start):
            behind = f"{listed[place + 1]}:1" if place + 1 < len(listed) else ""
            number = int(page) if kind == first and page else 1
            told = False
            for rows, answer, following in self.pages(
                kind, courier, (), Purpose.READS, page=number
            ):
                told = True
                standing = [raw for raw in rows if not is_deleted(raw)]
                objects = self.objects(kind, standing, {}, courier)
                yield SurveyPage(
                    objects=tuple(each for each in objects if _is_wanted(each, wanted)),
                    position=f"{kind}:{following}" if following else behind,
                    read_at=answer.at,
                )
            if not told:  # a plan without items
                yield SurveyPage(objects=(), position=behind)


def _is_wanted(each: RemoteObject, kinds: frozenset[Kind]) -> bool:
    """What uses a credit is asked for with the credits."""
    uses = each.of_kind is Kind.ALLOCATION and Kind.CREDIT_NOTE in kinds
    return each.of_kind is None or each.of_kind in kinds or uses or bool(each.part)


def _is_recent(raw: Raw, since: datetime) -> bool:
    """What tells no time is looked at."""
    at = moment(raw, "updated")
    return at is None or at >= since - EDGE
