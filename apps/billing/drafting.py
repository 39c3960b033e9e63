"""Lines as a caller gives them, before they belong to a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.billing.models import DocumentLine, Item


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftLine:
    """A line to be: quantity and unit price with up to six decimals, an item or a description."""

    quantity: Decimal
    unit_price: Decimal
    item: Item | None = None
    description: str = ""


def new_lines(model: type[DocumentLine], lines: Sequence[DraftLine]) -> list[DocumentLine]:
    """Lines in memory, in this order. Raises ValidationError where a field cannot be held."""
    made: list[DocumentLine] = []
    for place, line in enumerate(lines, start=1):
        new = model(
            position=place,
            item=line.item,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )
        new.clean_fields(exclude=["id", "document", "item", "item_code", "net", "tax"])
        made.append(new)
    return made
