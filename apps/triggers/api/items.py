"""Items, what is sold: list, read, add, change."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing.models import Company, Item
from apps.triggers.api.answers import Answer
from apps.triggers.api.doubles import refuse_like
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import AllowDuplicate, Change, CompanyNumber, Figure, YesNo, text
from apps.triggers.api.paging import AskedOfRecords, Page, changed, of_companies, page_of
from apps.triggers.api.records import found, held, refuse_merged, tax_rate_of
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import ItemShape, item_shape, rows_of

router = Router(tags=["Items"])


class AskedOfItems(AskedOfRecords):
    code: Annotated[str, text(40)] = ""
    active: bool | None = None


class ItemFields(Change):
    """`tax_rate` is a code; "" takes it away."""

    code: Annotated[str, text(40, 1)] = ""
    name: Annotated[str, text(100, 1)] = ""
    description: Annotated[str, text(4000)] = ""
    unit_price: Figure | None = None
    tax_rate: Annotated[str, text(20)] = ""
    active: YesNo = True
    allow_duplicate: AllowDuplicate = False


class NewItem(ItemFields):
    code: Annotated[str, text(40, 1)] = Field()
    name: Annotated[str, text(100, 1)] = Field()
    company: CompanyNumber | None = None


@route(router, "GET", "/items", scope=Scope.READ, right="billing.view_item",
       gives=Page[ItemShape])  # fmt: skip
def list_items(request: Request, asked: Query[AskedOfItems]) -> Answer:
    """List items."""
    rows = changed(of_companies(request, rows_of("item"), asked), asked)
    if asked.code:
        rows = rows.filter(code__iexact=asked.code)
    if asked.active is not None:
        rows = rows.filter(active=asked.active)
    return page_of(request, rows, asked, item_shape)


@route(router, "POST", "/items", scope=Scope.PREPARE, right="billing.add_item",
       gives=ItemShape, status=201, repeat=Header.HEEDED, versioned=True)  # fmt: skip
def add_item(request: Request, given: NewItem) -> Answer:
    """Add an item."""
    item = Item(company=Company.locked(request.auth.company(given.company).pk))
    _take(item, given)
    item.full_clean()
    if not given.allow_duplicate:
        refuse_like(item)
    item.save()
    return _answer(request, item, status=201)


@route(router, "GET", "/items/{uuid:id}", scope=Scope.READ, right="billing.view_item",
       gives=ItemShape, versioned=True)  # fmt: skip
def read_item(request: Request, id: UUID) -> Answer:
    """Read an item."""
    return _answer(request, found(request, "item", id))


@route(router, "PATCH", "/items/{uuid:id}", scope=Scope.PREPARE, right="billing.change_item",
       gives=ItemShape, version=Header.NEEDED, versioned=True)  # fmt: skip
def change_item(request: Request, id: UUID, given: ItemFields) -> Answer:
    """Change an item. What is left out stays as it is."""
    item = held(request, "item", id)
    _take(item, given)
    refuse_merged(item)
    item.full_clean()
    if not given.allow_duplicate and {"name", "code"} & given.model_fields_set:
        refuse_like(item)
    item.save()
    return _answer(request, item)


def _take(item: Item, given: ItemFields) -> None:
    values: dict[str, Any] = given.given()
    for beside in ("company", "allow_duplicate"):
        values.pop(beside, None)
    if "tax_rate" in values:
        values["tax_rate"] = tax_rate_of(item.company, given.tax_rate) if given.tax_rate else None
    for name, value in values.items():
        setattr(item, name, value)


def _answer(request: Request, item: Item, status: int = 200) -> Answer:
    read = found(request, "item", item.public_id)
    place = f"/api/v1/items/{read.public_id}" if status == 201 else ""
    return Answer(body=item_shape(read), status=status, revision=read.revision, place=place)
