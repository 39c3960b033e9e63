"""One service for the tests of a file, and an organisation of its own for each."""

from collections.abc import Iterator

import pytest

from tests.worked.service import Service
from tests.worked.stage import Stage


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def stage(service: Service) -> Iterator[Stage]:
    """An organisation of its own, with no fault left armed."""
    yield Stage(service)
    service.disarm()
