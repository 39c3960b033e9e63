"""One connector per accounting system, its simulated books, and records to send."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.port import Connector, Settings
from tests.contract.courier import PlainCourier
from tests.contract.stage import Stage
from tests.contract.xsd_names import schema
from tests.sandbox_server import SandboxServer


@pytest.fixture(params=sorted(registry.systems()))
def system(request: pytest.FixtureRequest) -> str:
    """Every accounting system that the registry finds."""
    return str(request.param)


@pytest.fixture
def stage(system: str, sandbox_server: SandboxServer) -> Iterator[Stage]:
    """Books of their own for a test. What was sent is held against the published schemas."""
    realm = sandbox_server.open_company("Contract Company")
    courier = PlainCourier(sandbox_server.connect(realm))
    settings = Settings(
        remote_company_id=realm,
        home_currency="USD",
        today=lambda: date(2026, 11, 20),
        now=lambda: datetime.now(UTC),
    )
    connector: Connector = registry.system(system).connect(settings)
    yield Stage(sandbox_server, realm, connector, courier)
    assert deviations(courier) == []


def deviations(courier: PlainCourier) -> list[str]:
    """Where a body sent says what the schemas do not know; nothing to hold it against: none."""
    known = schema()
    found: list[str] = []
    for item in courier.writes if known else []:
        head: dict[str, Any] = {
            name: value
            for name, value in item.items()
            if name in ("bId", "operation", "optionsData")
        }
        found += known.deviations("BatchItemRequest", head) if known else []
        for entity in item.keys() - head.keys():
            found += known.deviations(entity, item[entity]) if known else []
    return found
