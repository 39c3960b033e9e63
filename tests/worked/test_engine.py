"""The real engine, both ways, with a ledger as unlike the first as possible."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, cancel_payment, pay_refund, reverse
from apps.billing.models import Allocation, Payment
from apps.connections.models import Connection
from apps.staff.models import User
from apps.sync.decide.acts import recreate, retry
from apps.sync.models import IN_DOUBT, Reason, State, SyncRecord
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
)
from tests.worked.works import Works

pytestmark = pytest.mark.django_db


def settled(works: Works) -> None:
    stuck = SyncRecord.objects.exclude(state__in=[State.IN_THE_BOOKS, State.LEFT_OUT])
    assert [(each.kind, each.state, each.step, each.sentence) for each in stuck] == []


def test_an_invoice_is_a_draft_and_then_sent(works: Works) -> None:
    invoice = make_invoice(company=works.company)
    run = works.run()
    assert run.outcome == "done", run.sentence
    settled(works)
    (there,) = works.theirs("invoice")
    assert (there["number"], there["state"], there["total"]) == (invoice.number, "sent", "100.00")
    steps = works.record(invoice).attempts.order_by("pk").values_list("step", "result")
    assert list(steps) == [("", "step"), ("send", "done")]


@pytest.mark.slow
def test_a_payment_of_25000_is_three_receipts_that_are_one_payment(works: Works) -> None:
    customer = make_customer(works.company)
    invoice = make_invoice(customer=customer, lines=[(make_item(works.company), 1, 25000)])
    payment = make_payment(invoice=invoice, method=works.method)
    works.run()
    works.run()
    settled(works)
    assert [each["amount"] for each in works.theirs("receipt")] == ["9999.99", "9999.99", "5000.02"]
    assert works.record(payment).remote_records.filter(retired=False).count() == 3
    (there,) = works.theirs("invoice")
    assert Decimal(there["open"]) == 0


def big_payment(works: Works) -> Any:
    """25,000.00 for an invoice that is in their books: three receipts, then three allocations."""
    customer = make_customer(works.company)
    invoice = make_invoice(customer=customer, lines=[(make_item(works.company), 1, 25000)])
    works.run()
    return make_payment(invoice=invoice, method=works.method)


def until_calm(works: Works) -> None:
    """Runs until nothing is left to do; their time-out passes between two."""
    for _ in range(12):
        works.run()
        if not SyncRecord.objects.filter(state__in=[State.WAITING, *IN_DOUBT]).exists():
            return
        time.sleep(0.25)


def once_each(works: Works) -> None:
    assert [each["amount"] for each in standing(works, "receipt")] == [
        "9999.99",
        "9999.99",
        "5000.02",
    ]
    assert [each["state"] for each in works.theirs("invoice")] == ["sent"]
    assert works.theirs("invoice")[0]["open"] == "0.00"


def standing(works: Works, kind: str) -> list[dict[str, Any]]:
    return [each for each in works.theirs(kind) if each["state"] != "cancelled"]


@pytest.mark.parametrize(
    ("fault", "place"),
    [("lose_after", 2), ("lose_before", 3)]
    + [
        pytest.param(*each, marks=pytest.mark.slow)
        for each in (("lose_after", 1), ("lose_after", 3), ("lose_before", 1), ("lose_before", 2))
    ],
)
@pytest.mark.slow
def test_a_step_whose_answer_is_lost_is_asked_about_and_made_once(
    works: Works, fault: str, place: int
) -> None:
    payment = big_payment(works)
    let_pass(works, "POST /receipts", place - 1)
    works.service.fault(fault, "POST /receipts", 1, works.organisation)

    works.run(get=False)
    record = works.record(payment)
    assert record.state == State.UNKNOWN, record.sentence
    assert record.step == ("" if place == 1 else f"receipt-{place}")
    until_calm(works)

    settled(works)
    once_each(works)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lose_after", "lose_before"])
@pytest.mark.parametrize("what", ["POST /invoices", "/send", "/allocations"])
def test_whatever_call_is_lost_is_made_once(works: Works, fault: str, what: str) -> None:
    if what == "/allocations":
        big_payment(works)
    else:
        invoice = make_invoice(company=works.company, lines=[(make_item(works.company), 1, 25000)])
        make_payment(invoice=invoice, method=works.method)
    works.service.fault(fault, what, 1, works.organisation)

    until_calm(works)

    settled(works)
    once_each(works)


@pytest.mark.parametrize("retries", [1, 2])
@pytest.mark.slow
def test_half_done_and_refused_stands_and_is_not_made_again(works: Works, retries: int) -> None:
    payment = big_payment(works)
    let_pass(works, "POST /receipts", 1)
    works.service.fault(
        "status", "POST /receipts", retries, works.organisation, status=422, after_execution=False
    )
    for _ in range(retries):
        works.run(get=False)
        record = works.record(payment)
        assert (record.state, record.step) == (State.NEEDS_PERSON, "receipt-2"), record.sentence
        assert [each["amount"] for each in standing(works, "receipt")] == ["9999.99"]
        assert record.remote_records.filter(retired=False).count() == 1
        retry([record])

    until_calm(works)

    settled(works)
    once_each(works)


@pytest.mark.slow
def test_half_done_and_cancelled_here_is_taken_back_there(works: Works) -> None:
    payment = big_payment(works)
    let_pass(works, "POST /receipts", 1)
    works.service.fault(
        "status", "POST /receipts", 1, works.organisation, status=422, after_execution=False
    )
    works.run(get=False)
    cancel_payment(payment, reason="Typed twice")

    until_calm(works)

    assert standing(works, "receipt") == []
    assert works.record(payment).state == State.IN_THE_BOOKS
    assert works.theirs("invoice")[0]["open"] == "25000.00"


@pytest.mark.parametrize(
    ("place", "status"),
    [(1, 429)]
    + [
        pytest.param(*each, marks=pytest.mark.slow)
        for each in ((1, 503), (2, 429), (2, 503), (3, 429), (3, 503))
    ],
)
@pytest.mark.slow
def test_a_change_of_one_of_several_turned_away_after_it_was_made_is_ours_and_not_theirs(
    works: Works, place: int, status: int
) -> None:
    """Two of three receipts stand then: nobody there has made the payment less."""
    payment = big_payment(works)
    until_calm(works)
    cancel_payment(payment, reason="Typed twice")
    told = {"status": status, "after_execution": True}
    works.service.fault("status", f"/receipts/{place}/cancel", 1, works.organisation, **told)
    works.run(get=False)
    assert works.record(payment).state == State.UNKNOWN

    for _ in range(6):
        Connection.objects.update(paused_until=None)
        until_calm(works)

    settled(works)
    assert standing(works, "receipt") == []
    assert works.theirs("invoice")[0]["open"] == "25000.00"


def let_pass(works: Works, match: str, number: int) -> None:
    """So many of these are answered as ever, before what is armed after this meets one."""
    if number:
        works.service.fault("slow", match, number, works.organisation, seconds=0)


# --- Back from there ---------------------------------------------------------------------------


def test_money_received_there_and_set_against_ours_pays_it_here(works: Works) -> None:
    invoice = make_invoice(company=works.company)
    works.run()
    (there,) = works.theirs("invoice")
    receipt = works.act(
        "POST",
        "/receipts",
        {
            "contact": there["contact"],
            "dated": "2026-03-16",
            "currency": there["currency"],
            "rate": "1.000000",
            "amount": "60.00",
            "method": "Transfer",
            "reference": "BACS 9",
        },
    )
    works.act(
        "POST",
        f"/receipts/{receipt['id']}/allocations",
        {"invoice": there["id"], "amount": "60.00", "dated": "2026-03-17"},
    )
    until_calm(works)

    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance_due) == (60, 40)
    part = Allocation.objects.get()
    assert not works.record(part).remote_records.get().made_here

    works.act("DELETE", f"/receipts/{receipt['id']}/allocations/{there['id']}")
    until_calm(works)

    part.refresh_from_db()
    assert not part.stands
    assert Payment.objects.get().on_account == 60


def test_an_allocation_of_ours_that_is_taken_off_there_is_asked_about(works: Works) -> None:
    """It bears no mark, and their feed tells no deletion: it is ours because we made it."""
    invoice = make_invoice(company=works.company)
    payment = make_payment(invoice=invoice, method=works.method)
    until_calm(works)
    settled(works)
    (receipt,), (there,) = works.theirs("receipt"), works.theirs("invoice")

    works.act("DELETE", f"/receipts/{receipt['id']}/allocations/{there['id']}")
    until_calm(works)

    part = payment.allocations.get()
    record = works.record(part)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE), record.sentence
    assert part.stands


# --- Refunds, and what is deleted there --------------------------------------------------------


@pytest.mark.parametrize("of", ["a credit note", "money on account"])
@pytest.mark.variants
def test_a_refund_says_what_it_pays_back(works: Works, of: str) -> None:
    source: Any
    if of == "a credit note":
        invoice = make_invoice(company=works.company)
        make_payment(invoice=invoice, method=works.method)
        source = make_credit_note(invoice=invoice)
    else:
        source = make_payment(customer=make_customer(works.company), method=works.method)
    refund = pay_refund(
        source, amount=Decimal(60), on=date(2026, 3, 20), method=works.method, reason="Sent back"
    )
    until_calm(works)

    settled(works)
    (there,) = works.theirs("refund")
    assert there["amount"] == "60.00"
    kind = "credit" if of == "a credit note" else "receipt"
    assert there["of"] == {"kind": kind, "id": works.theirs(kind)[0]["id"]}
    assert works.record(refund).state == State.IN_THE_BOOKS


def test_one_receipt_of_three_that_was_deleted_there_is_not_made_again(works: Works) -> None:
    payment = make_payment(customer=make_customer(works.company), amount=25000, method=works.method)
    until_calm(works)
    settled(works)
    second = works.theirs("receipt")[1]
    works.act("POST", f"/receipts/{second['id']}/cancel")
    works.act("DELETE", f"/receipts/{second['id']}")
    until_calm(works)

    assert [each["amount"] for each in works.theirs("receipt")] == ["9999.99", "5000.02"]
    record = works.record(payment)
    assert record.state == State.NEEDS_PERSON
    assert "25,000.00" in record.sentence
    assert "15,000.01" in record.sentence
    retry([record])
    until_calm(works)
    assert len(works.theirs("receipt")) == 2


# --- One object there, several records here ----------------------------------------------------


def set_in_two(works: Works, of: str = "payment") -> tuple[Any, list[Allocation]]:
    """100.00 there; 60.00 and then 30.00 of one source set against it here."""
    invoice = make_invoice(company=works.company)
    source: Any
    if of == "payment":
        source = make_payment(customer=invoice.customer, amount=100, method=works.method)
    else:
        other = make_invoice(customer=invoice.customer)
        make_payment(invoice=other, method=works.method)
        source = make_credit_note(invoice=other)
    until_calm(works)
    on = date(2026, 3, 20)
    parts = [allocate(source, invoice, Decimal(60), on=on)]
    parts.append(allocate(source, invoice, Decimal(30), on=on))
    return invoice, parts


def set_there(works: Works, invoice: Any) -> Decimal:
    there = next(each for each in works.theirs("invoice") if each["number"] == invoice.number)
    return Decimal(there["paid"]) + Decimal(there["credited"])


@pytest.mark.parametrize("of", ["payment", "credit note"])
@pytest.mark.variants
def test_two_allocations_of_one_source_to_one_invoice_are_one_there_added_up(
    works: Works, of: str
) -> None:
    invoice, parts = set_in_two(works, of)
    until_calm(works)
    settled(works)
    assert set_there(works, invoice) == 90
    rows = {works.record(each).remote_records.first() for each in parts[:1]}
    tie = works.record(parts[1]).ties.get()
    assert {tie.remote_record} == rows
    assert tie.share == 30
    assert [each.stands for each in parts] == [True, True]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.slow
def test_one_of_two_that_are_one_there_is_taken_off_and_the_other_set_anew(
    works: Works, first: int
) -> None:
    invoice, parts = set_in_two(works)
    until_calm(works)
    reverse(parts[first], on=date(2026, 3, 21), reason="Wrong invoice")
    until_calm(works)
    settled(works)
    left = parts[1 - first]
    assert set_there(works, invoice) == left.amount
    assert works.record(left).remote_records.get(retired=False, gone=False).amount == left.amount
    reverse(left, on=date(2026, 3, 21), reason="Wrong invoice")
    until_calm(works)
    settled(works)
    assert set_there(works, invoice) == 0


@pytest.mark.parametrize("fault", ["lose_after", "lose_before"])
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.variants
@pytest.mark.slow
def test_a_lost_answer_of_one_of_two_that_are_one_there_is_settled_by_what_stands(
    works: Works, which: int, fault: str
) -> None:
    invoice, _ = set_in_two(works)
    let_pass(works, "/allocations", which)
    works.service.fault(fault, "POST /receipts/1/allocations", 1, works.organisation)
    until_calm(works)
    settled(works)
    assert set_there(works, invoice) == 90


@pytest.mark.parametrize("fault", ["lose_after", "lose_before"])
@pytest.mark.slow
def test_a_lost_taking_off_of_one_of_two_leaves_the_other_set(works: Works, fault: str) -> None:
    invoice, parts = set_in_two(works)
    until_calm(works)
    works.service.fault(fault, "DELETE /receipts", 1, works.organisation)
    reverse(parts[0], on=date(2026, 3, 21), reason="Wrong invoice")
    until_calm(works)
    settled(works)
    assert set_there(works, invoice) == 30


@pytest.mark.slow
def test_what_is_two_here_and_taken_off_there_is_asked_about_for_both(works: Works) -> None:
    invoice, parts = set_in_two(works)
    until_calm(works)
    (receipt,), (there,) = works.theirs("receipt"), works.theirs("invoice")
    works.act("DELETE", f"/receipts/{receipt['id']}/allocations/{there['id']}")
    until_calm(works)
    records = [works.record(each) for each in parts]
    assert [(each.state, each.reason) for each in records] == [
        (State.NEEDS_PERSON, Reason.GONE)
    ] * 2
    for each in records:
        recreate(each, user_id=User.objects.get(name="Fay").pk, reason="Taken off by mistake")
    until_calm(works)
    settled(works)
    assert set_there(works, invoice) == 90


def test_what_somebody_adds_there_to_two_of_ours_is_asked_about_once(works: Works) -> None:
    invoice, parts = set_in_two(works)
    until_calm(works)
    (receipt,), (there,) = works.theirs("receipt"), works.theirs("invoice")
    said = {"invoice": there["id"], "amount": "10.00", "dated": "2026-03-22"}
    works.act("POST", f"/receipts/{receipt['id']}/allocations", said)
    until_calm(works)
    states = [works.record(each).state for each in parts]
    assert states == [State.NEEDS_PERSON, State.IN_THE_BOOKS]
    assert "100.00 GBP in Worked" in works.record(parts[0]).sentence
    assert set_there(works, invoice) == 100

    reverse(parts[1], on=date(2026, 3, 23), reason="Wrong invoice")
    works.run()
    waits = works.record(parts[1])
    assert (waits.state, waits.reason) == (State.WAITING, Reason.WAITS_FOR_RECORD), waits.sentence
    assert set_there(works, invoice) == 100  # what they added is not taken off with ours


@pytest.mark.parametrize("fault", ["lose_after", "status"])
@pytest.mark.variants
def test_a_refund_whose_answer_is_lost_takes_its_money_once_here_too(
    works: Works, fault: str
) -> None:
    """500.00 on account less 60.00 paid back are 440.00: what their feed says of the refund is not
    taken for one of theirs while ours is being found out."""
    payment = make_payment(customer=make_customer(works.company), amount=500, method=works.method)
    until_calm(works)
    pay_refund(
        payment, amount=Decimal(60), on=date(2026, 3, 20), method=works.method, reason="Sent back"
    )
    told = {"status": 503, "after_execution": True} if fault == "status" else {}
    works.service.fault(fault, "POST /refunds", 1, works.organisation, **told)
    works.run()
    works.run()  # what they say of it is read before it is settled
    until_calm(works)

    settled(works)
    payment.refresh_from_db()
    assert payment.on_account == 440
    assert [each.amount for each in Allocation.objects.all()] == [60]
    assert [each["open"] for each in works.theirs("receipt")] == ["440.00"]
