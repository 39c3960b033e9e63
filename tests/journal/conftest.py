"""The journal, installed: found by the entry point of a distribution beside this file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.connectors import registry
from tests.journal.books import JournalBooks

INSTALLED = Path(__file__).parent / "installed"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As pip leaves it: metadata on the path, and nothing else."""
    monkeypatch.syspath_prepend(str(INSTALLED))
    registry.systems.cache_clear()
    yield
    monkeypatch.undo()
    registry.systems.cache_clear()


@pytest.fixture
def books(installed: None, db: None, settings: Any, tmp_path: Path) -> JournalBooks:
    """A company of ours, live on a folder."""
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_RETRY_BASE = 0.01
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    return JournalBooks(tmp_path)
