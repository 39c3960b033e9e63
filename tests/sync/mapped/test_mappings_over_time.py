"""Mappings beside real books: in three ledgers what can go is what goes, each night what changed there
is found, and what theirs bear speaks for a proposal."""

import pytest

from apps.billing.models import Item, PaymentMethod
from apps.connectors.port import CodeKind
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.models import Mapping
from apps.sync.mapped.completeness import completeness
from apps.sync.mapped.impact import impact
from apps.sync.mapped.used_there import used_there
from apps.sync.models import State
from apps.sync.tasks import read_companies
from tests.books import Books
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_invoice, make_item, make_payment
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sync.pull.test_calls_of_reading import live
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.django_db


@pytest.mark.slow
@pytest.mark.parametrize("system", ["quickbooks", "xero", "freshbooks"])
def test_in_each_ledger_the_figure_is_what_a_run_sends(system: str, ledger: SandboxServer) -> None:
    books = live(system, ledger)
    method = PaymentMethod.objects.create(
        company=books.company, name="Cards by hand", currency=books.company.home_currency
    )
    free = [make_invoice(company=books.company) for _ in range(3)]
    shop: Item = make_item(books.company)
    held = [make_invoice(company=books.company, lines=[(shop, 1, 10)]) for _ in range(2)]
    if books.connection.capabilities.accounts:
        closed = books.code(books.income)
        spare = next(
            each
            for each in books.connection.codes.filter(kind=CodeKind.ACCOUNT, active=True)
            if set(each.roles) == {"income"} and each != closed
        )
        set_mapping(books.connection, "item_account", code=spare, item=shop)
        spare.active = False
        spare.save()
    payment = make_payment(invoice=free[0], method=method)

    told = completeness(books.connection)

    assert told.waiting == 5
    books.run(get=False)
    gone = [each for each in (*free, *held) if books.record(each).state == State.IN_THE_BOOKS]
    assert len(gone) == told.can_go
    if not books.connection.capabilities.accounts:
        assert (told.can_go, told.lacking) == (5, [])  # nothing is mapped to an account
        return
    assert told.can_go == 3
    assert {each.field: each.count for each in told.lacking} == {
        f"item_account-{shop.pk}": 2,
        f"method_account-{method.pk}": 1,
    }
    assert books.record(payment).state == State.NEEDS_PERSON


@pytest.mark.slow
def test_in_xero_a_wrong_account_is_counted_like_their_own_balance(ledger: SandboxServer) -> None:
    books, _ = live_on(XeroBooks, XeroTwin(ledger))
    mug = make_item(books.company)
    wrong, right = books.code("Other Revenue"), books.code("Sales")
    set_mapping(books.connection, "item_account", code=wrong, item=mug)
    for price in (10, 20):
        make_invoice(company=books.company, lines=[(mug, 2, price)])
    books.run()
    [past] = impact(books.connection, ("item_account", mug.pk), right).past
    assert past.count == 2
    assert past.amounts["GBP"] == -books.balance("Other Revenue") == 60


def test_each_night_what_was_closed_there_is_found_and_stays_chosen(books: Books) -> None:
    services = books.code("Services")
    mug = make_item(books.company)
    chosen = set_mapping(books.connection, "item_account", code=services, item=mug)
    assert "0 mappings to look at" in read_companies()
    books.server.act(books.realm, "deactivate", kind="Account", id=services.remote_id)
    invoice = make_invoice(company=books.company, lines=[(mug, 1, 10)])

    assert "1 read, 1 mappings to look at" in read_companies()

    chosen.refresh_from_db()
    assert chosen.code == services
    [lacking] = completeness(books.connection).lacking
    assert (lacking.key, lacking.count) == (("item_account", mug.pk), 1)
    books.run()
    assert books.record(invoice).state == State.NEEDS_PERSON
    assert Mapping.objects.filter(pk=chosen.pk, code=services).exists()


@pytest.mark.slow
def test_what_their_invoices_bear_is_counted_and_no_call_is_made(books: Books) -> None:
    term = books.connection.codes.filter(kind=CodeKind.TERM).first()
    caller = books.server.connect(books.realm)
    customer = caller.customer("Amy")
    for _ in range(2):
        caller.invoice(customer["Id"], SalesTermRef={"value": term.remote_id})
    books.run()
    read_codes(books.connection)
    before = books.connection.calls.count()
    found, looked_at = used_there(books.connection)
    assert found[CodeKind.TERM.value, term.remote_id] == 2
    assert looked_at == 3  # the test invoice beside them
    assert books.connection.calls.count() == before
