"""What is asked of Xero, byte by byte, and what is believed of its answers."""

import dataclasses
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import (
    NamesInactive,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.line import refuse_unfit
from apps.connectors.port import Outcome, Request
from apps.connectors.snapshots import Kind
from tests.connectors.xero import answers
from tests.connectors.xero.answers import (
    CONTACT,
    CREDIT,
    INVOICE,
    MARKER,
    OTHER_INVOICE,
    OVERPAYMENT,
    PAYMENT,
    SHORT,
    Script,
    adjustment,
    against,
    credit_note,
    customer,
    envelope,
    invoice,
    line,
    newer,
    one,
    payment,
    push,
    pushed,
    refund,
    said,
    whole,
    xero,
)

ACCOUNTS = said(envelope(Accounts=answers.accounts_raw()))


def refusal(outcome: Outcome, kind: type = RecordRefused) -> str:
    assert isinstance(outcome.error, kind), outcome
    assert outcome.error.sentence
    assert outcome.error.remedy
    return outcome.error.sentence


def headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


# --- Every write ------------------------------------------------------------------------------


def test_documents_go_together_each_with_its_own_answer() -> None:
    """One of three is refused: the others stand, with their ids."""
    rows = [
        answers.invoice_raw(InvoiceID="i1", InvoiceNumber="INV-1", StatusAttributeString="OK"),
        {
            "InvoiceID": "00000000-0000-0000-0000-000000000000",
            "InvoiceNumber": "INV-2",
            "StatusAttributeString": "ERROR",
            "HasErrors": True,
            "ValidationErrors": [{"Message": "Invoice # must be unique."}],
        },
        answers.invoice_raw(InvoiceID="i3", InvoiceNumber="INV-3", StatusAttributeString="OK"),
    ]
    script = Script({"PUT Invoices": said(envelope(Invoices=rows))})
    pushes = [
        push(invoice(number=f"INV-{ref}"), ref=ref, identity=f"1-{ref}-1-") for ref in (1, 2, 3)
    ]

    first, second, third = pushed(script, *pushes)

    assert [each.remote[0].remote_id for each in (first, third)] == ["i1", "i3"]
    refusal(second, NumberTaken)
    (request,) = script.writes
    assert dict(request.query) == {"summarizeErrors": "false", "unitdp": "4"}
    assert request.members == (1, 2, 3)
    assert headers(request)["xero-tenant-id"] == answers.TENANT
    assert headers(request)["idempotency-key"] == request.key
    assert 0 < len(request.key) <= 128
    refuse_unfit(request, frozenset({"authorization"}))
    assert b"SentToContact" not in request.body


def test_more_than_fifty_go_in_several_calls() -> None:
    def answered(request: Request) -> Any:
        rows = json.loads(request.body)["Invoices"]
        return said(
            envelope(
                Invoices=[
                    answers.invoice_raw(
                        InvoiceID=f"id {row['InvoiceNumber']}", InvoiceNumber=row["InvoiceNumber"]
                    )
                    for row in rows
                ]
            )
        )

    script = Script({"PUT Invoices": answered})
    pushes = [push(invoice(number=f"N-{ref}"), ref=ref) for ref in range(1, 121)]
    assert all(not each.error for each in pushed(script, *pushes))
    assert [len(each.members) for each in script.writes] == [50, 50, 20]
    assert len({each.key for each in script.writes}) == 3


def test_a_key_is_of_the_record_its_generation_and_its_very_bytes() -> None:
    def key(identity: str, number: str) -> str:
        script = Script({"PUT Invoices": said(envelope(Invoices=[answers.invoice_raw()]))})
        pushed(script, push(invoice(number=number), identity=identity))
        return script.writes[0].key

    assert key("1-7-1-", "INV-1") == key("1-7-1-", "INV-1")
    assert len({key("1-7-1-", "INV-1"), key("1-7-2-", "INV-1"), key("1-7-1-", "INV-9")}) == 3


def test_answers_in_another_order_belong_to_whom_they_name() -> None:
    rows = [
        answers.invoice_raw(InvoiceID="i2", InvoiceNumber="INV-2"),
        answers.invoice_raw(InvoiceID="i1", InvoiceNumber="INV-1"),
    ]
    script = Script({"PUT Invoices": said(envelope(Invoices=rows))})
    found = pushed(script, *(push(invoice(number=f"INV-{ref}"), ref=ref) for ref in (1, 2)))
    assert [each.remote[0].remote_id for each in found] == ["i1", "i2"]


@pytest.mark.parametrize("rows", [[], [answers.invoice_raw(InvoiceNumber="SOMEBODYS")]])
def test_an_answer_that_does_not_name_it_leaves_it_unknown(rows: list[Any]) -> None:
    script = Script({"PUT Invoices": said(envelope(Invoices=rows))})
    assert isinstance(one(script, push(invoice())).error, OutcomeUnknown)


def test_an_answer_without_an_id_leaves_it_unknown() -> None:
    row = answers.invoice_raw(InvoiceID="00000000-0000-0000-0000-000000000000")
    script = Script({"PUT Invoices": said(envelope(Invoices=[row]))})
    assert isinstance(one(script, push(invoice())).error, OutcomeUnknown)


def test_a_limit_holds_all_of_a_call_and_nothing_is_refused() -> None:
    script = Script({"PUT Invoices": said(b"", 429, retry_after="26")})
    for outcome in pushed(script, *(push(invoice(), ref=ref) for ref in (1, 2))):
        assert isinstance(outcome.error, TryLater)
        assert outcome.error.whole_connection


# --- Masters ----------------------------------------------------------------------------------


def test_a_contact_is_made_under_our_number() -> None:
    script = Script({"PUT Contacts": said(envelope(Contacts=[answers.contact_raw()]))})
    outcome = one(script, push(customer()))
    assert outcome.remote[0].remote_id == CONTACT
    body = script.bodies()[0]["Contacts"][0]
    assert (body["Name"], body["ContactNumber"]) == ("Brass & Oak Ltd", MARKER)
    assert "ContactID" not in body


def test_a_contact_is_changed_in_what_changed_and_keeps_what_is_theirs() -> None:
    raw = answers.contact_raw()
    raw["Phones"][0]["PhoneNumber"] = "their direct line"
    after = newer(raw, EmailAddress="new@brass.example")
    script = Script(
        {
            f"GET Contacts/{CONTACT}": [
                said(envelope(Contacts=[raw])),
                said(envelope(Contacts=[after])),
            ],
            "POST Contacts": said(envelope(Contacts=[after])),
        }
    )
    changed = push(customer(email="new@brass.example"), whole("Contact", raw))
    assert not one(script, changed).error
    body = script.bodies()[0]["Contacts"][0]
    assert body == {"ContactID": CONTACT, "EmailAddress": "new@brass.example"}

    script = Script(
        {
            f"GET Contacts/{CONTACT}": said(envelope(Contacts=[raw])),
            "POST Contacts": said(envelope(Contacts=[raw])),
        }
    )
    one(script, push(customer(phone="0113 7"), whole("Contact", raw)))
    phones = {
        each["PhoneType"]: each["PhoneNumber"]
        for each in script.bodies()[0]["Contacts"][0]["Phones"]
    }
    assert phones["DEFAULT"] == "0113 7"
    assert phones["DDI"] == "their direct line"


def test_a_contact_is_archived_alone_and_an_archived_one_is_left_alone() -> None:
    raw = answers.contact_raw()
    archived = newer(raw, ContactStatus="ARCHIVED")
    script = Script(
        {
            f"GET Contacts/{CONTACT}": [
                said(envelope(Contacts=[raw])),
                said(envelope(Contacts=[archived])),
            ],
            "POST Contacts": said(envelope(Contacts=[archived])),
        }
    )
    assert not one(
        script, push(customer(name="Renamed", active=False), whole("Contact", raw))
    ).error
    assert script.bodies()[0]["Contacts"] == [{"ContactID": CONTACT, "ContactStatus": "ARCHIVED"}]

    there = whole("Contact", archived)
    assert not one(Script({}), push(customer(name="Renamed", active=False), there)).error
    assert "archived" in refusal(one(Script({}), push(customer(), there)))


# --- Documents --------------------------------------------------------------------------------


def test_an_invoice_goes_with_its_tax_and_without_totals() -> None:
    script = Script({"PUT Invoices": said(envelope(Invoices=[answers.invoice_raw()]))})
    one(script, push(invoice(line(item_id="CONSULT"), purchase_order_number="PO 7")))
    body = script.bodies()[0]["Invoices"][0]
    assert body == {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": "INV-1",
        "Contact": {"ContactID": CONTACT},
        "Date": "2026-11-20",
        "DueDate": "2026-12-20",
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": "GBP",
        "Reference": "PO 7",
        "LineItems": [
            {
                "Description": "Consulting",
                "Quantity": 1,
                "UnitAmount": 100,
                "LineAmount": 100.00,
                "AccountCode": "200",
                "ItemCode": "CONSULT",
                "TaxType": "OUTPUT2",
                "TaxAmount": 20.00,
            }
        ],
    }


@pytest.mark.parametrize("make", [invoice, credit_note])
def test_a_foreign_document_always_bears_our_rate_the_other_way_round(make: Any) -> None:
    raw = answers.invoice_raw() if make is invoice else answers.credit_raw()
    raw |= {"CurrencyCode": "USD", "CurrencyRate": 1.25}
    listed = "Invoices" if make is invoice else "CreditNotes"
    script = Script({f"PUT {listed}": said(envelope(**{listed: [raw]}))})
    outcome = one(script, push(make(currency="USD", exchange_rate=Decimal("0.8"))))
    assert script.bodies()[0][listed][0]["CurrencyRate"] == 1.25
    read = outcome.remote[0].snapshot
    assert read is not None
    assert (read.exchange_rate, read.home_total) == (Decimal("0.8"), Decimal(96))


def test_a_discount_is_told_as_one_on_an_invoice_and_lies_in_the_price_of_a_credit() -> None:
    less = line("90.00", "18.00", quantity=Decimal(2), unit_price=Decimal(50))
    script = Script(
        {
            "PUT Invoices": said(envelope(Invoices=[answers.invoice_raw()])),
            "PUT CreditNotes": said(envelope(CreditNotes=[answers.credit_raw()])),
        }
    )
    pushed(script, push(invoice(less), ref=1), push(credit_note(less), ref=2))
    (sold,), (credited,) = (
        each["LineItems"] for body in script.bodies() for rows in body.values() for each in rows
    )
    assert (sold["UnitAmount"], sold["DiscountAmount"], sold["LineAmount"]) == (50, 10, 90)
    assert (credited["UnitAmount"], credited["LineAmount"]) == (45, 90)
    assert "DiscountAmount" not in credited


def test_a_line_that_is_given_away_is_nil_and_no_discount_above_itself() -> None:
    free = line("0.00", "0.00", quantity=Decimal(3), unit_price=Decimal(25))
    script = Script({"PUT Invoices": said(envelope(Invoices=[answers.invoice_raw()]))})
    one(script, push(invoice(free)))
    assert b'"LineAmount":0.00' in script.writes[0].body
    (body,) = script.bodies()[0]["Invoices"][0]["LineItems"]
    assert body["DiscountAmount"] == 75


def changed_invoice(after: dict[str, Any], raw: dict[str, Any] | None = None) -> Script:
    there = raw or answers.invoice_raw()
    return Script(
        {
            f"GET Invoices/{INVOICE}": [
                said(envelope(Invoices=[there])),
                said(envelope(Invoices=[after])),
            ],
            "POST Invoices": said(envelope(Invoices=[after])),
        }
    )


def test_a_due_date_is_changed_alone_even_of_what_is_paid_in_part() -> None:
    raw = answers.invoice_raw(AmountDue=20.0)
    after = newer(raw, DueDateString="2027-01-15T00:00:00")
    script = changed_invoice(after, raw)
    outcome = one(script, push(invoice(due_date=date(2027, 1, 15)), whole("Invoice", raw)))
    assert not outcome.error
    assert script.bodies()[0]["Invoices"] == [{"InvoiceID": INVOICE, "DueDate": "2027-01-15"}]
    assert outcome.remote[0].version == "1795160000000"


def test_what_was_dropped_without_a_word_is_told() -> None:
    """The answer says OK; the read shows the due date as it was."""
    script = changed_invoice(newer(answers.invoice_raw()))
    what = push(invoice(due_date=date(2027, 1, 15)), whole("Invoice", answers.invoice_raw()))
    assert "as before" in refusal(one(script, what))


def test_an_amount_of_what_is_settled_in_part_is_never_sent() -> None:
    raw = answers.invoice_raw(AmountDue=20.0)
    script = changed_invoice(raw, raw)
    what = push(invoice(line("90.00", "18.00")), whole("Invoice", raw))
    assert "without a word" in refusal(one(script, what))
    assert not script.writes


def test_an_amended_invoice_keeps_its_lines_ids_and_tracking_and_its_rate() -> None:
    raw = answers.invoice_raw(CurrencyCode="USD", CurrencyRate=1.25)
    raw["LineItems"][0]["Tracking"] = [
        {"Name": "Region", "Option": "North", "TrackingCategoryID": "t1", "Options": []}
    ]
    more = {"currency": "USD", "exchange_rate": Decimal("0.8")}
    after = newer(raw, SubTotal=90.0, TotalTax=18.0, Total=108.0, AmountDue=108.0)
    after["LineItems"] = [answers.line_raw(LineAmount=90.0, UnitAmount=90.0, TaxAmount=18.0)]
    script = changed_invoice(after, raw)
    what = push(
        invoice(line("90.00", "18.00"), **more), whole("Invoice", raw), agreed=invoice(**more)
    )
    assert not one(script, what).error
    body = script.bodies()[0]["Invoices"][0]
    assert (body["InvoiceID"], body["CurrencyRate"]) == (INVOICE, 1.25)
    (own,) = body["LineItems"]
    assert own["LineItemID"] == raw["LineItems"][0]["LineItemID"]
    assert own["Tracking"] == [{"TrackingCategoryID": "t1", "Name": "Region", "Option": "North"}]
    assert "InvoiceNumber" not in body


def test_a_line_of_theirs_is_never_dropped_by_an_amendment() -> None:
    raw = answers.invoice_raw(LineItems=[answers.line_raw(), answers.line_raw(LineItemID="x")])
    script = changed_invoice(raw, raw)
    what = push(invoice(line("90.00", "18.00")), whole("Invoice", raw), agreed=invoice())
    assert "added or took away a line" in refusal(one(script, what))
    assert not script.writes


def test_what_somebody_changed_meanwhile_is_read_and_not_written_over() -> None:
    script = Script(
        {f"GET Invoices/{INVOICE}": said(envelope(Invoices=[newer(answers.invoice_raw())]))}
    )
    what = push(invoice(due_date=date(2027, 1, 15)), whole("Invoice", answers.invoice_raw()))
    assert isinstance(one(script, what).error, RemoteIsNewer)
    assert not script.writes


def test_what_is_gone_is_told_and_not_made_again() -> None:
    script = Script({f"GET Invoices/{INVOICE}": answers.NOT_THERE})
    what = push(invoice(due_date=date(2027, 1, 15)), whole("Invoice", answers.invoice_raw()))
    assert isinstance(one(script, what).error, RemoteGone)


@pytest.mark.parametrize("kind", ["Invoice", "CreditNote"])
def test_a_void_is_done_when_it_is_read_as_void(kind: str) -> None:
    make, raw = (
        (invoice, answers.invoice_raw())
        if kind == "Invoice"
        else (credit_note, answers.credit_raw())
    )
    plural, own = f"{kind}s", raw[f"{kind}ID"]
    voided = newer(raw, Status="VOIDED")
    script = Script(
        {
            f"GET {plural}/{own}": [
                said(envelope(**{plural: [raw]})),
                said(envelope(**{plural: [voided]})),
            ],
            f"POST {plural}": said(envelope(**{plural: [voided]})),
        }
    )
    outcome = one(script, push(make(void=True), whole(kind, raw)))
    assert not outcome.error
    assert outcome.remote[0].void
    assert script.bodies()[0][plural] == [{f"{kind}ID": own, "Status": "VOIDED"}]


def test_a_void_that_is_only_repeated_to_us_is_no_void() -> None:
    """The echo says VOIDED without an error; the document still stands."""
    raw = answers.invoice_raw()
    script = Script(
        {
            f"GET Invoices/{INVOICE}": said(envelope(Invoices=[raw])),
            "POST Invoices": said(envelope(Invoices=[raw | {"Status": "VOIDED"}])),
        }
    )
    assert "as before" in refusal(one(script, push(invoice(void=True), whole("Invoice", raw))))


def test_a_void_that_was_refused_says_why() -> None:
    raw = answers.invoice_raw()
    echo = raw | {"Status": "DELETED", "HasErrors": True, "StatusAttributeString": "ERROR"}
    echo["ValidationErrors"] = [{"Message": "Invoice not of valid status for modification"}]
    script = Script(
        {
            f"GET Invoices/{INVOICE}": said(envelope(Invoices=[raw])),
            "POST Invoices": said(envelope(Invoices=[echo])),
        }
    )
    assert "valid status" in refusal(one(script, push(invoice(void=True), whole("Invoice", raw))))


def test_what_something_is_set_against_is_not_voided() -> None:
    raw = answers.invoice_raw(AmountDue=80.0)
    script = Script({f"GET Invoices/{INVOICE}": said(envelope(Invoices=[raw]))})
    assert "set against" in refusal(one(script, push(invoice(void=True), whole("Invoice", raw))))
    assert not script.writes


def test_when_the_read_after_a_write_fails_it_is_unknown() -> None:
    raw = answers.invoice_raw()
    script = Script(
        {
            f"GET Invoices/{INVOICE}": [said(envelope(Invoices=[raw])), said(b"", 503)],
            "POST Invoices": said(envelope(Invoices=[raw | {"Status": "VOIDED"}])),
        }
    )
    outcome = one(script, push(invoice(void=True), whole("Invoice", raw)))
    assert isinstance(outcome.error, OutcomeUnknown)


def test_reads_before_and_after_are_of_many_at_once() -> None:
    raws = [
        answers.invoice_raw(
            InvoiceID=f"1a000000-0000-0000-0000-00000000{place:04}", InvoiceNumber=f"N-{place}"
        )
        for place in range(45)
    ]

    def listed(request: Request) -> Any:
        asked = dict(request.query)["IDs"].split(",")
        state = "VOIDED" if any(each.writes for each in script.asked) else "AUTHORISED"
        return said(
            envelope(
                Invoices=[raw | {"Status": state} for raw in raws if raw["InvoiceID"] in asked]
            )
        )

    script = Script({"GET Invoices": listed, "POST Invoices": said(envelope(Invoices=raws))})
    pushes = [
        push(invoice(number=raw["InvoiceNumber"], void=True), whole("Invoice", raw), ref=place)
        for place, raw in enumerate(raws)
    ]
    assert all(not each.error for each in pushed(script, *pushes))
    assert [each.method for each in script.asked] == ["GET", "GET", "POST", "GET", "GET"]


# --- Receipts ---------------------------------------------------------------------------------


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
    assert [each.kind for each in one(script, push(what, step="receipt")).remote] == ["Overpayment"]


@pytest.mark.parametrize("what", [payment("120.00"), payment("120.00", cancelled=True)])
def test_a_reconciled_payment_is_left_as_it_is(what: Any) -> None:
    raw = answers.payment_raw(IsReconciled=True)
    script = Script({f"GET Payments/{PAYMENT}": said(envelope(Payments=[raw]))})
    assert "reconciled" in refusal(one(script, push(what, whole("Payment", raw))))
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
    assert "as before" in refusal(one(script, what))


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
    assert "lets nobody delete" in refusal(outcome)
    assert outcome.error is not None
    assert "Delete it in Xero" in outcome.error.remedy
    assert not script.writes
    # Deleted there, the cancellation stands.
    gone = whole("Overpayment", newer(raw, Status="VOIDED"))
    assert not one(Script({}), push(payment("130.00", cancelled=True), gone)).error


def test_another_amount_of_what_lies_on_account_waits_for_a_person() -> None:
    raw = answers.overpayment_raw()
    script = Script({f"GET Overpayments/{OVERPAYMENT}": said(envelope(Overpayments=[raw]))})
    assert "another amount" in refusal(
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


# --- Credits, adjustments, refunds ------------------------------------------------------------


def applied(**more: Any) -> Any:
    fields = {"source": Kind.CREDIT_NOTE, "source_id": CREDIT}
    return against(INVOICE, "40.00", **fields | more)


def test_a_credit_is_applied_by_a_call_of_its_own_and_told_by_its_new_id() -> None:
    """One of the same amount to the same invoice stood there before."""
    before = answers.allocation_raw(AllocationID="11111111-0000-0000-0000-000000000000")
    raw = answers.credit_raw(Allocations=[before], RemainingCredit=80.0)
    after = newer(raw, Allocations=[before, answers.allocation_raw()], RemainingCredit=40.0)
    script = Script(
        {
            f"GET CreditNotes/{CREDIT}": [
                said(envelope(CreditNotes=[raw])),
                said(envelope(CreditNotes=[after])),
            ],
            f"PUT CreditNotes/{CREDIT}/Allocations": said(envelope(Allocations=[{"Amount": 40.0}])),
        }
    )
    outcome = one(script, push(applied()))
    part, credit = outcome.remote
    assert (part.part, part.amount) == (answers.ALLOCATION, Decimal(40))
    assert credit.balance == Decimal(40)
    assert json.loads(script.writes[0].evidence) == {"allocations": ["11111111"]}


def test_an_application_that_was_refused_says_why() -> None:
    raw = answers.credit_raw()
    words = "The amount is greater than the amount outstanding on the invoice"
    script = Script(
        {
            f"GET CreditNotes/{CREDIT}": said(envelope(CreditNotes=[raw])),
            f"PUT CreditNotes/{CREDIT}/Allocations": said(
                envelope(
                    Allocations=[
                        {"StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": words}]}
                    ]
                )
            ),
        }
    )
    assert refusal(one(script, push(applied()))) == words


