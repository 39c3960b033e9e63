"""Voiding: only in an open month, only with nothing applied; the number stays."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, issue, reverse, set_closing_date, void
from apps.billing.models import Invoice
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment

pytestmark = pytest.mark.django_db

APRIL_1 = date(2026, 4, 1)


def test_a_void_invoice_keeps_its_number_and_its_amounts() -> None:
    customer = make_customer()
    invoice = make_invoice(customer=customer)
    void(invoice, reason="Sent twice", on=APRIL_1)
    kept = Invoice.objects.get(pk=invoice.pk)
    assert (kept.status, kept.number, kept.total) == ("void", "INV-2026-00001", 100)
    # The ledger empties it at its own date, so that March is the same on both sides.
    assert (kept.void_date, kept.voided_on) == (date(2026, 3, 2), APRIL_1)
    assert kept.void_reason == "Sent twice"
    assert not kept.is_open
    assert kept.history.first().history_change_reason == "Sent twice"
    assert make_invoice(customer=customer).number == "INV-2026-00002"


def test_a_void_needs_a_reason_and_a_day_after_the_document() -> None:
    invoice = make_invoice()
    with pytest.raises(ValidationError, match="Give a reason"):
        void(invoice, reason="  ")
    with pytest.raises(ValidationError, match="cannot be voided before"):
        void(invoice, reason="Sent twice", on=date(2026, 3, 1))


def test_without_a_day_it_is_voided_today() -> None:
    invoice = make_invoice()
    void(invoice, reason="Sent twice")
    assert invoice.voided_on == max(invoice.company.today(), invoice.issue_date)


def test_what_is_paid_in_part_is_not_voided_until_it_is_unapplied() -> None:
    invoice = make_invoice()
    payment = make_payment(invoice=invoice, amount=1)
    with pytest.raises(ValidationError, match="Un-apply them first"):
        void(invoice, reason="Sent twice", on=APRIL_1)
    reverse(payment.allocations.get(), on=APRIL_1, reason="Wrong invoice")
    void(invoice, reason="Sent twice", on=APRIL_1)
    assert Invoice.objects.get(pk=invoice.pk).status == "void"


def test_an_applied_credit_note_is_not_voided() -> None:
    invoice = make_invoice()
    note = make_credit_note(invoice=invoice)
    allocate(note, invoice, note.total, on=date(2026, 3, 9))
    with pytest.raises(ValidationError, match="Un-apply it first"):
        void(note, reason="Typing error", on=APRIL_1)


def test_what_is_credited_is_not_taken_back_a_second_time() -> None:
    invoice = make_invoice()
    note = make_credit_note(invoice=invoice)
    with pytest.raises(ValidationError, match="credited already, by CN-2026-00001"):
        void(invoice, reason="Sent twice", on=APRIL_1)
    void(note, reason="Typing error", on=APRIL_1)
    void(invoice, reason="Sent twice", on=APRIL_1)


def test_what_lies_in_a_closed_month_is_credited_not_voided() -> None:
    invoice = make_invoice()
    set_closing_date(invoice.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match=r"in a closed month\. Credit it instead"):
        void(invoice, reason="Sent twice", on=APRIL_1)


def test_a_draft_or_a_void_document_is_not_voided() -> None:
    draft = make_invoice(issued=False)
    with pytest.raises(ValidationError, match="not issued"):
        void(draft, reason="Sent twice")
    issue(draft)
    void(draft, reason="Sent twice")
    with pytest.raises(ValidationError, match="not issued"):
        void(draft, reason="Sent twice")
