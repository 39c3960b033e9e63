"""Customers and items: snapshots as QuickBooks' JSON and back. Pure."""

import dataclasses
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.core import get_global

from apps.connectors.quickbooks.wire import (
    DELETED_SUFFIX,
    NIL,
    Json,
    clean,
    figure,
    mapping,
    marker_in,
    note,
    ref,
    ref_of,
    text,
)
from apps.connectors.snapshots import Address, CustomerSnapshot, ItemSnapshot

ITEM_NAME = 100  # documented
PHONE = 21  # the schema's limit; the documentation says 30
ADDRESS_LINES = 5
SOLD_ONE_BY_ONE = frozenset({"Service", "NonInventory", "Inventory"})


# --- Addresses --------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Names and three-letter codes, in lower case → ISO 3166 alpha-2."""
    named = {
        name.lower(): code
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha()
    }
    codes = {
        alias.lower(): targets[0]
        for alias, targets in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1
    }
    return {**codes, **named}


def country_code(words: str) -> str:
    """What stands there as alpha-2 where it is a country; else as it stands.

    QuickBooks gives back three letters at places whatever was written (announced October 2025).
    """
    plain = words.strip()
    if re.fullmatch("[A-Za-z]{2}", plain):
        return plain.upper()
    return _countries().get(plain.lower(), plain)


def address_json(address: Address) -> Json:
    """Lines beyond the fifth join the fifth."""
    found: Json = {}
    held = projected_address(address)
    for place, line in enumerate(held.lines, 1):
        found[f"Line{place}"] = line
    for name, value in (
        ("City", held.city),
        ("CountrySubDivisionCode", held.region),
        ("PostalCode", held.postal_code),
        ("Country", held.country),
    ):
        if value:
            found[name] = value
    return found


def address_of(source: Mapping[str, Any]) -> Address:
    lines = (text(source, f"Line{place}").strip() for place in range(1, ADDRESS_LINES + 1))
    return Address(
        lines=tuple(line for line in lines if line),
        city=text(source, "City").strip(),
        region=text(source, "CountrySubDivisionCode").strip(),
        postal_code=text(source, "PostalCode").strip(),
        country=country_code(text(source, "Country")),
    )


def projected_address(address: Address) -> Address:
    lines = [line for line in (" ".join(line.split()) for line in address.lines) if line]
    kept = lines[: ADDRESS_LINES - 1]
    rest = lines[ADDRESS_LINES - 1 :]
    return Address(
        lines=tuple([*kept, ", ".join(rest)] if rest else kept),
        city=address.city.strip(),
        region=address.region.strip(),
        postal_code=address.postal_code.strip(),
        country=country_code(address.country),
    )


# --- Customers --------------------------------------------------------------------------------


def projected_customer(customer: CustomerSnapshot) -> CustomerSnapshot:
    return dataclasses.replace(
        customer,
        name=clean(customer.name),
        email=customer.email.strip(),
        phone=held_phone(customer.phone),
        address=projected_address(customer.address),
    )


def held_phone(phone: str) -> str:
    """A number that is too long loses its separators, never a digit."""
    plain = " ".join(phone.split())
    return plain if len(plain) <= PHONE else re.sub(r"[^0-9+,;xA-Za-z#*]", "", plain)


def customer_json(customer: CustomerSnapshot, home: str = "") -> Json:
    """A currency is given when a customer is made, by its ISO code, and never changed again."""
    held = projected_customer(customer)
    body: Json = {"DisplayName": held.name, "Notes": note("", held.marker)}
    if held.email:
        body["PrimaryEmailAddr"] = {"Address": held.email}
    if held.phone:
        body["PrimaryPhone"] = {"FreeFormNumber": held.phone}
    if held.address != Address():
        body["BillAddr"] = address_json(held.address)
    if held.currency and held.currency != home:
        body["CurrencyRef"] = ref(held.currency)
    if held.parent_id:
        body |= under(held.parent_id)
    if not held.active:
        body["Active"] = False
    return body


def under(parent_id: str) -> Json:
    """A sub-customer says both whose it is and that it is one (6150 otherwise)."""
    return {"ParentRef": ref(parent_id), "Job": True}


def customer_of(source: Mapping[str, Any]) -> CustomerSnapshot:
    active = source.get("Active") is not False
    return CustomerSnapshot(
        marker=marker_in(text(source, "Notes")),
        name=name_of(text(source, "DisplayName"), active=active),
        email=text(mapping(source, "PrimaryEmailAddr"), "Address"),
        phone=text(mapping(source, "PrimaryPhone"), "FreeFormNumber"),
        address=address_of(mapping(source, "BillAddr")),
        parent_id=ref_of(source, "ParentRef"),
        currency=ref_of(source, "CurrencyRef"),
        active=active,
    )


