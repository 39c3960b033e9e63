"""The bookkeeper's table on Xero: journals worked by hand, what stands, and what agreement says."""

from importlib import import_module

import pytest

from tests.connectors.xero.shop import XeroShop
from tests.reconciliation.situations import CHAPTERS
from tests.reconciliation.table import faults_of
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHAPTERS_HERE = ("currencies", "discounts", "deductions", "refunds")
for module in ("currencies", "discounts", "deductions"):  # each fills its part of the table
    import_module(f"tests.reconciliation.situations_of_{module}")


@pytest.mark.parametrize("chapter", CHAPTERS_HERE)
def test_the_table_is_booked_and_agrees(twin: XeroTwin, db: None, chapter: str) -> None:
    faults = list(faults_of(XeroShop(twin), CHAPTERS[chapter]))
    assert not faults, "\n".join(faults)
