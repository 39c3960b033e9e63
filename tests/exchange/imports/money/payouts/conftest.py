"""Companies that have what the files of processors name, and files on their way."""

from pathlib import Path

import pytest

from apps.billing.models import (
    Company,
)
from apps.exchange.imports.opening import proposed
from apps.exchange.imports.running import bring, check
from apps.exchange.models import FileImport
from tests.exchange.imports.money.payouts.going import Bring
from tests.exchange.imports.money.payouts.world import method, ready_for_stripe
from tests.factories import (
    make_company,
    make_customer,
    make_invoice,
)


@pytest.fixture
def company() -> Company:
    return make_company(home_currency="USD", time_zone="America/Los_Angeles")


@pytest.fixture
def brought(company: Company, tmp_path: Path) -> Bring:
    """A text on its way by the layout that its headings fit, checked."""

    def bring_text(text: str, of: Company = company) -> FileImport:
        path = tmp_path / f"file-{len(list(tmp_path.iterdir()))}.csv"
        path.write_text(text, encoding="utf-8", newline="")
        profile = proposed(path)
        assert profile is not None
        file_import = bring(path, profile.code, of)
        check(file_import)
        return file_import

    return bring_text


@pytest.fixture
def stripe(company: Company) -> str:
    return ready_for_stripe(company)


@pytest.fixture
def berlin() -> Company:
    company = make_company(home_currency="EUR", time_zone="Europe/Berlin")
    method(company, "PayPal", "EUR")
    customer = make_customer(company, name="Möwe & Söhne", code="M-1")
    make_invoice(customer=customer, lines=[("Netze", 1, "1234.56")], on_number="RE-0007")
    return company


@pytest.fixture
def shop(company: Company) -> Company:
    method(company, "Shopify", "USD")
    make_invoice(customer=make_customer(company), lines=[("Kites", 1, "81.55")], on_number="#1001")
    return company
