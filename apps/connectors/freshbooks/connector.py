"""The FreshBooks connector. Holds no row and no state."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors.errors import TryLater
from apps.connectors.freshbooks import notes, rules
from apps.connectors.freshbooks.access import ME
from apps.connectors.freshbooks.capabilities import CAPABILITIES, NAME
from apps.connectors.freshbooks.client import HEADERS, INVOICE, TAX, Calls
from apps.connectors.freshbooks.feed import Feed
from apps.connectors.freshbooks.objects import newest_first, object_of
from apps.connectors.freshbooks.reports import EVER, Reports
from apps.connectors.freshbooks.rounding import SETTING, WAYS, learnt, left_open, ways_of
from apps.connectors.freshbooks.settle import Settler
from apps.connectors.freshbooks.taxes import REGIME, codes_of
from apps.connectors.freshbooks.wire import NIL, Raw, Unread, country_code
from apps.connectors.freshbooks.writing import Writer
from apps.connectors.notes import EditNote, Noted
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
    Request,
    Settings,
    SurveyPage,
    Unsettled,
)
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind, Master, Snapshot

# Pages of their web app, below its address.
PAGES = {
    "client": "#/client/{id}",
    "invoice": "#/invoice/{company}-{id}",
    "credit_note": "#/credit/{company}-{id}",
    "item": "#/items",
}


class FreshBooks:
    """Speaks to one account of a business."""

    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home_currency
        self.calls = Calls(settings.remote_company_id)
        self.reader = Feed(self.calls, self.home)
        self.reports = Reports(self.calls, self.reader)
        self.writer = Writer(self.calls, self.reader, self.home)
        self.settler = Settler(self.reader, self.home)
        self.ways = ways_of(settings.there)

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        yield from self.writer.push(pushes, courier)

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        for push in unsettled.pushes:
            yield self.settler.settled(unsettled, push, courier)

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        """None: what is answered, and was read, stands."""
        return iter(())

    def note_edit(self, note: EditNote, courier: Courier) -> Noted:
        return notes.edit(self.reader, self.home, note, courier)

    # --- Theirs to ours ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        yield from self.reader.changes(since, self.settings.now(), known, courier)

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        return self.reader.ids(kinds, courier)

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.everything(list(kinds), courier)

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        yield from self.reader.survey(kinds, position, courier)

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.read(wanted, courier)

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.find(kind, names, courier)

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        """Clients alone: names are shared with nobody."""
        return tuple(self.reader.find(Kind.CUSTOMER, [name], courier))

    # --- The company ---

    def codes(self, courier: Courier) -> tuple[Code, ...]:
        """Their taxes: there is no account, term or method that a document could name."""
        try:
            return codes_of(self.reader.rows(TAX, courier).values())
        except Unread as problem:
            words = f"{NAME}'s taxes cannot be read: {problem.field} is {problem.value}."
            raise TryLater(words, f"Look at them in {NAME}.") from None

    def company(self, courier: Courier) -> Company:
        asked = Request(method="GET", path=ME, headers=HEADERS, purpose=Purpose.READS)
        me = self.reader.answer(asked, courier).said
        business = _business(me, self.settings.remote_company_id)
        name, home = self.reports.home(self.settings.today(), courier)
        address = business.get("address")
        country = address.get("country") if isinstance(address, Mapping) else ""
        return Company(
            remote_id=self.settings.remote_company_id,
            name=str(business.get("name") or name),
            country=country_code(country) if isinstance(country, str) else "",
            home_currency=home,
            multi_currency=False,
            tax_regime=REGIME,
            closing_date=None,
            settings=self._rounding(courier),
        )

    def _rounding(self, courier: Courier) -> Mapping[str, str]:
        """What their newest invoices tell of how they round tax; one page, and nothing where those
        would do in every way."""
        asked = self.calls.page(INVOICE, 1, (("sort", "invoice_date_desc"),))
        ways = learnt(newest_first(self.reader.answer(asked, courier).rows(INVOICE), self.home))
        return {SETTING: " ".join(ways)} if len(ways) < len(WAYS) else {}

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        """Not asked: their accounts are none that a record of ours can name. `reports` reads them."""
        return {}

    def receivable(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        """In home currency: nothing of ours is in another."""
        return {self.home: self.reports.receivable(dated, self.home, courier)}

    def tax_on_sales(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        """In home currency, by the tax summary."""
        rows = self.reports.tax_summary(EVER, dated, self.home, courier)
        return {self.home: sum((each.collected for each in rows), NIL)}

    # --- Pure ---

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return object_of(kind, raw, self.home)

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        """No record is several objects; parts are of the first."""
        wholes = [each for each in objects if not each.part]
        return next((each for each in wholes if not each.gone), (wholes or list(objects))[0])

    def project(self, snapshot: Snapshot) -> Snapshot:
        return rules.project(snapshot)

    def listed_as(self, master: Master, standing: str = "") -> str:
        return rules.listed_as(master)

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        return rules.objections(snapshot, self.ways)

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        return rules.effect(snapshot, self.home)

    def left_open(self, document: InvoiceSnapshot | CreditNoteSnapshot) -> Decimal:
        return left_open(document, self.ways)

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        """Below the address of their web app; or, where `web` itself says how its pages are
        called ("…/{company}/{kind}/{id}"), there."""
        kind, remote_id = (
            (remote.kind, remote.remote_id) if isinstance(remote, RemoteObject) else remote
        )
        company = self.settings.remote_company_id
        if "{id}" in web:
            return web.format(company=company, kind=kind, id=remote_id)
        page = PAGES.get(kind, "").format(company=company, id=remote_id)
        return f"{web.rstrip('/')}/{page}" if page else web


def _business(me: Any, account: str) -> Raw:
    """The business of this account, as whoever consented is a member of it."""
    memberships = me.get("business_memberships") if isinstance(me, Mapping) else None
    for each in memberships if isinstance(memberships, list) else []:
        business = each.get("business") if isinstance(each, Mapping) else None
        if isinstance(business, Mapping) and business.get("account_id") == account:
            return business
    return {}


def connect(settings: Settings) -> Connector:
    return FreshBooks(settings)
