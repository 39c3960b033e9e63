"""Fields of theirs, written into a customer or an item of ours."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Customer,
    Invoice,
    Item,
    Refund,
    Synced,
)
from apps.connectors.snapshots import Address, Difference, Kind
from apps.sync.apply.books import Books
from apps.sync.wording import called, capital, label, listed

# Of what is issued only these may still change here.
OPEN_FIELDS = frozenset({"message", "purchase_order_number", "due_date"})
OPEN_ON_CREDIT_NOTES = frozenset({"message"})


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


def follows_here(subject: Synced, paths: Sequence[str]) -> bool:
    """Whether ours can take these fields of theirs at all: of what is issued few may change."""
    if isinstance(subject, Invoice | CreditNote):
        may_change = OPEN_FIELDS if isinstance(subject, Invoice) else OPEN_ON_CREDIT_NOTES
        return not set(paths) - may_change
    return not isinstance(subject, Adjustment | Refund | Allocation)


def never_follows(name: str, subject: Synced, paths: Sequence[str]) -> str:
    """Why not, and what to do instead; `name` is the system's."""
    what = listed(list(dict.fromkeys(label(path) for path in paths)))
    if isinstance(subject, Adjustment | Refund):
        return (
            f"{capital(called(subject))} does not change here once it is made ({what}). Cancel it "
            f"and make another, or put ours back in {name}."
        )
    if isinstance(subject, Allocation):
        return (
            f"{capital(called(subject))} does not change here ({what}). Un-apply it and apply what "
            f"is meant, or put ours back in {name}."
        )
    return (
        f"{capital(called(subject))} does not change here once it is issued ({what}). Credit it and "
        f"issue a new one, or put ours back in {name}."
    )
