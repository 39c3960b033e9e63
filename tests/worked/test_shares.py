"""One object there that is several records here: what of it others set, and what a person decides."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.billing.actions import allocate
from apps.billing.models import Allocation, Invoice, Payment
from apps.staff.models import User
from apps.sync.decide.acts import decide_record
from apps.sync.models import Conflict, Reason, State, SyncRecord
from tests.all_rights import make_almighty
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.worked.test_engine import set_in_two, set_there, settled, until_calm
from tests.worked.works import Works

pytestmark = pytest.mark.django_db


def whole_and_part(works: Works, first: Decimal, second: Decimal) -> tuple[Invoice, list[Any]]:
    """25,000.00 are three receipts there; two parts of it are one allocation of the first."""
    customer = make_customer(works.company)
    invoice = make_invoice(customer=customer, lines=[(make_item(works.company), 1, 25000)])
    payment = make_payment(customer=customer, amount=25000, method=works.method)
    until_calm(works)
    on = date(2026, 3, 20)
    parts = [allocate(payment, invoice, amount, on=on) for amount in (first, second)]
    until_calm(works)
    settled(works)
    return invoice, parts


@pytest.mark.parametrize("amount", ["60.00", "30.00"])
@pytest.mark.variants
def test_the_same_amount_set_there_from_another_receipt_is_not_taken_for_ours(
    works: Works,
    amount: str,
) -> None:
    """60.00 and 30.00 of ours are 90.00 from the first receipt; they set as much as either of them
    from the second: that much more is set against the invoice here too."""
    invoice, parts = whole_and_part(works, Decimal(60), Decimal(30))
    (there,) = works.theirs("invoice")
    second = works.theirs("receipt")[1]
    said = {"invoice": there["id"], "amount": amount, "dated": "2026-03-22"}
    works.act("POST", f"/receipts/{second['id']}/allocations", said)
    until_calm(works)

    settled(works)
    invoice.refresh_from_db()
    assert invoice.paid == 90 + Decimal(amount) == set_there(works, invoice)
    assert Allocation.objects.count() == 3
    for each in parts:
        each.refresh_from_db()
        assert each.stands
    made = Allocation.objects.exclude(pk__in=[each.pk for each in parts]).get()
    assert not works.record(made).remote_records.get().made_here
    assert works.record(parts[1]).ties.get().share == 30


def added_there(works: Works) -> tuple[Any, list[Allocation]]:
    """60.00 and 30.00 of ours are 90.00 there; somebody adds 10.00."""
    invoice, parts = set_in_two(works)
    until_calm(works)
    (receipt,), (there,) = works.theirs("receipt"), works.theirs("invoice")
    said = {"invoice": there["id"], "amount": "10.00", "dated": "2026-03-22"}
    works.act("POST", f"/receipts/{receipt['id']}/allocations", said)
    until_calm(works)
    return invoice, parts


def test_a_question_about_one_object_of_several_records_names_them_all(
    works: Works,
) -> None:
    invoice, parts = added_there(works)
    record = works.record(parts[0])
    assert record.reason == Reason.CHANGED_ON_BOTH_SIDES
    asked = record.sentence
    assert f"60.00 GBP and 30.00 GBP set against {invoice.number} are one in Worked" in asked
    assert "90.00 GBP here and 100.00 GBP in Worked" in asked
    fay = Client()
    fay.force_login(make_almighty("root@example.com", name="Root"))
    conflict = record.conflicts.get()
    for name, pk in (("conflict", conflict.pk), ("syncrecord", record.pk)):
        shown = fay.get(reverse(f"admin:sync_{name}_change", args=[pk])).content.decode()
        assert "In Worked it is one with" in shown
        other = reverse("admin:billing_allocation_change", args=[parts[1].pk])
        assert other in shown


@pytest.mark.parametrize("of", ["shares", "several objects"])
@pytest.mark.variants
def test_putting_ours_back_is_carried_out_where_it_is_one_of_several(
    works: Works,
    of: str,
) -> None:
    """What is decided is the whole: a sum of three receipts, or one object less the others' part."""
    fay = User.objects.get(name="Fay").pk
    if of == "shares":
        invoice, parts = added_there(works)
        record = works.record(parts[0])
    else:
        payment = make_payment(
            customer=make_customer(works.company), amount=25000, method=works.method
        )
        until_calm(works)
        third = works.theirs("receipt")[2]
        works.act("PUT", f"/receipts/{third['id']}", {"amount": "4000.00"})
        until_calm(works)
        record = works.record(payment)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    decide_record(record, Conflict.Decision.OURS, user_id=fay)
    record.refresh_from_db()
    assert record.state == State.WAITING
    until_calm(works)

    settled(works)
    if of == "shares":
        assert set_there(works, invoice) == 90
    else:
        amounts = [each["amount"] for each in works.theirs("receipt")]
        assert amounts == ["9999.99", "9999.99", "5000.02"]


