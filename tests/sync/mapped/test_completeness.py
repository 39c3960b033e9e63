"""The figure of completeness, and what a run then sends: the same."""

from typing import Any

import pytest

from apps.connections.lifecycle import open_connector
from apps.connectors.snapshots import Kind
from apps.mappings.choices import missing, set_mapping
from apps.mappings.look_up import Mappings
from apps.mappings.models import RemoteCode
from apps.mappings.proposals import propose
from apps.sync.assemble import Assembler
from apps.sync.mapped.completeness import completeness, still_missing, waiting_for
from apps.sync.models import On, Reason, State
from apps.sync.want.wishes import take_changes
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_item, make_tax_rate
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def uk(ledger: SandboxServer, db: None) -> Books:
    return live_books(ledger, profile="uk")


def _sold(books: Books, rate: Any, price: int = 10) -> Any:
    lines = [(make_item(books.company), 1, price, rate)]
    return make_invoice(company=books.company, lines=lines)


@pytest.mark.slow
def test_what_can_go_is_what_a_run_sends_and_a_choice_releases_the_others(uk: Books) -> None:
    standard = make_tax_rate(uk.company, 20, treatment="standard")
    reduced = make_tax_rate(uk.company, 5, treatment="reduced")
    for each in propose(uk.connection):
        if each.thing == standard:
            set_mapping(uk.connection, "tax", code=each.code, tax_rate=standard)
    go = [_sold(uk, standard) for _ in range(3)]
    held = [_sold(uk, reduced) for _ in range(2)]
    note = make_credit_note(company=uk.company, lines=[(make_item(uk.company), 1, 4, reduced)])

    reduced.active = False
    reduced.save()
    # No active item, customer or draft bears it: what the next documents need does not tell.
    assert missing(uk.connection) == []
    told = completeness(uk.connection)
    assert (told.waiting, told.can_go, told.held_otherwise) == (6, 3, 0)
    [lacking] = told.lacking
    assert lacking.field == f"tax-{reduced.pk}"
    assert lacking.blocks == {Kind.INVOICE: 2, Kind.CREDIT_NOTE: 1}
    assert lacking.blocks_in_words == "2 invoices and 1 credit note"
    assert set(waiting_for(uk.connection, lacking.key)[Kind.INVOICE]) == set(held)

    before = len(uk.theirs("Invoice"))
    uk.run()
    assert len(uk.theirs("Invoice")) == before + told.can_go
    assert {uk.record(each).state for each in go} == {State.IN_THE_BOOKS}
    for each in (*held, note):
        assert uk.record(each).reason == Reason.MAPPING_MISSING
        assert uk.record(each).waits_for == On.MAPPING.of(f"tax:{reduced.pk}")
    assert [each.key for each in still_missing(uk.connection)] == [f"mapping:tax:{reduced.pk}"]

    five = RemoteCode.objects.get(connection=uk.connection, kind="tax_code", name="5.0% R")
    set_mapping(uk.connection, "tax", code=five, tax_rate=reduced)
    assert completeness(uk.connection).can_go == 3
    uk.run()
    assert {uk.record(each).state for each in (*held, note)} == {State.IN_THE_BOOKS}
    assert completeness(uk.connection).waiting == 0


def test_an_item_whose_own_account_went_inactive_is_named_and_not_the_default(
    books: Books,
) -> None:
    mug = make_item(books.company)
    services = books.code("Services")
    set_mapping(books.connection, "item_account", code=services, item=mug)
    services.active = False
    services.save()
    invoice = make_invoice(company=books.company, lines=[(mug, 2, 10)])
    [lacking] = completeness(books.connection).lacking
    assert lacking.field == f"item_account-{mug.pk}"
    take_changes(books.company.pk)

    assembler = Assembler(
        books.connection, open_connector(books.connection), Mappings.of(books.connection)
    )
    [made] = assembler.many(Kind.INVOICE, [invoice.pk])
    waits = [each.waits_for for each in made.obstacles if each.reason == Reason.MAPPING_MISSING]
    assert waits == [f"mapping:item:{mug.pk}"]


def test_a_closed_month_is_counted_apart(books: Books) -> None:
    make_invoice(company=books.company)
    old = make_invoice(company=books.company)
    books.connection.remote_closing_date = old.issue_date
    told = completeness(books.connection)
    assert (told.waiting, told.can_go, told.held_otherwise) == (2, 0, 2)


@pytest.mark.slow
def test_its_queries_do_not_grow_with_the_documents(
    uk: Books, django_assert_max_num_queries: Any
) -> None:
    books, rate = uk, make_tax_rate(uk.company, 20)
    for _ in range(3):
        make_invoice(company=books.company, lines=[(make_item(books.company), 1, 10, rate)])
    with django_assert_max_num_queries(60) as few:
        completeness(books.connection)
    for _ in range(12):
        make_invoice(company=books.company, lines=[(make_item(books.company), 1, 10, rate)])
    with django_assert_max_num_queries(len(few)):
        completeness(books.connection)
