"""What a document will book over there, as debits and credits by account. No call is made."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.acts.issuing import to_be
from apps.billing.models import CreditNote, Document, Item, Synced
from apps.billing.rules.objections import ToBe
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Posting
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind, Snapshot, TaxAmount
from apps.core.money import ZERO
from apps.mappings.models import RemoteCode
from apps.mappings.taxes import asks_for_tax_codes
from apps.sync.assemble.documents import assembled
from apps.sync.assemble.foresee import Foreseen
from apps.sync.assemble.obstacles import Assembled, Obstacle
from apps.sync.models import Reason
from apps.sync.wording import capital, day, money

UNMAPPED = "unmapped:"  # an account, or a rate, that nobody has chosen yet
TAX = "tax:"  # of a posting: on the account of a rate of theirs
DocumentSnapshot = InvoiceSnapshot | CreditNoteSnapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """One account over there: a debit or a credit in the document's currency, and what it is worth
    in home currency. `lacking` says which mapping is missing; then the account has no name yet."""

    account: str
    debit: Decimal
    credit: Decimal
    home_debit: Decimal
    home_credit: Decimal
    lacking: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foretold:
    """What one set of books will hold of a document: rows, or a sentence instead of them.

    `lacking` are mappings that are missing beside those that a row lacks.
    """

    connection: Connection
    currency: str
    rows: tuple[Booked, ...] = ()
    sentence: str = ""
    lacking: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.connection.system_name

    @property
    def home(self) -> str:
        return self.connection.home_currency

    @property
    def is_foreign(self) -> bool:
        return self.currency != self.home

    @property
    def is_mapped(self) -> bool:
        return not self.lacking and not any(row.lacking for row in self.rows)

    @property
    def total(self) -> Booked:
        """What each column comes to."""
        return Booked(
            account="Total",
            debit=sum((row.debit for row in self.rows), ZERO),
            credit=sum((row.credit for row in self.rows), ZERO),
            home_debit=sum((row.home_debit for row in self.rows), ZERO),
            home_credit=sum((row.home_credit for row in self.rows), ZERO),
        )


def foretold(document: Document) -> list[Foretold]:
    """Of a saved invoice or credit note, in every set of books that its company is connected to."""
    rows = Connection.objects.filter(company=document.company_id).select_related("company")
    held = list(rows.exclude(stage=Connection.Stage.DISCONNECTED).order_by("pk"))
    return foretold_in(document, held) if held else []


def foretold_in(document: Document, connections: Iterable[Connection]) -> list[Foretold]:
    """The same in these books alone."""
    try:
        written = (
            to_be(document) if document.is_draft else ToBe(document, list(document.lines.all()))
        )
    except ValidationError as refusal:
        said = " ".join(refusal.messages)
        return [_instead(each, document, said) for each in connections]
    return [_foretold(each, written) for each in connections]


def foretold_of(connection: Connection, snapshot: DocumentSnapshot) -> Foretold:
    """Of a document as it stands over there: what they made of it."""
    lookups = _Foretelling(connection)
    if not lookups.connector.capabilities.accounts:
        return Foretold(connection=connection, currency=snapshot.currency)
    return lookups.told(snapshot)


def _foretold(connection: Connection, written: ToBe) -> Foretold:
    document = written.document
    lookups = _Foretelling(connection)
    if instead := _why_not(lookups, document):
        return _instead(connection, document, instead)
    kind = _kind(document)
    made = assembled(lookups, kind, document, written.lines, lookups.read([written]))
    assert isinstance(made.snapshot, DocumentSnapshot)  # `checked` below always gives it
    if made.left_out:
        return _instead(connection, document, made.left_out)
    lacking = list(dict.fromkeys(capital(each.sentence) + "." for each in made.obstacles))
    return lookups.told(made.snapshot, lacking)


def _why_not(lookups: "_Foretelling", document: Document) -> str:
    """Why these books will hold no debits and credits of it that could be shown; "" if they will."""
    can, kind, connection = lookups.connector.capabilities, _kind(document), lookups.connection
    if kind not in can.kinds:
        return can.cannot.get(kind, f"{can.name} has nothing of this kind: it stays here.")
    if connection.starts_on and document.issue_date < connection.starts_on:
        return f"It is dated before the cut-off, {day(connection.starts_on)}: it is never sent."
    if _lacks_a_rate(document):
        return (
            f"There is no exchange rate of {document.currency} on or before its date: what it is "
            "worth at home is not known yet."
        )
    if document.status == Document.Status.VOID:
        return "It is void, and books nothing."
    if not can.accounts:
        none = can.cannot.get("accounts", f"{can.name} has no chart of accounts.")
        return f"{none} {_made_there(can.name, document)}"
    return ""


def _lacks_a_rate(document: Document) -> bool:
    foreign = document.currency != document.company.home_currency
    return foreign and document.exchange_rate == 1 and document.exchange_rate_date is None


def _made_there(name: str, document: Document) -> str:
    """What will be there, where no account says it."""
    what = "An invoice" if _kind(document) == Kind.INVOICE else "A credit note"
    tax = f", {money(document.tax, document.currency)} of it tax," if document.tax else ""
    total = money(document.total, document.currency)
    return f"{what} of {total}{tax} for {document.customer} is made in {name}."


def _instead(connection: Connection, document: Document, sentence: str) -> Foretold:
    return Foretold(connection=connection, currency=document.currency, sentence=sentence)


def _kind(document: Document) -> Kind:
    return Kind.CREDIT_NOTE if isinstance(document, CreditNote) else Kind.INVOICE


class _Foretelling(Foreseen):
    """Assembles a document whose accounts need not all be chosen: what is not stands apart."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._unmapped: dict[str, str] = {}  # placeholder of an account → what is missing

    # --- Assembling -----------------------------------------------------------------------------

    def income(self, item: Item | None, what: str, obstacles: list[Obstacle]) -> str:
        account = super().income(item, what, obstacles)
        return account or self._placeholder(obstacles[-1].sentence)

    def checked(
        self, kind: Kind, record: Synced, snapshot: Snapshot, obstacles: list[Obstacle]
    ) -> Assembled:
        """The snapshot whatever stands in its way, and the mappings that are missing."""
        assert isinstance(snapshot, DocumentSnapshot)
        made = Assembled(kind=kind, pk=record.pk, revision=record.revision)
        unmapped = [each for each in obstacles if each.reason == Reason.MAPPING_MISSING]
        made.obstacles = list(dict.fromkeys(unmapped))
        made.snapshot = self._with_all_tax(snapshot, made.obstacles)
        return made

    def _with_all_tax(
        self, snapshot: DocumentSnapshot, obstacles: Sequence[Obstacle]
    ) -> DocumentSnapshot:
        """Tax whose code nobody has chosen is a rate of its own, so that the columns add up."""
        if not asks_for_tax_codes(self.connection) or self.connection.works_out_tax:
            return snapshot
        left = snapshot.tax - sum((each.tax for each in snapshot.taxes), ZERO)
        about = [each.sentence for each in obstacles if "tax" in each.waits_for]
        if not left or not about:
            return snapshot
        unknown = TaxAmount(rate_id=self._placeholder("; ".join(about)), tax=left)
        return dataclasses.replace(snapshot, taxes=(*snapshot.taxes, unknown))

    def _placeholder(self, sentence: str) -> str:
        known = {said: key for key, said in self._unmapped.items()}
        key = known.get(sentence, f"{UNMAPPED}{len(known)}")
        self._unmapped[key] = sentence
        return key

    # --- Telling --------------------------------------------------------------------------------

    def told(self, snapshot: DocumentSnapshot, lacking: Iterable[str] = ()) -> Foretold:
        """At rate 1 their debits and credits are what they are in the document's currency."""
        whole = self.connector.project(snapshot)
        assert isinstance(whole, DocumentSnapshot)
        home = _by_account(self.connector.effect(whole))
        bare = dataclasses.replace(
            whole,
            currency=self.connection.home_currency,
            exchange_rate=Decimal(1),
            home_total=None,
        )
        own = _by_account(self.connector.effect(bare))
        names = self._names(snapshot.currency)
        every = [
            self._row(account, own[account], home[account], names)
            for account in dict.fromkeys((*own, *home))
        ]
        rows = tuple(sorted(every, key=lambda row: not row.debit))  # debits first, as it is written
        in_rows = {row.lacking for row in rows}
        return Foretold(
            connection=self.connection,
            currency=snapshot.currency,
            rows=rows,
            sentence="" if rows else f"{self.name} will hold it, and book nothing.",
            lacking=tuple(
                each for each in lacking if not any(each in one for one in in_rows if one)
            ),
        )

    def _row(
        self,
        account: str,
        own: tuple[Decimal, Decimal],
        home: tuple[Decimal, Decimal],
        names: Mapping[str, str],
    ) -> Booked:
        lacking = self._unmapped.get(account.removeprefix(TAX), "")
        unknown = "Tax" if account.startswith(TAX) else "An account that was not read yet"
        return Booked(
            account=names.get(account, unknown),
            debit=own[0],
            credit=own[1],
            home_debit=home[0],
            home_credit=home[1],
            lacking=capital(lacking) + "." if lacking else "",
        )

    def _names(self, currency: str) -> dict[str, str]:
        """What their accounts and the rates of their tax codes are called, by what a posting says."""
        codes = RemoteCode.objects.filter(
            connection=self.connection, kind__in=[CodeKind.ACCOUNT, CodeKind.TAX_CODE]
        )
        names: dict[str, str] = {}
        for code in codes:
            if code.kind == CodeKind.ACCOUNT:
                names[code.remote_id] = str(code)
            for part in code.code_parts:
                owed = f", owed to {part.agency}" if part.agency else ""
                names[f"{TAX}{part.remote_id}"] = f"Tax {part.name}{owed}"
        receivable = names.get(self.receivable(currency, []), f"Receivable in {currency}")
        unmapped = dict.fromkeys(self._unmapped, "Sales, account not chosen yet")
        taxes = {f"{TAX}{key}": "Tax, code not chosen yet" for key in self._unmapped}
        return {"income": "Sales", "tax": "Sales tax", "receivable": receivable} | (
            names | unmapped | taxes
        )


def _by_account(postings: Iterable[Posting]) -> dict[str, tuple[Decimal, Decimal]]:
    """Debit and credit of each account, in the order in which it is first named; nil for others."""
    found: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for each in postings:
        debit, credit = found[each.account_id]
        found[each.account_id] = debit + each.debit, credit + each.credit
    return found
