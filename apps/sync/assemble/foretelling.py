"""Debits and credits that a ledger will make of records of ours, as rows under its accounts' names."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from apps.billing.models import BankAccount, Item, PaymentMethod, Synced
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Posting, Role
from apps.connectors.roundings import LearnsRounding
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    Kind,
    RefundSnapshot,
    Snapshot,
    TaxAmount,
)
from apps.core.money import ZERO
from apps.mappings.models import Mapping as Mapped
from apps.mappings.models import RemoteCode
from apps.mappings.taxes import asks_for_tax_codes
from apps.sync.assemble.foresee import Foreseen
from apps.sync.assemble.home_cents import rounded_by_group
from apps.sync.assemble.obstacles import Assembled, Obstacle
from apps.sync.models import Reason, State, SyncRecord
from apps.sync.wording import capital, money

UNMAPPED = "unmapped:"  # an account, or a rate, that nobody has chosen yet
TAX = "tax:"  # of a posting: on the account of a rate of theirs
# Where the ledger chooses the account.
RECEIVABLE, CLEARING, EXCHANGE, ROUNDING = "receivable", "clearing", "exchange", "rounding"
DocumentSnapshot = InvoiceSnapshot | CreditNoteSnapshot
Sides = tuple[Decimal, Decimal]  # debit, credit
HELD = (Reason.CANNOT_HOLD, Reason.PERIOD_CLOSED)  # said of money beside what it books


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
    """What one set of books will hold of what is foretold: rows, or a sentence instead of them.

    `lacking` are mappings that are missing beside those that a row lacks; `notes` say what of it is
    held or stays here. `is_booked`: it stands there as it is here by now. `cents`: home currency that
    may stand on another of these accounts, where nobody knows how they round parts.
    """

    connection: Connection
    currency: str
    rows: tuple[Booked, ...] = ()
    sentence: str = ""
    lacking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_booked: bool = False
    cents: Decimal = ZERO

    @property
    def but_for(self) -> str:
        """How exact the rows are, where that is not to the cent."""
        if not self.cents:
            return ""
        return (
            f"To the cent, but for {money(self.cents, self.home)} at most: {self.name} does not tell "
            "on which of these accounts the cents fall that rounding to "
            f"{self.home} leaves."
        )

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


@dataclass(slots=True)
class Moved:
    """What moves beside the records themselves, in home currency: `realised` on the receivable
    against exchange gain or loss, and `cleared`, what money was worth where it lay until it was
    banked. `lies_in` is the account of theirs where it lay; `cents` may stand on either of them."""

    realised: Decimal = ZERO
    cleared: Decimal | None = None
    lies_in: str = ""
    cents: Decimal = ZERO


class Foretelling(Foreseen):
    """Assembles records whose accounts need not all be chosen: what is not stands apart."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        # Placeholder of an account → what is missing, and what the row is called meanwhile.
        self._unmapped: dict[str, tuple[str, str]] = {}
        self.notes: list[str] = []

    # --- Assembling -----------------------------------------------------------------------------

    def income(self, item: Item | None, what: str, obstacles: list[Obstacle]) -> str:
        return self._or_apart(super().income(item, what, obstacles), obstacles, "Sales")

    def role(self, role: str, obstacles: list[Obstacle]) -> str:
        label = str(Mapped.Subject(role).label)
        return self._or_apart(super().role(role, obstacles), obstacles, label)

    def method(self, method: PaymentMethod, on: date, obstacles: list[Obstacle]) -> tuple[str, str]:
        account, called = super().method(method, on, obstacles)
        return self._or_apart(account, obstacles, f"Money by {method}"), called

    def bank(self, account: BankAccount, obstacles: list[Obstacle]) -> str:
        return self._or_apart(super().bank(account, obstacles), obstacles, str(account))

    def _or_apart(self, account: str, obstacles: Sequence[Obstacle], words: str) -> str:
        """An account that is not chosen yet stands apart; books without accounts ask for none."""
        if account or not self.connector.capabilities.accounts:
            return account
        return self._placeholder(obstacles[-1].sentence, words)

    def receivable(self, currency: str, obstacles: list[Obstacle]) -> str:
        """One that comes into being with its first customer goes by what the ledger chooses."""
        return super().receivable(currency, []) or RECEIVABLE

    def checked(
        self, kind: Kind, record: Synced, snapshot: Snapshot, obstacles: list[Obstacle]
    ) -> Assembled:
        """The snapshot whatever stands in its way, and the mappings that are missing."""
        made = Assembled(kind=kind, pk=record.pk, revision=record.revision)
        unmapped = [each for each in obstacles if each.reason == Reason.MAPPING_MISSING]
        made.obstacles = list(dict.fromkeys(unmapped))
        made.snapshot = snapshot
        if isinstance(snapshot, DocumentSnapshot):
            made.snapshot = self._with_all_tax(snapshot, made.obstacles)
        if not unmapped:
            obstacles = [*obstacles, *self.rules_against(snapshot)]
        if self._is_in_another_currency(kind, snapshot):
            self.notes.append(self.connector.capabilities.cannot["bank_currency"])
        held = dict.fromkeys(each.sentence for each in obstacles if each.reason in HELD)
        self.notes += [f"Tieout will hold it: {each.rstrip('.')}." for each in held]
        return made

    def _is_in_another_currency(self, kind: Kind, snapshot: Snapshot) -> bool:
        """Of a line of the bank: than its account is."""
        if not isinstance(snapshot, RefundSnapshot | DepositSnapshot) or snapshot.cancelled:
            return False
        if kind not in self.connector.capabilities.in_bank_currency:
            return False
        currencies = {code.remote_id: code.currency for code in self._codes}
        held_in = currencies.get(snapshot.account_id) or self.connection.home_currency
        return snapshot.currency != held_in

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
        unknown = TaxAmount(rate_id=self._placeholder("; ".join(about), "Tax"), tax=left)
        return dataclasses.replace(snapshot, taxes=(*snapshot.taxes, unknown))

    def cents_left_open(self, snapshot: Snapshot) -> str:
        """A sentence where their tax of it may be rounded otherwise than ours; "" where it may not,
        and of what bears no tax."""
        there = self.connector.project(snapshot)
        if not (isinstance(self.connector, LearnsRounding) and isinstance(there, DocumentSnapshot)):
            return ""
        most = self.connector.left_open(there)
        if not most:
            return ""
        return (
            f"{self.name} works the tax out itself, and nothing there shows yet how it rounds: the "
            f"tax may come out otherwise by {money(most, there.currency)} at most. Tieout then "
            "asks about it."
        )

    def _placeholder(self, sentence: str, words: str) -> str:
        known = {said: key for key, (said, _) in self._unmapped.items()}
        key = known.get(sentence, f"{UNMAPPED}{len(known)}")
        self._unmapped[key] = sentence, words
        return key

    # --- Telling --------------------------------------------------------------------------------

    def told(
        self,
        snapshots: Sequence[Snapshot],
        currency: str,
        lacking: Iterable[str] = (),
        moved: Moved | None = None,
    ) -> Foretold:
        """All of them together, an account in one row: what stands on both of its sides is netted
        where there are several. At rate 1 their debits and credits are what they are in their own
        currency."""
        own: list[Posting] = []
        home: list[Posting] = []
        for each in snapshots:
            whole: Any = self.connector.project(each)
            bare = {"currency": self.connection.home_currency, "exchange_rate": Decimal(1)}
            if isinstance(whole, DocumentSnapshot):
                bare["home_total"] = None
            of_own = self.connector.effect(dataclasses.replace(whole, **bare))
            own += of_own
            home += self._at_home(whole, of_own, self.connector.effect(whole))
        aliases = {CLEARING: moved.lies_in} if moved is not None and moved.lies_in else {}
        own_sides, home_sides = _by_account(own, aliases), _by_account(home, aliases)
        if moved is not None:
            _move(home_sides, moved, there=_by_account(home, {})[CLEARING])
            own_sides, home_sides = _netted(own_sides), _netted(home_sides)
        names = self._names(currency)
        every = [
            self._row(account, own_sides[account], home_sides[account], names)
            for account in dict.fromkeys((*own_sides, *home_sides))
            if any((*own_sides[account], *home_sides[account]))
        ]
        # Debits first, as it is written.
        rows = tuple(sorted(every, key=lambda row: not (row.debit or row.home_debit)))
        in_rows = {row.lacking for row in rows}
        return Foretold(
            connection=self.connection,
            currency=currency,
            rows=rows,
            sentence="" if rows else f"{self.name} will hold it, and book nothing.",
            lacking=tuple(
                each for each in lacking if not any(each in one for one in in_rows if one)
            ),
            notes=tuple(dict.fromkeys(self.notes)),
            cents=moved.cents if moved is not None else ZERO,
        )

    def _at_home(
        self, snapshot: Snapshot, own: Sequence[Posting], home: Sequence[Posting]
    ) -> Sequence[Posting]:
        """Where a ledger rounds each account of a document by itself, the rates of one agency are
        one account."""
        rounds_accounts = self.connector.capabilities.home_cents_told
        if not (isinstance(snapshot, DocumentSnapshot) and rounds_accounts):
            return home
        if snapshot.exchange_rate == 1:
            return home
        agencies = {
            part.remote_id: part.agency
            for code in self._codes
            for part in code.code_parts
            if part.agency
        }
        groups = {
            each.account_id: f"{TAX}{agencies.get(each.account_id.removeprefix(TAX), each.account_id)}"
            for each in own
            if each.account_id.startswith(TAX)
        }
        return rounded_by_group(
            own, home, groups, snapshot.exchange_rate, self.connection.home_currency
        )

    @cached_property
    def _codes(self) -> list[RemoteCode]:
        kinds = [CodeKind.ACCOUNT, CodeKind.TAX_CODE]
        return list(RemoteCode.objects.filter(connection=self.connection, kind__in=kinds))

    def _row(self, account: str, own: Sides, home: Sides, names: Mapping[str, str]) -> Booked:
        lacking, _ = self._unmapped.get(account.removeprefix(TAX), ("", ""))
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
        names: dict[str, str] = {}
        exchange, rounding = "Exchange gain or loss", "Rounding"
        for code in self._codes:
            if code.kind == CodeKind.ACCOUNT:
                names[code.remote_id] = str(code)
            if Role.EXCHANGE in code.roles:
                exchange = str(code)
            if Role.ROUNDING in code.roles:
                rounding = str(code)
            for part in code.code_parts:
                owed = f", owed to {part.agency}" if part.agency else ""
                names[f"{TAX}{part.remote_id}"] = f"Tax {part.name}{owed}"
        chosen = {
            "income": "Sales",
            "tax": "Sales tax",
            RECEIVABLE: names.get(self.receivable(currency, []), f"Receivable in {currency}"),
            CLEARING: "Money received, not banked yet",
            EXCHANGE: exchange,
            ROUNDING: rounding,
        }
        unmapped: dict[str, str] = {}
        for key, (_, words) in self._unmapped.items():
            unmapped[key] = f"{words}, account not chosen yet"
            unmapped[f"{TAX}{key}"] = f"{words}, code not chosen yet"
        return chosen | names | unmapped


