"""A processor's file on its way: written, released, and what came of it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from apps.exchange.imports.money.releasing import Released, release_money
from apps.exchange.imports.running import begin_writing, write
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport

D = Decimal
Bring = Callable[..., FileImport]


def take(file_import: FileImport, **options: Any) -> FileImport:
    begin_writing(file_import, **options)
    if file_import.stage == FileImport.Stage.WRITING:
        assert write(file_import)
    return file_import


def released(file_import: FileImport) -> Released:
    assert file_import.batch is not None
    return release_money(file_import.batch)


def in_books(file_import: FileImport, **options: Any) -> FileImport:
    """All of it, with nothing refused."""
    done = released(take(file_import, **options))
    assert done.refused == {}
    return file_import


def refused(file_import: FileImport) -> dict[int, str]:
    rows = file_import.refused_rows.filter(tolerated=False, asked=False)
    return {each.row: each.sentence for each in rows}


def outcomes(stored: Any) -> dict[str, int]:
    return {each: count for each, count in Tally.from_json(stored).rows.items() if count}