def test_an_application_is_taken_off_by_its_id() -> None:
    raw = answers.credit_raw(Allocations=[answers.allocation_raw()], RemainingCredit=80.0)
    off = newer(raw, Allocations=[], RemainingCredit=120.0)
    script = Script(
        {
            f"GET CreditNotes/{CREDIT}": [
                said(envelope(CreditNotes=[raw])),
                said(envelope(CreditNotes=[off])),
            ],
            f"DELETE CreditNotes/{CREDIT}/Allocations/{answers.ALLOCATION}": said(
                {"IsDeleted": True}
            ),
        }
    )
    part = answers.objects("CreditNote", raw)[1]
    outcome = one(script, push(applied(cancelled=True), part))
    assert not outcome.error
    assert (outcome.remote[0].gone, outcome.remote[0].part) == (True, answers.ALLOCATION)


@pytest.mark.parametrize("debits", [True, False])
def test_an_adjustment_is_a_document_without_tax_under_a_number_of_its_own(debits: bool) -> None:
    listed = "Invoices" if debits else "CreditNotes"

    def answered(request: Request) -> Any:
        (row,) = json.loads(request.body)[listed]
        own = (
            {"InvoiceID": INVOICE, "AmountDue": 3.0}
            if debits
            else {"CreditNoteID": CREDIT, "RemainingCredit": 3.0}
        )
        return said(envelope(**{listed: [row | own | {"Total": 3.0, "TotalTax": 0.0}]}))

    script = Script({f"PUT {listed}": answered})
    outcome = one(script, push(adjustment(debits=debits)))
    body = script.bodies()[0][listed][0]
    assert body["InvoiceNumber" if debits else "CreditNoteNumber"] == f"{SHORT}-A"
    assert body["Reference"] == f"Bank charges and fees [Tieout adjustment {MARKER}]"
    assert body["LineAmountTypes"] == "NoTax"
    (own,) = body["LineItems"]
    assert (own["AccountCode"], own["TaxType"], own["LineAmount"]) == ("404", "NONE", 3)
    remote = outcome.remote[0]
    assert (remote.of_kind, remote.marker, remote.amount) == (Kind.ADJUSTMENT, MARKER, Decimal(3))


