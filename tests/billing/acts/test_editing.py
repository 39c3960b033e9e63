"""What may still change on an issued document."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import change_open_fields, void
from apps.billing.models import Change, Invoice
from tests.factories import make_invoice

pytestmark = pytest.mark.django_db


def test_message_and_order_number_change_and_go_out_as_a_new_revision() -> None:
    invoice = make_invoice()
    before = invoice.revision
    assert change_open_fields(invoice, message="Thank you", purchase_order_number="PO 7")
    kept = Invoice.objects.get(pk=invoice.pk)
    assert (kept.message, kept.purchase_order_number) == ("Thank you", "PO 7")
    assert kept.revision == before + 1
    assert Change.objects.filter(kind="invoice", subject_id=kept.pk, revision=before + 1).exists()


def test_saying_the_same_again_writes_nothing() -> None:
    invoice = make_invoice(message="Thank you")
    before = Change.objects.count(), invoice.revision
    assert not change_open_fields(invoice, message="Thank you", due_date=invoice.due_date)
    invoice.refresh_from_db()
    assert (Change.objects.count(), invoice.revision) == before


def test_the_due_date_needs_a_reason_and_lies_not_before_the_invoice() -> None:
    invoice = make_invoice()
    with pytest.raises(ValidationError, match="Give a reason"):
        change_open_fields(invoice, due_date=date(2026, 5, 1))
    with pytest.raises(ValidationError, match="due date lies before"):
        change_open_fields(invoice, due_date=date(2026, 3, 1), reason="Agreed")
    assert change_open_fields(invoice, due_date=date(2026, 5, 1), reason="Agreed by telephone")
    assert invoice.history.first().history_change_reason == "Agreed by telephone"


def test_a_message_that_is_too_long_is_refused() -> None:
    invoice = make_invoice()
    with pytest.raises(ValidationError, match="40"):
        change_open_fields(invoice, purchase_order_number="7" * 41)


def test_what_is_void_does_not_change() -> None:
    invoice = make_invoice()
    void(invoice, reason="Sent twice")
    with pytest.raises(ValidationError, match="is not issued"):
        change_open_fields(invoice, message="Thank you")
