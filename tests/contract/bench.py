"""A bench: a simulated company of one system, with its controls. Each system brings its own.

The tests of `test_each_*.py` speak to this and to the port, and to no system. Whatever is counted
here is counted by the simulation itself, never by the connector that is tested.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import pytest

from apps.connectors.port import Capabilities, Connector, Reply, Request, Role
from apps.connectors.snapshots import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Tax:
    """A tax of theirs that a line may bear: its code, the one rate of the code, and its percent,
    which is 20: what the tests expect is worked out by hand. `code_id` and `rate_id` are what the
    connector reads back, also where the engine would send none (no tax codes of theirs)."""

    code_id: str
    rate_id: str
    percent: Decimal


# Of a ledger whose documents bear none (`LineTax.UNTAXED`).
NO_TAX = Tax(code_id="", rate_id="", percent=Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """An object that stands in their books: its amount (None: it has none), and whether it was
    taken back."""

    remote_id: str
    amount: Decimal | None = None
    void: bool = False


class BenchCourier(Protocol):
    """Carries requests to the company, and keeps what it sent and what came back."""

    sent: list[Request]
    replies: list[Reply]

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]: ...


class Bench(Protocol):
    """One company of theirs, opened for one test. What their staff enter there, and how its books
    refuse, is asked only of a system that can be read back and that answers at once; what they
    confirm later, only of one that hands over."""

    connector: Connector
    courier: BenchCourier
    home: str  # its currency
    tax: Tax
    secrets: tuple[str, ...]  # whatever lets the courier in

    def account(self, role: Role) -> str:
        """Their account of this role; "" where there is no chart."""
        ...

    # --- What stands in their books -----------------------------------------------------------

    def standing(self, kind: Kind) -> list[Standing]:
        """Everything of a kind that is an object there, the ones taken back included; where nothing
        can be read back, everything that was handed over."""
        ...

    def paid_off(self, invoice_id: str) -> Decimal:
        """How much is set against an invoice."""
        ...

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        """Whatever their staff read as a note beside an object of theirs (its kind and id): on it,
        attached to it, in its history, on its customer. Asked only where they take notes of edits."""
        ...

    # --- Their staff ----------------------------------------------------------------------------

    def typed(self, kind: Kind, customer_id: str = "", amount: str = "") -> str:
        """A customer, an invoice or a payment that they enter; its id. Where a payment must name an
        invoice they enter one for it first."""
        ...

    def edited(self, kind: Kind, remote_id: str) -> None:
        """They write "Checked by Petra" on it, beside our mark where that stands in a remark."""
        ...

    def voided(self, kind: Kind, remote_id: str) -> None: ...

    def deleted(self, kind: Kind, remote_id: str) -> None:
        """A payment that is deleted there; some keep it, and say that it counts no more."""
        ...

    def confirmed(self, kind: Kind, *, refuse: str = "") -> None:
        """They book what was handed over of a kind, or turn it away for this reason."""
        ...

    # --- Faults ---------------------------------------------------------------------------------

    def lose(self, *, executed: bool, bearing: str = "") -> None:
        """The answer of the next write is lost, after or before it was executed. `bearing`: of the
        next whose body holds these words; only where they take notes of edits."""
        ...

    def refuse(self) -> None:
        """The books refuse the next write."""
        ...

    def throttle(self) -> None:
        """The next write meets a limit, and is told for how long."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """What a system's `bench.py` exports as SYSTEM. `start` brings up its simulation, once a
    session, and gives what opens a company: with `abroad` one that keeps several currencies, which
    is asked only of a system that has them. `live` connects a company of ours to one of them
    (`LiveBooks` in `tests/contract/live.py`, filled in with what differs). `divided`: by kind a
    record that becomes several objects there, of which it is the sum. `fixed`: kinds that nobody
    changes there; they are made and taken back. `only`: of a system that has a bench already, with
    something switched on: the tests of these kinds run on it and no others. `name` is then its own."""

    capabilities: Capabilities
    start: Callable[[pytest.FixtureRequest, ExitStack], Callable[..., Any]]
    live: Callable[[pytest.FixtureRequest, Callable[..., Any]], Any]
    divided: Mapping[Kind, Callable[[Any], Any]] = field(default_factory=dict)
    fixed: frozenset[Kind] = frozenset()
    only: frozenset[Kind] = frozenset()
    name: str = ""

    @property
    def called(self) -> str:
        return self.name or self.capabilities.system

    def takes(self, kind: Kind | None) -> bool:
        """Whether a test of this kind (None: of no kind) runs on it."""
        return not self.only or kind in self.only
