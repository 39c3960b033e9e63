"""One service for the tests of a file, and an organisation of its own for each."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.worked.service import Service
from tests.worked.stage import Stage
from tests.worked.works import Works


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def stage(service: Service) -> Iterator[Stage]:
    """An organisation of its own, with no fault left armed."""
    yield Stage(service)
    service.disarm()


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Works]:
    """A company of ours that is live there, with short times to wait."""
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_CALL_DEADLINE = 5
    settings.SYNC_RETRY_BASE = 0.01
    with Service() as service:
        yield Works(service, monkeypatch)
