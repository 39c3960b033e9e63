"""What only a person can decide of an import: asked row by row, answered, and kept with who said so."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from apps.billing.changes import maker
from apps.exchange.imports.port import Answers
from apps.exchange.models import FileImport, RefusedRow


def open_questions(file_import: FileImport) -> "models.QuerySet[RefusedRow]":
    return file_import.refused_rows.filter(asked=True, taken=None)


def answer(file_import: FileImport, *, taken: bool, only: Collection[int] | None = None) -> int:
    """Say of its open questions, or of those with `only` these keys, that the row is taken or left out;
    the number. Raises ValidationError once it is being written."""
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=file_import.pk)
        if held.stage != FileImport.Stage.CHECKED:
            raise ValidationError(f"It is {held.get_stage_display().lower()}.")
        rows = open_questions(held)
        if only is not None:
            rows = rows.filter(pk__in=only)
        return rows.update(taken=taken, answered_by_id=maker().user_id, answered_at=timezone.now())


def answers_of(file_import: FileImport) -> Answers:
    """By row. What was left out when the same file was brought before is left out again."""
    same = RefusedRow.objects.filter(
        file_import__company=file_import.company_id,
        file_import__sha256=file_import.sha256,
        file_import__profile=file_import.profile,
        file_import__stage=FileImport.Stage.WRITTEN,
    )
    before = same.filter(asked=True, taken=False).values_list("row", flat=True)
    said = file_import.refused_rows.filter(asked=True).exclude(taken=None)
    return {
        **dict.fromkeys(before, False),
        **{row: bool(taken) for row, taken in said.values_list("row", "taken")},
    }