def refund_script(**more: Any) -> Script:
    def made(listed: str, own: dict[str, Any]) -> Any:
        def answered(request: Request) -> Any:
            (row,) = json.loads(request.body)[listed]
            total = sum(each["LineAmount"] for each in row["LineItems"])
            return said(envelope(**{listed: [row | own | {"Total": total, "TotalTax": 0.0}]}))

        return answered

    charge = {"InvoiceID": INVOICE, "AmountDue": 100.0, "UpdatedDateUTC": answers.CHANGED}
    return Script(
        {
            "GET Accounts": ACCOUNTS,
            "PUT Invoices": made("Invoices", charge),
            "PUT BankTransactions": made("BankTransactions", {"BankTransactionID": answers.BANKED}),
        }
        | more
    )


def test_a_refund_by_the_bank_is_a_charge_and_one_line_of_the_bank_with_its_fee() -> None:
    """A returned payment of 100 with a fee of 15: the customer is charged 100, the bank 115, and what
    both meet on is left at nil."""
    what = refund("100.00", fee=Decimal(15), fee_account_id="404", memo="Returned by the bank")
    script = refund_script()
    first = one(script, push(what))
    assert (first.remote[0].of_kind, first.next_step) == (Kind.REFUND, "bank_line")
    charge = script.bodies()[0]["Invoices"][0]
    assert charge["InvoiceNumber"] == f"{SHORT}-R"
    assert [(each["AccountCode"], each["LineAmount"]) for each in charge["LineItems"]] == [
        ("860", 100)
    ]

    script.answers[f"GET Invoices/{INVOICE}"] = [said(envelope(Invoices=[first.remote[0].raw]))]
    second = one(script, push(what, first.remote[0], step="bank_line"))
    assert (second.error, second.next_step) == (None, "")
    spend = script.bodies()[1]["BankTransactions"][0]
    assert (spend["Type"], spend["LineAmountTypes"]) == ("SPEND", "NoTax")
    assert [(each["AccountCode"], each["LineAmount"]) for each in spend["LineItems"]] == [
        ("860", 100), ("404", 15),
    ]  # fmt: skip
    assert spend["BankAccount"] == {"Code": "090"}
    whole_ = xero().together([first.remote[0], second.remote[0]])
    held = xero().project(what)
    assert whole_.snapshot is not None
    there = xero().project(whole_.snapshot)
    assert (there.amount, there.fee, there.account_id) == (held.amount, held.fee, "090")


