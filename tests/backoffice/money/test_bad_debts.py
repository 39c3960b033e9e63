"""Bad debts on the screens: what is asked and shown before it is booked, and what the buttons do."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from apps.backoffice.frame.asking import key_of
from apps.billing.acts.merging import merge_customers
from apps.billing.models import (
    ActLimit,
    Adjustment,
    Approval,
    Company,
    CreditNote,
    Invoice,
)
from apps.staff.access import add_member
from apps.staff.acts import ActName, RoleName
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.frame.test_asked_first import asked, confirmed
from tests.backoffice.money.test_screens import told
from tests.backoffice.people import PASSWORD
from tests.backoffice.world import World
from tests.factories import (
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)

Browse = Callable[[str], Client]
OCTOBER_5 = {"on": "2026-10-05", "reason": "Insolvent since May"}
PARTS = (
    "Of 900.00 GBP, 750.00 is a loss and 150.00 is taken back as tax (VAT20 150.00). "
    "Yes, that is meant."
)


@pytest.fixture
def invoice(world: World) -> Invoice:
    """1,200.00 with tax, of 2 March 2026, of which 300.00 was paid."""
    company: Company = world.company
    company.country = "GB"
    company.bad_debt_item = make_item(company, code="BAD-DEBT")
    company.save()
    rate = make_tax_rate(company, 20, code="VAT20")
    invoice = make_invoice(company=company, lines=[("Lamps", 1, 1000, rate)])
    make_payment(invoice=invoice, amount=300)
    return invoice


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def write_off(fay: Client, invoice: Invoice, **form: Any) -> Any:
    answers = {"amount": "900.00", "relief": "on", **OCTOBER_5, **form}
    return fay.post(page(invoice, "write-off"), answers, follow=True)


def test_what_a_relief_comes_to_is_shown_and_ticked_before_it_is_booked(
    invoice: Invoice, browse: Browse
) -> None:
    fay = browse("Fay")
    form = text_of(fay.get(page(invoice, "write-off")))
    assert "Possible from Wednesday 2 September 2026, 6 months after it was due" in form
    shown = text_of(write_off(fay, invoice))
    assert PARTS in shown
    assert not CreditNote.objects.filter(relieves=invoice).exists()

    done = write_off(fay, invoice, sure=[key_of(PARTS)])

    note = CreditNote.objects.get(relieves=invoice)
    assert f"written off by {note}, and 150.00 GBP of tax taken back" in told(done)
    invoice.refresh_from_db()
    assert (invoice.written_off, invoice.balance_due) == (900, 0)
    assert f"Bad debt {note}" in text_of(fay.get(page(invoice)))
    shown = text_of(fay.get(page(note)))
    assert str(invoice) in shown
    assert "Undo write-off" in shown
    assert "Apply credit" not in shown
    again = write_off(fay, invoice)
    assert "not possible" in told(again)


def test_before_the_laws_day_the_page_says_from_when(invoice: Invoice, browse: Browse) -> None:
    refused = text_of(write_off(browse("Fay"), invoice, on="2026-09-01"))
    assert "can be taken back from 2 September 2026, 6 months after it was due" in refused
    assert not CreditNote.objects.filter(relieves=invoice).exists()


def test_where_the_law_is_not_known_a_person_ticks_that_it_does(
    invoice: Invoice, browse: Browse
) -> None:
    invoice.company.country = "NZ"
    invoice.company.save()
    fay = browse("Fay")
    law = (
        f"Tieout does not know when the law relieves the tax of a bad debt of {invoice.company}. "
        "Yes, it does on Monday 5 October 2026."
    )
    assert law in text_of(write_off(fay, invoice, sure=[key_of(PARTS)]))
    write_off(fay, invoice, sure=[key_of(PARTS), key_of(law)])
    assert CreditNote.objects.get(relieves=invoice).tax == 150


def test_without_the_tick_the_whole_is_a_loss(invoice: Invoice, browse: Browse) -> None:
    fay = browse("Fay")
    answers = {"amount": "900.00", **OCTOBER_5}
    assert "written off as a bad debt" in told(
        fay.post(page(invoice, "write-off"), answers, follow=True)
    )
    assert Adjustment.objects.get(allocations__invoice=invoice).amount == 900


@pytest.mark.slow
def test_money_that_came_after_all_and_an_undone_write_off(
    invoice: Invoice, browse: Browse
) -> None:
    fay = browse("Fay")
    write_off(fay, invoice, sure=[key_of(PARTS)])
    note = CreditNote.objects.get(relieves=invoice)
    payment = make_payment(customer=invoice.customer, amount=90, date=date(2026, 10, 20))
    parts = (
        "Of 90.00 GBP, 75.00 lowers the loss and 15.00 is owed as tax again (VAT20 15.00). "
        "Yes, that is meant."
    )
    answers = {"payment": payment.pk, "amount": "90", "on": "2026-10-20", "reason": "Dividend"}
    assert parts in text_of(fay.post(page(note, "recover"), answers))
    fay.post(page(note, "recover"), {**answers, "sure": [key_of(parts)]})
    owed = note.recoveries.get()
    assert (owed.net, owed.tax, owed.balance_due) == (75, 15, 0)
    assert "Credit this invoice" not in text_of(fay.get(page(owed)))
    assert "Undo write-off" not in text_of(fay.get(page(note)))

    other = make_invoice(
        customer=invoice.customer, lines=[("Lamps", 1, 100, invoice.lines.get().tax_rate)]
    )
    small = PARTS.replace("900.00", "120.00").replace("750.00", "100.00").replace("150.00", "20.00")
    write_off(fay, other, amount="120.00", sure=[key_of(small)])
    undone = CreditNote.objects.get(relieves=other)
    undo = fay.post(page(undone, "undo-write-off"), OCTOBER_5, follow=True)
    assert "what it wrote off is due again" in told(undo)
    other.refresh_from_db()
    assert (other.balance_due, other.written_off) == (120, 0)


@pytest.mark.variants
@pytest.mark.parametrize("act", ["relief", "recovery", "charge"])
def test_a_second_person_sees_what_becomes_of_the_tax(
    act: str, invoice: Invoice, browse: Browse
) -> None:
    fay, gus = browse("Fay"), Desk()
    gus.force_login(add_member("gus@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Gus"))
    form: dict[str, Any] = {"amount": "120.00", **OCTOBER_5}
    rate = invoice.lines.get().tax_rate
    assert rate is not None
    address, words = page(invoice, "write-off"), "its tax taken back"
    if act == "recovery":
        write_off(fay, invoice, sure=[key_of(PARTS)])
        note = CreditNote.objects.get(relieves=invoice)
        payment = make_payment(customer=invoice.customer, amount=120, date=date(2026, 10, 5))
        address, words = page(note, "recover"), f"of {note}"
        form["payment"] = payment.pk
    elif act == "charge":
        rate = make_tax_rate(invoice.company, 10, code="VAT10")
        address, words = page(invoice, "deduct"), f"tax within it {rate}"
        form |= {"role": "bank_charge", "tax_rate": rate.pk}
    else:
        form["relief"] = "on"
    for limited in (ActName.WRITE_OFF, ActName.DEDUCT):
        ActLimit.objects.create(
            company=invoice.company, act=limited, role=RoleName.ACCOUNTANT, amount=100
        )
    form["sure"] = confirmed(fay.post(address, form))
    assert fay.post(address, form).status_code == 302
    approval = Approval.objects.latest("pk")
    assert words in text_of(gus.get(page(approval)))
    if act == "charge":
        rate.delete()
        answer = text_of(gus.post(page(approval, "approve"), {}, follow=True))
        assert "was deleted since. Refuse it, and ask again." in answer


@pytest.mark.parametrize("payer", ["survivor", "top of the family"])
def test_money_of_whoever_pays_for_the_customer_is_offered_as_recovered(
    payer: str, invoice: Invoice, browse: Browse
) -> None:
    fay = browse("Fay")
    write_off(fay, invoice, sure=[key_of(PARTS)])
    note = CreditNote.objects.get(relieves=invoice)
    customer = invoice.customer
    other = make_customer(invoice.company)
    if payer == "survivor":
        merge_customers(customer, other, reason="One firm")
    else:
        customer.parent = make_customer(invoice.company, parent=other)
        customer.save()
    payment = make_payment(customer=other, amount=90, date=date(2026, 10, 20))
    form = {"payment": payment.pk, "amount": "90", "on": "2026-10-20", "reason": "Dividend"}
    address = page(note, "recover")
    form["sure"] = confirmed(fay.post(address, form))
    assert fay.post(address, form).status_code == 302
    assert note.recoveries.get().balance_due == 0


@pytest.mark.parametrize("act", ["recover", "deduct"])
@pytest.mark.slow
def test_what_stands_in_two_parts_is_asked_about_as_a_whole(
    act: str, invoice: Invoice, browse: Browse
) -> None:
    """A recovery and a charge that bears tax, typed a second time."""
    fay = browse("Fay")
    form: dict[str, Any] = {"amount": "12.00", "on": "2026-10-20", "reason": "Again"}
    if act == "recover":
        write_off(fay, invoice, sure=[key_of(PARTS)])
        note = CreditNote.objects.get(relieves=invoice)
        payment = make_payment(customer=invoice.customer, amount=90, date=date(2026, 10, 20))
        address, form = page(note, act), {**form, "payment": payment.pk}
    else:
        rate = invoice.lines.get().tax_rate_id
        address, form = page(invoice, act), {**form, "role": "bank_charge", "tax_rate": rate}
    form["sure"] = confirmed(fay.post(address, form))
    assert fay.post(address, form).status_code == 302
    twice = "of 12.00 GBP, Tuesday 20 October 2026, stands already. Yes, this is another one."
    second = fay.post(address, form)
    (sentence,) = [each for each in asked(second) if twice in each]
    assert second.status_code == 200
    form["sure"] = [*form["sure"], key_of(sentence)]
    assert fay.post(address, form).status_code == 302


def test_the_item_of_bad_debts_is_for_them_alone(invoice: Invoice) -> None:
    company = invoice.company
    sold = make_item(company)
    make_invoice(customer=invoice.customer, lines=[(sold, 1, 10)])
    company.bad_debt_item = sold
    with pytest.raises(ValidationError, match="is sold already"):
        company.full_clean()
