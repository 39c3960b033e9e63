"""The other side of the demo: what every simulated system lets a person do there by hand.

One module beside this file per system, named as its connector names it, exports BOOKS. It alone
knows the system's addresses, the words of its objects and the accounts of its chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from apps.connectors.registry import systems
from apps.demo.place import DemoRefused


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenInvoice:
    """An invoice with a balance due over there; `customer` is their id of its customer."""

    id: str
    customer: str
    balance: Decimal
    is_foreign: bool  # in another currency than the company's


@dataclass(frozen=True, kw_only=True, slots=True)
class Undeposited:
    """A payment that no deposit holds yet."""

    id: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Accounts of the simulated chart, by what of ours goes there."""

    services: str
    goods: str
    bank: str
    discounts: str
    bank_charges: str
    bad_debts: str
    prepayments: str
    clearing: str  # where money lies until it is banked


class Books(Protocol):
    """One company in the simulated books."""

    system: str  # as its connector is named
    is_shown_first: bool  # where nobody says which system is to be shown
    chart: Chart | None  # None where nothing of ours names an account
    # Tax, where it works it out itself: the company of a file does as its ledger. That of the sample
    # has discounts of whole documents, which come to the same by rate alone.
    rounds_by_line: bool
    company_id: str  # empty until it is opened
    person: str  # who signs in there, where their page asks

    def __init__(self, ledgers: str) -> None: ...

    def is_up(self) -> bool: ...

    def open_company(self, name: str, currency: str, *, published_limits: bool) -> str:
        """A British company with VAT that may have several currencies; their id of it."""

    def page(self) -> str:
        """Where a person looks at these books."""

    def open_invoices(self) -> Sequence[OpenInvoice]:
        """Oldest first."""

    def record_payment(
        self, invoices: dict[str, Decimal], *, amount: Decimal, customer: str, reference: str
    ) -> str:
        """Money received over there, set against invoices (their id → amount); their id of it."""

    def void_payment(self, remote_id: str) -> None: ...

    def undeposited_payments(self, clearing: str) -> Sequence[Undeposited]:
        """Payments that lie on this account (an id), in no deposit yet."""

    def make_deposit(self, bank: str, payments: Sequence[Undeposited], *, dated: date) -> str:
        """Bank these payments over there, by hand; their id of the deposit. `bank` is an id."""


def other_sides() -> dict[str, type[Books]]:
    """By name the systems that the demo knows how to act in, the one that is shown first first."""
    found: dict[str, type[Books]] = {
        system: import_module(f"{__package__}.{system}").BOOKS
        for system in sorted(systems())
        if find_spec(f"{__package__}.{system}")
    }
    if not found:
        raise DemoRefused("The demo knows none of the accounting systems that are installed.")
    return dict(sorted(found.items(), key=lambda each: not each[1].is_shown_first))
