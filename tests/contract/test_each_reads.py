"""Every ledger: the feed, what stands, what was deleted, the company, and their limits."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.connectors.port import CodeKind, Page
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal
from tests.contract.needs import has, of_kinds
from tests.contract.ours import TODAY, Ours
from tests.contract.sending import NothingKnown

Key = tuple[str, str, str]


class Held(NothingKnown):
    """An engine that holds what it was told, by version."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], str] = {}

    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        held = self.versions
        return [one for one, version in versions.items() if held.get((kind, one)) != version]

    def take(self, pages: list[Page]) -> dict[Key, str]:
        """What is news in it, each object once."""
        fresh: dict[Key, str] = {}
        for each in [each for page in pages for each in page.objects]:
            key = (each.kind, each.remote_id, each.part)
            if each.part or self.versions.get(key[:2]) != each.version:
                fresh[key] = each.version
        self.versions |= {key[:2]: version for key, version in fresh.items() if not key[2]}
        return {key: version for key, version in fresh.items() if not key[2]}


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


@has(lambda can: can.reads_back)
def test_the_feed_goes_through_everything_once_however_its_times_overlap(ours: Ours) -> None:
    records = [ours.send(ours.make(kind)) for kind in (Kind.INVOICE, Kind.PAYMENT, Kind.CUSTOMER)]
    held = Held()
    pages = list(ours.connector.changes(long_ago(), ours.courier, held))
    ended = [bool(page.cursor or page.position) for page in pages]
    assert ended == [False] * (len(pages) - 1) + [True]
    found = held.take(pages)
    assert {key[:2] for record in records for key in record.stands} <= {key[:2] for key in found}
    assert (pages[-1].position == "") == ours.has.feed_by_time

    # The same time is read again, and what came about within it: news once, and what is held never.
    typed = ours.bench.typed(Kind.CUSTOMER)
    again = list(behind(ours, pages[-1], held))
    assert {key[1] for key in held.take(again)} == {typed}
    third = list(behind(ours, pages[-1], held))
    assert held.take(third) == {}


def behind(ours: Ours, last: Page, known: NothingKnown) -> Iterator[Page]:
    """As the engine goes on: with the overlap of a time, and from the position of theirs."""
    since = last.cursor - timedelta(minutes=2) if last.cursor else long_ago()
    return ours.connector.changes(since, ours.courier, known, last.position)


@has(lambda can: can.reads_back and not can.feed_by_time)
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_behind_its_position_a_feed_tells_only_what_came_about_since(
    ours: Ours, kind: Kind
) -> None:
    record = ours.send(ours.make(kind))
    *_, last = ours.connector.changes(long_ago(), ours.courier, NothingKnown())
    assert last.position
    (still,) = behind(ours, last, NothingKnown())
    assert (still.objects, still.position) == ((), last.position)

    ours.bench.edited(kind, record.id)

    (page,) = behind(ours, last, NothingKnown())
    assert {each.remote_id for each in page.objects} == {record.id}
    assert page.position != last.position
    (over,) = behind(ours, page, NothingKnown())
    assert over.objects == ()


@has(lambda can: can.reads_back)
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_what_they_enter_arrives_with_the_feed(ours: Ours, kind: Kind) -> None:
    customer = ours.sent(ours.a_customer()).id
    typed = ours.bench.typed(kind, customer, "60.00")

    found = [
        each
        for page in ours.connector.changes(long_ago(), ours.courier, NothingKnown())
        for each in page.objects
        if each.of_kind is kind and each.remote_id == typed
    ]

    assert [each.marker for each in found] == [""]
    assert found[0].snapshot is not None
    if kind is Kind.PAYMENT:
        assert (found[0].amount, found[0].customer_id) == (Decimal(60), customer)