def customer_changes(
    customer: CustomerSnapshot, source: Mapping[str, Any]
) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs, and the names of those to clear."""
    ours, theirs = projected_customer(customer), projected_customer(customer_of(source))
    over: Json = {}
    cleared: set[str] = set()
    # A name must be sent with a reactivation: QuickBooks keeps "(deleted)" in it otherwise.
    if ours.name != theirs.name or (ours.active and not theirs.active):
        over["DisplayName"] = ours.name
    if ours.active != theirs.active:
        over["Active"] = ours.active
    if ours.email != theirs.email:
        _set(over, cleared, "PrimaryEmailAddr", {"Address": ours.email} if ours.email else None)
    if ours.phone != theirs.phone:
        _set(over, cleared, "PrimaryPhone", {"FreeFormNumber": ours.phone} if ours.phone else None)
    if ours.address != theirs.address:
        _set(over, cleared, "BillAddr", address_json(ours.address) or None)
    if ours.parent_id != theirs.parent_id:
        if ours.parent_id:
            over |= under(ours.parent_id)
        else:
            over["Job"] = False
            cleared |= {"ParentRef", "BillWithParent"}
    return over, frozenset(cleared)


def _set(over: Json, cleared: set[str], name: str, value: Any) -> None:
    if value is None:
        cleared.add(name)
    else:
        over[name] = value


def name_of(name: str, *, active: bool) -> str:
    return name if active else name.removesuffix(DELETED_SUFFIX)


# --- Items ------------------------------------------------------------------------------------
#
# Ours are unique by code, theirs by name: the name there is our code and name, and our code again
# is the Sku. Two of our items with one name would be refused otherwise.


def item_name(code: str, name: str) -> str:
    code, name = clean(code), clean(name)
    whole = code if name in ("", code) else f"{code} {name}".strip()
    return whole[:ITEM_NAME].strip()


def name_without(code: str, whole: str) -> str:
    code = clean(code)
    return whole.removeprefix(f"{code} ") if code else whole


def projected_item(item: ItemSnapshot) -> ItemSnapshot:
    code = item.code.strip()
    return dataclasses.replace(
        item,
        code=code,
        name=name_without(code, item_name(code, item.name)),
        description=item.description.strip(),
        # A price of nil and none look the same over there.
        unit_price=item.unit_price or None,
    )


def listed_item(item: ItemSnapshot, standing: str = "") -> str:
    """The name of ours there. One that was made over there keeps its name as long as it says what
    ours says."""
    held = projected_item(item)
    if standing and held.name == name_without(held.code, standing):
        return standing
    return item_name(held.code, item.name)


def item_json(item: ItemSnapshot) -> Json:
    """`Service`: it is sold and booked like a NonInventory one, and never counted."""
    held = projected_item(item)
    body: Json = {
        "Name": item_name(held.code, item.name),
        "Type": "Service",
        "IncomeAccountRef": ref(held.account_id),
    }
    if held.code:
        body["Sku"] = held.code
    if held.description:
        body["Description"] = held.description
    if held.unit_price is not None:
        body["UnitPrice"] = held.unit_price
    if not held.active:
        body["Active"] = False
    return body


def item_of(source: Mapping[str, Any]) -> ItemSnapshot:
    active = source.get("Active") is not False
    code = text(source, "Sku")
    return ItemSnapshot(
        marker="",
        code=code,
        name=name_without(code, name_of(text(source, "Name"), active=active)),
        description=text(source, "Description"),
        unit_price=figure(source.get("UnitPrice")) or None,
        account_id=ref_of(source, "IncomeAccountRef"),
        active=active,
    )


def item_changes(item: ItemSnapshot, source: Mapping[str, Any]) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs. The account is theirs to decide and never among them."""
    ours, theirs = projected_item(item), item_of(source)
    over: Json = {}
    cleared: set[str] = set()
    standing = name_of(text(source, "Name"), active=theirs.active)
    named = listed_item(item, standing)
    if named != standing or (ours.active and not theirs.active):
        over["Name"] = named
    if ours.code != theirs.code:
        _set(over, cleared, "Sku", ours.code or None)
    if ours.active != theirs.active:
        over["Active"] = ours.active
    if ours.description != theirs.description.strip():
        _set(over, cleared, "Description", ours.description or None)
    if (ours.unit_price or NIL) != (theirs.unit_price or NIL):
        over["UnitPrice"] = ours.unit_price or NIL
    return over, frozenset(cleared)
