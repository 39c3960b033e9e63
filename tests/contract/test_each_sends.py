"""Every ledger: what is sent stands once, says what it should, is changed and is taken back."""

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any

from apps.connectors.errors import RecordRefused, RemoteIsNewer, TryLater
from apps.connectors.line import refuse_unfit
from apps.connectors.port import LineTax, RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Snapshot,
    differences,
    from_json,
    to_json,
)
from tests.contract.bench import Bench, System
from tests.contract.needs import edited_there, has, of_divided_kinds, of_kinds, sets_against
from tests.contract.ours import DUE, TODAY, Ours
from tests.contract.sending import Record

DOCUMENTS = (Kind.INVOICE, Kind.CREDIT_NOTE)
OBJECTS = tuple(each for each in Kind if each is not Kind.ALLOCATION)  # each stands by itself


def unlike(ours: Ours, snapshot: Snapshot, there: RemoteObject) -> list[str]:
    """Fields in which both sides differ, apart from those that are theirs to keep."""
    assert there.snapshot is not None, there
    found = differences(snapshot, ours.connector.project(there.snapshot))
    return [f"{each.path}: {each.ours} / {each.theirs}" for each in found if each.whose != "kept"]


def amounts(ours: Ours, record: Record) -> list[Decimal | None]:
    """What stands there for it, by amount."""
    return [
        each.amount for each in ours.bench.standing(record.kind) if each.remote_id in record.ids
    ]


@has(lambda can: can.reads_back)
@of_kinds(*Kind)
def test_a_record_of_each_kind_reads_back_equal_and_asks_for_no_second_call(
    ours: Ours, kind: Kind
) -> None:
    record = ours.make(kind)
    assert ours.objections(record.snapshot) == ()
    assert ours.connector.project(record.snapshot) == record.snapshot
    assert from_json(kind, to_json(record.snapshot)) == record.snapshot

    ours.send(record)

    assert unlike(ours, record.snapshot, ours.read(record)) == []
    before = len(ours.courier.sent)
    assert ours.step(record).error is None
    assert len(ours.courier.sent) == before


@has(lambda can: can.reads_back and can.payments_carry_allocations and not can.pays_one_invoice)
@of_kinds(Kind.PAYMENT)
def test_one_receipt_over_several_invoices_reads_back_equal(ours: Ours, kind: Kind) -> None:
    customer = ours.sent(ours.a_customer()).id
    owed = [ours.sent(ours.a_invoice("100.00", customer_id=customer)).id for _ in range(3)]
    against = dict(zip(owed, ("60.00", "40.00", "20.00"), strict=True))
    record = ours.sent(ours.a_payment("120.00", customer_id=customer, against=against))

    read = ours.read(record)

    assert unlike(ours, record.snapshot, read) == []
    assert [each.amount for each in ours.bench.standing(kind)] == [Decimal(120)]
    for invoice, part in against.items():
        assert ours.bench.paid_off(invoice) == Decimal(part)
    listed = [
        each
        for each in ours.connector.everything([kind], ours.courier)
        if each.remote_id == record.id and not each.part
    ]
    assert [unlike(ours, record.snapshot, each) for each in listed] == [[]]


@has(lambda can: can.reads_back)
@of_kinds(*DOCUMENTS)
def test_a_document_says_there_what_it_says_here(ours: Ours, kind: Kind) -> None:
    make = ours.a_invoice if kind is Kind.INVOICE else ours.a_credit_note
    record = ours.sent(make("100.00", "33.33", "-12.50"))

    sent, read = record.snapshot, ours.read(record).snapshot
    assert isinstance(sent, InvoiceSnapshot | CreditNoteSnapshot)
    assert isinstance(read, InvoiceSnapshot | CreditNoteSnapshot)
    assert [each.net for each in read.lines] == [Decimal(net) for net in ("100", "33.33", "-12.50")]
    assert [each.item_id for each in read.lines] == [each.item_id for each in sent.lines]
    assert (read.net, read.tax, read.total) == (sent.net, sent.tax, sent.total)
    assert (read.number, read.customer_id) == (sent.number, sent.customer_id)
    assert (read.issue_date, read.currency) == (TODAY, ours.bench.home)
    if isinstance(read, InvoiceSnapshot):
        assert read.due_date == DUE
    assert amounts(ours, record) == [sent.total]


