"""Reads: objects by id, by name, by filter, and what stands beside them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from apps.connectors.errors import RemoteGone, TryLater
from apps.connectors.port import (
    Courier,
    Purpose,
    RemoteObject,
    Request,
)
from apps.connectors.snapshots import Kind
from apps.connectors.xero import money
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import PAGE, Answer, Calls, read_answer
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.lists import ROUNDING, account_id, is_bank
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    BATCH,
    OVERPAYMENT,
    PAYMENT,
    PREPAYMENT,
)
from apps.connectors.xero.objects import CONTACT, ID, ITEM, PLURAL, gone, id_of, objects_of
from apps.connectors.xero.rows import (
    by_kind,
    escaped,
    in_parts,
    invoices_of,
    names_account_by_id,
    of_rows,
    with_account,
    with_invoices,
)
from apps.connectors.xero.todo import Accounts
from apps.connectors.xero.wire import (
    Json,
    Raw,
    Unread,
    figure,
    guid,
    modified_since,
    quoted,
    text,
)

BY_ID = 40  # ids of one call, where a list takes several
# Lists that take several ids; of the others each object is asked for alone.
TAKES_IDS = frozenset({CONTACT, INVOICE})
UNPAGED = frozenset({ITEM, BATCH})
# Single reads that know `unitdp`.
EXACT_ALONE = frozenset({INVOICE, CREDIT_NOTE, ITEM, BANK_TRANSACTION})
EXACT_LISTS = EXACT_ALONE | {OVERPAYMENT, PREPAYMENT}


class Reader:
    """Reads one organisation's books through a courier."""

    def __init__(self, calls: Calls, home: str) -> None:
        self.calls = calls
        self.home = home
        self._accounts: dict[str, str] = {}

    # --- Answers ---

    def ask(self, requests: Sequence[Request], courier: Courier) -> list[Answer | None]:
        """The answers in the order of the requests; None for a 404, which says only that it is not
        there. Raises what an answer means otherwise."""
        if not requests:
            return []
        found: dict[int, Answer | None] = {}
        for request, reply in courier.carry(requests):
            place = next(
                index
                for index, each in enumerate(requests)
                if index not in found and (each is request or each == request)
            )
            try:
                found[place] = read_answer(request, reply)
            except RemoteGone:
                found[place] = None
        if len(found) < len(requests):
            raise TryLater(f"{NAME} was not asked everything.")
        return [found[place] for place in range(len(requests))]

    def one(self, request: Request, courier: Courier) -> Answer:
        (answer,) = self.ask([request], courier)
        if answer is None:
            raise TryLater(f"{NAME} does not answer where it should (404).")
        return answer

    def objects(self, kind: str, raws: Iterable[Raw]) -> list[RemoteObject]:
        return [
            each for raw in raws if id_of(kind, raw) for each in objects_of(kind, raw, self.home)
        ]

    # --- By id ---

    def raws(
        self, wanted: Sequence[tuple[str, str]], courier: Courier, purpose: Purpose = Purpose.READS
    ) -> dict[tuple[str, str], Raw | None]:
        """(kind, id) → its JSON, made whole by what stands beside it; None: it is not there."""
        asked: list[tuple[str, list[str], Request]] = []
        for kind, ids in by_kind(wanted).items():
            parts = in_parts(ids, BY_ID) if kind in TAKES_IDS else [[one] for one in ids]
            asked += [(kind, part, self._by_ids(kind, part, purpose)) for part in parts]
        found: dict[tuple[str, str], Raw | None] = {}
        again: list[tuple[str, str]] = []
        for (kind, ids, _), answer in zip(
            asked, self.ask([each[2] for each in asked], courier), strict=True
        ):
            if answer is None and len(ids) > 1:
                again += [(kind, one) for one in ids]  # one of them is unknown: each alone
                continue
            rows = {id_of(kind, raw): raw for raw in (answer.rows(PLURAL[kind]) if answer else [])}
            found |= {(kind, one): of_rows(rows, one) for one in ids}
        if again:
            requests = [self._by_ids(kind, [one], purpose) for kind, one in again]
            for (kind, one), answer in zip(again, self.ask(requests, courier), strict=True):
                rows = {
                    id_of(kind, raw): raw for raw in (answer.rows(PLURAL[kind]) if answer else [])
                }
                found[kind, one] = of_rows(rows, one)
        self._made_whole(found, courier, purpose)
        return found

    def _by_ids(self, kind: str, ids: Sequence[str], purpose: Purpose) -> Request:
        if len(ids) > 1:
            return self.calls.get(
                PLURAL[kind],
                purpose,
                exact=kind in EXACT_LISTS,
                IDs=",".join(ids),
                includeArchived="true",
                page=1,
                pageSize=PAGE,
            )
        path = f"{PLURAL[kind]}/{escaped(ids[0])}"
        return self.calls.get(path, purpose, exact=kind in EXACT_ALONE)

    def _made_whole(
        self, found: dict[tuple[str, str], Raw | None], courier: Courier, purpose: Purpose
    ) -> None:
        """A batch does not say whose it is, nor the numbers of its invoices: they say it. Nor does
        it call its account by the code."""
        batches = [(key, raw) for key, raw in found.items() if key[0] == BATCH and raw]
        wanted = {one for _, raw in batches if raw for one in invoices_of(raw)}
        if not wanted:
            return
        invoices = self.raws([(INVOICE, one) for one in sorted(wanted)], courier, purpose)
        known = {one: each for (_, one), each in invoices.items() if each}
        for key, raw in batches:
            if raw:
                named = with_account(raw, self._account_ids(raw, courier, purpose))
                found[key] = with_invoices(named, known)

    def made(
        self,
        kind: str,
        ids: Sequence[str],
        since: datetime | None,
        courier: Courier,
        why: Purpose,
        *,
        also: Sequence[str] = (),
    ) -> dict[str, Raw]:
        """Of what answers say that it was made, what stands, by its id. Many are looked for in the
        list of what changed since (their time), a thousand a call; what is not met there, or all
        where no time is told, is asked for by id. `also`: taken along where the list is read."""
        found: dict[str, Raw] = {}
        at_once = BY_ID if kind in TAKES_IDS else 1
        if since is not None and len(ids) + len(also) > at_once:
            found = {
                id_of(kind, raw): raw
                for raw in self.since(kind, modified_since(since), courier, why)
            }
        missing = [one for one in ids if one not in found]
        asked = [(part, self._by_ids(kind, part, why)) for part in in_parts(missing, at_once)]
        again: list[str] = []
        for (part, _), answer in zip(
            asked, self.ask([each for _, each in asked], courier), strict=True
        ):
            if answer is None:
                again += part if len(part) > 1 else []
                continue
            found |= {id_of(kind, raw): raw for raw in answer.rows(PLURAL[kind])}
        alone = [self._by_ids(kind, [one], why) for one in again]
        for answer in self.ask(alone, courier):
            if answer is not None:
                found |= {id_of(kind, raw): raw for raw in answer.rows(PLURAL[kind])}
        return {one: raw for one in [*ids, *also] if (raw := of_rows(found, one)) is not None}

    def since(self, kind: str, since: str, courier: Courier, why: Purpose) -> list[Raw]:
        """All of a list that changed since a time of theirs, in pages."""
        found: list[Raw] = []
        page = 1
        while True:
            request = self.calls.get(
                PLURAL[kind],
                why,
                since=since,
                exact=kind in EXACT_LISTS,
                order="UpdatedDateUTC ASC",
                includeArchived="true" if kind in TAKES_IDS else None,
                page=None if kind in UNPAGED else page,
                pageSize=None if kind in UNPAGED else PAGE,
            )
            rows = self.one(request, courier).rows(PLURAL[kind])
            found += rows
            if kind in UNPAGED or len(rows) < PAGE:
                return found
            page += 1

    def read(
        self,
        wanted: Sequence[tuple[str, str]],
        courier: Courier,
        purpose: Purpose = Purpose.READS,
    ) -> Iterator[RemoteObject]:
        """Objects by (their kind, id). What a payment inside a batch is, its batch tells."""
        found = self.raws(wanted, courier, purpose)
        for (kind, remote_id), raw in found.items():
            if raw is None:
                yield gone(kind, remote_id)
            else:
                yield from objects_of(kind, raw, self.home)

    def by_natural_key(self, kind: str, key: str, courier: Courier) -> Raw | None:
        """One object by what stands in a path beside its id: a contact by its number, archived or
        not, an item by its code."""
        request = self.calls.get(f"{PLURAL[kind]}/{escaped(key)}", exact=kind in EXACT_ALONE)
        (answer,) = self.ask([request], courier)
        rows = answer.rows(PLURAL[kind]) if answer is not None else []
        return rows[0] if rows else None

    # --- By a filter ---

    def where(
        self,
        kind: str,
        condition: str,
        courier: Courier,
        purpose: Purpose = Purpose.READS,
    ) -> list[Raw]:
        """Every object that meets a condition, in pages, the archived included."""
        found: list[Raw] = []
        page = 1
        while True:
            request = self.calls.get(
                PLURAL[kind],
                purpose,
                exact=kind in EXACT_LISTS,
                where=condition,
                page=None if kind in UNPAGED else page,
                pageSize=None if kind in UNPAGED else PAGE,
                includeArchived="true" if kind in TAKES_IDS else None,
            )
            rows = self.one(request, courier).rows(PLURAL[kind])
            found += rows
            if kind in UNPAGED or len(rows) < PAGE:
                return found
            page += 1

    def numbered(self, numbers: Sequence[str], courier: Courier) -> list[Raw]:
        """Invoices by number, the voided too; a number with a comma in it is asked for alone."""
        found: list[Raw] = []
        plain = [each for each in numbers if "," not in each]
        for part in in_parts(plain, BY_ID):
            request = self.calls.get(
                PLURAL[INVOICE],
                InvoiceNumbers=",".join(part),
                includeArchived="true",
                page=1,
                pageSize=PAGE,
            )
            found += self.one(request, courier).rows(PLURAL[INVOICE])
        for each in numbers:
            if "," in each:
                found += self.where(INVOICE, f"InvoiceNumber=={quoted(each)}", courier)
        return [raw for raw in found if text(raw, "InvoiceNumber") in numbers]

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> list[RemoteObject]:
        """Contacts by name, items by code, documents by number. Their equality ignores case: it is
        looked at again. Raises ValueError for a kind that has neither."""
        wanted = list(dict.fromkeys(filter(None, names)))
        if not wanted:
            return []
        if kind is Kind.INVOICE:
            return self.objects(INVOICE, self.numbered(wanted, courier))
        if kind is Kind.ITEM:
            known = self.raws([(ITEM, one) for one in wanted], courier)
            return self.objects(ITEM, [raw for raw in known.values() if raw])
        by = {
            Kind.CUSTOMER: (CONTACT, "Name"),
            Kind.CREDIT_NOTE: (CREDIT_NOTE, "CreditNoteNumber"),
        }.get(kind)
        if by is None:
            raise ValueError(f"{NAME} knows no name or number of a {kind}.")
        theirs, field = by
        found = [
            raw
            for one in wanted
            for raw in self.where(theirs, f"{field}=={quoted(one)}", courier)
            if text(raw, field).casefold() == one.casefold()
        ]
        return self.objects(theirs, found)

    # --- What stands beside them ---

    def accounts(self, courier: Courier) -> Accounts:
        """What a refund has to know of their chart."""
        request = self.calls.get("Accounts", exact=False)
        rows = self.one(request, courier).rows("Accounts")
        rounding = [each for each in rows if text(each, "SystemAccount").upper() == ROUNDING]
        return Accounts(
            banks={account_id(each): text(each, "CurrencyCode") for each in rows if is_bank(each)},
            rounding=account_id(rounding[0]) if rounding else "",
        )

    def with_owners(self, batches: Sequence[Raw], courier: Courier, purpose: Purpose) -> list[Raw]:
        wanted = sorted({one for raw in batches for one in invoices_of(raw)})
        invoices = self.raws([(INVOICE, one) for one in wanted], courier, purpose) if wanted else {}
        known = {one: each for (_, one), each in invoices.items() if each}
        return [
            with_invoices(with_account(raw, self._account_ids(raw, courier, purpose)), known)
            for raw in batches
        ]

    def _account_ids(self, batch: Raw, courier: Courier, purpose: Purpose) -> Mapping[str, str]:
        """Their id of each account → ours; asked for once, where a batch names its account by that
        alone."""
        if not names_account_by_id(batch):
            return {}
        if not self._accounts:
            request = self.calls.get("Accounts", purpose, exact=False)
            rows = self.one(request, courier).rows("Accounts")
            self._accounts = {text(each, "AccountID"): account_id(each) for each in rows}
        return self._accounts

    def complete(
        self,
        kind: str,
        rows: Sequence[Raw],
        beside: Mapping[str, Json],
        courier: Courier,
        purpose: Purpose,
    ) -> list[Raw]:
        """With the bank account of its transaction, where that was read; and with what was paid
        back of it, where its own figures say that something was and it does not name it."""
        made = [{**raw, **beside.get(id_of(kind, raw), {})} for raw in rows]
        found: list[Raw] = []
        for raw in made:
            try:
                found.append(self._with_refunds(kind, raw, courier, purpose))
            except Unread:
                found.append(raw)  # it is read next, and found unreadable by itself
        return found

    def _with_refunds(self, kind: str, raw: Json, courier: Courier, purpose: Purpose) -> Json:
        if money.is_off(raw) or text(raw, "Type").upper() not in ("", money.ON_ACCOUNT[kind]):
            return raw
        if raw.get("RemainingCredit") is None or raw.get("Total") is None:
            return raw
        used = figure(raw, "Total") - figure(raw, "RemainingCredit")
        if used <= sum(money.settled_by(kind, raw).values()):
            return raw
        word = next(name for name, (theirs, _) in money.PAID_OUT.items() if theirs == kind)
        condition = f'PaymentType=="{word}" AND Invoice.InvoiceID=={guid(text(raw, ID[kind]))}'
        paid = self.where(PAYMENT, condition, courier, purpose)
        own = [each for each in paid if money.source_id_of(each) == text(raw, ID[kind])]
        return {**raw, "Payments": [dict(each) for each in own]}
