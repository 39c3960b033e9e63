"""A file of payments on its way, as tests bring it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.billing.models import Company
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport

HEADING = "Date,Customer,Invoice,Amount,Reference"
Bring = Callable[..., FileImport]


def bringing(company: Company, folder: Path) -> Bring:
    """Brings a file of these rows, checked."""

    def bring_rows(*rows: str, heading: str = HEADING, profile: str = "payments") -> FileImport:
        path = folder / f"payments-{len(list(folder.iterdir()))}.csv"
        path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
        return brought(path, profile, company)

    return bring_rows


def brought(path: Path, profile: str, company: Company) -> FileImport:
    file_import = bring(path, profile, company)
    check(file_import)
    assert file_import.stage == FileImport.Stage.CHECKED, (file_import.sentence, file_import.doubts)
    return file_import


def written(file_import: FileImport, **options: Any) -> FileImport:
    begin_writing(file_import, **options)
    if file_import.stage == FileImport.Stage.WRITING:
        assert write(file_import)
    return file_import


def rows_by_outcome(file_import: FileImport) -> dict[str, int]:
    stored = file_import.counts if file_import.written_at else file_import.tally
    return {each: count for each, count in Tally.from_json(stored).rows.items() if count}


def refused(file_import: FileImport) -> dict[int, str]:
    rows = file_import.refused_rows.filter(tolerated=False, asked=False)
    return {each.row: each.sentence for each in rows}


def asked(file_import: FileImport) -> dict[int, str]:
    return {each.row: each.sentence for each in file_import.refused_rows.filter(asked=True)}


def noted(file_import: FileImport) -> dict[int, str]:
    return {each.row: each.sentence for each in file_import.refused_rows.filter(tolerated=True)}
