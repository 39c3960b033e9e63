"""Their company and the rows of their chart and lists, as a connector reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum


class CodeKind(StrEnum):
    """Kinds of rows of their chart and lists that a mapping of ours can point to."""

    ACCOUNT = "account"
    TAX_CODE = "tax_code"
    TERM = "term"
    PAYMENT_METHOD = "payment_method"
    CLASS = "class"
    LOCATION = "location"


class Role(StrEnum):
    """What one of their accounts may serve as."""

    INCOME = "income"  # sales of an item
    RECEIVABLE = "receivable"
    BANK = "bank"
    CLEARING = "clearing"  # money received and not yet banked
    CURRENT_ASSET = (
        "current_asset"  # tax to be taken back; whether money may be received on it or not
    )
    LIABILITY = "liability"  # retainers, vouchers, deferred income
    EXPENSE = "expense"  # fees and deductions
    TAX = "tax"  # what sales owe to an agency
    EXCHANGE = "exchange"  # realised gain and loss
    ROUNDING = "rounding"  # what a ledger's own rounding leaves
    SALES_TAX = "sales_tax"  # of a tax code: it may stand on a sale


@dataclass(frozen=True, kw_only=True, slots=True)
class DatedPercent:
    """What a rate of theirs is from a day and to a day, both included; None: without end."""

    percent: Decimal
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.since or date.min) <= day <= (self.until or date.max)


@dataclass(frozen=True, kw_only=True, slots=True)
class CodePart:
    """A rate that one of their tax codes is made of, owed to one agency.

    `percent` is what it is today; `dated` what it was and will be, where it changes.
    """

    remote_id: str
    name: str
    percent: Decimal
    agency: str = ""
    dated: tuple[DatedPercent, ...] = ()

    def on(self, day: date) -> "CodePart":
        """The part as it is on a day; as it is today where they do not say."""
        holding = [each for each in self.dated if each.holds_on(day)]
        if not holding:
            return self
        latest = max(holding, key=lambda each: each.since or date.min)
        return replace(self, percent=latest.percent)


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """One row of their chart of accounts or lists."""

    kind: CodeKind
    remote_id: str
    name: str
    number: str = ""
    active: bool = True
    currency: str = ""
    roles: frozenset[Role] = frozenset()
    detail: Mapping[str, str] = field(default_factory=dict)  # type, subtype, due days …
    parts: tuple[CodePart, ...] = ()  # of a tax code, as they fall on a sale


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """Their company, as read at connect and daily.

    `refusals` are sentences: why Tieout cannot serve this company as it is set up there; `warnings`
    what its settings do by themselves with records of ours, and how that is switched off.
    """

    remote_id: str
    name: str
    country: str
    home_currency: str
    multi_currency: bool
    tax_regime: str  # "none", or the connector's own word
    # Whether every line must bear a tax code there, the untaxed ones included.
    tax_code_on_every_line: bool = False
    # Whether they work the tax out themselves, so that a code says taxed or not and no rate.
    works_out_tax: bool = False
    closing_date: date | None
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    demo: bool = False  # a company of theirs to try things in: nobody's books
    settings: Mapping[str, str] = field(default_factory=dict)
