"""Drafts of invoices and credit notes: what their bodies hold, and how it becomes a draft."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from pydantic import Field

from apps.billing.acts.bulk import DraftDocument, prepare_documents, write_documents
from apps.billing.acts.drafting import BY_DEFAULT, DraftLine
from apps.billing.models import Company, CreditNote, Customer, Invoice, TaxMode
from apps.triggers.api.inputs import Change, Day, Figure, Input, text
from apps.triggers.api.records import customer_of, item_of, refuse, tax_rate_of

MOST_LINES: Final = 1000
GIVEN: Final = "Given by the API"  # where a rate comes from


class LineIn(Input):
    """An item or a description. Without `unit_price` it is the item's; without `tax_code` the
    customer's rate, else the item's, and with null there is no tax. One discount at most."""

    item_code: Annotated[str, text(40)] = ""
    description: Annotated[str, text(4000)] = ""
    quantity: Figure = Decimal(1)
    unit_price: Figure | None = None
    tax_code: Annotated[str, text(20)] | None = None
    discount_percent: Figure | None = None
    discount_amount: Figure | None = None


Lines = Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]


class DraftFields(Change):
    """`customer` is an id. Without `exchange_rate` it is the listed one of the date; `tax_mode` says
    what unit prices are. `lines` are all of them: a change puts them in the place of what is there."""

    customer: UUID = UUID(int=0)
    issue_date: Day = Field(default=None)  # type: ignore[assignment] # today, or as it is
    supply_date: Day | None = None
    purchase_order_number: Annotated[str, text(40)] = ""
    message: Annotated[str, text(1000)] = ""
    tax_mode: Literal["exclusive", "inclusive", "none"] = "exclusive"
    discount_percent: Figure | None = None
    discount_amount: Figure | None = None
    exchange_rate: Figure | None = None
    lines: Lines = []


def new_draft(
    given: DraftFields, company: Company, model: type[Invoice] | type[CreditNote], **own: Any
) -> Invoice | CreditNote:
    """Write the draft. Raises ValidationError, or `Problem` where it names what is not there."""
    _refuse_both_discounts(given)
    customer = customer_of(company, given.customer)
    sent = given.model_fields_set
    day = given.issue_date if "issue_date" in sent else company.today()
    draft = DraftDocument(
        model=model,
        issued=False,
        customer=customer,
        issue_date=day,
        supply_date=given.supply_date,
        lines=lines_of(given, company),
        message=given.message,
        purchase_order_number=given.purchase_order_number,
        tax_mode=TaxMode(given.tax_mode) if "tax_mode" in sent else None,
        discount_percent=given.discount_percent,
        discount_amount=given.discount_amount,
        exchange_rate=given.exchange_rate,
        exchange_rate_date=None if given.exchange_rate is None else day,
        exchange_rate_source="" if given.exchange_rate is None else GIVEN,
        **own,
    )
    _refuse_home_rate(given, customer)
    Company.locked(company.pk)
    prepared = prepare_documents([draft], company)
    if prepared.unfit:
        raise ValidationError(prepared.unfit[0])
    [written] = write_documents(prepared)
    return written


def changes_of(given: DraftFields, document: Invoice | CreditNote) -> dict[str, Any]:
    """Fields of the model, of what was sent."""
    _refuse_both_discounts(given)
    values = given.given()
    values.pop("lines", None)
    if "customer" in values:
        values["customer"] = customer_of(document.company, given.customer)
    if "exchange_rate" in values:
        customer = values.get("customer", document.customer)
        _refuse_home_rate(given, customer)
        rate = given.exchange_rate
        day = values.get("issue_date", document.issue_date)
        values["exchange_rate"] = Decimal(1) if rate is None else rate
        values["exchange_rate_date"] = None if rate is None else day
        values["exchange_rate_source"] = "" if rate is None else GIVEN
    return values


def lines_of(given: DraftFields, company: Company) -> list[DraftLine]:
    """With one query for each item and rate that they name."""
    items: dict[str, Any] = {}
    rates: dict[str, Any] = {}
    made = []
    for place, line in enumerate(given.lines):
        at = f"lines.{place}"
        item = None
        if line.item_code:
            if line.item_code not in items:
                items[line.item_code] = item_of(company, line.item_code, f"{at}.item_code")
            item = items[line.item_code]
        price = line.unit_price if line.unit_price is not None or item is None else item.unit_price
        if price is None:
            refuse(f"{at}.unit_price", "This line needs a unit price.")
        if item is None and not line.description:
            refuse(f"{at}.description", "This line needs an item or a description.")
        if line.discount_percent and line.discount_amount:
            refuse(f"{at}.discount_amount", "Send a percentage or an amount, not both.")
        tax: Any = BY_DEFAULT
        if "tax_code" in line.model_fields_set:
            tax = None
            if line.tax_code:
                if line.tax_code not in rates:
                    rates[line.tax_code] = tax_rate_of(company, line.tax_code, f"{at}.tax_code")
                tax = rates[line.tax_code]
        words = line.description or (item.description or item.name if item is not None else "")
        made.append(
            DraftLine(
                quantity=line.quantity,
                unit_price=price,
                item=item,
                description=words,
                tax_rate=tax,
                discount_percent=line.discount_percent,
                discount_amount=line.discount_amount,
            )
        )
    return made


def _refuse_both_discounts(given: DraftFields) -> None:
    if given.discount_percent and given.discount_amount:
        refuse("discount_amount", "Send a percentage or an amount, not both.")


def _refuse_home_rate(given: DraftFields, customer: Customer) -> None:
    home = customer.company.home_currency
    if given.exchange_rate is None:
        return
    if customer.currency == home:
        refuse("exchange_rate", f"{customer} is invoiced in {home}, the company's own currency.")
    if given.exchange_rate <= 0:
        refuse("exchange_rate", "Send a rate above nil.")