@has(lambda can: can.reads_back and can.line_tax is not LineTax.UNTAXED)
@of_kinds(*DOCUMENTS)
def test_the_tax_of_a_document_is_theirs_by_rate(ours: Ours, kind: Kind) -> None:
    make = ours.a_invoice if kind is Kind.INVOICE else ours.a_credit_note
    read = ours.read(ours.sent(make("100.00", "33.33", "-12.50"))).snapshot
    assert isinstance(read, InvoiceSnapshot | CreditNoteSnapshot)
    assert (read.net, read.tax, read.total) == (Decimal("120.83"), Decimal("24.17"), Decimal(145))
    assert [(each.rate_id, each.tax) for each in read.taxes] == [
        (ours.bench.tax.rate_id, Decimal("24.17"))
    ]


@has(lambda can: not can.several_currencies)
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_what_is_in_another_currency_is_objected_to_where_they_have_one(
    ours: Ours, kind: Kind
) -> None:
    record = ours.make(kind)
    abroad = dataclasses.replace(record.snapshot, currency="USD")
    assert ours.objections(abroad) == (ours.has.cannot["several_currencies"],)


@has(lambda can: can.pays_one_invoice)
def test_a_payment_that_pays_not_one_invoice_is_objected_to_where_it_must(ours: Ours) -> None:
    customer = ours.sent(ours.a_customer()).id
    one, two = (ours.sent(ours.a_invoice(customer_id=customer)).id for _ in range(2))
    cases = {"on account": {}, "a part of it": {one: "40.00"}, "two": {one: "40.00", two: "60.00"}}
    for case, against in cases.items():
        payment = ours.a_payment("100.00", customer_id=customer, against=against)
        assert ours.objections(payment) == (ours.has.cannot["on_account"],), case
    whole = ours.a_payment("100.00", customer_id=customer, against={one: "100.00"})
    assert ours.objections(whole) == ()


@has(lambda can: can.reads_back and not can.pays_one_invoice)
@of_kinds(Kind.PAYMENT)
def test_a_payment_may_stand_on_account(ours: Ours, kind: Kind) -> None:
    payment = ours.a_payment(against={})
    assert ours.objections(payment) == ()
    assert amounts(ours, ours.sent(payment)) == [Decimal(120)]


@has(lambda can: can.reads_back and can.several_currencies)
@of_kinds(*DOCUMENTS)
def test_a_document_in_another_currency_keeps_currency_and_rate(
    open_bench: Callable[..., Bench], kind: Kind
) -> None:
    ours = Ours(open_bench(abroad=True))
    customer = ours.sent(ours.a_customer(currency="USD")).id
    make = ours.a_invoice if kind is Kind.INVOICE else ours.a_credit_note
    sent = make(customer_id=customer, currency="USD", exchange_rate=Decimal("0.8"))
    record = ours.sent(sent)

    read = ours.read(record).snapshot
    assert isinstance(read, InvoiceSnapshot | CreditNoteSnapshot)
    assert (read.currency, read.exchange_rate) == ("USD", Decimal("0.8"))
    assert (read.total, read.tax) == (sent.total, sent.tax)


@has(lambda can: can.reads_back)
@of_kinds(Kind.CUSTOMER, Kind.ITEM)
def test_a_master_is_created_once_and_found_again(ours: Ours, kind: Kind) -> None:
    before = len(ours.bench.standing(kind))
    record = ours.send(ours.make(kind))
    ours.step(record)

    name = getattr(record.snapshot, "code", "") or record.snapshot.name
    found = list(ours.connector.find(kind, [name], ours.courier))
    assert [each.remote_id for each in found] == [record.id]
    assert len(ours.bench.standing(kind)) == before + 1
    assert ours.read(record).name == ours.connector.listed_as(record.snapshot)


