"""What is empty here and said over there is taken over when the two become one: linking wipes
nothing that somebody typed in their books."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from apps.billing.changes import made_by
from apps.billing.models import Customer, Item
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CustomerSnapshot, ItemSnapshot
from apps.sync.match.likeness import tax_number_of

ADDRESS = ("address_lines", "city", "region", "postal_code", "country")


def fill_what_is_empty(
    connection: Connection, subject: Customer | Item, remote: RemoteObject, *, user_id: int
) -> None:
    """Inside a transaction. What ours may not hold (two e-mail addresses in one field) stays empty.
    It is a change of their side: nothing of it is sent back."""
    said = {
        name: value
        for name, value in _said(subject, remote).items()
        if value and not getattr(subject, name)
    }
    if isinstance(subject, Customer) and any(getattr(subject, each) for each in ADDRESS):
        said = {name: value for name, value in said.items() if name not in ADDRESS}
    before = {name: getattr(subject, name) for name in said}
    for name, value in said.items():
        setattr(subject, name, value)
    try:
        subject.full_clean()
    except ValidationError as refusal:
        for name in set(refusal.error_dict) & said.keys():
            setattr(subject, name, before[name])
            said.pop(name)
    if not said:
        return
    with made_by(user_id, origin=connection.origin, reason=f"Filled from {connection.system_name}"):
        subject.save()


def _said(subject: Customer | Item, remote: RemoteObject) -> Mapping[str, Any]:
    theirs = remote.snapshot
    if isinstance(subject, Customer) and isinstance(theirs, CustomerSnapshot):
        return {
            "email": theirs.email,
            "phone": theirs.phone,
            "tax_number": shown_tax_number(remote),
            "address_lines": "\n".join(theirs.address.lines),
            "city": theirs.address.city,
            "region": theirs.address.region,
            "postal_code": theirs.address.postal_code,
            "country": theirs.address.country,
        }
    if isinstance(subject, Item) and isinstance(theirs, ItemSnapshot):
        return {"description": theirs.description, "unit_price": theirs.unit_price}
    return {}


def shown_tax_number(remote: RemoteObject) -> str:
    """Theirs; "" where they show the end of it alone."""
    return remote.tax_number.strip() if tax_number_of(remote.tax_number) else ""
