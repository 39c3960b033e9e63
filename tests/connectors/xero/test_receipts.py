"""The forms of a receipt: which one goes, how it changes, and what waits for a person."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Request
from tests.connectors.xero import answers
from tests.connectors.xero.answers import (
    CONTACT,
    INVOICE,
    MARKER,
    OTHER_INVOICE,
    OVERPAYMENT,
    PAYMENT,
    SHORT,
    Script,
    against,
    envelope,
    newer,
    one,
    payment,
    push,
    refused,
    said,
    whole,
)


def test_a_receipt_of_one_document_is_a_payment() -> None:
    script = Script({"PUT Payments": said(envelope(Payments=[answers.payment_raw()]))})
    outcome = one(script, push(payment("120.00", against(INVOICE, "120.00"))))
    assert script.bodies()[0]["Payments"] == [
        {
            "Invoice": {"InvoiceID": INVOICE},
            "Account": {"Code": "090"},
            "Date": "2026-11-20",
            "Amount": 120.0,
            "Reference": f"BACS 17 {SHORT}",
        }
    ]
    own, part = outcome.remote
    assert (own.kind, own.remote_id, outcome.next_step) == ("Payment", PAYMENT, "")
    assert part.snapshot is not None
    assert part.snapshot.target_id == INVOICE


def test_a_bank_account_without_a_code_is_named_by_its_id() -> None:
    script = Script({"PUT Payments": said(envelope(Payments=[answers.payment_raw()]))})
    one(script, push(payment("120.00", against(INVOICE, "120.00"), account_id=answers.BANK)))
    assert script.bodies()[0]["Payments"][0]["Account"] == {"AccountID": answers.BANK}


def test_a_receipt_over_several_documents_is_a_batch_at_home() -> None:
    raw = answers.batch_raw()
    del raw["Payments"], raw["TotalAmount"]  # an answer need not repeat what it was asked
    script = Script({"PUT BatchPayments": said(envelope(BatchPayments=[raw]))})
    what = payment("150.00", against(INVOICE, "100.00"), against(OTHER_INVOICE, "50.00"))
    outcome = one(script, push(what))
    body = script.bodies()[0]["BatchPayments"][0]
    assert (body["Details"], body["Account"]) == (SHORT, {"Code": "090"})
    assert len(body["Details"]) <= 18
    assert [each["Amount"] for each in body["Payments"]] == [100, 50]
    assert (outcome.remote[0].kind, outcome.remote[0].amount) == ("BatchPayment", Decimal(150))
    assert len(outcome.remote) == 3


def test_a_payment_that_failed_inside_a_batch_without_a_word_is_seen() -> None:
    """It only lacks its id; the batch as it stands is smaller than the receipt."""
    row = answers.batch_raw()
    del row["Payments"][1]["PaymentID"]
    there = answers.batch_raw(TotalAmount=100.0, Payments=answers.batch_raw()["Payments"][:1])
    script = Script(
        {
            "PUT BatchPayments": said(envelope(BatchPayments=[row])),
            f"GET BatchPayments/{answers.BATCH}": said(envelope(BatchPayments=[there])),
            f"GET Invoices/{INVOICE}": said(envelope(Invoices=[answers.invoice_raw()])),
        }
    )
    what = payment("150.00", against(INVOICE, "100.00"), against(OTHER_INVOICE, "50.00"))
    outcome = one(script, push(what))
    # Told with what it is, so that the difference is put before a person; and nothing follows.
    assert (outcome.remote[0].amount, outcome.next_step) == (Decimal(100), "")
    assert len(script.writes) == 1


def test_a_receipt_over_several_documents_is_several_payments_abroad() -> None:
    """A batch is in home currency alone. Each is a step, so that none is made twice."""
    parts = (
        against(INVOICE, "100.00", currency="USD"),
        against(OTHER_INVOICE, "50.00", currency="USD"),
    )
    what = payment("150.00", *parts, currency="USD", exchange_rate=Decimal("0.8"))

    def answered(request: Request) -> Any:
        (row,) = json.loads(request.body)["Payments"]
        own = {"PaymentID": f"of-{row['Invoice']['InvoiceID']}", "UpdatedDateUTC": answers.CHANGED}
        return said(envelope(Payments=[row | own]))

    script = Script({"PUT Payments": answered})
    first = one(script, push(what))
    assert first.next_step == "receipt"
    assert first.remote[0].amount == Decimal(100)

    def again(request: Request) -> Any:
        row = json.loads(script.writes[0].body)["Payments"][0]
        own = {"PaymentID": first.remote[0].remote_id, "UpdatedDateUTC": answers.CHANGED}
        more = {"Contact": {"ContactID": CONTACT}, "CurrencyCode": "USD"}
        return said(envelope(Payments=[row | own | {"Invoice": row["Invoice"] | more}]))

    script.answers[f"GET Payments/{first.remote[0].remote_id}"] = [again]
    second = one(script, push(what, first.remote[0], step="receipt"))
    assert not second.next_step
    bodies = [each["Payments"][0] for each in script.bodies()]
    assert [each["Amount"] for each in bodies] == [100, 50]
    assert [each["CurrencyRate"] for each in bodies] == [1.25, 1.25]
    # What is set against what is told of the whole receipt, so that each finds its part.
    assert {each.part for each in second.remote if each.part} == {
        f"Invoice:{INVOICE}", f"Invoice:{OTHER_INVOICE}",
    }  # fmt: skip


@pytest.mark.parametrize(
    "what",
    [
        payment("130.00", against(INVOICE, "100.00")),
        payment("130.00"),
        payment("130.00", against(INVOICE, "130.00", applied_on=date(2026, 11, 25))),
    ],
)
def test_what_is_left_or_applied_later_lies_whole_on_account(what: Any) -> None:
    script = Script({"PUT BankTransactions": said(envelope(BankTransactions=[answers.bank_raw()]))})
    outcome = one(script, push(what))
    body = script.bodies()[0]["BankTransactions"][0]
    assert (body["Type"], body["LineAmountTypes"]) == ("RECEIVE-OVERPAYMENT", "NoTax")
    (own,) = body["LineItems"]
    assert (own["UnitAmount"], own["Description"]) == (130, f"BACS 17 [Tieout {MARKER}]")
    assert not {"AccountCode", "TaxType", "ItemCode"} & own.keys()
    assert "Reference" not in body
    first = outcome.remote[0]
    assert (first.kind, first.remote_id, first.marker) == ("Overpayment", OVERPAYMENT, MARKER)
    assert outcome.next_step == ("apply" if what.allocations else "")


def test_money_on_account_is_applied_by_a_call_of_its_own_and_read_back() -> None:
    raw = answers.overpayment_raw()
    after = newer(raw, RemainingCredit=30.0, Allocations=[answers.allocation_raw(100.0)])
    script = Script(
        {
            f"GET Overpayments/{OVERPAYMENT}": [
                said(envelope(Overpayments=[raw])),
                said(envelope(Overpayments=[after])),
            ],
            # The answer may lack the id of what it made.
            f"PUT Overpayments/{OVERPAYMENT}/Allocations": said(
                envelope(Allocations=[{"Amount": 100.0, "Invoice": {"InvoiceID": INVOICE}}])
            ),
        }
    )
    what = payment("130.00", against(INVOICE, "100.00"))
    outcome = one(script, push(what, whole("Overpayment", raw), step="apply"))
    assert script.bodies() == [
        {
            "Allocations": [
                {"Invoice": {"InvoiceID": INVOICE}, "Amount": 100.0, "Date": "2026-11-20"}
            ]
        }
    ]
    assert (outcome.next_step, outcome.remote[0].balance) == ("", Decimal(30))
    assert outcome.remote[1].amount == Decimal(100)
    assert json.loads(script.writes[0].evidence) == {"allocations": []}


def test_what_is_taken_off_goes_first_and_what_joins_after() -> None:
    raw = answers.overpayment_raw(Allocations=[answers.allocation_raw(100.0)], RemainingCredit=30.0)
    off = newer(raw, Allocations=[], RemainingCredit=130.0)
    script = Script(
        {
            f"GET Overpayments/{OVERPAYMENT}": [
                said(envelope(Overpayments=[raw])),
                said(envelope(Overpayments=[off])),
            ],
            f"DELETE Overpayments/{OVERPAYMENT}/Allocations/{answers.ALLOCATION}": said(
                {"AllocationId": answers.ALLOCATION, "IsDeleted": True}  # without an invoice
            ),
        }
    )
    what = payment("130.00", against(OTHER_INVOICE, "50.00"))
    outcome = one(script, push(what, whole("Overpayment", raw)))
    assert not outcome.error
    assert outcome.next_step == "apply"
    assert script.writes[0].key == ""
    assert [each.part for each in outcome.remote if each.gone] == [f"Invoice:{INVOICE}"]


def test_a_receipt_changes_its_form_by_being_taken_back_first() -> None:
    """Paid on one invoice, now in part on account: deleted, and then whole as an overpayment."""
    raw = answers.payment_raw()
    gone = newer(raw, Status="DELETED")
    script = Script(
        {
            f"GET Payments/{PAYMENT}": [
                said(envelope(Payments=[raw])),
                said(envelope(Payments=[gone])),
            ],
            f"POST Payments/{PAYMENT}": said(envelope(Payments=[gone])),
            "PUT BankTransactions": said(envelope(BankTransactions=[answers.bank_raw()])),
        }
    )
    what = payment("120.00", against(INVOICE, "100.00"))
    first = one(script, push(what, whole("Payment", raw)))
    assert script.bodies() == [{"Status": "DELETED"}]
    assert first.retired == (("Payment", PAYMENT, ""),)
    assert first.next_step == "receipt"
    # What it was set against stands there no more, whatever becomes of the receipt.
    assert [(each.part, each.gone) for each in first.remote] == [
        ("", False), (f"Invoice:{INVOICE}", True),
    ]  # fmt: skip
    assert [each.kind for each in one(script, push(what, step="receipt")).remote] == ["Overpayment"]


@pytest.mark.parametrize("what", [payment("120.00"), payment("120.00", cancelled=True)])
def test_a_reconciled_payment_is_left_as_it_is(what: Any) -> None:
    raw = answers.payment_raw(IsReconciled=True)
    script = Script({f"GET Payments/{PAYMENT}": said(envelope(Payments=[raw]))})
    assert "reconciled" in refused(one(script, push(what, whole("Payment", raw))))
    assert not script.writes


def test_a_deletion_that_only_repeats_what_was_asked_is_none() -> None:
    raw = answers.payment_raw()
    script = Script(
        {
            f"GET Payments/{PAYMENT}": said(envelope(Payments=[raw])),
            f"POST Payments/{PAYMENT}": said(envelope(Payments=[raw | {"Status": "DELETED"}])),
        }
    )
    what = push(payment("120.00", cancelled=True), whole("Payment", raw))
    assert "as before" in refused(one(script, what))


def test_a_cancelled_payment_is_void_there() -> None:
    raw = answers.payment_raw()
    gone = newer(raw, Status="DELETED")
    script = Script(
        {
            f"GET Payments/{PAYMENT}": [
                said(envelope(Payments=[raw])),
                said(envelope(Payments=[gone])),
            ],
            f"POST Payments/{PAYMENT}": said(envelope(Payments=[gone])),
        }
    )
    outcome = one(script, push(payment("120.00", cancelled=True), whole("Payment", raw)))
    assert (outcome.error, outcome.retired, outcome.next_step) == (None, (), "")
    assert outcome.remote[0].void


def test_a_batch_is_deleted_whole_and_sent_anew() -> None:
    raw = answers.batch_raw()
    gone = newer(raw, Status="DELETED")
    invoices = [
        answers.invoice_raw(),
        answers.invoice_raw(InvoiceID=OTHER_INVOICE, InvoiceNumber="INV-2"),
    ]
    script = Script(
        {
            f"GET BatchPayments/{answers.BATCH}": [
                said(envelope(BatchPayments=[raw])),
                said(envelope(BatchPayments=[gone])),
            ],
            "GET Invoices": said(envelope(Invoices=invoices)),
            f"POST BatchPayments/{answers.BATCH}": said(envelope(BatchPayments=[gone])),
        }
    )
    known = whole("BatchPayment", raw | {"Contact": {"ContactID": CONTACT}})
    what = payment("150.00", against(INVOICE, "90.00"), against(OTHER_INVOICE, "60.00"))
    outcome = one(script, push(what, known))
    assert outcome.next_step == "receipt"
    assert outcome.retired == (("BatchPayment", answers.BATCH, ""),)


def test_what_lies_on_account_is_never_deleted_from_outside() -> None:
    raw = answers.overpayment_raw()
    script = Script({f"GET Overpayments/{OVERPAYMENT}": said(envelope(Overpayments=[raw]))})
    what = push(payment("130.00", cancelled=True), whole("Overpayment", raw))
    outcome = one(script, what)
    assert "lets nobody delete" in refused(outcome)
    assert outcome.error is not None
    assert "Delete it in Xero" in outcome.error.remedy
    assert not script.writes
    # Deleted there, the cancellation stands.
    gone = whole("Overpayment", newer(raw, Status="VOIDED"))
    assert not one(Script({}), push(payment("130.00", cancelled=True), gone)).error


def test_another_amount_of_what_lies_on_account_waits_for_a_person() -> None:
    raw = answers.overpayment_raw()
    script = Script({f"GET Overpayments/{OVERPAYMENT}": said(envelope(Overpayments=[raw]))})
    assert "another amount" in refused(
        one(script, push(payment("140.00"), whole("Overpayment", raw)))
    )
    assert not script.writes


def test_another_reference_of_a_payment_is_no_change_there() -> None:
    raw = answers.payment_raw()
    what = push(
        payment("120.00", against(INVOICE, "120.00"), reference="BACS 18"), whole("Payment", raw)
    )
    outcome = one(Script({}), what)
    assert not outcome.error
    assert [each.part for each in outcome.remote] == ["", f"Invoice:{INVOICE}"]


def test_an_invoice_of_theirs_is_the_same_by_their_word_and_ours() -> None:
    raw = answers.overpayment_raw(Allocations=[answers.allocation_raw(100.0)], RemainingCredit=30.0)
    theirs = against(INVOICE, "100.00", target_kind="Invoice")
    assert not one(Script({}), push(payment("130.00", theirs), whole("Overpayment", raw))).error


@pytest.mark.parametrize(
    "part",
    [
        against(INVOICE, "120.00", applied_on=date(2026, 11, 25)),
        against(INVOICE, "120.00", customer_id="a parent of it"),
    ],
)
def test_a_receipt_that_stands_in_another_form_is_never_made_again(part: Any) -> None:
    """It would go on account today, since it was applied later; it stands as a payment, whole."""
    there = whole("Payment", answers.payment_raw())
    assert one(Script({}), push(payment("120.00", part), there)).error is None


@pytest.mark.parametrize("number", [1, 2])
def test_another_customer_is_told_and_is_no_reason_to_delete_money(number: int) -> None:
    """Whose a payment is, its invoice says: a parent pays for its child."""
    raws = [
        answers.payment_raw(PaymentID=f"p{place}", Amount=60.0 * (3 - number))
        for place in range(number)
    ]
    for place, raw in enumerate(raws):
        raw["Invoice"] = raw["Invoice"] | {"InvoiceID": (INVOICE, OTHER_INVOICE)[place]}
    parts = [
        against((INVOICE, OTHER_INVOICE)[place], str(raw["Amount"]))
        for place, raw in enumerate(raws)
    ]
    what = payment("120.00", *parts, customer_id="a parent")
    script = Script({})
    outcome = one(script, push(what, *(whole("Payment", raw) for raw in raws)))
    assert outcome.error is None
    assert [each.customer_id for each in outcome.remote if not each.part] == [CONTACT] * number
    assert not script.asked


def test_a_part_that_somebody_deleted_is_not_made_again() -> None:
    """Of two payments abroad one was deleted there."""
    more: dict[str, Any] = {"currency": "USD", "exchange_rate": Decimal("0.8")}
    raws = [
        answers.payment_raw(Amount=100.0, CurrencyRate=1.25),
        answers.payment_raw(PaymentID="p2", Amount=50.0, CurrencyRate=1.25, Status="DELETED"),
    ]
    for place, raw in enumerate(raws):
        invoice_id = (INVOICE, OTHER_INVOICE)[place]
        raw["Invoice"] = raw["Invoice"] | {"InvoiceID": invoice_id, "CurrencyCode": "USD"}
    parts = [
        against(INVOICE, "100.00", currency="USD"),
        against(OTHER_INVOICE, "50.00", currency="USD"),
    ]
    there = [whole("Payment", raw) for raw in raws]
    script = Script({})
    outcome = one(script, push(payment("150.00", *parts, **more), *there))
    assert "deleted a part" in refused(outcome)
    assert not script.asked
