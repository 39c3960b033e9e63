"""What is changed and taken back there: read before, compared after, a call for each part."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import (
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.snapshots import Kind
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    LATER,
    MARKER,
    Kept,
    Script,
    adjustment,
    applied,
    client_raw,
    credit_note,
    customer,
    error,
    freshbooks,
    gbp,
    invoice,
    invoice_raw,
    item,
    item_raw,
    one,
    outcome_of,
    payment,
    payment_raw,
    push,
    refused,
    use_raw,
    whole,
)

# --- Changes ------------------------------------------------------------------------------------------


def changing(snapshot: Any, kind: str, before: Any, after: Any) -> tuple[Script, Any]:
    path = {"client": "users/clients", "item": "items/items"}.get(kind, f"{kind}s/{kind}s")
    path = f"{path}/{before['id']}"
    script = Script({f"GET {path}": [one(kind, before), one(kind, after)]})
    script.answers[f"PUT {path}"] = [one(kind, after)]
    return script, push(snapshot, whole(kind, before))


CHANGES: dict[str, tuple[Any, str, Any, Any, Any]] = {
    "customer": (
        customer(email="new@brass.example"),
        "client",
        client_raw(),
        {"email": "new@brass.example"},
        {"email": "new@brass.example"},
    ),
    "item": (
        item(unit_price=Decimal("85.50")),
        "item",
        item_raw(),
        {"unit_cost": gbp("85.50")},
        {"unit_cost": gbp("85.50")},
    ),
    "due date": (
        invoice(due_date=answers.date(2027, 1, 15)),
        "invoice",
        invoice_raw(),
        {"due_offset_days": 56},
        {"due_offset_days": 56, "due_date": "2027-01-15"},
    ),
    "reference": (
        payment(reference="BACS 18"),
        "payment",
        payment_raw(),
        {"note": f"[Tieout {MARKER}: BACS 18]"},
        {"note": f"[Tieout {MARKER}: BACS 18]"},
    ),
    "how much of a credit": (
        applied("25.00"),
        "payment",
        use_raw(),
        {"amount": gbp("25.00")},
        {"amount": gbp("25.00")},
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_says_only_what_differs(case: str) -> None:
    snapshot, kind, before, body, after = CHANGES[case]
    script, what = changing(snapshot, kind, before, before | after | {"updated": LATER})
    outcome = outcome_of(script, what)
    assert (outcome.error, outcome.next_step) == (None, "")
    assert script.bodies() == [{kind: body}]
    assert json.loads(script.writes[0].evidence) == {"base": whole(kind, before).version}


@pytest.mark.parametrize("case", CHANGES)
def test_what_they_changed_meanwhile_is_not_written_over(case: str) -> None:
    snapshot, kind, before, _, _ = CHANGES[case]
    script, what = changing(snapshot, kind, before | {"updated": LATER}, before)
    refused(outcome_of(script, dataclasses.replace(what, known=whole(kind, before),
            stands=(whole(kind, before),))), RemoteIsNewer)  # fmt: skip
    assert script.writes == []


@pytest.mark.parametrize("case", CHANGES)
def test_what_they_deleted_is_not_made_again(case: str) -> None:
    snapshot, kind, before, _, _ = CHANGES[case]
    script, what = changing(snapshot, kind, before | {"vis_state": 1}, before)
    what = dataclasses.replace(what, known=whole(kind, before), stands=(whole(kind, before),))
    refused(outcome_of(script, what), RemoteGone)
    assert script.writes == []
    gone_already = push(snapshot, whole(kind, before | {"vis_state": 1}))
    refused(outcome_of(Script({}), gone_already), RemoteGone)


def test_a_change_that_was_dropped_is_told() -> None:
    snapshot, kind, before, _, _ = CHANGES["due date"]
    script, what = changing(snapshot, kind, before, before)
    assert "due date is 20 December 2026, not 15 January 2027" in refused(outcome_of(script, what))


def test_fields_and_state_of_a_customer_are_two_calls() -> None:
    """In one, they would execute the state and drop the rest."""
    raw, edited = client_raw(), client_raw(email="x@brass.example")
    away = customer(email="x@brass.example", active=False)
    script, what = changing(away, "client", raw, edited)
    first = outcome_of(script, what)
    assert (first.error, first.next_step) == (None, "state")
    script, what = changing(away, "client", edited, edited | {"vis_state": 2})
    second = outcome_of(script, dataclasses.replace(what, step="state"))
    assert (second.error, second.next_step) == (None, "")
    assert script.bodies() == [{"client": {"vis_state": 2}}]


# --- Taking back -----------------------------------------------------------------------------------------


def test_a_void_sets_all_lines_to_nil_and_leaves_the_number() -> None:
    before = invoice_raw()
    nil = [answers.line_raw("0.00", "0")]
    after = before | {"amount": gbp("0.00"), "lines": nil, "notes": f"Voided\n{before['notes']}"}
    script, what = changing(invoice(void=True), "invoice", before, after)
    outcome = outcome_of(script, what)
    assert outcome.error is None
    assert outcome.remote[0].void
    (body,) = script.bodies()
    assert body["invoice"]["notes"].startswith("Voided\n")
    assert [each["unit_cost"] for each in body["invoice"]["lines"]] == [gbp("0.00")]
    assert "vis_state" not in body["invoice"]


def test_a_void_that_they_refuse_or_drop_is_told() -> None:
    before = invoice_raw()
    script, what = changing(invoice(void=True), "invoice", before, before)
    assert "still counts" in refused(outcome_of(script, what))
    script, what = changing(invoice(void=True), "invoice", before, before)
    script.answers["PUT invoices/invoices/31"] = [error(1028, "Must be more than nil.", "amount")]
    refused(outcome_of(script, what))


def test_what_is_partly_paid_is_not_voided() -> None:
    paid = invoice_raw(outstanding=gbp("20.00"))
    assert "set against it" in refused(
        outcome_of(Script({}), push(invoice(void=True), whole("invoice", paid)))
    )


@pytest.mark.parametrize(
    ("snapshot", "raw"),
    [(payment(cancelled=True), payment_raw()), (applied(cancelled=True), use_raw())],
)
@pytest.mark.parametrize("told", ["deleted", "not told any more"])
def test_a_payment_that_is_taken_back_is_deleted(snapshot: Any, raw: Any, told: str) -> None:
    script, what = changing(snapshot, "payment", raw, raw | {"vis_state": 1})
    if told != "deleted":
        script.answers["GET payments/payments/41"][1] = answers.NOT_THERE
    outcome = outcome_of(script, what)
    assert outcome.error is None
    assert outcome.remote[0].gone
    assert outcome.remote[0].void
    assert script.bodies() == [{"payment": {"vis_state": 1}}]
    done = push(snapshot, outcome.remote[0])
    assert outcome_of(Script({}), done).error is None


def test_what_pays_another_invoice_now_is_taken_back_and_made_anew() -> None:
    before = payment_raw()
    script, what = changing(payment(invoice_id="32"), "payment", before, before | {"vis_state": 1})
    first = outcome_of(script, what)
    assert (first.error, first.next_step) == (None, "again")
    assert first.retired == (("payment", "41", ""),)
    made = payment_raw(id=43, logid=43, invoiceid=32)
    script = Script(
        {
            "GET invoices/invoices/32": one("invoice", invoice_raw(id=32, invoiceid=32)),
            "POST payments/payments": one("payment", made),
            "GET payments/payments/43": one("payment", made),
        }
    )
    second = outcome_of(script, push(payment(invoice_id="32"), step="again"))
    assert (second.error, second.next_step) == (None, "")


def test_nothing_is_made_of_what_was_taken_back_before_it_left() -> None:
    for each in (invoice(void=True), credit_note(void=True), payment(cancelled=True),
                 applied(cancelled=True), adjustment(cancelled=True)):  # fmt: skip
        refused(outcome_of(Script({}), push(each)))


def test_what_is_taken_back_to_be_made_anew_is_retired_though_it_could_not_be_read() -> None:
    before = payment_raw()
    script, what = changing(payment(invoice_id="32"), "payment", before, before)
    script.answers["GET payments/payments/41"][1] = answers.LOST
    script.answers["PUT payments/payments/41"] = [one("payment", before | {"vis_state": 1})]
    outcome = next(freshbooks().push([what], script))
    assert (outcome.error, outcome.next_step) == (None, "again")
    assert outcome.retired == (("payment", "41", ""),)


def test_a_deduction_is_made_changed_by_nobody_and_taken_back_at_nil() -> None:
    books = Kept()
    made = outcome_of(books, push(adjustment()))
    assert (made.error, made.next_step) == (None, "")
    own = made.remote[0]
    assert own.of_kind is Kind.ADJUSTMENT
    assert "another amount" in refused(outcome_of(Script({}), push(adjustment("4.00"), own)))

    nil = dict(own.raw) | {"amount": gbp("0.00"), "notes": f"Voided\n{own.raw['notes']}"}
    path = "credit_notes/credit_notes/100"
    script = Script(
        {
            f"GET {path}": [one("credit_note", own.raw), one("credit_note", nil)],
            f"PUT {path}": one("credit_note", nil),
        }
    )
    back = outcome_of(script, push(adjustment(cancelled=True), own))
    assert back.error is None
    assert back.remote[0].void


@pytest.mark.parametrize(
    "answered",
    [
        error(1004, "No.", status=400),
        answers.said({"message": "down"}, 503),
        answers.said(b"<html>"),
    ],
)
def test_what_cannot_be_read_before_a_change_leaves_nothing_written(answered: Any) -> None:
    script = Script({"GET invoices/invoices/31": answered})
    later = push(invoice(due_date=answers.date(2027, 1, 1)), whole("invoice", invoice_raw()))
    with pytest.raises(TryLater):
        outcome_of(script, later)
    assert script.writes == []


def test_an_answer_with_another_id_than_was_asked_for_is_unknown() -> None:
    raw = client_raw()
    script = Script(
        {
            "GET users/clients/12": one("client", raw),
            "PUT users/clients/12": one("client", client_raw(id=13, email="new@brass.example")),
        }
    )
    changed = push(customer(email="new@brass.example"), whole("client", raw))
    refused(outcome_of(script, changed), OutcomeUnknown)
