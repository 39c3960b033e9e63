"""An organisation of its own for every test, and a caller of its API."""

import pytest

from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroCaller, XeroTwin


@pytest.fixture
def twin(sandbox_server: SandboxServer) -> XeroTwin:
    return XeroTwin(sandbox_server)


@pytest.fixture
def tenant(twin: XeroTwin) -> str:
    return twin.open()


@pytest.fixture
def xero(twin: XeroTwin, tenant: str) -> XeroCaller:
    return twin.connect(tenant)
