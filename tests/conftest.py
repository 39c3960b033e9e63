"""Fixtures that several rooms of the house share."""

from collections.abc import Iterator

import pytest

from tests.sandbox_server import SandboxServer


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """The simulated ledgers, one process for the whole session."""
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    yield server
    server.stop()
