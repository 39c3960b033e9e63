"""Two sets of books of one company: the rule of one touches no record of the other, and what both want
does not go to and fro."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.changes import made_by
from apps.billing.models import Invoice
from apps.connections.books import Asked
from apps.connections.consent import Visitor, start
from apps.connections.endpoints import app_of
from apps.connections.granting import connected_by
from apps.connections.models import Connection, Grant
from apps.connectors.snapshots import Kind
from apps.sync.decide.acts import go_live
from apps.sync.models import Conflict, Side, SideRule, State
from apps.sync.rules.choosing import choose
from apps.sync.trial.running import run_trial
from tests.books import SESSION, Books
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_invoice, make_method
from tests.kept_books import live_together
from tests.sandbox_server import SandboxServer
from tests.sync.rules.there import CASES, XERO
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.slow
HERE, THERE = CASES[0], XERO[0]  # the name of a customer, in each


class SecondBooks(XeroBooks):
    """A second set, which a person asked for."""

    def consent(self) -> Connection:
        visitor = Visitor(user=self.fay, session_key=SESSION)
        app = app_of(self.system, "simulated")
        return self.agree(start(visitor, self.company, app, second_books=True))

    def chosen(self, grant: Grant) -> Connection:
        asked = Asked(
            company=self.company, system=self.system, environment="simulated", second_books=True
        )
        return connected_by(grant, asked, self.realm)


@dataclass(frozen=True)
class Two:
    main: Books
    second: SecondBooks
    customer: Any

    def run(self, times: int = 3) -> None:
        for _ in range(times):
            self.main.run()
            self.second.run()

    def names(self) -> tuple[str, str, str]:
        """Of the customer: here, in the first books, in the second."""
        return (
            HERE.ours(self.customer),
            HERE.theirs(self.main, self.customer),
            THERE.theirs(self.second, self.customer),
        )


@pytest.fixture
def two(ledger: SandboxServer, db: None) -> Two:
    main, second = live_together(both_live, ledger, XeroTwin(ledger))
    return Two(main, second, Invoice.objects.latest("pk").customer)


def both_live(ledger: SandboxServer, twin: XeroTwin) -> tuple[Books, SecondBooks]:
    """Both hold the invoice that the second was tested with."""
    books = Books(ledger)
    books.go_live()
    second = SecondBooks(twin, company=books.company)
    second.method = make_method(books.company, name="In Xero's bank", posts_to="bank")
    second.confirm()
    second.map()
    Connection.objects.filter(pk=second.connection.pk).update(starts_on=date(2026, 1, 1))
    second.connection.refresh_from_db()
    invoice = make_invoice(company=books.company)
    result = run_trial(second.connection, invoice, user_id=books.fay.pk)
    assert result.matched, (result.sentence, result.rows)
    go_live(second.connection)
    second.connection.refresh_from_db()
    Two(books, second, invoice.customer).run()
    return books, second


def choose_for(books: Any, side: Side) -> None:
    with made_by(books.fay.pk):
        choose(books.connection, Kind.CUSTOMER, "name", side)


def test_a_rule_of_one_set_touches_no_record_of_the_other(two: Two) -> None:
    choose_for(two.main, Side.OURS)
    THERE.there(two.second, two.customer, "Named in the second")

    two.run()

    # Followed from the second, which has no rule, and sent to the first.
    assert set(two.names()) == {"Named in the second"}
    assert not Conflict.objects.exists()

    HERE.there(two.main, two.customer, "Named in the first")
    two.run()
    assert set(two.names()) == {"Named in the second"}
    (kept,) = Conflict.objects.all()
    assert (kept.sync_record.connection, kept.loser) == (two.main.connection, "Named in the first")


def test_what_the_master_says_reaches_the_other_and_a_change_there_ends_in_a_row(two: Two) -> None:
    choose_for(two.main, Side.THEIRS)
    HERE.there(two.main, two.customer, "The master says")
    two.run()
    assert set(two.names()) == {"The master says"}

    THERE.there(two.second, two.customer, "The second says")
    two.run()

    assert set(two.names()) == {"The master says"}
    (kept,) = Conflict.objects.all()
    assert (kept.sync_record.connection, kept.loser) == (two.main.connection, "The second says")
    _stands_still(two)


def test_two_masters_of_one_field_are_refused(two: Two) -> None:
    choose_for(two.main, Side.THEIRS)
    with pytest.raises(ValidationError, match="wins in it already"):
        choose_for(two.second, Side.THEIRS)
    choose_for(two.second, Side.OURS)
    choose_for(two.main, Side.ASK)
    choose_for(two.second, Side.THEIRS)


@pytest.mark.parametrize("both_changed", [False, True])
def test_two_masters_in_the_rows_change_nothing_to_and_fro(two: Two, both_changed: bool) -> None:
    """As after books that won were connected again: neither wins, and it is as without rules."""
    for each in (two.main, two.second):
        SideRule.objects.create(
            connection=each.connection, kind="customer", field="name", side=Side.THEIRS
        )
    THERE.there(two.second, two.customer, "The second says")
    if both_changed:
        HERE.there(two.main, two.customer, "The first says")

    two.run(4)

    if both_changed:  # the first was read first; the second then met a change of ours
        assert two.second.record(two.customer).state == State.NEEDS_PERSON
        assert two.names() == ("The first says", "The first says", "The second says")
    else:
        assert set(two.names()) == {"The second says"}
    _stands_still(two)


def _stands_still(two: Two) -> None:
    """Four more runs of each change nothing anywhere."""
    two.customer.refresh_from_db()
    before = two.names(), two.customer.revision, Conflict.objects.count()
    two.run(4)
    two.customer.refresh_from_db()
    assert (two.names(), two.customer.revision, Conflict.objects.count()) == before
