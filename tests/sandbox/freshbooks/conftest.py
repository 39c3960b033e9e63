"""A business of its own for every test, and a caller of its API."""

from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin
from tests.sandbox_server import SandboxServer


@pytest.fixture
def twin(sandbox_server: SandboxServer) -> FreshBooksTwin:
    return FreshBooksTwin(sandbox_server)


@pytest.fixture
def business(twin: FreshBooksTwin) -> Any:
    return twin.open()


@pytest.fixture
def fb(twin: FreshBooksTwin, business: Any) -> FreshBooksCaller:
    return twin.connect(business)
