"""A company of theirs with 300 customers and 80 items, a part of them ours under slightly different
names and 50 that only look so: nothing is made there twice, nothing wrong is linked by accept-all."""

from datetime import date
from typing import Any

import pytest

from apps.billing.models import Customer, InvoiceLine, Item
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.decide.acts import go_live
from apps.sync.decide.matching import accept, accept_exact, create_there, reject
from apps.sync.match import standing
from apps.sync.match.pairs import Matches, matches
from apps.sync.models import On, Reason, RemoteRecord, State, SyncRecord
from apps.sync.pull.masters import read_for_a_while
from apps.sync.tasks import match_many
from apps.sync.trial.running import run_trial
from tests.books import Books, point_at
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.contract.live import in_haste
from tests.factories import make_invoice
from tests.freshbooks_twin import FreshBooksTwin
from tests.sandbox_server import SandboxServer
from tests.sync.match import town
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
KINDS = (Kind.CUSTOMER, Kind.ITEM)
Pairs = set[tuple[str, str]]


def opened(system: str, server: SandboxServer) -> tuple[Books, Any, str, str]:
    """Connected books, the town there, and what they call customers and items."""
    if system == "quickbooks":
        books: Books = Books(server)
        return books, town.QuickBooksTown(books), "Customer", "Item"
    if system == "xero":
        books = XeroBooks(XeroTwin(server))
        return books, town.XeroTown(books), "Contacts", "Items"
    books = FreshBooksBooks(FreshBooksTwin(server))
    return books, town.FreshBooksTown(books), "clients", "items"


def found(books: Books, kind: Kind) -> Matches:
    return matches(books.connection, open_connector(books.connection), kind)


def named(told: Matches, pairs: Any) -> Pairs:
    return {(told.here[each.ours].name, told.there[each.theirs].name) for each in pairs}


def tied(books: Books, kind: Kind) -> Pairs:
    rows = RemoteRecord.objects.filter(
        connection=books.connection, of_kind=kind, sync_record__isnull=False, part=""
    ).select_related("sync_record__customer", "sync_record__item")
    return {(str(each.sync_record.subject.name), theirs_called(books, each)) for each in rows}


def theirs_called(books: Books, row: RemoteRecord) -> str:
    read = open_connector(books.connection).parse(row.kind, row.raw).snapshot
    return str(getattr(read, "name", row.name))


def issue_for_everybody(customers: list[Customer], items: list[Item]) -> None:
    for number, customer in enumerate(customers):
        make_invoice(customer=customer, lines=[(items[number % len(items)], 1, 10)])


def run_until_idle(books: Books) -> None:
    for _ in range(30):
        if not books.run().pushed:
            return
    raise AssertionError("it never ends")


