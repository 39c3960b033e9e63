"""Steps of the real engine are bound by what changes there, not by their names."""

import time
from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from django.db import transaction

from apps.backoffice.ledgers.status import sentence_of
from apps.billing.actions import change_open_fields
from apps.connectors import registry
from apps.connectors.port import Courier, Outcome, Purpose, Push, Settings
from apps.connectors.snapshots import Kind
from apps.sync.calls import progress, witness
from apps.sync.decide.acts import retry
from apps.sync.models import Reason, State
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.worked.connector import ACCESS, CAPABILITIES, ENVIRONMENTS
from tests.worked.connector.capabilities import SEND
from tests.worked.connector.client import Write
from tests.worked.connector.connector import Worked, content_of
from tests.worked.connector.objects import objects_of
from tests.worked.test_engine import settled, until_calm
from tests.worked.works import Works

pytestmark = pytest.mark.django_db


class Restless(Worked):
    """Asks for the same step of each invoice for ever; `writes`: it changes it there each time."""

    writes = False

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        for push in pushes:
            if push.kind != Kind.INVOICE or push.known is None:
                yield from super().push([push], courier)
            elif not self.writes:
                yield Outcome(ref=push.ref, remote=push.stands, next_step=SEND)
            else:
                yield self._touched(push, courier)

    def _touched(self, push: Push, courier: Courier) -> Outcome:
        known = push.stands[0]
        write = Write(
            method="PUT",
            path=f"/invoices/{known.remote_id}",
            fields={"due": known.raw["due"]},
            version=known.version,
        )
        request = self.calls.write(write, push.ref, Purpose.DOCUMENTS)
        ((_, reply),) = courier.carry([request])
        found = objects_of("invoice", content_of(request, reply))
        return Outcome(ref=push.ref, remote=found, next_step=SEND)


class Writing(Restless):
    writes = True


def of(connector: type[Worked], monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(settings: Settings) -> Worked:
        return connector(settings)

    worked = registry.System(CAPABILITIES, ACCESS, ENVIRONMENTS, connect)
    monkeypatch.setitem(registry.systems(), "worked", worked)


def test_a_step_that_changed_nothing_and_is_due_again_is_put_before_a_person(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(Restless, monkeypatch)
    invoice = make_invoice(company=works.company)
    works.run()
    record = works.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.STOPPED)
    assert sentence_of(record).startswith("Tieout is holding it: It is partly in Worked")
    assert "changed nothing, and marking it as sent is due again" in record.sentence
    assert "press Retry" in record.remedy
    results = record.attempts.order_by("pk").values_list("result", flat=True)
    assert list(results) == ["step", "refused"]

    of(Worked, monkeypatch)
    retry([record])
    until_calm(works)
    settled(works)
    assert [each["state"] for each in works.theirs("invoice")] == ["sent"]


def test_steps_that_change_something_for_ever_end_at_a_ceiling(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert progress.MOST_STEPS >= 1000
    monkeypatch.setattr(progress, "MOST_STEPS", 5)
    of(Writing, monkeypatch)
    invoice = make_invoice(company=works.company)
    works.run()
    record = works.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.STOPPED)
    assert "5 steps" in record.sentence
    assert works.asked("PUT /invoices/1") == 4
    keys = [each.sync_record.identity for each in record.attempts.all()]
    assert record.generation > 1, keys  # each of the same name was another call


def test_the_same_step_goes_again_where_what_stands_changed_since(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twice(Writing):
        def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
            for push in pushes:
                last = push.known is not None and int(push.known.version) >= 3
                if last:
                    yield from Worked.push(self, [push], courier)
                else:
                    yield from super().push([push], courier)

    of(Twice, monkeypatch)
    invoice = make_invoice(company=works.company)
    works.run()
    settled(works)
    steps = works.record(invoice).attempts.order_by("pk").values_list("step", "result")
    assert list(steps) == [("", "step"), ("send", "step"), ("send", "step"), ("send", "done")]
    assert works.record(invoice).steps == 0
    assert [each["state"] for each in works.theirs("invoice")] == ["sent"]


@pytest.mark.parametrize("fault", ["lose_after", "lose_before"])
@pytest.mark.variants
def test_a_step_that_their_feed_told_before_it_was_settled_is_not_taken_for_idle(
    works: Works, fault: str
) -> None:
    """The draft was changed, the answer lost, and the change read: it is still to be sent."""
    invoice = make_invoice(company=works.company)
    works.service.fault("status", "/send", 1, works.organisation, status=422, after_execution=False)
    works.run(get=False)
    change_open_fields(invoice, due_date=date(2026, 12, 24), reason="Asked for")
    retry([works.record(invoice)])
    works.service.fault(fault, "PUT /invoices", 1, works.organisation)
    works.run(get=False)
    assert works.record(invoice).state == State.UNKNOWN

    works.run()
    until_calm(works)

    settled(works)
    (there,) = works.theirs("invoice")
    assert (there["state"], there["due"]) == ("sent", "2026-12-24")
    assert works.asked("POST /invoices") == 1


@pytest.mark.parametrize("kind", ["invoice", "credit"])
@pytest.mark.slow
def test_a_draft_that_an_older_database_forgot_is_adopted_and_its_next_step_goes_on(
    works: Works, kind: str
) -> None:
    document = make_invoice(company=works.company)
    if kind == "credit":
        make_payment(invoice=document, method=works.method)
        until_calm(works)
        document = make_credit_note(invoice=document)
    copy = transaction.savepoint()
    works.service.fault(
        "status", f"POST /{kind}s/1/send", 1, works.organisation, status=422, after_execution=False
    )
    works.run(get=False)
    assert [each["state"] for each in works.theirs(kind)] == ["draft"]

    transaction.savepoint_rollback(copy)
    time.sleep(0.25)
    works.connection.refresh_from_db()
    witness._seen.clear()
    witness._read.clear()
    until_calm(works)

    settled(works)
    assert [each["state"] for each in works.theirs(kind)] == ["sent"]
    assert works.asked(f"POST /{kind}s") == 1
    assert works.record(document).attempts.filter(step="send", result="done").count() == 1
