"""Contacts and items of theirs as customers and items. Pure."""

from apps.connectors.snapshots import Address, CustomerSnapshot, ItemSnapshot
from apps.connectors.xero.wire import Raw, Unread, figure, members, text, within

ARCHIVED = ("ARCHIVED", "GDPRREQUEST")
POSTAL, TELEPHONE = "POBOX", "DEFAULT"
LINES = 4  # of an address


def marker_of(raw: Raw) -> str:
    """Our public id in `ContactNumber`, which their screens show and do not change."""
    number = text(raw, "ContactNumber").replace("-", "").lower()
    return number if len(number) == 32 and set(number) <= set("0123456789abcdef") else ""


def is_archived(raw: Raw) -> bool:
    return text(raw, "ContactStatus").upper() in ARCHIVED


def customer_of(raw: Raw) -> CustomerSnapshot:
    if not text(raw, "Name"):
        raise Unread("Name", raw.get("Name"))
    return CustomerSnapshot(
        marker=marker_of(raw),
        name=text(raw, "Name"),
        email=text(raw, "EmailAddress"),
        phone=_phone(raw),
        address=_address(raw),
        currency=text(raw, "DefaultCurrency"),
        active=not is_archived(raw),
    )


def _phone(raw: Raw) -> str:
    for each in members(raw, "Phones"):
        if text(each, "PhoneType") == TELEPHONE:
            said = (text(each, f"Phone{part}") for part in ("CountryCode", "AreaCode", "Number"))
            return " ".join(filter(None, (part.strip() for part in said)))
    return ""


def _address(raw: Raw) -> Address:
    for each in members(raw, "Addresses"):
        if text(each, "AddressType") == POSTAL:
            lines = (text(each, f"AddressLine{place}").strip() for place in range(1, LINES + 1))
            return Address(
                lines=tuple(filter(None, lines)),
                city=text(each, "City"),
                region=text(each, "Region"),
                postal_code=text(each, "PostalCode"),
                country=text(each, "Country"),
            )
    return Address()


def item_of(raw: Raw) -> ItemSnapshot:
    """There is no mark on an item: its code is unique, and ours."""
    sales = within(raw, "SalesDetails")
    return ItemSnapshot(
        marker="",
        code=text(raw, "Code"),
        name=text(raw, "Name") or text(raw, "Code"),
        description=text(raw, "Description"),
        unit_price=figure(sales, "UnitPrice") if sales.get("UnitPrice") is not None else None,
        account_id=text(sales, "AccountCode"),
        active=raw.get("IsSold") is not False,
    )
