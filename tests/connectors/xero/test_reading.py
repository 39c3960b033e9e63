"""Their objects as ours: what they are, what of them stands, and what nobody could mean."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Posting, RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)
from tests.connectors.xero import answers
from tests.connectors.xero.answers import MARKER, objects, whole, xero

GBP = "GBP"
ALL: list[tuple[str, dict[str, Any]]] = [
    ("Contact", answers.contact_raw()),
    ("Item", {"ItemID": "i1", "Code": "CONSULT", "Name": "Consulting", "IsSold": True}),
    ("Invoice", answers.invoice_raw()),
    ("Invoice", answers.invoice_raw(Status="VOIDED")),
    ("CreditNote", answers.credit_raw(Allocations=[answers.allocation_raw()])),
    ("Payment", answers.payment_raw()),
    ("BatchPayment", answers.batch_raw(Contact={"ContactID": answers.CONTACT})),
    ("Overpayment", answers.overpayment_raw(Allocations=[answers.allocation_raw()])),
    ("BankTransaction", answers.bank_raw(Type="SPEND", Reference="Coffee")),
]


@pytest.mark.parametrize(("kind", "raw"), ALL)
def test_what_is_kept_of_an_object_reads_as_the_object_again(
    kind: str, raw: dict[str, Any]
) -> None:
    for each in objects(kind, raw):
        assert not each.unreadable
        assert xero().parse(each.kind, each.raw) == each


def test_a_document_reads_with_its_lines_and_its_tax_by_type() -> None:
    read = whole("Invoice", answers.invoice_raw(Reference="PO 7"))
    assert isinstance(read.snapshot, InvoiceSnapshot)
    assert (read.number, read.customer_id, read.dated) == (
        "INV-1", answers.CONTACT, date(2026, 11, 20),
    )  # fmt: skip
    assert (read.amount, read.balance) == (Decimal(120), Decimal(120))
    assert read.snapshot.due_date == date(2026, 12, 20)
    assert read.snapshot.purchase_order_number == "PO 7"
    assert [(each.rate_id, each.tax) for each in read.snapshot.taxes] == [("OUTPUT2", Decimal(20))]
    assert (read.snapshot.net, read.snapshot.home_total) == (Decimal(100), Decimal(120))


def test_prices_with_tax_inside_read_as_their_nets() -> None:
    line = answers.line_raw(LineAmount=120.0, UnitAmount=120.0)
    read = whole("Invoice", answers.invoice_raw(LineAmountTypes="Inclusive", LineItems=[line]))
    assert isinstance(read.snapshot, InvoiceSnapshot)
    assert [each.net for each in read.snapshot.lines] == [Decimal(100)]
    assert read.snapshot.net == Decimal(100)


def test_a_line_of_words_alone_has_words_alone() -> None:
    words = {"Description": "Thank you", "Tracking": [], "LineItemID": "l"}
    read = whole("Invoice", answers.invoice_raw(LineItems=[answers.line_raw(), words]))
    assert isinstance(read.snapshot, InvoiceSnapshot)
    assert read.snapshot.lines[1].net == 0
    assert read.snapshot.lines[1].description == "Thank you"


@pytest.mark.parametrize("kind", ["Invoice", "CreditNote"])
def test_a_void_keeps_its_figures_there_and_counts_for_nothing(kind: str) -> None:
    raw = answers.invoice_raw() if kind == "Invoice" else answers.credit_raw()
    read = whole(kind, raw | {"Status": "VOIDED"})
    assert (read.void, read.amount, read.balance) == (True, Decimal(0), Decimal(0))
    assert isinstance(read.snapshot, InvoiceSnapshot | CreditNoteSnapshot)
    assert (read.snapshot.void, read.snapshot.lines) == (True, ())
    assert (read.snapshot.net, read.snapshot.tax, read.snapshot.total) == (0, 0, 0)


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_a_draft_of_somebody_is_in_no_books(status: str) -> None:
    read = whole("Invoice", answers.invoice_raw(Status=status))
    assert (read.of_kind, read.snapshot, read.amount, read.gone) == (None, None, None, False)


def test_a_deleted_draft_is_gone() -> None:
    assert whole("Invoice", answers.invoice_raw(Status="DELETED")).gone


def test_a_purchase_is_none_of_ours() -> None:
    assert whole("Invoice", answers.invoice_raw(Type="ACCPAY")).of_kind is None


@pytest.mark.parametrize("status", ["PAID", "AUTHORISED", "SOMETHING_NEW"])
def test_a_word_that_nobody_knew_breaks_no_reading(status: str) -> None:
    read = whole("Invoice", answers.invoice_raw(Status=status, Class="NEW", LineAmountTypes="Odd"))
    assert read.of_kind is Kind.INVOICE
    assert (read.void, read.gone, read.unreadable) == (False, False, None)


@pytest.mark.parametrize("field", ["Total", "TotalTax", "Date"])
def test_what_is_missing_where_it_cannot_be_is_told_with_its_field(field: str) -> None:
    raw = answers.invoice_raw()
    del raw[field]
    raw.pop(f"{field}String", None)
    read = whole("Invoice", raw)
    assert read.unreadable is not None
    assert read.unreadable.field == field
    assert (read.snapshot, read.amount, read.remote_id) == (None, None, answers.INVOICE)


def test_a_foreign_document_without_its_rate_is_unreadable_and_a_home_one_is_not() -> None:
    raw = answers.invoice_raw()
    del raw["CurrencyRate"]
    assert not whole("Invoice", raw).unreadable
    foreign = whole("Invoice", raw | {"CurrencyCode": "USD"})
    assert foreign.unreadable is not None
    assert foreign.unreadable.field == "CurrencyRate"


# --- Credits and what they are set against ----------------------------------------------------


def test_an_application_is_a_part_by_its_own_id() -> None:
    raw = answers.credit_raw(Allocations=[answers.allocation_raw()], RemainingCredit=80.0)
    credit, part = objects("CreditNote", raw)
    assert (credit.amount, credit.balance) == (Decimal(120), Decimal(80))
    assert (part.kind, part.remote_id, part.part) == (
        "CreditNote", answers.CREDIT, answers.ALLOCATION,
    )  # fmt: skip
    assert isinstance(part.snapshot, AllocationSnapshot)
    assert part.snapshot.target_id == answers.INVOICE
    assert (part.snapshot.source, part.amount) == (Kind.CREDIT_NOTE, Decimal(40))
    assert part.version == credit.version


def test_an_application_that_was_taken_off_is_no_part() -> None:
    off = answers.allocation_raw(IsDeleted=True)
    assert len(objects("CreditNote", answers.credit_raw(Allocations=[off]))) == 1


@pytest.mark.parametrize("what", ["adjustment", "refund"])
def test_what_stands_for_an_entry_of_ours_reads_as_that(what: str) -> None:
    raw = answers.invoice_raw(
        Reference=f"Retainers [Tieout {what} {MARKER}]",
        InvoiceNumber=f"{answers.SHORT}-{what[0].upper()}",
        LineItems=[answers.line_raw(AccountCode="830", TaxAmount=0.0)],
        Total=100.0,
        TotalTax=0.0,
    )
    read = whole("Invoice", raw)
    assert (read.of_kind, read.marker) == (Kind(what), MARKER)
    assert isinstance(read.snapshot, AdjustmentSnapshot | RefundSnapshot)
    assert (read.snapshot.amount, read.snapshot.memo) == (Decimal(100), "Retainers")
    if isinstance(read.snapshot, AdjustmentSnapshot):
        assert (read.snapshot.debits, read.snapshot.account_id) == (True, "830")


def test_what_a_deduction_is_set_against_is_told_apart_from_credit_notes() -> None:
    """So that written off and credited are two figures, as decision 0001 section 9 says."""
    raw = answers.credit_raw(
        Reference=f"Bank fees [Tieout adjustment {MARKER}]",
        Allocations=[answers.allocation_raw(3.0)],
    )
    whole_, part = objects("CreditNote", raw)
    assert whole_.of_kind is Kind.ADJUSTMENT
    assert isinstance(part.snapshot, AllocationSnapshot)
    assert part.snapshot.source == Kind.ADJUSTMENT


# --- Money ------------------------------------------------------------------------------------


def test_a_payment_is_the_money_and_what_it_is_set_against() -> None:
    paid, part = objects("Payment", answers.payment_raw())
    assert isinstance(paid.snapshot, PaymentSnapshot)
    assert (paid.snapshot.reference, paid.snapshot.account_id) == ("BACS 17", "090")
    assert (paid.amount, paid.balance, paid.customer_id) == (
        Decimal(120), Decimal(0), answers.CONTACT,
    )  # fmt: skip
    assert (part.of_kind, part.part) == (Kind.ALLOCATION, f"Invoice:{answers.INVOICE}")
    assert part.amount == Decimal(120)


def test_a_deleted_payment_is_void_and_settles_nothing() -> None:
    (paid,) = objects("Payment", answers.payment_raw(Status="DELETED"))
    assert (paid.void, paid.amount) == (True, Decimal(0))


@pytest.mark.parametrize(
    "raw",
    [
        answers.payment_raw(BatchPaymentID=answers.BATCH),
        answers.payment_raw(PaymentType="ACCPAYPAYMENT"),
        answers.payment_raw(PaymentType="SOMETHING_NEW"),
    ],
)
def test_what_is_inside_a_batch_or_pays_a_purchase_is_no_receipt(raw: dict[str, Any]) -> None:
    (read,) = objects("Payment", raw)
    assert (read.of_kind, read.snapshot) == (None, None)


def test_a_batch_is_one_receipt_over_several_invoices() -> None:
    raw = answers.batch_raw(Contact={"ContactID": answers.CONTACT})
    paid, *parts = objects("BatchPayment", raw)
    assert (paid.of_kind, paid.amount, paid.customer_id) == (
        Kind.PAYMENT, Decimal(150), answers.CONTACT,
    )  # fmt: skip
    assert {each.part: each.amount for each in parts} == {
        f"Invoice:{answers.INVOICE}": Decimal(100),
        f"Invoice:{answers.OTHER_INVOICE}": Decimal(50),
    }


def test_details_of_a_batch_that_are_longer_than_written_down_are_read() -> None:
    raw = answers.batch_raw(Details="x" * 200, Reference="y" * 300)
    assert not whole("BatchPayment", raw).unreadable


def test_a_receipt_on_account_tells_what_is_left_and_bears_the_whole_mark() -> None:
    raw = answers.overpayment_raw(
        Allocations=[answers.allocation_raw(60.0), answers.allocation_raw(40.0, AllocationID="a2")],
        RemainingCredit=30.0,
    )
    paid, part = objects("Overpayment", raw)
    assert (paid.marker, paid.amount, paid.balance) == (MARKER, Decimal(130), Decimal(30))
    assert isinstance(paid.snapshot, PaymentSnapshot)
    assert paid.snapshot.reference == "BACS 17"
    assert part.amount == Decimal(100)  # two of one invoice are one of ours, added up


def test_what_money_is_set_against_is_dated_as_they_date_it() -> None:
    """By the later of both documents, so that it is never dated before the one that it settles."""
    later = answers.allocation_raw(100.0, Date="/Date(1795564800000+0000)/")
    _, part = objects("Overpayment", answers.overpayment_raw(Allocations=[later]))
    assert isinstance(part.snapshot, AllocationSnapshot)
    assert part.snapshot.applied_on == date(2026, 11, 25)


def test_what_was_paid_back_of_a_receipt_is_a_part_of_it() -> None:
    paid_back = {"PaymentID": "p9", "Amount": 30.0, "Status": "AUTHORISED"}
    _, part = objects("Overpayment", answers.overpayment_raw(Payments=[paid_back]))
    assert isinstance(part.snapshot, AllocationSnapshot)
    assert (part.snapshot.target_kind, part.snapshot.target_id) == (Kind.REFUND, "p9")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("AROVERPAYMENTPAYMENT", {"Invoice": {"InvoiceID": answers.OVERPAYMENT}}),
        ("AROVERPAYMENTPAYMENT", {"Overpayment": {"OverpaymentID": answers.OVERPAYMENT}}),
        ("ARPREPAYMENTPAYMENT", {"Prepayment": {"PrepaymentID": answers.OVERPAYMENT}}),
    ],
)
def test_money_paid_out_of_a_receipt_shows_it_under_either_name(
    word: str, shown: dict[str, Any]
) -> None:
    source = {
        name: each | {"Contact": {"ContactID": answers.CONTACT}} for name, each in shown.items()
    }
    raw = answers.payment_raw(PaymentType=word)
    del raw["Invoice"]
    (read,) = objects("Payment", raw | source)
    assert (read.of_kind, read.amount, read.customer_id) == (
        Kind.REFUND, Decimal(120), answers.CONTACT,
    )  # fmt: skip
    assert [each.remote_id for each in read.links] == [answers.OVERPAYMENT]


def test_money_paid_out_of_a_credit_note_is_a_refund_with_what_it_paid_back() -> None:
    raw = answers.payment_raw(PaymentType="ARCREDITPAYMENT")
    raw["CreditNote"] = {"CreditNoteID": answers.CREDIT, **raw.pop("Invoice")}
    refund, part = objects("Payment", raw)
    assert refund.of_kind is Kind.REFUND
    assert isinstance(part.snapshot, AllocationSnapshot)
    assert (part.snapshot.source, part.snapshot.source_id) == (Kind.CREDIT_NOTE, answers.CREDIT)
    assert (part.snapshot.target_kind, part.snapshot.target_id) == (Kind.REFUND, answers.PAYMENT)


def test_a_line_of_the_bank_of_theirs_says_what_it_books() -> None:
    lines = [
        {"LineAmount": 120.0, "TaxAmount": 20.0, "AccountCode": "404", "TaxType": "INPUT2"},
        {"LineAmount": 10.0, "TaxAmount": 0.0, "AccountCode": "200", "TaxType": "NONE"},
    ]
    raw = answers.bank_raw(
        Type="SPEND", Total=130.0, LineAmountTypes="Inclusive", LineItems=lines, Reference="Coffee"
    )
    read = whole("BankTransaction", raw)
    assert (read.of_kind, read.amount) == (None, Decimal(130))
    assert read.postings == (
        Posting(account_id="090", credit=Decimal("130.00")),
        Posting(account_id="404", debit=Decimal("100.00")),
        Posting(account_id="tax:INPUT2", debit=Decimal("20.00")),
        Posting(account_id="200", debit=Decimal("10.00")),
    )


@pytest.mark.parametrize("status", ["DELETED", "VOIDED"])
def test_a_deleted_line_of_the_bank_is_listed_and_books_nothing(status: str) -> None:
    read = whole("BankTransaction", answers.bank_raw(Type="SPEND", Status=status))
    assert (read.void, read.postings) == (True, ())


# --- Several objects of one record ------------------------------------------------------------


def test_several_payments_are_one_receipt_by_their_sum() -> None:
    first = answers.payment_raw()
    second = answers.payment_raw(PaymentID="p2", Amount=30.0)
    second["Invoice"] = second["Invoice"] | {"InvoiceID": answers.OTHER_INVOICE}
    one = xero().together([whole("Payment", first), whole("Payment", second)])
    assert isinstance(one.snapshot, PaymentSnapshot)
    assert (one.amount, one.snapshot.amount) == (Decimal(150), Decimal(150))
    assert len(one.snapshot.allocations) == 2
    assert xero().parse(one.kind, one.raw) == one


def test_several_that_differ_in_their_customer_are_no_one_receipt() -> None:
    second = answers.payment_raw(PaymentID="p2")
    second["Invoice"] = second["Invoice"] | {"Contact": {"ContactID": "another"}}
    one = xero().together([whole("Payment", answers.payment_raw()), whole("Payment", second)])
    assert one.unreadable is not None
    assert one.unreadable.field == "customer_id"


def test_a_charge_and_its_line_of_the_bank_are_one_refund() -> None:
    one = xero().together(refund_there())
    assert isinstance(one.snapshot, RefundSnapshot)
    assert (one.snapshot.amount, one.snapshot.fee, one.snapshot.account_id) == (100, 15, "090")
    assert one.kind == "Invoice"


def refund_there(fee: float = 15.0) -> list[RemoteObject]:
    mark = f"[Tieout refund {MARKER}]"
    charge = answers.invoice_raw(
        Reference=mark,
        InvoiceNumber=f"{answers.SHORT}-R",
        Total=100.0,
        TotalTax=0.0,
        AmountDue=100.0,
        LineItems=[answers.line_raw(Description="Paid back by the bank", AccountCode="860")],
    )
    lines = [
        answers.line_raw(Description=f"Paid back by the bank {mark}", AccountCode="860"),
        answers.line_raw(Description="Bank charge", LineAmount=fee, AccountCode="404"),
    ]
    spend = answers.bank_raw(
        Type="SPEND", Total=100 + fee, LineItems=lines, LineAmountTypes="NoTax"
    )
    return [whole("Invoice", charge), whole("BankTransaction", spend)]


# --- Masters ----------------------------------------------------------------------------------


def test_a_contact_is_known_by_the_number_that_we_gave_it() -> None:
    read = whole("Contact", answers.contact_raw())
    assert (read.marker, read.name) == (MARKER, "Brass & Oak Ltd")
    assert whole("Contact", answers.contact_raw(ContactNumber="C/1 2")).marker == ""
    without = answers.contact_raw()
    del without["ContactNumber"], without["Phones"], without["Addresses"], without["EmailAddress"]
    assert isinstance(whole("Contact", without).snapshot, CustomerSnapshot)


def test_a_merged_contact_is_gone_and_an_archived_one_inactive() -> None:
    assert whole("Contact", answers.contact_raw(MergedToContactID="survivor")).gone
    archived = whole("Contact", answers.contact_raw(ContactStatus="ARCHIVED"))
    assert isinstance(archived.snapshot, CustomerSnapshot)
    assert not archived.snapshot.active


def test_parts_of_an_object_that_cannot_be_read_are_not_invented() -> None:
    raw = answers.credit_raw(Allocations=[{"Amount": 40.0}])
    (read,) = objects("CreditNote", raw)
    assert read.unreadable is not None
    assert dataclasses.replace(read, unreadable=None) != read
