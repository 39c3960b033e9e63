"""A company whose books hold everything that a file may stumble over."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.exchange.exports.varied import Varied
from tests.kept_rows import kept


@pytest.fixture
def varied(db: None) -> Varied:
    with time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC)):
        return kept(Varied)
