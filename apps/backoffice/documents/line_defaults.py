"""What a new line takes from its item and customer, shown as soon as the item is chosen."""

from collections.abc import Mapping
from typing import TypedDict, TypeVar

from django.http import HttpRequest

from apps.backoffice.frame.sight import seen
from apps.billing.models import Customer, Item, TaxRate
from apps.billing.models.documents import TaxMode
from apps.billing.sums.tax_rates import default_rate
from apps.core.numbers import whole

Record = TypeVar("Record", Item, Customer)


class LineDefaults(TypedDict):
    """Texts as they stand in fields; the rate with what its choice says. Empty: nothing to offer."""

    description: str
    unit_price: str
    tax_rate: str
    tax_rate_words: str


def defaults_of_line(asked: Mapping[str, str], request: HttpRequest) -> LineDefaults:
    """Of the form's `item`, `customer` and `tax_mode`; what is not known, or not in sight, is left
    empty.

    The same rules fill in on the server what is left empty, so nothing depends on a script.
    """
    item = _found(Item, asked.get("item", ""), request)
    customer = _found(Customer, asked.get("customer", ""), request)
    rate: TaxRate | None = None
    if asked.get("tax_mode") != TaxMode.NONE:
        if customer is not None:
            rate = default_rate(customer, item)
        elif item is not None:
            rate = item.tax_rate
    price = item.unit_price if item is not None else None
    return {
        "description": (item.description or item.name) if item is not None else "",
        "unit_price": "" if price is None else f"{price.normalize():f}",
        "tax_rate": str(rate.pk) if rate is not None else "",
        "tax_rate_words": str(rate) if rate is not None else "",
    }


def _found(model: type[Record], key: str, request: HttpRequest) -> Record | None:
    rows = seen(request, model).select_related("tax_rate")
    found: Record | None = rows.filter(pk=whole(key)).first()
    return found
