"""Fixtures that several rooms of the house share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox_server import SandboxServer

# Bodies of writes that left through the product's own line in this session, as they were sent.
BODIES_SENT: set[bytes] = set()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: looks back at the whole suite, so it runs at its end")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """The simulated ledgers, one process for the whole session; shapes are recorded throughout."""
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    server.record_shapes(True)
    yield server
    server.stop()


@pytest.fixture(autouse=True, scope="session")
def keep_bodies_sent() -> Iterator[None]:
    """Note every body that the product's line sends, for the test that holds them against the
    published schemas."""
    from apps.connections.transport import Line

    exchange = Line.exchange

    def watched(self: Any, request: Any, **options: Any) -> Any:
        if request.writes and request.body:
            BODIES_SENT.add(request.body)
        return exchange(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "exchange", watched)
        yield