def test_a_refund_from_a_clearing_account_is_one_charge_with_the_fee_taken_off() -> None:
    what = refund("100.00", account_id="620", fee=Decimal(15), fee_account_id="404")
    script = refund_script()
    outcome = one(script, push(what))
    (charge,) = script.bodies()[0]["Invoices"]
    assert [(each["AccountCode"], each["LineAmount"]) for each in charge["LineItems"]] == [
        ("620", 115), ("404", -15),
    ]  # fmt: skip
    assert (outcome.error, outcome.next_step) == (None, "")
    there = outcome.remote[0].snapshot
    assert there is not None
    assert (there.amount, there.fee, there.account_id) == (Decimal(100), Decimal(15), "620")


def test_a_refund_in_a_currency_that_its_bank_account_has_not_is_held() -> None:
    what = refund("100.00", account_id=answers.BANK)  # kept in EUR
    assert "currency of its account" in refusal(one(refund_script(), push(what)))


def test_a_refund_is_taken_back_from_the_bank_first() -> None:
    from tests.connectors.xero.test_reading import refund_there

    charge, spend = refund_there()
    off = whole("BankTransaction", newer(spend.raw, Status="DELETED"))
    voided = newer(charge.raw, Status="VOIDED")
    script = Script(
        {
            f"GET Invoices/{INVOICE}": [
                said(envelope(Invoices=[charge.raw])),
                said(envelope(Invoices=[charge.raw])),
                said(envelope(Invoices=[voided])),
            ],
            f"GET BankTransactions/{answers.BANKED}": [
                said(envelope(BankTransactions=[spend.raw])),
                said(envelope(BankTransactions=[off.raw])),
            ],
            "POST BankTransactions": said(envelope(BankTransactions=[off.raw])),
            "POST Invoices": said(envelope(Invoices=[voided])),
        }
    )
    what = refund("100.00", fee=Decimal(15), fee_account_id="404", cancelled=True)
    first = one(script, push(what, charge, spend))
    assert (first.error, first.next_step) == (None, "charge")
    assert script.bodies()[0]["BankTransactions"][0]["Status"] == "DELETED"
    second = one(script, push(what, charge, off, step="charge"))
    assert (second.error, second.next_step) == (None, "")
    assert script.bodies()[1]["Invoices"] == [{"InvoiceID": INVOICE, "Status": "VOIDED"}]


