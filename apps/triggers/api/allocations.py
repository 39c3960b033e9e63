"""What is set against what: payments and credit notes against invoices, and back."""

from uuid import UUID

from ninja import Query, Router

from apps.billing import actions
from apps.billing.models import Allocation, Company, Payment
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName
from apps.triggers.api.answers import Answer
from apps.triggers.api.days import Dated, refuse_far
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import Day, Figure, Reason
from apps.triggers.api.paging import AskedByDate, Page, changed, dated, of_companies, page_of
from apps.triggers.api.records import found, held, invoice_of, source_of
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import AllocationShape, allocation_shape, rows_of

router = Router(tags=["Allocations"])


class AskedOfAllocations(AskedByDate):
    invoice: UUID | None = None
    payment: UUID | None = None
    credit_note: UUID | None = None
    stands: bool | None = None


class NewAllocation(Dated):
    """Of a payment or of a credit note, not of both. Without `date` it is today, or the day of the later
    of both where that is later."""

    payment: UUID | None = None
    credit_note: UUID | None = None
    invoice: UUID
    amount: Figure
    date: Day | None = None


class UnApplying(Dated):
    """`date` is the day on which it ends; today, or its own where that is later."""

    reason: Reason
    date: Day | None = None


@route(router, "GET", "/allocations", scope=Scope.READ, right="billing.view_allocation",
       gives=Page[AllocationShape])  # fmt: skip
def list_allocations(request: Request, asked: Query[AskedOfAllocations]) -> Answer:
    """List allocations."""
    rows = changed(of_companies(request, rows_of("allocation"), asked), asked)
    rows = dated(rows, asked, "date")
    for name in ("invoice", "payment", "credit_note"):
        if (wanted := getattr(asked, name)) is not None:
            rows = rows.filter(**{f"{name}__public_id": wanted})
    if asked.stands is not None:
        rows = rows.filter(reversed_on__isnull=asked.stands)
    return page_of(request, rows, asked, allocation_shape)


@route(router, "POST", "/allocations", scope=Scope.POST, right=ActName.ALLOCATE,
       gives=AllocationShape, status=201, repeat=Header.NEEDED, versioned=True)  # fmt: skip
def apply(request: Request, given: NewAllocation) -> Answer:
    """Apply what is left of a payment or credit note to an invoice."""
    source = source_of(request, payment=given.payment, credit_note=given.credit_note)
    company = Company.locked(source.company_id)
    invoice = invoice_of(company, given.invoice)
    dated = source.date if isinstance(source, Payment) else source.issue_date
    on = given.date or max(company.today(), dated, invoice.issue_date)
    refuse_far(given, company, Sense.MONEY, date=given.date)
    made = actions.allocate(source, invoice, given.amount, on=on)
    return _answer(request, made.public_id, status=201)


@route(router, "GET", "/allocations/{uuid:id}", scope=Scope.READ,
       right="billing.view_allocation", gives=AllocationShape, versioned=True)  # fmt: skip
def read_allocation(request: Request, id: UUID) -> Answer:
    """Read an allocation."""
    return _answer(request, id)


@route(router, "POST", "/allocations/{uuid:id}/un-apply", scope=Scope.POST, right=ActName.UN_APPLY,
       gives=AllocationShape, repeat=Header.NEEDED, version=Header.HEEDED,
       versioned=True)  # fmt: skip
def un_apply(request: Request, id: UUID, given: UnApplying) -> Answer:
    """Un-apply. The allocation ends on that day, and the invoice is open again."""
    allocation: Allocation = held(request, "allocation", id)
    on = given.date or max(allocation.company.today(), allocation.date)
    refuse_far(given, allocation.company, Sense.MONEY, date=given.date)
    actions.reverse(allocation, on=on, reason=given.reason)
    return _answer(request, id)


def _answer(request: Request, id: UUID, status: int = 200) -> Answer:
    read = found(request, "allocation", id)
    place = f"/api/v1/allocations/{id}" if status == 201 else ""
    return Answer(body=allocation_shape(read), status=status, revision=read.revision, place=place)
