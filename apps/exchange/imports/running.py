"""An import goes its way: checked whole, then written in portions that a kill cannot tear.

Checking writes none of the company's records. Writing stores a portion of what the file brings and how
far it has come in one transaction: broken off anywhere, it goes on behind the last of it that
stands. Two at once on one import: the second finds the position moved, and leaves.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.billing.changes import made_by, maker, quietly
from apps.billing.models import Batch, Company
from apps.core.rows import insert_values
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.answering import open_questions
from apps.exchange.imports.at_hand import NO_PROFILE, settle
from apps.exchange.imports.bringers import bringer_of
from apps.exchange.imports.own.finding import was_changed
from apps.exchange.imports.port import Bringer, Judgement, Question, Unit
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport, RefusedRow
from apps.exchange.tables.port import Dialect, Doubt, FileRefused

# In these nothing is written yet, so that it can be read otherwise.
BEFORE_WRITING = (
    FileImport.Stage.ASKING,
    FileImport.Stage.CHECKING,
    FileImport.Stage.CHECKED,
    FileImport.Stage.UNREADABLE,
)
# What settling writes into its row.
SETTLED = ("dialect", "styles", "doubts", "notices", "read_by", "moved_at")
CHANGED = "Its layout was changed since it was checked. Check it again."
KEPT = ("file_import", "row", "document", "sentence", "tolerated", "asked")  # of a row
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
    if not file_import.profile:
        _ask(file_import, [Doubt(field="profile", sentence=NO_PROFILE, choices=())])
        return True
    tally = Tally.from_json(file_import.tally)
    try:
        if not file_import.styles:
            settle(file_import)
            if file_import.doubts:
                _ask(file_import)
                return True
            file_import.save(update_fields=SETTLED)
        bringer = bringer_of(file_import)
        for portion, seen in _ahead(file_import, bringer):
            judged = bringer.judge(portion, writing=False)
            judged.count(tally)
            with transaction.atomic():
                _hold(file_import, FileImport.Stage.CHECKING)
                _keep(
                    file_import,
                    [*judged.refusals, *judged.questions],
                    [note for each in portion for note in each.notes],
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


def _ask(file_import: FileImport, doubts: Sequence[Doubt] = ()) -> None:
    """What only a person can say, beside what is in its row already."""
    file_import.doubts += [dataclasses.asdict(each) for each in doubts]
    file_import.stage = FileImport.Stage.ASKING
    file_import.save()


def check_again(
    file_import: FileImport,
    dialect: Dialect | None = None,
    said: Mapping[str, str] | None = None,
    profile: str | None = None,
) -> None:
    """Begin the check anew: read otherwise, by another profile or by what became of its own, or since
    records here were changed. Raises ValidationError once writing has begun."""
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=file_import.pk)
        if held.stage not in BEFORE_WRITING:
            raise ValidationError(f"It is {held.get_stage_display().lower()}.")
        if dialect is not None:
            held.dialect = dataclasses.asdict(dialect)
        if said is not None:
            held.said = dict(said)
        if profile is not None:
            held.profile = profile
        held.stage, held.sentence = FileImport.Stage.CHECKING, ""
        held.position, held.tally, held.checked_at = 0, {}, None
        held.styles, held.doubts, held.notices, held.read_by = {}, [], [], {}
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


def brings_anything(file_import: FileImport) -> bool:
    """Whether anything of what was checked is new or changed, or was said to be."""
    found = Tally.from_json(file_import.tally)
    return found.writes or file_import.refused_rows.filter(asked=True, taken=True).exists()


def begin_writing(file_import: FileImport, *, good_rows_only: bool = False) -> None:
    """Open the batch that its documents will wait in; with nothing new there is nothing to write.
    Raises ValidationError where it is not checked, or by a layout that is another by now, rows are
    refused that nobody said may be left out, or questions are not answered."""
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=file_import.pk)
        if held.stage != FileImport.Stage.CHECKED:
            raise ValidationError(f"It is {held.get_stage_display().lower()}.")
        if was_changed(held):
            raise ValidationError(CHANGED)
        found = Tally.from_json(held.tally)
        refused = found.refused
        if refused and not good_rows_only:
            raise ValidationError(
                f"{refused:,} rows are refused. Mend them in the file and bring it again, or take "
                "the good rows alone."
            )
        if open_still := open_questions(held).count():
            raise ValidationError(
                f"{open_still:,} rows are still to be answered: say of each whether it is taken."
            )
        held.good_rows_only, held.written_by_id = good_rows_only, maker().user_id
        if brings_anything(held):
            if bringer_of(held).holds:
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
    tally, bringer = Tally.from_json(file_import.counts), bringer_of(file_import)
    with (
        quietly(file_import.batch_id),
        made_by(
            file_import.written_by_id or file_import.brought_by_id,
            reason=f"Import of {file_import.name}"[:90],
        ),
    ):
        try:
            for portion, seen in _ahead(file_import, bringer):
                _write_some(file_import, bringer, portion, seen, tally)
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
    file_import: FileImport, bringer: Bringer, portion: Sequence[Unit], seen: int, tally: Tally
) -> None:
    judged = bringer.judge(portion, writing=True)
    with transaction.atomic():
        _hold(file_import, FileImport.Stage.WRITING)
        judged.write()
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


def _ahead(file_import: FileImport, bringer: Bringer) -> Iterator[tuple[Sequence[Unit], int]]:
    """The portions behind its position, each with the number of units gone by after it."""
    seen, position = 0, file_import.position
    for portion in bringer.portions():
        before, seen = seen, seen + len(portion)
        if seen > position:
            yield portion[max(0, position - before) :], seen


def _keep_news(file_import: FileImport, portion: Sequence[Unit], judged: Judgement) -> None:
    """What the check did not refuse: the rows of the file that nobody could read are kept already."""
    known = {refusal.row for each in portion for refusal in each.refusals}
    fresh = [each for each in judged.refusals if each.row not in known]
    if fresh:
        rows = [each.row for each in fresh]
        kept = set(
            file_import.refused_rows.filter(tolerated=False, asked=False, row__in=rows).values_list(
                "row", flat=True
            )
        )
        _keep(file_import, [each for each in fresh if each.row not in kept], [])


def _keep(
    file_import: FileImport, refused: Sequence[Refusal | Question], notes: Sequence[Note]
) -> None:
    told: list[Refusal | Question | Note] = [*refused, *notes]
    insert_values(
        RefusedRow,
        [RefusedRow._meta.get_field(name) for name in KEPT],  # type: ignore[misc] # concrete fields
        [
            (
                file_import.pk,
                each.row,
                each.document[:200],
                each.sentence,
                isinstance(each, Note),
                isinstance(each, Question),
            )
            for each in told
        ],
    )
