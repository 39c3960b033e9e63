"""Brings customers or items: found again by code, else by name, and only what differs is written."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar

from django.core.exceptions import ValidationError

from apps.billing.acts.bulk import Fit, write_fit
from apps.billing.models import Customer, Item
from apps.connectors.profiles import RecordProfile
from apps.core.rows import as_read
from apps.exchange.imports.at_hand import profile_of, records_of
from apps.exchange.imports.port import Preview
from apps.exchange.imports.records.judging import (
    JudgedRecords,
    in_words,
    note,
    preview_of,
    refused_before,
    said,
)
from apps.exchange.imports.records.likeness import Likeness
from apps.exchange.imports.records.once import Once, in_portions
from apps.exchange.imports.records.reading import ReadRecord, RecordValue
from apps.exchange.imports.records.references import References, Unfit
from apps.exchange.imports.shapes import shape_of
from apps.exchange.imports.tally import Outcome
from apps.exchange.models import FileImport

Master = TypeVar("Master", Customer, Item)
PORTION = 500  # rows: well under 200 ms of a lock on SQLite
Stored = tuple[Any, ...]  # its key, whether merged, then its columns
Values = dict[str, Any]  # by column
MERGED = 1


class MastersBrought(ABC, Generic[Master]):
    """`COLUMNS` are what is held against the file; those of `REFERENCES` are keys of other records, by
    the field that names them."""

    holds = False
    MODEL: type[Master]
    COLUMNS: ClassVar[Sequence[str]]
    REFERENCES: ClassVar[Mapping[str, str]]

    def __init__(self, file_import: FileImport) -> None:
        profile = profile_of(file_import)
        assert isinstance(profile, RecordProfile), "it brings records"
        self.file_import, self.profile = file_import, profile
        self.company, self.shape = file_import.company, shape_of(profile)
        self.references = References(self.company, profile.system)
        self._place = {name: place for place, name in enumerate(self.COLUMNS, start=2)}
        self._fields = frozenset(each.name for each in self.MODEL._meta.concrete_fields)
        self._taken: dict[int, int] = {}  # by key of what stands here, the row that told of it

    # --- What customers and items differ in ---

    @abstractmethod
    def keys(self, record: ReadRecord) -> list[tuple[str, tuple[str, str]]]:
        """What no other record has: what staff call it, and a key."""

    @abstractmethod
    def find(self, records: Sequence[ReadRecord], *, writing: bool) -> None:
        """Know what stands here of these, and what they name."""

    @abstractmethod
    def known(self, record: ReadRecord) -> Stored | None:
        """What stands here of it. Raises `Unfit`."""

    @abstractmethod
    def values(self, record: ReadRecord, known: Stored | None) -> Values:
        """What it tells, by column; references as keys. Raises `Unfit`."""

    @abstractmethod
    def cleaned(self, record: Master, changed: Collection[str] | None) -> None:
        """Hold it against the model's own rules; of a new one (None) all of them. Raises
        ValidationError."""

    def all_but(self, columns: Collection[str]) -> frozenset[str]:
        """All fields but these; and references, which are held against what is here already."""
        return self._fields.difference(columns)

    def came(self, row: int, record: Master) -> None:
        """A new one of this row is fit."""

    def moved(self, record: Master, changed: Collection[str]) -> None:
        """One that stands here is going to be changed."""

    # --- The port ---

    def portions(self) -> Iterator[Sequence[ReadRecord]]:
        yield from in_portions(self._records(), PORTION)

    def judge(self, portion: Sequence[ReadRecord], *, writing: bool) -> JudgedRecords:
        judged, fresh = self._judged_all(portion, writing=writing)
        if fresh and not writing:
            self.likeness.note(fresh)
        return judged

    def first_rows(self, at_most: int) -> Preview:
        first = [*islice(self._records(), at_most)]
        return preview_of(self._judged_all(first, writing=False)[0])

    def _judged_all(
        self, portion: Sequence[ReadRecord], *, writing: bool
    ) -> tuple[JudgedRecords, list[tuple[ReadRecord, Master]]]:
        """Verdicts, and those that are new."""
        fits: list[Fit[Master]] = []
        judged = JudgedRecords(lambda: self._store(fits))
        before = refused_before(self.file_import, portion) if writing else {}
        left = judged.sort_out(portion, before)
        self.find(left, writing=writing)
        fresh: list[tuple[ReadRecord, Master]] = []
        for each in left:
            try:
                outcome, fit, words = self._judged(each, tell=not writing)
            except Unfit as why:
                judged.say(each, Outcome.REFUSED, str(why))
                continue
            judged.say(each, outcome, words)
            if fit is not None:
                fits.append(fit)
                if outcome is Outcome.NEW:
                    fresh.append((each, fit.record))
        return judged, fresh

    @cached_property
    def likeness(self) -> Likeness:
        return Likeness(self.company, self.MODEL)

    def _records(self) -> Iterator[ReadRecord]:
        return Once(self.keys).rows(records_of(self.file_import))

    # --- One row ---

    def _judged(self, record: ReadRecord, *, tell: bool) -> tuple[Outcome, Fit[Master] | None, str]:
        known = self.known(record)
        values = self.values(record, known)
        if known is None:
            made = self._made(record, values)
            words = self._brings(record, made) if tell else ""
            return Outcome.NEW, Fit(made, self.COLUMNS), words
        self._refuse_twice(record, known)
        place = self._place
        differing = [name for name, value in values.items() if value != known[place[name]]]
        if not differing:
            return Outcome.UNCHANGED, None, ""
        changed = self._changed(known, values, differing)
        if changed is None:
            return Outcome.UNCHANGED, None, ""
        words = ""
        if tell:
            words = "; ".join(
                self._difference(record, known, changed, each) for each in changed.carried
            )
            note(record, f"Changes {words}.")
        return Outcome.CHANGED, changed, words

    def _refuse_twice(self, record: ReadRecord, known: Stored) -> None:
        if known[MERGED] is not None:
            into = self.MODEL._base_manager.get(pk=known[MERGED])
            code = f" ({into.code})" if into.code else ""
            raise Unfit(
                f"it was merged into {into.name}{code} here. Leave its row out, or write that one's code"
            )
        row = self._taken.setdefault(known[0], record.row)
        if row != record.row:
            raise Unfit(f"row {row} tells of the same {self.shape.unit}. Leave one of the two out")

    def _made(self, record: ReadRecord, values: Values) -> Master:
        made = self.MODEL(company=self.company, **values)
        self._refuse_unfit(made, None)
        self.came(record.row, made)
        return made

    def _changed(
        self, known: Stored, values: Values, differing: Sequence[str]
    ) -> Fit[Master] | None:
        """It as it would stand, with what still differs once it is written as the model writes it."""
        stored = dict(zip(self.COLUMNS, known[2:], strict=True))
        told = {"id": known[0], "company_id": self.company.pk, **stored, **values}
        changed = as_read(self.MODEL, told)
        self._refuse_unfit(changed, differing)
        left = [each for each in differing if _differs(getattr(changed, each), stored[each])]
        if not left:
            return None
        self.moved(changed, left)
        return Fit(changed, [self.MODEL._meta.get_field(each).name for each in left])

    def _refuse_unfit(self, record: Master, changed: Collection[str] | None) -> None:
        try:
            self.cleaned(record, changed)
        except ValidationError as error:
            raise Unfit(in_words(error, self.profile, self.shape)) from error

    # --- In words ---

    def _difference(
        self, record: ReadRecord, known: Stored, changed: Fit[Master], name: str
    ) -> str:
        field: Any = self.MODEL._meta.get_field(name)
        before = known[self._place[field.attname]]
        if name in self.REFERENCES:
            stood = field.related_model._base_manager.filter(pk=before).first()
            before, after = getattr(stood, self.REFERENCES[name], None), record.text(name)
        else:
            after = getattr(changed.record, name)
        return f"{self.shape.called.get(name, name)} from {said(before)} to {said(after)}"

    def _brings(self, record: ReadRecord, made: Master) -> str:
        told: list[tuple[str, RecordValue]] = [
            (self.shape.called.get(name, name), value)
            for name, value in record.told.items()
            if name not in ("code", "name", "person", "kind") and value not in (None, "")
        ]
        return "; ".join(f"{words} {said(value)}" for words, value in told)

    # --- Writing ---

    def _store(self, fits: Sequence[Fit[Master]]) -> None:
        """Those above first: another's key is known once it is stored."""
        waiting = list(fits)
        while waiting:
            ready = [each for each in waiting if not self._waits(each.record)]
            waiting = [each for each in waiting if self._waits(each.record)]
            for each in ready:
                self._settle(each.record)
            write_fit(self.MODEL, ready)

    def _waits(self, record: Master) -> bool:
        return False

    def _settle(self, record: Master) -> None:
        """About to be stored: keys that stood in for others are such no more."""


def _differs(one: Any, other: Any) -> bool:
    """Line ends are no difference: spreadsheets write them as they like."""
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return one.splitlines() != other.splitlines()
    return bool(one != other)


def lowered(texts: Collection[str]) -> set[str]:
    """In lower case as Python, and as SQLite has it, which lowers ASCII alone."""
    beyond_ascii = (each for each in texts if not each.isascii())
    return {each.lower() for each in texts}.union(map(_as_sqlite, beyond_ascii))


def _as_sqlite(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)