def test_half_done_and_refused_tells_what_stands() -> None:
    what = refund("100.00")
    script = refund_script()
    first = one(script, push(what))
    script.answers[f"GET Invoices/{INVOICE}"] = [said(envelope(Invoices=[first.remote[0].raw]))]
    row = {
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Account must be valid"}],
    }
    script.answers["PUT BankTransactions"] = [said(envelope(BankTransactions=[row]))]
    outcome = one(script, push(what, first.remote[0], step="bank_line"))
    refusal(outcome, NamesInactive)
    assert [each.remote_id for each in outcome.remote] == [INVOICE]


# --- Nothing to do, and never there -------------------------------------------------------------


@pytest.mark.parametrize(
    ("snapshot", "kind", "raw"),
    [
        (customer(), "Contact", answers.contact_raw()),
        (invoice(), "Invoice", answers.invoice_raw()),
        (credit_note(), "CreditNote", answers.credit_raw()),
        (payment("120.00", against(INVOICE, "120.00")), "Payment", answers.payment_raw()),
        (payment("130.00"), "Overpayment", answers.overpayment_raw()),
    ],
)
def test_what_stands_as_it_should_asks_for_no_call(snapshot: Any, kind: str, raw: Any) -> None:
    there = whole(kind, raw)
    outcome = one(Script({}), push(snapshot, there))
    assert not outcome.error
    assert outcome.remote[0] == there


