"""Setting money and credit notes against invoices, and taking it back."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.billing.actions import Outside, allocate, cancel_payment, reverse, set_closing_date, void
from apps.billing.models import Allocation, CreditNote, Frozen, Invoice, Payment
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment

pytestmark = pytest.mark.django_db

MARCH_16, MARCH_20, APRIL_1 = date(2026, 3, 16), date(2026, 3, 20), date(2026, 4, 1)


def test_a_payment_over_two_invoices_leaves_the_rest_on_account() -> None:
    customer = make_customer()
    first, second = make_invoice(customer=customer), make_invoice(customer=customer)
    payment = make_payment(customer=customer, amount=180)
    allocate(payment, first, Decimal(100), on=MARCH_16)
    allocate(payment, second, Decimal("59.99"), on=MARCH_20)
    assert (payment.applied, payment.on_account) == (Decimal("159.99"), Decimal("20.01"))
    assert (first.paid, first.balance_due) == (100, 0)
    assert (second.paid, second.balance_due) == (Decimal("59.99"), Decimal("40.01"))


def test_paid_and_credited_are_two_figures() -> None:
    invoice = make_invoice()
    note = make_credit_note(customer=invoice.customer, lines=[("Scratched", 1, 30)])
    make_payment(invoice=invoice, amount=60)
    allocate(note, invoice, Decimal(30), on=MARCH_16)
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert (invoice.paid, invoice.credited, invoice.balance_due) == (60, 30, 10)
    note = CreditNote.objects.get(pk=note.pk)
    assert (note.applied, note.open_credit) == (30, 0)


def test_tenths_that_add_up_leave_nothing_open() -> None:
    # 0.30 − 0.10 − 0.20 is not nil in binary fractions, which is how SQLite reckons.
    invoice = make_invoice(lines=[("Matches", 1, "0.30")])
    make_payment(invoice=invoice, amount="0.10")
    note = make_credit_note(customer=invoice.customer, lines=[("Matches", 1, "0.20")])
    allocate(note, invoice, Decimal("0.20"), on=MARCH_16)
    assert not Invoice.objects.filter(balance_due__gt=0).exists()
    assert not Invoice.objects.filter(balance_due__lt=0).exists()
    assert not CreditNote.objects.exclude(open_credit=0).exists()


def test_unapplying_is_a_dated_reversal_with_a_reason() -> None:
    invoice = make_invoice()
    payment = make_payment(invoice=invoice)
    allocation = payment.allocations.get()
    with pytest.raises(ValidationError, match="Give a reason"):
        reverse(allocation, on=APRIL_1, reason="")
    with pytest.raises(ValidationError, match="cannot be un-applied before"):
        reverse(allocation, on=date(2026, 3, 15), reason="Wrong invoice")
    reverse(allocation, on=APRIL_1, reason="Wrong invoice")
    kept = Allocation.objects.get(pk=allocation.pk)
    assert (kept.reversed_on, kept.reversal_reason, kept.stands) == (
        APRIL_1,
        "Wrong invoice",
        False,
    )
    assert Payment.objects.get(pk=payment.pk).on_account == 100
    assert Invoice.objects.get(pk=invoice.pk).balance_due == 100
    with pytest.raises(ValidationError, match="un-applied already, on 1 April 2026"):
        reverse(allocation, on=date(2026, 4, 2), reason="Again")


def test_sums_are_rewritten_without_raising_revisions() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    before = invoice.revision, payment.revision
    allocation = allocate(payment, invoice, Decimal(100), on=MARCH_16)
    reverse(allocation, on=MARCH_20, reason="Wrong invoice")
    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.revision, payment.revision) == before
    assert allocation.revision == 2


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("100.01", "of INV-2026-00001 is due, not 100.01"),
        ("120.01", "is left, not 120.01"),
        ("0", "more than nil"),
        ("-5", "more than nil"),
        ("NaN", "more than nil"),
        ("0.001", "more decimals than GBP"),
    ],
)
def test_only_what_is_open_on_both_ends_can_be_applied(amount: str, sentence: str) -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer, amount=120)
    with pytest.raises(ValidationError, match=sentence):
        allocate(payment, invoice, Decimal(amount), on=MARCH_16)
    assert not Allocation.objects.exists()


def test_its_date_lies_before_neither_document() -> None:
    invoice = make_invoice(issue_date=MARCH_20)
    payment = make_payment(customer=invoice.customer)
    with pytest.raises(ValidationError, match="cannot be applied before"):
        allocate(payment, invoice, Decimal(1), on=date(2026, 3, 15))
    with pytest.raises(ValidationError, match="nothing can be applied before"):
        allocate(payment, invoice, Decimal(1), on=MARCH_16)
    allocate(payment, invoice, Decimal(1), on=MARCH_20)


def test_only_its_own_date_counts_against_the_closing_date() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    set_closing_date(invoice.company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        allocate(payment, invoice, Decimal(1), on=MARCH_20)
    allocation = allocate(payment, invoice, Decimal(1), on=APRIL_1)
    set_closing_date(invoice.company, APRIL_1, reason="Week filed")
    with pytest.raises(ValidationError, match="closed up to 1 April 2026"):
        reverse(allocation, on=APRIL_1, reason="Wrong invoice")
    reverse(allocation, on=date(2026, 4, 2), reason="Wrong invoice")


def test_what_is_not_live_takes_no_part() -> None:
    customer = make_customer()
    invoice, draft = make_invoice(customer=customer), make_invoice(customer=customer, issued=False)
    payment = make_payment(customer=customer)
    with pytest.raises(ValidationError, match="draft, so nothing can be applied"):
        allocate(payment, draft, Decimal(1), on=MARCH_16)
    cancelled = make_payment(customer=customer)
    cancel_payment(cancelled, reason="Typed twice")
    with pytest.raises(ValidationError, match="is cancelled"):
        allocate(cancelled, invoice, Decimal(1), on=MARCH_16)
    unissued = make_credit_note(customer=customer, issued=False)
    with pytest.raises(ValidationError, match="is draft"):
        allocate(unissued, invoice, Decimal(1), on=MARCH_16)
    void(invoice, reason="Sent twice")
    with pytest.raises(ValidationError, match="void, so nothing can be applied"):
        allocate(payment, invoice, Decimal(1), on=MARCH_16)


def test_another_customers_invoice_is_refused() -> None:
    invoice = make_invoice()
    payment = make_payment(customer=make_customer(invoice.company))
    with pytest.raises(ValidationError, match="another customer"):
        allocate(payment, invoice, Decimal(1), on=MARCH_16)


def test_money_may_be_set_against_a_document_of_theirs_that_is_not_ours() -> None:
    payment = make_payment(amount=100)
    journal = Outside(kind="JournalEntry", id="77", label="Journal 12")
    allocation = allocate(payment, None, Decimal(40), on=MARCH_16, outside=journal)
    assert (allocation.invoice, allocation.outside_id) == (None, "77")
    assert str(allocation) == "40.00 GBP to Journal 12"
    assert payment.on_account == 60
    with pytest.raises(ValidationError, match="Choose either"):
        allocate(payment, None, Decimal(1), on=MARCH_16)


def test_an_allocation_is_made_changed_and_deleted_by_no_other_way() -> None:
    invoice = make_invoice()
    allocation = make_payment(invoice=invoice).allocations.get()
    allocation.amount = Decimal(1)
    with pytest.raises(Frozen, match="does not change"):
        allocation.save()
    with pytest.raises(Frozen, match="never deleted"):
        Allocation.objects.all().delete()
    copy = Allocation.objects.get(pk=allocation.pk)
    copy.pk, copy._state.adding = None, True
    with pytest.raises(Frozen, match="“Apply”"):
        copy.save()


class Books(TestCase):
    """Whatever is applied and un-applied, the columns say what the allocations add up to."""

    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(1, 6000), st.booleans()),
            max_size=8,
        )
    )
    def test_the_sums_are_those_of_the_standing_allocations(
        self, steps: list[tuple[int, int, int, bool]]
    ) -> None:
        customer = make_customer()
        sources: list[Payment | CreditNote] = [
            make_payment(customer=customer, amount="50.10"),
            make_payment(customer=customer, amount="99.99"),
            make_credit_note(customer=customer, lines=[("Returned", 3, "11.11")]),
        ]
        invoices = [make_invoice(customer=customer, lines=[("Lamp", 1, "70.70")]) for _ in range(2)]
        for source, target, cents, undo in steps:
            try:
                made = allocate(
                    sources[source], invoices[target], Decimal(cents) / 100, on=MARCH_16
                )
            except ValidationError:
                continue
            if undo:
                reverse(made, on=MARCH_20, reason="Wrong invoice")
        for invoice in Invoice.objects.filter(customer=customer):
            standing = [each for each in invoice.allocations.all() if each.stands]
            by_payment = sum(each.amount for each in standing if each.payment_id)
            by_note = sum(each.amount for each in standing if each.credit_note_id)
            assert (invoice.paid, invoice.credited) == (by_payment, by_note)
            assert invoice.balance_due == invoice.total - by_payment - by_note >= 0
        for payment in Payment.objects.filter(customer=customer):
            standing = [each for each in payment.allocations.all() if each.stands]
            assert payment.applied == sum(each.amount for each in standing)
            assert payment.on_account == payment.amount - payment.applied >= 0
