"""An import goes its way: checked whole, then written in portions that a kill cannot tear.

Checking writes none of the company's records. Writing stores a portion of documents and how far the
file has come in one transaction: broken off anywhere, it goes on behind the last document that
stands. Two at once on one import: the second finds the position moved, and leaves.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.billing.acts.bulk import write_documents
from apps.billing.changes import made_by, maker
from apps.billing.models import Batch, Company
from apps.core.rows import insert_rows
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.assembling import Assembler, Gathered
from apps.exchange.imports.at_hand import lines_of, profile_of, settle
from apps.exchange.imports.judging import Judged, judge
from apps.exchange.imports.masters import Masters
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport, RefusedRow
from apps.exchange.tables.port import Dialect, FileRefused

PORTION = 500  # lines at once: bounds memory, and the lock of a transaction to 200 ms on SQLite
# In these nothing is written yet, so that it can be read otherwise.
BEFORE_WRITING = (
    FileImport.Stage.ASKING,
    FileImport.Stage.CHECKING,
    FileImport.Stage.CHECKED,
    FileImport.Stage.UNREADABLE,
)
Goes = Callable[[FileImport], bool]  # asked between portions: whether to go on


class MovedMeanwhile(Exception):
    """Another process is at this import: it has the say."""


class Cancelled(Exception):
    """Somebody stopped this import, or brought it to another stage."""


def bring(path: Path, profile: str, company: Company, *, name: str = "") -> FileImport:
    """A file on its way, of which nothing was read yet. It stays where it is, and must."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return on_its_way(
        name=name or path.name,
        path=str(path.resolve()),
        size=path.stat().st_size,
        sha256=sha256,
        profile=profile,
        company=company,
    )


def on_its_way(*, name: str, **fields: Any) -> FileImport:
    return FileImport.objects.create(name=name[:200], brought_by_id=maker().user_id, **fields)


def check(file_import: FileImport, goes_on: Goes = lambda _: True) -> bool:
    """Read and judge the whole file; whether it came to its end. Broken off, it goes on where it was.

    How it is read is settled first: where only a person can, it asks, and is not judged. What is
    refused stands in `refused_rows` then, what was found in `tally`.
    """
    tally, masters = Tally.from_json(file_import.tally), masters_of(file_import)
    try:
        if not file_import.styles:
            settle(file_import)
            if file_import.doubts:
                file_import.stage = FileImport.Stage.ASKING
                file_import.save()
                return True
            file_import.save(update_fields=["dialect", "styles", "doubts", "notices", "moved_at"])
        for portion, seen in _ahead(file_import):
            judged = judge(portion, masters)
            judged.count(tally)
            with transaction.atomic():
                _hold(file_import, FileImport.Stage.CHECKING)
                _keep(
                    file_import, judged.refusals, [note for each in portion for note in each.notes]
                )
                file_import.tally, file_import.position = tally.to_json(), seen
                file_import.save(update_fields=["tally", "position", "moved_at"])
            if not goes_on(file_import):
                return False
        with transaction.atomic():
            _hold(file_import, FileImport.Stage.CHECKING)
            file_import.stage, file_import.checked_at = FileImport.Stage.CHECKED, timezone.now()
            file_import.tally = tally.to_json()
            file_import.save()
    except Cancelled:
        return False
    except FileRefused as refusal:
        file_import.stage, file_import.sentence = FileImport.Stage.UNREADABLE, str(refusal)
        file_import.save()
    return True


def check_again(
    file_import: FileImport,
    dialect: Dialect | None = None,
    said: Mapping[str, str] | None = None,
) -> None:
    """Begin the check anew, read otherwise or since records here were changed. Raises
    ValidationError once writing has begun."""
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=file_import.pk)
        if held.stage not in BEFORE_WRITING:
            raise ValidationError(f"It is {held.get_stage_display().lower()}.")
        if dialect is not None:
            held.dialect = dataclasses.asdict(dialect)
        if said is not None:
            held.said = dict(said)
        held.stage, held.sentence = FileImport.Stage.CHECKING, ""
        held.position, held.tally, held.checked_at = 0, {}, None
        held.styles, held.doubts, held.notices = {}, [], []
        held.refused_rows.all().delete()
        held.save()
    file_import.refresh_from_db()


def cancel(file_import: FileImport) -> None:
    """Stop it where it stands. What was written waits in its batch, to be released or taken back."""
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=file_import.pk)
        if held.stage in (FileImport.Stage.WRITTEN, FileImport.Stage.CANCELLED):
            raise ValidationError(f"It is {held.get_stage_display().lower()}.")
        held.stage = FileImport.Stage.CANCELLED
        held.save()
    file_import.refresh_from_db()


