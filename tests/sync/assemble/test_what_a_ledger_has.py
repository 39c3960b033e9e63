"""What a ledger has not is left out and named, with all that hangs on it; nobody is asked."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import hold_as_retainer, use_retainer, write_off
from apps.billing.models import AccountRole
from apps.connections.lifecycle import open_connector
from apps.connectors.quickbooks.connector import QuickBooks
from apps.connectors.snapshots import Kind
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping
from apps.sync.assemble import Assembler
from apps.sync.assemble.foretold_money import foretold_together
from apps.sync.models import Reason, State, SyncRecord
from tests.books import Books
from tests.factories import make_invoice, make_payment

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 20)
NO_ENTRIES = "These books keep no deductions and no write-offs."


def having(monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    """Their books as ours see them, with less than they have."""
    less = dataclasses.replace(QuickBooks.capabilities, **said)
    monkeypatch.setattr(QuickBooks, "capabilities", less)


def test_a_kind_that_they_have_not_is_left_out_with_what_hangs_on_it(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss of 30 on an invoice of 100: the entry and its allocation stay here."""
    having(
        monkeypatch,
        kinds=frozenset(set(Kind) - {Kind.ADJUSTMENT}),
        cannot={Kind.ADJUSTMENT: NO_ENTRIES},
    )
    invoice = make_invoice(company=books.company)
    loss = write_off(invoice, amount=Decimal(30), on=date(2026, 3, 20), reason="Gone")
    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    record = books.record(loss)
    assert (record.state, record.sentence) == (State.LEFT_OUT, NO_ENTRIES)
    part = books.record(loss.allocations.get())
    assert part.state == State.LEFT_OUT
    assert NO_ENTRIES in part.sentence
    assert not SyncRecord.objects.filter(state=State.NEEDS_PERSON).exists()


def test_without_a_chart_of_accounts_nothing_waits_for_a_mapping(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)
    payment = make_payment(invoice=invoice, method=books.method)
    Mapping.objects.filter(subject__in=["method_account", AccountRole.BAD_DEBT]).delete()
    loss = write_off(
        make_invoice(company=books.company), amount=Decimal(30), on=date(2026, 3, 20), reason="Gone"
    )

    def missing() -> set[str]:
        made = Assembler(
            books.connection, open_connector(books.connection), Mappings.of(books.connection)
        )
        return {
            obstacle.waits_for.partition(":")[2].partition(":")[0]
            for kind, each in ((Kind.PAYMENT, payment), (Kind.ADJUSTMENT, loss))
            for found in made.many(kind, [each.pk])
            for obstacle in found.obstacles
            if obstacle.reason == Reason.MAPPING_MISSING
        }

    assert missing() == {"method", AccountRole.BAD_DEBT}
    having(monkeypatch, accounts=False)
    assert missing() == set()


@pytest.mark.slow
def test_without_a_chart_of_accounts_a_retainer_stays_here_with_all_that_comes_of_it(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As anything else it would lower income there, though the money is owed back."""
    none = "These books have no account for money that is owed back."
    having(monkeypatch, accounts=False, cannot={"retainer": none})
    invoice = make_invoice(company=books.company)
    money = make_payment(customer=invoice.customer, amount=100, method=books.method)
    held = hold_as_retainer(money, amount=Decimal(100), on=DAY)
    used = use_retainer(invoice, amount=Decimal(60), on=DAY)
    loss = write_off(invoice, amount=Decimal(10), on=DAY, reason="Gone")
    assert [foretold_together([each])[0].sentence for each in (held, used)] == [none] * 2
    books.run()
    books.run()

    for each in (held, used):
        record = books.record(each)
        assert (record.state, record.sentence) == (State.LEFT_OUT, none)
    assert books.record(loss).state != State.LEFT_OUT
