"""A company of ours, live on a mailbox."""

from typing import Any

import pytest

from tests.connectors.csv_ledger.live import CsvLive


@pytest.fixture
def books(db: None, settings: Any) -> CsvLive:
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_RETRY_BASE = 0.01
    return CsvLive()
