"""What is open about FreshBooks, asked of the simulated one: told as it is, in each of its readings."""

from pathlib import Path
from typing import Any

import pytest

from apps.connectors.freshbooks.questions import PROOF
from apps.connectors.questions import Verdict
from apps.sandbox.freshbooks.switches import SWITCHES
from tests.connectors.asked import proved
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on

pytestmark = pytest.mark.django_db(transaction=True)

READINGS = [(each.id, value) for each in PROOF.questions for value in SWITCHES[each.switch][1:]]


class Asked(FreshBooksBooks):
    """Connected; not set up any further."""

    def go_live(self) -> None:  # type: ignore[override] # nothing is sent
        return


@pytest.fixture
def books(twin: FreshBooksTwin, db: None) -> Asked:
    found, _ = live_on(Asked, twin)
    return found


@pytest.mark.slow
def test_everything_is_as_assumed(books: Asked, twin: FreshBooksTwin, tmp_path: Path) -> None:
    told = proved(books, tmp_path)

    assert told.of(Verdict.AS_ASSUMED) == {each.id for each in PROOF.questions}, told.out
    assert (told.code, "STANDING" in told.out) == (0, False), told.out
    assert books.company.legal_name not in told.raw
    for kind in ("clients", "invoices", "payments", "credit_notes"):
        assert {each["vis_state"] for each in twin.objects(books.business, kind)} == {1}, kind
    assert books.trial_balance() == {}


@pytest.mark.slow
@pytest.mark.parametrize(("question", "value"), READINGS)
def test_another_reading_is_told_of_that_question_alone(
    books: Asked, twin: FreshBooksTwin, tmp_path: Path, question: str, value: Any
) -> None:
    switch = next(each.switch for each in PROOF.questions if each.id == question)
    twin.set_up(books.business, **{switch: value})

    told = proved(books, tmp_path)

    assert told.of(Verdict.NOT) == {question}, told.out
