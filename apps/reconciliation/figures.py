"""What a comparison found: figures of both sides, and a sentence for everything that differs."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from apps.connectors.totals import ControlTotal
from apps.core.money import fits, minor_unit
from apps.reconciliation.findings import Finding
from apps.reconciliation.journal import Journal
from apps.reconciliation.models import Question, Why

ZERO = Decimal(0)

# What an account is for, in the order in which accounts are listed. "other" is the account of a
# role of ours (fees, bad debts, retainers), "theirs" one that only what is theirs posts to.
ROLES = ("receivable", "income", "tax", "clearing", "bank", "other", "exchange", "theirs")


TOTALS = {
    ControlTotal.RECEIVABLE: "Receivable",
    ControlTotal.TAX: "Tax on sales",
}
# What each says, in a note below it.
TOTALS_MEAN = {
    ControlTotal.RECEIVABLE: "What customers owe at the end of {day}, debit less credit.",
    ControlTotal.TAX: "Tax of invoices until the end of {day}, less that of credit notes.",
}


def shown(amount: Decimal, currency: str) -> str:
    """An amount as staff read it: 1,234.50 GBP. What is finer than the currency is shown whole."""
    if fits(amount, currency):
        amount = amount.quantize(minor_unit(currency))
    return f"{amount:,f} {currency}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Both:
    """One figure as it stands here and over there."""

    ours: Decimal = ZERO
    theirs: Decimal = ZERO

    @property
    def agrees(self) -> bool:
        return self.ours == self.theirs

    def plus(self, ours: Decimal, theirs: Decimal) -> "Both":
        return Both(ours=self.ours + ours, theirs=self.theirs + theirs)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountLine:
    """One account: what our records put there, what is explained besides, what they say.

    Debit less credit, in home currency. `explained` is what documents that exist only over there
    and lines recoded by hand over there put there.
    """

    account_id: str
    name: str
    role: str  # see ROLES
    ours: Decimal
    explained: Decimal
    theirs: Decimal

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours - self.explained


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One record, and by how much it makes their total another one than ours."""

    why: Why
    amount: Decimal  # theirs less ours
    sentence: str
    ours: tuple[tuple[str, int], ...] = ()  # kind and key
    theirs: tuple[tuple[str, str], ...] = ()  # their kind, their id


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalLine:
    """A control total of theirs beside ours, worked out from our own rows (`TOTALS_MEAN`)."""

    total: ControlTotal
    currency: str
    on: date  # at the end of this day
    ours: Decimal
    theirs: Decimal
    explanations: tuple[Explanation, ...] = ()

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours

    @property
    def unexplained(self) -> Decimal:
        """What no record of either side accounts for."""
        return self.difference - sum((each.amount for each in self.explanations), ZERO)

    @property
    def agrees(self) -> bool:
        """Equal, or apart by nothing but what is named and is no difference."""
        return not self.unexplained and not any(each.why.differs for each in self.explanations)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerLine:
    """What one customer owes in one currency, here and there; debit less credit.

    `customer_id` is ours, None of one that is only theirs and of what names no customer; `remote_ids`
    are its ids over there, none where it stands only here.
    `explained` is what makes theirs more and is no difference: only there, left out, of before the
    cut-off. `home` is the same in home currency, with what applications realised; None where their
    ledger tells no account in it.
    """

    customer_id: int | None
    remote_ids: tuple[str, ...]
    name: str
    currency: str
    ours: Decimal
    theirs: Decimal
    explained: Decimal = ZERO
    home: Both | None = None

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours

    @property
    def unexplained(self) -> Decimal:
        return self.difference - self.explained

    @property
    def is_nil(self) -> bool:
        at_home = self.home is not None and (self.home.ours or self.home.theirs)
        return not (self.ours or self.theirs or self.explained or at_home)


@dataclass(kw_only=True)
class Comparison:
    """Both sides beside each other, read afresh. Amounts are in the company's home currency.

    `differences` say both amounts; `doubles`, `only_here` are differences by their
    nature; `only_there` and `recoded` are listed and counted, and their effect on the accounts is
    explained; `due_elsewhere` are invoices that are due on another day there, which stays as it is;
    `set_off_elsewhen` are figures of the day `as_of` that were apart by nothing but the days on which
    something was applied or un-applied, and are equal now: no account moves by them;
    `left_out` is what was left out for a stated reason; `opening` what was open at the
    cut-off and is linked. `questions` are what only a
    person can judge and nobody has answered: they block. `answered` are listed and do not.
    `customers` is what each owes, those that differ first; by currency, or at home where their ledger
    tells that, their differences add up to that of the receivable.
    `accounts` and `totals` are laid beside the control totals that their ledger can tell;
    `not_held_against` says in a sentence which it cannot, and why: "" where nothing is left over.
    """

    system: str  # as staff read it
    books: str
    currency: str
    at: datetime
    as_of: date | None = None  # at the end of this day; None: as both sides stand now
    documents: int = 0
    payments: int = 0
    adjustments: int = 0
    refunds: int = 0
    deposits: int = 0
    sums: dict[str, Both] = field(default_factory=dict)  # net, tax, total, paid, balance due …
    accounts: list[AccountLine] = field(default_factory=list)
    totals: list[TotalLine] = field(default_factory=list)
    customers: list[CustomerLine] = field(default_factory=list)
    not_held_against: str = ""
    differences: list[Finding] = field(default_factory=list)
    doubles: list[Finding] = field(default_factory=list)
    only_here: list[Finding] = field(default_factory=list)
    only_there: list[str] = field(default_factory=list)
    recoded: list[str] = field(default_factory=list)
    due_elsewhere: list[str] = field(default_factory=list)
    set_off_elsewhen: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    opening: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    answered: list[Question] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0
    journal: Journal | None = None  # its postings, where somebody wants them

    @property
    def tied_out(self) -> bool:
        """Both sides agree: nothing differs, nothing stands there twice, nothing is missing, and
        nothing is open that a person must be asked."""
        blocks = self.differences or self.doubles or self.only_here or self.questions
        return not blocks and all(line.agrees for line in self.totals)

    @property
    def findings(self) -> list[Finding]:
        """All that differs, each with what it is about."""
        return [*self.differences, *self.doubles, *self.only_here]

    @property
    def refusals(self) -> list[str]:
        """Why agreement is refused, each with its cause."""
        asked = [str(each) for each in self.questions]
        named = [*self.findings, *asked]
        # What makes a total differ is told of its record first: here only, were it told nowhere.
        return named or [
            each.sentence for line in self.totals for each in line.explanations if each.why.differs
        ]

    def add(self, name: str, ours: Decimal, theirs: Decimal) -> None:
        self.sums[name] = self.sums.get(name, Both()).plus(ours, theirs)
