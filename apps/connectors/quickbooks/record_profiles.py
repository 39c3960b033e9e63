"""How customers and products and services of QuickBooks Online are read, as it takes them in and
exports them."""

from apps.connectors.countries import ISO_OF
from apps.connectors.profiles import RecordProfile, Subject
from apps.connectors.quickbooks.layouts import PRODUCT, SYSTEM

PROFILES = (
    RecordProfile(
        code="qbo-customers",
        name=f"{PRODUCT}: customers",
        subject=Subject.CUSTOMERS,
        columns={
            "name": ("Name",),
            "email": ("Email",),
            "phone": ("Phone",),
            "address_lines": ("Street",),
            "city": ("City",),
            "region": ("State",),
            "postal_code": ("ZIP",),
            "country": ("Country",),
            "currency": ("Currency",),
        },
        required=("name",),
        known_by=("address_lines", "region", "postal_code"),
        values={"country": ISO_OF},
        closed=frozenset({"country"}),
        system=SYSTEM,
    ),
    RecordProfile(
        code="qbo-items",
        name=f"{PRODUCT}: products and services",
        subject=Subject.ITEMS,
        columns={
            "name": ("Product/Service Name",),
            "description": ("Sales Description",),
            "code": ("SKU",),
            "unit_price": ("Sales Price / Rate",),
            "kind": ("Type",),
        },
        required=("name",),
        left_out={
            "kind": {
                "category": "it is a category, and nothing that is sold",
                "bundle": "it is a bundle of others, each of which is an item of its own",
            }
        },
        system=SYSTEM,
    ),
)
