"""Customers and items as others see them."""

from uuid import UUID

from apps.billing.models import Customer, Item
from apps.triggers.shapes.links import page_of
from apps.triggers.shapes.parts import (
    Company,
    Currency,
    Moment,
    Named,
    Number,
    Shape,
    company_shape,
    plain_if_any,
)


class CustomerBrief(Shape):
    """Who is invoiced, as a document names them: by the name that it bears itself."""

    id: UUID
    code: str
    name: str
    email: str


class CustomerShape(Shape):
    id: UUID
    revision: int
    company: Company
    code: str
    name: str
    email: str
    phone: str
    tax_number: str
    currency: Currency
    address_lines: list[str]
    city: str
    region: str
    postal_code: str
    country: str
    terms: str
    tax_rate: str
    parent: Named | None
    active: bool
    merged_into: Named | None
    created_at: Moment
    updated_at: Moment
    page: str


class ItemShape(Shape):
    id: UUID
    revision: int
    company: Company
    code: str
    name: str
    description: str
    unit_price: Number | None
    tax_rate: str
    active: bool
    merged_into: Named | None
    created_at: Moment
    updated_at: Moment
    page: str


def customer_shape(customer: Customer) -> CustomerShape:
    return CustomerShape(
        id=customer.public_id,
        revision=customer.revision,
        company=company_shape(customer.company),
        code=customer.code,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        tax_number=customer.tax_number,
        currency=customer.currency,
        address_lines=customer.address_lines.splitlines(),
        city=customer.city,
        region=customer.region,
        postal_code=customer.postal_code,
        country=customer.country,
        terms=customer.terms.name if customer.terms else "",
        tax_rate=customer.tax_rate.code if customer.tax_rate else "",
        parent=_named(customer.parent),
        active=customer.active,
        merged_into=_named(customer.merged_into),
        created_at=customer.created_at,
        updated_at=customer.updated_at,
        page=page_of(customer),
    )


def item_shape(item: Item) -> ItemShape:
    return ItemShape(
        id=item.public_id,
        revision=item.revision,
        company=company_shape(item.company),
        code=item.code,
        name=item.name,
        description=item.description,
        unit_price=plain_if_any(item.unit_price),
        tax_rate=item.tax_rate.code if item.tax_rate else "",
        active=item.active,
        merged_into=_named(item.merged_into),
        created_at=item.created_at,
        updated_at=item.updated_at,
        page=page_of(item),
    )


def brief(customer: Customer, name: str = "") -> CustomerBrief:
    """`name` is the one that a document bears; without it today's."""
    return CustomerBrief(
        id=customer.public_id,
        code=customer.code,
        name=name or customer.name,
        email=customer.email,
    )


def _named(record: Customer | Item | None) -> Named | None:
    return None if record is None else Named(id=record.public_id, name=record.name)
