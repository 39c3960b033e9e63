"""What the connector of the worked ledger reads, and what others do there meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from apps.connectors.errors import (
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.snapshots import (
    InvoiceSnapshot,
    Kind,
)
from tests.contract.sending import NothingKnown, Record
from tests.worked.connector.capabilities import CAPABILITIES
from tests.worked.records import (
    credit,
    customer,
    customer_there,
    great_allocation,
    invoice,
    item,
)
from tests.worked.stage import Stage

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

# --- Somebody else ----------------------------------------------------------------------------


def test_a_change_on_an_older_version_is_refused_and_read_again(stage: Stage) -> None:
    record = stage.sent(stage.customer())
    stage.person("PUT", f"/contacts/{record.id}", {"phone": "1"})

    outcome = stage.step(stage.changed(record, email="new@brassandoak.example"))

    assert isinstance(outcome.error, RemoteIsNewer)
    assert stage.read("contact", record.id)[0].raw["email"] == "accounts@brassandoak.example"


def test_a_change_of_what_was_deleted_is_told_and_never_made_again(stage: Stage) -> None:
    record = stage.sent(stage.customer())
    stage.person("DELETE", f"/contacts/{record.id}")

    outcome = stage.step(stage.changed(record, email="new@brassandoak.example"))

    assert isinstance(outcome.error, RemoteGone)
    assert stage.of(record) == []


def test_a_draft_of_ours_shows_that_it_is_still_to_be_sent(stage: Stage) -> None:
    record = invoice(stage)
    stage.step(record)
    assert [each.next_step for each in stage.of(record)] == ["send"]

    stage.send(record)

    assert [each.next_step for each in stage.of(record)] == [""]


def test_a_draft_that_somebody_marked_as_sent_meanwhile_is_done(stage: Stage) -> None:
    record = invoice(stage)
    stage.step(record)
    stage.person("POST", f"/invoices/{record.id}/send")

    assert stage.steps_of(record) == ["send"]


def test_a_draft_of_theirs_is_in_no_books(stage: Stage) -> None:
    there = customer_there(stage)
    record = stage.sent(stage.invoice(there))
    sent = stage.read("invoice", record.id)[0]
    fields = ("number", "contact", "dated", "due", "currency", "rate", "lines")
    figures = ("net", "tax", "total")
    made = stage.person("POST", "/invoices", {n: sent.raw[n] for n in (*fields, *figures)})

    draft = stage.read("invoice", made["id"])[0]
    assert (draft.snapshot, draft.next_step) == (None, "")
    stage.person("POST", f"/invoices/{made['id']}/send")
    assert isinstance(stage.read("invoice", made["id"])[0].snapshot, InvoiceSnapshot)


# --- The feed, and what is read ---------------------------------------------------------------


def test_the_feed_brings_what_changed_with_its_parts_and_counts_what_stands(stage: Stage) -> None:
    record = great_allocation(stage)
    stage.send(record)

    *pages, last = stage.connector.changes(LONG_AGO, stage.courier, NothingKnown())

    found = {(each.kind, each.remote_id, each.part) for page in pages for each in page.objects}
    assert set(record.stands) <= found
    assert last.cursor is not None
    assert last.totals["receipt"] == 3
    again = list(
        stage.connector.changes(last.cursor + timedelta(seconds=1), stage.courier, NothingKnown())
    )
    assert [page.objects for page in again] == [()]


def test_a_long_feed_is_read_whole_and_each_object_once(stage: Stage) -> None:
    for place in range(120):
        stage.person("POST", "/contacts", {"name": f"Customer {place}"})
    versions: dict[str, str] = {}

    class Held(NothingKnown):
        def news(self, kind: str, found: object) -> list[str]:
            versions.update(found)
            return []

    (last,) = stage.connector.changes(LONG_AGO, stage.courier, Held())

    assert len(versions) == last.totals["contact"] == 120


def test_what_was_deleted_is_missing_among_the_ids_and_read_as_gone(stage: Stage) -> None:
    kept, deleted = stage.sent(stage.customer()), stage.sent(stage.customer("Gone Ltd"))
    *_, before = stage.connector.changes(LONG_AGO, stage.courier, NothingKnown())
    stage.person("DELETE", f"/contacts/{deleted.id}")

    *_, last = stage.connector.changes(LONG_AGO, stage.courier, NothingKnown())

    assert last.totals["contact"] == before.totals["contact"] - 1
    assert stage.connector.ids(["contact"], stage.courier) == {"contact": {kept.id}}
    assert [each.gone for each in stage.read("contact", deleted.id)] == [True]


def test_a_survey_goes_on_behind_its_position_and_leaves_nothing_out(stage: Stage) -> None:
    for place in range(60):
        stage.person("POST", "/contacts", {"name": f"Customer {place}"})
    kinds = [Kind.CUSTOMER, Kind.ITEM, Kind.PAYMENT]
    first = next(stage.connector.survey(kinds, "", stage.courier))

    rest = list(stage.connector.survey(kinds, first.position, stage.courier))

    found = [each.remote_id for page in (first, *rest) for each in page.objects]
    assert len(found) == len(set(found)) == 60
    assert rest[-1].position == ""
    assert first.read_at is not None


@pytest.mark.parametrize("made", [customer, item, invoice, credit])
def test_it_is_found_by_name_code_or_number(stage: Stage, made: Callable[[Stage], Record]) -> None:
    record = made(stage)
    stage.send(record)
    snapshot = record.snapshot
    name = getattr(snapshot, "number", "") or getattr(snapshot, "code", "") or snapshot.name

    found = list(stage.connector.find(record.kind, [name], stage.courier))

    assert [each.remote_id for each in found] == [record.id]


def test_the_receivable_is_what_the_effects_foretold(stage: Stage) -> None:
    there = customer_there(stage)
    records = [
        stage.sent(stage.invoice(there, "10000.00")),
        stage.sent(stage.credit(there, "50.00")),
        stage.sent(stage.payment(there, "11000.00")),
    ]
    records.append(stage.sent(stage.refund(records[-1], "30.00")))
    postings = [each for one in records for each in stage.connector.effect(one.snapshot)]

    foretold = sum(each.debit - each.credit for each in postings if each.account_id == "receivable")
    assert stage.owed() == {"EUR": foretold}
    assert sum(each.debit for each in postings) == sum(each.credit for each in postings)


def test_a_session_that_ended_is_opened_again_and_a_full_minute_waits(stage: Stage) -> None:
    stage.service.end_session(stage.organisation)
    assert stage.connector.company(stage.courier).home_currency == "EUR"

    stage.fault("status", "GET /contacts", status=429, after_execution=False)
    with pytest.raises(TryLater) as later:
        stage.read("contact", "1")
    assert later.value.whole_connection


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_on_a_write_has_said_nothing_about_it(
    stage: Stage, status: int
) -> None:
    record = customer(stage)
    stage.fault("status", "POST /contacts", status=status, after_execution=True)

    assert isinstance(stage.step(record).error, OutcomeUnknown)
    assert stage.settle(record, believe_absence=True).error is None
    assert len(stage.of(record)) == 1


def test_every_kind_that_it_has_not_is_said_in_words() -> None:
    left_out = set(Kind) - CAPABILITIES.kinds
    assert left_out == {Kind.ADJUSTMENT, Kind.DEPOSIT}
    assert all(CAPABILITIES.cannot[kind] for kind in left_out)
