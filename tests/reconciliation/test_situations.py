"""The bookkeeper's table runs over HTTP: the ledger's own trial balance is what was worked out by
hand, agreement is refused wherever it is false, naming its cause, and given where it is true."""

from collections import Counter
from importlib import import_module

import pytest

from apps.reconciliation.compare import compare
from tests.reconciliation.shop import Shop
from tests.reconciliation.situations import CHAPTERS
from tests.reconciliation.table import (
    faults_together,
    put_right,
    refused_for,
    refused_on_days,
)
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = pytest.mark.django_db(transaction=True)
for module in ("tax", "credits", "sales", "money", "currencies", "discounts", "deductions"):
    import_module(f"tests.reconciliation.situations_of_{module}")  # each fills its part
BY_ROW = ("tax", "credits", "sales", "money")
OF_ALL = ("currencies", "discounts")  # as on every ledger; of the others other tests are full
QUICK = ("tax",)


@pytest.mark.parametrize(
    "chapter",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in BY_ROW],
)
@pytest.mark.slow
def test_both_sides_agree_exactly_where_the_bookkeeper_says_so(
    ledger: SandboxServer, chapter: str
) -> None:
    """One set of books for a chapter: each situation is put right or answered before the next, so
    that what was answered stays listed and blocks nothing that follows."""
    shop = Shop(ledger)
    for each in CHAPTERS[chapter]:
        made = each.do(shop)
        if each.fetched:
            shop.settle()
        assert shop.change() == shop.expected(each.posts), each.words
        found = compare(shop.connection)
        if not each.cause:
            assert found.tied_out, (each.words, found.refusals)
            continue
        assert not found.tied_out, each.words
        assert refused_for(found, each.cause), (each.words, found.refusals)
        put_right(shop, each, made)
        again = compare(shop.connection)
        assert again.tied_out, (each.words, again.refusals)
        shop.change()


@pytest.mark.slow
def test_what_is_laid_out_on_every_ledger_agrees(ledger: SandboxServer) -> None:
    """Now, and as of each day on which anything of it happened."""
    shop, rows = Shop(ledger), [each for chapter in OF_ALL for each in CHAPTERS[chapter]]
    assert list(faults_together(shop, rows)) == []
    assert list(refused_on_days(shop)) == []


def test_the_table_is_long_enough_and_names_each_cause() -> None:
    rows = [each for chapter in CHAPTERS.values() for each in chapter]
    assert len({each.words for each in rows}) >= 60
    assert sum(not each.cause for each in rows) >= 15
    assert len(Counter(each.cause for each in rows if each.cause)) >= 12
