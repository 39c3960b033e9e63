"""What a ledger can and cannot, as data: each connector exports one as `CAPABILITIES`.

`tests/contract/test_capabilities.py` names for each field, at each of its values, the bench that
has it and the test.
"""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.connectors.limits import Limit
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal


class LineTax(StrEnum):
    """What says on a line over there how it is taxed."""

    CODE = "code"  # a tax code of theirs, to which our rate is mapped
    PERCENT = "percent"  # the percentage itself, beside the tax in money
    AMOUNT = "amount"  # nothing: the tax of a line is an amount and no more
    UNTAXED = "untaxed"  # no document bears any: one with tax stays here


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """What a connector can do and does only where a person switched it on for a connection.

    With it on the ledger has `kinds` besides its own, a note is written in the history of each
    record of the kinds in `notes` once it is made there, and the sentences of `cannot` hold; one
    that is empty takes that of its case away.
    """

    words: str  # as staff read it on a form
    sentence: str  # what happens with it on, in words that say what it costs
    kinds: frozenset[Kind] = frozenset()
    notes: frozenset[Kind] = frozenset()
    cannot: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A setting of theirs that acts on what we send: looked at before anything goes over.

    `setting` names it in `Company.settings`, `wanted` its values that need no change there; without
    a setting a person is asked whether it is as `asks` says.
    """

    words: str  # what it is called, as staff read it
    asks: str  # how it should be, as a sentence that can be said yes to
    why: str  # what happens otherwise
    change: str  # where it is changed over there
    setting: str = ""
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What this ledger can do, as data with sentences that staff can read."""

    system: str  # the name of its folder
    name: str  # as staff read it
    # Where books are chosen: what it is called, where `name` would not tell whose it is, and a
    # sentence below it.
    chosen_as: str = ""
    chosen_words: str = ""
    kinds: frozenset[Kind]  # those carried inside others as well
    push_batch: int  # records a call
    in_flight: int  # calls at a time
    # Records planned together: bounds memory, and says how many of what is made are read back at
    # once. Several calls' worth, so that they fly side by side and few are part-filled.
    planned_at_once: int = 240
    limits: tuple[Limit, ...]
    number_length: int  # longest document number
    decimals: int  # decimals an amount may have
    accounts: bool = True  # a chart of accounts; without one nothing of ours names an account
    line_tax: LineTax = LineTax.CODE  # what says how a line is taxed: nobody is asked for more
    # Whether a document tells its tax by rate; else the sum alone, which is what counts.
    tells_tax_by_rate: bool = True
    # Whether it is known how they round the tax that they work out; else it is learnt from what
    # stands there (`LearnsRounding`).
    tax_rounding_told: bool = True
    method_as_text: bool = False  # how money came is words there: the name of our method, unmapped
    item_on_every_amount: bool = False  # every amount of a document is sold through an item
    refunds_name_sources: bool = False  # a refund is of money or credits that stand there before it
    nil_documents: bool = True  # whether it takes invoices and credit notes that come to nothing
    several_currencies: bool = True  # books may be kept in several; else in the home one alone
    pays_one_invoice: bool = False  # a payment names one invoice, which its whole amount pays
    # Kinds pushed as a part of their source: allocations inside the payment that they are of.
    carried_inside: frozenset[Kind] = frozenset()
    # A bank deposit says there which payments it holds; else amounts on the accounts they lie on.
    deposits_name_payments: bool = True
    # Kinds that become a line of the bank, which is in the currency of its account and in no other.
    in_bank_currency: frozenset[Kind] = frozenset()
    several_objects: frozenset[Kind] = frozenset()  # kinds of which one may be several over there
    adds_up: frozenset[Kind] = frozenset()  # of which several between the same two are one there
    # Steps that follow the first one of a record, by name, in words: "marking it as sent".
    steps: Mapping[str, str] = field(default_factory=dict)
    # Kinds of which this ledger itself refuses a second one, by a number or name that ours keep for
    # ever: a create that a gateway turned away after all may be sent again under another key.
    refuses_doubles: frozenset[Kind] = frozenset()
    trace_headers: tuple[str, ...] = ()  # of an answer, lower case: what their support asks for
    keys: bool = True  # under its key a write that is sent twice is executed once
    hands_over: bool = False  # what goes over may be confirmed, or turned away, another day
    confirmed_within_days: int = 7  # a person is told of what is still handed over then
    # Kinds of which one may be named by others before it is confirmed.
    named_while_handed_over: frozenset[Kind] = frozenset()
    reads_back: bool = True  # what stands there can be read: looked up, listed, compared
    # Totals of its own that it tells: what our figures are held against besides its records.
    control_totals: frozenset[ControlTotal] = frozenset()
    # Whether their sum of tax takes off what credit notes took back; None: nobody says.
    tax_total_counts_credits: bool | None = True
    receivable_per_currency: bool = True  # an account for each; else one for all of them
    # Whether it is known on which accounts the cents fall that rounding to home currency leaves.
    home_cents_told: bool = True
    key_life: float | None = None  # seconds; None: not published
    feed_by_time: bool = True  # what changed is asked for by time; else by a position of theirs
    feed_reach_days: int = 30
    idle_calls: int = 1  # that reading what changed takes at most, where nothing has
    day_zone: str = "UTC"  # at whose midnight their day, and their month, ends
    # Kinds of which each record gets a note in its history there, once it is made (`KeepsNotes`).
    notes: frozenset[Kind] = frozenset()
    # Kinds of which a change made by hand is noted beside their object (`NotesEdits`), and where
    # that is read over there: a sentence for whoever writes the note.
    edit_notes: frozenset[Kind] = frozenset()
    edit_note_words: str = ""
    # What a person may switch on for a connection, by name; off by default. Which are on says
    # `Settings.switches`, and `switched` what the ledger has then.
    switches: Mapping[str, Switch] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)  # case → sentence: docs/connectors.md
    # What is looked at over there before anything is sent, by name.
    checks: Mapping[str, Check] = field(default_factory=dict)

    def may_have(self, kind: Kind) -> bool:
        """Whether the ledger has the kind, or has it where a switch is on."""
        return kind in self.kinds or any(kind in each.kinds for each in self.switches.values())

    def switched(self, on: Collection[str]) -> "Capabilities":
        """What it can do with these switches on; a name that it does not know switches nothing."""
        chosen = [switch for name, switch in self.switches.items() if name in on]
        if not chosen:
            return self
        sentences = dict(self.cannot)
        for switch in chosen:
            sentences |= switch.cannot
        return dataclasses.replace(
            self,
            kinds=self.kinds.union(*(each.kinds for each in chosen)),
            notes=self.notes.union(*(each.notes for each in chosen)),
            cannot={case: sentence for case, sentence in sentences.items() if sentence},
        )

    @property
    def payments_carry_allocations(self) -> bool:
        """Whether what a payment is set against is written inside the payment."""
        return Kind.ALLOCATION in self.carried_inside
