"""What the kinds share: full and sparse updates, names, references, addresses."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ...models import StoredObject
from .. import faults, fields
from ..book import Book, reference_to
from ..filing import DELETED_SUFFIX, Content, folded

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def merged(spec: fields.Spec, sent: Mapping[str, Any], current: StoredObject | None) -> Content:
    """The writable fields as they shall be.

    A full update clears what was not sent; a sparse one keeps it, whole field by whole field: a
    list that was sent replaces the old one, its members are not merged.
    """
    given = fields.read(spec, sent)
    sparse = current is not None and str(sent.get("sparse", "")).lower() == "true"
    if sparse and current is not None:
        kept = {name: value for name, value in current.content.items() if name in spec}
        return {**kept, **given}
    return given


def refer(book: Book, content: Content, name: str, kind: str, current: StoredObject | None) -> None:
    """Turn the id under `name` into a checked `{"value", "name"}`; take the field out when absent.

    A reference that does not change may go on pointing to what became inactive since.
    """
    value = content.pop(name, None)
    if isinstance(value, dict):
        value = value.get("value")
    if not value:
        return
    before = current.content.get(name, {}).get("value") if current else None
    content[name] = reference_to(book.referred(kind, value, allow_inactive=value == before))


def with_address_id(book: Book, content: Content, name: str, current: StoredObject | None) -> None:
    """An address is an object of its own with an id that stays; an empty one is absent."""
    address = content.get(name)
    if not address:
        content.pop(name, None)
        return
    old = current.content.get(name, {}) if current else {}
    identity = address.pop("Id", None) or old.get("Id") or str(book.next_of("address"))
    content[name] = {"Id": identity, **address}


def check_addresses(book: Book, content: Content, *names: str) -> None:
    """E-mail addresses, several of them with commas between; 2210 where that is refused."""
    if book.settings["email_addresses"] != "refuse":
        return
    for name in names:
        given = str((content.get(name) or {}).get("Address") or "")
        for one in given.split(",") if given else ():
            if not ADDRESS.fullmatch(one.strip()):
                raise faults.Refused(
                    "2210",
                    f"Email Address does not conform to the RFC 822 standard. Supplied value: {one}",
                    name,
                )


def settle_name(
    book: Book,
    kind: str,
    content: Content,
    field: str,
    current: StoredObject | None,
    parent: str = "",
) -> None:
    """Check the name's signs and uniqueness, and mark an inactive one as deleted, as the lists do."""
    name = content[field].strip()
    if not name:
        raise faults.missing(field)
    if any(sign in name for sign in (":", "\t", "\n")):
        raise faults.business(f"{field} may not contain a colon, tab or line break.", field)
    full = f"{parent}:{name}" if parent else name
    own_id = current.object_id if current else None
    owner = book.name_owner(kind, folded(full), own_id)
    if owner is not None:
        raise faults.Refused("6240", duplicate_sentence(owner), field)
    if content.get("Active") is False and not name.endswith(DELETED_SUFFIX):
        name += DELETED_SUFFIX
        full += DELETED_SUFFIX
    content[field] = name
    content["FullyQualifiedName"] = full


def duplicate_sentence(owner: StoredObject) -> str:
    if owner.kind in ("Customer", "Vendor", "Employee"):
        return "The name supplied already exists. : Another customer, vendor or employee is already using this name. Please use a different name."
    return f"The name supplied already exists. : Another {owner.kind.lower()} is already using this name. Please use a different name."


def due_date(txn_date: str, term: Content | None) -> str:
    """When a document falls due under a term: so many days on, or on a day of the month."""
    start = date.fromisoformat(txn_date)
    if not term:
        return txn_date
    if "DayOfMonthDue" not in term:
        return (start + timedelta(days=int(term.get("DueDays", 0)))).isoformat()
    month = _month_on(start, 0)
    due = _day_in(month, int(term["DayOfMonthDue"]))
    if (due - start).days < int(term.get("DueNextMonthDays", 0)) or due < start:
        due = _day_in(_month_on(start, 1), int(term["DayOfMonthDue"]))
    return due.isoformat()


def _month_on(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _day_in(month: date, day: int) -> date:
    last = _month_on(month, 1) - timedelta(days=1)
    return month.replace(day=min(day, last.day))
