"""One connector per accounting system, its simulated books, and records to send."""

import dataclasses
from collections.abc import Callable, Iterator
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
def open_stage(system: str, sandbox_server: SandboxServer) -> Iterator[Callable[..., Stage]]:
    """Opens books of their own, as a profile of the simulated ledgers sets them up, with the
    connector told what the company says of itself. What was sent is held against the schemas."""
    opened: list[Stage] = []

    def open_books(profile: str = "us_no_tax", **chosen: Any) -> Stage:
        realm = sandbox_server.open_company("Contract Company", profile=profile, **chosen)
        courier = PlainCourier(sandbox_server.connect(realm))
        settings = Settings(
            remote_company_id=realm,
            home_currency="",
            today=lambda: date(2026, 11, 20),
            now=lambda: datetime.now(UTC),
        )
        connect: Callable[[Settings], Connector] = registry.system(system).connect
        company = connect(settings).company(courier)
        settings = dataclasses.replace(
            settings,
            home_currency=company.home_currency,
            tax_regime=company.tax_regime,
            multi_currency=company.multi_currency,
        )
        opened.append(Stage(sandbox_server, realm, connect(settings), courier, company))
        return opened[-1]

    yield open_books
    for stage in opened:
        assert deviations(stage.courier) == []


@pytest.fixture
def stage(open_stage: Callable[..., Stage]) -> Stage:
    """Books without sales tax, in dollars only."""
    return open_stage()


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
