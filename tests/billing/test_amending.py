"""Amending: an unpaid invoice where the company allows it, a payment by the side that made it."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    DraftLine,
    amend_invoice,
    amend_payment,
    reverse,
    set_closing_date,
)
from apps.billing.changes import made_by
from apps.billing.models import Change, Invoice, Payment
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
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


def from_there(invoice: Invoice) -> Payment:
    with made_by(origin="connection:12"):
        return make_payment(invoice=invoice, amount=60)


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
    with pytest.raises(ValidationError, match="nothing or less"):
        amend_invoice(invoice, lines=lines("0"), reason="Wrong price")
    set_closing_date(invoice.company, date(2026, 2, 28), reason="February filed")
    february = date(2026, 2, 27)
    with pytest.raises(ValidationError, match="closed up to 28 February 2026"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong date", issue_date=february)
    set_closing_date(invoice.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        amend_invoice(invoice, lines=lines("20"), reason="Wrong date", issue_date=APRIL_1)
    kept = Invoice.objects.get(pk=invoice.pk)
    assert (kept.total, kept.lines.count()) == (100, 1)


def test_a_payment_follows_the_side_that_made_it(invoice: Invoice) -> None:
    payment = from_there(invoice)
    assert amend_payment(payment, amount=Decimal(75), memo="Corrected", reason="Changed there")
    kept = Payment.objects.get(pk=payment.pk)
    assert (kept.amount, kept.applied, kept.on_account) == (75, 60, 15)
    revision = kept.revision
    assert not amend_payment(kept, amount=Decimal(75), memo="Corrected", reason="Changed there")
    assert Payment.objects.get(pk=payment.pk).revision == revision


def test_a_payment_is_not_made_less_or_later_than_what_is_applied(invoice: Invoice) -> None:
    payment = from_there(invoice)
    with pytest.raises(ValidationError, match=r"60\.00 GBP of this payment is applied"):
        amend_payment(payment, amount=Decimal(59), reason="Changed there")
    with pytest.raises(ValidationError, match="applied on 16 March 2026"):
        amend_payment(payment, date=APRIL_1, reason="Changed there")
    assert Payment.objects.get(pk=payment.pk).amount == 60


def test_a_payment_of_ours_or_of_a_closed_month_is_not_amended(invoice: Invoice) -> None:
    with pytest.raises(ValidationError, match="received in Tieout"):
        amend_payment(make_payment(), amount=Decimal(5), reason="Changed there")
    payment = from_there(invoice)
    set_closing_date(invoice.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        amend_payment(payment, amount=Decimal(75), date=APRIL_1, reason="Changed there")


def test_a_merged_customers_invoice_can_still_be_paid_and_credited() -> None:
    first, second = (make_invoice(customer=make_customer()) for _ in range(2))
    for each in (first, second):
        each.customer.merged_into = make_customer(each.company)
        each.customer.active = False
        each.customer.save()
    make_payment(invoice=first)
    assert Invoice.objects.get(pk=first.pk).balance_due == 0
    assert make_credit_note(invoice=second).total == 100
