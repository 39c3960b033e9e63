"""Credit notes wait in a batch with the invoices that they take back, and follow them in turn."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.acts.batches import (
    look_through,
    release_batch,
    release_some,
    take_back_batch,
)
from apps.billing.acts.bulk import DraftDocument, DraftLine, prepare_documents, write_documents
from apps.billing.acts.closing import set_closing_date
from apps.billing.models import Batch, Company, CreditNote, Customer, Invoice, TaxRate
from tests.factories import make_company, make_customer, make_tax_rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_company())


def brought(
    customer: Customer,
    batch: Batch,
    number: str,
    price: str,
    on: date = date(2026, 3, 2),
    **fields: object,
) -> Decimal:
    """A document of one line written into a batch; what it comes to. Raises ValidationError."""
    company = Company.objects.get(pk=customer.company_id)
    rate = company_rate(company)
    draft = DraftDocument(
        customer=customer,
        issue_date=on,
        number=number,
        issued=False,
        batch=batch,
        lines=[
            DraftLine(
                description="Lantern", quantity=Decimal(1), unit_price=Decimal(price), tax_rate=rate
            )
        ],
        **fields,  # type: ignore[arg-type] # of a draft
    )
    prepared = prepare_documents([draft], company)
    if prepared.unfit:
        raise ValidationError(prepared.unfit[0])
    [written] = write_documents(prepared)
    return written.total


def company_rate(company: Company) -> TaxRate:
    found = TaxRate.objects.filter(company=company).first()
    return found or make_tax_rate(company, "17.5")


@pytest.fixture
def batch(customer: Customer) -> Batch:
    return Batch.objects.create(company=customer.company, name="march.csv")


def credit(
    customer: Customer, batch: Batch, number: str, price: str, on: date = date(2026, 3, 2)
) -> Decimal:
    invoice = Invoice.objects.get(number="1")
    return brought(customer, batch, number, price, on, model=CreditNote, invoice=invoice)


def test_the_parts_of_an_invoice_come_to_the_whole_and_are_issued_in_turn(
    customer: Customer, batch: Batch
) -> None:
    """17.5 % of 0.99 is 0.17; of 0.33 three times 0.06: the last part takes what is left, 0.05."""
    brought(customer, batch, "1", "0.99")
    parts = [credit(customer, batch, f"C{each}", "0.33") for each in range(3)]
    assert parts == [Decimal("0.39"), Decimal("0.39"), Decimal("0.38")]
    assert look_through(batch).unfit == {}

    assert release_batch(batch).issued == 4

    assert list(CreditNote.objects.order_by("pk").values_list("total", flat=True)) == parts
    assert sum(parts) == Invoice.objects.get().total


def test_more_than_is_left_beside_those_before_it_is_refused(
    customer: Customer, batch: Batch
) -> None:
    brought(customer, batch, "1", "0.99")
    credit(customer, batch, "C1", "0.66")
    with pytest.raises(ValidationError, match=r"At most 0\.38 GBP of Draft 1 is left"):
        credit(customer, batch, "C2", "0.66")


def test_a_draft_outside_its_batch_is_not_credited(customer: Customer, batch: Batch) -> None:
    brought(customer, batch, "1", "0.99")
    other = Batch.objects.create(company=customer.company, name="april.csv")
    with pytest.raises(ValidationError, match="Draft 1 is not issued, so it cannot be credited"):
        credit(customer, other, "C1", "0.33")


def test_one_whose_turn_has_not_come_waits(customer: Customer, batch: Batch) -> None:
    """What is left of the invoice for the second part hangs on the first."""
    brought(customer, batch, "1", "0.99")
    credit(customer, batch, "C1", "0.33")
    credit(customer, batch, "C2", "0.33", on=date(2026, 4, 2))
    release_some(batch, lambda: False)  # the invoice alone
    set_closing_date(customer.company, date(2026, 3, 31), reason="Filed")

    sweep = release_batch(batch, leave_unfit=True)

    assert sweep.issued == 0
    assert "closed" in sweep.unfit["Credit note C1"][0]
    assert sweep.unfit["Credit note C2"] == [
        "Credit note C1, which takes 1 back before it, is still on hold."
    ]


def test_taken_back_the_credits_go_before_their_invoice(customer: Customer, batch: Batch) -> None:
    brought(customer, batch, "1", "0.99")
    credit(customer, batch, "C1", "0.33")
    assert take_back_batch(batch) == 2
    assert not Invoice.objects.exists()
