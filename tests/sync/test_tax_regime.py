"""A company over there that changes how it is taxed: noticed, paused, and tested again."""

import pytest
from django.core.exceptions import ValidationError

from apps.connections.lifecycle import refresh_company
from apps.connections.models import Connection
from apps.mappings.codes import read_codes
from apps.mappings.fingerprint import fingerprint
from apps.sync.decide.acts import go_live
from apps.sync.models import State, SyncRecord
from apps.sync.run import run_connection
from apps.sync.tasks import read_companies
from apps.sync.trial.running import run_trial
from apps.sync.want.wishes import take_changes
from tests.books import Books
from tests.factories import make_company, make_invoice
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def taxed(ledger: SandboxServer) -> Books:
    """A US company that keeps its sales tax by hand, live."""
    books = Books(ledger, company=make_company(home_currency="USD"), profile="us_manual_tax")
    books.go_live()
    return books


def test_a_changed_regime_pauses_these_books_and_holds_what_was_issued_since(taxed: Books) -> None:
    assert taxed.connection.tax_regime == "manual"
    taxed.server.set_up(taxed.realm, profile="us_sales_tax")

    assert read_companies().startswith("1 read")

    taxed.connection.refresh_from_db()
    assert taxed.connection.tax_regime == "automated"
    assert taxed.connection.works_out_tax
    assert taxed.connection.stage == Connection.Stage.PAUSED
    assert "tax settings" in taxed.connection.stage_reason
    assert "test invoice again" in taxed.connection.stage_reason

    invoice = make_invoice(company=taxed.company)
    take_changes(taxed.company.pk)
    assert run_connection(taxed.connection.pk) is None
    assert [each["DocNumber"] for each in taxed.theirs("Invoice")] == ["INV-2026-00001"]
    assert SyncRecord.objects.get(invoice=invoice).state == State.WAITING


@pytest.mark.slow
def test_going_live_again_takes_another_test_invoice_under_the_new_regime(taxed: Books) -> None:
    taxed.server.set_up(taxed.realm, profile="us_sales_tax")
    refresh_company(taxed.connection)
    read_codes(taxed.connection)
    with pytest.raises(ValidationError, match="Send another one first"):
        go_live(taxed.connection)

    held = make_invoice(company=taxed.company)
    result = run_trial(taxed.connection, make_invoice(company=taxed.company), user_id=taxed.fay.pk)
    assert result.matched, (result.sentence, result.rows)
    taxed.connection.refresh_from_db()
    assert taxed.connection.trial_fingerprint == fingerprint(taxed.connection)
    go_live(taxed.connection)
    taxed.connection.refresh_from_db()
    taxed.run()

    assert taxed.record(held).state == State.IN_THE_BOOKS
    assert len(taxed.theirs("Invoice")) == 3


def test_the_same_regime_read_again_leaves_these_books_live(taxed: Books) -> None:
    read_companies()
    taxed.connection.refresh_from_db()
    assert taxed.connection.stage == Connection.Stage.LIVE
