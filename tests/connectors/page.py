"""`docs/ledgers.md` as tests read it: what a ledger cannot hold, with the sentence that staff read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

PAGE = Path(__file__).parents[2] / "docs" / "ledgers.md"
REFUSED, OTHERWISE = "Refused at issue", "Told when it is connected"


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    becomes: str  # the state of its record, or that it is refused at issue
    read: str  # the sentence, and the way out

    def __str__(self) -> str:
        return f"| {self.what} | {self.becomes} | {self.read} |"


def rows(ledger: str, *, told: bool) -> list[Row]:
    """Of a ledger's chapter; `told`: what is told when it is connected, and needs no record."""
    return [each for each in _rows(ledger) if (each.becomes == OTHERWISE) is told]


def _rows(ledger: str) -> Iterator[Row]:
    chapter = PAGE.read_text().split(f"\n# {ledger}\n")[1].split("\n# ")[0]
    for line in chapter.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "what":
            yield Row(*cells)


def provoked(shop: Any, acts: Mapping[str, Callable[[Any], Any]]) -> list[Row]:
    """Each is done here; what becomes of the record that it names, once all have been sent."""
    refused: dict[str, str] = {}
    subjects: dict[str, Any] = {}
    for what, act in acts.items():
        try:
            subjects[what] = act(shop)
        except ValidationError as refusal:
            refused[what] = " ".join(refusal.messages)
    shop.settle()
    return [
        Row(what, REFUSED, refused[what]) if what in refused else _of(shop, what, subjects[what])
        for what in acts
    ]


def _of(shop: Any, what: str, subject: Any) -> Row:
    record = shop.record(subject)
    return Row(what, record.get_state_display(), f"{record.sentence} {record.remedy}".strip())
