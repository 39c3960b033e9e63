"""Payments: money received, set against invoices, and taken back where it was typed in error."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing import actions
from apps.billing.models import Company, Payment
from apps.billing.rules.alike import payments_alike
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName
from apps.triggers.api.answers import Answer
from apps.triggers.api.days import Dated, refuse_far
from apps.triggers.api.doubles import refuse_typed
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import AllowDuplicate, Day, Figure, Input, Reason, YesNo, text
from apps.triggers.api.paging import (
    AskedByDate,
    Page,
    changed,
    dated,
    of_companies,
    page_of,
)
from apps.triggers.api.records import customer_anywhere, found, held, invoice_of, method_of, refuse
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import PaymentShape, payment_shape, rows_of

router = Router(tags=["Payments"])


class AskedOfPayments(AskedByDate):
    status: Annotated[str, Field(pattern="^(received|cancelled)$")] | None = None
    customer: UUID | None = None
    reference: Annotated[str, text(21)] = ""


class Part(Input):
    invoice: UUID
    amount: Figure


class NewPayment(Dated):
    """Money in the customer's currency, on the bank's date. It is set against the invoices of `apply`,
    then, with `oldest_first`, against the oldest that are open; the rest stays on account. `method` is
    a name. In another currency than the company's send `exchange_rate`, or what it came to at the bank
    in home currency as `bank_amount`, or neither for the listed rate."""

    customer: UUID
    amount: Figure
    date: Day
    method: Annotated[str, text(31)] = ""
    reference: Annotated[str, text(21)] = ""
    payout_reference: Annotated[str, text(60)] = ""
    memo: Annotated[str, text(400)] = ""
    apply: Annotated[list[Part], Field(max_length=200)] = []
    oldest_first: YesNo = False
    exchange_rate: Figure | None = None
    bank_amount: Figure | None = None
    allow_duplicate: AllowDuplicate = False


class Cancelling(Dated):
    """`date` is the day of the act, today if it is left out."""

    reason: Reason
    date: Day | None = None


@route(router, "GET", "/payments", scope=Scope.READ, right="billing.view_payment",
       gives=Page[PaymentShape])  # fmt: skip
def list_payments(request: Request, asked: Query[AskedOfPayments]) -> Answer:
    """List payments."""
    rows = changed(of_companies(request, rows_of("payment"), asked), asked, applied_by="payment")
    rows = dated(rows, asked, "date")
    if asked.status is not None:
        rows = rows.filter(status=asked.status)
    if asked.customer is not None:
        rows = rows.filter(customer__public_id=asked.customer)
    if asked.reference:
        rows = rows.filter(reference__iexact=asked.reference)
    return page_of(request, rows, asked, payment_shape)


@route(router, "POST", "/payments", scope=Scope.POST, right=ActName.RECEIVE_PAYMENT,
       gives=PaymentShape, status=201, repeat=Header.NEEDED, versioned=True)  # fmt: skip
def receive_payment(request: Request, given: NewPayment) -> Answer:
    """Receive money. It is in the books of Tieout at once, and goes to the others by itself."""
    customer = customer_anywhere(request, given.customer)
    company = Company.locked(customer.company_id)
    home = company.home_currency
    if given.bank_amount is not None and customer.currency == home:
        refuse("bank_amount", f"{customer} pays in {home}, so the amount is what the bank took.")
    at_the_bank = home if given.bank_amount is not None else customer.currency
    method = method_of(company, given.method, at_the_bank) if given.method else None
    for place, part in enumerate(given.apply):
        if part.amount <= 0:
            refuse(f"apply.{place}.amount", "Send an amount above nil.")
    apply = [
        (invoice_of(company, part.invoice, f"apply.{place}.invoice"), part.amount)
        for place, part in enumerate(given.apply)
    ]
    refuse_far(given, company, Sense.MONEY, date=given.date)
    if not given.allow_duplicate:
        alike = payments_alike(customer, given.amount, given.date, given.reference)
        refuse_typed(alike, "A payment")
    made = actions.receive_payment(
        customer=customer,
        amount=given.amount,
        date=given.date,
        method=method,
        reference=given.reference,
        payout_reference=given.payout_reference,
        memo=given.memo,
        apply=apply,
        oldest_first=given.oldest_first,
        exchange_rate=given.exchange_rate,
        bank_amount=given.bank_amount,
        bank_currency=home if given.bank_amount is not None else "",
    )
    return _answer(request, made.public_id, status=201)


@route(router, "GET", "/payments/{uuid:id}", scope=Scope.READ, right="billing.view_payment",
       gives=PaymentShape, versioned=True)  # fmt: skip
def read_payment(request: Request, id: UUID) -> Answer:
    """Read a payment."""
    return _answer(request, id)


@route(router, "POST", "/payments/{uuid:id}/cancel", scope=Scope.POST,
       right=ActName.CANCEL_PAYMENT, gives=PaymentShape, repeat=Header.NEEDED,
       version=Header.HEEDED, versioned=True)  # fmt: skip
def cancel_payment(request: Request, id: UUID, given: Cancelling) -> Answer:
    """Cancel a payment that was typed in error. What it paid is open again."""
    payment: Payment = held(request, "payment", id)
    refuse_far(given, payment.company, Sense.MONEY, date=given.date)
    actions.cancel_payment(payment, reason=given.reason, on=given.date)
    return _answer(request, id)


def _answer(request: Request, id: UUID, status: int = 200) -> Answer:
    read = found(request, "payment", id)
    place = f"/api/v1/payments/{id}" if status == 201 else ""
    return Answer(body=payment_shape(read), status=status, revision=read.revision, place=place)
