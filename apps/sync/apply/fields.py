"""Fields of theirs, written into a customer or an item of ours."""

from collections.abc import Iterable
from typing import Any

from apps.billing.models import Customer, Item, Synced
from apps.connectors.snapshots import Address, Difference, Kind
from apps.sync.apply.books import Books


def follow_fields(books: Books, subject: Synced, taken: Iterable[Difference]) -> bool:
    """Write fields of theirs into a customer or an item of ours; False for any other record.

    Raises ValidationError where ours may not have such a value; then nothing is saved.
    """
    if not isinstance(subject, Customer | Item):
        return False
    for each in taken:
        for name, value in _fields(books, each.path, each.theirs).items():
            setattr(subject, name, value)
    subject.full_clean()
    subject.save()
    return True


def _fields(books: Books, path: str, value: Any) -> dict[str, Any]:
    """Fields of our model, with their value, that a field of a snapshot stands for."""
    if isinstance(value, Address):
        return {
            "address_lines": "\n".join(value.lines),
            "city": value.city,
            "region": value.region,
            "postal_code": value.postal_code,
            "country": value.country,
        }
    if path == "parent_id":  # under one that is only theirs it stands alone here
        return {"parent": books.subject(Kind.CUSTOMER, value) if value else None}
    return {path: value}
