"""Two companies, and people who see one of them."""

import pytest

from apps.staff.models import User
from tests.backoffice.conftest import kept_since_the_morning
from tests.backoffice.two_companies import TwoCompanies, narrow


@pytest.fixture
def two(people: dict[str, User]) -> TwoCompanies:
    made = kept_since_the_morning(TwoCompanies, people)
    for name in ("Vera", "Cleo", "Fay", "Ada", "Iris"):
        narrow(people[name], made.own.company)
    return made
