"""Every ledger that takes them: a note of what a person changed by hand, read beside their object.

Written once whatever becomes of an answer, kept by whatever is written later, and in a closed month
beside an object that keeps its version.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from apps.connectors.errors import OutcomeUnknown, RemoteGone
from apps.connectors.notes import EditNote, Noted, holds
from apps.connectors.port import Purpose, RemoteObject
from apps.connectors.snapshots import Kind
from tests.contract.needs import edited_there, has, noted_there, of_kinds
from tests.contract.ours import Ours
from tests.contract.sending import Record
from tests.contract.test_each_sends import unlike

NOTED = has(lambda can: can.edit_notes)
# Of which the default run goes through each step; the others are some seconds more.
SHOWN = (Kind.INVOICE, Kind.PAYMENT, Kind.DEPOSIT)
LATER = date(2026, 11, 21)


def note_on(record: Record, *, untouched: bool = False, remote_id: str = "") -> EditNote:
    """On the first object of a record. The words may name another object of ours, as staff copy it."""
    first = next(iter(record.stands.values()))
    reference = f"TN-{uuid4().hex[:12]}"
    return EditNote(
        of_kind=record.kind,
        kind=first.kind,
        remote_id=remote_id or first.remote_id,
        customer_id=getattr(record.snapshot, "customer_id", ""),
        words=f"Voided twice, says Petra: see [Tieout {uuid4().hex}], Tieout {uuid4()} ({reference})",
        reference=reference,
        untouched=untouched,
        key=f"note {reference}",
    )


def write(ours: Ours, note: EditNote, *records: Record) -> Noted:
    """As the engine does: what was written for it is stored as it stands now."""
    noted: Noted = ours.connector.note_edit(note, ours.courier)
    for each in noted.objects:
        for record in records:
            key = (each.kind, each.remote_id, each.part)
            if key in record.stands:
                record.stands[key] = each
    return noted


def read_beside(ours: Ours, note: EditNote) -> list[str]:
    """What their staff read there that bears its reference."""
    told = ours.bench.notes_beside(note.kind, note.remote_id)
    lines = [line for each in told for line in each.splitlines()]
    return [line for line in lines if holds(line, note.reference)]


def with_its_customer(ours: Ours, kind: Kind) -> tuple[Record, Record]:
    """A record that stands there, and the customer whose it is."""
    customer = ours.sent(ours.a_customer())
    make: Any = getattr(ours, f"a_{kind.value}")
    return ours.sent(make(customer_id=customer.id)), customer


def objects_at(ours: Ours, found: Sequence[RemoteObject]) -> list[RemoteObject]:
    """The same, with their parts, as they are read now."""
    wanted = list(dict.fromkeys((each.kind, each.remote_id) for each in found))
    return list(ours.connector.read(wanted, ours.courier)) if wanted else []


@NOTED
@noted_there
@of_kinds(*SHOWN)
def test_a_note_is_written_once_and_found_by_its_reference(ours: Ours, kind: Kind) -> None:
    noted_once(ours, kind)


@pytest.mark.slow
@NOTED
@noted_there
@of_kinds(*(each for each in Kind if each not in SHOWN))
def test_a_note_on_any_other_kind_is_written_once(ours: Ours, kind: Kind) -> None:
    noted_once(ours, kind)


def noted_once(ours: Ours, kind: Kind) -> None:
    record = ours.made(kind)
    before = ours.read(record)
    note, sent = note_on(record), len(ours.courier.sent)

    first = write(ours, note, record)

    calls = ours.courier.sent[sent:]
    assert [each.purpose for each in calls] == [Purpose.NOTES] * len(calls)
    assert sum(each.writes for each in calls) == 1
    (line,) = read_beside(ours, note)
    assert line.startswith(
        ("Voided twice, says Petra: see ", "Note: Voided twice, says Petra: see ")
    )
    assert objects_at(ours, first.objects) == list(first.objects)
    after = ours.read(record)
    assert (after.marker, after.void) == (before.marker, before.void)
    assert unlike(ours, record.snapshot, after) == []

    writes = len(ours.writes)
    again = write(ours, note, record)

    assert len(ours.writes) == writes
    assert again.where == first.where
    assert len(read_beside(ours, note)) == 1


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@NOTED
@noted_there
@of_kinds(Kind.PAYMENT)
def test_a_note_whose_answer_is_lost_is_there_once_when_it_is_asked_for_again(
    ours: Ours, kind: Kind, executed: bool
) -> None:
    noted_after_a_loss(ours, note_on(ours.made(kind)), executed=executed)


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@NOTED
@noted_there
@of_kinds(Kind.INVOICE)
def test_one_of_a_closed_month_whose_answer_is_lost_is_there_once_as_well(
    ours: Ours, kind: Kind, executed: bool
) -> None:
    noted_after_a_loss(ours, note_on(ours.made(kind), untouched=True), executed=executed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("executed", "untouched"),
    [(True, False), (False, False), (False, True)],
    ids=["it arrived", "it did not", "it did not, closed"],
)
@NOTED
@noted_there
@of_kinds(*Kind)
def test_a_lost_note_on_any_kind_in_any_month_is_there_once(
    ours: Ours, kind: Kind, executed: bool, untouched: bool
) -> None:
    noted_after_a_loss(ours, note_on(ours.made(kind), untouched=untouched), executed=executed)


def noted_after_a_loss(ours: Ours, note: EditNote, *, executed: bool) -> None:
    ours.bench.lose(executed=executed, bearing=note.reference)
    with pytest.raises(OutcomeUnknown):
        write(ours, note)
    assert len(read_beside(ours, note)) == (1 if executed else 0)
    writes = len(ours.writes)

    write(ours, note)

    assert len(read_beside(ours, note)) == 1
    assert len(ours.writes) - writes == (0 if executed else 1)


@NOTED
@noted_there
@of_kinds(Kind.INVOICE)
def test_in_a_closed_month_it_is_read_there_and_the_object_keeps_its_version(
    ours: Ours, kind: Kind
) -> None:
    noted_and_untouched(ours, kind)


@pytest.mark.slow
@NOTED
@noted_there
@of_kinds(*(each for each in Kind if each is not Kind.INVOICE))
def test_what_is_closed_of_any_other_kind_keeps_its_version(ours: Ours, kind: Kind) -> None:
    noted_and_untouched(ours, kind)


def noted_and_untouched(ours: Ours, kind: Kind) -> None:
    record = ours.made(kind)
    before = ours.read(record)
    note = note_on(record, untouched=True)

    write(ours, note, record)

    assert len(read_beside(ours, note)) == 1
    assert ours.read(record) == before


@NOTED
@noted_there
@of_kinds(Kind.INVOICE)
def test_what_is_written_later_on_an_invoice_and_its_customer_keeps_it(
    ours: Ours, kind: Kind
) -> None:
    kept_later(ours, kind)


@pytest.mark.slow
@NOTED
@noted_there
@of_kinds(Kind.CREDIT_NOTE)
def test_what_is_written_later_on_a_credit_note_and_its_customer_keeps_it(
    ours: Ours, kind: Kind
) -> None:
    kept_later(ours, kind)


def kept_later(ours: Ours, kind: Kind) -> None:
    record, customer = with_its_customer(ours, kind)
    markers = [ours.read(each).marker for each in (record, customer)]
    note = note_on(record)
    write(ours, note, record, customer)

    ours.send(ours.changed(record, issue_date=LATER))
    ours.send(ours.changed(customer, phone="+44 20 7946 0001"))

    assert len(read_beside(ours, note)) == 1
    for each in (record, customer):
        assert unlike(ours, each.snapshot, ours.read(each)) == []
    assert [ours.read(each).marker for each in (record, customer)] == markers


@NOTED
@edited_there
@of_kinds(Kind.PAYMENT, Kind.DEPOSIT)
def test_what_is_written_later_on_money_keeps_it(ours: Ours, kind: Kind) -> None:
    record = ours.made(kind)
    marker = ours.read(record).marker
    note = note_on(record)
    write(ours, note, record)
    change = {"reference": "BACS 18"} if kind is Kind.PAYMENT else {"dated": LATER}

    ours.send(ours.changed(record, **change))

    assert len(read_beside(ours, note)) == 1
    assert unlike(ours, record.snapshot, ours.read(record)) == []
    assert ours.read(record).marker == marker


@pytest.mark.slow
@NOTED
def test_an_invoice_that_is_voided_keeps_it_takes_another_and_stays_void(ours: Ours) -> None:
    record = ours.made(Kind.INVOICE)
    notes = [note_on(record), note_on(record)]
    write(ours, notes[0], record)
    ours.send(ours.changed(record, void=True))

    write(ours, notes[1], record)

    assert [len(read_beside(ours, each)) for each in notes] == [1, 1]
    assert ours.read(record).void


@NOTED
@edited_there
@of_kinds(Kind.PAYMENT)
def test_on_what_was_deleted_there_nothing_is_noted_but_with_whose_it_was(
    ours: Ours, kind: Kind
) -> None:
    record = ours.made(kind)
    ours.bench.deleted(kind, record.id)
    writes, note = len(ours.writes), note_on(record)
    try:
        write(ours, note)
    except RemoteGone:
        assert len(ours.writes) == writes
    else:  # whose it was has a note of its own
        assert len(read_beside(ours, note)) == 1
        assert len(ours.writes) == writes + 1
    assert record.id not in {each.remote_id for each in ours.bench.standing(kind) if not each.void}


@NOTED
def test_on_what_never_stood_there_nothing_is_noted(ours: Ours) -> None:
    record = ours.made(Kind.INVOICE)
    missing = "987654" if record.id.isdecimal() else str(uuid4())
    writes = len(ours.writes)
    with pytest.raises(RemoteGone):
        write(ours, note_on(record, remote_id=missing), record)
    assert len(ours.writes) == writes