def test_taking_theirs_of_what_is_applied_says_how_it_is_done_here(works: Works) -> None:
    """It is no document: nothing of it is credited and issued again."""
    _, parts = added_there(works)
    fay = User.objects.get(name="Fay").pk
    with pytest.raises(ValidationError, match="Un-apply it and apply what is meant"):
        decide_record(works.record(parts[0]), Conflict.Decision.THEIRS, user_id=fay)
    assert works.record(parts[0]).state == State.NEEDS_PERSON


@pytest.mark.slow
def test_taking_theirs_of_a_payment_that_is_several_there_keeps_them_all_together(
    works: Works,
) -> None:
    """25,000.00 as three receipts, 12,000.00 of the first two set against an invoice, the third made
    4,000.00 there: received anew as 23,999.98, of which 12,000.00 are set."""
    fay = User.objects.get(name="Fay").pk
    customer = make_customer(works.company)
    invoice = make_invoice(customer=customer, lines=[(make_item(works.company), 1, 12000)])
    payment = make_payment(customer=customer, amount=25000, method=works.method)
    until_calm(works)
    allocate(payment, invoice, Decimal(12000), on=date(2026, 3, 20))
    until_calm(works)
    third = works.theirs("receipt")[2]
    works.act("PUT", f"/receipts/{third['id']}", {"amount": "4000.00"})
    until_calm(works)
    decide_record(works.record(payment), Conflict.Decision.THEIRS, user_id=fay)
    until_calm(works)

    payment.refresh_from_db()
    assert not payment.is_received
    anew = Payment.objects.get(status=Payment.Status.RECEIVED)
    assert anew.amount == Decimal("23999.98")
    amounts = [(each["amount"], each["state"]) for each in works.theirs("receipt")]
    assert amounts == [("9999.99", "standing"), ("9999.99", "standing"), ("4000.00", "standing")]
    assert works.record(anew).state == State.IN_THE_BOOKS
    assert works.record(anew).remote_records.filter(retired=False).count() == 3
    until_calm(works)
    assert Payment.objects.count() == 2
    invoice.refresh_from_db()
    assert (invoice.paid, anew.on_account) == (12000, Decimal("11999.98"))
    assert set_there(works, invoice) == 12000


@pytest.mark.parametrize("change", [{"amount": "110.00"}, {"dated": "2026-03-18"}])
@pytest.mark.variants
def test_a_receipt_of_theirs_that_is_received_anew_is_still_set_against_what_it_settled(
    works: Works, change: dict[str, str]
) -> None:
    """60.00 of their 100.00 settle an invoice of ours; then they change the receipt."""
    invoice = make_invoice(company=works.company)
    until_calm(works)
    (there,) = works.theirs("invoice")
    said = {"contact": there["contact"], "dated": "2026-03-16", "currency": there["currency"]}
    receipt = works.act(
        "POST", "/receipts", {**said, "rate": "1.000000", "amount": "100.00", "reference": "B 9"}
    )
    part = {"invoice": there["id"], "amount": "60.00", "dated": "2026-03-17"}
    works.act("POST", f"/receipts/{receipt['id']}/allocations", part)
    until_calm(works)
    invoice.refresh_from_db()
    assert invoice.paid == 60

    works.act("PUT", f"/receipts/{receipt['id']}", change)
    until_calm(works)

    assert not SyncRecord.objects.filter(state=State.NEEDS_PERSON).exists()
    invoice.refresh_from_db()
    payment = Payment.objects.get(status=Payment.Status.RECEIVED)
    amount = Decimal(change.get("amount", "100.00"))
    assert (payment.amount, payment.on_account, invoice.paid) == (amount, amount - 60, 60)
    assert set_there(works, invoice) == 60
    assert Payment.objects.count() == 2


