"""Tax that a ledger works out and rounds in a way it does not tell: what a connector can say besides
the port."""

from decimal import Decimal
from typing import Protocol, runtime_checkable

from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot


@runtime_checkable
class LearnsRounding(Protocol):
    """What a connector can do besides, whose capabilities say `tax_rounding_told=False`. What its
    `company` learns from documents that stand there, `Company.settings` keeps for it."""

    def left_open(self, document: InvoiceSnapshot | CreditNoteSnapshot) -> Decimal:
        """By how much their tax of it may differ from ours at most, in its currency, by what is
        known of their rounding; nil where only one outcome is left. Pure. Raises ValueError where
        a line bears a tax that is none of theirs."""
        ...