@pytest.mark.parametrize("system", ["quickbooks", "xero", "freshbooks"])
def test_nothing_is_made_twice_and_nothing_wrong_is_linked(
    system: str, request: pytest.FixtureRequest, sandbox_server: SandboxServer, db: None
) -> None:
    in_haste(request)
    point_at(sandbox_server, request.getfixturevalue("settings"))
    books, there, their_customers, their_items = opened(system, sandbox_server)
    folk, goods = town.customers(), town.items()
    for one in folk.there:
        there.customer(one)
    for one in goods.there:
        there.item(one)
    before = {each: len(books.theirs(each)) for each in (their_customers, their_items)}
    customers, items = town.settle_here(books.company, folk, goods)
    books.confirm()
    books.map()

    # Nothing is created by a test invoice of which nobody has decided.
    undecided = make_invoice(customer=customers[3], lines=[(items[0], 1, 10)])
    books.connection.refresh_from_db()
    refused = run_trial(books.connection, undecided, user_id=books.fay.pk)
    assert not refused.matched
    assert f"may be the same as “{folk.there[3].name}” in" in refused.sentence
    assert "Match" in refused.remedy
    assert {each: len(books.theirs(each)) for each in before} == before

    planted = {
        kind: {(one.name, other.name) for one, other in some.same}
        for kind, some in ((Kind.CUSTOMER, folk), (Kind.ITEM, goods))
    }
    looks_so = {
        kind: {(one.name, other.name) for one, other in some.alike}
        for kind, some in ((Kind.CUSTOMER, folk), (Kind.ITEM, goods))
    }
    assert sum(map(len, looks_so.values())) == 50
    figures = {}
    for kind in KINDS:
        told = found(books, kind)
        proposed, exact = named(told, told.pairs), named(told, told.exact)
        figures[kind] = (len(told.exact), len(told.likely))
        assert planted[kind] - proposed == set(), "missed"
        assert exact - planted[kind] == set(), "exact and wrong"
        done = accept_exact(books.connection, kind, user_id=books.fay.pk)
        while done.later and (left := found(books, kind).exact):
            match_many(books.connection.pk, kind.value, "accept", books.fay.pk, 0)
            assert len(found(books, kind).exact) < len(left)
        assert tied(books, kind) == exact, "more or less than what was exact"
        assert not tied(books, kind) & looks_so[kind]
    assert figures[Kind.CUSTOMER][0] >= 20
    assert {each: len(books.theirs(each)) for each in before} == before, "accepting sent something"

    # Live, with everything that is likely undecided: what is like one of theirs is held.
    alone = customers[-1]
    invoice = make_invoice(customer=alone, lines=[(items[-1], 1, 10)])
    result = run_trial(books.connection, invoice, user_id=books.fay.pk)
    assert result.matched, (result.sentence, result.rows)
    Connection.objects.filter(pk=books.connection.pk).update(starts_on=date(2026, 1, 1))
    books.connection.refresh_from_db()
    go_live(books.connection)
    books.connection.refresh_from_db()
    issue_for_everybody(customers, items)
    run_until_idle(books)
    held = SyncRecord.objects.filter(connection=books.connection, reason=Reason.MAYBE_THE_SAME)
    likely = {kind: found(books, kind).likely for kind in KINDS}
    for kind in KINDS:
        waiting = held.filter(kind=kind)
        assert {each.subject_id for each in waiting} >= {each.ours for each in likely[kind]}
        assert not tied(books, kind) & looks_so[kind]
    assert held.filter(state=State.NEEDS_PERSON).exists()

    # A person decides each.
    for kind in KINDS:
        told = found(books, kind)
        for pair in told.likely:
            names = (told.here[pair.ours].name, told.there[pair.theirs].name)
            of = (books.connection, kind, pair.ours, pair.theirs)
            if names in planted[kind]:
                accept(*of, user_id=books.fay.pk)
            else:
                reject(*of, user_id=books.fay.pk, reason="Another one of that name")
    run_until_idle(books)
    assert not SyncRecord.objects.filter(
        On.MATCH.rows, connection=books.connection, state=State.NEEDS_PERSON
    ).exists()

    decided_of = len(folk.alike) + len(folk.only_here)
    made = len(books.theirs(their_customers)) - before[their_customers]
    assert made == decided_of, "ours that are not there, and no other"
    made_items = len(books.theirs(their_items)) - before[their_items]
    needed = {each.item_id for each in _lines(books)}
    same_items = {items[at].pk for at in range(len(goods.same))}
    # Another item of theirs has the very code: a ledger that has each code once refuses ours.
    taken = SyncRecord.objects.filter(connection=books.connection, reason=Reason.NAME_TAKEN)
    assert {each.item.name for each in taken} <= {one.name for one, _ in goods.alike}
    assert all(each.sentence and each.remedy for each in taken)
    assert made_items == len(needed - same_items) - len(taken)
    assert bool(taken) == (system == "xero")
    left = SyncRecord.objects.filter(connection=books.connection).exclude(
        state__in=[State.IN_THE_BOOKS, State.LEFT_OUT]
    )
    wait_for = {On.RECORD.of(Kind.ITEM, each.item_id) for each in taken}
    assert {each.waits_for for each in left if each.kind != Kind.ITEM} <= wait_for
    assert len(left.filter(kind=Kind.ITEM)) == len(taken)
    assert standing.match_standing(books.connection).done
    request.node.user_properties.append((system, f"(exact, likely) {figures}, made {made}"))


def _lines(books: Books) -> Any:
    return InvoiceLine.objects.filter(document__company=books.company)


def test_create_there_is_of_what_stood_before_the_eyes(
    request: pytest.FixtureRequest, sandbox_server: SandboxServer, db: None
) -> None:
    """What of theirs is read later and is like it is asked about all the same."""
    in_haste(request)
    point_at(sandbox_server, request.getfixturevalue("settings"))
    books, there, _, _ = opened("quickbooks", sandbox_server)
    there.customer(town.One(name="Copper Bakery Ltd"))
    read_for_a_while(books.connection, 30)
    [ours] = town.settle_here(
        books.company, town.Town(only_here=[town.One(name="Copper Bakery")]), town.Town()
    )[0]
    assert len(found(books, Kind.CUSTOMER).pairs) == 1
    create_there(
        books.connection, Kind.CUSTOMER, [ours.pk], user_id=books.fay.pk, reason="Another branch"
    )
    assert found(books, Kind.CUSTOMER).pairs == ()