def begin_writing(file_import: FileImport, *, good_rows_only: bool = False) -> None:
    """Open the batch that its documents will wait in; with nothing new there is nothing to write.
    Raises ValidationError where it is not checked, or rows are refused that nobody said may be left
    out."""
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=file_import.pk)
        if held.stage != FileImport.Stage.CHECKED:
            raise ValidationError(f"It is {held.get_stage_display().lower()}.")
        found = Tally.from_json(held.tally)
        refused = found.rows[Outcome.REFUSED]
        if refused and not good_rows_only:
            raise ValidationError(
                f"{refused:,} rows are refused. Mend them in the file and bring it again, or take "
                "the good rows alone."
            )
        held.good_rows_only = good_rows_only
        if found.documents[Outcome.NEW]:
            held.batch = Batch.objects.create(
                company=held.company, name=held.name, brought_by_id=held.brought_by_id
            )
            held.stage, held.counts = FileImport.Stage.WRITING, Tally().to_json()
            held.position = 0
        else:
            held.stage, held.counts = FileImport.Stage.WRITTEN, held.tally
            held.written_at = timezone.now()
        held.save()
    file_import.refresh_from_db()


def write(file_import: FileImport, goes_on: Goes = lambda _: True) -> bool:
    """Write what is new, in portions, from where it stood; whether it came to its end.

    What is refused only now, since the records here changed after the check, is kept as refused.
    A file that is gone, or is another by now, stops it where it stands.
    """
    tally, masters = Tally.from_json(file_import.counts), masters_of(file_import)
    with made_by(file_import.brought_by_id, reason=f"Import of {file_import.name}"[:90]):
        try:
            for portion, seen in _ahead(file_import):
                _write_some(file_import, portion, masters, seen, tally)
                if not goes_on(file_import):
                    return False
        except Cancelled:
            return False
        except FileRefused as refusal:
            file_import.stage, file_import.sentence = FileImport.Stage.CANCELLED, str(refusal)
            file_import.save()
            return True
    file_import.stage, file_import.written_at = FileImport.Stage.WRITTEN, timezone.now()
    file_import.save()
    return True


def _write_some(
    file_import: FileImport, portion: list[Gathered], masters: Masters, seen: int, tally: Tally
) -> None:
    judged = judge(portion, masters, file_import.batch)
    with transaction.atomic():
        _hold(file_import, FileImport.Stage.WRITING)
        if judged.prepared is not None:
            write_documents(judged.prepared)
        _keep_news(file_import, portion, judged)
        judged.count(tally)
        file_import.counts, file_import.position = tally.to_json(), seen
        file_import.save(update_fields=["counts", "position", "moved_at"])


def _hold(file_import: FileImport, stage: FileImport.Stage) -> None:
    """Lock its row. Raises `Cancelled` or `MovedMeanwhile` where it is not as it was read."""
    held = FileImport.objects.select_for_update().get(pk=file_import.pk)
    if held.stage != stage:
        file_import.stage = held.stage
        raise Cancelled
    if held.position != file_import.position:
        raise MovedMeanwhile


def _ahead(file_import: FileImport) -> Iterator[tuple[list[Gathered], int]]:
    """The portions behind its position, each with the number of documents gone by after it."""
    seen, position = 0, file_import.position
    for portion in _portions(_documents(file_import)):
        before, seen = seen, seen + len(portion)
        if seen > position:
            yield portion[max(0, position - before) :], seen


def _keep_news(file_import: FileImport, portion: list[Gathered], judged: Judged) -> None:
    """What the check did not refuse: the rows of the file that nobody could read are kept already."""
    known = {refusal.row for each in portion for refusal in each.refusals}
    fresh = [each for each in judged.refusals if each.row not in known]
    if fresh:
        rows = [each.row for each in fresh]
        kept = set(
            file_import.refused_rows.filter(tolerated=False, row__in=rows).values_list(
                "row", flat=True
            )
        )
        _keep(file_import, [each for each in fresh if each.row not in kept], [])


def _keep(file_import: FileImport, refusals: Sequence[Refusal], notes: Sequence[Note]) -> None:
    told: list[Refusal | Note] = [*refusals, *notes]
    insert_rows(
        RefusedRow,
        [
            RefusedRow(
                file_import=file_import,
                row=each.row,
                document=each.document[:200],
                sentence=each.sentence,
                tolerated=isinstance(each, Note),
            )
            for each in told
        ],
    )


def masters_of(file_import: FileImport) -> Masters:
    return Masters(file_import.company, profile_of(file_import))


def _documents(file_import: FileImport) -> Iterator[Gathered]:
    return Assembler(profile_of(file_import)).documents(lines_of(file_import))


def _portions(documents: Iterable[Gathered]) -> Iterator[list[Gathered]]:
    """As many documents as have a portion of rows, at least one; the same ones in every reading. What
    takes an invoice back comes in a later one than that, and than another credit of it."""
    portion: list[Gathered] = []
    rows = 0
    for each in documents:
        if portion and (rows + each.rows > PORTION or _takes_back_one_of(each, portion)):
            yield portion
            portion, rows = [], 0
        portion.append(each)
        rows += each.rows
    if portion:
        yield portion


def _takes_back_one_of(gathered: Gathered, portion: Iterable[Gathered]) -> bool:
    """Whether it takes an invoice back that is among these, or that another among them takes back."""
    origin = gathered.origin
    return bool(origin) and any(origin in (each.number, each.origin) for each in portion)
