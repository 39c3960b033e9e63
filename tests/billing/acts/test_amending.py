"""Amending: an unpaid invoice, where the company allows it."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    DraftLine,
    amend_invoice,
    reverse,
    set_closing_date,
)
from apps.billing.models import Change, Invoice
from tests.factories import (
    make_company,
    make_credit_note,
    make_invoice,
    make_item,
    make_payment,
)

pytestmark = pytest.mark.django_db

APRIL_1 = date(2026, 4, 1)


@pytest.fixture
def invoice() -> Invoice:
    return make_invoice(company=make_company(amend_allowed=True))


def lines(*prices: str) -> list[DraftLine]:
    return [
        DraftLine(description="Lamp", quantity=Decimal(2), unit_price=Decimal(price))
        for price in prices
    ]


def test_an_amended_invoice_has_other_lines_under_its_number(invoice: Invoice) -> None:
    item = make_item(invoice.company, code="LAMP", name="Lamp, brass")
    other = [*lines("20"), DraftLine(item=item, quantity=Decimal(1), unit_price=Decimal(5))]
    before = invoice.revision
    amend_invoice(invoice, lines=other, reason="Wrong price", issue_date=APRIL_1)
    kept = Invoice.objects.get(pk=invoice.pk)
    assert (kept.number, kept.total, kept.balance_due) == ("INV-2026-00001", 45, 45)
    assert (kept.home_total, kept.revision) == (45, before + 1)
    assert kept.issue_date == kept.due_date == APRIL_1
    assert [(line.item_code, line.description) for line in kept.lines.all()] == [
        ("", "Lamp"),
        ("LAMP", "Lamp, brass"),
    ]
    assert Change.objects.filter(kind="invoice", revision=before + 1).exists()
    newest, issued = kept.history.all()[:2]
    assert newest.history_change_reason == "Wrong price"
    assert [line["net"] for line in newest.lines_then] == ["40", "5"]
    assert [line["net"] for line in issued.lines_then] == ["100"]


def test_only_a_company_that_allows_it_amends() -> None:
    with pytest.raises(ValidationError, match="Credit INV-2026-00001 instead"):
        amend_invoice(make_invoice(), lines=lines("20"), reason="Wrong price")


def test_what_is_paid_or_credited_is_not_amended(invoice: Invoice) -> None:
    payment = make_payment(invoice=invoice, amount=1)
    with pytest.raises(ValidationError, match="Un-apply them first"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong price")
    reverse(payment.allocations.get(), on=APRIL_1, reason="Wrong invoice")
    make_credit_note(invoice=invoice)
    with pytest.raises(ValidationError, match="credited already"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong price")


def test_an_amended_invoice_stays_in_its_year_in_open_months_and_above_nil(
    invoice: Invoice,
) -> None:
    invoice_2027 = date(2027, 1, 1)
    with pytest.raises(ValidationError, match="number of 2026"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong date", issue_date=invoice_2027)
    with pytest.raises(ValidationError, match="less than nothing"):
        amend_invoice(invoice, lines=lines("-1"), reason="Wrong price")
    set_closing_date(invoice.company, date(2026, 2, 28), reason="February filed")
    february = date(2026, 2, 27)
    with pytest.raises(ValidationError, match="closed up to 28 February 2026"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong date", issue_date=february)
    set_closing_date(invoice.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong date", issue_date=APRIL_1)
    kept = Invoice.objects.get(pk=invoice.pk)
    assert (kept.total, kept.lines.count()) == (100, 1)