@pytest.mark.parametrize(
    "snapshot",
    [
        invoice(void=True),
        payment("1.00", cancelled=True),
        refund(cancelled=True),
        adjustment(cancelled=True),
    ],
)
def test_what_was_cancelled_before_it_got_there_never_gets_there(snapshot: Any) -> None:
    assert "before it reached" in refusal(one(Script({}), push(snapshot)))


@pytest.mark.parametrize(
    "snapshot",
    [customer(), invoice(), credit_note(), payment("130.00", against(INVOICE, "1.00")),
     refund(), adjustment(), applied()],
)  # fmt: skip
def test_what_is_projected_is_projected_already_and_nothing_objects(snapshot: Any) -> None:
    at = xero()
    held = at.project(snapshot)
    assert at.project(held) == held
    assert at.objections(snapshot) == ()


def test_what_cannot_be_held_is_said_before_any_call() -> None:
    at = xero()
    worth = invoice(
        line("100000.00", "0.00"), currency="USD", exchange_rate=Decimal("0.9"),
        home_total=Decimal("90000.00"),
    )  # fmt: skip
    assert any("90000.01 GBP instead of 90000.00 GBP" in each for each in at.objections(worth))
    assert any("no account" in each for each in at.objections(invoice(line(account_id=""))))
    assert any("no tax rate" in each for each in at.objections(invoice(line(tax_code_id=""))))
    assert any("two decimals" in each for each in at.objections(payment("1.005")))
    assert xero(regime="none").objections(invoice()) != ()
    assert dataclasses.is_dataclass(worth)
