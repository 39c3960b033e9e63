"""The entrance as it stands where real books are kept."""

from typing import Any

import pytest
from django.core.cache import cache

from apps.staff.models import User
from tests.backoffice.people import make_people


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    settings.SESSION_IDLE, settings.SESSION_LONGEST = 30 * 60, 12 * 3600
    settings.SESSION_COOKIE_AGE, settings.FRESH_SIGN_IN = 12 * 3600, 5 * 60


@pytest.fixture
def people(db: None) -> dict[str, User]:
    cache.clear()
    return make_people()
