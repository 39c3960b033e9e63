"""A run is undone in Xero and in FreshBooks, each as that ledger takes things back."""

from decimal import Decimal
from typing import Any

import pytest

from apps.sync.models import State
from apps.sync.undo import Fate, fates_of, leave_there
from tests.factories import make_invoice
from tests.sync.undo.test_undo import mixed, paid, refused, sent, undo

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("ledger_of", ["xero", "freshbooks"])
def test_the_trial_balance_is_what_it_was(ledger_of: str, request: pytest.FixtureRequest) -> None:
    books: Any = request.getfixturevalue(ledger_of)
    before = books.trial_balance()
    mixed(books)
    run = sent(books)
    assert books.trial_balance() != before

    assert refused(books, run) == {}
    undone = undo(books, run)
    books.run()

    assert [(str(each.part), each.fate, each.sentence) for each in fates_of(undone)
            if each.fate != Fate.DONE] == []  # fmt: skip
    assert books.trial_balance() == before
    books.run()
    assert books.trial_balance() == before


def test_what_is_reconciled_with_the_bank_stays_with_what_it_pays(xero: Any) -> None:
    reconciled, other = make_invoice(company=xero.company), make_invoice(company=xero.company)
    money, more = paid(xero, reconciled), paid(xero, other)
    run = sent(xero)
    there = xero.record(money).remote_records.get(part="", retired=False)
    xero.server.act(xero.realm, "reconcile", kind="Payments", id=there.remote_id)
    xero.run()

    said = refused(xero, run)

    assert set(said) == {money, *money.allocations.all(), reconciled}
    assert "is reconciled with a bank statement in Xero" in said[money]
    assert "which stays in Xero" in said[reconciled]
    # Matched after the plan was drawn: Xero refuses, and its word stands beside the record.
    late = xero.record(more).remote_records.get(part="", retired=False)
    undone = undo(xero, run)
    xero.server.act(xero.realm, "reconcile", kind="Payments", id=late.remote_id)
    xero.run()
    held = [each for each in fates_of(undone) if each.fate == Fate.HELD]
    assert [each.part.sync_record.subject for each in held] == [more]
    assert "reconciled" in held[0].sentence
    assert (
        leave_there(undone, user_id=xero.fay.pk) == 3
    )  # the payment, what it settles, the invoice
    xero.run()
    assert xero.record(more).state == State.IN_THE_BOOKS
    assert xero.record(other).state == State.IN_THE_BOOKS
    assert xero.balance(xero.received_on) == Decimal("200.00")
