"""What is asked of Xero, byte by byte, and what is believed of its answers."""

import dataclasses
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import (
    NumberTaken,
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.line import refuse_unfit
from apps.connectors.port import Request
from tests.connectors.xero import answers
from tests.connectors.xero.answers import (
    CONTACT,
    INVOICE,
    MARKER,
    Script,
    adjustment,
    against,
    applied,
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
    refused,
    said,
    whole,
    xero,
)


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
    refused(second, NumberTaken)
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


def test_a_contact_is_archived_with_what_was_changed_beside_it_and_an_archived_one_is_told() -> (
    None
):
    """Of an archived one nothing can be changed any more: that is never passed over in silence."""
    raw = answers.contact_raw()
    archived = newer(raw, ContactStatus="ARCHIVED", Name="Renamed")
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
    body = {"ContactID": CONTACT, "Name": "Renamed", "ContactStatus": "ARCHIVED"}
    assert script.bodies()[0]["Contacts"] == [body]

    there = whole("Contact", archived)
    assert not one(Script({}), push(customer(name="Renamed", active=False), there)).error
    other = push(customer(name="Renamed again", active=False), there)
    assert "archived" in refused(one(Script({}), other))
    assert "archived" in refused(one(Script({}), push(customer(), there)))


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


def test_figures_that_came_back_as_others_are_told_and_not_written_over() -> None:
    row = answers.invoice_raw(Total=120.01, TotalTax=20.01, AmountDue=120.01)
    row["LineItems"][0]["TaxAmount"] = 20.01
    outcome = one(Script({"PUT Invoices": said(envelope(Invoices=[row]))}), push(invoice()))
    assert (outcome.error, outcome.next_step) == (None, "")
    assert outcome.remote[0].amount == Decimal("120.01")


def test_a_good_answer_without_its_list_leaves_a_write_unknown() -> None:
    script = Script({"PUT Invoices": said({"Status": "OK"})})
    assert isinstance(one(script, push(invoice())).error, OutcomeUnknown)


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
    assert "as before" in refused(one(script, what))


def test_an_amount_of_what_is_settled_in_part_is_never_sent() -> None:
    raw = answers.invoice_raw(AmountDue=20.0)
    script = changed_invoice(raw, raw)
    what = push(invoice(line("90.00", "18.00")), whole("Invoice", raw))
    assert "without a word" in refused(one(script, what))
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
    assert "added or took away a line" in refused(one(script, what))
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
    assert "as before" in refused(one(script, push(invoice(void=True), whole("Invoice", raw))))


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
    assert "valid status" in refused(one(script, push(invoice(void=True), whole("Invoice", raw))))


def test_what_something_is_set_against_is_not_voided() -> None:
    raw = answers.invoice_raw(AmountDue=80.0)
    script = Script({f"GET Invoices/{INVOICE}": said(envelope(Invoices=[raw]))})
    assert "set against" in refused(one(script, push(invoice(void=True), whole("Invoice", raw))))
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
    assert "before it reached" in refused(one(Script({}), push(snapshot)))


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
