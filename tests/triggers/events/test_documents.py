"""What is told of invoices and credit notes, after the acts of billing."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    change_open_fields,
    credit_invoice,
    issue,
    return_payment,
    reverse,
    void,
    write_off,
)
from apps.billing.models import Company, Payment
from apps.triggers.models import Event
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_payment,
)
from tests.triggers.events.ears import Ears

pytestmark = pytest.mark.django_db
LATER = date(2027, 3, 31)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def ears(company: Company) -> Ears:
    ears = Ears(company, "invoice.issued", "invoice.paid", "invoice.voided", "invoice.overdue",
                "credit_note.issued")  # fmt: skip
    make_customer(company)  # which nobody here wants to know of
    return ears


def invoice_of(company: Company, **fields: Any) -> Any:
    return make_invoice(company=company, **{"due_date": LATER, **fields})


def test_an_invoice_is_told_when_it_is_issued_and_no_draft(company: Company, ears: Ears) -> None:
    draft = invoice_of(company, issued=False)
    assert ears.heard() == []

    issue(draft)
    draft.refresh_from_db()

    [told] = ears.heard()
    assert told["type"] == "invoice.issued"
    assert (told["company"]["id"], told["source"], told["test"]) == (company.pk, "", False)
    assert told["data"]["id"] == str(draft.public_id)
    assert (told["data"]["number"], told["data"]["status"]) == (draft.number, "issued")
    assert (told["data"]["total"], told["data"]["balance_due"]) == ("100.00", "100.00")
    assert told["timestamp"][:19] == draft.issued_at.isoformat()[:19]
    assert ears.heard() == []


def test_what_was_read_twice_is_told_once(company: Company, ears: Ears) -> None:
    from apps.billing.models import Change

    invoice_of(company)
    assert ears.types() == ["invoice.issued"]
    Change.objects.update(triggers_read_at=None)

    assert ears.types() == []


def test_a_text_that_changes_is_no_event(company: Company, ears: Ears) -> None:
    invoice = invoice_of(company)
    ears.heard()

    change_open_fields(invoice, message="Thank you.")

    assert ears.heard() == []


def test_an_invoice_is_paid_with_the_last_of_its_money(company: Company, ears: Ears) -> None:
    invoice = invoice_of(company)
    make_payment(invoice=invoice, amount=40)
    assert ears.types() == ["invoice.issued"]
    invoice.refresh_from_db()

    make_payment(invoice=invoice)

    [told] = ears.heard()
    assert told["type"] == "invoice.paid"
    assert (told["data"]["paid"], told["data"]["balance_due"]) == ("100.00", "0.00")


def test_unapplied_and_settled_again_it_is_paid_again(company: Company, ears: Ears) -> None:
    invoice = invoice_of(company)
    payment = make_payment(invoice=invoice)
    assert ears.types() == ["invoice.issued", "invoice.paid"]

    reverse(payment.allocations.get(), on=date(2026, 3, 20), reason="Wrong invoice")
    assert ears.heard() == []
    allocate(payment, invoice, Decimal(100), on=date(2026, 3, 21))

    assert ears.types() == ["invoice.paid"]


def test_a_rest_that_is_credited_makes_it_paid(company: Company, ears: Ears) -> None:
    invoice = invoice_of(company)
    make_payment(invoice=invoice, amount=90)
    ears.heard()
    invoice.refresh_from_db()

    write_off(invoice, amount=Decimal(10), on=date(2026, 3, 20), reason="Not worth a letter")

    assert ears.types() == ["invoice.paid"]


def test_an_invoice_that_is_credited_whole_was_not_paid(company: Company, ears: Ears) -> None:
    invoice = invoice_of(company)
    ears.heard()

    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 9))
    issue(note)
    allocate(note, invoice, Decimal(100), on=date(2026, 3, 9))
    invoice.refresh_from_db()

    assert invoice.balance_due == 0
    assert ears.types() == ["credit_note.issued"]


def test_a_credit_note_of_its_own_is_told(company: Company, ears: Ears) -> None:
    note = make_credit_note(company=company)

    [told] = ears.heard()

    assert told["type"] == "credit_note.issued"
    assert (told["data"]["number"], told["data"]["open_credit"]) == (note.number, "100.00")


def test_what_is_void_before_anybody_looked_was_issued_and_voided(
    company: Company, ears: Ears
) -> None:
    invoice = invoice_of(company)

    void(invoice, reason="Twice")

    first, second = ears.heard()
    assert (first["type"], second["type"]) == ("invoice.issued", "invoice.voided")
    assert second["data"]["void_reason"] == "Twice"
    assert first["timestamp"] < second["timestamp"]
    assert ears.heard() == []


def test_due_before_it_was_issued_it_is_overdue_at_once(company: Company, ears: Ears) -> None:
    invoice_of(company, due_date=date(2026, 4, 1))

    first, second = ears.heard()

    assert (first["type"], second["type"]) == ("invoice.issued", "invoice.overdue")
    assert second["data"]["overdue"] is True


def test_moved_to_a_day_that_has_gone_by_it_is_overdue(company: Company, ears: Ears) -> None:
    invoice = invoice_of(company)
    ears.heard()

    change_open_fields(invoice, due_date=date(2026, 4, 1), reason="Agreed on the phone")
    assert ears.types() == ["invoice.overdue"]
    change_open_fields(invoice, message="Please pay.")
    assert ears.types() == []

    change_open_fields(invoice, due_date=date(2026, 5, 1), reason="One more month")
    assert ears.types() == ["invoice.overdue"]


def test_a_returned_payment_makes_it_overdue_after_its_day(company: Company, ears: Ears) -> None:
    method = make_method(company)
    invoice = invoice_of(company)
    payment = make_payment(invoice=invoice, method=method)
    change_open_fields(invoice, due_date=date(2026, 4, 1), reason="As agreed")
    assert ears.types() == ["invoice.issued", "invoice.paid"]

    return_payment(payment, on=date(2026, 4, 20), reason="No funds")

    assert ears.types() == ["invoice.overdue"]


def test_what_was_overdue_before_anybody_listened_is_not_told(company: Company) -> None:
    invoice = invoice_of(company, due_date=date(2026, 4, 1))
    part = make_payment(invoice=invoice, amount=30)
    ears = Ears(company)

    change_open_fields(invoice, message="Please pay.")
    reverse(part.allocations.get(), on=date(2026, 4, 20), reason="Of another customer")

    assert ears.heard() == []
    assert not Event.objects.exists()


def test_the_past_is_told_to_nobody(company: Company) -> None:
    invoice = invoice_of(company)
    payment = make_payment(company=company, customer=invoice.customer)
    ears = Ears(company)

    allocate(payment, invoice, Decimal(100), on=date(2026, 3, 20))

    assert ears.types() == ["invoice.paid"]
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("currency", "price", "told"),
    [("JPY", "1250", "12500"), ("GBP", "12.5", "125.00"), ("BHD", "12.345", "123.450")],
)
def test_amounts_have_all_decimals_of_their_currency(
    company: Company, ears: Ears, currency: str, price: str, told: str
) -> None:
    customer = make_customer(company, currency=currency)
    make_invoice(
        customer=customer,
        due_date=LATER,
        lines=[("Lanterns", 10, Decimal(price))],
        exchange_rate=Decimal(1 if currency == "GBP" else "0.5"),
    )

    [event] = ears.heard()

    assert (event["data"]["total"], event["data"]["lines"][0]["net"]) == (told, told)
