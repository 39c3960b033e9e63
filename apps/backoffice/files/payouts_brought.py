"""What moved by a card processor's file, and what the bank shows of it, as the page of an import shows
them."""

from dataclasses import dataclass
from datetime import date

from apps.core.money import figure
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport


@dataclass(frozen=True, slots=True)
class Moved:
    """Movements of one kind in one currency: how many, and what they come to."""

    kind: str
    count: int
    amount: str


def moved(tally: Tally) -> list[Moved]:
    return [
        Moved(kind, each.count, f"{figure(each.amount, currency, grouped=True)} {currency}")
        for kind, sums in tally.kinds.items()
        for currency, each in sums.items()
    ]


@dataclass(frozen=True, slots=True)
class ShownLine:
    reference: str
    day: date
    total: str
    kept: str


def bank_lines(tally: Tally) -> list[ShownLine]:
    """What the bank shows of the payouts that a file tells of."""
    return [
        ShownLine(
            each.reference,
            each.day,
            f"{figure(each.total, each.currency, grouped=True)} {each.currency}",
            figure(each.kept, each.currency, grouped=True) if each.kept else "",
        )
        for each in tally.bank_lines
    ]


def bank_lines_are(file_import: FileImport) -> str:
    """What becomes of them, in a sentence."""
    if file_import.batch is not None and file_import.batch.released_at:
        return "Each is a bank deposit here. Hold it against the bank statement."
    return "Each becomes one bank deposit when it is released. Hold it against the bank statement."
