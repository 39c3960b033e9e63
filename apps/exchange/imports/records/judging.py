"""What rows that are records come to: new, changed, unchanged, left out, or refused with the reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from apps.connectors.profiles import RecordProfile
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.port import Preview, Question, ShownRow
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.imports.shapes import Shape
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport

SHORT = 60  # characters of a value that a sentence quotes
WORDS = {
    Outcome.NEW: "New",
    Outcome.CHANGED: "Changed",
    Outcome.UNCHANGED: "Unchanged",
    Outcome.LEFT_OUT: "Left out",
    Outcome.REFUSED: "Refused",
}
HEADINGS = ("What comes of it", "Code", "Name", "What it brings")


@dataclass(slots=True)
class Verdict:
    """What a row comes to; `words` say why, or what it brings."""

    record: ReadRecord
    outcome: Outcome
    words: str = ""


@dataclass(slots=True)
class JudgedRecords:
    """Verdicts of a portion, in the order of its rows; `store` writes what is new and changed."""

    store: Callable[[], None]
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def refusals(self) -> Sequence[Refusal]:
        return [
            Refusal(row=each.record.row, document=called(each.record), sentence=each.words)
            for each in self.verdicts
            if each.outcome is Outcome.REFUSED
        ]

    @property
    def questions(self) -> Sequence[Question]:
        return ()

    def count(self, tally: Tally) -> None:
        for each in self.verdicts:
            tally.add(each.outcome)

    def write(self) -> None:
        self.store()

    def say(self, record: ReadRecord, outcome: Outcome, words: str = "") -> None:
        self.verdicts.append(Verdict(record, outcome, words))

    def sort_out(
        self, portion: Iterable[ReadRecord], refused_before: Mapping[int, str]
    ) -> list[ReadRecord]:
        """The rows that are records, with a verdict on all others. What the check refused stays
        refused, although it may be fit by now: who took the good rows was told so."""
        left = []
        for each in portion:
            if each.left_out is not None:
                self.say(each, Outcome.LEFT_OUT, each.left_out)
                if each.left_out:
                    note(each, f"Left out: {each.left_out}")
            elif each.trouble:
                self.say(each, Outcome.REFUSED, each.trouble)
            elif each.row in refused_before:
                self.say(each, Outcome.REFUSED, refused_before[each.row])
            elif each.same_as:
                self.say(each, Outcome.UNCHANGED, f"Row {each.same_as} says the same.")
                note(each, f"Row {each.same_as} says the same of it: taken once.")
            else:
                left.append(each)
        return left


def called(record: ReadRecord) -> str:
    """How staff call what a row is about."""
    return record.text("name") or record.text("person") or record.text("code")


def note(record: ReadRecord, sentence: str) -> None:
    record.notes.append(Note(row=record.row, document=called(record), sentence=sentence))


def refused_before(file_import: FileImport, portion: Sequence[ReadRecord]) -> dict[int, str]:
    """By row, why the check refused those of a portion that is written."""
    rows = file_import.refused_rows.filter(
        tolerated=False, asked=False, row__in=[each.row for each in portion]
    )
    return dict(rows.values_list("row", "sentence"))


def preview_of(judged: JudgedRecords) -> Preview:
    def shown(each: Verdict) -> ShownRow:
        refused = each.outcome is Outcome.REFUSED
        record = each.record
        cells = [WORDS[each.outcome], record.text("code"), called(record), each.words]
        return ShownRow(
            row=record.row,
            cells=[*cells[:3], "" if refused else each.words],
            trouble=each.words if refused else "",
        )

    return Preview(
        headings=HEADINGS,
        title="What comes of its first rows",
        rows=sorted(map(shown, judged.verdicts), key=lambda each: each.row),
        whole=frozenset({len(HEADINGS) - 1}),
    )


# --- In words -------------------------------------------------------------------------------------


def said(value: Any) -> str:
    """A value of a record, as a sentence quotes it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    text = " ".join(str(value).split())
    return f"“{text}”" if len(text) <= SHORT else f"“{text[:SHORT]}…”"


def in_words(error: ValidationError, profile: RecordProfile, shape: Shape[str]) -> str:
    """What the model said, with the columns and what stands in them where it named fields."""
    if not hasattr(error, "error_dict"):
        return _ended(" ".join(error.messages))
    told = []
    for name, messages in error.message_dict.items():
        words = " ".join(messages)
        if name != NON_FIELD_ERRORS and name in shape.fields:
            heading = next(iter(profile.columns.get(name, ())), "") or shape.called.get(name, name)
            words = f"{heading}: {words}"
        told.append(words)
    return _ended(" ".join(told))


def _ended(sentence: str) -> str:
    return sentence.strip().removesuffix(".")
