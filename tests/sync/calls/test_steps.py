"""Under which keys the steps of a record go."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from apps.billing.models import Payment
from apps.connectors.port import Outcome, RemoteObject
from apps.connectors.snapshots import Kind
from apps.sync.calls.outcomes import Sent
from apps.sync.calls.record import Recorder
from apps.sync.models import SyncRecord
from apps.sync.there.stands import of_records
from tests.factories import make_company, make_method, make_payment
from tests.sync.calls.test_record_outcomes import Held
from tests.sync.desk import Desk, PlainLedger

pytestmark = pytest.mark.django_db

FIRST = RemoteObject(
    kind="Payment", remote_id="90", version="1", of_kind=Kind.PAYMENT, raw={"id": "90"}
)


class Stepping(PlainLedger):
    """As plain, and one of ours may be several objects there."""

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return dataclasses.replace(FIRST, kind=kind, remote_id=raw["id"], raw=raw)

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        return objects[0]


class Steps:
    """A payment whose ledger goes on answering that the step "more" is still to come."""

    def __init__(self) -> None:
        company = make_company()
        desk = Desk(company)
        card = make_method(company)
        desk.map("method_account", "Clearing", payment_method=card)
        self.payment: Payment = make_payment(company=company, amount=500, method=card)
        desk.there(self.payment.customer, "C1")
        self.record = SyncRecord.objects.create(
            connection=desk.connection,
            kind="payment",
            payment=self.payment,
            wanted=self.payment.revision,
        )
        self.ours = desk.snapshot(self.payment)
        self.recorder = Recorder(desk.connection, Stepping(), Held(), None)
        self.keys: list[str] = []

    def answered(
        self,
        *objects: RemoteObject,
        next_step: str = "more",
        retired: tuple[tuple[str, str, str], ...] = (),
    ) -> SyncRecord:
        """One push of it as planned from what stands, and its answer noted."""
        self.record.refresh_from_db()
        self.keys.append(self.record.identity)
        stands = of_records([self.record]).get(self.record.pk)
        sent = Sent(
            self.record,
            self.payment.revision,
            self.ours,
            step=self.record.step,
            stands=stands.objects(Stepping()) if stands else (),
        )
        outcome = Outcome(ref=self.record.pk, remote=objects, next_step=next_step, retired=retired)
        self.recorder.record([outcome], {self.record.pk: sent}, [])
        self.record.refresh_from_db()
        return self.record


def test_no_two_steps_of_a_record_have_one_key_whatever_their_names_and_revisions() -> None:
    """Under the key of another, a ledger with keys would repeat its answer and do nothing."""
    steps = Steps()
    steps.answered(FIRST)
    record = steps.answered(dataclasses.replace(FIRST, version="2"), next_step="")
    assert (record.step, record.steps) == ("", 0)

    steps.answered(dataclasses.replace(FIRST, version="3"))
    steps.answered(dataclasses.replace(FIRST, version="4"), next_step="")

    assert len(set(steps.keys)) == 4
