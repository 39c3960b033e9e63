"""The QuickBooks connector: pushes in batches, settles what got lost, reads what changed."""

import dataclasses
import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors.by_account import ByAccount
from apps.connectors.errors import (
    CallRefused,
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.notes import EditNote, Noted
from apps.connectors.port import (
    Code,
    Company,
    Confirmation,
    Courier,
    KnownThere,
    Outcome,
    Page,
    Posting,
    Purpose,
    Push,
    RemoteObject,
    Reply,
    Request,
    Settings,
    SurveyPage,
    Unsettled,
)
from apps.connectors.quickbooks import inactive, notes, rules, settle
from apps.connectors.quickbooks.capabilities import CAPABILITIES
from apps.connectors.quickbooks.client import (
    BATCH,
    LOOK_AGAIN,
    Books,
    Item,
    batch_answers,
    item_fault,
    read_answer,
)
from apps.connectors.quickbooks.feed import Reader, in_parts
from apps.connectors.quickbooks.lists import (
    LISTED,
    TAX_LISTS,
    code_of,
    company_of,
    rates_of,
    tax_code_of,
)
from apps.connectors.quickbooks.masters import listed_item, projected_customer
from apps.connectors.quickbooks.objects import (
    BESIDE,
    CREDIT_MEMO,
    CUSTOMER,
    DEPOSIT,
    ENTITY,
    INVOICE,
    ITEM,
    JOURNAL,
    PAYMENT,
    PURCHASE,
    gone,
    object_of,
    objects_of,
)
from apps.connectors.quickbooks.pairing import entity_of, pairs
from apps.connectors.quickbooks.survey import survey
from apps.connectors.quickbooks.taxes import NONE
from apps.connectors.quickbooks.wire import mapping, text
from apps.connectors.quickbooks.writes import is_cancelled, is_deleted_as_wished, write_of
from apps.connectors.quickbooks.years import Years
from apps.connectors.snapshots import ItemSnapshot, Kind, Master, Snapshot

PURPOSE = {
    Kind.CUSTOMER: Purpose.MASTERS,
    Kind.ITEM: Purpose.MASTERS,
    Kind.INVOICE: Purpose.DOCUMENTS,
    Kind.CREDIT_NOTE: Purpose.DOCUMENTS,
    Kind.PAYMENT: Purpose.PAYMENTS,
    Kind.ALLOCATION: Purpose.PAYMENTS,
    Kind.ADJUSTMENT: Purpose.PAYMENTS,
    Kind.REFUND: Purpose.PAYMENTS,
    Kind.DEPOSIT: Purpose.PAYMENTS,
}
# Pages of their web app, below its address.
PAGES = {
    CUSTOMER: "app/customerdetail?nameId={id}",
    ITEM: "app/items?itemId={id}",
    INVOICE: "app/invoice?txnId={id}",
    CREDIT_MEMO: "app/creditmemo?txnId={id}",
    PAYMENT: "app/recvpayment?txnId={id}",
    "SalesReceipt": "app/salesreceipt?txnId={id}",
    "RefundReceipt": "app/refundreceipt?txnId={id}",
    DEPOSIT: "app/deposit?txnId={id}",
    JOURNAL: "app/journal?txnId={id}",
    PURCHASE: "app/expense?txnId={id}",
}
STALE_CREATE = (
    "Something that it refers to was being changed in QuickBooks at that moment. Press Retry."
)


class QuickBooks(ByAccount):
    """Speaks to one QuickBooks Online company. Holds no row and no state."""

    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home_currency
        self.books = Books(settings.remote_company_id)
        self.regime = settings.tax_regime
        self.reader = Reader(self.books, self.home, self.regime)

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        """Up to 30 writes a batch. What needs no call, or cannot be written, is answered first."""
        by_ref = {push.ref: push for push in pushes}
        items: dict[Purpose, list[Item]] = {}
        for push in pushes:
            try:
                item = write_of(push, self.home, self.regime)
            except ConnectorError as refusal:
                yield Outcome(ref=push.ref, error=refusal)
                continue
            if item is None:
                yield Outcome(ref=push.ref, remote=self._standing(push))
            else:
                items.setdefault(PURPOSE[push.kind], []).append(item)
        requests = [
            self.books.batch(
                some, key=_new_key([by_ref[each.ref] for each in some]), purpose=purpose
            )
            for purpose, listed in items.items()
            for some in in_parts(listed, BATCH)
        ]
        if not requests:
            return
        doubtful: list[Outcome] = []
        try:
            for request, reply in courier.carry(requests):
                for outcome in self._outcomes(request, reply, by_ref):
                    if inactive.may_be_itself(by_ref[outcome.ref], outcome):
                        doubtful.append(outcome)
                    else:
                        yield outcome
            told = inactive.told_apart(doubtful, by_ref, self.reader, courier)
        except (TryLater, ConnectionLost) as why:
            yield from (inactive.asked_later(each, why) for each in doubtful)
            raise
        yield from told

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        """Replays the very bytes under their key while it may live; then looks, where that did not
        tell.

        A replay that did not say "done" is no proof of the contrary: its key may have died, or its
        answer may come damaged each time. What is found there is done all the same. Where nothing
        is found, a refusal of the replay stands; where it gave no answer at all, their time-out
        begins anew and absence proves nothing yet.
        """
        by_ref = {push.ref: push for push in unsettled.pushes}
        open_pushes = list(unsettled.pushes)
        not_done: dict[int, ConnectorError] = {}
        if unsettled.may_replay:
            again = dataclasses.replace(unsettled.request, purpose=Purpose.RETRIES)
            ((request, reply),) = courier.carry([again])
            replayed = list(self._outcomes(request, reply, by_ref))
            if any(_is_of_the_connection(each.error) for each in replayed):
                yield from replayed
                return
            done = [each for each in replayed if each.error is None]
            yield from self._still_there(done, by_ref, courier)
            not_done = {each.ref: each.error for each in replayed if each.error is not None}
            open_pushes = [by_ref[ref] for ref in not_done]
        if open_pushes:
            found = settle.look_up(open_pushes, self.reader, courier)
            for push in open_pushes:
                yield settle.outcome_of(
                    push, found.get(push.ref), not_done.get(push.ref), unsettled.believe_absence
                )

    def _still_there(
        self, replayed: Sequence[Outcome], by_ref: Mapping[int, Push], courier: Courier
    ) -> Iterator[Outcome]:
        """A key gives the stored answer back even where the object was deleted or changed since,
        so what a replay names is read as it stands."""
        wanted = [(each.remote[0].kind, each.remote[0].remote_id) for each in replayed]
        there: dict[tuple[str, str], list[RemoteObject]] = {}
        for found in self.reader.read(wanted, courier) if wanted else ():
            there.setdefault((found.kind, found.remote_id), []).append(found)
        for outcome in replayed:
            own = there.get((outcome.remote[0].kind, outcome.remote[0].remote_id))
            if own is None:
                yield _unknown(by_ref[outcome.ref], "QuickBooks cannot show it now.", "")
                continue
            as_it_is = dataclasses.replace(by_ref[outcome.ref], known=own[0])
            if own[0].gone and not is_deleted_as_wished(as_it_is):
                deleted = RemoteGone(
                    "It reached QuickBooks and was deleted there since.",
                    "Decide whether it is to be created anew.",
                )
                yield Outcome(ref=outcome.ref, error=deleted)
            else:
                yield Outcome(ref=outcome.ref, remote=tuple(own))

    def _standing(self, push: Push) -> tuple[RemoteObject, ...]:
        """What is known of it, with the parts of a payment."""
        known = push.known
        if known is None:
            return ()
        if known.gone:
            return (known,)
        listed = objects_of(known.kind, known.raw, self.home)
        own = [each for each in listed if each.part == known.part] or [known]
        return (*own, *(each for each in listed if each not in own))

    def _outcomes(
        self, request: Request, reply: Reply, by_ref: Mapping[int, Push]
    ) -> Iterator[Outcome]:
        """One per member of a batch, whatever its answer left out, doubled or put elsewhere.

        A replay carries the whole batch again; of the members that are asked about alone.
        """
        asked = [ref for ref in request.members if ref in by_ref]
        try:
            answer = read_answer(request, reply)
        except ConnectorError as trouble:
            # One object each: whoever takes an outcome may write on its error.
            for ref in asked:
                yield Outcome(ref=ref, error=_of_the_call(trouble))
            return
        paired = pairs([by_ref[ref] for ref in asked], batch_answers(answer), self.home)
        for ref in asked:
            yield self._outcome(by_ref[ref], paired[ref], answer.trace_id)

    def _outcome(self, push: Push, found: Mapping[str, Any] | None, trace_id: str) -> Outcome:
        if found is None:
            return _unknown(push, "QuickBooks' answer does not say what became of it.", trace_id)
        error = item_fault(found, trace_id)
        if error:
            return Outcome(ref=push.ref, error=_as_told(push, error))
        entity = entity_of(push)
        source = mapping(found, entity)
        if source.get("status") == "Deleted":
            return Outcome(ref=push.ref, remote=(gone(entity, text(source, "Id")),))
        listed = objects_of(entity, source, self.home)
        if is_cancelled(push.snapshot) and not (listed[0].void or listed[0].unreadable):
            return _unknown(push, "QuickBooks' answer does not confirm the void.", trace_id)
        return Outcome(ref=push.ref, remote=listed)

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        """None: what is answered stands."""
        return iter(())

    def note_edit(self, note: EditNote, courier: Courier) -> Noted:
        return notes.edit(self.reader, note, courier)

    # --- Theirs to ours ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        yield from self.reader.changes(since, self.settings.now(), known, courier)

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        return self.reader.ids(kinds, courier)

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.everything(_entities(list(kinds)), Purpose.PROOF, courier)

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        yield from survey(self.reader, _entities(kinds), position, Purpose.PROOF, courier)

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.read(wanted, courier)

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        """Customers by name; items by name or by code; documents, journals and expenses by number.

        Raises ValueError for a kind that has neither.
        """
        match kind:
            case Kind.CUSTOMER:
                yield from self.reader.named(CUSTOMER, "DisplayName", names, courier)
            case Kind.ITEM:
                found = self.reader.named(ITEM, "Name", names, courier)
                found += self.reader.where(ITEM, "Sku", names, courier)
                yield from {each.remote_id: each for each in found}.values()
            case Kind.INVOICE | Kind.CREDIT_NOTE | Kind.ADJUSTMENT | Kind.REFUND:
                yield from self.reader.where(ENTITY[kind], "DocNumber", names, courier)
            case _:
                raise ValueError(f"QuickBooks knows no name or number of a {kind}.")

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        """Who carries a display name that was refused as taken (code 6240): customers, vendors
        and employees share one list, the inactive included."""
        return tuple(
            each
            for entity in (CUSTOMER, "Vendor", "Employee")
            for each in self.reader.named(entity, "DisplayName", [name], courier)
        )

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        """Every record of ours is one object here. An allocation may have had another before, of
        which a part is still read: the newest stands."""
        return objects[-1]

    def codes(self, courier: Courier) -> tuple[Code, ...]:
        """Their chart and lists; tax codes only where sales tax is switched on."""
        taxed = self.regime != NONE
        listed = self.reader.listed([*LISTED, *(TAX_LISTS if taxed else ())], courier)
        codes = [code_of(entity, row) for entity in LISTED for row in listed[entity]]
        if taxed:
            rates = rates_of(listed["TaxRate"], listed["TaxAgency"], self.settings.today())
            codes += [tax_code_of(row, rates, self.regime) for row in listed["TaxCode"]]
        return tuple(codes)

    def company(self, courier: Courier) -> Company:
        requests = [
            self.books.get(f"companyinfo/{self.settings.remote_company_id}", Purpose.READS),
            self.books.get("preferences", Purpose.READS),
        ]
        information, preferences = self.reader.ask(requests, courier)
        try:
            return company_of(
                self.settings.remote_company_id,
                mapping(information.content, "CompanyInfo"),
                mapping(preferences.content, "Preferences"),
            )
        except ValueError:
            raise TryLater(
                "QuickBooks' closing date could not be read.",
                "Set it again in QuickBooks.",
                trace_id=preferences.trace_id,
            ) from None

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        """Of the reports TrialBalance, accrual, one a fiscal year: an account's own CurrentBalance
        is nil for income and expense, and a report over several years has no older ones."""
        return Years(self.reader, courier, self.settings.today(), as_of).balances()

    # --- Pure ---

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return object_of(kind, raw, self.home)

    def project(self, snapshot: Snapshot) -> Snapshot:
        return rules.project(snapshot, self.regime, self.home)

    def listed_as(self, master: Master, standing: str = "") -> str:
        if isinstance(master, ItemSnapshot):
            return listed_item(master, standing)
        return projected_customer(master).name

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        return rules.objections(
            snapshot, self.home, self.regime, several=self.settings.multi_currency
        )

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        return rules.effect(snapshot, self.home)

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        """Below the address of their web app; or, where `web` itself says how its pages are
        called ("…/{company}/{kind}/{id}"), there."""
        kind, remote_id = (
            (remote.kind, remote.remote_id) if isinstance(remote, RemoteObject) else remote
        )
        if "{id}" in web:
            company = self.settings.remote_company_id
            return web.format(company=company, kind=kind.lower(), id=remote_id)
        page = PAGES.get(kind)
        return f"{web.rstrip('/')}/{page.format(id=remote_id)}" if page else web


def _entities(kinds: Sequence[Kind]) -> list[str]:
    """What holds these kinds there, and what books money beside them."""
    beside = [BESIDE[kind] for kind in kinds if kind in BESIDE]
    return list(dict.fromkeys([*(ENTITY[kind] for kind in kinds), *beside]))


def connect(settings: Settings) -> QuickBooks:
    return QuickBooks(settings)


def _new_key(pushes: Sequence[Push]) -> str:
    """A request id for a call that was never made: of its members, and of chance.

    A key is repeated only with the stored call it belongs to. A record that is sent anew after a
    refusal must not get the old refusal back, which the same key would answer.
    """
    identities = ",".join(sorted(push.identity for push in pushes))
    return hashlib.sha256(f"{identities}:{secrets.token_hex(16)}".encode()).hexdigest()[:36]


def _of_the_call(trouble: ConnectorError) -> ConnectorError:
    """What a whole call met. A refusal of it does not say which record they did not like."""
    if isinstance(trouble, RecordRefused | RemoteIsNewer):
        return CallRefused(trouble.sentence, trouble.remedy, trouble.code, trouble.trace_id)
    return dataclasses.replace(trouble)


def _is_of_the_connection(error: ConnectorError | None) -> bool:
    """Whether it says that nothing can be asked now, and nothing about any record."""
    return isinstance(error, ConnectionLost) or (
        isinstance(error, TryLater) and error.whole_connection
    )


def _as_told(push: Push, error: ConnectorError) -> ConnectorError:
    """A create has no version that could be old: code 5010 refuses it, as any other code does.

    That a journal or an expense may be set to nil is not published: what is refused can be
    deleted by hand, which is as good."""
    if push.known is None and isinstance(error, RemoteIsNewer):
        return RecordRefused(error.sentence, STALE_CREATE, error.code, error.trace_id)
    takes_back = is_cancelled(push.snapshot) and push.kind in (Kind.ADJUSTMENT, Kind.REFUND)
    if takes_back and type(error) is RecordRefused:
        error.remedy = (
            "Un-apply what is set against it. Where nothing is, delete it in QuickBooks: Tieout "
            "then takes it for cancelled."
        )
    return error


def _unknown(push: Push, sentence: str, trace_id: str) -> Outcome:
    return Outcome(ref=push.ref, error=OutcomeUnknown(sentence, LOOK_AGAIN, trace_id=trace_id))
