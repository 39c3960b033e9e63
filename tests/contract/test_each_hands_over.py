"""Every ledger: whether what goes over is in the books at once, or confirmed another day."""

from apps.connectors.port import Confirmation
from apps.connectors.snapshots import Kind
from tests.contract.needs import has, of_kinds
from tests.contract.ours import Ours
from tests.contract.sending import Record


def asked(ours: Ours, *records: Record) -> list[Confirmation]:
    """What they have said of these by now."""
    handed = [
        (each.kind, each.remote_id, each.version)
        for record in records
        for each in record.stands.values()
    ]
    return list(ours.connector.confirmations(handed, ours.courier))


@has(lambda can: not can.hands_over)
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_what_is_answered_is_in_the_books_and_nothing_is_confirmed_later(
    ours: Ours, kind: Kind
) -> None:
    record = ours.make(kind)
    outcome = ours.step(record)
    assert not outcome.handed_over
    assert asked(ours, record) == []
    assert ours.has.named_while_handed_over == frozenset()


@has(lambda can: can.hands_over)
@of_kinds(*Kind)
def test_what_is_handed_over_is_confirmed_by_its_version(ours: Ours, kind: Kind) -> None:
    record, other = ours.make(kind), ours.make(kind)
    outcome = ours.step(record)
    assert outcome.handed_over
    assert outcome.remote[0].version
    assert asked(ours, record) == []

    ours.bench.confirmed(kind)
    ours.step(other)

    (said,) = asked(ours, record, other)
    there = outcome.remote[0]
    assert (said.kind, said.remote_id, said.version) == (there.kind, there.remote_id, there.version)
    assert said.refusal == ""


@has(lambda can: can.hands_over)
@of_kinds(*Kind)
def test_what_is_turned_away_later_says_why_and_is_not_taken_for_the_next_one(
    ours: Ours, kind: Kind
) -> None:
    record = ours.make(kind)
    ours.step(record)
    ours.bench.confirmed(kind, refuse="The period is closed.")
    assert [each.refusal for each in asked(ours, record)] == ["The period is closed."]

    record.stands, record.agreed, record.generation = {}, None, 2
    outcome = ours.step(record)

    assert outcome.handed_over
    assert asked(ours, record) == []
    ours.bench.confirmed(kind)
    assert [each.refusal for each in asked(ours, record)] == [""]


@has(lambda can: can.hands_over and can.refuses_doubles)
@of_kinds(Kind.INVOICE, Kind.CREDIT_NOTE)
def test_a_second_document_of_a_number_is_turned_away(ours: Ours, kind: Kind) -> None:
    assert kind in ours.has.refuses_doubles
    make = ours.a_invoice if kind is Kind.INVOICE else ours.a_credit_note
    first, second = (ours.sent(make(number="N-1")) for _ in range(2))

    ours.bench.confirmed(kind)

    refusals = {each.remote_id: each.refusal for each in asked(ours, first, second)}
    assert refusals[first.id] == ""
    assert "N-1" in refusals[second.id]
