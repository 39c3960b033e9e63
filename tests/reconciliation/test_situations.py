"""The bookkeeper's table runs over HTTP: the ledger's own trial balance is what was worked out by
hand, agreement is refused wherever it is false, naming its cause, and given where it is true."""

from collections import Counter
from importlib import import_module

import pytest

from apps.reconciliation.compare import compare
from apps.reconciliation.figures import Comparison
from apps.reconciliation.models import Question
from apps.reconciliation.questions.answering import answer
from tests.reconciliation.shop import Shop
from tests.reconciliation.situations import CHAPTERS, Situation
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = pytest.mark.django_db(transaction=True)
for chapter in ("tax", "credits", "sales", "money"):  # each fills its part of the table
    import_module(f"tests.reconciliation.situations_of_{chapter}")
QUICK = ("tax",)


@pytest.mark.parametrize(
    "chapter",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in CHAPTERS],
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
        assert shop.change() == each.posts, each.words
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


def refused_for(found: Comparison, cause: str) -> bool:
    asked = {each.cause for each in found.questions}
    said = [*found.differences, *found.doubles, *found.only_here]
    return cause in asked or any(cause in sentence for sentence in said)


def put_right(shop: Shop, situation: Situation, made: object) -> None:
    if situation.mend is not None:
        situation.mend(shop, made)
        shop.settle()
        return
    for question in Question.objects.filter(standing=True, answer=""):
        answer(
            question, Question.Answer.RIGHT, user_id=shop.fay.pk, reason="Looked at the vouchers"
        )


def test_the_table_is_long_enough_and_names_each_cause() -> None:
    rows = [each for chapter in CHAPTERS.values() for each in chapter]
    assert len({each.words for each in rows}) >= 60
    assert sum(not each.cause for each in rows) >= 15
    assert len(Counter(each.cause for each in rows if each.cause)) >= 12
