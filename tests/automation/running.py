"""The Zapier app in Node, and an office whose server it speaks to over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.billing.models import Company
from apps.staff.access import add_member
from apps.staff.models import User
from apps.staff.roles import RoleName
from apps.triggers.api.keys import make_key, make_service_key, release
from apps.triggers.models import Scope
from tests.automation.node import ZapierApp
from tests.triggers.api.caller import Office
from tests.triggers.conftest import receiver as receiver  # the fixture


@pytest.fixture(scope="module")
def zapier() -> Iterator[ZapierApp]:
    app = ZapierApp()
    yield app
    app.stop()


@pytest.fixture
def office(transactional_db: None) -> Office:
    return Office()


def key_for(person: User, *companies: Company, scopes: Any = tuple(Scope.values)) -> str:
    return make_key(person, name="Automation", companies=companies, scopes=scopes).text


def service_key(by: User, *companies: Company) -> str:
    """Of a service that an administrator made and an accountant released, with every scope."""
    given: Any = {"name": "Zapier", "companies": companies, "scopes": tuple(Scope.values)}
    made = make_service_key(by, role=RoleName.ACCOUNTANT, **given)
    gil = add_member("gil@example.com", RoleName.ACCOUNTANT, "a-long-enough-password-1")
    release(made.key, gil)
    return made.text