@pytest.mark.parametrize("change", [{"amount": "110.00"}, {"dated": "2026-03-18"}])
@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.variants
@pytest.mark.slow
def test_a_receipt_that_is_received_anew_is_still_set_against_what_it_was_set_here(
    works: Works, change: dict[str, str], arrived: bool, same: bool
) -> None:
    """Of 100.00 they set 60.00; 20.00 of ours, which stand there or have not left yet, go on."""
    invoice = make_invoice(company=works.company)
    other = invoice if same else make_invoice(customer=invoice.customer)
    until_calm(works)
    there = works.record(invoice).remote_records.get().remote_id
    contact = next(each["contact"] for each in works.theirs("invoice") if each["id"] == there)
    said = {"contact": contact, "dated": "2026-03-16", "currency": "GBP", "rate": "1.000000"}
    receipt = works.act("POST", "/receipts", {**said, "amount": "100.00", "reference": "B 9"})
    part = {"invoice": there, "amount": "60.00", "dated": "2026-03-17"}
    works.act("POST", f"/receipts/{receipt['id']}/allocations", part)
    until_calm(works)
    other.refresh_from_db()
    allocate(Payment.objects.get(), other, Decimal(20), on=date(2026, 3, 20))
    if arrived:
        until_calm(works)

    works.act("PUT", f"/receipts/{receipt['id']}", change)
    until_calm(works)

    for each, paid in ((invoice, 80 if same else 60), (other, 80 if same else 20)):
        each.refresh_from_db()
        assert each.paid == paid == set_there(works, each)
    anew = Payment.objects.get(status=Payment.Status.RECEIVED)
    assert anew.on_account == anew.amount - 80


@pytest.mark.parametrize(("amount", "kept"), [("80.00", True), ("79.99", False)])
@pytest.mark.variants
@pytest.mark.slow
def test_what_a_receipt_that_is_received_anew_does_not_go_to_is_said(
    works: Works, amount: str, kept: bool
) -> None:
    """What theirs settles comes first: of less than 80.00 nothing is left for 20.00 of ours."""
    invoice = make_invoice(company=works.company)
    other = make_invoice(customer=invoice.customer)
    until_calm(works)
    there = works.record(invoice).remote_records.get().remote_id
    contact = next(each["contact"] for each in works.theirs("invoice") if each["id"] == there)
    said = {"contact": contact, "dated": "2026-03-16", "currency": "GBP", "rate": "1.000000"}
    receipt = works.act("POST", "/receipts", {**said, "amount": "100.00", "reference": "B 9"})
    part = {"invoice": there, "amount": "60.00", "dated": "2026-03-17"}
    works.act("POST", f"/receipts/{receipt['id']}/allocations", part)
    until_calm(works)
    allocate(Payment.objects.get(), other, Decimal(20), on=date(2026, 3, 20))
    works.act("PUT", f"/receipts/{receipt['id']}", {"amount": amount})
    until_calm(works)

    invoice.refresh_from_db()
    other.refresh_from_db()
    assert (invoice.paid, other.paid) == (60, 20 if kept else 0)
    anew = Payment.objects.get(status=Payment.Status.RECEIVED)
    row = works.record(anew).remote_records.get(part="")
    assert (f"set here against {other} is no more" in row.sentence) is not kept
