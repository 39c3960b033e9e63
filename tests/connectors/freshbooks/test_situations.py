"""The bookkeeper's table on FreshBooks: journals worked by hand, what stands, and what agreement says."""

from importlib import import_module

import pytest

from tests.connectors.freshbooks.shop import FreshBooksShop
from tests.freshbooks_twin import FreshBooksTwin
from tests.reconciliation.situations import CHAPTERS
from tests.reconciliation.table import faults_together, refused_on_days

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHAPTERS_HERE = ("currencies", "discounts", "deductions", "refunds")
for module in ("currencies", "discounts", "deductions"):  # each fills its part of the table
    import_module(f"tests.reconciliation.situations_of_{module}")


def test_what_it_can_hold_is_booked_and_agrees_and_the_rest_is_told(
    twin: FreshBooksTwin, db: None
) -> None:
    """In two parts: what agrees, and what is told; what is told of one row may be told of many."""
    shop = FreshBooksShop(twin)
    rows = [each for chapter in CHAPTERS_HERE for each in CHAPTERS[chapter]]
    for part in (
        [each for each in rows if not each.on(shop.system)[1]],
        [each for each in rows if each.on(shop.system)[1]],
    ):
        assert list(faults_together(shop, part)) == []
        if not any(each.on(shop.system)[1] for each in part):
            assert list(refused_on_days(shop)) == []