def books_of(company_id: int) -> list[Connection]:
    """Every set of books that a company is connected to."""
    rows = Connection.objects.filter(company=company_id).select_related("company")
    return list(rows.exclude(stage=Connection.Stage.DISCONNECTED).order_by("pk"))


def instead(connection: Connection, currency: str, sentence: str) -> Foretold:
    return Foretold(connection=connection, currency=currency, sentence=sentence)


def as_it_stands(told: Foretold, records: Sequence[Synced]) -> Foretold:
    """With the word whether all of it stands there as it is here."""
    booked = all(each.pk and _stands(told.connection, each) for each in records)
    return dataclasses.replace(told, is_booked=booked)


def _stands(connection: Connection, record: Synced) -> bool:
    rows = SyncRecord.objects.filter(
        connection=connection,
        state=State.IN_THE_BOOKS,
        sent=record.revision,
        **{f"{Kind(record.kind).value}_id": record.pk},
    )
    return rows.exists()


def _by_account(postings: Iterable[Posting], aliases: Mapping[str, str]) -> dict[str, Sides]:
    """Debit and credit of each account, in the order in which it is first named; nil for others."""
    found: dict[str, Sides] = defaultdict(lambda: (ZERO, ZERO))
    for each in postings:
        account = aliases.get(each.account_id, each.account_id)
        debit, credit = found[account]
        found[account] = debit + each.debit, credit + each.credit
    return found


def _netted(sides: Mapping[str, Sides]) -> dict[str, Sides]:
    found: dict[str, Sides] = defaultdict(lambda: (ZERO, ZERO))
    for account, (debit, credit) in sides.items():
        found[account] = max(debit - credit, ZERO), max(credit - debit, ZERO)
    return found


def _move(home: dict[str, Sides], moved: Moved, there: Sides) -> None:
    """A gain is above nil: the receivable fell by less than the money was worth. What was banked
    at another rate (`there`) than it came in at leaves the difference to the same account."""
    _post(home, RECEIVABLE, moved.realised)
    _post(home, EXCHANGE, -moved.realised)
    if moved.cleared is None:
        return
    debit, credit = there
    over = moved.cleared - (credit - debit)
    _post(home, moved.lies_in or CLEARING, -over)
    _post(home, EXCHANGE, over)


def _post(home: dict[str, Sides], account: str, amount: Decimal) -> None:
    """A debit above nil."""
    debit, credit = home[account]
    home[account] = debit + max(amount, ZERO), credit + max(-amount, ZERO)
