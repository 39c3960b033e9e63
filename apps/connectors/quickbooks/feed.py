"""Reads: the change feed, everything of a kind, objects by id, by name and by number."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from apps.connectors.errors import ConnectorError, RecordRefused, TryLater
from apps.connectors.port import (
    Courier,
    KnownThere,
    Page,
    Purpose,
    RemoteObject,
    Request,
)
from apps.connectors.quickbooks.client import (
    BATCH,
    PAGE,
    Answer,
    Books,
    answers_to,
    count,
    one_of,
    quoted,
    read_answer,
    rows,
    select,
    total,
)
from apps.connectors.quickbooks.client import versions as versions_of
from apps.connectors.quickbooks.halving import in_halves, lies_in_the_question
from apps.connectors.quickbooks.objects import (
    CREDIT_MEMO,
    CUSTOMER,
    DEPOSIT,
    INVOICE,
    ITEM,
    JOURNAL,
    LISTS,
    PAYMENT,
    PURCHASE,
    gone,
    objects_of,
)
from apps.connectors.quickbooks.readable import id_of
from apps.connectors.quickbooks.taxes import NONE
from apps.connectors.quickbooks.wire import DELETED_SUFFIX, members, moment, text

# What is ours, and what of theirs can stand on the receivable beside it: read, counted, shown.
WATCHED = (
    CUSTOMER,
    ITEM,
    INVOICE,
    CREDIT_MEMO,
    PAYMENT,
    JOURNAL,
    PURCHASE,
    DEPOSIT,
    "SalesReceipt",
    "RefundReceipt",
)
REACH = timedelta(days=29)  # the feed looks back 30 days; a day is left for the clocks
BY_ID = 200  # ids or names of one query
OVERLAP = 10  # rows that a page of versions shares with the one before
LISTED_A_CALL = 15  # pages of versions
UNDATED = "QuickBooks did not say which time its changes are of."

Value = TypeVar("Value")

ANY_STATE = "Active IN (true, false)"  # name lists leave the inactive out otherwise
STATELESS = frozenset({"TaxAgency"})  # lists whose rows cannot be made inactive


def _any_state(entity: str) -> tuple[str, ...]:
    return () if entity in STATELESS else (ANY_STATE,)


class Reader:
    """Reads one company's books through a courier."""

    full = 1000  # objects of one answer of the feed: there may be more, and it has no pages

    def __init__(self, books: Books, home: str, regime: str = NONE) -> None:
        self.books = books
        self.home = home
        self.regime = regime  # of tax

    # --- Answers ---

    def ask(self, requests: Sequence[Request], courier: Courier) -> list[Answer]:
        """The answers in the order of the requests, whatever order they came in."""
        found: dict[int, Answer] = {}
        for request, reply in courier.carry(requests):
            place = next(
                index
                for index, each in enumerate(requests)
                if each is request or (each == request and index not in found)
            )
            found[place] = read_answer(request, reply)
        return [found[place] for place in range(len(requests))]

    def objects(self, entity: str, found: Iterable[Mapping[str, Any]]) -> list[RemoteObject]:
        """What rows hold. One without an id has nothing that could be kept or asked for again."""
        return [
            each
            for source in found
            if id_of(source)
            for each in objects_of(entity, source, self.home)
        ]

    def ask_together(
        self, statements: Sequence[str], purpose: Purpose, courier: Courier, most: int = BATCH
    ) -> list[Answer]:
        """The answers to statements, many a call; one alone goes as a plain query."""
        asked = in_parts(statements, most)
        requests = [
            self.books.queries(some, purpose)
            if len(some) > 1
            else self.books.query(some[0], purpose)
            for some in asked
        ]
        found = self.ask(requests, courier)
        return [
            each
            for some, answer in zip(asked, found, strict=True)
            for each in (answers_to(answer, len(some)) if len(some) > 1 else [answer])
        ]

    def counted(
        self, entities: Sequence[str], courier: Courier, *conditions: Sequence[str]
    ) -> tuple[list[dict[str, int]], datetime | None]:
        """How many of each entity meet each of the conditions, in one call, and its time."""
        statements = [
            count(entity, [*condition, *of_any_state(entity)])
            for condition in conditions
            for entity in entities
        ]
        (answer,) = self.ask([self.books.queries(statements, Purpose.READS)], courier)
        numbers = iter([total(each) for each in answers_to(answer, len(statements))])
        found = [{entity: next(numbers) for entity in entities} for _ in conditions]
        return found, time_of(answer)

    # --- By a query, ordered by id ---

    def pages(
        self, entity: str, conditions: Sequence[str], purpose: Purpose, courier: Courier
    ) -> Iterator[tuple[list[Mapping[str, Any]], datetime | None]]:
        """Every row, page by page with their time, by Id instead of by place: by place, a row that
        changes while we read moves others over the edge of a page. Ends when a count agrees.

        Raises TryLater when it does not: the rows changed meanwhile, or were left out.
        """
        wanted = [*conditions, *of_any_state(entity)]
        seen, last = 0, ""
        after: list[str] = []
        while True:
            statement = select(entity, [*wanted, *after])
            (answer,) = self.ask([self.books.query(statement, purpose)], courier)
            found = rows(answer, entity)
            yield found, time_of(answer)
            seen += len(found)
            if len(found) < PAGE:
                break
            last = next_behind(entity, found, last)
            after = [f"Id > {quoted(last)}"]
        (answer,) = self.ask([self.books.query(count(entity, wanted), purpose)], courier)
        must_agree(entity, seen, total(answer))

    def everything(
        self, entities: Iterable[str], purpose: Purpose, courier: Courier
    ) -> Iterator[RemoteObject]:
        """All objects, a call for each page, the first and the last with the count of all: the last
        tells whether they agree. Raises TryLater where they do not, or something was not answered.

        Two questions are a batch, of which a minute allows twelve times less than of plain ones: a
        page that cannot be the last is asked for alone."""
        for entity in entities:
            wanted, seen, after, there = of_any_state(entity), 0, "", 0
            how_many = count(entity, wanted)
            while True:
                following = [f"Id > {quoted(after)}"] if after else []
                asked = [select(entity, [*wanted, *following])]
                is_last = there - seen < PAGE
                page, *counted = self.ask_together(
                    [*asked, how_many] if is_last else asked, purpose, courier
                )
                found = rows(page, entity)
                yield from self.objects(entity, found)
                seen += len(found)
                if len(found) < PAGE:
                    break
                there = total(counted[0]) if counted else there
                after = next_behind(entity, found, after)
            if not counted:  # it came sooner than they had counted
                counted = self.ask_together([how_many], purpose, courier)
            must_agree(entity, seen, total(counted[0]))

    def listed(self, entities: Sequence[str], courier: Courier) -> dict[str, list[Any]]:
        """Whole short lists, all at once; one that fills a page is read page by page."""
        requests = [
            self.books.query(select(entity, _any_state(entity)), Purpose.READS)
            for entity in entities
        ]
        answers = self.ask(requests, courier)
        found = {
            entity: rows(answer, entity) for entity, answer in zip(entities, answers, strict=True)
        }
        for entity, listed in found.items():
            if len(listed) >= PAGE:
                pages = self.pages(entity, _any_state(entity), Purpose.READS, courier)
                found[entity] = [row for page, _ in pages for row in page]
        return found

    # --- The feed ---

    def changes(
        self, since: datetime, now: datetime, known: KnownThere, courier: Courier
    ) -> Iterator[Page]:
        """What changed since a time of theirs; the cursor is the time that their answer bears.

        One call tells it all. Where its answer comes full, or would by what we wrote ourselves, or
        the feed does not reach back, the versions of what changed are listed, and what is not known
        so is read: our own writes, of which a busy spell is full, cost a line each. A deletion is
        confirmed by a look at the object: the feed has been seen to call a changed one deleted.
        """
        if now - since >= REACH or known.written(since) >= self.full:
            yield from self._by_versions(since, None, known, courier)
            return
        (answer,) = self.ask([self._feed(WATCHED, since)], courier)
        cursor = time_of(answer)
        if cursor is None:
            raise TryLater(UNDATED)
        found = _feed_rows(answer)
        if sum(map(len, found.values())) >= self.full:
            yield from self._by_versions(since, cursor, known, courier)
            return
        nameless = sum(not id_of(row) for listed in found.values() for row in listed)
        yield Page(objects=self._of_feed(found, courier), cursor=cursor, nameless=nameless)

    def _feed(self, entities: Sequence[str], since: datetime) -> Request:
        parameters = (("entities", ",".join(entities)), ("changedSince", _their_time(since)))
        return self.books.get("cdc", Purpose.READS, parameters)

    def _of_feed(
        self, found: Mapping[str, list[Mapping[str, Any]]], courier: Courier
    ) -> tuple[RemoteObject, ...]:
        objects: list[RemoteObject] = []
        deleted: list[tuple[str, str]] = []
        for entity, listed in found.items():
            gone_now = [row for row in listed if row.get("status") == "Deleted"]
            deleted += [(entity, one) for row in gone_now if (one := id_of(row))]
            objects += self.objects(entity, [row for row in listed if row not in gone_now])
        return (*objects, *self.read(deleted, courier))

    def _by_versions(
        self, since: datetime, cursor: datetime | None, known: KnownThere, courier: Courier
    ) -> Iterator[Page]:
        """What changed and is not known, at most a thousand objects a page; then the totals, since
        a query knows no deletions. They stand in the first answer, whose time is the cursor where
        the feed was not asked: what changed since comes again next time."""
        condition = f"MetaData.LastUpdatedTime >= {quoted(_their_time(since))}"
        (changed, totals), answered_at = self.counted(WATCHED, courier, [condition], [])
        cursor = cursor or answered_at
        if cursor is None:
            raise TryLater(UNDATED)
        listed = self._versions(changed, (condition,), courier)
        news = [
            (entity, each)
            for entity, versions in listed.items()
            for each in known.news(entity, versions)
        ]
        for some in in_parts(news, PAGE):
            yield Page(objects=tuple(self.read(some, courier)))
        yield Page(objects=(), cursor=cursor, totals=totals)

    def ids(self, entities: Sequence[str], courier: Courier) -> dict[str, frozenset[str]]:
        (there,), _ = self.counted(entities, courier, [])
        listed = self._versions(there, (), courier)
        return {entity: frozenset(versions) for entity, versions in listed.items()}

    def _versions(
        self, there: Mapping[str, int], conditions: Sequence[str], courier: Courier
    ) -> dict[str, dict[str, str]]:
        """Entity → id → version of all that meets the conditions: `there` counts them.

        Pages by place, so that many are asked for in one call. Each begins with the last rows of
        the one before: where it does not, rows were deleted meanwhile and others may be left out.
        Raises TryLater then, and where a count does not agree.
        """
        asked = [
            (entity, start)
            for entity, number in there.items()
            for start in range(1, number + 1, PAGE - OVERLAP)
        ]
        statements = [
            versions_of(entity, [*conditions, *of_any_state(entity)], start, PAGE)
            for entity, start in asked
        ]
        answers = self.ask_together(statements, Purpose.READS, courier, LISTED_A_CALL)
        found: dict[str, dict[str, str]] = {entity: {} for entity in there}
        for (entity, start), answer in zip(asked, answers, strict=True):
            page = {
                one: text(row, "SyncToken") for row in rows(answer, entity) if (one := id_of(row))
            }
            if start > 1 and page and not page.keys() & found[entity].keys():
                raise TryLater(f"{entity} were deleted in QuickBooks while Tieout was reading.")
            found[entity] |= page
        for entity, number in there.items():
            if len(found[entity]) < number:
                must_agree(entity, len(found[entity]), number)
        return found

    # --- By id, by name ---

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        """Objects by (their kind, id); what no query finds is gone.

        One that spoils every query it is asked for in is left out: neither there nor gone.
        """
        by_kind: dict[str, list[str]] = {}
        for entity, remote_id in dict.fromkeys(wanted):
            by_kind.setdefault(entity, []).append(remote_id)
        asked = [(entity, some) for entity, ids in by_kind.items() for some in in_parts(ids, BY_ID)]
        try:
            found = list(self._by_id(asked, courier))
        except (RecordRefused, TryLater) as trouble:
            if not lies_in_the_question(trouble):
                raise
            found = [
                each
                for entity, some in asked
                for part in in_halves(
                    partial(self._of_one_kind, entity, courier),
                    some,
                    alone=_left_out,
                    still_answers=partial(self.still_answers, courier),
                )
                for each in part
            ]
        yield from found

    def _by_id(
        self, asked: Sequence[tuple[str, Sequence[str]]], courier: Courier
    ) -> Iterator[RemoteObject]:
        statements = [
            select(entity, [f"Id IN {one_of(some)}", *of_any_state(entity)])
            for entity, some in asked
        ]
        answers = self.ask_together(statements, Purpose.READS, courier, PAGE // BY_ID)
        for (entity, some), answer in zip(asked, answers, strict=True):
            found = rows(answer, entity)
            yield from self.objects(entity, found)
            there = {id_of(row) for row in found}
            yield from (gone(entity, each) for each in some if each not in there)

    def _of_one_kind(self, entity: str, courier: Courier, ids: Sequence[str]) -> list[RemoteObject]:
        return list(self._by_id([(entity, ids)], courier))

    def still_answers(self, courier: Courier) -> None:
        """Ask something that nothing of anybody's can spoil; raises what an outage raises."""
        self.ask([self.books.query(count(CUSTOMER), Purpose.READS)], courier)

    def where(
        self, entity: str, field: str, values: Sequence[str], courier: Courier
    ) -> list[RemoteObject]:
        """Objects whose field is one of some values, the inactive included."""
        requests = [
            self.books.query(
                select(entity, [f"{field} IN {one_of(some)}", *of_any_state(entity)]), Purpose.READS
            )
            for some in in_parts(list(dict.fromkeys(values)), BY_ID)
        ]
        return [
            each
            for answer in self.ask(requests, courier)
            for each in self.objects(entity, rows(answer, entity))
        ]

    def named(
        self, entity: str, field: str, names: Sequence[str], courier: Courier
    ) -> list[RemoteObject]:
        """Objects by name; an inactive one bears a suffix there."""
        spelled = [spelling for name in names for spelling in (name, name + DELETED_SUFFIX)]
        return self.where(entity, field, spelled, courier)


def next_behind(entity: str, page: Sequence[Mapping[str, Any]], after: str) -> str:
    """The id that the page after this one begins behind."""
    last = next((one for row in reversed(page) if (one := id_of(row))), "")
    if last in ("", after):
        raise TryLater(f"QuickBooks gave the same page of {entity} twice.")
    return last


def _left_out(_remote_id: str, _trouble: ConnectorError) -> list[RemoteObject]:
    return []


def of_any_state(entity: str) -> list[str]:
    return [ANY_STATE] if entity in LISTS else []


def must_agree(entity: str, listed: int, counted: int) -> None:
    if listed != counted:
        raise TryLater(
            f"QuickBooks counts {counted} of {entity} and listed {listed}: "
            "they changed while Tieout was reading."
        )


def time_of(answer: Answer) -> datetime | None:
    try:
        return moment(answer.content.get("time"))
    except (ValueError, OverflowError):
        return None


def _feed_rows(answer: Answer) -> dict[str, list[Mapping[str, Any]]]:
    if not isinstance(answer.content.get("CDCResponse"), list):
        raise TryLater("QuickBooks' changes could not be read.", trace_id=answer.trace_id)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for response in members(answer.content, "CDCResponse"):
        for part in members(response, "QueryResponse"):
            for entity in WATCHED:
                found.setdefault(entity, []).extend(members(part, entity))
    return found


def _their_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def in_parts(values: Sequence[Value], size: int) -> list[list[Value]]:
    """Values in lists of at most `size`."""
    waiting = iter(values)
    parts: list[list[Value]] = []
    while part := list(itertools.islice(waiting, size)):
        parts.append(part)
    return parts
