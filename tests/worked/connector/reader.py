"""Reads: the feed, lists by id, objects by id, by name, by number and by our mark."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from apps.connectors import port
from apps.connectors.errors import RemoteGone, TryLater
from apps.connectors.port import Courier, KnownThere, Page, Purpose, RemoteObject, SurveyPage
from tests.worked.connector.capabilities import NAME
from tests.worked.connector.client import PAGE, Calls, content_of
from tests.worked.connector.objects import (
    ALLOCATIONS,
    CREDIT,
    RECEIPT,
    REFUND,
    SENT,
    USED,
    WATCHED,
    gone,
    objects_of,
)
from tests.worked.connector.several import place_of
from tests.worked.connector.wire import (
    NIL,
    Unread,
    figure,
    marker_in,
    members,
    moment,
    place_in,
    their_time,
    word,
)

Raw = dict[str, Any]
CHANGES = 100  # a page of the feed
STANDING = {RECEIPT: "standing", CREDIT: SENT}  # the state in which a source can be used
ROUNDS = 3  # times the feed is begun anew where it moved under the reading


class Reader:
    """Reads one organisation through a courier. Every question is a call of its own."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    # --- Answers ---

    def ask(
        self, requests: Sequence[port.Request], courier: Courier
    ) -> list[Mapping[str, Any] | None]:
        """The answers in the order of the requests; None where their books have no such thing."""
        return [content for content, _ in self._answers(requests, courier)]

    def _answers(
        self, requests: Sequence[port.Request], courier: Courier
    ) -> list[tuple[Mapping[str, Any] | None, datetime | None]]:
        found: dict[int, tuple[Mapping[str, Any] | None, datetime | None]] = {}
        for request, reply in courier.carry(requests) if requests else ():
            place = next(
                index
                for index, each in enumerate(requests)
                if index not in found and (each is request or each == request)
            )
            try:
                found[place] = content_of(request, reply), _time_of(reply)
            except RemoteGone:
                found[place] = None, _time_of(reply)
        return [found[place] for place in range(len(requests))]

    def answer(self, request: port.Request, courier: Courier) -> Mapping[str, Any]:
        """The one answer. Raises TryLater where there is no such thing, which must be."""
        (content,) = self.ask([request], courier)
        if content is None:
            raise TryLater(f"{NAME} does not know {request.path}.")
        return content

    # --- By id ---

    def raws(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> list[Raw | None]:
        """Objects by (kind, id) as they stand, sources with what they are set against; None: gone."""
        asked = [self.calls.get(f"/{kind}s/{remote_id}") for kind, remote_id in wanted]
        answers = self.ask(asked, courier)
        there = [
            (kind, dict(raw))
            for (kind, _), raw in zip(wanted, answers, strict=True)
            if raw is not None
        ]
        whole = iter(self._with_allocations(there, courier))
        return [None if raw is None else next(whole) for raw in answers]

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        each_once = list(dict.fromkeys(wanted))
        for (kind, remote_id), raw in zip(each_once, self.raws(each_once, courier), strict=True):
            yield from (gone(kind, remote_id),) if raw is None else objects_of(kind, raw)

    def _with_allocations(self, found: Sequence[tuple[str, Raw]], courier: Courier) -> list[Raw]:
        """What of a source is set against something is a question of its own; asked where anything
        is."""
        sources = [(kind, raw) for kind, raw in found if kind in USED and _is_used(kind, raw)]
        asked = [self.calls.get(f"/{kind}s/{raw['id']}/allocations") for kind, raw in sources]
        for (_, raw), answer in zip(sources, self.ask(asked, courier), strict=True):
            raw[ALLOCATIONS] = [] if answer is None else answer.get("items")
        return [raw for _, raw in found]

    # --- Lists ---

    def listed(
        self,
        kind: str,
        courier: Courier,
        *,
        purpose: Purpose = Purpose.READS,
        after: str = "",
        condition: Mapping[str, str] | None = None,
    ) -> Iterator[tuple[list[Raw], bool, datetime | None]]:
        """Page by page by id: the objects, whether more follow, and their time."""
        while True:
            request = self.calls.get(
                f"/{kind}s", purpose, after=after or None, limit=PAGE, **(condition or {})
            )
            ((content, answered_at),) = self._answers([request], courier)
            rows = [dict(each) for each in _items(content)]
            more = bool(rows) and content is not None and content.get("more") is True
            yield rows, more, answered_at
            if not more:
                return
            behind = _id(rows[-1])
            if behind == after or not behind:
                raise TryLater(f"{NAME} gave the same page of {kind}s twice.")
            after = behind

    def where(self, kind: str, courier: Courier, **condition: str) -> list[Raw]:
        """All that meets a condition, sources with what they are set against."""
        found = [
            (kind, raw)
            for rows, _, _ in self.listed(kind, courier, condition=condition)
            for raw in rows
            if _id(raw)
        ]
        return self._with_allocations(found, courier)

    def marked(self, kind: str, marker: str, courier: Courier) -> list[Raw]:
        """What bears our mark. A remark of theirs may hold it among other words, or be cut."""
        found = self.where(kind, courier, remark=marker) if marker else []
        return [raw for raw in found if marker_in(_words(raw)) == marker]

    def ids(self, kinds: Sequence[str], courier: Courier) -> dict[str, frozenset[str]]:
        return {
            kind: frozenset(
                _id(raw) for rows, _, _ in self.listed(kind, courier) for raw in rows if _id(raw)
            )
            for kind in kinds
        }

    def everything(self, kinds: Iterable[str], courier: Courier) -> Iterator[RemoteObject]:
        """Raises TryLater where fewer were listed of a kind than are counted."""
        for kind in kinds:
            for page in self.survey([kind], "", courier):
                yield from page.objects

    def survey(self, kinds: Sequence[str], position: str, courier: Courier) -> Iterator[SurveyPage]:
        """Behind a position: kind, the id behind which, and how many of the kind were listed. What
        is deleted meanwhile leaves more listed than counted; fewer were left out: begun anew."""
        begins = [_position(kind, "", 0) for kind in kinds] + [""]
        wanted, after, seen = json.loads(position or begins[0])
        for place in range(list(kinds).index(wanted), len(kinds)):
            kind = kinds[place]
            for rows, more, answered_at in self.listed(
                kind, courier, purpose=Purpose.PROOF, after=after
            ):
                seen += len(rows)
                there = [(kind, raw) for raw in rows if _id(raw)]
                whole = self._with_allocations(there, courier)
                objects = tuple(each for raw in whole for each in objects_of(kind, raw))
                left_out = not more and seen < self.counts(courier).get(kind, 0)
                goes_on = _position(kind, _id(rows[-1]), seen) if more else begins[place + 1]
                yield SurveyPage(
                    objects=objects,
                    position=begins[place] if left_out else goes_on,
                    read_at=answered_at,
                )
                if left_out:
                    raise TryLater(f"{NAME} listed fewer {kind}s than it counts.")
            after, seen = "", 0

    def counts(self, courier: Courier) -> dict[str, int]:
        return _counted(self.answer(self.calls.get("/counts"), courier))

    # --- The feed ---

    def changes(self, since: datetime, known: KnownThere, courier: Courier) -> Iterator[Page]:
        """What changed since a time of theirs and is not held as it is; then how many of each kind
        stand, since the feed tells no deletions. The cursor is their time of the first page: what
        changed while we read comes again."""
        cursor, totals, versions = self._changed(since, courier)
        wanted = [
            (kind, remote_id)
            for kind in WATCHED
            if versions.get(kind)
            for remote_id in known.news(kind, versions[kind])
        ]
        for start in range(0, len(wanted), PAGE):
            yield Page(objects=tuple(self.read(wanted[start : start + PAGE], courier)))
        yield Page(objects=(), cursor=cursor, totals=totals)

    def _changed(
        self, since: datetime, courier: Courier
    ) -> tuple[datetime, dict[str, int], dict[str, dict[str, str]]]:
        for _ in range(ROUNDS):
            found = self._changed_in_one_go(since, courier)
            if found is not None:
                return found
        raise TryLater(f"More changed in {NAME} than can be read at once.")

    def _changed_in_one_go(
        self, since: datetime, courier: Courier
    ) -> tuple[datetime, dict[str, int], dict[str, dict[str, str]]] | None:
        """Pages are by place: what changes again while we read moves to the end, and everything
        behind it one place forward, over the edge of a page. So each page begins with the last
        one of the page before; None where it does not."""
        asked = [self.calls.get("/counts"), self._feed(since, 0)]
        counted, page = self.ask(asked, courier)
        totals, cursor = _counted(counted or {}), moment(page or {}, "now")
        if cursor is None:
            raise TryLater(f"{NAME} did not say which time its changes are of.")
        versions: dict[str, dict[str, str]] = {}
        place, last = 0, None
        while True:
            items = _items(page)
            if last is not None and (not items or items[0] != last):
                return None
            for each in items:
                versions.setdefault(word(each, "kind"), {})[word(each, "id")] = word(
                    each, "version"
                )
            if page is None or page.get("more") is not True or not items:
                return cursor, totals, versions
            place += len(items) - (0 if last is None else 1)
            if items[-1] == last:
                raise TryLater(f"{NAME} gave the same page of changes twice.")
            last = items[-1]
            (page,) = self.ask([self._feed(since, place - 1)], courier)

    def _feed(self, since: datetime, place: int) -> port.Request:
        return self.calls.get("/changes", since=their_time(since), after=place)


class LiveSources:
    """What a source is now, asked of their books."""

    def __init__(self, reader: Reader, courier: Courier) -> None:
        self.reader = reader
        self.courier = courier

    def of(self, kind: str, remote_id: str) -> list[Raw]:
        """A receipt without a place is alone; one with a place has others of the same mark."""
        return self._several(kind, remote_id, RECEIPT)

    def refunds(self, remote_id: str) -> list[Raw]:
        return self._several(REFUND, remote_id, REFUND)

    def _several(self, kind: str, remote_id: str, may_be_several: str) -> list[Raw]:
        (raw,) = self.reader.raws([(kind, remote_id)], self.courier)
        if raw is None:
            return []
        found = [raw]
        if kind == may_be_several and place_in(_words(raw)):
            found = self.reader.marked(kind, marker_in(_words(raw)), self.courier)
        wanted = STANDING.get(kind)
        standing = [each for each in found if wanted is None or each.get("state") == wanted]
        return sorted(standing, key=lambda each: place_of(objects_of(kind, each)[0]))


def _is_used(kind: str, raw: Raw) -> bool:
    """Asked as well where it does not say."""
    try:
        return figure(raw, USED[kind]) != NIL
    except Unread:
        return True


def _items(content: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    try:
        return members(content or {}, "items")
    except Unread:
        raise TryLater(f"{NAME}'s list could not be read.") from None


def _counted(content: Mapping[str, Any]) -> dict[str, int]:
    found = {kind: content.get(kind) for kind in WATCHED}
    if not all(isinstance(each, int) for each in found.values()):
        raise TryLater(f"{NAME} did not say how many there are.")
    return {kind: int(each or 0) for kind, each in found.items()}


def _id(raw: Mapping[str, Any]) -> str:
    value = raw.get("id")
    return value if isinstance(value, str) else ""


def _words(raw: Mapping[str, Any]) -> str:
    value = raw.get("remark")
    return value if isinstance(value, str) else ""


def _position(kind: str, after: str, seen: int) -> str:
    return json.dumps([kind, after, seen])


def _time_of(reply: port.Reply) -> datetime | None:
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
