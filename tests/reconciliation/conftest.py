"""A company of ours that is live on the worked ledger."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.reconciliation.worked import Example, books_of_the_table
from tests.worked.service import Service
from tests.worked.works import Works


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Works]:
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_RETRY_BASE = 0.01
    with Service() as service:
        yield Works(service, monkeypatch)


@pytest.fixture
def example(works: Works) -> Example:
    return books_of_the_table(works)
