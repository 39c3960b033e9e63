"""What may be here already: where a screen asks “Yes, this is another one”, the API refuses once."""

from collections.abc import Iterable
from typing import Any, Final

from apps.billing.models import Customer, Item
from apps.billing.rules.doubles import EMAIL, near_customers, near_items
from apps.triggers.api.problems import Problem

REMEDY: Final = "Use that one, or send allow_duplicate: true where it is another one."


def refuse_like(record: Customer | Item) -> None:
    """A customer or item with the name, code or tax number of another."""
    near = near_customers(record) if isinstance(record, Customer) else near_items(record)
    refuse_doubles(
        f"{each.record} ({each.record.public_id}) is here already: it has {each.why}."
        for each in near
        if each.weight > EMAIL
    )


def refuse_typed(rows: Any, words: str) -> None:
    """Money of the same customer, day, amount and reference that stands."""
    first = rows.first()
    if first is not None:
        refuse_doubles([f"{words} like this stands already ({first.public_id})."])


def refuse_doubles(sentences: Iterable[str]) -> None:
    listed = list(sentences)
    if listed:
        raise Problem(
            "possible-duplicate",
            f"{' '.join(listed)} {REMEDY}",
            errors=[("allow_duplicate", each) for each in listed],
        )
