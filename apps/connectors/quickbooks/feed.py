"""Reads: the change feed, everything of a kind, objects by id, by name and by number."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from apps.connectors.errors import ConnectorError, RecordRefused, TryLater
from apps.connectors.port import Courier, Page, Purpose, RemoteObject, Request
from apps.connectors.quickbooks.client import (
    PAGE,
    Answer,
    Books,
    count,
    one_of,
    quoted,
    read_answer,
    rows,
    select,
    total,
)
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
from apps.connectors.quickbooks.taxes import NONE
from apps.connectors.quickbooks.wire import DELETED_SUFFIX, moment, text

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
FULL = 1000  # objects of one answer of the feed: there may be more, and it has no pages
BY_ID = 200  # ids or names of one query

Value = TypeVar("Value")

ANY_STATE = "Active IN (true, false)"  # name lists leave the inactive out otherwise
STATELESS = frozenset({"TaxAgency"})  # lists whose rows cannot be made inactive


def _any_state(entity: str) -> tuple[str, ...]:
    return () if entity in STATELESS else (ANY_STATE,)


class Reader:
    """Reads one company's books through a courier."""

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
        return [each for source in found for each in objects_of(entity, source, self.home)]

    # --- By a query, ordered by id ---

    def pages(
        self, entity: str, conditions: Sequence[str], purpose: Purpose, courier: Courier
    ) -> Iterator[tuple[list[Mapping[str, Any]], datetime | None]]:
        """Every row, page by page with their time, by Id instead of by place: by place, a row that
        changes while we read moves others over the edge of a page. Ends when a count agrees.

        Raises TryLater when it does not: the rows changed meanwhile, or were left out.
        """
        wanted = [*conditions, *([ANY_STATE] if entity in LISTS else [])]
        seen = 0
        after: list[str] = []
        while True:
            statement = select(entity, [*wanted, *after])
            (answer,) = self.ask([self.books.query(statement, purpose)], courier)
            found = rows(answer, entity)
            yield found, moment(answer.content.get("time"))
            seen += len(found)
            if len(found) < PAGE:
                break
            following = [f"Id > {quoted(text(found[-1], 'Id'))}"]
            if following == after:
                raise TryLater(f"QuickBooks gave the same page of {entity} twice.")
            after = following
        (answer,) = self.ask([self.books.query(count(entity, wanted), purpose)], courier)
        if total(answer) != seen:
            raise TryLater(
                f"QuickBooks counts {total(answer)} of {entity} and listed {seen}: "
                "they changed while Tieout was reading."
            )

    def everything(
        self, entities: Iterable[str], purpose: Purpose, courier: Courier
    ) -> Iterator[RemoteObject]:
        for entity in entities:
            for found, _ in self.pages(entity, (), purpose, courier):
                yield from self.objects(entity, found)

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

    def changes(self, since: datetime, now: datetime, courier: Courier) -> Iterator[Page]:
        """What changed since a time of theirs; the cursor is the time that their answer bears.

        One call tells it all. When its answer comes full, each entity is asked for apart, and one
        that is full again is queried by its time of change, as all are where the feed does not
        reach back. A query knows no deletions, which the last page then says. A deletion is
        confirmed by a look at the object: the feed has been seen to call a changed one deleted.
        """
        if now - since >= REACH:
            yield from self._by_time_of_change(WATCHED, since, None, courier)
            return
        (answer,) = self.ask([self._feed(WATCHED, since)], courier)
        cursor = moment(answer.content.get("time"))
        if cursor is None:
            raise TryLater("QuickBooks did not say which time its changes are of.")
        found = _feed_rows(answer)
        if sum(map(len, found.values())) >= FULL:
            apart = self.ask([self._feed([entity], since) for entity in WATCHED], courier)
            found = {}
            for entity, each in zip(WATCHED, apart, strict=True):
                found[entity] = _feed_rows(each).get(entity, [])
        full = [entity for entity, listed in found.items() if len(listed) >= FULL]
        objects = self._of_feed(found, full, courier)
        if full:
            yield Page(objects=objects)
            yield from self._by_time_of_change(full, since, cursor, courier)
        else:
            yield Page(objects=objects, cursor=cursor)

    def _feed(self, entities: Sequence[str], since: datetime) -> Request:
        parameters = (("entities", ",".join(entities)), ("changedSince", _their_time(since)))
        return self.books.get("cdc", Purpose.READS, parameters)

    def _of_feed(
        self, found: Mapping[str, list[Mapping[str, Any]]], full: Sequence[str], courier: Courier
    ) -> tuple[RemoteObject, ...]:
        """Objects of the feed; of an entity that came full only what was deleted."""
        objects: list[RemoteObject] = []
        deleted: list[tuple[str, str]] = []
        for entity, listed in found.items():
            alive = [row for row in listed if row.get("status") != "Deleted"]
            deleted += [
                (entity, text(row, "Id")) for row in listed if row.get("status") == "Deleted"
            ]
            objects += [] if entity in full else self.objects(entity, alive)
        return (*objects, *self.read(deleted, courier))

    def _by_time_of_change(
        self, entities: Sequence[str], since: datetime, cursor: datetime | None, courier: Courier
    ) -> Iterator[Page]:
        condition = f"MetaData.LastUpdatedTime >= {quoted(_their_time(since))}"
        for entity in entities:
            for found, their_time in self.pages(entity, (condition,), Purpose.READS, courier):
                # The time of the first answer: what changed since comes again next time.
                cursor = cursor or their_time
                yield Page(objects=tuple(self.objects(entity, found)))
        if cursor is None:
            raise TryLater("QuickBooks did not say which time its changes are of.")
        yield Page(objects=(), cursor=cursor, deletions_unseen=True)

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
        requests = [
            self.books.query(
                select(entity, [f"Id IN {one_of(some)}", *_any(entity)]), Purpose.READS
            )
            for entity, some in asked
        ]
        for (entity, some), answer in zip(asked, self.ask(requests, courier), strict=True):
            found = rows(answer, entity)
            yield from self.objects(entity, found)
            there = {text(row, "Id") for row in found}
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
                select(entity, [f"{field} IN {one_of(some)}", *_any(entity)]), Purpose.READS
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


def _left_out(_remote_id: str, _trouble: ConnectorError) -> list[RemoteObject]:
    return []


def _any(entity: str) -> list[str]:
    return [ANY_STATE] if entity in LISTS else []


def _feed_rows(answer: Answer) -> dict[str, list[Mapping[str, Any]]]:
    responses = answer.content.get("CDCResponse")
    if not isinstance(responses, list):
        raise TryLater("QuickBooks' changes could not be read.", trace_id=answer.trace_id)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for response in responses:
        for part in response.get("QueryResponse", []):
            for entity in WATCHED:
                listed = [row for row in part.get(entity, []) if isinstance(row, Mapping)]
                found.setdefault(entity, []).extend(listed)
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