@has(lambda can: can.reads_back)
@of_kinds(Kind.CUSTOMER, Kind.ITEM)
def test_a_master_is_renamed_there_as_it_was_said_before(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    standing = ours.read(record).name
    assert ours.connector.listed_as(record.snapshot, standing) == standing

    renamed = ours.changed(record, name="Ash & Elm  Ltd")
    named = ours.connector.listed_as(renamed.snapshot, standing)

    assert named != standing
    assert ours.read(ours.send(renamed)).name == named


@has(lambda can: can.reads_back)
@of_kinds(*DOCUMENTS)
def test_a_document_is_found_by_its_number(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    number = record.snapshot.number

    found = list(ours.connector.find(kind, [number], ours.courier))

    assert [each.remote_id for each in found] == [record.id]


CHANGES: dict[Kind, dict[str, Any]] = {
    Kind.CUSTOMER: {"email": "new@brass.example"},
    Kind.ITEM: {"unit_price": Decimal("85.50")},
    Kind.INVOICE: {"due_date": date(2027, 1, 15)},
    Kind.PAYMENT: {"reference": "BACS 18"},
    Kind.REFUND: {"paid_on": date(2026, 11, 21)},
}


@has(lambda can: can.reads_back)
@of_kinds(*CHANGES)
def test_what_is_changed_here_is_changed_there(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    standing = len(ours.bench.standing(kind))

    ours.send(ours.changed(record, **CHANGES[kind]))

    assert unlike(ours, record.snapshot, ours.read(record)) == []
    assert len(ours.bench.standing(kind)) == standing


@has(lambda can: can.reads_back)
@edited_there
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_what_they_changed_is_read_and_not_written_over(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    known = ours.read(record)
    ours.bench.edited(kind, record.id)

    outcome = ours.step(ours.changed(record, **CHANGES[kind]))

    assert isinstance(outcome.error, RemoteIsNewer)
    read = ours.read(record)
    assert read.version != known.version
    record.stands = {(read.kind, read.remote_id, read.part): read}
    ours.send(record)
    assert unlike(ours, record.snapshot, ours.read(record)) == []
    assert "Checked by Petra" in str(ours.read(record).raw)


TAKEN_BACK = {
    Kind.INVOICE: {"void": True},
    Kind.CREDIT_NOTE: {"void": True},
    Kind.PAYMENT: {"cancelled": True},
    Kind.REFUND: {"cancelled": True},
    Kind.ADJUSTMENT: {"cancelled": True},
}


@has(lambda can: can.reads_back)
@of_kinds(*TAKEN_BACK)
def test_what_is_taken_back_here_counts_for_nothing_there(ours: Ours, kind: Kind) -> None:
    record = ours.sent(ours.a_whole_payment()) if kind is Kind.PAYMENT else ours.made(kind)

    ours.send(ours.changed(record, **TAKEN_BACK[kind]))

    assert ours.read(record).void
    assert not any(amounts(ours, record))
    assert ours.step(record).error is None


@has(lambda can: can.reads_back and not can.pays_one_invoice)
def test_money_on_account_is_taken_back_there_or_they_are_asked_to(ours: Ours) -> None:
    record = ours.sent(ours.a_payment(against={}))

    outcome = ours.step(ours.changed(record, cancelled=True))

    if isinstance(outcome.error, RecordRefused):
        assert outcome.error.remedy
        assert amounts(ours, record) == [Decimal(120)]
        ours.bench.deleted(Kind.PAYMENT, record.id)
    there = ours.read(record)
    assert there.void or there.gone
    assert not any(amounts(ours, record))


@has(lambda can: can.reads_back)
@of_kinds(Kind.INVOICE, Kind.PAYMENT)
def test_what_they_voided_is_read_as_void(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    ours.bench.voided(kind, record.id)
    assert ours.read(record).void


@has(sets_against)
def test_what_is_set_against_an_invoice_pays_it_and_is_taken_off_again(ours: Ours) -> None:
    """Where a payment must pay an invoice, by taking back the payment."""
    record, target = ours.paying("40.00")
    ours.send(record)
    assert ours.bench.paid_off(target) == Decimal("40.00")

    stays = record.kind is Kind.PAYMENT and not ours.has.pays_one_invoice
    off: dict[str, Any] = {"allocations": ()} if stays else {"cancelled": True}
    ours.send(ours.changed(record, **off))

    assert ours.bench.paid_off(target) == 0


@has(lambda can: Kind.CREDIT_NOTE in can.kinds)
@of_kinds(Kind.ALLOCATION)
def test_the_use_of_a_credit_note_is_set_and_taken_off(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    target = record.snapshot.target_id
    assert ours.bench.paid_off(target) == Decimal("40.00")

    ours.send(ours.changed(record, cancelled=True))

    assert ours.bench.paid_off(target) == 0


@has(lambda can: can.reads_back and Kind.CREDIT_NOTE in can.kinds)
@of_kinds(Kind.ALLOCATION)
def test_the_use_of_a_credit_note_is_among_everything(ours: Ours, kind: Kind) -> None:
    record = ours.send(ours.make(kind))
    asked = [
        each for each in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT) if each in ours.has.kinds
    ]

    uses = [
        each.snapshot
        for each in ours.connector.everything(asked, ours.courier)
        if isinstance(each.snapshot, AllocationSnapshot) and not each.gone
    ]

    assert [(each.target_id, each.amount) for each in uses] == [
        (record.snapshot.target_id, Decimal("40.00"))
    ]


# --- Refused ------------------------------------------------------------------------------------


@has(lambda can: not can.hands_over)
@of_kinds(*OBJECTS)
def test_what_the_books_refuse_is_told_and_stands_nowhere(ours: Ours, kind: Kind) -> None:
    record = ours.make(kind)
    before = len(ours.bench.standing(kind))
    ours.bench.refuse()

    outcome = ours.step(record)

    assert isinstance(outcome.error, RecordRefused)
    assert outcome.remote == ()
    assert len(ours.bench.standing(kind)) == before
    ours.send(record)
    assert len(ours.bench.standing(kind)) == before + 1


@has(lambda can: not can.hands_over)
@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_a_limit_is_met_by_waiting_and_nothing_stands(ours: Ours, kind: Kind) -> None:
    record = ours.make(kind)
    before = len(ours.bench.standing(kind))
    ours.bench.throttle()

    outcome = ours.step(record)

    assert isinstance(outcome.error, TryLater)
    assert outcome.error.whole_connection
    assert outcome.error.retry_after
    assert len(ours.bench.standing(kind)) == before


@of_divided_kinds
def test_half_done_and_refused_tells_what_stands_and_goes_on_from_there(
    ours: Ours, bench_of: System, kind: Kind
) -> None:
    record = bench_of.divided[kind](ours)
    ours.step(record)
    assert record.step
    stood = amounts(ours, record)
    ours.bench.refuse()

    outcome = ours.step(record)

    assert isinstance(outcome.error, RecordRefused)
    assert [each.amount for each in outcome.remote] == stood
    assert amounts(ours, record) == stood
    ours.send(record)
    assert sum(filter(None, amounts(ours, record))) == record.snapshot.amount


@of_divided_kinds
def test_several_objects_of_a_record_are_one_by_their_sum(
    ours: Ours, bench_of: System, kind: Kind
) -> None:
    record = ours.send(bench_of.divided[kind](ours))

    there = amounts(ours, record)

    assert len(there) > 1
    assert sum(filter(None, there)) == record.snapshot.amount
    assert unlike(ours, record.snapshot, ours.read(record)) == []


# --- Batches, numbers, nil, what is foretold, what is stored ---------------------------------------


@of_kinds(Kind.CUSTOMER)
def test_one_more_than_a_call_takes_goes_in_two_calls(ours: Ours, kind: Kind) -> None:
    most = ours.has.push_batch
    records = [ours.record(ours.a_customer()) for _ in range(most + 1)]
    before = len(ours.writes)

    outcomes = list(ours.connector.push([ours.push_of(each) for each in records], ours.courier))

    assert sorted(each.ref for each in outcomes) == [each.ref for each in records]
    assert [each.error for each in outcomes] == [None] * (most + 1)
    calls = ours.writes[before:]
    assert len(calls) == ceil((most + 1) / most)
    assert sorted(ref for each in calls for ref in each.members) == [each.ref for each in records]


@of_kinds(Kind.CUSTOMER)
def test_calls_that_may_fly_together_are_given_to_the_courier_together(
    ours: Ours, kind: Kind
) -> None:
    together = 3
    records = [ours.record(ours.a_customer()) for _ in range(ours.has.push_batch * together)]
    carried: list[int] = []
    carry = ours.courier.carry

    def noted(requests: Any) -> Any:
        if any(each.writes for each in requests):  # what was made may be read back afterwards
            carried.append(len(requests))
        return carry(requests)

    ours.courier.carry = noted
    list(ours.connector.push([ours.push_of(each) for each in records], ours.courier))
    assert carried == [together]


@of_kinds(*DOCUMENTS)
def test_the_longest_number_is_held_whole_and_a_longer_one_is_objected_to(
    ours: Ours, kind: Kind
) -> None:
    make = ours.a_invoice if kind is Kind.INVOICE else ours.a_credit_note
    number = "N" * ours.has.number_length
    record = ours.record(make(number=number))
    assert ours.objections(record.snapshot) == ()
    ours.send(record)
    if ours.has.reads_back:
        assert ours.read(record).number == number

    longer = ours.record(make(number=number + "N"))
    assert ours.objections(longer.snapshot)


@of_kinds(Kind.INVOICE, Kind.PAYMENT)
def test_an_amount_finer_than_they_hold_is_objected_to(ours: Ours, kind: Kind) -> None:
    fine = Decimal(10) + Decimal(5).scaleb(-ours.has.decimals - 1)
    snapshot = ours.a_invoice(str(fine)) if kind is Kind.INVOICE else ours.a_payment(str(fine))
    assert ours.objections(snapshot)


@has(lambda can: can.nil_documents)
@of_kinds(*DOCUMENTS)
def test_a_document_of_nil_goes_over_where_they_take_one(ours: Ours, kind: Kind) -> None:
    make = ours.a_invoice if kind is Kind.INVOICE else ours.a_credit_note
    record = ours.record(make("10.00", "-10.00"))
    assert ours.objections(record.snapshot) == ()
    ours.send(record)
    assert amounts(ours, record) == [Decimal(0)]


@of_kinds(*Kind)
def test_what_is_foretold_has_as_many_debits_as_credits(ours: Ours, kind: Kind) -> None:
    postings = ours.connector.effect(ours.make(kind).snapshot)
    assert sum(each.debit for each in postings) == sum(each.credit for each in postings)
    if kind in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.REFUND):
        assert postings


@of_kinds(Kind.INVOICE, Kind.PAYMENT, Kind.ALLOCATION)
def test_no_credential_is_in_what_is_stored_of_a_call(ours: Ours, kind: Kind) -> None:
    ours.send(ours.make(kind))
    stored = ours.courier.sent
    assert any(each.writes for each in stored)
    for each in stored:
        refuse_unfit(each, frozenset())
        kept = f"{each.path} {each.query} {each.headers} {each.body!r} {each.key}"
        assert [secret for secret in ours.bench.secrets if secret in kept] == []


def test_a_kind_that_they_have_not_is_said_in_words_and_never_listed(ours: Ours) -> None:
    without = [each for each in Kind if each not in ours.has.kinds]
    assert all(ours.has.cannot[each.value] for each in without)
    lacks = {
        "line_tax": ours.has.line_tax is not LineTax.CODE,
        "several_currencies": not ours.has.several_currencies,
        "on_account": ours.has.pays_one_invoice,
    }
    assert all(ours.has.cannot[case] for case, lacking in lacks.items() if lacking)
    assert list(ours.connector.everything(without, ours.courier)) == []


def test_every_sentence_about_what_they_cannot_is_one(ours: Ours) -> None:
    for case, sentence in ours.has.cannot.items():
        assert sentence.endswith("."), case
    assert len(set(ours.has.cannot.values())) == len(ours.has.cannot)