@has(lambda can: can.reads_back)
@of_kinds(Kind.PAYMENT)
def test_what_they_deleted_is_told_or_found_by_its_id(ours: Ours, kind: Kind) -> None:
    """Either the feed says so, or another number stands there, and the ids tell which is gone."""
    kept, deleted = (ours.sent(ours.a_whole_payment()) for _ in range(2))
    *_, before = ours.connector.changes(long_ago(), ours.courier, NothingKnown())
    theirs = next(iter(deleted.stands))[0]
    ours.bench.deleted(kind, deleted.id)

    pages = list(ours.connector.changes(long_ago(), ours.courier, NothingKnown()))

    told = {each.remote_id for page in pages for each in page.objects if each.gone or each.void}
    if ours.read(deleted).void:  # it stays there, and counts no more
        assert told == {deleted.id}
        return
    if not pages[-1].totals:
        assert told == {deleted.id}
    else:
        assert pages[-1].totals[theirs] == before.totals[theirs] - 1
    assert ours.connector.ids([theirs], ours.courier)[theirs] == {kept.id}
    assert ours.read(deleted).gone
    assert not ours.read(kept).gone


@has(lambda can: can.reads_back)
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_the_ids_are_those_of_what_stands(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    ours.send(ours.make(kind))
    theirs = next(iter(record.stands))[0]

    ids = ours.connector.ids([theirs], ours.courier)[theirs]

    assert ids == {each.remote_id for each in ours.bench.standing(kind)}


@has(lambda can: can.reads_back)
def test_a_survey_goes_on_behind_its_position_and_leaves_nothing_out(ours: Ours) -> None:
    records = [ours.send(ours.make(kind)) for kind in (Kind.INVOICE, Kind.PAYMENT)]
    kinds = [Kind.CUSTOMER, Kind.ITEM, Kind.INVOICE, Kind.PAYMENT]
    pages = [next(ours.connector.survey(kinds, "", ours.courier))]
    while pages[-1].position:
        pages.append(next(ours.connector.survey(kinds, pages[-1].position, ours.courier)))

    found = [each for page in pages for each in page.objects if not each.part]
    assert len({(each.kind, each.remote_id) for each in found}) == len(found)
    for kind in kinds:
        listed = {each.remote_id for each in found if each.of_kind is kind}
        assert listed == {each.remote_id for each in ours.bench.standing(kind)}
    assert {one for record in records for one in record.ids} <= {each.remote_id for each in found}
    everything = ours.connector.everything(kinds, ours.courier)
    assert {each.remote_id for each in everything} == {each.remote_id for each in found}


@has(lambda can: can.reads_back)
@of_kinds(Kind.CUSTOMER)
def test_whoever_has_a_name_is_found(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    owners = ours.connector.who_has_name(record.snapshot.name, ours.courier)
    assert [each.remote_id for each in owners] == [record.id]


def test_the_company_says_who_it_is(ours: Ours) -> None:
    company = ours.connector.company(ours.courier)
    assert company.remote_id
    assert company.name
    assert (company.home_currency, company.refusals) == (ours.bench.home, ())


def test_what_is_checked_is_read_there_or_asked_in_sentences(ours: Ours) -> None:
    settings = ours.connector.company(ours.courier).settings
    for each in ours.has.checks.values():
        assert all(said.endswith((".", "”)")) for said in (each.asks, each.why, each.change)), each
        assert bool(each.setting) == bool(each.wanted), each
        if each.setting:
            assert settings[each.setting] in ("yes", "no"), each
    asked = {name for name, each in ours.has.checks.items() if not each.setting}
    assert "other_apps" in asked or not ours.has.checks


def test_their_lists_have_accounts_where_there_is_a_chart_and_each_row_once(ours: Ours) -> None:
    codes = ours.connector.codes(ours.courier)
    assert any(each.kind is CodeKind.ACCOUNT for each in codes) == ours.has.accounts
    assert len({(each.kind, each.remote_id) for each in codes}) == len(codes)
    if not ours.has.accounts:
        assert ours.has.cannot["accounts"]


@has(lambda can: ControlTotal.TRIAL_BALANCE in can.control_totals)
def test_their_trial_balance_comes_to_nil(ours: Ours) -> None:
    for kind in (Kind.INVOICE, Kind.PAYMENT):
        ours.send(ours.make(kind))
    balances = ours.connector.balances(ours.courier)
    assert any(balances.values())
    assert sum(balances.values()) == 0
    # All of it is dated today.
    of_today = ours.connector.balances(ours.courier, TODAY)
    assert {account: each for account, each in of_today.items() if each} == {
        account: each for account, each in balances.items() if each
    }
    before = ours.connector.balances(ours.courier, TODAY - timedelta(days=1))
    assert not any(before.values())


@has(lambda can: ControlTotal.RECEIVABLE in can.control_totals and not can.pays_one_invoice)
def test_their_receivable_is_what_customers_owe_at_the_end_of_a_day(ours: Ours) -> None:
    """An invoice of 120.00 and 40.00 on account, both of one day."""
    ours.sent(ours.a_invoice())
    ours.sent(ours.a_payment("40.00"))
    home, courier = ours.bench.home, ours.courier
    assert ours.connector.receivable(TODAY, courier)[home] == 80
    assert not ours.connector.receivable(TODAY - timedelta(days=1), courier).get(home)


@has(lambda can: ControlTotal.TAX in can.control_totals)
def test_their_tax_is_that_of_what_was_sold_at_the_end_of_a_day(ours: Ours) -> None:
    """An invoice over 100.00 and a credit note over 30.00, both of one day, with the tax of these
    books; the credit note counts where nobody says that it does not."""
    sold, credited = ours.a_invoice("100.00"), ours.a_credit_note("30.00")
    assert sold.tax
    ours.sent(sold)
    ours.sent(credited)
    home, courier = ours.bench.home, ours.courier
    net = sold.tax - credited.tax
    allowed = {net} if ours.has.tax_total_counts_credits else {net, sold.tax}
    assert ours.connector.tax_on_sales(TODAY, courier)[home] in allowed
    assert not ours.connector.tax_on_sales(TODAY - timedelta(days=1), courier).get(home)


@has(lambda can: can.reads_back and ControlTotal.TRIAL_BALANCE not in can.control_totals)
def test_why_they_have_no_trial_balance_is_said_in_words(ours: Ours) -> None:
    assert ours.has.cannot["trial_balance"]
    assert ours.connector.balances(ours.courier) == {}


@has(lambda can: any(each.left_header for each in can.limits))
def test_their_answers_say_how_many_calls_are_left(ours: Ours) -> None:
    for limit in ours.has.limits:
        ours.connector.company(ours.courier)
        first = limit.said_left(ours.courier.replies[-1].headers)
        ours.connector.company(ours.courier)
        then = limit.said_left(ours.courier.replies[-1].headers)
        assert first is not None
        assert then is not None
        assert limit.amount > first > then


@has(lambda can: can.reads_back)
def test_reading_when_nothing_changed_takes_no_more_calls_than_they_say(ours: Ours) -> None:
    ours.send(ours.make(Kind.INVOICE))
    held = Held()
    pages = list(ours.connector.changes(long_ago(), ours.courier, held))
    held.take(pages)
    before = len(ours.courier.replies)
    assert held.take(list(behind(ours, pages[-1], held))) == {}
    assert len(ours.courier.replies) - before <= ours.has.idle_calls


@has(lambda can: can.trace_headers)
def test_their_answers_bear_what_their_support_asks_for(ours: Ours) -> None:
    ours.send(ours.make(Kind.CUSTOMER))
    for header in ours.has.trace_headers:
        assert all(each.headers.get(header) for each in ours.courier.replies)


@has(lambda can: can.reads_back)
@pytest.mark.parametrize("days", [1, 40])
def test_what_changed_is_read_however_long_ago_it_was_last_read(ours: Ours, days: int) -> None:
    """Beyond the reach of the feed by another way; then it says how many stand."""
    record = ours.send(ours.make(Kind.CUSTOMER))
    since = datetime.now(UTC) - timedelta(days=days)

    pages = list(ours.connector.changes(since, ours.courier, NothingKnown()))

    assert record.id in {each.remote_id for page in pages for each in page.objects}
    if days > ours.has.feed_reach_days:
        assert pages[-1].totals
