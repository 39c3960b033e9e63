"""Reads whole lists: what changed, what stands, everything afresh."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from apps.connectors.errors import TryLater
from apps.connectors.port import (
    Courier,
    Page,
    Purpose,
    RemoteObject,
    SurveyPage,
)
from apps.connectors.snapshots import Kind
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import PAGE, Answer
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    BATCH,
    OVERPAYMENT,
    PAYMENT,
    PREPAYMENT,
)
from apps.connectors.xero.objects import CONTACT, ITEM, PLURAL, id_of, objects_of
from apps.connectors.xero.reader import EXACT_LISTS, TAKES_IDS, UNPAGED, Reader
from apps.connectors.xero.rows import (
    MADE_BY,
    counts,
    remember,
)
from apps.connectors.xero.wire import (
    Json,
    Raw,
    modified_since,
)
from apps.core.spilled import Spilled

# Of lists that mix sales with purchases, what is asked for; the rest is told by its type.
SALES_ONLY = {INVOICE: 'Type=="ACCREC"', CREDIT_NOTE: 'Type=="ACCRECCREDIT"'}
# The order of a feed and a survey: a bank transaction before what it made, a payment before its batch.
KINDS = (
    CONTACT,
    ITEM,
    INVOICE,
    CREDIT_NOTE,
    PAYMENT,
    BATCH,
    BANK_TRANSACTION,
    OVERPAYMENT,
    PREPAYMENT,
)
LISTED = {
    Kind.CUSTOMER: (CONTACT,),
    Kind.ITEM: (ITEM,),
    Kind.INVOICE: (INVOICE,),
    Kind.CREDIT_NOTE: (CREDIT_NOTE,),
    Kind.PAYMENT: (PAYMENT, BATCH, OVERPAYMENT, PREPAYMENT, BANK_TRANSACTION),
    Kind.ALLOCATION: (CREDIT_NOTE,),
    Kind.ADJUSTMENT: (INVOICE, CREDIT_NOTE),
    Kind.REFUND: (INVOICE, PAYMENT, BANK_TRANSACTION),
    Kind.DEPOSIT: (BANK_TRANSACTION,),
}


def kinds_for(kinds: Iterable[Kind]) -> list[str]:
    wanted = {each for kind in kinds for each in LISTED.get(kind, ())}
    return [each for each in KINDS if each in wanted]


class Feed(Reader):
    """Reads lists of one organisation from their first page to the last."""

    def pages(
        self, kind: str, courier: Courier, purpose: Purpose, *, since: str = "", page: int = 1
    ) -> Iterator[tuple[list[Raw], Answer, int]]:
        """Pages of a list by when each last changed: what changes meanwhile moves behind what is
        still to come, and is met again."""
        while True:
            request = self.calls.get(
                PLURAL[kind],
                purpose,
                since=since,
                exact=kind in EXACT_LISTS,
                where=SALES_ONLY.get(kind),
                order="UpdatedDateUTC ASC",
                includeArchived="true" if kind in TAKES_IDS else None,
                page=None if kind in UNPAGED else page,
                pageSize=None if kind in UNPAGED else PAGE,
            )
            answer = self.one(request, courier)
            rows = answer.rows(PLURAL[kind])
            last = kind in UNPAGED or len(rows) < PAGE
            yield rows, answer, 0 if last else page + 1
            if last:
                return
            page += 1

    def changes(
        self, since: datetime, reach: timedelta, now: datetime, courier: Courier
    ) -> Iterator[Page]:
        """What changed since a time of theirs, kind by kind. The cursor is their time of the first
        answer, before anything was read; whoever asks again asks a little earlier, and what comes
        again is known by its version. Eight calls where nothing fills a page.

        Nothing tells what was deleted: a read that goes far back ends with how many stand.
        """
        asked = modified_since(since)
        cursor: datetime | None = None
        totals: dict[str, int] = {}
        beside: dict[str, Json] = {}
        pending: set[str] = set()
        for kind in KINDS:
            if kind == BATCH and not pending:
                continue  # none changes without its payments
            for rows, answer, _ in self.pages(kind, courier, Purpose.READS, since=asked):
                cursor = cursor or answer.at
                whole = self._of_feed(kind, rows, beside, pending, courier)
                nameless = sum(not id_of(kind, raw) for raw in rows)
                yield Page(objects=tuple(whole), nameless=nameless)
            if kind == BATCH and pending:
                yield Page(
                    objects=tuple(self.read([(BATCH, one) for one in sorted(pending)], courier))
                )
        if cursor is None:
            raise TryLater(f"{NAME} did not say which time its changes are of.")
        if now - since >= reach:
            totals = {kind: len(ids) for kind, ids in self.ids(KINDS, courier).items()}
        yield Page(objects=(), cursor=max(since, cursor), totals=totals)

    def _of_feed(
        self,
        kind: str,
        rows: Sequence[Raw],
        beside: dict[str, Json],
        pending: set[str],
        courier: Courier,
    ) -> list[RemoteObject]:
        """`beside` keeps bank accounts for what their transactions made; `pending` the batches of
        which a payment changed and that were not met themselves."""
        kept = [raw for raw in rows if counts(kind, raw)]
        if kind == PAYMENT:
            pending |= {one for raw in rows if isinstance(one := raw.get("BatchPaymentID"), str)}
        if kind == BATCH:
            pending -= {id_of(BATCH, raw) for raw in rows}
            kept = self.with_owners(kept, courier, Purpose.READS)
        if kind == BANK_TRANSACTION:
            remember(rows, beside)
        if kind in MADE_BY:
            kept = self.complete(kind, kept, beside, courier, Purpose.READS)
        return self.objects(kind, kept)

    # --- What stands ---

    def ids(self, kinds: Sequence[str], courier: Courier) -> dict[str, frozenset[str]]:
        """Of everything that is like a record of ours, and stands: what was voided stands there too,
        and is told by its status. Pages of a thousand."""
        found: dict[str, frozenset[str]] = {}
        for kind in kinds:
            there: set[str] = set()
            for rows, _, _ in self.pages(kind, courier, Purpose.READS):
                there |= {
                    each.remote_id
                    for each in self.objects(kind, [raw for raw in rows if counts(kind, raw)])
                    if not each.gone and not each.part
                }
            found[kind] = frozenset(there)
        return found

    def survey(
        self, kinds: Sequence[str], position: str, courier: Courier, purpose: Purpose
    ) -> Iterator[SurveyPage]:
        """`position` is "kind:page". A list that is not paged is one page."""
        first, _, page = position.partition(":")
        start = kinds.index(first) if first in kinds else 0
        for place, kind in enumerate(kinds[start:], start):
            behind = kinds[place + 1] if place + 1 < len(kinds) else ""
            number = int(page) if kind == first and page else 1
            for rows, answer, following in self.pages(kind, courier, purpose, page=number):
                position = f"{kind}:{following}" if following else (f"{behind}:1" if behind else "")
                objects = self._surveyed(kind, rows, courier, purpose)
                yield SurveyPage(objects=tuple(objects), position=position, read_at=answer.at)

    def _surveyed(
        self, kind: str, rows: Sequence[Raw], courier: Courier, purpose: Purpose
    ) -> list[RemoteObject]:
        kept = [raw for raw in rows if counts(kind, raw)]
        if kind == BATCH:
            return self.objects(kind, self.with_owners(kept, courier, purpose))
        if kind in MADE_BY:
            return self.objects(kind, self.complete(kind, kept, {}, courier, purpose))
        return self.objects(kind, kept)

    def everything(self, kinds: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        """Each object once, as last met. Bank accounts are put beside what their transactions made,
        so these are read before."""
        beside: dict[str, Json] = {}
        for kind in [each for each in KINDS if each in kinds]:
            met: Spilled[tuple[str], Raw] = Spilled()
            for rows, _, _ in self.pages(kind, courier, Purpose.PROOF):
                met.update({(id_of(kind, raw),): raw for raw in rows if id_of(kind, raw)})
            if kind == BANK_TRANSACTION:
                remember(met.values(), beside)
            kept: Iterable[Raw] = (raw for _, raw in met.by_key() if counts(kind, raw))
            if kind == BATCH:
                kept = self.with_owners(list(kept), courier, Purpose.PROOF)
            if kind in MADE_BY:
                kept = self.complete(kind, list(kept), beside, courier, Purpose.PROOF)
            for raw in kept:
                yield from objects_of(kind, raw, self.home)
