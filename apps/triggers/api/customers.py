"""Customers: list, read, add, change."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing.models import Company, Customer
from apps.billing.rules.families import stands_for
from apps.triggers.api.answers import Answer
from apps.triggers.api.doubles import refuse_like
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import AllowDuplicate, Change, CompanyNumber, Currency, YesNo, text
from apps.triggers.api.paging import AskedOfRecords, Page, changed, of_companies, page_of
from apps.triggers.api.records import customer_of, found, held, refuse_merged, tax_rate_of, terms_of
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import CustomerShape, customer_shape, rows_of

router = Router(tags=["Customers"])
# What a double may be told by.
TOLD_BY = {"name", "tax_number", "currency"}


class AskedOfCustomers(AskedOfRecords):
    code: Annotated[str, text(40)] = ""
    email: Annotated[str, text(254)] = ""
    name: Annotated[str, text(200), Field(description="The whole name, in any case.")] = ""
    active: bool | None = None


class CustomerFields(Change):
    """`terms` is the name of payment terms, `tax_rate` a code, `parent` the id of a customer; "" and
    null take them away."""

    name: Annotated[str, text(200, 1)] = ""
    code: Annotated[str, text(40)] = ""
    email: Annotated[str, text(254)] = ""
    phone: Annotated[str, text(30)] = ""
    tax_number: Annotated[str, text(40)] = ""
    currency: Currency = ""
    address_lines: Annotated[list[Annotated[str, text(200)]], Field(max_length=10)] = []
    city: Annotated[str, text(100)] = ""
    region: Annotated[str, text(100)] = ""
    postal_code: Annotated[str, text(30)] = ""
    country: Annotated[str, text(2), Field(examples=["GB"])] = ""
    terms: Annotated[str, text(31), Field(examples=["30 days"])] = ""
    tax_rate: Annotated[str, text(20)] = ""
    parent: UUID | None = None
    active: YesNo = True
    allow_duplicate: AllowDuplicate = False


class NewCustomer(CustomerFields):
    """Without `currency` it is the company's own."""

    name: Annotated[str, text(200, 1)] = Field()
    company: CompanyNumber | None = None


@route(router, "GET", "/customers", scope=Scope.READ, right="billing.view_customer",
       gives=Page[CustomerShape])  # fmt: skip
def list_customers(request: Request, asked: Query[AskedOfCustomers]) -> Answer:
    """List customers."""
    rows = changed(of_companies(request, rows_of("customer"), asked), asked)
    for name in ("code", "email", "name"):
        if wanted := getattr(asked, name):
            rows = rows.filter(**{f"{name}__iexact": wanted})
    if asked.active is not None:
        rows = rows.filter(active=asked.active)
    return page_of(request, rows, asked, customer_shape)


@route(router, "POST", "/customers", scope=Scope.PREPARE, right="billing.add_customer",
       gives=CustomerShape, status=201, repeat=Header.HEEDED, versioned=True)  # fmt: skip
def add_customer(request: Request, given: NewCustomer) -> Answer:
    """Add a customer."""
    company = Company.locked(request.auth.company(given.company).pk)
    customer = Customer(company=company)
    _take(customer, given)
    customer.full_clean()
    if not given.allow_duplicate:
        refuse_like(customer)
    customer.save()
    return _answer(request, customer, status=201)


@route(router, "GET", "/customers/{uuid:id}", scope=Scope.READ, right="billing.view_customer",
       gives=CustomerShape, versioned=True)  # fmt: skip
def read_customer(request: Request, id: UUID) -> Answer:
    """Read a customer."""
    return _answer(request, found(request, "customer", id))


@route(router, "PATCH", "/customers/{uuid:id}", scope=Scope.PREPARE,
       right="billing.change_customer", gives=CustomerShape, version=Header.NEEDED,
       versioned=True)  # fmt: skip
def change_customer(request: Request, id: UUID, given: CustomerFields) -> Answer:
    """Change a customer. What is left out stays as it is."""
    customer = held(request, "customer", id)
    _take(customer, given)
    refuse_merged(customer)
    customer.full_clean()
    if not given.allow_duplicate and TOLD_BY & given.model_fields_set:
        refuse_like(customer)
    customer.save()
    return _answer(request, customer)


def _take(customer: Customer, given: CustomerFields) -> None:
    company = customer.company
    values: dict[str, Any] = given.given()
    for beside in ("company", "allow_duplicate"):
        values.pop(beside, None)
    if "address_lines" in values:
        values["address_lines"] = "\n".join(values["address_lines"])
    if "terms" in values:
        values["terms"] = terms_of(company, given.terms) if given.terms else None
    if "tax_rate" in values:
        values["tax_rate"] = tax_rate_of(company, given.tax_rate) if given.tax_rate else None
    if "parent" in values:
        parent = customer_of(company, given.parent, "parent") if given.parent else None
        values["parent"] = None if parent is None else stands_for(parent)
    for name, value in values.items():
        setattr(customer, name, value)
    if not customer.currency:
        customer.currency = company.home_currency


def _answer(request: Request, customer: Customer, status: int = 200) -> Answer:
    read = found(request, "customer", customer.public_id)
    place = f"/api/v1/customers/{read.public_id}" if status == 201 else ""
    return Answer(body=customer_shape(read), status=status, revision=read.revision, place=place)
