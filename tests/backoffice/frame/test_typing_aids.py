"""What the screens fill in, warn of and refuse while a person types, so that no figure surprises."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.billing import actions
from apps.billing.models import CreditNote, Payment, TaxRate
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import WholeWorld, World
from tests.factories import make_invoice, make_method

Browse = Callable[[str], Client]


def test_a_chosen_item_shows_its_text_price_and_rate_at_once(
    whole: WholeWorld, browse: Browse
) -> None:
    item, customer = whole.draft.lines.first().item, whole.draft.customer
    item.tax_rate = whole.rate
    item.save()
    address = reverse("admin:billing_invoice_line_defaults")
    asked = {"item": item.pk, "customer": customer.pk, "tax_mode": "exclusive"}
    assert browse("Cleo").get(address, asked).json() == {
        "description": "Brass lantern",
        "unit_price": "12.5",
        "tax_rate": str(whole.rate.pk),
        "tax_rate_words": str(whole.rate),
    }
    untaxed = browse("Cleo").get(address, asked | {"tax_mode": "none"}).json()
    assert untaxed["tax_rate"] == ""
    export = TaxRate.objects.create(
        company=whole.company, code="E0", name="Export", treatment="export"
    )
    customer.tax_rate = export
    customer.save()
    assert browse("Cleo").get(address, asked).json()["tax_rate"] == str(export.pk)


def test_what_a_line_takes_is_told_to_nobody_who_may_write_no_document(
    whole: WholeWorld, browse: Browse
) -> None:
    address = reverse("admin:billing_invoice_line_defaults")
    assert browse("Vera").get(address, {"item": "1"}).status_code == 403


def test_issuing_names_the_lines_that_their_books_will_not_take(
    whole: WholeWorld, browse: Browse
) -> None:
    shown = browse("Fay").get(page(whole.draft, "issue")).content.decode()
    assert f"Line 2 has no item, and would go to QuickBooks as {whole.company.plain_item}" in shown
    whole.company.plain_item = None
    whole.company.save()
    shown = browse("Fay").get(page(whole.draft, "issue")).content.decode()
    assert "Line 2 has no item. QuickBooks takes no amount without one" in shown
    assert "no tax rate" not in shown  # no line of it is taxed
    line = whole.draft.lines.first()
    line.tax_rate = whole.rate
    line.save()
    shown = browse("Fay").get(page(whole.draft, "issue")).content.decode()
    assert "Line 2 has no tax rate" in shown
    whole.draft.lines.filter(item=None).delete()
    assert "t-doubt" not in browse("Fay").get(page(whole.draft, "issue")).content.decode()


def test_a_part_typed_beside_the_whole_invoice_is_not_credited_in_full(
    world: World, browse: Browse
) -> None:
    line = world.open_invoice.lines.first()
    form = {"on": "2026-11-21", "reason": "One too many", "how": "whole"}
    before = CreditNote.objects.count()
    answer = browse("Fay").post(
        page(world.open_invoice, "credit"), form | {f"quantity_{line.pk}": "1"}
    )
    assert "You typed a part of it" in answer.content.decode()
    assert CreditNote.objects.count() == before


def test_more_set_against_invoices_than_arrived_is_told_in_figures(
    world: World, browse: Browse
) -> None:
    invoice = make_invoice(customer=world.draft.customer, lines=[("A box", 1, "1360")])
    form = {
        "amount": "1345",
        "date": "2026-11-20",
        "method": str(world.payment.method_id),
        "how": "chosen",
        f"part_{invoice.pk}": "1360",
    }
    before = Payment.objects.count()
    answer = browse("Fay").post(page(invoice, "receive-payment"), form)
    assert (
        "1,360.00 GBP is set against invoices, and only 1,345.00 GBP is there."
        in answer.content.decode()
    )
    assert Payment.objects.count() == before


def test_money_is_offered_by_the_method_that_the_customer_used_last(
    world: World, browse: Browse
) -> None:
    cash = make_method(world.company, name="Cash")
    asked = page(world.open_invoice, "receive-payment")
    form = browse("Fay").get(asked).context["form"]
    assert form["method"].initial == world.payment.method
    actions.receive_payment(
        customer=world.draft.customer, amount=Decimal(5), date=date(2026, 11, 20), method=cash
    )
    assert browse("Fay").get(asked).context["form"]["method"].initial == cash


def test_a_payment_that_is_read_bears_no_hints_for_typing(world: World, browse: Browse) -> None:
    assert (
        "Cheque or transfer number" not in browse("Fay").get(page(world.payment)).content.decode()
    )
    asked = browse("Fay").get(page(world.open_invoice, "receive-payment"))
    assert "Cheque or transfer number" in asked.content.decode()


def test_a_deduction_offers_no_amount_and_a_write_off_the_whole_balance(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    assert fay.get(page(world.open_invoice, "deduct")).context["form"]["amount"].initial is None
    written_off = fay.get(page(world.open_invoice, "write-off")).context["form"]
    assert written_off["amount"].initial == "92.00"


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (date(2026, 11, 1), "It goes to QuickBooks with the next run, within a few minutes."),
        (
            date(2025, 12, 31),
            "Dated before the cut-off, 01 Jan 2026: it is never sent. If it was open then, link it with theirs.",
        ),
    ],
)
def test_what_is_not_there_yet_says_whether_it_will_be(
    days: date, sentence: str, world: World, browse: Browse
) -> None:
    connection = world.connection
    connection.trial_fingerprint = connection.settings_fingerprint = "matched"
    connection.stage, connection.trial_matched_at = "live", timezone.now()
    connection.save()
    invoice = make_invoice(customer=world.draft.customer, issue_date=days)
    assert sentence in browse("Fay").get(page(invoice)).content.decode()


def test_a_part_of_a_deduction_is_not_un_applied_by_itself(world: World, browse: Browse) -> None:
    deducted = actions.deduct(
        world.open_invoice,
        role="bank_charge",
        amount=Decimal(2),
        on=date(2026, 11, 20),
        reason="Kept",
    )
    part = deducted.allocations.get()
    address = page(part, "un-apply")
    assert address not in browse("Fay").get(page(part)).content.decode()
    assert (
        address.replace(str(part.pk), str(world.allocation.pk), 1)
        in browse("Fay").get(page(world.allocation)).content.decode()
    )
