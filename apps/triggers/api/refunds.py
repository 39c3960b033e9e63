"""Refunds: money paid out of a credit note, or of money on account."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing import actions
from apps.billing.models import Company
from apps.billing.rules.alike import refunds_alike
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName
from apps.triggers.api.answers import Answer
from apps.triggers.api.days import Dated, refuse_far
from apps.triggers.api.doubles import refuse_typed
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import AllowDuplicate, Day, Figure, Reason, text
from apps.triggers.api.paging import AskedByDate, Page, changed, dated, of_companies, page_of
from apps.triggers.api.records import found, method_of, refuse, source_of, tax_rate_of
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import RefundShape, refund_shape, rows_of

router = Router(tags=["Refunds"])


class AskedOfRefunds(AskedByDate):
    status: Annotated[str, Field(pattern="^(made|cancelled)$")] | None = None
    customer: UUID | None = None


class NewRefund(Dated):
    """Of a payment's money on account or of a credit note, not of both. `method` is the name of a payment
    method; `fee` what the bank took on the same line, with the tax of `fee_tax_code` within it."""

    payment: UUID | None = None
    credit_note: UUID | None = None
    amount: Figure
    date: Day
    method: Annotated[str, text(31, 1)]
    reason: Reason
    reference: Annotated[str, text(21)] = ""
    fee: Figure = Decimal(0)
    fee_tax_code: Annotated[str, text(20)] = ""
    exchange_rate: Figure | None = None
    allow_duplicate: AllowDuplicate = False


@route(router, "GET", "/refunds", scope=Scope.READ, right="billing.view_refund",
       gives=Page[RefundShape])  # fmt: skip
def list_refunds(request: Request, asked: Query[AskedOfRefunds]) -> Answer:
    """List refunds and returned payments."""
    rows = changed(of_companies(request, rows_of("refund"), asked), asked)
    rows = dated(rows, asked, "date")
    if asked.status is not None:
        rows = rows.filter(status=asked.status)
    if asked.customer is not None:
        rows = rows.filter(customer__public_id=asked.customer)
    return page_of(request, rows, asked, refund_shape)


@route(router, "POST", "/refunds", scope=Scope.POST, right=ActName.PAY_REFUND,
       gives=RefundShape, status=201, repeat=Header.NEEDED, versioned=True)  # fmt: skip
def pay_refund(request: Request, given: NewRefund) -> Answer:
    """Record money that was paid out to a customer. Never more than was received for it."""
    source = source_of(request, payment=given.payment, credit_note=given.credit_note)
    company = Company.locked(source.company_id)
    if given.fee < 0:
        refuse("fee", "A fee is not below nil.")
    refuse_far(given, company, Sense.MONEY, date=given.date)
    if not given.allow_duplicate:
        alike = refunds_alike(source.customer, given.amount, given.date, given.reference)
        refuse_typed(alike, "A refund")
    made = actions.pay_refund(
        source,
        amount=given.amount,
        on=given.date,
        method=method_of(company, given.method, source.currency),
        reason=given.reason,
        reference=given.reference,
        fee=given.fee,
        fee_tax_rate=(
            tax_rate_of(company, given.fee_tax_code, "fee_tax_code") if given.fee_tax_code else None
        ),
        exchange_rate=given.exchange_rate,
    )
    return _answer(request, made.public_id, status=201)


@route(router, "GET", "/refunds/{uuid:id}", scope=Scope.READ, right="billing.view_refund",
       gives=RefundShape, versioned=True)  # fmt: skip
def read_refund(request: Request, id: UUID) -> Answer:
    """Read a refund."""
    return _answer(request, id)


def _answer(request: Request, id: UUID, status: int = 200) -> Answer:
    read = found(request, "refund", id)
    place = f"/api/v1/refunds/{id}" if status == 201 else ""
    return Answer(body=refund_shape(read), status=status, revision=read.revision, place=place)
