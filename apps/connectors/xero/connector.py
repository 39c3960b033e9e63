"""The Xero connector. Holds no row and no state."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.by_account import ByAccount
from apps.connectors.errors import TryLater
from apps.connectors.notes import EditNote, Note, Noted
from apps.connectors.port import (
    Code,
    Company,
    Confirmation,
    Connector,
    Courier,
    KnownThere,
    Outcome,
    Page,
    Posting,
    Purpose,
    Push,
    RemoteObject,
    Settings,
    SurveyPage,
    Unsettled,
)
from apps.connectors.snapshots import ItemSnapshot, Kind, Master, Snapshot
from apps.connectors.xero import effect, notes, objections, reports, rules
from apps.connectors.xero.capabilities import CAPABILITIES, NAME
from apps.connectors.xero.client import Calls
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.feed import Feed, kinds_for
from apps.connectors.xero.lists import codes_of, company_of
from apps.connectors.xero.money import BANK_TRANSACTION
from apps.connectors.xero.objects import CONTACT
from apps.connectors.xero.plan import Planner
from apps.connectors.xero.settle import Settler
from apps.connectors.xero.several import parsed, together
from apps.connectors.xero.wire import Unread
from apps.connectors.xero.writing import Writer

REACH = timedelta(days=CAPABILITIES.feed_reach_days)
# Pages of their web app, below its address.
PAGES = {
    CONTACT: "Contacts/View/{id}",
    INVOICE: "AccountsReceivable/View.aspx?InvoiceID={id}",
    CREDIT_NOTE: "AccountsReceivable/ViewCreditNote.aspx?creditNoteID={id}",
    BANK_TRANSACTION: "Bank/ViewTransaction.aspx?bankTransactionID={id}",
}


class Xero(ByAccount):
    """Speaks to one organisation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.capabilities = CAPABILITIES.switched(settings.switches)
        self.home = settings.home_currency
        self.regime = settings.tax_regime
        self.calls = Calls(settings.remote_company_id)
        self.reader = Feed(self.calls, self.home)
        self.writer = Writer(self.calls, self.reader, Planner(self.home, self.regime))
        self.settler = Settler(self.writer)

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        yield from self.writer.push(pushes, courier)

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        yield from self.settler.settle(unsettled, courier)

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        """None: what is answered, and was read, stands."""
        return iter(())

    def note(self, note: Note, courier: Courier) -> None:
        notes.write(self.calls, note, courier)

    def note_edit(self, note: EditNote, courier: Courier) -> Noted:
        return notes.edit(self.reader, note, courier)

    # --- Theirs to ours ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        yield from self.reader.changes(since, REACH, self.settings.now(), courier)

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        return self.reader.ids(kinds, courier)

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.everything(kinds_for(kinds), courier)

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        yield from self.reader.survey(kinds_for(kinds), position, courier, Purpose.READS)

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.read(wanted, courier)

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.find(kind, names, courier)

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        """Contacts alone, suppliers among them: they are one list."""
        return tuple(self.reader.find(Kind.CUSTOMER, [name], courier))

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return parsed(kind, raw, self.home)

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        return together(objects)

    # --- The company ---

    def codes(self, courier: Courier) -> tuple[Code, ...]:
        accounts, rates = self.reader.ask(
            [self.calls.get("Accounts", exact=False), self.calls.get("TaxRates", exact=False)],
            courier,
        )
        return codes_of(
            accounts.rows("Accounts") if accounts else [], rates.rows("TaxRates") if rates else []
        )

    def company(self, courier: Courier) -> Company:
        answer, currencies = self.reader.ask(
            [
                self.calls.get("Organisation", exact=False),
                self.calls.get("Currencies", exact=False),
            ],
            courier,
        )
        rows = answer.rows("Organisations") if answer else []
        if not rows:
            raise TryLater(f"{NAME} does not say which organisation this is.")
        try:
            return company_of(
                self.settings.remote_company_id,
                rows[0],
                currencies.rows("Currencies") if currencies else [],
            )
        except Unread as problem:
            raise _cannot_be_read("organisation", problem) from None

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        accounts, organisation = (
            self.reader.one(
                dataclasses.replace(self.calls.get(path, exact=False), purpose=Purpose.PROOF),
                courier,
            )
            for path in ("Accounts", "Organisation")
        )
        known = organisation.rows("Organisations")
        if not known:
            raise TryLater(f"{NAME} does not say which organisation this is.")
        try:
            chart = reports.chart_of(accounts.rows("Accounts"), known[0])
        except Unread as problem:
            raise _cannot_be_read("chart of accounts", problem) from None
        return reports.balances(chart, self.calls, courier, self.settings.today(), as_of)

    # --- Pure ---

    def project(self, snapshot: Snapshot) -> Snapshot:
        return rules.project(snapshot, self.home, self.regime)

    def listed_as(self, master: Master, standing: str = "") -> str:
        if isinstance(master, ItemSnapshot):
            return rules.held_item(master).name
        return rules.held_customer(master).name

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        return objections.objections(snapshot, self.home, self.regime)

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        return effect.effect(snapshot, self.home)

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


def _cannot_be_read(what: str, problem: Unread) -> TryLater:
    words = f"{NAME}'s {what} cannot be read: {problem.field} is {problem.value}."
    return TryLater(words, f"Look at it in {NAME}.")


def connect(settings: Settings) -> Connector:
    return Xero(settings)
