"""A company of ours, live on Pebble."""

from collections.abc import Iterator

import pytest

from tests.contract.live import in_haste, install
from tests.pebble import connector
from tests.pebble.bench import PebbleBench, PebbleLive
from tests.pebble.service import Service, running


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    with running() as serving:
        yield serving


@pytest.fixture
def live(request: pytest.FixtureRequest, service: Service, db: None) -> PebbleLive:
    in_haste(request)
    install(request, connector)
    return PebbleLive(PebbleBench(service))
