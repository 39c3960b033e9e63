"""One service for the tests of a file, and a program in an organisation of its own."""

from collections.abc import Iterator

import pytest

from tests.worked.caller import Caller
from tests.worked.service import Service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as service:
        yield service


@pytest.fixture
def caller(service: Service) -> Iterator[Caller]:
    """A program in an organisation of its own, at the real time, with no fault armed."""
    caller = Caller(service.address, *service.organisation()).open()
    yield caller
    caller.http.close()
    service.disarm()
    service.move_clock(0)
