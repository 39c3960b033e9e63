"""The accounts of a comparison while sums are added up: ours, what is explained, and their names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.billing.models import Item, PaymentMethod
from apps.connections.models import Connection
from apps.mappings.look_up import Mappings
from apps.mappings.models import RemoteCode
from apps.reconciliation.figures import ROLES, ZERO, AccountLine
from apps.reconciliation.findings import About
from apps.reconciliation.journal import Journal
from apps.reconciliation.taxes import TAX, TaxAccounts, TheirTaxes, agencies_of

RECEIVABLE = "receivable"  # all receivables of theirs in home currency: the ledger chooses
EXCHANGE = "exchange"  # all their accounts of realised differences

Sums = dict[str, Decimal]  # their account → debit less credit, in home currency


def sums() -> Sums:
    return defaultdict(Decimal)


@dataclass(frozen=True, slots=True)
class Income:
    """A document on both sides with its income by account, as we post it and as it stands there;
    debit less credit in home currency."""

    kind: str
    pk: int
    name: str  # as sentences name it
    invoice_id: int | None  # of a credit note, the invoice that it credits
    here: Sums
    there: Sums

    @property
    def moved(self) -> Sums:
        """By account, what stands there more than we put there."""
        return moved(self.here, self.there)


def moved(here: Sums, there: Sums) -> Sums:
    """By account, what stands there more than here; without those that are equal."""
    apart = {
        account: there.get(account, ZERO) - here.get(account, ZERO) for account in {**there, **here}
    }
    return {account: amount for account, amount in apart.items() if amount}


class Chart:
    """Their accounts, by what of ours they are called for. Loaded once."""

    def __init__(self, connection: Connection) -> None:
        self.home = connection.company.home_currency
        self.mappings = Mappings.of(connection)
        self.codes = {
            code.remote_id: code
            for code in RemoteCode.objects.filter(connection=connection, kind="account")
        }
        self.taxes = TheirTaxes(self.mappings)
        self.tax_accounts = TaxAccounts(self.codes.values())
        self.agencies = {**agencies_of(connection), **self.taxes.agencies}
        self.items = Item.objects.filter(company=connection.company_id).in_bulk()
        self._receivables = self._by_currency(apart=connection.capabilities.receivable_per_currency)
        self._of_items: dict[int | None, str] = {}

    def _by_currency(self, *, apart: bool) -> dict[str, list[str]]:
        """The receivables of each currency; all as the home one where one holds every currency."""
        found: dict[str, list[str]] = defaultdict(list)
        for code in self.codes.values():
            if RECEIVABLE in code.roles:
                found[(code.currency if apart else "") or self.home].append(code.remote_id)
        return found

    def receivable(self, currency: str) -> str:
        """The key of a currency's receivable; the home one where that has none of its own."""
        foreign = currency not in ("", self.home) and currency in self._receivables
        return f"{RECEIVABLE}:{currency}" if foreign else RECEIVABLE

    def of_item(self, item_id: int | None) -> str:
        """ "" where no mapping says: it then shows as a difference of its own."""
        if item_id not in self._of_items:
            item = self.items.get(item_id) if item_id is not None else None
            self._of_items[item_id] = _id(self.mappings.income_account(item))
        return self._of_items[item_id]

    def of_method(self, method: PaymentMethod | None, on: date) -> str:
        """Where money of this day by this method lies."""
        return _id(self.mappings.method_account(method, on)) if method is not None else ""

    def of_role(self, role: str) -> str:
        return _id(self.mappings.codes.get((role, None)))

    def tax_account(self, rate_id: str) -> str:
        """The key of what one of their rates is owed on."""
        return self.tax_accounts.key(self.agencies.get(rate_id, ""))

    def role_of(self, account_id: str) -> str:
        """What one of their accounts is, where nothing of ours says."""
        if account_id.partition(":")[0] == RECEIVABLE:
            return RECEIVABLE
        code = self.codes.get(account_id)
        known = [role for role in ROLES if code is not None and role in code.roles]
        if code is not None and "bank" in code.roles:
            return "bank"
        return known[0] if known else "theirs"

    def key_of(self, account_id: str) -> str:
        """The key under which one of their accounts is compared."""
        code = self.codes.get(account_id)
        if code is None:
            return account_id
        if RECEIVABLE in code.roles:
            return self.receivable(code.currency)
        return EXCHANGE if EXCHANGE in code.roles else account_id

    def members(self, key: str) -> list[str]:
        """The accounts of theirs that a key stands for."""
        if key == RECEIVABLE:
            return self._receivables.get(self.home, [])
        if key.startswith(f"{RECEIVABLE}:"):
            return self._receivables.get(key.partition(":")[2], [])
        if key == EXCHANGE:
            return [each.remote_id for each in self.codes.values() if EXCHANGE in each.roles]
        return [key]


@dataclass(slots=True)
class Ledger:
    """What every account should say: by our rows, and what is explained besides."""

    chart: Chart
    ours: Sums = field(default_factory=sums)
    explained: Sums = field(default_factory=sums)
    roles: dict[str, str] = field(default_factory=dict)
    journal: Journal | None = None

    def about(self, day: date | None, name: About | str) -> None:
        """What is posted from here on is of this record, for the journal."""
        if self.journal is not None:
            self.journal.begin(day, str(name))

    def post(self, into: Sums, account: str, amount: Decimal, role: str) -> None:
        if self.journal is not None:
            self.journal.post(account, amount)
        into[account] += amount
        self.roles.setdefault(account, role)

    def lines(self, balances: Mapping[str, Decimal]) -> Iterator[AccountLine]:
        """Every account that something posts to, beside what their trial balance says of it."""
        listed = {*self.ours, *self.explained}
        apart = {account for account in listed if account in self.chart.codes}
        for key in listed:
            if key == TAX:
                members = [
                    each.remote_id
                    for each in self.chart.tax_accounts.codes
                    if each.remote_id not in apart
                ]
            else:
                members = self.chart.members(key)
            yield AccountLine(
                account_id=key,
                name=self._name(key, members),
                role=self._role(key),
                ours=self.ours[key],
                explained=self.explained[key],
                theirs=sum((balances.get(each, ZERO) for each in members), ZERO),
            )

    def _name(self, key: str, members: Iterable[str]) -> str:
        names = sorted(str(self.chart.codes[each]) for each in members if each in self.chart.codes)
        if names:
            return " + ".join(names)
        kind, _, currency = key.partition(":")
        words = {
            RECEIVABLE: f"Receivable {currency}".strip(),
            TAX: "Tax payable",
            EXCHANGE: "Exchange gain or loss",
        }
        return words.get(kind, key) or "no account mapped"

    def _role(self, key: str) -> str:
        """A bank account stays one, though a payment method lets money lie there."""
        role = self.roles[key]
        code = self.chart.codes.get(key)
        if code is not None and role in ("bank", "clearing"):
            return "bank" if "bank" in code.roles else "clearing"
        return role


def _id(code: RemoteCode | None) -> str:
    return code.remote_id if code is not None else ""
