"""Bring a few rows, and say what came of them."""

from pathlib import Path
from typing import Any

from apps.billing.models import Company
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport


def brought(folder: Path, company: Company, profile: str, *rows: str) -> FileImport:
    """The file of these rows, the headings first, checked."""
    path = folder / f"{profile}-{len(list(folder.iterdir()))}.csv"
    path.write_text("\n".join([*rows, ""]), encoding="utf-8")
    file_import = bring(path, profile, company)
    assert check(file_import)
    assert (file_import.stage, file_import.sentence) == ("checked", ""), file_import.doubts
    return file_import


def taken(file_import: FileImport, **options: Any) -> FileImport:
    begin_writing(file_import, **options)
    if file_import.stage == FileImport.Stage.WRITING:
        assert write(file_import)
    assert file_import.stage == FileImport.Stage.WRITTEN
    return file_import


def outcomes(stored: Any) -> dict[str, int]:
    return {each: count for each, count in Tally.from_json(stored).rows.items() if count}


def refused(file_import: FileImport) -> dict[int, str]:
    rows = file_import.refused_rows.filter(tolerated=False)
    return {each.row: each.sentence for each in rows}


def noted(file_import: FileImport) -> dict[int, str]:
    rows = file_import.refused_rows.filter(tolerated=True)
    return {each.row: each.sentence for each in rows}
