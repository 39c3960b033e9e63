"""Credit this invoice: whole, it cancels to nil; in part, never more than is left."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.billing.actions import (
    Part,
    allocate,
    change_open_fields,
    credit_invoice,
    issue,
    set_closing_date,
    void,
)
from apps.billing.models import CreditNote, Invoice
from tests.factories import make_credit_note, make_customer, make_invoice

pytestmark = pytest.mark.django_db

MARCH_9 = date(2026, 3, 9)


def test_a_credited_invoice_comes_to_nil() -> None:
    invoice = make_invoice(lines=[("Candles", 3, "0.335"), ("Twine", 7, "0.0715")])
    note = credit_invoice(invoice, reason="Sent back", on=MARCH_9)
    assert (note.is_draft, note.invoice, note.reason) == (True, invoice, "Sent back")
    issue(note)
    assert note.total == invoice.total == Decimal("1.51")
    allocate(note, invoice, note.total, on=MARCH_9)
    assert (invoice.credited, invoice.balance_due) == (invoice.total, 0)
    assert CreditNote.objects.get(pk=note.pk).open_credit == 0


def test_it_mirrors_the_lines_as_they_were_issued() -> None:
    customer = make_customer()
    invoice = make_invoice(customer=customer)
    item = invoice.lines.get().item
    item.name, item.unit_price = "Another name", Decimal(99)
    item.save()
    line = make_credit_note(invoice=invoice).lines.get()
    mirrored = invoice.lines.get()
    assert (line.item, line.description) == (mirrored.item, mirrored.description)
    assert (line.quantity, line.unit_price, line.net) == (10, 10, 100)


def test_a_part_is_credited_by_quantity_or_by_amount() -> None:
    invoice = make_invoice(lines=[("Lamp", 4, "12.50"), ("Delivery", 1, 10)])
    lamp, delivery = invoice.lines.all()
    note = credit_invoice(
        invoice,
        reason="One broken, late",
        on=MARCH_9,
        lines=[Part(line=lamp, quantity=Decimal(1)), Part(line=delivery, net=Decimal("4.20"))],
    )
    assert [line.net for line in note.lines.all()] == [Decimal("12.50"), Decimal("4.20")]
    assert note.total == Decimal("16.70")


def test_no_more_is_credited_than_the_invoice_came_to() -> None:
    invoice = make_invoice()
    line = invoice.lines.get()
    seven = [Part(line=line, quantity=Decimal(7))]
    make_credit_note(customer=invoice.customer)  # of its own, not of this invoice
    first = credit_invoice(invoice, reason="Broken", on=MARCH_9, lines=seven)
    second = credit_invoice(invoice, reason="Broken", on=MARCH_9, lines=seven)
    issue(first)
    with pytest.raises(ValidationError, match=r"At most 30\.00 GBP of INV-2026-00001"):
        issue(second)
    with pytest.raises(ValidationError, match=r"At most 30\.00 GBP"):
        credit_invoice(invoice, reason="Broken", on=MARCH_9)
    void(first, reason="Typing error")
    issue(second)


@pytest.mark.parametrize("quantity", ["0", "-1", "10.5"])
def test_a_quantity_beyond_the_line_is_refused(quantity: str) -> None:
    invoice = make_invoice()
    part = Part(line=invoice.lines.get(), quantity=Decimal(quantity))
    with pytest.raises(ValidationError, match="at most its quantity of 10"):
        credit_invoice(invoice, reason="Broken", on=MARCH_9, lines=[part])
    assert not CreditNote.objects.exists()


def test_a_line_of_another_invoice_is_refused() -> None:
    invoice, other = make_invoice(), make_invoice()
    with pytest.raises(ValidationError, match="is not of INV-2026-00001"):
        credit_invoice(invoice, reason="Broken", on=MARCH_9, lines=[Part(line=other.lines.get())])


def test_only_an_issued_invoice_is_credited_and_never_before_its_date() -> None:
    with pytest.raises(ValidationError, match="not issued"):
        credit_invoice(make_invoice(issued=False), reason="Sent back", on=MARCH_9)
    invoice = make_invoice()
    with pytest.raises(ValidationError, match="Give a reason"):
        credit_invoice(invoice, reason="", on=MARCH_9)
    early = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 1))
    with pytest.raises(ValidationError, match="cannot be credited before"):
        issue(early)


def test_an_invoice_of_a_closed_month_is_credited_in_an_open_one() -> None:
    invoice = make_invoice()
    set_closing_date(invoice.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        credit_invoice(invoice, reason="Sent back", on=MARCH_9)
    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 4, 1))
    issue(note)
    assert note.number == "CN-2026-00001"


def test_a_credit_note_has_a_message_but_no_due_date() -> None:
    note = make_credit_note()
    assert change_open_fields(note, message="Sorry")
    with pytest.raises(ValidationError, match="no due date"):
        change_open_fields(note, due_date=date(2026, 5, 1), reason="Agreed")


LINES = st.tuples(st.decimals(-5, 50, places=3), st.decimals(-20, 20, places=4))


class Mirrors(TestCase):
    @settings(max_examples=20, deadline=None)
    @given(st.lists(LINES, min_size=1, max_size=5))
    def test_any_invoice_is_credited_to_nil(self, lines: list[tuple[Decimal, Decimal]]) -> None:
        draft = make_invoice(
            issued=False, lines=[("Goods", quantity, price) for quantity, price in lines]
        )
        if draft.total <= 0:
            return
        issue(draft)
        note = make_credit_note(invoice=draft)
        assert [line.net for line in note.lines.all()] == [line.net for line in draft.lines.all()]
        allocate(note, draft, note.total, on=MARCH_9)
        assert Invoice.objects.get(pk=draft.pk).balance_due == 0
