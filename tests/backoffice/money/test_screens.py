"""Deductions, retainers, refunds, returns and bank deposits: what the books hold after a button."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from apps.backoffice.frame.asking import key_of
from apps.billing import actions
from apps.billing.models import (
    ActLimit,
    Adjustment,
    Approval,
    Deposit,
    ExchangeRate,
    Payment,
    PaymentMethod,
    Refund,
)
from apps.connections.models import Connection
from apps.staff.access import add_member
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.people import FAY, PASSWORD
from tests.backoffice.world import WholeWorld, World
from tests.factories import make_customer, make_invoice, make_method, make_payment, make_tax_rate

Browse = Callable[[str], Client]


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def deductions(*rows: dict[str, Any]) -> dict[str, Any]:
    form: dict[str, Any] = {
        "deductions-TOTAL_FORMS": str(len(rows)),
        "deductions-INITIAL_FORMS": "0",
    }
    for place, row in enumerate(rows):
        form |= {f"deductions-{place}-{name}": value for name, value in row.items()}
    return form


def test_a_deduction_lowers_the_balance_and_is_no_cash(world: World, browse: Browse) -> None:
    form = {"role": "bank_charge", "amount": "2.00", "on": "2026-11-20", "reason": "Wire fee"}
    fay = browse("Fay")
    answer = fay.post(page(world.open_invoice, "deduct"), form, follow=True)
    assert "2.00 GBP taken off" in told(answer)
    invoice = world.open_invoice
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.credited, invoice.written_off) == (0, 0, 2)
    assert invoice.balance_due == 90
    shown = fay.get(page(invoice)).content.decode()
    assert "Written off and deducted" in shown
    assert reverse("admin:billing_adjustment_change", args=[Adjustment.objects.get().pk]) in shown


def test_a_write_off_above_the_limit_waits_for_a_second_person(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    people["Gus"] = add_member("gus@example.com", FAY, PASSWORD, name="Gus")
    ActLimit.objects.create(
        company=world.company, role="Accountant", act="billing.write_off", amount=50
    )
    fay, invoice = browse("Fay"), world.open_invoice
    assert (
        "Up to 50.00 GBP you do this alone" in fay.get(page(invoice, "write-off")).content.decode()
    )
    form = {"amount": "92.00", "on": "2026-11-20", "reason": "Gone away"}
    assert "second person" in told(fay.post(page(invoice, "write-off"), form, follow=True))
    invoice.refresh_from_db()
    assert (invoice.written_off, Adjustment.objects.count()) == (0, 0)
    asked = Approval.objects.get(act="billing.write_off")
    assert page(asked) in fay.get(page(invoice)).content.decode()  # the invoice says what waits
    shown = browse("Gus").get(page(asked)).content.decode()
    assert "Gone away" in shown
    assert "92.00 GBP" in shown
    browse("Gus").post(page(asked, "approve"))
    invoice.refresh_from_db()
    assert (invoice.written_off, invoice.balance_due) == (92, 0)
    shown = fay.get(page(invoice)).content.decode()
    assert "Written off" in shown
    assert page(asked) not in shown


def test_an_act_on_a_record_above_the_limit_says_so_on_its_button(
    world: World, browse: Browse
) -> None:
    # The world's limit to void is 50.00, and the invoice is over 92.00.
    shown = browse("Fay").get(page(world.open_invoice, "void")).content.decode()
    assert "92.00 GBP is above your limit of 50.00 GBP" in shown
    assert "Ask a second person</button>" in shown


def test_what_was_kept_and_what_is_left_over_are_told_with_the_money(
    world: World, browse: Browse
) -> None:
    invoice = world.open_invoice
    kept = {"invoice": invoice.pk, "role": "early_discount", "amount": "2", "reason": "Paid early"}
    form = {
        "amount": "100.00",
        "date": "2026-11-20",
        "method": str(world.payment.method_id),
        "how": "chosen",
        "rest_is": "prepayment",
        f"part_{invoice.pk}": "90.00",
        **deductions(kept, {"role": "", "amount": "", "reason": ""}),
    }
    browse("Fay").post(page(invoice.customer, "receive-payment"), form)
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.written_off, invoice.balance_due) == (90, 2, 0)
    payment = Payment.objects.latest("pk")
    assert (payment.amount, payment.applied, payment.on_account) == (100, 100, 0)
    assert actions.retainer_of(invoice.customer, "GBP") == 10


def test_a_deduction_without_its_invoice_is_refused_beside_the_field(
    world: World, browse: Browse
) -> None:
    before = Payment.objects.count()
    form = {"amount": "10", "date": "2026-11-20", "how": "account",
            "method": str(world.payment.method_id),
            **deductions({"amount": "2"})}  # fmt: skip
    answer = browse("Fay").post(page(world.open_invoice.customer, "receive-payment"), form)
    for sentence in ("Say which invoice", "Say what it was kept for", "Give a reason"):
        assert sentence in answer.content.decode()
    assert Payment.objects.count() == before


def test_a_deduction_above_the_limit_does_not_hold_up_the_money_unsaid(
    world: World, browse: Browse
) -> None:
    ActLimit.objects.create(
        company=world.company, role="Accountant", act="billing.deduct", amount=1
    )
    kept = {"invoice": world.open_invoice.pk, "role": "bank_charge", "amount": "2", "reason": "Fee"}
    form = {"amount": "90", "date": "2026-11-20", "how": "oldest", "method": str(world.payment.method_id),
            **deductions(kept)}  # fmt: skip
    before = Payment.objects.count()
    answer = browse("Fay").post(page(world.open_invoice.customer, "receive-payment"), form)
    assert "Receive the money without this deduction" in answer.content.decode()
    assert Payment.objects.count() == before


def test_foreign_money_taken_in_home_currency_shows_its_rate_and_what_was_gained(
    world: World, browse: Browse
) -> None:
    ExchangeRate.objects.create(
        company=world.company, currency="USD", date=date(2026, 11, 1), rate="0.80", source="ECB"
    )
    customer = make_customer(world.company, name="Carver", currency="USD")
    invoice = make_invoice(
        customer=customer, lines=[("Survey", 1, "100.00")], issue_date=date(2026, 11, 3)
    )
    assert invoice.home_total == 80
    form = {"amount": "100", "date": "2026-11-20", "how": "oldest", "bank_amount": "82.00",
            "method": str(world.payment.method_id),
            "exchange_rate": ""}  # fmt: skip
    fay = browse("Fay")
    assert (
        "Amount on the bank in GBP" in fay.get(page(customer, "receive-payment")).content.decode()
    )
    answer = fay.post(page(customer, "receive-payment"), form, follow=True)
    payment = Payment.objects.latest("pk")
    assert (payment.exchange_rate, payment.bank_amount) == (Decimal("0.82"), 82)
    assert payment.allocations.get().exchange_difference == 2  # 82.00 less 80.00
    shown = answer.content.decode()
    assert "Exchange gain or loss" in shown
    assert "1 USD =" in shown


def test_a_retainer_is_held_of_money_on_account_and_used_on_an_invoice(
    whole: WholeWorld, browse: Browse
) -> None:
    fay = browse("Fay")
    form = {"amount": "45.00", "on": "2026-11-20", "reason": ""}  # 60.00 less 15.00 refunded
    fay.post(page(whole.waiting, "hold-retainer"), form)
    whole.waiting.refresh_from_db()
    assert whole.waiting.on_account == 0
    billed = whole.adjustment.allocations.get().invoice
    assert billed.balance_due == Decimal("239.60")  # 240.00 less 0.40
    assert "45.00 GBP" in fay.get(page(billed, "use-retainer")).content.decode()
    fay.post(page(billed, "use-retainer"), {"amount": "45.00", "on": "2026-11-21"})
    billed.refresh_from_db()
    assert billed.balance_due == Decimal("194.60")
    assert actions.retainer_of(billed.customer, "GBP") == 0


def test_a_returned_payment_opens_its_invoice_again_with_the_banks_fee(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    method = world.payment.method
    assert method is not None
    form = {"what": "chargeback", "on": "2026-11-20", "method": method.pk, "fee": "12.00",
            "reason": "Disputed"}  # fmt: skip
    answer = fay.post(page(world.payment, "return"), form, follow=True)
    refund = Refund.objects.get()
    assert (refund.why, refund.amount, refund.fee, refund.bank_amount) == (
        "chargeback",
        150,
        12,
        162,
    )
    world.invoice.refresh_from_db()
    assert (world.invoice.paid, world.invoice.balance_due) == (0, 92)
    assert "Chargeback" in answer.content.decode()
    returned = '<span class="t-tag t-bad">Returned</span>'
    assert returned in fay.get(page(world.payment)).content.decode()
    assert returned in fay.get(reverse("admin:billing_payment_changelist")).content.decode()
    fay.post(page(refund, "cancel"), {"on": "2026-11-21", "reason": "Won the dispute"})
    refund.refresh_from_db()
    assert refund.status == "cancelled"


def test_a_credit_note_is_refunded_and_shows_what_paid_it_out(world: World, browse: Browse) -> None:
    method = world.payment.method
    assert method is not None
    form = {"amount": "92.00", "on": "2026-11-20", "method": method.pk, "reason": "Sent back"}
    fay = browse("Fay")
    fay.post(page(world.note, "refund"), form)
    world.note.refresh_from_db()
    assert (world.note.applied, world.note.open_credit) == (92, 0)
    assert page(Refund.objects.get()) in fay.get(page(world.note)).content.decode()


def test_a_retainer_is_refunded_on_its_page(world: World, browse: Browse) -> None:
    """58.00 of the payment are on account, and held: all of them go out again."""
    held = actions.hold_as_retainer(
        world.payment, amount=Decimal(58), on=date(2026, 11, 10), reason="The next job"
    )
    fay = browse("Fay")
    assert 'value="58.00"' in fay.get(page(held, "refund")).content.decode()
    form = {
        "amount": "58.00",
        "on": "2026-11-20",
        "method": world.payment.method_id,
        "reason": "No next job",
    }
    fay.post(page(held, "refund"), form)
    assert Refund.objects.get().amount == 58
    assert actions.retainer_of(held.customer, "GBP") == 0


def test_what_the_bank_gives_back_is_asked_only_where_it_kept_something(
    world: World, browse: Browse
) -> None:
    assert "charge_back" not in browse("Fay").get(page(world.payment, "return")).content.decode()
    paid = actions.receive_payment(
        customer=world.open_invoice.customer,
        amount=Decimal(89),
        date=date(2026, 11, 10),
        method=world.payment.method,
        apply=[(world.open_invoice, Decimal(89))],
        deductions=[
            actions.Deducted(
                invoice=world.open_invoice, role="bank_charge", amount=Decimal(3), reason="Kept"
            )
        ],
    )
    assert "charge_back" in browse("Fay").get(page(paid, "return")).content.decode()


def bank_line(world: WholeWorld, *payments: Payment, **more: Any) -> dict[str, Any]:
    return {
        "date": "2026-11-19",
        "reference": "po_2",
        "payments": [each.pk for each in payments],
        "fees-TOTAL_FORMS": "1",
        "fees-INITIAL_FORMS": "0",
        "fees-0-role": "bank_charge",
        "fees-0-description": "Card fee",
        "fees-0-taken_off": "0.90",
        **more,
    }


def test_a_bank_deposit_is_ticked_and_comes_to_the_line_of_the_statement(
    whole: WholeWorld, browse: Browse
) -> None:
    fay = browse("Fay")
    other = make_payment(
        customer=whole.waiting.customer, amount="40.00", method=whole.card, date=date(2026, 11, 15)
    )
    make = reverse("admin:billing_deposit_make")
    assert "Look through" in fay.get(make).content.decode()
    before = Deposit.objects.count()
    wrong = fay.post(make, bank_line(whole, whole.waiting, other, expected="99.00"))
    # 60.00 and 40.00 less the fee of 0.90
    assert (
        "What is ticked comes to 99.10 GBP, and the statement says 99.00" in wrong.content.decode()
    )
    assert Deposit.objects.count() == before
    fay.post(make, bank_line(whole, whole.waiting, other, expected="99.10"))
    deposit = Deposit.objects.latest("pk")
    assert (deposit.total, deposit.reference) == (Decimal("99.10"), "po_2")
    assert str(deposit) in fay.get(page(whole.waiting)).content.decode()
    refused = fay.post(page(whole.waiting, "cancel"), {"on": "2026-11-20", "reason": "Typed twice"})
    assert "bank deposit" in refused.content.decode()
    fay.post(page(deposit, "undo"), {"on": "2026-11-21", "reason": "Another payout"})
    deposit.refresh_from_db()
    assert (deposit.status, deposit.undo_reason) == ("undone", "Another payout")
    assert "Not in a bank deposit yet" in fay.get(page(whole.waiting)).content.decode()


def test_a_payment_that_was_banked_meanwhile_is_not_offered_again(
    whole: WholeWorld, browse: Browse
) -> None:
    answer = browse("Fay").post(
        reverse("admin:billing_deposit_make"), bank_line(whole, whole.banked)
    )
    assert answer.status_code == 200
    assert "not one of the available choices" in answer.content.decode()


def test_the_first_page_names_deposits_to_make_and_money_on_account(
    whole: WholeWorld, browse: Browse
) -> None:
    shown = browse("Fay").get(reverse("admin:index")).content.decode()
    assert "Bank deposits proposed" in shown
    assert "Payments with money on account" in shown
    assert (
        "Bank deposits proposed" not in browse("Vera").get(reverse("admin:index")).content.decode()
    )


def test_a_fee_with_tax_shows_its_parts_and_is_ticked_before_it_is_banked(
    whole: WholeWorld, browse: Browse
) -> None:
    fay, make = browse("Fay"), reverse("admin:billing_deposit_make")
    rate = make_tax_rate(whole.waiting.company, 20, code="VAT20", name="Standard")
    form = bank_line(whole, whole.waiting, **{"fees-0-tax_rate": rate.pk})
    before = Deposit.objects.count()
    # 0.90 = 0.75 + 0.15
    asked = (
        "Of the fee of 0.90 GBP, 0.75 is the fee and 0.15 its tax at VAT20 Standard, to be taken "
        "back. Yes, that is meant."
    )
    assert asked in fay.post(make, form).content.decode()
    assert Deposit.objects.count() == before
    fay.post(make, {**form, "sure": [key_of(asked)]})
    deposit = Deposit.objects.latest("pk")
    assert deposit.total == Decimal("59.10")
    shown = fay.get(page(deposit)).content.decode()
    assert "VAT20 on Card fee" in shown


def test_money_that_came_without_a_method_gets_it_by_a_button(world: World, browse: Browse) -> None:
    payment = make_payment(customer=make_customer(world.company))
    method, foreign = make_method(world.company), make_method(world.company, currency="EUR")
    fay, address = browse("Fay"), page(payment, "choose-method")
    assert "Say how it was paid" in fay.get(page(payment)).content.decode()
    form = fay.get(address).content.decode()
    assert f'value="{method.pk}"' in form
    assert f'value="{foreign.pk}"' not in form
    assert browse("Cleo").get(address).status_code == 403

    fay.post(address, {"method": method.pk})

    payment.refresh_from_db()
    assert payment.method == method
    assert "Say how it was paid" not in fay.get(page(payment)).content.decode()


def test_a_method_that_the_books_need_is_asked_for_and_one_that_they_do_not_is_not(
    world: World, browse: Browse
) -> None:
    fay, address = browse("Fay"), page(world.open_invoice.customer, "receive-payment")
    make_method(world.company, name="Cash")
    form = {"amount": "10", "date": "2026-11-20", "how": "account"}
    before = Payment.objects.count()
    assert "Say how the money came" in fay.post(address, form).content.decode()
    assert Payment.objects.count() == before
    Connection.objects.update(stage=Connection.Stage.DISCONNECTED)
    assert fay.post(address, form).status_code == 302
    assert Payment.objects.latest("pk").method is None


def test_where_no_method_is_set_up_money_is_received_all_the_same(
    world: World, browse: Browse
) -> None:
    fay, address = browse("Fay"), page(world.open_invoice.customer, "receive-payment")
    for method in PaymentMethod.objects.all():
        method.active = False
        method.save()
    form = {"amount": "10", "date": "2026-11-20", "how": "account"}
    assert "add one under “Payment methods”" in fay.get(address).content.decode()
    assert fay.post(address, form).status_code == 302
