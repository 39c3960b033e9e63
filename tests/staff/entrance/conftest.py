"""The entrance as it stands where real books are kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache, caches

from apps.core.company_sign_in import CompanySignIn
from apps.staff.models import User
from tests.backoffice.people import make_people
from tests.staff.entrance.company_provider import CLIENT, FAY, SECRET, Provider


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    settings.SESSION_IDLE, settings.SESSION_LONGEST = 30 * 60, 12 * 3600
    settings.SESSION_COOKIE_AGE, settings.FRESH_SIGN_IN = 12 * 3600, 5 * 60


@pytest.fixture
def people(db: None) -> dict[str, User]:
    cache.clear()
    return make_people()


@pytest.fixture
def there(settings: Any) -> Iterator[Provider]:
    """The company's provider, at which Fay is signed in."""
    caches["process"].clear()
    provider = Provider(person=dict(FAY))
    settings.OIDC = CompanySignIn(
        name="Acme", issuer=provider.issuer, client_id=CLIENT, secret=SECRET
    )
    yield provider
    provider.stop()
