"""Reads one account: objects by id, lists, by name and number. Every row is checked again here: a
filter or a sort key that they do not know is ignored without a word, and everything is listed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime

from apps.connectors.errors import RecordRefused, RemoteGone, TryLater
from apps.connectors.freshbooks.capabilities import NAME
from apps.connectors.freshbooks.client import (
    CLIENT,
    CREDIT,
    INVOICE,
    ITEM,
    PAGE,
    PAYMENT,
    Answer,
    Calls,
    Query,
    read_answer,
)
from apps.connectors.freshbooks.faults import NO_ITEMS
from apps.connectors.freshbooks.heads import (
    ENTITY,
    SOURCE,
    USES,
    id_of,
    is_deleted,
    is_money,
    pays_by_credit,
)
from apps.connectors.freshbooks.objects import gone, objects_of
from apps.connectors.freshbooks.wire import NIL, Raw, Unread, amount_or_nil, named, their_day
from apps.connectors.port import Courier, Purpose, RemoteObject, Request
from apps.connectors.snapshots import Kind

# Filters that take several ids; what they do not bring is asked for one by one.
SEVERAL = {CLIENT: "userids", INVOICE: "invoiceids", PAYMENT: "logids"}
DELETED_ONES: Query = (("search[vis_state]", "1"),)
FEW = 5  # credits that are read one by one before their whole list is
ROUNDS = 2  # times a list is read that counts more than it lists: it may count what is hidden
MOST_PAGES = 5000
Credits = dict[str, Raw | None]  # by id, as read within one reading


class Reader:
    """Reads through a courier; several questions at once where none hangs on another."""

    def __init__(self, calls: Calls, home: str) -> None:
        self.calls = calls
        self.home = home

    # --- Answers ---

    def ask(self, requests: Sequence[Request], courier: Courier) -> list[Answer | None]:
        """In the order of the requests; None where their books have no such thing."""
        found: dict[int, Answer | None] = {}
        for request, reply in courier.carry(requests) if requests else ():
            place = next(
                index
                for index, each in enumerate(requests)
                if index not in found and (each is request or each == request)
            )
            try:
                found[place] = read_answer(request, reply)
            except RemoteGone:
                found[place] = None
            except RecordRefused as refusal:  # of the question, and not of any record
                words = f"{NAME} does not let Tieout read this: {refusal.sentence}"
                raise TryLater(words, code=refusal.code) from refusal
        return [found[place] for place in range(len(requests))]

    def answer(self, request: Request, courier: Courier) -> Answer:
        """Raises TryLater where there is no such thing, which must be."""
        (found,) = self.ask([request], courier)
        if found is None:
            raise TryLater(f"{NAME} does not know {request.path}.")
        return found

    # --- Lists ---

    def pages(
        self,
        kind: str,
        courier: Courier,
        query: Query = (),
        purpose: Purpose = Purpose.READS,
        page: int = 1,
    ) -> Iterator[tuple[list[Raw], Answer, int]]:
        """Rows, their answer, and the page that follows (0: none does)."""
        while page <= MOST_PAGES:
            try:
                answer = self.answer(self.calls.page(kind, page, query, purpose), courier)
            except TryLater as refusal:
                if kind == ITEM and refusal.code == str(NO_ITEMS):
                    return  # a plan without items
                raise
            rows, pages = answer.rows(kind), answer.number("pages")
            more = page < pages if pages is not None else len(rows) >= PAGE
            more = more and bool(rows)
            yield rows, answer, page + 1 if more else 0
            if not more:
                return
            page += 1
        raise TryLater(f"The list of {kind}s in {NAME} comes to no end.")

    def rows(
        self,
        kind: str,
        courier: Courier,
        query: Query = (),
        purpose: Purpose = Purpose.READS,
        heard: Callable[[Answer], None] = lambda answer: None,
    ) -> dict[str, Raw]:
        """All of a list by id. `heard` is told each answer."""
        found: dict[tuple[str], Raw] = {}
        self.put_rows(found, kind, courier, query, purpose, heard)
        return {one: raw for (one,), raw in found.items()}

    def put_rows(
        self,
        found: MutableMapping[tuple[str], Raw],
        kind: str,
        courier: Courier,
        query: Query = (),
        purpose: Purpose = Purpose.READS,
        heard: Callable[[Answer], None] = lambda answer: None,
    ) -> None:
        """The same, put where the caller holds them. What is deleted or changed while its pages are
        read moves others over the edge of a page: read once more where fewer were listed than are
        counted."""
        for _ in range(ROUNDS):
            pages = nameless = 0
            total: int | None = None
            for rows, answer, _ in self.pages(kind, courier, query, purpose):
                heard(answer)
                pages, total = pages + 1, answer.number("total")
                nameless += sum(not id_of(kind, raw) for raw in rows)
                found.update({(one,): raw for raw in rows if (one := id_of(kind, raw))})
            if pages < 2 or total is None or len(found) + nameless >= total:
                return

    def where(
        self,
        kind: str,
        courier: Courier,
        query: Query,
        fits: Callable[[Raw], bool],
        *,
        deleted: bool = False,
    ) -> list[Raw]:
        """All that fits, oldest first; with `deleted` what was deleted as well."""
        found = dict(self.rows(kind, courier, query))
        if deleted:
            # Where the filter is not honoured the first list says so itself: rows tell their state.
            for one, raw in self.rows(kind, courier, (*query, *DELETED_ONES)).items():
                found.setdefault(one, raw)
        kept = [raw for raw in found.values() if fits(raw)]
        return sorted(kept, key=lambda raw: (len(id_of(kind, raw)), id_of(kind, raw)))

    # --- By id ---

    def raws(
        self,
        kind: str,
        ids: Sequence[str],
        courier: Courier,
        purpose: Purpose = Purpose.READS,
    ) -> dict[str, Raw]:
        """As they stand, the deleted included where they are still told. What is missing is gone."""
        found: dict[str, Raw] = {}
        wanted = list(dict.fromkeys(ids))
        if kind in SEVERAL and len(wanted) > 1:
            for start in range(0, len(wanted), PAGE):
                some = wanted[start : start + PAGE]
                query = tuple((f"search[{SEVERAL[kind]}][]", each) for each in some)
                answer = self.answer(self.calls.page(kind, 1, query, purpose), courier)
                listed = {id_of(kind, raw): raw for raw in answer.rows(kind)}
                found |= {one: listed[one] for one in some if one in listed}
        missing = [one for one in wanted if one not in found]
        asked = [self.calls.get(kind, one, (), purpose) for one in missing]
        for one, answer_of in zip(missing, self.ask(asked, courier), strict=True):
            raw = answer_of.one(kind) if answer_of is not None else None
            if raw is not None and id_of(kind, raw) == one:
                found[one] = raw
        return found

    def written(
        self, kind: str, ids: Sequence[str], since: datetime | None, courier: Courier, why: Purpose
    ) -> dict[str, Raw]:
        """What stands of what was just written, since a time of theirs. Many of a kind whose list
        takes no ids are looked for in the list of what changed since the day before."""
        if kind in SEVERAL or since is None or len(ids) <= FEW:
            return self.raws(kind, ids, courier, why)
        lately = (("search[updated_min]", their_day(since, days_before=1)),)
        listed = self.rows(kind, courier, lately, why)
        found = {one: listed[one] for one in ids if one in listed}
        return found | self.raws(kind, [one for one in ids if one not in found], courier, why)

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        by_kind: dict[str, list[str]] = {}
        for kind, remote_id in dict.fromkeys(wanted):
            by_kind.setdefault(kind, []).append(remote_id)
        credits: Credits = {}
        for kind, ids in by_kind.items():
            there = self.raws(kind, ids, courier)
            whole = iter(self.complete(kind, list(there.values()), credits, courier))
            complete = {one: next(whole) for one in there}
            for one in ids:
                yield from (
                    objects_of(kind, complete[one], self.home)
                    if one in complete
                    else (gone(kind, one),)
                )

    # --- What hangs together ---

    def complete(
        self, kind: str, rows: Sequence[Raw], credits: Credits, courier: Courier
    ) -> list[Raw]:
        """What a credit pays, and which credit pays, is told by other objects: put beside what they
        answer, so that a kept raw says it all."""
        if kind == PAYMENT:
            self.learn(rows, credits, courier)
            return [
                {**raw, SOURCE: credits[named(raw, "creditid")]}
                if pays_by_credit(raw) and credits.get(named(raw, "creditid")) is not None
                else raw
                for raw in rows
            ]
        if kind == CREDIT:
            credits |= {id_of(CREDIT, raw): raw for raw in rows}
            return self._with_uses(rows, courier)
        return list(rows)

    def learn(self, rows: Iterable[Raw], credits: Credits, courier: Courier) -> None:
        """The credits that these payments are made of."""
        wanted = {named(raw, "creditid") for raw in rows if pays_by_credit(raw)} - credits.keys()
        missing = sorted(wanted - {""})
        if len(missing) > FEW:
            credits |= self.rows(CREDIT, courier)
            missing = [one for one in missing if one not in credits]
        found = self.raws(CREDIT, missing, courier)
        credits |= {one: found.get(one) for one in missing}

    def _with_uses(self, rows: Sequence[Raw], courier: Courier) -> list[Raw]:
        """Of a credit that is money: its uses are parts of it."""
        used = [raw for raw in rows if is_money(raw) and not is_deleted(raw) and _is_used(raw)]
        by_client: dict[str, list[Raw]] = {}
        for client in dict.fromkeys(named(raw, "clientid") for raw in used):
            query = (("search[clientid]", client),)
            by_client[client] = self.where(
                PAYMENT,
                courier,
                query,
                lambda raw, client=client: named(raw, "clientid") == client,  # type: ignore[misc] # bound now
            )
        found: list[Raw] = []
        for raw in rows:
            if raw not in used:
                found.append(raw)
                continue
            own = id_of(CREDIT, raw)
            uses = [
                each
                for each in by_client[named(raw, "clientid")]
                if pays_by_credit(each) and named(each, "creditid") == own and not is_deleted(each)
            ]
            found.append({**raw, USES: uses})
        return found

    def objects(
        self, kind: str, rows: Sequence[Raw], credits: Credits, courier: Courier
    ) -> list[RemoteObject]:
        """Of a list: what money on account pays comes with that money, as a part of it."""
        return [
            each
            for raw in self.complete(kind, rows, credits, courier)
            if is_shown(kind, raw)
            for each in objects_of(kind, raw, self.home)
        ]

    # --- By name and number ---

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        """Customers by name, items by code, documents by number; the archived included.

        Raises ValueError for a kind that has none of them.
        """
        if kind not in (Kind.CUSTOMER, Kind.ITEM, Kind.INVOICE, Kind.CREDIT_NOTE):
            raise ValueError(f"{NAME} knows no name or number of a {kind}.")
        wanted = list(dict.fromkeys(filter(None, names)))
        if kind is Kind.CREDIT_NOTE:  # no filter of its number is told
            rows = list(self.rows(CREDIT, courier).values()) if wanted else []
            yield from self._named(kind, rows, set(wanted), courier)
            return
        key = {
            Kind.CUSTOMER: "organization_like",
            Kind.ITEM: "sku",
            Kind.INVOICE: "invoice_number",
        }[kind]
        for name in wanted:
            found = list(self.rows(ENTITY[kind], courier, ((f"search[{key}]", name),)).values())
            yield from self._named(kind, found, {name}, courier)

    def _named(
        self, kind: Kind, rows: Iterable[Raw], names: set[str], courier: Courier
    ) -> Iterator[RemoteObject]:
        for each in self.objects(ENTITY[kind], list(rows), {}, courier):
            said = each.name if kind is Kind.CUSTOMER else each.number
            if each.of_kind is kind and (said in names or each.name in names) and not each.gone:
                yield each


def is_shown(kind: str, raw: Raw) -> bool:
    """What pays out of money on account is a part of that."""
    source = raw.get(SOURCE)
    return not (kind == PAYMENT and isinstance(source, Mapping) and is_money(source))


def _is_used(raw: Raw) -> bool:
    """Asked as well where it does not say."""
    try:
        return amount_or_nil(raw, "paid") != NIL
    except Unread:
        return True
