"""Reads: changes with their deletions, whole lists past a page, lists to map, the company."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.connectors.errors import TryLater
from apps.connectors.port import CodeKind, Page, Reply, Request, Role
from apps.connectors.snapshots import Kind
from tests.contract.stage import NothingKnown, Stage


def a_while_ago(stage: Stage) -> datetime:
    """A time of theirs before anything of this test."""
    return datetime.now(UTC) - timedelta(minutes=5)


def pages(stage: Stage, since: datetime) -> list[Page]:
    found = list(stage.connector.changes(since, stage.courier, NothingKnown()))
    assert [page.cursor is not None for page in found] == [False] * (len(found) - 1) + [True]
    return found


def keys(found: list[Page]) -> set[tuple[str, str]]:
    return {(each.kind, each.remote_id) for page in found for each in page.objects if not each.gone}


def test_one_call_tells_every_change(stage: Stage) -> None:
    since = a_while_ago(stage)
    customer, item = stage.masters()
    invoice = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    payment = stage.send(stage.payment(customer, "4.00", {invoice.remote_id: "4.00"}))
    calls = len(stage.courier.sent)
    (page,) = pages(stage, since)
    assert len(stage.courier.sent) == calls + 1
    ours = {("Customer", customer), ("Item", item)}
    assert keys([page]) >= ours | {(each.kind, each.remote_id) for each in (invoice, payment)}
    parts = [each for each in page.objects if each.part]
    assert [(part.of_kind, part.links[0].remote_id) for part in parts] == [
        (Kind.ALLOCATION, invoice.remote_id)
    ]
    assert not page.totals


def test_a_quiet_company_costs_one_call_and_brings_nothing(stage: Stage) -> None:
    (page,) = pages(stage, a_while_ago(stage))
    assert page.cursor is not None
    stage.server.move_clock(600)
    try:
        calls = len(stage.courier.sent)
        (page,) = pages(stage, page.cursor + timedelta(minutes=5))
        assert (page.objects, len(stage.courier.sent) - calls) == ((), 1)
    finally:
        stage.server.move_clock(0)


def test_what_was_deleted_there_is_gone(stage: Stage) -> None:
    since = a_while_ago(stage)
    customer, item = stage.masters()
    there = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    stage.courier.caller.post(
        "invoice", {"Id": there.remote_id, "SyncToken": there.version}, operation="delete"
    )
    (page,) = pages(stage, since)
    gone = [each for each in page.objects if each.gone]
    assert [(each.kind, each.remote_id, each.of_kind) for each in gone] == [
        ("Invoice", there.remote_id, Kind.INVOICE)
    ]


def test_what_the_feed_wrongly_calls_deleted_is_looked_at(stage: Stage) -> None:
    there = stage.send(stage.customer())
    since = a_while_ago(stage)

    def as_deleted(_request: Request, reply: Reply) -> Reply:
        tombstone = b'{"CDCResponse":[{"QueryResponse":[{"Customer":[{"domain":"QBO",'
        tombstone += b'"status":"Deleted","Id":"%s"}]}]}],"time":"2026-11-20T00:00:00Z"}'
        return dataclasses.replace(reply, body=tombstone % there.remote_id.encode())

    stage.courier.meddle_once(as_deleted)
    (page,) = pages(stage, since)
    assert [(each.remote_id, each.gone) for each in page.objects] == [(there.remote_id, False)]


def many_customers(stage: Stage, number: int) -> None:
    names = [f"Customer {at:05}" for at in range(number)]
    outcomes = stage.outcomes([stage.push_of(stage.customer(name)) for name in names])
    assert not [each.error for each in outcomes if each.error]


@pytest.mark.slow
def test_more_than_the_feed_holds_is_read_by_query(stage: Stage) -> None:
    since = a_while_ago(stage)
    many_customers(stage, 1010)
    _, item = stage.masters()
    found = pages(stage, since)
    customers = {key for key in keys(found) if key[0] == "Customer"}
    assert len(customers) == 1011
    assert ("Item", item) in keys(found)
    assert found[-1].totals


def test_a_window_beyond_the_feed_is_read_by_query(stage: Stage) -> None:
    customer, item = stage.masters()
    found = pages(stage, datetime.now(UTC) - timedelta(days=40))
    assert keys(found) >= {("Customer", customer), ("Item", item)}
    assert found[-1].totals


@pytest.mark.slow
def test_a_list_longer_than_a_page_is_read_whole_and_counted(stage: Stage) -> None:
    many_customers(stage, 1005)
    assert stage.count(Kind.CUSTOMER) == 1005


def test_a_list_that_does_not_add_up_is_not_believed(stage: Stage) -> None:
    stage.send(stage.customer())

    def without_rows(_request: Request, reply: Reply) -> Reply:
        answer = json.loads(reply.body)
        for each in answer["BatchItemResponse"]:
            each["QueryResponse"].pop("Customer", None)
        return dataclasses.replace(reply, body=json.dumps(answer).encode())

    stage.courier.meddle_once(without_rows)
    with pytest.raises(TryLater, match="counts 1 of Customer and listed 0"):
        stage.count(Kind.CUSTOMER)


@pytest.mark.slow
def test_a_list_is_read_and_counted_in_one_call_a_page(stage: Stage) -> None:
    many_customers(stage, 1005)
    calls = len(stage.courier.sent)
    assert stage.count(Kind.CUSTOMER) == 1005
    assert len(stage.courier.sent) - calls == 2


def test_what_is_not_there_is_answered_as_gone(stage: Stage) -> None:
    there = stage.send(stage.customer())
    wanted = [("Customer", there.remote_id), ("Customer", "999999"), ("Invoice", "999999")]
    found = list(stage.connector.read(wanted, stage.courier))
    assert {(each.kind, each.remote_id): each.gone for each in found} == {
        ("Customer", there.remote_id): False,
        ("Customer", "999999"): True,
        ("Invoice", "999999"): True,
    }


def test_names_with_quotes_and_letters_of_any_script_are_found(stage: Stage) -> None:
    name = "O'Brien \\ Sönne & Ødegård 100% “new” 株式会社"
    there = stage.send(stage.customer(name))
    (found,) = stage.connector.find(Kind.CUSTOMER, [name], stage.courier)
    assert (found.remote_id, found.name) == (there.remote_id, name)


def test_an_item_is_found_by_its_code_and_by_its_name(stage: Stage) -> None:
    there = stage.send(stage.item("A-7", "Lamp"))
    for words in ("A-7", "A-7 Lamp"):
        (found,) = stage.connector.find(Kind.ITEM, [words], stage.courier)
        assert found.remote_id == there.remote_id


def test_documents_are_found_by_number(stage: Stage) -> None:
    customer, item = stage.masters()
    numbers = [f"INV-{at}" for at in range(5)]
    lines = stage.lines(item, "1.00")
    stage.outcomes([stage.push_of(stage.invoice(each, customer, lines)) for each in numbers])
    found = stage.connector.find(Kind.INVOICE, numbers[1:3], stage.courier)
    assert sorted(each.number for each in found) == numbers[1:3]


def test_the_chart_says_what_each_account_may_serve_as(stage: Stage) -> None:
    codes = stage.connector.codes(stage.courier)
    accounts = [each for each in codes if each.kind is CodeKind.ACCOUNT]
    served = (
        Role.INCOME,
        Role.RECEIVABLE,
        Role.BANK,
        Role.CLEARING,
        Role.LIABILITY,
        Role.EXPENSE,
    )
    for role in served:
        assert [each for each in accounts if role in each.roles], role
    assert {CodeKind.TERM, CodeKind.PAYMENT_METHOD} <= {each.kind for each in codes}
    assert all(each.remote_id and each.name for each in codes)
    assert len({(each.kind, each.remote_id) for each in codes}) == len(codes)


def test_the_trial_balance_adds_up_to_nil(stage: Stage) -> None:
    customer, item = stage.masters()
    dated = stage.invoice(
        "OLD", customer, stage.lines(item, "70.00"), issue_date=date(2011, 12, 9), due_date=None
    )
    stage.send(dated)
    stage.send(stage.invoice("NEW", customer, stage.lines(item, "30.00")))
    balances = stage.connector.balances(stage.courier)
    assert sum(balances.values()) == 0
    assert balances[stage.account(Role.RECEIVABLE)] == Decimal(100)
    assert balances[stage.account(Role.INCOME)] == Decimal(-100)


def test_the_company_is_served_as_it_is_set_up(stage: Stage) -> None:
    stage.server.set_up(stage.realm, book_close_date="2026-01-31")
    company = stage.connector.company(stage.courier)
    assert (company.remote_id, company.name) == (stage.realm, "Contract Company")
    assert (company.home_currency, company.country) == ("USD", "US")
    assert company.closing_date == date(2026, 1, 31)
    assert (company.tax_regime, company.multi_currency, company.refusals) == ("none", False, ())


@pytest.mark.parametrize(
    ("profile", "home", "regime", "several"),
    [
        ("us_no_tax", "USD", "none", False),
        ("us_manual_tax", "USD", "manual", False),
        ("us_sales_tax", "USD", "automated", False),
        ("uk", "GBP", "tax codes", False),
        ("ca", "CAD", "tax codes", False),
        ("au", "AUD", "tax codes", False),
        ("multicurrency", "USD", "none", True),
    ],
)
def test_a_company_says_how_it_keeps_tax_and_currencies(
    open_stage: Callable[..., Stage], profile: str, home: str, regime: str, several: bool
) -> None:
    company = open_stage(profile).company
    assert (company.home_currency, company.tax_regime) == (home, regime)
    assert (company.multi_currency, company.refusals) == (several, ())
    assert company.tax_code_on_every_line == (regime == "tax codes")
    assert company.works_out_tax == (regime == "automated")


def test_every_object_has_a_page_over_there(stage: Stage) -> None:
    customer, item = stage.masters()
    invoice = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    pages_of = {
        stage.connector.address_of(remote, "https://books.example/")
        for remote in (invoice, ("Customer", customer), ("Item", item))
    }
    assert len(pages_of) == 3
    assert all(each.startswith("https://books.example/") for each in pages_of)
    assert [each for each in pages_of if each.endswith(f"={invoice.remote_id}")]


def test_a_page_of_the_simulated_books_opens(stage: Stage) -> None:
    customer, item = stage.masters()
    invoice = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    payment = stage.send(stage.payment(customer, "4.00", {invoice.remote_id: "4.00"}))
    web = (
        f"{stage.server.url}/{stage.connector.capabilities.system}/app/{{company}}/{{kind}}/{{id}}"
    )
    for remote in (("Customer", customer), ("Item", item), invoice, payment):
        address = stage.connector.address_of(remote, web)
        assert stage.server.http.get(address, timeout=20).status_code == 200, address
